//! camt.053, the bank-to-customer statement of ISO 20022, in any version: only local names count.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use crate::amount::cents;
use crate::chain::{self, BalanceRow};
use crate::days::Days;
use crate::element::Element;
use crate::error::{FileKind, ReadError};
use crate::layout::Layout;
use crate::limits;
use crate::metadata::{account_number, same_account};
use crate::settings::Settings;
use crate::statement::{
    Direction, Note, Order, Period, Reference, ReferenceKind, Row, RowState, Statement,
};
use crate::text::{interbank_id, is_correction, normalise};

/// Western Indonesia, whose days are those of a statement.
const JAKARTA: Offset = Offset::constant(7);

/// Reads all statements of a document, which must be of one account and follow each other.
pub(crate) fn read(text: &str, settings: &Settings) -> Result<Statement, ReadError> {
    let document = Element::parse(text)?;
    for (name, kind) in
        [("BkToCstmrAcctRpt", FileKind::Camt052), ("BkToCstmrDbtCdtNtfctn", FileKind::Camt054)]
    {
        if document.child(name).is_some() {
            return Err(ReadError::Unsupported { kind });
        }
    }
    let message = document.child("BkToCstmrStmt").ok_or(ReadError::UnknownLayout)?;
    let mut statement = Statement::empty(Layout::Camt053);
    for part in message.all("Stmt") {
        read_part(part, &mut statement, settings)?;
    }
    if message.child("Stmt").is_none() {
        return Err(missing(message, "Stmt"));
    }
    Ok(statement)
}

/// Reads one `Stmt`.
fn read_part(
    part: &Element,
    statement: &mut Statement,
    settings: &Settings,
) -> Result<(), ReadError> {
    let id = ["Othr", "Id"];
    let account = part.at(&["Acct", "Id"]).ok_or_else(|| missing(part, "Acct/Id"))?;
    let number = account.text_at(&id).or(account.text_at(&["IBAN"])).unwrap_or("");
    if let Some(account) = account_number(number, account.line)? {
        let known = statement.account.get_or_insert_with(|| account.clone());
        same_account(known, &account, part.line)?;
    }
    let period = period(part)?;
    let days = Days { period, year: None, crosses_new_year: false, today: settings.today };
    statement.period = match (statement.period, period) {
        (Some(known), Some(next)) => {
            Some(Period { from: known.from.min(next.from), to: known.to.max(next.to) })
        }
        (known, next) => known.or(next),
    };
    let opening = match balance(part, "OPBD")? {
        Some(opening) => Some(opening),
        None => balance(part, "PRCD")?,
    };
    let closing = balance(part, "CLBD")?;
    if let (Some(expected), Some(found)) = (statement.closing_balance, opening)
        && expected != found
    {
        return Err(ReadError::BalanceBreak { line: part.line, expected, found });
    }
    let first = statement.rows.len();
    for entry in part.all("Ntry") {
        if statement.rows.len() >= limits::MAX_ROWS {
            return Err(ReadError::TooManyRows);
        }
        let row = row(entry, &days, &mut statement.notes)?;
        statement.rows.extend(row);
    }
    let rows = &mut statement.rows[first..];
    let booked = rows.iter_mut().filter(|row| row.state != RowState::Pending);
    let mut booked: Vec<&mut Row> = booked.collect();
    let link = |row: &&mut Row| BalanceRow {
        line: row.line,
        signed: row.signed_amount(),
        balance: None,
        is_pending: false,
    };
    let links: Vec<BalanceRow> = booked.iter().map(link).collect();
    let chain = chain::check(&links, opening, closing, Order::OldestFirst)?;
    for (row, is_confirmed) in booked.iter_mut().zip(chain.confirmed) {
        row.confirmed_by_balance = is_confirmed;
    }
    let is_unconfirmed = booked.iter().any(|row| !row.confirmed_by_balance);
    if is_unconfirmed && !statement.notes.contains(&Note::AmountsUnconfirmed) {
        statement.notes.push(Note::AmountsUnconfirmed);
    }
    statement.opening_balance = statement.opening_balance.or(opening);
    statement.closing_balance = closing.or(statement.closing_balance);
    Ok(())
}

/// Reads an entry; `None` if it is for information only.
fn row(entry: &Element, days: &Days, notes: &mut Vec<Note>) -> Result<Option<Row>, ReadError> {
    let line = entry.line;
    let status = entry.text_at(&["Sts", "Cd"]).or(entry.text_at(&["Sts"]));
    let is_pending = match status {
        Some("BOOK") => false,
        Some("PDNG") => true,
        Some("INFO") => {
            notes.push(Note::InformationOnly { line });
            return Ok(None);
        }
        Some(other) => return Err(bad(line, "Sts", other, "BOOK, PDNG or INFO")),
        None => return Err(missing(entry, "Sts")),
    };
    let amount = amount(entry, limits::AMOUNT_LIMIT)?;
    if amount == 0 {
        notes.push(Note::ZeroRow { line });
        return Ok(None);
    }
    // The indicator of a reversal already is the direction in which the money went.
    let direction = direction(entry)?;
    let is_reversal = match entry.text_at(&["RvslInd"]) {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(other) => return Err(bad(line, "RvslInd", other, "true or false")),
    };
    let booked = entry.child("BookgDt").or(entry.child("ValDt")).map(day).transpose()?;
    let (date, time) = match booked {
        _ if is_pending => (None, None),
        Some((date, time)) => (Some(date), time),
        None => return Err(missing(entry, "BookgDt")),
    };
    if let Some(date) = date {
        days.check(line, date)?;
    }
    let transactions: Vec<&Element> =
        entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    if transactions.len() > 1 {
        notes.push(Note::Batch { line, transactions: transactions.len() });
    }
    let text = text(entry, &transactions);
    let normalised_text = normalise(&text);
    if is_correction(&normalised_text) {
        notes.push(Note::CorrectionWord { line });
    }
    let stated = entry.text_at(&["AcctSvcrRef"]).filter(|value| *value != "NONREF");
    let stated =
        stated.map(|value| Reference { kind: ReferenceKind::Camt, value: value.to_owned() });
    let reference = stated.or_else(|| {
        let value = interbank_id(&text)?;
        Some(Reference { kind: ReferenceKind::Interbank, value })
    });
    Ok(Some(Row {
        line,
        date,
        time,
        direction,
        amount,
        balance_after: None,
        raw: text.clone(),
        text,
        normalised_text,
        reference,
        state: match (is_pending, is_reversal) {
            (true, _) => RowState::Pending,
            (false, true) => RowState::Reversal,
            (false, false) => RowState::Booked,
        },
        confirmed_by_balance: false,
    }))
}

