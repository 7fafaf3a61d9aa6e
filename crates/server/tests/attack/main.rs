//! The hostile edge: the built binary under attack, over sockets on loopback. Every table says what
//! each case must be answered; after each table an honest partner is served, the books are right and
//! the memory is what it was.
//!
//! # Layout
//!
//! - `attack_server`: a server under attack, and what must still hold after it.
//! - `smuggling`, `paths`, `http2`: what HTTP can be made to mislead with.
//! - `large`: bodies over the limit, and large ones of requests that are turned away, plain and over TLS.
//! - `json`, `xml`: bodies that are none, too large, or not what they look like.
//! - `identity`, `forwarding`: who somebody claims to be, and whose transactions those are.
//! - `waiting`, `floods`, `overload`: who makes the server wait, or has too much of it.
//! - `canaries`: what is secret or personal comes out nowhere.
//! - `proxy`, `faults`: a network that loses, cuts and doubles what a partner is answered.

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

/// The size of the tables together, so that none is lost unseen.
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
