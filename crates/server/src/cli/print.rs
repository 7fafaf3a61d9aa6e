//! What commands share: the data directory, and all output to standard output and standard error.

mod actions;
mod answers;
mod biller_products;
mod billers;
mod bookings;
mod payments;
mod sandbox;
mod story;
mod table;

use std::io::{ErrorKind, IsTerminal, StdoutLock, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use rustix::termios::tcgetwinsize;
use serde::Serialize;

use super::number;
use crate::admin::{self, Request};
use crate::config::{Flag, Loaded};

pub(super) use answers::rupiah;
pub(super) use sandbox::About;
pub(super) use table::{Table, left, pairs, prose, right};

/// The books on which an operator's command works, and its output format.
#[derive(Args)]
pub(super) struct Operator {
    /// The data directory [default: store.data of the configuration].
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    #[command(flatten)]
    format: OutputFormat,
}

/// The length of a list, and the operator's options.
#[derive(Args)]
pub(super) struct ListArgs {
    /// The largest number of rows, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = number::whole::<u32>)]
    pub(super) limit: u32,
    #[command(flatten)]
    pub(super) operator: Operator,
}

/// The output format of a command.
#[derive(Args, Clone, Copy)]
pub(super) struct OutputFormat {
    /// Print the answer as JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// The answer of a command: JSON for programs, text for people.
pub(super) trait Render: Serialize {
    /// The text, with or without a final newline.
    fn text(&self) -> String;
}

impl Operator {
    /// Loads the configuration with this data directory.
    pub(super) fn load(
        &self,
        load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
    ) -> anyhow::Result<Loaded> {
        let flag = |data: &String| Flag {
            name: "--data".to_owned(),
            key: "store.data".to_owned(),
            value: data.clone(),
        };
        load(self.data.iter().map(flag).collect())
    }

    /// Carries out the request and prints the answer.
    pub(super) fn ask(
        &self,
        request: Request,
        load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
    ) -> anyhow::Result<ExitCode> {
        let response = admin::execute_anywhere(&self.load(load)?.config, request)?;
        answers::show(&response, self.format)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Sends a request to a sandbox and prints the part of the answer that `about` selects; JSON is
    /// complete.
    pub(super) fn ask_sandbox(
        &self,
        request: Request,
        about: &About,
        load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
    ) -> anyhow::Result<ExitCode> {
        let response = admin::execute_anywhere(&self.load(load)?.config, request)?;
        match &response {
            admin::Response::Sandbox(sandbox) if !self.format.json => {
                text(&sandbox.text_about(about))?
            }
            response => answers::show(response, self.format)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The output format.
    pub(super) fn format(&self) -> OutputFormat {
        self.format
    }
}

impl OutputFormat {
    /// Whether the answer is for a program.
    pub(super) const fn is_json(self) -> bool {
        self.json
    }

    /// Writes `answer` to standard output.
    pub(super) fn show(self, answer: &impl Render) -> anyhow::Result<()> {
        if self.json { json(answer) } else { text(&answer.text()) }
    }
}

/// Writes a document as JSON to standard output.
pub(super) fn json(document: &impl Serialize) -> anyhow::Result<()> {
    text(&serde_json::to_string_pretty(document)?)
}

/// Writes `text` to standard output and ends its last line.
pub(super) fn text(text: &str) -> anyhow::Result<()> {
    let mut out = stdout();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    unless_closed(write!(out, "{text}{end}").and_then(|()| out.flush()))
}

/// Makes tables fit the terminal, if standard output is one and its width is known.
pub(super) fn fit_tables_to_terminal() {
    let out = stdout();
    let size = out.is_terminal().then(|| tcgetwinsize(&out).ok()).flatten();
    if let Some(width) = size.map(|size| size.ws_col).filter(|width| *width > 0) {
        table::fit_to(width);
    }
}

/// Standard output, for output in several parts. Pass the result to [`unless_closed`].
#[expect(clippy::disallowed_methods, reason = "this is the one place that takes it")]
pub(super) fn stdout() -> StdoutLock<'static> {
    std::io::stdout().lock()
}

/// The result of writing to standard output. A closed pipe, as after `head`, is not an error.
pub(super) fn unless_closed(written: std::io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the answer cannot be written to the standard output"),
    }
}

/// Prints a message to standard error. A failure is ignored.
pub(super) fn say(text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = write!(std::io::stderr().lock(), "{text}{end}");
}
