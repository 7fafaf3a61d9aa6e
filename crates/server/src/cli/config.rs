//! `lunas config`: what is in force and why.

use std::process::ExitCode;

use clap::Subcommand;

use super::print::{self, OutputFormat, Render, Table, left};
use super::settings::Settings;
use crate::config::{Entry, Flag, Loaded};

/// It names and explains every key.
const DEFAULT: &str = include_str!("../../config.default.toml");

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show every key with its value and where that came from: the default, the configuration file, an
    /// environment variable, a flag.
    Show {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Print the default configuration, which explains every key: the start of a file of your own.
    Default,
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show { settings, format } => format.show(&load(settings.flags())?.entries())?,
        Command::Default => print::text(DEFAULT)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Render for Vec<Entry> {
    fn text(&self) -> String {
        let row =
            |entry: &Entry| [entry.key.clone(), entry.value.to_string(), entry.origin.to_string()];
        Table::new([left("KEY"), left("VALUE"), left("FROM")], self.iter().map(row)).to_string()
    }
}
