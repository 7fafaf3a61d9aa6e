//! Texts of a biller that are kept.

/// The longest text of an answer about a bill that is kept, in bytes.
pub(crate) const MAX_TEXT: usize = 1000;

/// The longest text of a listed product that is kept, in bytes.
pub(crate) const MAX_LISTED: usize = 200;

/// The text, at most `most` bytes of it.
pub(crate) fn bounded(text: &str, most: usize) -> Box<str> {
    text[..text.floor_char_boundary(most)].into()
}

/// A text of a listed product, without blanks around it. No database and no answer takes a NUL.
pub(crate) fn listed(text: &str) -> Box<str> {
    bounded(text.trim(), MAX_LISTED).replace('\0', "\u{fffd}").into()
}

/// A text of a listed product that may be missing: blank, or `-`.
pub(crate) fn optional(text: Option<&str>) -> Option<Box<str>> {
    text.map(listed).filter(|text| !matches!(&**text, "" | "-"))
}
