//! A table with its surroundings to a checked statement.

use crate::amount::{AmountFault, Number};
use crate::chain::{self, BalanceRow};
use crate::column_names::MoneyColumn;
use crate::columns::Columns;
use crate::date::DateCell;
use crate::days::{self, Days};
use crate::error::ReadError;
use crate::footer::{Footer, FooterLine, Stated, is_balance_label};
use crate::layout::normalised_name;
use crate::limits;
use crate::metadata::{Metadata, label_and_value, same_account, stated_account};
use crate::separators::{Candidate, Decimals, decide};
use crate::settings::{DecimalSeparator, Settings};
use crate::sheet::Line;
use crate::statement::{Currency, Direction, Note, Order, Row, RowState, Statement};
use crate::table_row::{Amounts, TableRow};
use crate::text::{is_correction, normalise};
use crate::totals::{self, Sum};

/// The lines of a file, split at the line that names the columns.
pub(crate) struct Table<'a> {
    pub(crate) preamble: &'a [Line],
    pub(crate) columns: Columns,
    pub(crate) body: &'a [Line],
}

/// Everything of the table with one choice of decimal separators.
struct Resolved {
    amounts: Vec<Amounts>,
    opening: Option<i64>,
    closing: Option<i64>,
    sums: Vec<Sum>,
}

/// Reads the table, and checks it by all that the file says about itself.
pub(crate) fn read_table(table: &Table<'_>, settings: &Settings) -> Result<Statement, ReadError> {
    let columns = &table.columns;
    let mut metadata = Metadata::read(table.preamble, columns.date_order)?;
    let mut notes = Vec::new();
    let mut body = Body::read(table, &mut metadata, &mut notes)?;
    body.read_account(&mut metadata)?;
    let days = Days {
        period: metadata.period,
        year: settings.year,
        crosses_new_year: days::crosses_new_year(body.rows.iter().map(|row| row.date)),
        today: settings.today,
    };
    let dates = body
        .rows
        .iter()
        .map(|row| days.date(row.line.number, row.date, &row.date_text))
        .collect::<Result<Vec<_>, _>>()?;
    let known = || dates.iter().flatten();
    let likely = match known().next() > known().next_back() {
        true => Order::NewestFirst,
        false => Order::OldestFirst,
    };
    let is_signed = body.is_signed();
    let Candidate { value: resolved, chain } =
        decide(&body.rows, columns, |decimals| body.resolve(columns, decimals, is_signed, likely))?;
    let is_summed = totals::check(&resolved.sums, &body.rows, &resolved.amounts)?;
    let mut rows = Vec::new();
    for (index, (row, amounts)) in body.rows.iter().zip(&resolved.amounts).enumerate() {
        if amounts.amount == 0 {
            notes.push(Note::ZeroRow { line: row.line.number });
            continue;
        }
        let has_both_balances = amounts.balance_before.is_some() && amounts.balance.is_some();
        let is_confirmed = chain.confirmed[index] || has_both_balances;
        if row.line.is_open && !is_confirmed && !is_summed {
            notes.push(Note::LineEndMissing { line: row.line.number });
        }
        rows.push(finish(row, amounts, dates[index], is_confirmed, &mut notes));
    }
    let opening_balance = resolved.opening.or_else(|| {
        let oldest = if chain.order == Order::OldestFirst { rows.first() } else { rows.last() };
        let index =
            body.rows.iter().position(|row| Some(row.line.number) == oldest.map(|r| r.line));
        index.and_then(|index| resolved.amounts[index].balance_before)
    });
    if !rows.is_empty() && !is_summed && !rows.iter().any(|row| row.confirmed_by_balance) {
        notes.push(Note::AmountsUnconfirmed);
    }
    if columns.layout.ends_with_totals() && resolved.closing.is_none() && resolved.sums.is_empty() {
        notes.push(Note::TotalsMissing);
    }
    Ok(Statement {
        layout: columns.layout,
        account: metadata.account,
        currency: metadata.currency.unwrap_or(Currency::AssumedRupiah),
        period: metadata.period,
        opening_balance,
        closing_balance: resolved.closing,
        order: chain.order,
        rows,
        notes,
    })
}

/// The lines after the header.
struct Body<'a> {
    rows: Vec<TableRow<'a>>,
    footer: Footer,
}

