//! `lunas callback`: list callbacks, and send one again.

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
        /// Only callbacks to this partner.
        #[arg(long, value_name = "USERNAME")]
        partner: Option<String>,
        /// Only callbacks in this state. given-up means that lunas has stopped trying: send these
        /// again yourself.
        #[arg(long, value_parser = ["waiting", "delivered", "given-up"])]
        state: Option<String>,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Send the callback of a final payment now, again or for the first time, with the usual
    /// retries. The partner may get it twice.
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
        Command::List { partner, state, list: ListArgs { limit, operator } } => {
            operator.ask(Request::ListCallbacks { partner, state, limit }, load)
        }
        Command::Send { tr_id, operator } => operator.ask(Request::SendCallback { tr_id }, load),
    }
}
