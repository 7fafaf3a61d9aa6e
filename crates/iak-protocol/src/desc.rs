//! The part of a bill that differs by product family.

use std::borrow::Cow;
use std::fmt;

use crate::fault::Flaw;
use crate::json::{Json, Kind};
use crate::limits;
use crate::writer::json_string;
use crate::xml::{Elements, Step};

/// A bill's `desc` as compact JSON text: an object, or `[]` where the family has no fields.
///
/// A JSON answer contains it byte for byte, so numbers and strings stay as they are. In XML an
/// array is a repeated element, an empty `desc` is absent, and invalid element names are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desc<'a>(Cow<'a, str>);

/// An invalid `desc`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("desc {0}")]
pub struct BadDesc(Cow<'static, str>);

impl<'a> Desc<'a> {
    /// The `desc` of a family without fields.
    pub const EMPTY: Desc<'static> = Desc(Cow::Borrowed("[]"));

    /// Reads an object or an empty array, refuses duplicate names and more than 64 KiB, 16 levels
    /// or 4096 values, and removes whitespace. Borrowed if there was none.
    pub fn new(text: &'a str) -> Result<Desc<'a>, BadDesc> {
        let json = Json::check(text, limits::DESC).map_err(|flaw| match flaw {
            Flaw::Unreadable(fault) => BadDesc(fault),
            Flaw::Twice(name) => BadDesc(format!("has the member {name} twice").into()),
        })?;
        match json.kind() {
            Kind::Object if json.members().next().is_some() => Ok(Desc(json.compact())),
            Kind::Object => Ok(Desc::EMPTY),
            Kind::Array if json.items().next().is_none() => Ok(Desc::EMPTY),
            _ => Err(BadDesc(Cow::Borrowed("is neither an object nor []"))),
        }
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `[]`.
    pub fn is_empty(&self) -> bool {
        self.0 == "[]"
    }

    /// An owned copy.
    pub fn into_owned(self) -> Desc<'static> {
        Desc(Cow::Owned(self.0.into_owned()))
    }

    pub(crate) fn json(&self) -> Json<'_> {
        Json::trusted(&self.0)
    }
}

impl fmt::Display for Desc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The current element to its end as JSON text: an object if there are elements in it, else a
/// string. XML does not tell a number from a string, nor one item from a list of one; what is
/// repeated becomes an array.
pub(crate) fn rebuilt(elements: &mut Elements<'_>) -> Result<String, Flaw> {
    let mut members: Vec<(String, Vec<String>)> = Vec::new();
    let mut text = Cow::Borrowed("");
    loop {
        match elements.step()? {
            Step::End => break,
            Step::Text(piece) if members.is_empty() => text = piece,
            Step::Text(_) => {}
            Step::Child(child) => {
                let item = rebuilt(elements)?;
                match members.iter_mut().find(|(name, _)| name == child.name()) {
                    Some((_, items)) => items.push(item),
                    None => members.push((child.name().to_owned(), vec![item])),
                }
            }
        }
    }
    Ok(if members.is_empty() { quoted(&text) } else { object(&members) })
}

fn object(members: &[(String, Vec<String>)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, items)| match items.as_slice() {
            [item] => format!("{}:{item}", quoted(name)),
            items => format!("{}:[{}]", quoted(name), items.join(",")),
        })
        .collect();
    format!("{{{}}}", members.join(","))
}

fn quoted(text: &str) -> String {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    json_string(&mut quoted, text);
    String::from_utf8(quoted).expect("JSON of a text is a text")
}