/// The payer, the remittance text and the bank's own text.
fn text(entry: &Element, transactions: &[&Element]) -> String {
    let mut texts: Vec<&str> = Vec::new();
    for transaction in transactions {
        let debtor = transaction.at(&["RltdPties", "Dbtr"]);
        texts.extend(
            debtor.and_then(|debtor| debtor.text_at(&["Nm"]).or(debtor.text_at(&["Pty", "Nm"]))),
        );
        if let Some(remittance) = transaction.child("RmtInf") {
            texts.extend(remittance.all("Ustrd").map(Element::text));
        }
    }
    texts.extend(entry.text_at(&["AddtlNtryInf"]));
    let mut joined = String::new();
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        // A batch can hold thousands of texts; the first ones are enough to recognise it.
        if joined.len() + text.len() >= limits::MAX_CELL {
            break;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(text);
    }
    joined
}

/// The balance of a type such as `OPBD`, in cents.
fn balance(part: &Element, code: &str) -> Result<Option<i64>, ReadError> {
    let has_code = |balance: &&Element| balance.text_at(&["Tp", "CdOrPrtry", "Cd"]) == Some(code);
    let Some(balance) = part.all("Bal").find(has_code) else { return Ok(None) };
    let cents = amount(balance, limits::BALANCE_LIMIT)?;
    Ok(Some(if direction(balance)? == Direction::Debit { -cents } else { cents }))
}

fn amount(parent: &Element, limit: i64) -> Result<i64, ReadError> {
    let element = parent.child("Amt").ok_or_else(|| missing(parent, "Amt"))?;
    let currency = element.attribute("Ccy").unwrap_or("");
    if currency != "IDR" {
        return Err(ReadError::NotRupiah { line: element.line, found: currency.into() });
    }
    let (whole, decimals) = element.text().split_once('.').unwrap_or((element.text(), ""));
    let cents = cents(whole, decimals).ok().filter(|cents| *cents < limit);
    cents.ok_or_else(|| bad(element.line, "Amt", element.text(), "an amount such as 1000123.00"))
}

fn direction(parent: &Element) -> Result<Direction, ReadError> {
    match parent.text_at(&["CdtDbtInd"]) {
        Some("CRDT") => Ok(Direction::Credit),
        Some("DBIT") => Ok(Direction::Debit),
        Some(other) => Err(bad(parent.line, "CdtDbtInd", other, "CRDT or DBIT")),
        None => Err(missing(parent, "CdtDbtInd")),
    }
}

fn period(part: &Element) -> Result<Option<Period>, ReadError> {
    let Some(range) = part.child("FrToDt") else { return Ok(None) };
    let edge = |name: &str| range.child(name).map(moment).transpose();
    match (edge("FrDtTm")?, edge("ToDtTm")?) {
        (Some((from, _)), Some((to, _))) if from <= to => Ok(Some(Period { from, to })),
        _ => Ok(None),
    }
}

/// `Dt` or `DtTm` of a date element.
fn day(element: &Element) -> Result<(Date, Option<Time>), ReadError> {
    match (element.child("DtTm"), element.child("Dt")) {
        (Some(moment_element), _) => moment(moment_element),
        (None, Some(date)) => {
            // Some write a time or an offset here although the day is all that counts.
            let day = date.text().get(..10).and_then(|day| day.parse().ok());
            let day =
                day.ok_or_else(|| bad(date.line, "Dt", date.text(), "a day such as 2026-09-02"))?;
            Ok((day, None))
        }
        (None, None) => Err(missing(element, "Dt")),
    }
}

/// A day and time in Jakarta; without an offset they are in Jakarta already.
fn moment(element: &Element) -> Result<(Date, Option<Time>), ReadError> {
    let text = element.text();
    let with_offset =
        text.parse::<jiff::Timestamp>().ok().map(|moment| JAKARTA.to_datetime(moment));
    let moment: Option<DateTime> = with_offset.or_else(|| text.parse().ok());
    let expected = "a time such as 2026-09-02T09:15:27";
    let moment = moment.ok_or_else(|| bad(element.line, "DtTm", text, expected))?;
    Ok((moment.date(), Some(moment.time())))
}

fn bad(line: usize, field: &'static str, found: &str, expected: &'static str) -> ReadError {
    ReadError::BadField { line, field, found: found.into(), expected }
}

const fn missing(parent: &Element, field: &'static str) -> ReadError {
    ReadError::MissingField { line: parent.line, field }
}
