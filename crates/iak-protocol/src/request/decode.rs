//! Decodes a request. First the whole body is read, then all fields of its command are checked, so
//! that one answer names every mistake.

use std::borrow::Cow;

use super::rules::{self, Rule};
use super::{Command, Inquiry, Listing, Request};
use crate::encoding;
use crate::fault::{Fault, FieldFault, Flaw};
use crate::format::Format;
use crate::json::{Json, Kind};
use crate::limits::{self, MAX_BODY};
use crate::xml::{Elements, Step, is_blank};

/// Reads a request.
///
/// A body that cannot be read is refused first, then an unknown command, then fields that are
/// missing or in the wrong format, all at once, and last a `ref_id` in the wrong format. A wrong
/// field that only some products need is reported in the result and does not refuse the request
/// here.
pub fn decode_request(body: &[u8], format: Format) -> Result<Request<'_>, Fault> {
    if body.len() > MAX_BODY {
        return Err(Flaw::Unreadable(format!("is larger than {MAX_BODY} bytes").into()).into());
    }
    match encoding::text(body, format)? {
        Cow::Borrowed(text) => checked(given(text, format)?),
        Cow::Owned(text) => checked(given(&text, format)?).map(Request::into_owned),
    }
}

/// The value of one field before it is checked. Null counts as absent.
#[derive(Clone)]
enum Value<'a> {
    Text(Cow<'a, str>),
    /// A JSON number as it was sent.
    Number(&'a str),
    /// An object, an array, `true`, `false`, or elements.
    Other,
}

/// The fields of all commands that are present in the body.
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
    /// Whether `desc` is a value that cannot contain fields.
    desc_is_no_object: bool,
}

impl<'a> Given<'a> {
    /// The slot of the field with this name; `None` if no command has it.
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

fn given(text: &str, format: Format) -> Result<Given<'_>, Flaw> {
    match format {
        Format::Json => given_in_json(text),
        Format::Xml => given_in_xml(text),
    }
}

/// Two parsers can read a duplicate field differently, so it is refused. Unknown fields are
/// ignored, even duplicates.
fn given_in_json(text: &str) -> Result<Given<'_>, Flaw> {
    let root = Json::check_but_names(text, limits::REQUEST)?;
    if root.kind() != Kind::Object {
        return Err(Flaw::body("is not a JSON object"));
    }
    let mut given = Given::default();
    let mut seen = Vec::new();
    for (name, value) in root.members() {
        if let Some(slot) = given.slot(&name) {
            *slot = json_value(value);
            once(name, &mut seen)?;
        } else if name == "desc" {
            // In every answer an empty `desc` is an empty array.
            let is_absent = matches!(value.raw(), "null" | "\"\"") || is_empty_array(value);
            given.desc_is_no_object = value.kind() != Kind::Object && !is_absent;
            let mut amounts = value.members().filter(|(name, _)| name == "amount");
            given.amount = amounts.next().and_then(|(_, amount)| json_value(amount));
            if amounts.next().is_some() {
                return Err(Flaw::twice("amount"));
            }
            once(name, &mut seen)?;
        }
    }
    Ok(given)
}

fn json_value(value: Json<'_>) -> Option<Value<'_>> {
    Some(match value.kind() {
        Kind::String => value.string().map_or(Value::Other, Value::Text),
        Kind::Number => Value::Number(value.raw()),
        Kind::Word if value.raw() == "null" => return None,
        Kind::Object | Kind::Array | Kind::Word => Value::Other,
    })
}

fn is_empty_array(value: Json<'_>) -> bool {
    value.kind() == Kind::Array && value.items().next().is_none()
}

fn given_in_xml(text: &str) -> Result<Given<'_>, Flaw> {
    let mut elements = Elements::enter(text, "mp", limits::REQUEST)?;
    let mut given = Given::default();
    let mut seen = Vec::new();
    while let Some(field) = elements.child()? {
        let name = field.name();
        if let Some(slot) = given.slot(name) {
            once(name.to_owned().into(), &mut seen)?;
            *slot = Some(xml_value(&mut elements)?);
        } else if name == "desc" {
            once(name.to_owned().into(), &mut seen)?;
            xml_desc(&mut elements, &mut given)?;
        } else {
            elements.leave()?;
        }
    }
    elements.finish()?;
    Ok(given)
}

/// Reads `desc`, whose text beside its fields matters only to products that take one of them.
fn xml_desc<'a>(elements: &mut Elements<'a>, given: &mut Given<'a>) -> Result<(), Flaw> {
    let mut has_amount = false;
    loop {
        match elements.step()? {
            Step::End => return Ok(()),
            Step::Text(text) => given.desc_is_no_object |= !text.bytes().all(is_blank),
            Step::Child(member) if member.name() != "amount" => elements.leave()?,
            Step::Child(_) if has_amount => return Err(Flaw::twice("amount")),
            Step::Child(_) => {
                has_amount = true;
                given.amount = Some(xml_value(elements)?);
            }
        }
    }
}

