//! `lunas callback`: what partners were told about payments that were left open, and once more.

use std::process::ExitCode;

use clap::Subcommand;

use super::number;
use super::print::{ListArgs, Operator};
use crate::admin::Request;
use crate::config::{Flag, Loaded};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List callbacks, those of the newest inquiries first.
    List {
        /// To this partner only.
        #[arg(long, value_name = "USERNAME")]
        partner: Option<String>,
        /// Only those that stand so; the ones given up wait for you.
        #[arg(long, value_parser = ["waiting", "delivered", "given-up"])]
        standing: Option<String>,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Tell a partner how a payment ended, once more or for the first time: at once, and again for as
    /// long as any callback. The partner may hear it twice.
    Send {
        /// The transaction's number.
        #[arg(value_parser = number::whole::<i64>)]
        tr_id: i64,
        #[command(flatten)]
        operator: Operator,
    },
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { partner, standing, list: ListArgs { limit, operator } } => {
            operator.ask(Request::ListCallbacks { partner, standing, limit }, load)
        }
        Command::Send { tr_id, operator } => operator.ask(Request::SendCallback { tr_id }, load),
    }
}
