//! Decodes the bytes of a body into text. The encoding is UTF-8, with or without a byte order mark;
//! XML may declare one of the encodings of old programs.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::byte_order_mark::{UTF_8, wide, without_mark};
use crate::fault::Flaw;
use crate::format::Format;

/// The encodings by their names in an XML declaration.
const NAMES: [(&str, Encoding); 10] = [
    ("utf-8", Encoding::Utf8),
    ("utf8", Encoding::Utf8),
    // Programs that write XML into a string declare UTF-16 and send UTF-8. Real UTF-16 has no
    // declaration that can be read byte by byte.
    ("utf-16", Encoding::Utf8),
    ("utf-16le", Encoding::Utf8),
    ("utf-16be", Encoding::Utf8),
    ("iso-8859-1", Encoding::Windows1252),
    ("iso8859-1", Encoding::Windows1252),
    ("latin1", Encoding::Windows1252),
    ("windows-1252", Encoding::Windows1252),
    ("cp1252", Encoding::Windows1252),
];

/// The characters of the bytes 0x80 to 0x9F in windows-1252, as <https://encoding.spec.whatwg.org>
/// has them. Every other byte is the character of its number.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    /// Also for ISO-8859-1: windows-1252 contains all its printable characters.
    Windows1252,
}

/// The text of a body; borrowed unless it had to be decoded.
///
/// An ASCII body is the same text in every supported encoding, so the declaration matters only for
/// other bodies.
pub(crate) fn text(body: &[u8], format: Format) -> Result<Cow<'_, str>, Flaw> {
    if let Some(wide) = wide(body) {
        return Err(Flaw::body(wide));
    }
    let bare = without_mark(body);
    if bare.starts_with(UTF_8) {
        return Err(Flaw::body("starts with two byte order marks"));
    }
    let is_marked = bare.len() < body.len();
    let encoding = match format {
        Format::Xml if !is_marked && !bare.is_ascii() => declared(bare)?,
        Format::Xml | Format::Json => Encoding::Utf8,
    };
    match encoding {
        Encoding::Utf8 => utf8(bare).map(Cow::Borrowed),
        Encoding::Windows1252 => Ok(bare.iter().map(|byte| windows_1252(*byte)).collect()),
    }
}

/// The fault for an invalid encoding name.
pub(crate) const NO_NAME: Flaw = Flaw::body(
    "declares an encoding by a name that is none; send UTF-8, ISO-8859-1 or windows-1252",
);

/// Whether this is a valid encoding name (XML 1.0, production 81).
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn utf8(body: &[u8]) -> Result<&str, Flaw> {
    std::str::from_utf8(body).map_err(|_| Flaw::body("is not UTF-8"))
}

/// The encoding of the XML declaration; UTF-8 if there is none.
fn declared(body: &[u8]) -> Result<Encoding, Flaw> {
    let Some(declaration) = declaration(body) else { return Ok(Encoding::Utf8) };
    let Ok(Event::Decl(declaration)) = Reader::from_str(declaration).read_event() else {
        return Ok(Encoding::Utf8);
    };
    // The XML parser refuses an invalid declaration later.
    let Some(Ok(name)) = declaration.encoding() else { return Ok(Encoding::Utf8) };
    if !is_name(&name) {
        return Err(NO_NAME);
    }
    let known = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
    known.map(|(_, encoding)| *encoding).ok_or(Flaw::body(
        "is not ASCII and declares an encoding that is not taken; send UTF-8, ISO-8859-1 or \
         windows-1252",
    ))
}

/// The XML declaration at the beginning of a body; it is ASCII in every supported encoding.
fn declaration(body: &[u8]) -> Option<&str> {
    if !body.starts_with(b"<?xml") {
        return None;
    }
    let end = body.windows(2).position(|pair| pair == b"?>")? + 2;
    std::str::from_utf8(&body[..end]).ok()
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_its_encoding_says() {
        let xml = |encoding: &str, bytes: &[u8]| {
            let body = [format!("<?xml encoding='{encoding}'?>").as_bytes(), bytes].concat();
            let read = text(&body, Format::Xml).ok()?.into_owned();
            Some(read.split_once("?>")?.1.to_owned())
        };
        for (encoding, bytes, expected) in [
            ("UTF-8", "é€".as_bytes(), Some("é€")),
            ("utf-16", "é€".as_bytes(), Some("é€")),
            ("ISO-8859-1", b"\xE9\xFF\xA0", Some("éÿ\u{A0}")),
            ("Windows-1252", b"\x80\x99\x9F\x81", Some("€™Ÿ\u{81}")),
            ("iso-8859-1", b"\x80", Some("€")),
            // What is declared is believed, also where the bytes are UTF-8 by chance.
            ("latin1", "é".as_bytes(), Some("Ã©")),
            ("UTF-8", b"\xE9", None),
            ("utf-16", b"\xE9", None),
            ("Shift_JIS", b"\x83\x65", None),
            ("US-ASCII", b"\xE9", None),
            ("KOI8-R", "é".as_bytes(), None),
            ("KOI8-R", b"e", Some("e")),
            ("UTF-7", b"+ADw-", Some("+ADw-")),
        ] {
            assert_eq!(xml(encoding, bytes).as_deref(), expected, "{encoding} {bytes:x?}");
        }
    }

    #[test]
    fn a_mark_is_skipped_once_and_says_utf_8() {
        let declared = "<?xml encoding='latin1'?>é";
        for format in [Format::Json, Format::Xml] {
            for bare in ["{}", "é", declared, ""] {
                let marked = format!("\u{FEFF}{bare}");
                assert_eq!(text(marked.as_bytes(), format).unwrap(), bare);
            }
            assert!(text("\u{FEFF}\u{FEFF}{}".as_bytes(), format).is_err());
            assert!(text(b"\xFF\xFE{\0}\0", format).is_err());
        }
    }
}
