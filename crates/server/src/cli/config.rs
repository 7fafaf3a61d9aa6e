//! `lunas config`: shows the configuration.

use std::process::ExitCode;

use clap::Subcommand;

use super::print::{self, OutputFormat, Render, Table, left};
use super::settings::Settings;
use crate::config::{Entry, Flag, Loaded};

/// The default configuration, with a comment for every key.
const DEFAULT: &str = include_str!("../../config.default.toml");

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show every key with its value and its source: the default, the configuration file, an
    /// environment variable or a flag.
    Show {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        format: OutputFormat,
    },
    /// Print the default configuration with comments; use it to start your own file.
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
