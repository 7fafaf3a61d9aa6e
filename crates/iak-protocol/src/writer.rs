//! Writes fields in either format directly into a buffer. The result is well formed for any text:
//! JSON escapes, and XML replaces characters that it does not allow.

use std::io::Write;

use crate::format::Format;
use crate::json::{Json, Kind};
use crate::xml::is_legal;

/// The start of every XML document.
const XML_START: &[u8] = br#"<?xml version="1.0" encoding="UTF-8"?><mp>"#;

/// Writes one document, field by field in the order of the calls.
pub(crate) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    format: Format,
    /// Whether the next field is the first of its object.
    first: bool,
}

impl<'o> Writer<'o> {
    /// Begins a request: the fields are at the top level.
    pub(crate) fn request(format: Format, out: &'o mut Vec<u8>) -> Writer<'o> {
        match format {
            Format::Json => out.push(b'{'),
            Format::Xml => out.extend(XML_START),
        }
        Writer { out, format, first: true }
    }

    /// Ends a request.
    pub(crate) fn end_request(self) {
        match self.format {
            Format::Json => self.out.push(b'}'),
            Format::Xml => self.out.extend(b"</mp>"),
        }
    }

    /// Begins an answer: the fields are inside `data`, which XML omits.
    pub(crate) fn answer(format: Format, out: &'o mut Vec<u8>) -> Writer<'o> {
        let mut writer = Writer::request(format, out);
        if format == Format::Json {
            writer.open("data");
        }
        writer
    }

    /// Ends an answer.
    pub(crate) fn end_answer(self) {
        match self.format {
            Format::Json => self.out.extend(br#"},"meta":[]}"#),
            Format::Xml => self.out.extend(b"</mp>"),
        }
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        match self.format {
            Format::Json => {
                self.key(name);
                json_string(self.out, value);
            }
            Format::Xml => element(self.out, name, |out| xml_text(out, value)),
        }
    }

    pub(crate) fn number(&mut self, name: &str, value: i64) {
        match self.format {
            Format::Json => {
                self.key(name);
                integer(self.out, value);
            }
            Format::Xml => element(self.out, name, |out| integer(out, value)),
        }
    }

    /// A field whose value is checked JSON: unchanged in JSON, elements in XML.
    pub(crate) fn json(&mut self, name: &str, value: Json<'_>) {
        match self.format {
            Format::Json => {
                self.key(name);
                self.out.extend(value.raw().as_bytes());
            }
            Format::Xml => xml_value(self.out, name, value),
        }
    }

    /// Begins a field that contains fields.
    pub(crate) fn open(&mut self, name: &str) {
        match self.format {
            Format::Json => {
                self.key(name);
                self.out.push(b'{');
            }
            Format::Xml => {
                self.out.push(b'<');
                xml_name(self.out, name);
                self.out.push(b'>');
            }
        }
        self.first = true;
    }

    /// Ends what [`Writer::open`] began.
    pub(crate) fn close(&mut self, name: &str) {
        match self.format {
            Format::Json => self.out.push(b'}'),
            Format::Xml => {
                self.out.extend(b"</");
                xml_name(self.out, name);
                self.out.push(b'>');
            }
        }
        self.first = false;
    }

    /// A list with the fields of each item: an array in JSON, one element per item in XML.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        fields: impl Fn(&mut Writer<'_>, T),
    ) {
        match self.format {
            Format::Json => {
                self.key(name);
                self.out.push(b'[');
                for (index, item) in items.into_iter().enumerate() {
                    self.out.extend(if index == 0 { &b"{"[..] } else { b",{" });
                    self.first = true;
                    fields(self, item);
                    self.out.push(b'}');
                }
                self.out.push(b']');
                self.first = false;
            }
            Format::Xml => {
                for item in items {
                    self.open(name);
                    fields(self, item);
                    self.close(name);
                }
            }
        }
    }

    /// A list of texts: an array in JSON, one element per text in XML.
    pub(crate) fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        match self.format {
            Format::Json => {
                self.key(name);
                self.out.push(b'[');
                for (index, text) in texts.into_iter().enumerate() {
                    if index > 0 {
                        self.out.push(b',');
                    }
                    json_string(self.out, text);
                }
                self.out.push(b']');
            }
            Format::Xml => {
                texts.into_iter().for_each(|text| self.text(name, text));
            }
        }
    }

    fn key(&mut self, name: &str) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        json_string(self.out, name);
        self.out.push(b':');
    }
}

/// A quoted and escaped JSON string.
pub(crate) fn json_string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a buffer in memory takes every text");
}

fn integer(out: &mut Vec<u8>, value: i64) {
    write!(out, "{value}").expect("a buffer in memory takes every number");
}

/// An object is an element with its members in it, an array an element for each item and nothing
/// if it is empty, `null` and the empty text an empty element.
fn xml_value(out: &mut Vec<u8>, name: &str, value: Json<'_>) {
    match value.kind() {
        Kind::Array => value.items().for_each(|item| xml_value(out, name, item)),
        Kind::Object => element(out, name, |out| {
            value.members().for_each(|(name, value)| xml_value(out, &name, value));
        }),
        Kind::String => element(out, name, |out| {
            xml_text(out, &value.string().unwrap_or_default());
        }),
        Kind::Word if value.raw() == "null" => element(out, name, |_| {}),
        Kind::Number | Kind::Word => element(out, name, |out| xml_text(out, value.raw())),
    }
}

/// An element with the output of `content`; `<name/>` if it is empty.
fn element(out: &mut Vec<u8>, name: &str, content: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'<');
    let name_starts = out.len();
    xml_name(out, name);
    let name_ends = out.len();
    out.push(b'>');
    content(out);
    if out.len() == name_ends + 1 {
        out.truncate(name_ends);
        out.extend(b"/>");
    } else {
        out.extend(b"</");
        out.extend_from_within(name_starts..name_ends);
        out.push(b'>');
    }
}

/// A name as an element's name: ASCII letters, digits and `_.-` stay, every other character is `_`,
/// and a `_` goes before a name that does not begin with a letter or `_`. Namespaces are unknown
/// here, so a colon is replaced as well.
fn xml_name(out: &mut Vec<u8>, name: &str) {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        out.push(b'_');
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    out.extend(name.chars().map(|c| if plain(c) { c as u8 } else { b'_' }));
}

/// Text with its markup escaped. A carriage return is written as a reference, because a reader
/// would turn it into a line feed; a character that XML does not allow becomes U+FFFD.
fn xml_text(out: &mut Vec<u8>, text: &str) {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '\r') || !is_legal(c);
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        out.extend(&rest.as_bytes()[..at]);
        let mut after = rest[at..].chars();
        out.extend(match after.next() {
            Some('&') => "&amp;".as_bytes(),
            Some('<') => b"&lt;",
            Some('>') => b"&gt;",
            Some('\r') => b"&#13;",
            _ => "\u{FFFD}".as_bytes(),
        });
        rest = after.as_str();
    }
    out.extend(rest.as_bytes());
}
