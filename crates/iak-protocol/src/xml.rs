//! XML as a walk over elements. Nothing is expanded, fetched or stored: a DOCTYPE, a processing
//! instruction and every entity except the five standard ones are errors.
//!
//! quick-xml splits the text into events. This module checks what quick-xml does not: one root, no
//! open element, no text between fields, only legal characters, limits.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use crate::encoding;
use crate::fault::Flaw;
use crate::json::{too_deep, too_many};
use crate::limits::Limits;

/// A walk over the elements of one document.
pub(crate) struct Elements<'a> {
    reader: Reader<&'a [u8]>,
    limits: Limits,
    depth: usize,
    nodes: usize,
    /// The event that ended a text; returned by the next call.
    pending: Option<Step<'a>>,
}

/// An open element.
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// The name with its prefix, if it has one.
    pub(crate) fn name(&self) -> &str {
        self.0.name().into_inner()
    }
}

/// The next part of the current element.
pub(crate) enum Step<'a> {
    /// A child element begins and becomes the current one.
    Child(Element<'a>),
    /// All text up to the next element or the end; comments do not split it.
    Text(Cow<'a, str>),
    /// It ends, and its parent becomes the current element.
    End,
}

impl<'a> Elements<'a> {
    /// Enters the root element, which must have this name.
    pub(crate) fn enter(text: &'a str, root: &str, limits: Limits) -> Result<Elements<'a>, Flaw> {
        if text.len() > limits.bytes {
            return Err(Flaw::Unreadable(format!("is larger than {} bytes", limits.bytes).into()));
        }
        if !text.is_ascii() && text.contains(|c| !is_legal(c))
            || text.bytes().any(|byte| byte < b' ' && !is_blank(byte))
        {
            return Err(Flaw::body("holds a character that XML does not allow"));
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        reader.config_mut().expand_empty_elements = true;
        let mut elements = Elements { reader, limits, depth: 0, nodes: 0, pending: None };
        elements.prolog(root)?;
        Ok(elements)
    }

    /// The next part of the current element.
    pub(crate) fn step(&mut self) -> Result<Step<'a>, Flaw> {
        if let Some(step) = self.pending.take() {
            return Ok(step);
        }
        let mut text: Option<Cow<'a, str>> = None;
        let step = loop {
            let piece = match self.event()? {
                Event::Text(piece) => piece.into_inner(),
                Event::CData(piece) => piece.into_inner(),
                Event::GeneralRef(reference) => referenced(&reference)?,
                Event::Comment(_) => continue,
                Event::Start(start) => break Step::Child(self.begin(start)?),
                Event::End(_) => {
                    self.depth -= 1;
                    break Step::End;
                }
                Event::Eof => return Err(Flaw::body("ends before its elements do")),
                other => return Err(refused(&other)),
            };
            match &mut text {
                None => text = Some(piece),
                Some(text) => text.to_mut().push_str(&piece),
            }
        };
        match text {
            None => Ok(step),
            Some(text) => {
                self.pending = Some(step);
                Ok(Step::Text(text))
            }
        }
    }

    /// The next child element; `None` at the end of the current element. Only whitespace may be
    /// between.
    pub(crate) fn child(&mut self) -> Result<Option<Element<'a>>, Flaw> {
        loop {
            match self.step()? {
                Step::Child(element) => return Ok(Some(element)),
                Step::End => return Ok(None),
                Step::Text(text) if text.bytes().all(is_blank) => {}
                Step::Text(_) => return Err(Flaw::body("has text outside of a field")),
            }
        }
    }

    /// The exact text of the current element; `None` if it has child elements.
    pub(crate) fn text(&mut self) -> Result<Option<Cow<'a, str>>, Flaw> {
        match self.step()? {
            Step::End => return Ok(Some(Cow::Borrowed(""))),
            Step::Child(_) => self.leave()?,
            Step::Text(text) => match self.step()? {
                Step::End => return Ok(Some(text)),
                _ => self.leave()?,
            },
        }
        self.leave()?;
        Ok(None)
    }

    /// Skips the rest of the current element.
    pub(crate) fn leave(&mut self) -> Result<(), Flaw> {
        let mut inner = 0_usize;
        loop {
            match self.step()? {
                Step::Child(_) => inner += 1,
                Step::Text(_) => {}
                Step::End if inner == 0 => return Ok(()),
                Step::End => inner -= 1,
            }
        }
    }

    /// Checks that only whitespace and comments follow the root element.
    pub(crate) fn finish(mut self) -> Result<(), Flaw> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Comment(_) => {}
                Event::Text(text) if text.bytes().all(is_blank) => {}
                _ => return Err(Flaw::body("goes on after its root element")),
            }
        }
    }

    fn prolog(&mut self, root: &str) -> Result<(), Flaw> {
        let mut at_start = true;
        loop {
            match self.event()? {
                Event::Decl(declaration) if at_start => check_declaration(&declaration)?,
                Event::Comment(_) => {}
                Event::Text(text) if text.bytes().all(is_blank) => {}
                Event::Start(start) => {
                    return match self.begin(start)?.name() == root {
                        true => Ok(()),
                        false => {
                            Err(Flaw::Unreadable(format!("has another root than <{root}>").into()))
                        }
                    };
                }
                Event::Eof => return Err(Flaw::body("is empty")),
                Event::Text(_) => return Err(Flaw::body("has text outside of a field")),
                other => return Err(refused(&other)),
            }
            at_start = false;
        }
    }

    fn begin(&mut self, start: BytesStart<'a>) -> Result<Element<'a>, Flaw> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(too_deep(self.limits));
        }
        self.count()?;
        if !is_name(start.name().into_inner()) {
            return Err(Flaw::body("is not well-formed XML: an element's name is none"));
        }
        // Attributes are ignored, but they count towards the limits before they are compared.
        for attribute in start.attributes() {
            self.count()?;
            match attribute {
                Ok(attribute) if !attribute.value.contains('<') => {}
                _ => return Err(Flaw::body("is not well-formed XML: an attribute is none")),
            }
        }
        Ok(Element(start))
    }

    fn count(&mut self) -> Result<(), Flaw> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes { Err(too_many(self.limits)) } else { Ok(()) }
    }

    fn event(&mut self) -> Result<Event<'a>, Flaw> {
        self.reader.read_event().map_err(|_| {
            let at = self.reader.error_position();
            Flaw::Unreadable(format!("is not well-formed XML at byte {at}").into())
        })
    }
}

