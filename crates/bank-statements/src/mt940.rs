//! MT940, the customer statement of SWIFT: fields such as `:61:`, each over one or more lines.

use jiff::civil::Date;

use crate::amount;
use crate::chain::{self, BalanceRow};
use crate::date::date_in_year;
use crate::days::Days;
use crate::error::{FileKind, ReadError};
use crate::layout::Layout;
use crate::limits;
use crate::metadata::{account_number, same_account};
use crate::settings::Settings;
use crate::sheet::physical_lines;
use crate::statement::{
    Direction, Note, Order, Reference, ReferenceKind, Row, RowState, Statement,
};
use crate::text::{interbank_id, is_correction, normalise};

/// Reads all statements of a file, which must be of one account and follow each other.
pub(crate) fn read(text: &str, settings: &Settings) -> Result<Statement, ReadError> {
    let days = Days { period: None, year: None, crosses_new_year: false, today: settings.today };
    let mut message = Message::default();
    let mut statement = Statement::empty(Layout::Mt940);
    for field in fields(text)? {
        if matches!(field.tag, "34F" | "90D" | "90C") {
            return Err(ReadError::Unsupported { kind: FileKind::Mt942 });
        }
        if field.tag == "20" && message != Message::default() {
            return Err(missing(field.line, "the closing balance :62F:"));
        }
        message.take(&field, &mut statement, &days)?;
        if message.closing.is_some() {
            message.finish(field.line, &mut statement)?;
            message = Message::default();
        }
    }
    if message != Message::default() {
        let last = physical_lines(text).count();
        return Err(missing(last, "the closing balance :62F:"));
    }
    if statement.opening_balance.is_none() {
        return Err(missing(1, "the opening balance :60F:"));
    }
    for row in &mut statement.rows {
        row.normalised_text = normalise(&row.text);
        if row.reference.is_none() {
            let value = interbank_id(&row.text);
            row.reference = value.map(|value| Reference { kind: ReferenceKind::Interbank, value });
        }
        if is_correction(&row.normalised_text) {
            statement.notes.push(Note::CorrectionWord { line: row.line });
        }
    }
    Ok(statement)
}

/// The statement that is being read: one page of a statement, if it has several.
#[derive(Debug, Default, PartialEq)]
struct Message {
    has_account: bool,
    opening: Option<i64>,
    closing: Option<i64>,
    /// Where its rows begin among all.
    first_row: Option<usize>,
    /// The last field was a row, so `:86:` is its text.
    is_after_row: bool,
}

impl Message {
    fn take(
        &mut self,
        field: &Field<'_>,
        statement: &mut Statement,
        days: &Days,
    ) -> Result<(), ReadError> {
        let is_after_row = std::mem::take(&mut self.is_after_row);
        match field.tag {
            "25" => {
                let number = field.text.rsplit('/').next().unwrap_or("");
                if let Some(account) = account_number(number, field.line)? {
                    let known = statement.account.get_or_insert_with(|| account.clone());
                    same_account(known, &account, field.line)?;
                    self.has_account = true;
                }
            }
            "60F" | "60M" => {
                let opening = balance(field)?;
                let before = statement.closing_balance;
                if let Some(expected) = before.filter(|expected| *expected != opening) {
                    let line = field.line;
                    return Err(ReadError::BalanceBreak { line, expected, found: opening });
                }
                self.opening = Some(opening);
                statement.opening_balance = statement.opening_balance.or(Some(opening));
                self.first_row = Some(statement.rows.len());
            }
            "61" => {
                if self.opening.is_none() {
                    return Err(missing(field.line, "the opening balance :60F:"));
                }
                if statement.rows.len() >= limits::MAX_ROWS {
                    return Err(ReadError::TooManyRows);
                }
                let row = row(field, days)?;
                self.is_after_row = row.is_some();
                if row.is_none() {
                    statement.notes.push(Note::ZeroRow { line: field.line });
                }
                statement.rows.extend(row);
            }
            "86" if is_after_row => {
                if let Some(row) = statement.rows.last_mut() {
                    row.text = field.text.replace('\n', " ");
                    row.raw = format!("{}\n:86:{}", row.raw, field.text);
                }
            }
            "62F" | "62M" => self.closing = Some(balance(field)?),
            _ => {}
        }
        Ok(())
    }

    /// Checks opening balance, rows and closing balance.
    fn finish(&self, line: usize, statement: &mut Statement) -> Result<(), ReadError> {
        let (Some(opening), Some(first)) = (self.opening, self.first_row) else {
            return Err(missing(line, "the opening balance :60F:"));
        };
        let rows = &mut statement.rows[first..];
        let link = |row: &Row| BalanceRow {
            line: row.line,
            signed: row.signed_amount(),
            balance: None,
            is_pending: false,
        };
        let links: Vec<BalanceRow> = rows.iter().map(link).collect();
        chain::check(&links, Some(opening), self.closing, Order::OldestFirst)?;
        rows.iter_mut().for_each(|row| row.confirmed_by_balance = true);
        statement.closing_balance = self.closing;
        Ok(())
    }
}

/// A field with its continuation lines, which are joined by line feeds.
struct Field<'a> {
    line: usize,
    tag: &'a str,
    text: String,
}