fn xml_value<'a>(elements: &mut Elements<'a>) -> Result<Value<'a>, Flaw> {
    Ok(elements.text()?.map_or(Value::Other, Value::Text))
}

/// Records the name of a known field; a fault if it is a duplicate.
fn once<'a>(name: Cow<'a, str>, seen: &mut Vec<Cow<'a, str>>) -> Result<(), Flaw> {
    if seen.contains(&name) {
        return Err(Flaw::twice(&name));
    }
    seen.push(name);
    Ok(())
}

fn checked(given: Given<'_>) -> Result<Request<'_>, Fault> {
    let mut faults = Faults(Vec::new());
    let command = faults.required("commands", given.commands, &rules::ANY);
    let username = faults.required("username", given.username, &rules::USERNAME);
    let sign = faults.required("sign", given.sign, &rules::ANY);
    let command = match &*command {
        "inq-pasca" => {
            let mut unusable = Faults(Vec::new());
            Command::Inquiry(Inquiry {
                code: faults.required("code", given.code, &rules::CODE),
                hp: faults.required("hp", given.hp, &rules::CUSTOMER),
                ref_id: faults.required("ref_id", given.ref_id, &rules::ANY),
                month: unusable.optional("month", given.month, &rules::MONTH),
                year: unusable.optional("year", given.year, &rules::YEAR),
                nomor_identitas: unusable.optional(
                    "nomor_identitas",
                    given.nomor_identitas,
                    &rules::CUSTOMER,
                ),
                amount: unusable.amount(given.amount, given.desc_is_no_object),
                unusable: unusable.0,
            })
        }
        "pay-pasca" => {
            let as_sent = given.tr_id.clone();
            let digits = faults.required("tr_id", given.tr_id, &rules::TR_ID);
            let tr_id = rules::tr_id(&digits).unwrap_or_default();
            let sent = match as_sent {
                Some(Value::Text(text)) if text.len() <= rules::MAX_SIGNED => text,
                _ => digits,
            };
            Command::Payment { tr_id, sent }
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

/// The faults of the fields so far.
struct Faults(Vec<FieldFault>);

impl Faults {
    /// A missing or wrong field gives an empty text. Nobody sees it, because a request with a fault
    /// is not returned.
    fn required<'a>(
        &mut self,
        field: &'static str,
        value: Option<Value<'a>>,
        rule: &Rule,
    ) -> Cow<'a, str> {
        match present(value, rule) {
            Some(value) => self.ruled(field, value, rule).unwrap_or_default(),
            None => {
                self.add(field, "is missing");
                Cow::Borrowed("")
            }
        }
    }

    fn optional<'a>(
        &mut self,
        field: &'static str,
        value: Option<Value<'a>>,
        rule: &Rule,
    ) -> Option<Cow<'a, str>> {
        present(value, rule).and_then(|value| self.ruled(field, value, rule))
    }

    /// An amount may be any text and any number: a wrong one has a response code of its own.
    fn amount<'a>(
        &mut self,
        value: Option<Value<'a>>,
        desc_is_no_object: bool,
    ) -> Option<Cow<'a, str>> {
        if desc_is_no_object {
            self.add("desc", "must be an object");
            return None;
        }
        match present(value, &rules::AMOUNT)? {
            Value::Text(text) => Some(text),
            Value::Number(token) => Some(Cow::Borrowed(token)),
            Value::Other => {
                self.add("desc.amount", "must be a string or a number");
                None
            }
        }
    }

    fn ruled<'a>(
        &mut self,
        field: &'static str,
        value: Value<'a>,
        rule: &Rule,
    ) -> Option<Cow<'a, str>> {
        let text = match value {
            Value::Text(text) => text,
            Value::Number(token) if rules::is_whole_number(token) => Cow::Borrowed(token),
            Value::Number(_) | Value::Other => {
                self.add(field, "must be a string or a whole number");
                return None;
            }
        };
        if (rule.holds)(&text) {
            return Some(text);
        }
        self.add(field, rule.otherwise);
        None
    }

    fn add(&mut self, field: &'static str, fault: &'static str) {
        self.0.push(FieldFault::new(field, fault));
    }
}

/// The trimmed value of a field; `None` if it is empty.
fn present<'a>(value: Option<Value<'a>>, rule: &Rule) -> Option<Value<'a>> {
    match value? {
        Value::Text(text) => {
            let text = if rule.is_trimmed { rules::trimmed(text) } else { text };
            (!text.is_empty()).then_some(Value::Text(text))
        }
        other => Some(other),
    }
}
