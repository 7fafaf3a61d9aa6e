//! `lunas deposit read`: shows what a bank's file says. Nothing is booked.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use bank_statements::{Direction, Row, RowState, Settings, Statement, limits, read};
use gateway::{Clock, SystemClock};
use serde::Serialize;

use super::input;
use super::print::{OutputFormat, Render, Table, left, pairs, prose, right};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The file as the bank sent it: CSV, text, HTML called .xls, .xlsx, MT940 or camt.053; - reads the
    /// standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The account that the file must be of; a file of another one is refused.
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// The year of the last row, if neither the dates nor the period of the file have one.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(2000..=9999))]
    year: Option<i16>,
    /// Also show what went out of the account.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: OutputFormat,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let bytes = input::bytes(&args.file, limits::MAX_FILE)?;
    let today = SystemClock.now().day();
    let (account, year) = (args.account.clone(), args.year);
    let settings = Settings { account, year, ..Settings::new(today) };
    let statement = read(&bytes, &settings)
        .with_context(|| format!("{}: nothing of it is used", args.file.display()))?;
    args.format.show(&BankFile::of(&statement, args.all))?;
    Ok(ExitCode::SUCCESS)
}

/// What a bank's file says. Amounts are cents of a rupiah, because interest has some.
#[derive(Serialize)]
struct BankFile {
    layout: &'static str,
    account: Option<String>,
    from: Option<String>,
    to: Option<String>,
    opening_balance_cents: Option<i64>,
    closing_balance_cents: Option<i64>,
    credits: usize,
    credits_cents: i128,
    pending_credits: usize,
    rows: Vec<BankRow>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct BankRow {
    line: usize,
    date: Option<String>,
    time: Option<String>,
    /// `booked`, `pending` or `reversal`. Only a booked one is final.
    state: &'static str,
    /// Negative if it went out of the account.
    amount_cents: i64,
    balance_after_cents: Option<i64>,
    /// The bank's own reference, if the layout has one.
    reference: Option<String>,
    text: String,
}

impl BankFile {
    /// The credits of a statement, or all of its rows.
    fn of(statement: &Statement, all: bool) -> BankFile {
        let credits = |state: RowState| {
            let is_one = move |row: &&Row| row.direction == Direction::Credit && row.state == state;
            statement.rows.iter().filter(is_one)
        };
        let shown = |row: &&Row| all || row.direction == Direction::Credit;
        let period = statement.period;
        BankFile {
            layout: statement.layout.name(),
            account: statement.account.clone(),
            from: period.map(|period| period.from.to_string()),
            to: period.map(|period| period.to.to_string()),
            opening_balance_cents: statement.opening_balance,
            closing_balance_cents: statement.closing_balance,
            credits: credits(RowState::Booked).count(),
            credits_cents: credits(RowState::Booked).map(|row| i128::from(row.amount)).sum(),
            pending_credits: credits(RowState::Pending).count(),
            rows: statement.rows.iter().filter(shown).map(BankRow::of).collect(),
            notes: statement.notes.iter().map(ToString::to_string).collect(),
        }
    }
}

impl BankRow {
    fn of(row: &Row) -> BankRow {
        BankRow {
            line: row.line,
            date: row.date.map(|date| date.to_string()),
            time: row.time.map(|time| time.to_string()),
            state: match row.state {
                RowState::Booked => "booked",
                RowState::Pending => "pending",
                RowState::Reversal => "reversal",
            },
            amount_cents: row.signed_amount(),
            balance_after_cents: row.balance_after,
            reference: row.reference.as_ref().map(|reference| reference.value.clone()),
            text: row.text.clone(),
        }
    }
}

impl Render for BankFile {
    fn text(&self) -> String {
        let period = self.from.as_ref().zip(self.to.as_ref());
        let mut credits = format!("{}, {}", self.credits, rupiah(self.credits_cents));
        if self.pending_credits > 0 {
            credits += &format!("; {} pending, not to be booked yet", self.pending_credits);
        }
        let balance = |cents: Option<i64>| cents.map(|cents| rupiah(cents.into()));
        let facts = pairs([
            ("layout", Some(self.layout.to_owned())),
            ("account", self.account.clone()),
            ("period", period.map(|(from, to)| format!("{from} to {to}"))),
            ("opening balance", balance(self.opening_balance_cents)),
            ("closing balance", balance(self.closing_balance_cents)),
            ("credits", Some(credits)),
        ]);
        let columns = [
            right("LINE"),
            left("DATE"),
            left("STATE"),
            right("AMOUNT"),
            left("REFERENCE"),
            prose("TEXT"),
        ];
        let row = |row: &BankRow| {
            [
                row.line.to_string(),
                row.date.clone().unwrap_or_default(),
                row.state.to_owned(),
                rupiah(row.amount_cents.into()),
                row.reference.clone().unwrap_or_default(),
                row.text.split_whitespace().collect::<Vec<_>>().join(" "),
            ]
        };
        let notes: String = self.notes.iter().map(|note| format!("note: {note}\n")).collect();
        let rows = Table::new(columns, self.rows.iter().map(row));
        format!("{facts}\n{rows}\n{notes}Nothing is booked. `lunas deposit add` books one credit.")
    }
}

/// `100012300` is `1.000.123`, and `5664` is `56,64`.
fn rupiah(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    let whole = i64::try_from(cents / 100).unwrap_or(i64::MAX);
    let dotted = domain::Rupiah::new(whole).dotted();
    match cents % 100 {
        0 => format!("{sign}{dotted}"),
        part => format!("{sign}{dotted},{part:02}"),
    }
}
