//! Decodes a biller's answer. Unknown fields are ignored, and numbers may be strings. Anything
//! unclear is an error, so that it counts neither as success nor as failure.

use std::borrow::Cow;

use super::{BillAnswer, NorefTag};
use crate::code::ResponseCode;
use crate::desc::{Desc, rebuilt};
use crate::encoding;
use crate::fault::{FieldFault, Flaw};
use crate::format::Format;
use crate::json::{Json, Kind};
use crate::limits;
use crate::xml::Elements;

/// Why an answer is unreadable: the outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The body is not UTF-8, not well formed, too large, or not in the documented format.
    #[error("the answer's {0}")]
    Body(String),
    /// There is no `response_code`.
    #[error("the answer has no response_code")]
    NoResponseCode,
    /// The response code is not documented.
    #[error("the answer's response_code is not documented")]
    UnknownResponseCode,
    /// A field has a value that contradicts the reference.
    #[error("the answer's {0} is not what it should be")]
    Field(&'static str),
}

impl From<Flaw> for Unreadable {
    fn from(flaw: Flaw) -> Unreadable {
        Unreadable::Body(flaw.to_string())
    }
}

/// Reads a biller's answer about one bill: up to 128 KiB.
///
/// A missing `message` becomes the code's description. An empty or null number is `None`. A
/// fraction of zeros is allowed (`52500.00`). In XML the scalars of `desc` are strings.
pub fn decode_answer(body: &[u8], format: Format) -> Result<BillAnswer<'_>, Unreadable> {
    let text = utf8(body, format)?;
    let mut draft = Draft::default();
    match format {
        Format::Json => {
            let data = json_data(text, limits::ANSWER)?;
            for (name, value) in data.members() {
                draft.set_json(&name, value)?;
            }
        }
        Format::Xml => {
            let mut elements = Elements::enter(text, "mp", limits::ANSWER)?;
            while let Some(element) = elements.child()? {
                draft.set_xml(element.name(), &mut elements)?;
            }
            elements.finish()?;
        }
    }
    draft.finish()
}

/// The text of an answer, which is in UTF-8: other encodings are only for partners with old
/// programs.
pub(crate) fn utf8(body: &[u8], format: Format) -> Result<&str, Flaw> {
    match encoding::text(body, format)? {
        Cow::Borrowed(text) => Ok(text),
        Cow::Owned(_) => Err(Flaw::body("is not UTF-8")),
    }
}

/// The object with the fields of a JSON answer.
pub(crate) fn json_data(text: &str, limits: limits::Limits) -> Result<Json<'_>, Flaw> {
    Json::check(text, limits)?
        .members()
        .find(|(name, value)| name == "data" && value.kind() == Kind::Object)
        .map(|(_, data)| data)
        .ok_or(Flaw::body("has no object data"))
}

/// An answer whose response code is not read yet.
pub(crate) struct Draft<'a> {
    answer: BillAnswer<'a>,
    response_code: Option<Cow<'a, str>>,
    message: Option<Cow<'a, str>>,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        let answer = BillAnswer::new(ResponseCode::UndefinedResponseCode, "");
        Draft { answer, response_code: None, message: None }
    }
}

