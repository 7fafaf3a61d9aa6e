//! Attacks against the built binary over loopback sockets. Tables list cases and required answers.
//! After each table a valid partner is served, the books are correct, and memory use is the same.
//!
//! # Layout
//!
//! - `attack_server`: a server under attack, and the checks after it.
//! - `smuggling`, `paths`, `http2`: misleading HTTP.
//! - `large`: bodies over the limit, and large bodies of refused requests, plain and over TLS.
//! - `json`, `xml`: malformed, large and misleading bodies.
//! - `identity`, `forwarding`: false identities and addresses.
//! - `waiting`, `floods`, `overload`: slow clients and too many requests.
//! - `canaries`: secrets and personal data appear nowhere.
//! - `proxy`, `faults`: a network that loses, cuts and duplicates answers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attack_server;
#[path = "../e2e/client.rs"]
mod client;
#[expect(dead_code, reason = "the e2e suite uses the rest")]
#[path = "../e2e/document.rs"]
mod document;
#[expect(dead_code, reason = "the e2e suite uses the rest")]
#[path = "../e2e/server.rs"]
mod server;

mod canaries;
mod faults;
mod floods;
mod forwarding;
mod http2;
mod identity;
mod json;
mod large;
mod overload;
mod paths;
mod proxy;
mod smuggling;
mod waiting;
mod xml;

/// The total number of cases, so that none is lost unnoticed.
#[test]
fn there_are_hundreds_of_cases() {
    let tables = [
        ("smuggling", smuggling::cases()),
        ("paths", paths::cases()),
        ("http2", http2::cases()),
        ("json", json::cases()),
        ("xml", xml::cases()),
        ("identity", identity::cases()),
        ("forwarding", forwarding::cases()),
    ];
    let all: usize = tables.iter().map(|(_, cases)| cases).sum();
    println!("{all} cases: {tables:?}");
    assert!(all >= 300);
}
