//! `lunas deposit`: book, list and reverse deposits.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Subcommand;
use domain::Rupiah;

use super::bank_file;
use super::print::{ListArgs, Operator};
use crate::admin::Request;
use crate::admin::request::NewDeposit;
use crate::config::{Flag, Loaded};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Book money that a partner has paid in. The partner can spend it at once.
    Add {
        /// The partner's username.
        username: String,
        /// The amount in whole rupiah, 1 to 1000000000000: digits only, such as 1000000.
        #[arg(value_name = "RUPIAH")]
        amount: Rupiah,
        /// The reference of the payment, such as the bank's transfer number. A reference is booked
        /// only once for each partner; upper and lower case and outer blanks make no difference.
        /// Without it, you are asked at a terminal.
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
        /// Book it without a reference. Then nothing prevents booking the same payment twice.
        #[arg(long, conflicts_with = "reference")]
        no_reference: bool,
        /// A note for yourself.
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Read a bank's file of account mutations, and show the credits in it. Nothing is booked.
    ///
    /// The layout is recognised by its content. A file is understood as a whole or refused as a whole: balances,
    /// totals, days, currency and account are checked as far as the file has them.
    Read(bank_file::Args),
    /// List deposits, newest first.
    List {
        /// Only deposits of this partner.
        #[arg(long, value_name = "USERNAME")]
        partner: Option<String>,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Reverse a deposit that was booked by mistake: the whole amount, once, and only if the
    /// partner has that much available.
    Reverse {
        /// The deposit's number, as `lunas deposit list` shows it.
        #[arg(value_name = "TR_ID")]
        tr_id: i64,
        /// Why; it is stored in the books.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        operator: Operator,
    },
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::Read(args) => bank_file::run(&args),
        Command::Add { username, amount, reference, no_reference, note, operator } => {
            let reference = match reference {
                Some(given) => {
                    ensure!(!given.trim().is_empty(), "--reference is empty: {GIVE}");
                    Some(given)
                }
                None if no_reference => None,
                None => Some(asked()?),
            };
            let new = NewDeposit { username, amount: amount.get(), note, reference };
            operator.ask(Request::AddDeposit(new), load)
        }
        Command::Reverse { tr_id, reason, operator } => {
            operator.ask(Request::ReverseDeposit { tr_id, reason }, load)
        }
        Command::List { partner, list: ListArgs { limit, operator } } => {
            operator.ask(Request::ListDeposits { partner, limit }, load)
        }
    }
}

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 4096;

/// What to do without a reference.
const GIVE: &str = "give --reference TEXT, such as the bank's number for the transfer, so that the same \
                    payment is not booked twice, or --no-reference if it has none; nothing was booked";

/// Asks for the reference at a terminal.
fn asked() -> anyhow::Result<String> {
    ensure!(stdin().is_terminal() && stderr().is_terminal(), "there is no reference: {GIVE}");
    write!(stderr(), "Reference of the payment, such as the bank's (empty for none): ")?;
    let mut text = String::new();
    let read = stdin().lock().take(MAX_LINE).read_line(&mut text);
    read.context("the reference at the terminal")?;
    // The end of input is not an answer; an empty line is one.
    ensure!(!text.is_empty(), "there is no reference: {GIVE}");
    Ok(text)
}