impl<'a> Body<'a> {
    fn read(
        table: &Table<'a>,
        metadata: &mut Metadata,
        notes: &mut Vec<Note>,
    ) -> Result<Body<'a>, ReadError> {
        let columns = &table.columns;
        let is_row = |line: &Line| is_dated(line, columns);
        let last_row = table.body.iter().rposition(is_row);
        let mut rows = Vec::new();
        let mut footer = Footer::default();
        for line in table.preamble {
            // Some files state the balances above the table, with the amounts below their labels: a
            // label without an amount is passed over there.
            let _passed_over: Result<FooterLine, ReadError> = footer.read(line, columns, false);
        }
        for (index, line) in table.body.iter().enumerate() {
            if line.filled() == 0 || columns.is_header(line) {
                continue;
            }
            if is_row(line) {
                if rows.len() >= limits::MAX_ROWS {
                    return Err(ReadError::TooManyRows);
                }
                rows.push(TableRow::parse(line, columns)?);
                continue;
            }
            let is_after_rows = last_row.is_none_or(|last| index > last);
            match footer.read(line, columns, is_after_rows)? {
                FooterLine::Used => continue,
                FooterLine::PageTotal => {}
                FooterLine::Unknown if read_account(line, metadata)? => continue,
                FooterLine::Unknown if has_amounts(line, columns) => {
                    return Err(ReadError::RowWithoutDate { line: line.number });
                }
                FooterLine::Unknown => {}
            }
            notes.push(Note::LineIgnored { line: line.number });
        }
        Ok(Body { rows, footer })
    }

    /// Takes the account and the currency that the rows state.
    fn read_account(&mut self, metadata: &mut Metadata) -> Result<(), ReadError> {
        for row in &self.rows {
            if let Some(account) = &row.account {
                let known = metadata.account.get_or_insert_with(|| account.clone());
                same_account(known, account, row.line.number)?;
            }
            if row.has_currency {
                metadata.currency = Some(Currency::Rupiah);
            }
        }
        Ok(())
    }

    /// Whether a number without a sign is a credit: other numbers of the column have signs, and there
    /// are no marks.
    fn is_signed(&self) -> bool {
        let cells = || self.rows.iter().filter_map(|row| row.cell(MoneyColumn::Amount));
        cells().any(|(cell, _)| cell.has_sign) && !cells().any(|(cell, _)| cell.mark.is_some())
    }

    fn resolve(
        &self,
        columns: &Columns,
        decimals: &Decimals,
        is_signed: bool,
        likely: Order,
    ) -> Result<Candidate<Resolved>, ReadError> {
        let mut amounts = Vec::with_capacity(self.rows.len());
        let mut links = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let mut resolved = row.amounts(columns, decimals, is_signed)?;
            // Some files repeat the balance as an amount in a dated line that is called `SALDO AWAL`.
            if resolved.balance == Some(resolved.amount) && is_balance_label(&row.text) {
                resolved.amount = 0;
            }
            let is_debit = resolved.direction == Some(Direction::Debit);
            let signed = if is_debit { -resolved.amount } else { resolved.amount };
            if let (Some(before), Some(found)) = (resolved.balance_before, resolved.balance) {
                let expected = before + signed;
                if expected != found && signed != 0 {
                    return Err(ReadError::BalanceBreak { line: row.line.number, expected, found });
                }
            }
            let is_pending = row.date == DateCell::Pending;
            let balance = resolved.balance;
            links.push(BalanceRow { line: row.line.number, signed, balance, is_pending });
            amounts.push(resolved);
        }
        let balances = decimals[MoneyColumn::Balance as usize];
        let value =
            |stated: &Option<Stated>| stated.as_ref().map(|s| cents(s, balances)).transpose();
        let (opening, closing) = (value(&self.footer.opening)?, value(&self.footer.closing)?);
        let chain = chain::check(&links, opening, closing, likely)?;
        for (index, (row, amounts)) in self.rows.iter().zip(&amounts).enumerate() {
            if chain.confirmed[index] || amounts.amount == 0 {
                continue;
            }
            // What was assumed about these rows holds only if balances confirm it.
            if amounts.direction.is_none() {
                return Err(ReadError::NoDirection { line: row.line.number });
            }
            if row.is_repaired {
                let (found, expected) = (row.line.filled(), columns.header.len());
                return Err(ReadError::ColumnCount { line: row.line.number, found, expected });
            }
        }
        let mut sums = Vec::new();
        for total in &self.footer.totals {
            let stated = cents(&total.sum, self.decimal_of(total.direction, columns, decimals))?;
            let (direction, count) = (total.direction, total.count);
            sums.push(Sum { line: total.sum.line, direction, stated, count });
        }
        Ok(Candidate { value: Resolved { amounts, opening, closing, sums }, chain })
    }

    /// The decimal separator of a total, which is printed as the amounts are.
    fn decimal_of(
        &self,
        direction: Direction,
        columns: &Columns,
        decimals: &Decimals,
    ) -> DecimalSeparator {
        let slot = match direction {
            _ if columns.money[MoneyColumn::Amount as usize].is_some() => MoneyColumn::Amount,
            Direction::Debit => MoneyColumn::Debit,
            Direction::Credit => MoneyColumn::Credit,
        };
        decimals[slot as usize]
    }
}

