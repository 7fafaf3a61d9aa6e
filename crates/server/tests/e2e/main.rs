//! The built binary from outside: each test has its own server, on loopback, in a new directory.
//!
//! # Layout
//!
//! - `server`: starts, stops and kills it, and runs the operator's commands.
//! - `client`: a partner that speaks HTTP over one connection. `document` is what it reads.
//! - `documented`, `outcomes`, `status`, `price_list`: what the public reference shows.
//! - `codes`: each response code, produced as its page describes.
//! - `malformed`, `refusals`, `access`, `edge`: requests that are refused and leave no trace.
//! - `races`, `crashes`, `kills`, `shutdown`: one payment stays one payment; `load` keeps a server
//!   busy.
//! - `lost_answers`: how clients react to an answer that does not arrive.
//! - `upgrade`: an older and a newer server on one database.
//! - `recovery`: a restart with thousands of payments in process.
//! - `storage`, `exhaustion`: failing disks, damaged books, too few descriptors, too little memory.
//! - `unknown`: unknown outcomes, and manual review.
//! - `upstream`: a server that pays at another one over the network; `upstream_faults`: the same
//!   with broken answers; `upstream_kills`: the same with servers that are killed.
//! - `bank_file`: what a bank's file of account mutations says.
//! - `biller_products`: a server that imports another one's price list; `biller_balance`: its balance there.
//! - `digiflazz`: a server that pays at Digiflazz's test mode, and its webhooks. `front` starts servers that
//!   pay over the network.
//! - `postgres`: a PostgreSQL database, `cluster`, that may be away; `nodes`: servers that share
//!   one, with failures; `moving`: books that move to one.
//! - `books`: which books are served, and how new ones are created; `command_target`: which books a
//!   command acts on; `starts`, `obstacles`, `strange_files`: refused starts and commands, their
//!   messages and what they leave; `purpose`: books for production or for a sandbox.
//! - `pending`, `receipts`, `operator`, `secrecy`: the rest of a payment's life.
//! - `callbacks`: results of payments that were answered as pending.
//! - `printing`: commands whose output is closed or whose disk is full. `password_prompt`: the only
//!   command that switches the echo of a terminal off.
//! - `portal`: the pages for developers; `production`: those of a server that pays real bills.
//! - `first_contact`: the first minutes with a sandbox. `pasted`: commands pasted from the README.
//! - `expired`: forms that were open while the server was restarted or a session ended.
//! - `examples`: the tutorials' programs, in every language that is on the machine.
//! - `sign_in`: sign-in to the portal, and attacks on it.
//! - `report`: the sandbox's transactions and forms; `scenarios`: its scenarios and its clock.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
#[path = "../../../store/tests/postgres/cluster.rs"]
mod cluster;
mod deposits;
mod document;
mod front;
mod server;

mod access;
mod alerts;
mod bank_file;
mod biller_balance;
mod biller_products;
mod books;
mod callbacks;
mod codes;
mod command_target;
mod crashes;
mod digiflazz;
mod documented;
mod edge;
mod examples;
mod exhaustion;
mod expired;
mod failover;
mod failover_kills;
mod first_contact;
mod kills;
mod load;
mod log;
mod lost_answers;
mod malformed;
mod moving;
mod nodes;
mod obstacles;
mod operator;
mod outcomes;
mod password_prompt;
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
mod upstream;
mod upstream_faults;
mod upstream_kills;
