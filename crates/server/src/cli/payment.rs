//! `lunas payment`: what became of payments, and the operator's last word on pending ones.

use std::process::ExitCode;

use clap::{ArgGroup, Args, Subcommand};

use super::number;
use super::print::{ListArgs, Operator};
use crate::admin::Request;
use crate::admin::request::{Outcome, WhichPayments};
use crate::config::{Flag, Loaded};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List payments, newest first.
    List {
        /// Of this partner only.
        #[arg(long, value_name = "USERNAME")]
        partner: Option<String>,
        /// In this state only; may be given several times.
        #[arg(long, value_parser = ["paying", "pending", "paid", "failed"])]
        state: Vec<String>,
        /// Older than this one: the last TR_ID of a list leads to the next.
        #[arg(long, value_name = "TR_ID")]
        before: Option<i64>,
        /// Only those at which an operator must look, with their evidence and the next step; the
        /// longest in the queue first.
        #[arg(long, conflicts_with_all = ["state", "before"])]
        needs_review: bool,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Tell a payment's whole story: each step, posting and exchange with the biller, with its time.
    Show {
        /// The transaction's number.
        #[arg(value_parser = number::whole::<i64>)]
        tr_id: i64,
        #[command(flatten)]
        operator: Operator,
    },
    /// Ask the biller for a payment's status once more, and tell its story.
    Ask {
        /// The transaction's number.
        #[arg(value_parser = number::whole::<i64>)]
        tr_id: i64,
        #[command(flatten)]
        operator: Operator,
    },
    /// End a pending payment by hand, once you know from the biller what became of it, or say that a
    /// biller's contradiction of a final one is reconciled.
    Resolve(Resolve),
}

// The usage that clap makes does not say that --paid needs --noref.
#[derive(Args)]
#[command(group(ArgGroup::new("outcome").required(true)), override_usage = "\
    lunas payment resolve [OPTIONS] <TR_ID> <--paid --noref <N>|--failed|--reconciled> --reason <TEXT>")]
pub(super) struct Resolve {
    /// The transaction's number.
    #[arg(value_parser = number::whole::<i64>)]
    tr_id: i64,
    /// The biller was paid: the hold becomes a debit.
    #[arg(long, group = "outcome", requires = "noref")]
    paid: bool,
    /// The biller's reference number.
    #[arg(long, value_name = "N", conflicts_with_all = ["failed", "reconciled"])]
    noref: Option<String>,
    /// The biller was not paid and never will be: the hold goes back to the deposit.
    #[arg(long, group = "outcome")]
    failed: bool,
    /// The response code of the failure.
    #[arg(long, value_name = "RC", default_value = "37", conflicts_with_all = ["paid", "reconciled"])]
    code: String,
    /// The biller's contradiction is settled with the biller; the payment stays as it is.
    #[arg(long, group = "outcome")]
    reconciled: bool,
    /// How you know; it is kept with the payment for ever.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    operator: Operator,
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::List {
            partner, needs_review: true, list: ListArgs { limit, operator }, ..
        } => operator.ask(Request::ListQueue { partner, limit }, load),
        Command::List {
            partner,
            state: states,
            before,
            list: ListArgs { limit, operator },
            ..
        } => {
            let which = WhichPayments { partner, states, before, limit };
            operator.ask(Request::ListPayments(which), load)
        }
        Command::Show { tr_id, operator } => operator.ask(Request::ShowPayment { tr_id }, load),
        Command::Ask { tr_id, operator } => operator.ask(Request::AskPayment { tr_id }, load),
        Command::Resolve(Resolve { tr_id, noref, code, reconciled, reason, operator, .. }) => {
            let outcome = match noref {
                _ if reconciled => Outcome::Reconciled,
                Some(noref) => Outcome::Paid { noref },
                None => Outcome::Failed { code },
            };
            operator.ask(Request::ResolvePayment { tr_id, outcome, reason }, load)
        }
    }
}