impl<'a> Draft<'a> {
    pub(crate) fn finish(self) -> Result<BillAnswer<'a>, Unreadable> {
        let response_code = match self.response_code {
            Some(code) => ResponseCode::parse(&code).ok_or(Unreadable::UnknownResponseCode)?,
            None => return Err(Unreadable::NoResponseCode),
        };
        let message = self.message.unwrap_or(Cow::Borrowed(response_code.description()));
        Ok(BillAnswer { response_code, message, ..self.answer })
    }

    pub(crate) fn set_json(&mut self, name: &str, value: Json<'a>) -> Result<(), Unreadable> {
        match (name, value.kind()) {
            ("desc", Kind::Object | Kind::Array) => {
                self.answer.desc = Some(Desc::new(value.raw()).map_err(body)?);
            }
            ("error_details", Kind::Object) => {
                for (field, faults) in value.members() {
                    // Other servers send one text instead of a list.
                    let mut listed: Vec<_> = faults.items().collect();
                    if faults.kind() != Kind::Array {
                        listed.push(faults);
                    }
                    for fault in listed {
                        let fault = fault.string().ok_or(Unreadable::Field("error_details"))?;
                        self.fault(field.clone().into_owned(), fault.into_owned());
                    }
                }
            }
            (_, Kind::Word) if value.raw() == "null" => {}
            (_, Kind::String) => self.set(name, value.string())?,
            (_, Kind::Number) => self.set(name, Some(Cow::Borrowed(value.raw())))?,
            (_, Kind::Object | Kind::Array | Kind::Word) => self.set(name, None)?,
        }
        Ok(())
    }

    /// Sets the field whose element was just entered, and leaves the element.
    pub(crate) fn set_xml(
        &mut self,
        name: &str,
        elements: &mut Elements<'a>,
    ) -> Result<(), Unreadable> {
        match name {
            "desc" => {
                let text = rebuilt(elements)?;
                // Without child elements, it has no fields.
                if text.starts_with('{') {
                    self.answer.desc = Some(Desc::new(&text).map_err(body)?.into_owned());
                }
            }
            "error_details" => {
                while let Some(field) = elements.child()? {
                    let fault = elements.text()?.ok_or(Unreadable::Field("error_details"))?;
                    self.fault(field.name().to_owned(), fault.into_owned());
                }
            }
            _ => {
                let text = elements.text()?;
                self.set(name, text)?;
            }
        }
        Ok(())
    }

    fn fault(&mut self, field: String, fault: String) {
        self.answer.error_details.push(FieldFault { field: field.into(), fault: fault.into() });
    }

    /// Sets a scalar field; `None` means that the value is not a scalar.
    fn set(&mut self, name: &str, value: Option<Cow<'a, str>>) -> Result<(), Unreadable> {
        let answer = &mut self.answer;
        match name {
            "tr_id" => set_number(&mut answer.tr_id, "tr_id", value),
            "code" => set_text(&mut answer.code, "code", value),
            "datetime" => set_text(&mut answer.datetime, "datetime", value),
            "hp" => set_text(&mut answer.hp, "hp", value),
            "tr_name" => set_text(&mut answer.tr_name, "tr_name", value),
            "period" => set_text(&mut answer.period, "period", value),
            "nominal" => set_number(&mut answer.nominal, "nominal", value),
            "admin" => set_number(&mut answer.admin, "admin", value),
            // A published page has it twice, before the status and after the biller's reference;
            // the second is the payment's.
            "ref_id" => {
                answer.ref_id = None;
                set_text(&mut answer.ref_id, "ref_id", value)
            }
            "status" => set_number(&mut answer.status, "status", value),
            "response_code" => set_text(&mut self.response_code, "response_code", value),
            "message" => set_text(&mut self.message, "message", value),
            "price" => set_number(&mut answer.price, "price", value),
            "selling_price" => set_number(&mut answer.selling_price, "selling_price", value),
            "balance" => set_number(&mut answer.balance, "balance", value),
            "noref" => set_text(&mut answer.noref, "noref", value),
            "no_ref" => {
                answer.noref_tag = NorefTag::NoUnderscoreRef;
                set_text(&mut answer.noref, "no_ref", value)
            }
            "sign" => set_text(&mut answer.sign, "sign", value),
            "hint" => set_text(&mut answer.hint, "hint", value),
            _ => Ok(()),
        }
    }
}

fn body(error: impl ToString) -> Unreadable {
    Unreadable::Body(error.to_string())
}

/// Sets a text once.
pub(crate) fn set_text<'a>(
    slot: &mut Option<Cow<'a, str>>,
    field: &'static str,
    value: Option<Cow<'a, str>>,
) -> Result<(), Unreadable> {
    match value {
        Some(text) if slot.is_none() => {
            *slot = Some(text);
            Ok(())
        }
        _ => Err(Unreadable::Field(field)),
    }
}

/// Sets a number once; an empty text is no number.
pub(crate) fn set_number<N: TryFrom<i64>>(
    slot: &mut Option<N>,
    field: &'static str,
    value: Option<Cow<'_, str>>,
) -> Result<(), Unreadable> {
    let unreadable = Unreadable::Field(field);
    let text = value.ok_or(unreadable.clone())?;
    if slot.is_some() {
        return Err(unreadable);
    }
    if !text.is_empty() {
        let number = whole(&text).and_then(|number| N::try_from(number).ok());
        *slot = Some(number.ok_or(unreadable)?);
    }
    Ok(())
}

/// A whole number; some billers write it with a fraction of zeros.
fn whole(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_zero = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_zero && is_number { whole.parse().ok() } else { None }
}
