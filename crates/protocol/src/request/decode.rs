//! From a body to a request: first the whole body is read, then the fields of its command are
//! checked, all of them, so that one answer names every mistake.

use std::borrow::Cow;

use super::rules::{self, Rule};
use super::{Command, Inquiry, Listing, Request};
use crate::fault::{Fault, FieldFault, Flaw};
use crate::format::Format;
use crate::json::{Json, Kind};
use crate::limits::{self, MAX_BODY};
use crate::xml::{Element, Elements};

/// Reads a request.
///
/// A body that cannot be read is refused first, then an unknown command, then fields that are
/// missing or of the wrong shape, all at once, and last a `ref_id` of the wrong shape.
pub fn decode_request(body: &[u8], format: Format) -> Result<Request<'_>, Fault> {
    let given = given(body, format)?;
    checked(given)
}

/// The value of one field, before anything is asked of it.
enum Value<'a> {
    Text(Cow<'a, str>),
    /// A JSON number as it was sent.
    Number(&'a str),
    /// An object, an array, a word such as `null`, or elements.
    Other,
}

/// The fields that any command knows, as far as they were given.
#[derive(Default)]
struct Given<'a> {
    commands: Option<Value<'a>>,
    username: Option<Value<'a>>,
    sign: Option<Value<'a>>,
    code: Option<Value<'a>>,
    hp: Option<Value<'a>>,
    ref_id: Option<Value<'a>>,
    tr_id: Option<Value<'a>>,
    month: Option<Value<'a>>,
    year: Option<Value<'a>>,
    nomor_identitas: Option<Value<'a>>,
    status: Option<Value<'a>>,
    province: Option<Value<'a>>,
    /// `desc.amount`.
    amount: Option<Value<'a>>,
    /// Whether `desc` is something that cannot hold fields.
    desc_is_no_object: bool,
}

impl<'a> Given<'a> {
    /// Where a field of this name is kept; none if no command knows it.
    fn slot(&mut self, name: &str) -> Option<&mut Option<Value<'a>>> {
        Some(match name {
            "commands" => &mut self.commands,
            "username" => &mut self.username,
            "sign" => &mut self.sign,
            "code" => &mut self.code,
            "hp" => &mut self.hp,
            "ref_id" => &mut self.ref_id,
            "tr_id" => &mut self.tr_id,
            "month" => &mut self.month,
            "year" => &mut self.year,
            "nomor_identitas" => &mut self.nomor_identitas,
            "status" => &mut self.status,
            "province" => &mut self.province,
            _ => return None,
        })
    }
}

fn given(body: &[u8], format: Format) -> Result<Given<'_>, Flaw> {
    if body.len() > MAX_BODY {
        return Err(Flaw::Unreadable(format!("is larger than {MAX_BODY} bytes").into()));
    }
    let text = std::str::from_utf8(body).map_err(|_| Flaw::body("is not UTF-8"))?;
    if text.starts_with('\u{FEFF}') {
        return Err(Flaw::body("starts with a byte order mark"));
    }
    match format {
        Format::Json => given_in_json(text),
        Format::Xml => given_in_xml(text),
    }
}

fn given_in_json(text: &str) -> Result<Given<'_>, Flaw> {
    let root = Json::check(text, limits::REQUEST)?;
    if root.kind() != Kind::Object {
        return Err(Flaw::body("is not a JSON object"));
    }
    let mut given = Given::default();
    for (name, value) in root.members() {
        if let Some(slot) = given.slot(&name) {
            *slot = Some(json_value(value));
        } else if name == "desc" {
            // An empty array is what an empty `desc` looks like in every answer.
            let is_empty = value.kind() == Kind::Array && value.items().next().is_none();
            given.desc_is_no_object = value.kind() != Kind::Object && !is_empty;
            let amount = value.members().find(|(name, _)| name == "amount");
            given.amount = amount.map(|(_, amount)| json_value(amount));
        }
    }
    Ok(given)
}

fn json_value(value: Json<'_>) -> Value<'_> {
    match value.kind() {
        Kind::String => value.string().map_or(Value::Other, Value::Text),
        Kind::Number => Value::Number(value.raw()),
        Kind::Object | Kind::Array | Kind::Word => Value::Other,
    }
}

fn given_in_xml(text: &str) -> Result<Given<'_>, Flaw> {
    let mut elements = Elements::enter(text, "mp", limits::REQUEST)?;
    let mut given = Given::default();
    let mut fields = Vec::new();
    while let Some(field) = once(elements.child()?, &mut fields)? {
        if let Some(slot) = given.slot(field.name()) {
            *slot = Some(xml_value(&mut elements)?);
        } else if field.name() == "desc" {
            let mut members = Vec::new();
            while let Some(member) = once(elements.child()?, &mut members)? {
                match member.name() {
                    "amount" => given.amount = Some(xml_value(&mut elements)?),
                    _ => elements.leave()?,
                }
            }
        } else {
            elements.leave()?;
        }
    }
    elements.finish()?;
    Ok(given)
}

