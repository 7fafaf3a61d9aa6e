//! Reading files and showing what was read.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bank_statements::{Direction, ReadError, Row, RowState, Settings, Statement, read};
use jiff::civil::date;

/// Settings on a day after every sample.
pub(crate) fn settings() -> Settings {
    Settings { year: Some(2026), ..Settings::new(date(2027, 1, 15)) }
}

pub(crate) fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files")
}

pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(files().join(name)).unwrap()
}

/// Reads a text with the settings of the samples.
pub(crate) fn read_text(text: &str) -> Result<Statement, ReadError> {
    read(text.as_bytes(), &settings())
}

/// All that was read, a line for each row.
pub(crate) fn shown(statement: &Statement) -> String {
    let mut text = format!("{:?}", statement.layout);
    if let Some(account) = &statement.account {
        write!(text, " account {account}").unwrap();
    }
    if let Some(period) = statement.period {
        write!(text, " from {} to {}", period.from, period.to).unwrap();
    }
    for (name, balance) in
        [("opening", statement.opening_balance), ("closing", statement.closing_balance)]
    {
        if let Some(balance) = balance {
            write!(text, " {name} {}", money(balance)).unwrap();
        }
    }
    writeln!(text, " {:?} {:?}", statement.currency, statement.order).unwrap();
    for row in &statement.rows {
        writeln!(text, "  {}", shown_row(row)).unwrap();
    }
    for note in &statement.notes {
        writeln!(text, "  {note:?}").unwrap();
    }
    text
}

fn shown_row(row: &Row) -> String {
    let mut text = format!("{:>2}", row.line);
    match row.date {
        Some(date) => write!(text, " {date}").unwrap(),
        None => text.push_str(" pending"),
    }
    if let Some(time) = row.time {
        write!(text, " {time}").unwrap();
    }
    let sign = if row.direction == Direction::Credit { '+' } else { '-' };
    write!(text, " {sign}{}", money(row.amount)).unwrap();
    if let Some(balance) = row.balance_after {
        write!(text, " = {}", money(balance)).unwrap();
    }
    if row.confirmed_by_balance {
        text.push_str(" confirmed");
    }
    if row.state == RowState::Reversal {
        text.push_str(" reversal");
    }
    if let Some(reference) = &row.reference {
        write!(text, " {:?} {}", reference.kind, reference.value).unwrap();
    }
    write!(text, " `{}`", row.text).unwrap();
    text
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, (cents % 100).abs())
}
