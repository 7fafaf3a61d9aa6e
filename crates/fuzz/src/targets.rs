//! What is fuzzed: each target takes any bytes, and panics where a promise is broken.

pub mod answer;
pub mod books;
pub mod request;
pub mod sandbox;
pub mod signature;

/// A function that takes any bytes, and where its seeds are.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// Which published examples are seeds, by the end of their names.
    pub examples: &'static [&'static str],
    /// Takes an input.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 8] = [
    Target { name: "request-json", examples: &["request.json"], run: request::json },
    Target { name: "request-xml", examples: &["request.xml"], run: request::xml },
    Target { name: "answer-json", examples: &["response.json", "success.json"], run: answer::json },
    Target { name: "answer-xml", examples: &["response.xml", "success.xml"], run: answer::xml },
    Target { name: "desc", examples: &["inquiry-response.json"], run: answer::desc },
    Target { name: "signature", examples: &[], run: signature::run },
    Target { name: "sandbox", examples: &[], run: sandbox::run },
    Target { name: "books", examples: &[], run: books::run },
];
