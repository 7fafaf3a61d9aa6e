//! The format of each field.

use std::borrow::Cow;

/// The rule for a field's text.
pub(super) struct Rule {
    /// Whether surrounding whitespace is ignored: for numbers, and for the filters of a price list.
    pub(super) is_trimmed: bool,
    pub(super) holds: fn(&str) -> bool,
    /// The rule as text; it follows the field's name.
    pub(super) otherwise: &'static str,
}

/// Any text: it is only compared.
pub(super) const ANY: Rule = Rule { is_trimmed: false, holds: |_| true, otherwise: "" };

/// An amount: an invalid one has its own response code.
pub(super) const AMOUNT: Rule = Rule { is_trimmed: true, ..ANY };

pub(super) const USERNAME: Rule = Rule {
    is_trimmed: false,
    holds: |text| is_made_of(text, |byte| byte.is_ascii_graphic()),
    otherwise: "must be 1 to 64 visible ASCII characters",
};

pub(super) const CODE: Rule = Rule {
    is_trimmed: false,
    holds: |text| is_made_of(text, |byte| is_of(byte, b"-_.")),
    otherwise: "must be 1 to 64 letters, digits or - _ .",
};

pub(super) const CUSTOMER: Rule = Rule {
    is_trimmed: true,
    holds: |text| is_made_of(text, |byte| is_of(byte, b" -_.:/")),
    otherwise: "must be 1 to 64 letters, digits, blanks or - _ . : /",
};

pub(super) const TR_ID: Rule = Rule {
    is_trimmed: true,
    holds: |text| text.bytes().all(|byte| byte.is_ascii_digit()) && tr_id(text).is_some(),
    otherwise: "must be 1 to 19 digits that fit 64 bits",
};

pub(super) const MONTH: Rule = Rule {
    is_trimmed: true,
    holds: |text| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()),
    otherwise: "must be 1 or 2 digits",
};

pub(super) const YEAR: Rule = Rule {
    is_trimmed: true,
    holds: |text| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()),
    otherwise: "must be 4 digits",
};

pub(super) const LISTING: Rule = Rule {
    is_trimmed: true,
    holds: |text| super::Listing::parse(text).is_some(),
    otherwise: "must be all, active or non active",
};

pub(super) const PROVINCE: Rule = Rule {
    is_trimmed: true,
    holds: |text| is_made_of(text, |byte| byte.is_ascii_graphic() || byte == b' '),
    otherwise: "must be 1 to 64 printable ASCII characters",
};

/// The maximum length of a `tr_id` including surrounding whitespace.
pub(super) const MAX_SIGNED: usize = 64;

/// The text without surrounding whitespace, including line ends, as in indented XML.
pub(super) fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    use super::BLANKS;
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(BLANKS)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(BLANKS).to_owned()),
    }
}

/// Whether a text may be a `ref_id`. The reference says "alphanumeric without space", its examples
/// hold `-`, `_` and `.` too. `cs` and `pl` are refused, because their signature would be valid for
/// another command.
pub(super) fn is_ref_id(text: &str) -> bool {
    is_made_of(text, |byte| is_of(byte, b"-_.:/")) && !matches!(text, "cs" | "pl")
}

/// The number of a text of digits.
pub(super) fn tr_id(text: &str) -> Option<i64> {
    if text.len() > 19 { None } else { text.parse().ok() }
}

/// Whether a text is a JSON number without fraction and exponent.
pub(super) fn is_whole_number(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn is_of(byte: u8, punctuation: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || punctuation.contains(&byte)
}

fn is_made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
