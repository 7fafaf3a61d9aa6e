//! `lunas withdrawal` and `lunas adjustment`: what is taken from a partner's balance, or corrected.

use std::process::ExitCode;

use clap::{ArgGroup, Subcommand};
use domain::Rupiah;
use domain::books::BalanceChangeKind;

use super::print::{ListArgs, Operator};
use crate::admin::Request;
use crate::admin::named::Named;
use crate::admin::request::NewBalanceChange;
use crate::config::{Flag, Loaded};

#[derive(Subcommand)]
pub(super) enum Withdrawal {
    /// Book money that was paid back to a partner. It is refused if the partner's balance would be
    /// below its minimum.
    #[command(group = ArgGroup::new("references").required(true))]
    Add {
        /// The partner's username.
        username: String,
        /// The amount in whole rupiah, 1 to 1000000000000: digits only, such as 1000000.
        #[arg(value_name = "RUPIAH")]
        amount: Rupiah,
        /// Why; it is stored in the books.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The reference of the transfer, such as the bank's number. A reference is booked only once
        /// for each partner; upper and lower case and outer blanks make no difference.
        #[arg(long, value_name = "TEXT", group = "references")]
        reference: Option<String>,
        /// Book it without a reference. Then nothing prevents booking the same transfer twice.
        #[arg(long, group = "references")]
        no_reference: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// List withdrawals, newest first.
    List {
        /// Only withdrawals of this partner.
        #[arg(long, value_name = "USERNAME")]
        partner: Option<String>,
        #[command(flatten)]
        list: ListArgs,
    },
}

#[derive(Subcommand)]
pub(super) enum Adjustment {
    /// Correct a partner's balance, for example after a loss that you bear. For a deposit that was
    /// booked by mistake, use `lunas deposit reverse`.
    Add {
        /// The partner's username.
        username: String,
        /// What to add to the balance, in whole rupiah; negative to lower it, such as -50000.
        #[arg(value_name = "RUPIAH", allow_negative_numbers = true)]
        amount: i64,
        /// Why; it is stored in the books.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// List adjustments, newest first.
    List {
        /// Only adjustments of this partner.
        #[arg(long, value_name = "USERNAME")]
        partner: Option<String>,
        #[command(flatten)]
        list: ListArgs,
    },
}

pub(super) fn withdrawal(
    command: Withdrawal,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let kind = Named(BalanceChangeKind::Withdrawal);
    match command {
        Withdrawal::Add { username, amount, reason, reference, no_reference: _, operator } => {
            let amount = amount.get();
            let new = NewBalanceChange { kind, username, amount, reason, reference };
            operator.ask(Request::ChangeBalance(new), load)
        }
        Withdrawal::List { partner, list: ListArgs { limit, operator } } => {
            operator.ask(Request::ListBalanceChanges { kind, partner, limit }, load)
        }
    }
}

pub(super) fn adjustment(
    command: Adjustment,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let kind = Named(BalanceChangeKind::Adjustment);
    match command {
        Adjustment::Add { username, amount, reason, operator } => {
            let new = NewBalanceChange { kind, username, amount, reason, reference: None };
            operator.ask(Request::ChangeBalance(new), load)
        }
        Adjustment::List { partner, list: ListArgs { limit, operator } } => {
            operator.ask(Request::ListBalanceChanges { kind, partner, limit }, load)
        }
    }
}
