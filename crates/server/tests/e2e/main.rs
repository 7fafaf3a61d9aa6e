//! The built binary from outside: a server of its own for every test, on loopback, in a fresh
//! directory.
//!
//! # Layout
//!
//! - `server`: starts, stops and kills it, and runs the operator's commands.
//! - `client`: a partner that speaks HTTP over one connection. `document` is what it reads.
//! - `documented`, `outcomes`, `status`, `price_list`: what the public reference shows.
//! - `codes`: each response code, met as its page says.
//! - `malformed`, `refusals`, `access`, `edge`: what is turned away, and leaves no trace.
//! - `races`, `crashes`, `kills`, `shutdown`: one payment stays one payment; `load` keeps a server at work.
//! - `lost_answers`: what clients make of an answer that does not arrive.
//! - `upgrade`: an older and a newer server on one database.
//! - `recovery`: a restart with thousands of payments in process.
//! - `storage`, `exhaustion`: disks, books, descriptors and memory that fail it.
//! - `unknown`: outcomes that nobody knows, and what is left to an operator.
//! - `postgres`: a database on a server, `cluster`, which may be away; `nodes`: servers that share one,
//!   and lose it or each other; `moving`: books that move to one.
//! - `books`: which books are served, and how new ones are made; `command_target`: which books a command acts on;
//!   `starts`, `obstacles`, `strange_files`: starts and commands that are refused, and what they say and
//!   leave behind; `purpose`: what books were made for.
//! - `pending`, `receipts`, `operator`, `secrecy`: the rest of a payment's life.
//! - `callbacks`: what a partner is told of payments that were left open.
//! - `printing`: commands whose reader goes away, or whose disk is full.
//! - `portal`: the pages for developers.
//! - `first_contact`: the first minutes with a sandbox. `pasted`: what a newcomer pastes from the README.
//! - `portal`: the pages for developers; `production`: those of a server that pays real bills.
//! - `expired`: forms that were open while the server was restarted or a session ended.
//! - `examples`: the tutorials' programs, in every language that is on the machine.
//! - `sign_in`: people of a partner at the portal, and who pretends to be one.
//! - `report`: the sandbox's transactions, and the forms beside them; `scenarios`: what is made to happen
//!   to them, and the clock.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
#[path = "../../../store/tests/postgres/cluster.rs"]
mod cluster;
mod deposits;
mod document;
mod server;

mod access;
mod books;
mod callbacks;
mod codes;
mod command_target;
mod crashes;
mod documented;
mod edge;
mod examples;
mod exhaustion;
mod expired;
mod first_contact;
mod kills;
mod load;
mod lost_answers;
mod malformed;
mod moving;
mod nodes;
mod obstacles;
mod operator;
mod outcomes;
mod pasted;
mod pending;
mod portal;
mod postgres;
mod price_list;
mod printing;
mod production;
mod purpose;
mod races;
mod receipts;
mod recovery;
mod refusals;
mod report;
mod scenarios;
mod secrecy;
mod shutdown;
mod sign_in;
mod starts;
mod status;
mod storage;
mod strange_files;
mod tasks;
mod unknown;
mod upgrade;
