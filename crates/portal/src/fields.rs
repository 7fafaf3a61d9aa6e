//! The fields of an answer, read from a documented example.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::glossary;
use crate::lang::Lang;

/// A field of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnswerField {
    /// With the objects that hold it: `desc.tagihan.detail[].admin`.
    pub(crate) path: String,
    /// Its JSON type.
    pub(crate) kind: &'static str,
    /// Its documented value; empty for objects and arrays.
    pub(crate) example: String,
    meaning: (&'static str, &'static str),
}

impl AnswerField {
    pub(crate) const fn meaning(&self, lang: Lang) -> &'static str {
        lang.say(self.meaning.0, self.meaning.1)
    }
}

/// The fields of these documented answers: first those of the first answer, then new ones of the
/// others. They keep the order of the wire; a list contributes the fields of its first element.
pub(crate) fn fields(answers: &[impl AsRef<str>]) -> Vec<AnswerField> {
    let mut fields = Vec::new();
    for answer in answers {
        if let Ok(Node::Object(members)) = serde_json::from_str(answer.as_ref())
            && let Some((_, Node::Object(data))) = members.into_iter().find(|it| it.0 == "data")
        {
            collect("", data, &mut fields);
        }
    }
    fields
}

fn collect(inside: &str, members: Vec<(String, Node)>, fields: &mut Vec<AnswerField>) {
    for (name, node) in members {
        let path = format!("{inside}{name}");
        let (kind, example, inner) = match node {
            Node::Text(text) => ("string", text, None),
            Node::Number(number) => ("number", number.to_string(), None),
            Node::Object(members) => ("object", String::new(), Some((".", members))),
            Node::List(elements) => (
                "array",
                String::new(),
                match elements.into_iter().next() {
                    Some(Node::Object(members)) => Some(("[].", members)),
                    _ => None,
                },
            ),
        };
        if !fields.iter().any(|field| field.path == path) {
            let meaning = glossary::meaning(&name).unwrap_or_default();
            fields.push(AnswerField { path: path.clone(), kind, example, meaning });
        }
        if let Some((separator, members)) = inner {
            collect(&format!("{path}{separator}"), members, fields);
        }
    }
}

/// A JSON value whose members keep their order.
enum Node {
    Text(String),
    Number(i64),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Node, D::Error> {
        from.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number, a list or an object")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        i64::try_from(number).map(Node::Number).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            members.push(entry);
        }
        Ok(Node::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;
    use domain::Family;

    #[test]
    fn every_documented_field_has_a_meaning() {
        let mut answers = vec![examples::price_list().json];
        answers.extend(examples::status_answers().map(|answer| answer.1.json));
        for family in Family::all() {
            answers.push(examples::inquiry(family).answer.json);
            answers.push(examples::payment(family).answer.json);
        }
        let fields = fields(&answers);
        assert!(fields.len() > 100, "the answers are read");
        for field in fields {
            assert_ne!(field.meaning, ("", ""), "{}", field.path);
        }
    }

    #[test]
    fn nested_fields_have_their_full_path() {
        let answer = r#"{"data": {"bill": {"detail": [{"period": "1"}, {"stand": "2"}]}}}"#;
        let paths: Vec<_> = fields(&[answer, answer]).into_iter().map(|f| f.path).collect();
        assert_eq!(paths, ["bill", "bill.detail", "bill.detail[].period"]);
    }
}