/// Cells of a line with a page number, such as `1` and `of 3`.
const MAX_PAGE_NUMBER_CELLS: usize = 2;

/// Whether a line is a row: its date cell begins like a date.
fn is_dated(line: &Line, columns: &Columns) -> bool {
    let date = line.cell(columns.date).trim().trim_start_matches('\'').trim();
    let begins = date.starts_with(|c: char| c.is_ascii_digit() || c == '#')
        || date.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("pend"));
    // A page number is no row; a row whose date is damaged has more cells, and must not be passed over.
    let is_date = || crate::date::parse_date(date, columns.date_order).is_ok();
    begins && (is_date() || line.filled() > MAX_PAGE_NUMBER_CELLS)
}

/// Whether a column with money has something other than zero or a word.
fn has_amounts(line: &Line, columns: &Columns) -> bool {
    MoneyColumn::ALL.into_iter().filter_map(|slot| columns.money_cell(line, slot)).any(|text| {
        match crate::amount::parse_amount(text) {
            Ok(Some(cell)) => cell.number != Number::Certain(0),
            Ok(None) | Err(AmountFault::NotAnAmount) => false,
            Err(_) => true,
        }
    })
}

/// Reads an account number among the rows: one table for each account is refused.
fn read_account(line: &Line, metadata: &mut Metadata) -> Result<bool, ReadError> {
    let Some((label, value)) = label_and_value(&line.cells) else { return Ok(false) };
    let Some(account) = stated_account(&normalised_name(&label), &value, line.number)? else {
        return Ok(false);
    };
    let known = metadata.account.get_or_insert_with(|| account.clone());
    same_account(known, &account, line.number)?;
    Ok(true)
}

fn finish(
    row: &TableRow<'_>,
    amounts: &Amounts,
    date: Option<jiff::civil::Date>,
    confirmed_by_balance: bool,
    notes: &mut Vec<Note>,
) -> Row {
    let line = row.line.number;
    // An amount without a direction was checked against the balances as a credit.
    let direction = amounts.direction.unwrap_or(Direction::Credit);
    let normalised_text = normalise(&row.text);
    if is_correction(&normalised_text) {
        notes.push(Note::CorrectionWord { line });
    }
    if row.is_reference_damaged {
        notes.push(Note::ReferenceDamaged { line });
    }
    Row {
        line,
        date,
        time: row.time,
        direction,
        amount: amounts.amount,
        balance_after: amounts.balance,
        text: row.text.clone(),
        normalised_text,
        reference: row.reference.clone(),
        state: if date.is_none() { RowState::Pending } else { RowState::Booked },
        confirmed_by_balance,
        raw: row.line.raw.clone(),
    }
}

fn cents(stated: &Stated, decimal: DecimalSeparator) -> Result<i64, ReadError> {
    let fail = |fault| ReadError::BadAmount {
        line: stated.line,
        column: "total".to_owned(),
        found: stated.text.as_str().into(),
        fault,
    };
    let cents = stated.cell.number.resolve(decimal);
    let cents = cents.ok_or_else(|| fail(AmountFault::TooManyDecimals))?;
    if cents >= limits::BALANCE_LIMIT {
        return Err(fail(AmountFault::TooLarge));
    }
    let is_debit = stated.cell.is_negative || stated.cell.mark == Some(Direction::Debit);
    Ok(if is_debit { -cents } else { cents })
}
