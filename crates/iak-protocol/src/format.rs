//! Which of the two formats a body is in.

use crate::byte_order_mark::first_byte;

/// The format of a request; the answer has the same format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One object.
    Json,
    /// One `<mp>` element.
    Xml,
}

impl Format {
    /// Detects the format from the content type without its parameters. If the content type is
    /// missing or another one, the first byte after whitespace and a byte order mark decides.
    /// `None` if that is neither `{` nor `<`.
    pub fn detect(content_type: Option<&str>, body: &[u8]) -> Option<Format> {
        let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        match media_type {
            Some(name) if name.eq_ignore_ascii_case("application/json") => Some(Format::Json),
            Some(name)
                if name.eq_ignore_ascii_case("application/xml")
                    || name.eq_ignore_ascii_case("text/xml") =>
            {
                Some(Format::Xml)
            }
            _ => match first_byte(body) {
                Some(b'{') => Some(Format::Json),
                Some(b'<') => Some(Format::Xml),
                _ => None,
            },
        }
    }

    /// The `Content-Type` of a body in this format.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Xml => "application/xml",
        }
    }
}
