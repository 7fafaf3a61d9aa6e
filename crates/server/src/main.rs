//! `lunas`: a self-hosted bill payment gateway that speaks IAK's postpaid API.
//!
//! # Layout
//!
//! - `cli`: every command on one screen; a file for each group of commands.
//! - `run`: a process from start to stop: books, TLS, disk space, self-audit.
//! - `routes`: every route on one screen. `app`: what all handlers share. `panics`: answers when a
//!   handler panics. `atomic_file`: files that are written completely or not at all.
//! - `edge`: connections, timeouts, rate limits. It knows nothing of IAK or of pages.
//! - `iak`: the API: commands, signatures, answers, receipts.
//! - `hooks`: what billers report without being asked.
//! - `web`: pages, sign-in and the report.
//! - `admin`: requests of an operator, to a running server or to stopped books.
//! - `observe`: metrics, logs, probes.
//! - `secrets`: keys, passwords, sessions. `config`: settings. `controls`: the sandbox's clock and
//!   scenarios. `version`: the version text.

#![warn(clippy::print_stderr)]

mod admin;
mod app;
mod atomic_file;
mod cli;
mod config;
mod controls;
mod edge;
mod hooks;
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
