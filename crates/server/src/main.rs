//! `lunas`: a self-hosted bill payment gateway that speaks IAK's postpaid API.
//!
//! # Layout
//!
//! - `cli`: every command on one screen; a file a group of commands.
//! - `serve`: a server from its start to its stop.
//! - `http`: the accept loop, the routes, a file a handler. `wire` stands between the wire's types
//!   and the domain's, `auth` decides who asks.
//! - `admin`: what an operator can ask of a running server, or of a store at rest.
//! - `config`, `vault`, `metrics`, `log`: what their names say.
//! - `password`, `totp`, `session`: signing in to the portal.
//! - `disk`, `self_audit`: what a running server watches: its room, and its own books.
//! - `assemble`: puts the rooms together; `books` says whether there are any, and `fresh` takes back what
//!   a start has made that does not succeed. `version`: what it was built from.
//! - `tls`, `port_file`: what a start checks before it makes anything.

#![warn(clippy::print_stderr)]

mod admin;
mod assemble;
mod auth;
mod books;
mod callbacks;
mod cli;
mod config;
mod controls;
mod disk;
mod fresh;
mod http;
mod log;
mod metrics;
mod password;
mod port_file;
mod self_audit;
mod serve;
mod session;
mod tls;
mod totp;
mod vault;
mod version;
mod wire;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
