//! An answer as an ordered list of fields, in either format.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Paths and values. In JSON texts have quotes and numbers are kept as sent, so `"2500"`, `2500`
/// and `2500.0` differ; `{`, `[` and `<` mark values with fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document(pub(crate) Vec<(String, String)>);

impl Document {
    pub(crate) fn json(text: &str) -> Document {
        let mut fields = Vec::new();
        add("", text, &mut fields);
        Document(fields)
    }

    /// Parses the XML of answers: elements and texts, no attributes.
    pub(crate) fn xml(text: &str) -> Document {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut open: Vec<(String, usize)> = Vec::new();
        let root = text.find("<mp>").expect("an answer is in <mp>");
        for part in text[root..].split('<').skip(1) {
            let (tag, after) = part.split_once('>').expect("a tag ends");
            if let Some(name) = tag.strip_prefix('/') {
                let (opened, _) = open.pop().expect("an element is open");
                assert_eq!(opened, name, "{text}");
            } else {
                let name = tag.trim_end_matches('/').trim_end();
                if let Some((_, parent)) = open.last() {
                    fields[*parent].1 = "<".to_owned();
                }
                let path: Vec<&str> = open.iter().map(|(name, _)| &**name).chain([name]).collect();
                let is_open = !tag.ends_with('/');
                fields
                    .push((path.join("."), if is_open { unescaped(after) } else { String::new() }));
                if is_open {
                    open.push((name.to_owned(), fields.len() - 1));
                    continue;
                }
            }
            assert!(after.trim().is_empty(), "{after:?} stands between elements: {text}");
        }
        assert!(open.is_empty(), "{text}");
        Document(fields)
    }

    /// The value of `field`, with quotes.
    pub(crate) fn bare(&self, field: &str) -> Option<&str> {
        let is_it = |path: &str| {
            path.strip_prefix("data.").or_else(|| path.strip_prefix("mp.")) == Some(field)
        };
        self.0.iter().find(|(path, _)| is_it(path)).map(|(_, value)| &**value)
    }

    /// The value of `field`, as text.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        let value = self.bare(field)?;
        Some(serde_json::from_str(value).unwrap_or_else(|_| value.to_owned()))
    }

    /// The lines that only one of both has, for a message.
    pub(crate) fn difference(&self, other: &Document) -> String {
        let only = |one: &Document, other: &Document, sign: char| -> String {
            let lines = one.0.iter().filter(|line| !other.0.contains(line));
            lines.map(|(path, value)| format!("{sign} {path} = {value}\n")).collect()
        };
        only(self, other, '-') + &only(other, self, '+')
    }
}

fn add(path: &str, text: &str, fields: &mut Vec<(String, String)>) {
    let text = text.trim();
    let member = |name: &str| [path, name].join(".").trim_start_matches('.').to_owned();
    match text.as_bytes()[0] {
        b'{' => {
            fields.push((path.to_owned(), "{".to_owned()));
            let Members(members) = serde_json::from_str(text).unwrap();
            members.iter().for_each(|(name, value)| add(&member(name), value.get(), fields));
        }
        b'[' => {
            fields.push((path.to_owned(), "[".to_owned()));
            let items: Vec<Box<RawValue>> = serde_json::from_str(text).unwrap();
            let numbered = (0..).zip(&items);
            numbered
                .for_each(|(n, item): (u32, _)| add(&member(&n.to_string()), item.get(), fields));
        }
        b'"' => {
            // The same text may be escaped in different ways.
            let text: String = serde_json::from_str(text).unwrap();
            fields.push((path.to_owned(), serde_json::to_string(&text).unwrap()));
        }
        _ => fields.push((path.to_owned(), text.to_owned())),
    }
}

fn unescaped(text: &str) -> String {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, meant)| text.replace(entity, meant))
}

/// The members of an object, in order.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[test]
fn order_and_type_of_every_field_are_kept() {
    let lines = |document: Document| -> Vec<String> {
        document.0.into_iter().map(|(path, value)| format!("{path} {value}")).collect()
    };
    assert_eq!(
        lines(Document::json(r#"{"data": {"b": "1", "a": 1, "d": [{"x": "\u002f"}], "e": []}}"#)),
        [
            " {",
            "data {",
            "data.b \"1\"",
            "data.a 1",
            "data.d [",
            "data.d.0 {",
            "data.d.0.x \"/\"",
            "data.e ["
        ]
    );
    assert_eq!(
        lines(Document::xml(
            "<?xml version=\"1.0\"?>\n<mp>\n <b>1 &amp; 2</b><e/><d><x/></d><d></d></mp>\n"
        )),
        ["mp <", "mp.b 1 & 2", "mp.e ", "mp.d <", "mp.d.x ", "mp.d "]
    );
}
