//! An XML document as a tree of elements, without namespaces. A DOCTYPE and every entity except the
//! standard ones are errors, so nothing is expanded or fetched.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::error::ReadError;
use crate::limits;

/// An element, its text and its children.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// The line where it begins, counted from one.
    pub(crate) line: usize,
    /// Without a prefix.
    pub(crate) name: String,
    /// Names without a prefix, and values.
    attributes: Vec<(String, String)>,
    /// The text between its children, as in the document.
    pub(crate) raw_text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Reads a document; returns its root.
    pub(crate) fn parse(text: &str) -> Result<Element, ReadError> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut lines = LineCounter { text, at: 0, line: 1 };
        let mut open = vec![Element::default()];
        let mut count = 0;
        loop {
            let line = lines.line_at(reader.buffer_position());
            let bad = || ReadError::BadXml { line };
            match reader.read_event().map_err(|_| bad())? {
                Event::Start(start) => {
                    count += 1;
                    if count > limits::MAX_ELEMENTS || open.len() > limits::MAX_DEPTH {
                        return Err(bad());
                    }
                    open.push(Element::begin(&start, line).ok_or_else(bad)?);
                }
                Event::End(_) => {
                    let ended = open.pop().ok_or_else(bad)?;
                    open.last_mut().ok_or_else(bad)?.children.push(ended);
                }
                Event::Text(piece) => push(&mut open, &piece.into_inner(), line)?,
                Event::CData(piece) => push(&mut open, &piece.into_inner(), line)?,
                Event::GeneralRef(reference) => {
                    let c = character(&reference).ok_or_else(bad)?;
                    push(&mut open, c.encode_utf8(&mut [0; 4]), line)?;
                }
                Event::Comment(_) | Event::Decl(_) => {}
                Event::Empty(_) | Event::DocType(_) | Event::PI(_) => return Err(bad()),
                Event::Eof => {
                    let root =
                        open.pop().filter(|root| open.is_empty() && root.children.len() == 1);
                    return root.and_then(|mut root| root.children.pop()).ok_or_else(bad);
                }
            }
        }
    }

    /// The text without spaces at its ends.
    pub(crate) fn text(&self) -> &str {
        self.raw_text.trim()
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first descendant by this path.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// All children of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text at this path, if there is some.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(Element::text).filter(|text| !text.is_empty())
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    fn begin(start: &BytesStart<'_>, line: usize) -> Option<Element> {
        let name = start.local_name().into_inner().to_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let name = attribute.key.local_name().into_inner().to_owned();
            attributes.push((name, attribute.value.to_string()));
        }
        Some(Element { line, name, attributes, ..Element::default() })
    }
}

fn push(open: &mut [Element], piece: &str, line: usize) -> Result<(), ReadError> {
    let is_root = open.len() == 1;
    let Some(element) = open.last_mut() else { return Err(ReadError::BadXml { line }) };
    if is_root && !piece.trim().is_empty() {
        return Err(ReadError::BadXml { line });
    }
    if element.raw_text.len() + piece.len() > limits::MAX_CELL {
        // Only spaces between elements may be longer; they are not kept.
        let is_blank = piece.trim().is_empty();
        return if is_blank { Ok(()) } else { Err(ReadError::CellTooLong { line }) };
    }
    element.raw_text.push_str(piece);
    Ok(())
}

fn character(reference: &BytesRef<'_>) -> Option<char> {
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => reference.resolve_char_ref().ok().flatten().filter(|c| *c != '\0'),
    }
}

/// Counts lines up to positions that only grow.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl LineCounter<'_> {
    fn line_at(&mut self, position: u64) -> usize {
        let end = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.at..end).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = end.max(self.at);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_prefix_and_texts_their_spaces() {
        let text = "<?xml version='1.0'?>\n<d:A xmlns:d='x'>\n<d:B Ccy=\"IDR\"> a &amp; <!-- --><![CDATA[<b>]]>\
                    &#x41; </d:B><C/></d:A>";
        let root = Element::parse(text).unwrap();
        assert_eq!((root.name.as_str(), root.line), ("A", 2));
        let child = root.child("B").unwrap();
        assert_eq!((child.text(), child.line), ("a & <b>A", 3));
        assert_eq!(child.attribute("Ccy"), Some("IDR"));
        assert_eq!(root.text_at(&["C"]), None);
    }

    #[test]
    fn documents_that_are_damaged_or_dangerous_are_refused() {
        let deep = "<a>".repeat(limits::MAX_DEPTH + 1) + &"</a>".repeat(limits::MAX_DEPTH + 1);
        for text in [
            "",
            "<a>",
            "<a><b></a></b>",
            "<a/><b/>",
            "x<a/>",
            "<a>&unknown;</a>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<a b=c/>",
            &deep,
        ] {
            assert!(matches!(Element::parse(text), Err(ReadError::BadXml { .. })), "{text}");
        }
    }
}
