//! `lunas payment`: list and show payments, and resolve pending ones.

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
        /// Only payments of this partner.
        #[arg(long, value_name = "USERNAME")]
        partner: Option<String>,
        /// Only payments in this state. May be repeated.
        #[arg(long, value_parser = ["paying", "pending", "paid", "failed"])]
        state: Vec<String>,
        /// Only payments before this one: give the last TR_ID of a list to get the next list.
        #[arg(long, value_name = "TR_ID")]
        before: Option<i64>,
        /// Only payments that need manual review, with the evidence and the next step; the oldest
        /// first.
        #[arg(long, conflicts_with_all = ["state", "before"])]
        needs_review: bool,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Show the history of a payment: each step, posting and exchange with the biller, with its
    /// time.
    Show {
        /// The transaction's number.
        #[arg(value_parser = number::whole::<i64>)]
        tr_id: i64,
        #[command(flatten)]
        operator: Operator,
    },
    /// Ask the biller for the status of a payment again, and show its history.
    Ask {
        /// The transaction's number.
        #[arg(value_parser = number::whole::<i64>)]
        tr_id: i64,
        #[command(flatten)]
        operator: Operator,
    },
    /// Resolve a pending payment by hand, when the biller has told you the outcome; or mark a
    /// contradiction between a final payment and the biller as reconciled.
    Resolve(Resolve),
}

// clap's own usage line would not show that --paid needs --receipt-no.
#[derive(Args)]
#[command(group(ArgGroup::new("outcome").required(true)), override_usage = "\
    lunas payment resolve [OPTIONS] <TR_ID> <--paid --receipt-no <N>|--failed|--reconciled> --reason <TEXT>")]
pub(super) struct Resolve {
    /// The transaction's number.
    #[arg(value_parser = number::whole::<i64>)]
    tr_id: i64,
    /// The biller was paid: post the held amount.
    #[arg(long, group = "outcome", requires = "receipt_no")]
    paid: bool,
    /// The biller's receipt number.
    #[arg(long, value_name = "N", conflicts_with_all = ["failed", "reconciled"])]
    receipt_no: Option<String>,
    /// The biller was not paid and never will be: give the held amount back to the partner.
    #[arg(long, group = "outcome")]
    failed: bool,
    /// The response code of the failure.
    #[arg(long, value_name = "RC", default_value = "37", conflicts_with_all = ["paid", "reconciled"])]
    code: String,
    /// You have settled the contradiction with the biller; the payment does not change.
    #[arg(long, group = "outcome")]
    reconciled: bool,
    /// How you know the outcome. It is stored with the payment for ever.
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
        Command::Resolve(Resolve {
            tr_id, receipt_no, code, reconciled, reason, operator, ..
        }) => {
            let outcome = match receipt_no {
                _ if reconciled => Outcome::Reconciled,
                Some(receipt_no) => Outcome::Paid { receipt_no },
                None => Outcome::Failed { code },
            };
            operator.ask(Request::ResolvePayment { tr_id, outcome, reason }, load)
        }
    }
}