/// The fields, without the wrapper `{1:…}{4:` … `-}` around each message.
fn fields(text: &str) -> Result<Vec<Field<'_>>, ReadError> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut is_inside = true;
    for (index, (start, end)) in physical_lines(text).enumerate() {
        let number = index + 1;
        let line = text[start..end].trim_end();
        let line = if line.starts_with('{') {
            is_inside = true;
            line.rsplit_once("{4:").map_or("", |(_, rest)| rest)
        } else {
            line
        };
        if line == "-" || line.starts_with("-}") {
            is_inside = false;
        } else if let Some((tag, value)) = tagged(line) {
            is_inside = true;
            fields.push(Field { line: number, tag, text: value.to_owned() });
        } else if line.is_empty() || !is_inside {
            continue;
        } else if let Some(field) = fields.last_mut() {
            field.text.push('\n');
            field.text.push_str(line);
            if field.text.len() > limits::MAX_CELL {
                return Err(ReadError::CellTooLong { line: field.line });
            }
        } else {
            return Err(missing(number, "the first field"));
        }
    }
    match fields.iter().find(|field| field.text.len() > limits::MAX_CELL) {
        Some(field) => Err(ReadError::CellTooLong { line: field.line }),
        None => Ok(fields),
    }
}

/// `61` and the rest of a line that begins with `:61:`.
fn tagged(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    let digits = tag.get(..2)?;
    let is_tag = digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(tag.as_bytes()[2..], [] | [b'A'..=b'Z']);
    is_tag.then_some((tag, rest))
}

/// `C260901IDR5000000,00`, in cents.
fn balance(field: &Field<'_>) -> Result<i64, ReadError> {
    let name =
        if field.tag.starts_with("60") { "the opening balance" } else { "the closing balance" };
    let bad = || bad_field(field, name, "a balance such as C260901IDR5000000,00");
    let (mark, rest) = field.text.split_at_checked(1).ok_or_else(bad)?;
    let (day, rest) = rest.split_at_checked(6).ok_or_else(bad)?;
    let (currency, number) = rest.split_at_checked(3).ok_or_else(bad)?;
    date(day).ok_or_else(bad)?;
    if currency != "IDR" {
        return Err(ReadError::NotRupiah { line: field.line, found: currency.into() });
    }
    let cents = decimal(number).filter(|cents| *cents < limits::BALANCE_LIMIT).ok_or_else(bad)?;
    match mark {
        "C" => Ok(cents),
        "D" => Ok(-cents),
        _ => Err(bad()),
    }
}

/// `2609020902C1000123,00NTRFNONREF//FT2600000001`; `None` if the amount is zero.
fn row(field: &Field<'_>, days: &Days) -> Result<Option<Row>, ReadError> {
    let bad = || {
        let expected = "a row such as 2609020902C1000123,00NTRFNONREF//FT2600000001";
        bad_field(field, "field :61:", expected)
    };
    let (first_line, _) = field.text.split_once('\n').unwrap_or((&field.text, ""));
    let (day, rest) = first_line.split_at_checked(6).ok_or_else(bad)?;
    let value_date = date(day).ok_or_else(bad)?;
    let entry = rest.get(..4).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let rest = if entry.is_some() { &rest[4..] } else { rest };
    let date = match entry {
        Some(entry) => entry_date(entry, value_date).ok_or_else(bad)?,
        None => value_date,
    };
    days.check(field.line, date)?;
    // `RC` takes a credit back. `CR` is a credit whose R is the third letter of the currency IDR.
    let (is_reversal, rest) = rest.strip_prefix('R').map_or((false, rest), |rest| (true, rest));
    let (mark, rest) = rest.split_at_checked(1).ok_or_else(bad)?;
    let rest = rest.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    let (number, rest) = rest.split_at(end);
    let amount = decimal(number).filter(|cents| *cents < limits::AMOUNT_LIMIT).ok_or_else(bad)?;
    let direction = match (mark, is_reversal) {
        ("C", false) | ("D", true) => Direction::Credit,
        ("D", false) | ("C", true) => Direction::Debit,
        _ => return Err(bad()),
    };
    let references = rest.get(4..).ok_or_else(bad)?;
    let reference = references.split_once("//").map(|(_, bank)| bank.trim());
    let reference = reference.filter(|value| !value.is_empty() && *value != "NONREF");
    Ok((amount != 0).then(|| Row {
        line: field.line,
        date: Some(date),
        time: None,
        direction,
        amount,
        balance_after: None,
        text: field.text.split_once('\n').map_or("", |(_, rest)| rest).replace('\n', " "),
        normalised_text: String::new(),
        reference: reference
            .map(|value| Reference { kind: ReferenceKind::Mt940, value: value.to_owned() }),
        state: if is_reversal { RowState::Reversal } else { RowState::Booked },
        confirmed_by_balance: false,
        raw: format!(":61:{}", field.text),
    }))
}

/// A number with a comma before the decimals, which may be missing, in cents.
fn decimal(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once(',')?;
    if whole.is_empty() { None } else { amount::cents(whole, decimals).ok() }
}

/// `YYMMDD`.
fn date(text: &str) -> Option<Date> {
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
    let is_digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year = 2000 + i16::from(part(0..2).filter(|_| is_digits)?);
    date_in_year(year, part(2..4)?, part(4..6)?).ok()
}

/// `MMDD` in the year that puts it nearest to the value date.
fn entry_date(text: &str, value_date: Date) -> Option<Date> {
    let month: i8 = text.get(..2)?.parse().ok()?;
    let day: i8 = text.get(2..)?.parse().ok()?;
    let year = match month - value_date.month() {
        7.. => value_date.year() - 1,
        ..=-7 => value_date.year() + 1,
        _ => value_date.year(),
    };
    date_in_year(year, month, day).ok()
}

fn bad_field(field: &Field<'_>, name: &'static str, expected: &'static str) -> ReadError {
    let found = field.text.split('\n').next().unwrap_or("").into();
    ReadError::BadField { line: field.line, field: name, found, expected }
}

const fn missing(line: usize, field: &'static str) -> ReadError {
    ReadError::MissingField { line, field }
}
