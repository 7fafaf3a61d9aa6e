//! `lunas deposit`: what partners paid in.

use std::process::ExitCode;

use clap::Subcommand;
use domain::Rupiah;

use super::print::{Part, Target};
use crate::admin::Request;
use crate::admin::request::NewDeposit;
use crate::config::{Flag, Loaded};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Record that a partner paid into its deposit; it can spend it at once.
    Add {
        /// What the partner signs in with.
        username: String,
        /// How much, in whole rupiah: digits only, such as 1000000.
        #[arg(value_name = "RUPIAH")]
        amount: Rupiah,
        /// What to remember about it, such as the bank's reference.
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        #[command(flatten)]
        target: Target,
    },
    /// List what was paid in, newest first.
    List {
        /// Of this partner only.
        #[arg(long, value_name = "USERNAME")]
        partner: Option<String>,
        #[command(flatten)]
        part: Part,
    },
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add { username, amount, note, target } => {
            let new = NewDeposit { username, amount: amount.get(), note };
            target.ask(Request::AddDeposit(new), load)
        }
        Command::List { partner, part: Part { limit, target } } => {
            target.ask(Request::ListDeposits { partner, limit }, load)
        }
    }
}