/// Checks `version`, `encoding` and `standalone`: each at most once, in this order (XML 1.0, productions 23
/// and 80). The declared encoding itself was handled by `encoding`.
fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), Flaw> {
    const NOT_1_0: Flaw = Flaw::body("is not declared as XML 1.0");
    const MALFORMED: Flaw = Flaw::body("has an XML declaration that is not well-formed");
    let mut allowed = ["version", "encoding", "standalone"].iter();
    let mut has_version = false;
    // The order allows no attribute twice, so the reader need not look for it.
    for attribute in Attributes::new(declaration, "xml".len()).with_checks(false) {
        let attribute = attribute.map_err(|_| if has_version { MALFORMED } else { NOT_1_0 })?;
        let (name, value) = (attribute.key.into_inner(), &*attribute.value);
        match name {
            "version" if !has_version && value != "1.0" => return Err(NOT_1_0),
            _ if !has_version && name != "version" => return Err(NOT_1_0),
            _ if !allowed.any(|known| *known == name) => return Err(MALFORMED),
            "encoding" if !encoding::is_name(value) => return Err(encoding::NO_NAME),
            _ => has_version = true,
        }
    }
    has_version.then_some(()).ok_or(NOT_1_0)
}

fn refused(event: &Event<'_>) -> Flaw {
    Flaw::body(match event {
        Event::DocType(_) => "has a DOCTYPE, which is refused",
        Event::PI(_) => "has a processing instruction, which is refused",
        Event::Decl(_) => "has an XML declaration that is not at its start",
        _ => "is not well-formed XML",
    })
}

/// The character that a reference stands for: one of the five standard entities, or the number of
/// a character that XML allows.
fn referenced(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, Flaw> {
    let standard = match &**reference {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "apos" => "'",
        "quot" => "\"",
        _ => match reference.resolve_char_ref() {
            Ok(Some(c)) if is_legal(c) => return Ok(Cow::Owned(c.to_string())),
            Ok(None) => return Err(Flaw::body("refers to an entity, which is refused")),
            _ => return Err(Flaw::body("refers to a character that XML does not allow")),
        },
    };
    Ok(Cow::Borrowed(standard))
}

/// Whether XML 1.0 allows the character (production 2, `Char`).
pub(crate) fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether this is a valid element name; non-ASCII characters are not checked further.
fn is_name(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':') || !c.is_ascii();
    let goes_on = |c: char| starts(c) || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.starts_with(starts) && name.chars().all(goes_on)
}

pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
