//! `lunas`: a self-hosted bill payment gateway that speaks IAK's postpaid API.
//!
//! # Layout
//!
//! - `cli`: every command on one screen; a file for a group of commands.
//! - `run`: a process from its start to its stop: books, TLS, disk space, self-audit.
//! - `routes`: every route on one screen. `app`: what all handlers share. `panics`: what is answered where
//!   one of them panics.
//! - `edge`: connections, deadlines, limits. Nothing of IAK or of pages is in it.
//! - `iak`: the API: commands, signatures, answers, receipts.
//! - `web`: pages, sign-in and the report.
//! - `admin`: what an operator can ask of a running server, or of books at rest.
//! - `observe`: metrics, logs, probes.
//! - `secrets`: keys, passwords, sessions. `config`, `controls`, `version`: what their names say.

#![warn(clippy::print_stderr)]

mod admin;
mod app;
mod cli;
mod config;
mod controls;
mod edge;
mod iak;
mod observe;
mod panics;
mod routes;
mod run;
mod secrets;
mod version;
mod web;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
