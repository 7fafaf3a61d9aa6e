//! The published examples, and what several tests do with them.

use std::fs;
use std::path::PathBuf;

use iak_protocol::{BillAnswer, Format, Request, decode_answer, decode_request, encode_answer};

pub(crate) const FORMATS: [Format; 2] = [Format::Json, Format::Xml];

/// A published page: `pdam/payment-response.json` and what stands in it.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) format: Format,
    pub(crate) body: Vec<u8>,
}

/// Every published page whose name holds this text, in the order of their names.
pub(crate) fn pages(part: &str) -> Vec<Page> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/examples");
    let mut pages = Vec::new();
    for family in fs::read_dir(&root).unwrap() {
        for file in fs::read_dir(family.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let format = match path.extension().unwrap().to_str().unwrap() {
                "json" => Format::Json,
                _ => Format::Xml,
            };
            if name.contains(part) {
                pages.push(Page { name, format, body: fs::read(&path).unwrap() });
            }
        }
    }
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!pages.is_empty(), "no page is called {part}");
    pages
}

pub(crate) fn page(name: &str) -> Page {
    let found = pages(name).into_iter().find(|page| page.name == name);
    found.unwrap_or_else(|| panic!("no page is called {name}"))
}

/// A page as it is sent without layout: JSON without blanks between its tokens, XML without blanks
/// between its tags and with the declaration that this crate writes.
pub(crate) fn without_layout(page: &Page) -> String {
    let text = std::str::from_utf8(&page.body).unwrap();
    match page.format {
        Format::Json => {
            let mut in_string = false;
            let mut kept = String::new();
            for c in text.chars() {
                assert_ne!(c, '\\', "{}: this cannot tell an escaped quote", page.name);
                in_string ^= c == '"';
                if in_string || !c.is_ascii_whitespace() {
                    kept.push(c);
                }
            }
            kept
        }
        Format::Xml => {
            let root = text.find("<mp>").unwrap();
            let lines: String = text[root..].lines().map(str::trim).collect();
            format!(r#"<?xml version="1.0" encoding="UTF-8"?>{lines}"#)
        }
    }
}

pub(crate) fn encoded(answer: &BillAnswer<'_>, format: Format) -> String {
    let mut out = Vec::new();
    encode_answer(answer, format, &mut out);
    String::from_utf8(out).unwrap()
}

pub(crate) fn decoded(page: &Page) -> BillAnswer<'_> {
    decode_answer(&page.body, page.format).unwrap_or_else(|error| panic!("{}: {error}", page.name))
}

pub(crate) fn request(page: &Page) -> Request<'_> {
    decode_request(&page.body, page.format).unwrap_or_else(|error| panic!("{}: {error}", page.name))
}

/// The faults of a body that must be malformed, as "field fault".
pub(crate) fn faults(body: &[u8], format: Format) -> Vec<String> {
    match decode_request(body, format) {
        Err(iak_protocol::Fault::Malformed(faults)) => {
            faults.iter().map(|fault| format!("{} {}", fault.field, fault.fault)).collect()
        }
        other => panic!("{:?} is {other:?}", String::from_utf8_lossy(body)),
    }
}
