//! The faults of a request.

use std::borrow::Cow;

use crate::code::ResponseCode;

/// Why a request is refused before its sender is checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// `commands` names none of the four commands.
    #[error("the command is unknown")]
    UnknownCommand,
    /// The body cannot be read, or mandatory fields are missing or in the wrong format; all faults
    /// are listed.
    #[error("the request is malformed: {}", listed(.0))]
    Malformed(Vec<FieldFault>),
    /// `ref_id` is not 1 to 64 letters, digits and `-_.:/`, or is `cs` or `pl`, which are suffixes
    /// of other commands.
    #[error("ref_id is not 1 to 64 letters, digits or - _ . : /")]
    RefId,
}

impl Fault {
    /// The response code that answers it.
    pub const fn response_code(&self) -> ResponseCode {
        match self {
            Fault::UnknownCommand => ResponseCode::InvalidCommand,
            Fault::Malformed(_) => ResponseCode::FormatError,
            Fault::RefId => ResponseCode::InvalidRefId,
        }
    }

    /// The HTTP status that answers it: 400 for a malformed request, else 200.
    pub const fn http_status(&self) -> u16 {
        match self {
            Fault::Malformed(_) => 400,
            Fault::UnknownCommand | Fault::RefId => 200,
        }
    }

    /// The faults for `error_details`; empty unless the request is malformed.
    pub fn field_faults(&self) -> &[FieldFault] {
        match self {
            Fault::Malformed(faults) => faults,
            Fault::UnknownCommand | Fault::RefId => &[],
        }
    }
}

/// The fault of one field. It contains the rule and never the value that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's wire name, or `body` where no field can be named.
    pub field: Cow<'static, str>,
    /// The fault; it follows the name: "is missing".
    pub fault: Cow<'static, str>,
}

impl FieldFault {
    /// The fault of a field whose name is known.
    pub const fn new(field: &'static str, fault: &'static str) -> FieldFault {
        FieldFault { field: Cow::Borrowed(field), fault: Cow::Borrowed(fault) }
    }
}

fn listed(faults: &[FieldFault]) -> String {
    let listed: Vec<String> =
        faults.iter().map(|FieldFault { field, fault }| format!("{field} {fault}")).collect();
    listed.join("; ")
}

/// Why a document cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    /// The fault of the whole document; it follows "the body".
    #[error("body {0}")]
    Unreadable(Cow<'static, str>),
    /// A field occurs twice in the same object or element.
    #[error("{0} is given twice")]
    Twice(Cow<'static, str>),
}

impl Flaw {
    pub(crate) const fn body(fault: &'static str) -> Flaw {
        Flaw::Unreadable(Cow::Borrowed(fault))
    }

    /// The name comes from outside; it is repeated only if it looks like a field name.
    pub(crate) fn twice(name: &str) -> Flaw {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
            Flaw::Twice(Cow::Owned(name.to_owned()))
        } else {
            Flaw::body("gives a field twice")
        }
    }
}

impl From<Flaw> for Fault {
    fn from(flaw: Flaw) -> Fault {
        let (field, fault) = match flaw {
            Flaw::Unreadable(fault) => (Cow::Borrowed("body"), fault),
            Flaw::Twice(field) => (field, Cow::Borrowed("is given twice")),
        };
        Fault::Malformed(vec![FieldFault { field, fault }])
    }
}
