//! The committed OpenAPI document, for whoever makes a client from it, is the one that is served.

mod sold;

use portal::{PageContext, answer, openapi};
use serde_json::Value;
use sold::SOLD;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let ask = PageContext { path: openapi::PATH, catalogue: Some(&SOLD), ..PageContext::default() };
    let served = answer(&ask).unwrap();
    assert_eq!(served.content_type, "application/json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(COMMITTED, &*served.body).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap();
    assert!(committed == served.body, "UPDATE_OPENAPI=1 cargo test -p portal writes it anew");
}

#[test]
fn every_reference_has_a_schema() {
    let document: Value = serde_json::from_str(&openapi::document(Some(&SOLD))).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 10);
    for reference in references {
        let path = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(path).is_some(), "{reference}");
    }
}

#[test]
fn each_command_has_its_own_discriminator() {
    let document: Value = serde_json::from_str(&openapi::document(Some(&SOLD))).unwrap();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Request"]["discriminator"]["propertyName"], "commands");
    let mapping = schemas["Request"]["discriminator"]["mapping"].as_object().unwrap();
    assert_eq!(mapping.len(), 4);
    for name in mapping.keys() {
        assert_eq!(schemas[name]["properties"]["commands"]["const"], **name);
    }
}

fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| match value {
            Value::String(target) if name == "$ref" => references.push(target),
            value => collect(value, references),
        }),
        Value::Array(elements) => elements.iter().for_each(|it| collect(it, references)),
        _ => {}
    }
}