fn xml_value<'a>(elements: &mut Elements<'a>) -> Result<Value<'a>, Flaw> {
    Ok(elements.text()?.map_or(Value::Other, Value::Text))
}

/// Passes an element on unless one of its name was seen before.
fn once<'s, 'a>(
    element: Option<Element<'a>>,
    seen: &'s mut Vec<Element<'a>>,
) -> Result<Option<&'s Element<'a>>, Flaw> {
    let Some(element) = element else {
        return Ok(None);
    };
    if seen.iter().any(|earlier| earlier.name() == element.name()) {
        return Err(Flaw::twice(element.name()));
    }
    seen.push(element);
    Ok(seen.last())
}

fn checked(given: Given<'_>) -> Result<Request<'_>, Fault> {
    let mut faults = Faults(Vec::new());
    let command = faults.required("commands", given.commands, &rules::ANY);
    let username = faults.required("username", given.username, &rules::USERNAME);
    let sign = faults.required("sign", given.sign, &rules::ANY);
    let command = match &*command {
        "inq-pasca" => {
            if given.desc_is_no_object {
                faults.0.push(FieldFault::new("desc", "must be an object"));
            }
            Command::Inquiry(Inquiry {
                code: faults.required("code", given.code, &rules::CODE),
                hp: faults.required("hp", given.hp, &rules::CUSTOMER),
                ref_id: faults.required("ref_id", given.ref_id, &rules::ANY),
                month: faults.optional("month", given.month, &rules::MONTH),
                year: faults.optional("year", given.year, &rules::YEAR),
                nomor_identitas: faults.optional(
                    "nomor_identitas",
                    given.nomor_identitas,
                    &rules::CUSTOMER,
                ),
                amount: faults.amount(given.amount),
            })
        }
        "pay-pasca" => {
            let sent = faults.required("tr_id", given.tr_id, &rules::TR_ID);
            Command::Payment { tr_id: rules::tr_id(&sent).unwrap_or_default(), sent }
        }
        "checkstatus" => {
            Command::Status { ref_id: faults.required("ref_id", given.ref_id, &rules::ANY) }
        }
        "pricelist-pasca" => {
            let status = faults.optional("status", given.status, &rules::LISTING);
            Command::PriceList {
                status: status.and_then(|text| Listing::parse(&text)).unwrap_or_default(),
                province: faults.optional("province", given.province, &rules::PROVINCE),
            }
        }
        _ if faults.0.iter().any(|fault| fault.field == "commands") => {
            return Err(Fault::Malformed(faults.0));
        }
        _ => return Err(Fault::UnknownCommand),
    };
    if !faults.0.is_empty() {
        return Err(Fault::Malformed(faults.0));
    }
    match &command {
        Command::Inquiry(Inquiry { ref_id, .. }) | Command::Status { ref_id }
            if !rules::is_ref_id(ref_id) =>
        {
            Err(Fault::RefId)
        }
        _ => Ok(Request { username, sign, command }),
    }
}

/// What is wrong with the fields so far. A field that is wrong gives an empty text, which no
/// request with a fault ever shows.
struct Faults(Vec<FieldFault>);

impl Faults {
    fn required<'a>(
        &mut self,
        field: &'static str,
        value: Option<Value<'a>>,
        rule: &Rule,
    ) -> Cow<'a, str> {
        match value {
            Some(value) => self.ruled(field, value, rule),
            None => self.wrong(field, "is missing"),
        }
    }

    fn optional<'a>(
        &mut self,
        field: &'static str,
        value: Option<Value<'a>>,
        rule: &Rule,
    ) -> Option<Cow<'a, str>> {
        value.map(|value| self.ruled(field, value, rule))
    }

    /// An amount may be any text and any number: a wrong one has a response code of its own.
    fn amount<'a>(&mut self, value: Option<Value<'a>>) -> Option<Cow<'a, str>> {
        value.map(|value| match value {
            Value::Text(text) => text,
            Value::Number(token) => Cow::Borrowed(token),
            Value::Other => self.wrong("desc.amount", "must be a string or a number"),
        })
    }

    fn ruled<'a>(&mut self, field: &'static str, value: Value<'a>, rule: &Rule) -> Cow<'a, str> {
        let text = match value {
            Value::Text(text) => text,
            Value::Number(token) if rules::is_whole_number(token) => Cow::Borrowed(token),
            Value::Number(_) | Value::Other => {
                return self.wrong(field, "must be a string or a whole number");
            }
        };
        if (rule.holds)(&text) { text } else { self.wrong(field, rule.otherwise) }
    }

    fn wrong<'a>(&mut self, field: &'static str, fault: &'static str) -> Cow<'a, str> {
        self.0.push(FieldFault::new(field, fault));
        Cow::Borrowed("")
    }
}
