//! JSON without a tree: the whole text is checked once, then read in place.
//!
//! serde_json checks the grammar. This module checks limits, duplicate names and unescaped text.
//! Numbers stay the tokens that were sent, and nested values stay text.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::fault::Flaw;
use crate::limits::{Limits, MAX_MEMBERS};

/// One value within a checked text, without surrounding whitespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Json<'a>(&'a str);

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    /// `true`, `false` or `null`.
    Word,
}

impl<'a> Json<'a> {
    /// Reads a text as one JSON value within the limits; refuses duplicate names in an object.
    pub(crate) fn check(text: &'a str, limits: Limits) -> Result<Json<'a>, Flaw> {
        let value = Json::check_but_names(text, limits)?;
        check_names(value.0)?;
        Ok(value)
    }

    /// Like `parse`, but allows duplicate names: the reader of the fields checks them.
    pub(crate) fn check_but_names(text: &'a str, limits: Limits) -> Result<Json<'a>, Flaw> {
        if text.len() > limits.bytes {
            return Err(Flaw::Unreadable(format!("is larger than {} bytes", limits.bytes).into()));
        }
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
            Flaw::Unreadable(format!("is not well-formed JSON: {error}").into())
        })?;
        check_tokens(raw.get(), limits)?;
        Ok(Json(raw.get()))
    }

    /// A value whose text is already checked.
    pub(crate) fn trusted(text: &'a str) -> Json<'a> {
        Json(text)
    }

    /// The value's text in the document.
    pub(crate) fn raw(self) -> &'a str {
        self.0
    }

    pub(crate) fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            _ => Kind::Word,
        }
    }

    /// The text of a string; `None` for other kinds.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| unescaped(self.0).ok()).flatten()
    }

    /// The members of an object in order; none for other kinds.
    pub(crate) fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Json<'a>)> {
        let mut tokens = Tokens::inside(self, Kind::Object);
        std::iter::from_fn(move || match tokens.next()? {
            Token::Key(key) => Some((unescaped(key).ok()?, tokens.value()?)),
            _ => None,
        })
    }

    /// The items of an array in order; none for other kinds.
    pub(crate) fn items(self) -> impl Iterator<Item = Json<'a>> {
        let mut tokens = Tokens::inside(self, Kind::Array);
        std::iter::from_fn(move || tokens.value())
    }

    /// The value without whitespace between its tokens.
    pub(crate) fn compact(self) -> Cow<'a, str> {
        let mut compact = String::with_capacity(self.0.len());
        let mut before_value = true;
        for token in Tokens::of(self.0) {
            let closes = matches!(token, Token::Close(_));
            if !before_value && !closes {
                compact.push(',');
            }
            before_value = matches!(token, Token::Open(_) | Token::Key(_));
            match token {
                Token::Open(bracket) | Token::Close(bracket) => compact.push_str(bracket),
                Token::Key(key) => {
                    compact.push_str(key);
                    compact.push(':');
                }
                Token::String(text) | Token::Plain(text) => compact.push_str(text),
            }
        }
        if compact.len() == self.0.len() { Cow::Borrowed(self.0) } else { Cow::Owned(compact) }
    }
}

/// Checks what the grammar does not: depth, size, lone surrogates and NUL.
fn check_tokens(text: &str, limits: Limits) -> Result<(), Flaw> {
    let (mut depth, mut nodes) = (0, 0);
    for token in Tokens::of(text) {
        match token {
            Token::Open(_) => {
                depth += 1;
                nodes += 1;
                if depth > limits.depth {
                    return Err(too_deep(limits));
                }
            }
            Token::Close(_) => depth -= 1,
            Token::Key(key) => drop(unescaped(key)?),
            Token::String(text) => {
                unescaped(text)?;
                nodes += 1;
            }
            Token::Plain(_) => nodes += 1,
        }
        if nodes > limits.nodes {
            return Err(too_many(limits));
        }
    }
    Ok(())
}

