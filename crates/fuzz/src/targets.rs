//! The fuzz targets: each takes any bytes, and panics if a property does not hold.

pub mod answer;
pub mod books;
pub mod request;
pub mod sandbox;
pub mod signature;
pub mod webhook;

/// A fuzz target, and where its seeds are.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and the name of its folder in `corpus/`.
    pub name: &'static str,
    /// The published examples that are seeds, by the ends of their names.
    pub examples: &'static [&'static str],
    /// Runs one input.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 9] = [
    Target { name: "request-json", examples: &["request.json"], run: request::json },
    Target { name: "request-xml", examples: &["request.xml"], run: request::xml },
    Target { name: "answer-json", examples: &["response.json", "success.json"], run: answer::json },
    Target { name: "answer-xml", examples: &["response.xml", "success.xml"], run: answer::xml },
    Target { name: "desc", examples: &["inquiry-response.json"], run: answer::desc },
    Target { name: "signature", examples: &[], run: signature::run },
    Target { name: "sandbox", examples: &[], run: sandbox::run },
    Target { name: "webhook", examples: &[], run: webhook::run },
    Target { name: "books", examples: &[], run: books::run },
];