/// Refuses any object with a duplicate name.
fn check_names(text: &str) -> Result<(), Flaw> {
    let mut keys: Vec<Cow<'_, str>> = Vec::new();
    let mut opened: Vec<usize> = Vec::new();
    for token in Tokens::of(text) {
        match token {
            Token::Open(_) => opened.push(keys.len()),
            Token::Close(_) => keys.truncate(opened.pop().unwrap_or_default()),
            Token::Key(key) => {
                let key = unescaped(key)?;
                let siblings = &keys[opened.last().copied().unwrap_or_default()..];
                if siblings.len() >= MAX_MEMBERS {
                    return Err(Flaw::body("has an object with too many members"));
                }
                if siblings.contains(&key) {
                    return Err(Flaw::twice(&key));
                }
                keys.push(key);
            }
            Token::String(_) | Token::Plain(_) => {}
        }
    }
    Ok(())
}

pub(crate) fn too_deep(limits: Limits) -> Flaw {
    Flaw::Unreadable(format!("nests deeper than {} levels", limits.depth).into())
}

pub(crate) fn too_many(limits: Limits) -> Flaw {
    Flaw::Unreadable(format!("holds more than {} values", limits.nodes).into())
}

/// The text of a quoted token; borrowed if it has no escapes.
fn unescaped(quoted: &str) -> Result<Cow<'_, str>, Flaw> {
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    if !inner.contains('\\') {
        return Ok(Cow::Borrowed(inner));
    }
    match serde_json::from_str::<String>(quoted) {
        Ok(text) if !text.contains('\0') => Ok(Cow::Owned(text)),
        Ok(_) => Err(Flaw::body("holds a NUL character")),
        Err(_) => Err(Flaw::body("is not well-formed JSON: a string has an unpaired surrogate")),
    }
}

/// One token of a checked text. Strings and keys keep their quotes.
enum Token<'a> {
    Open(&'a str),
    Close(&'a str),
    Key(&'a str),
    String(&'a str),
    Plain(&'a str),
}

/// The tokens of a text from an offset. On text with invalid grammar the iteration still ends.
struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Tokens<'a> {
        Tokens { text, at: 0 }
    }

    /// The tokens inside a value of this kind; none for other kinds.
    fn inside(value: Json<'a>, kind: Kind) -> Tokens<'a> {
        Tokens::of(if value.kind() == kind { &value.0[1..] } else { "" })
    }

    /// The next complete value; `None` at the end of its array or object.
    fn value(&mut self) -> Option<Json<'a>> {
        self.skip(|byte| is_blank(byte) || matches!(byte, b',' | b':'));
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                Token::Open(_) => depth += 1,
                Token::Close(_) => depth = depth.checked_sub(1)?,
                Token::Key(_) | Token::String(_) | Token::Plain(_) => {}
            }
            if depth == 0 {
                return Some(Json(&self.text[start..self.at]));
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let rest = self.rest();
        self.at += rest.iter().position(|&byte| !skipped(byte)).unwrap_or(rest.len());
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip(|byte| is_blank(byte) || matches!(byte, b',' | b':'));
        let start = self.at;
        let first = *self.rest().first()?;
        self.at += match first {
            b'{' | b'[' | b'}' | b']' => 1,
            b'"' => quoted_length(self.rest()),
            _ => plain_length(self.rest()),
        };
        let token = &self.text[start..self.at];
        Some(match first {
            b'{' | b'[' => Token::Open(token),
            b'}' | b']' => Token::Close(token),
            b'"' => {
                let after = self.rest().iter().find(|&&byte| !is_blank(byte));
                if after == Some(&b':') { Token::Key(token) } else { Token::String(token) }
            }
            _ => Token::Plain(token),
        })
    }
}

/// The length of a string from its opening to its closing quote.
fn quoted_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn plain_length(bytes: &[u8]) -> usize {
    let ends = |byte: &u8| is_blank(*byte) || matches!(byte, b',' | b':' | b'}' | b']' | b'"');
    bytes.iter().position(ends).unwrap_or(bytes.len())
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
