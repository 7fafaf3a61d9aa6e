//! One dated line of a table, cell by cell, before the file's separators and balances are known.

use jiff::civil::Time;

use crate::amount::{AmountCell, AmountFault, parse_amount, parse_mark};
use crate::column_names::MoneyColumn;
use crate::columns::Columns;
use crate::date::{DateCell, DateFault, parse_date, parse_time};
use crate::error::ReadError;
use crate::metadata::{account_number, check_currency};
use crate::settings::DecimalSeparator;
use crate::sheet::Line;
use crate::statement::{Direction, Reference, ReferenceKind};
use crate::text::{interbank_id, is_spreadsheet_number, normalise};

/// A dated line of a table.
#[derive(Debug)]
pub(crate) struct TableRow<'a> {
    pub(crate) line: &'a Line,
    pub(crate) date: DateCell,
    pub(crate) date_text: String,
    pub(crate) time: Option<Time>,
    pub(crate) text: String,
    pub(crate) reference: Option<Reference>,
    pub(crate) is_reference_damaged: bool,
    pub(crate) account: Option<String>,
    /// The row states its currency.
    pub(crate) has_currency: bool,
    money: [Option<(AmountCell, String)>; MoneyColumn::COUNT],
    mark: Option<Direction>,
    /// The text had unquoted delimiters: the columns are only certain if balances confirm the row.
    pub(crate) is_repaired: bool,
}

/// The amounts of a row once the separators are known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amounts {
    /// In cents; zero for a row without an amount.
    pub(crate) amount: i64,
    /// `None` if nothing in the row says it.
    pub(crate) direction: Option<Direction>,
    pub(crate) balance: Option<i64>,
    pub(crate) balance_before: Option<i64>,
}

impl<'a> TableRow<'a> {
    /// Reads a line whose date cell is not empty.
    pub(crate) fn parse(line: &'a Line, columns: &Columns) -> Result<TableRow<'a>, ReadError> {
        let (cells, is_repaired) = columns.align(line)?;
        let cell = |index: usize| cells.get(index).map_or("", String::as_str);
        let date_text = cell(columns.date);
        let date = parse_date(date_text, columns.date_order)
            .map_err(|fault| bad_date(line, columns, columns.date, date_text, fault))?;
        let time = match (date, columns.time) {
            (DateCell::Full { time: Some(time), .. }, _) => Some(time),
            (_, Some(index)) if !cell(index).trim().is_empty() => {
                let parsed = parse_time(cell(index));
                Some(parsed.map_err(|fault| bad_date(line, columns, index, cell(index), fault))?)
            }
            _ => None,
        };
        let mut money = [const { None }; MoneyColumn::COUNT];
        for slot in MoneyColumn::ALL {
            let Some(index) = columns.money[slot as usize] else { continue };
            let parsed = parse_amount(cell(index))
                .map_err(|fault| bad_amount(line, columns.name(index), cell(index), fault))?;
            money[slot as usize] = parsed.map(|parsed| (parsed, cell(index).to_owned()));
        }
        let mark = match columns.mark {
            Some(index) => parse_mark(cell(index))
                .map_err(|fault| bad_amount(line, columns.name(index), cell(index), fault))?,
            None => None,
        };
        let account = match columns.account {
            Some(index) => account_number(cell(index), line.number)?,
            None => None,
        };
        let currency = columns.currency.map(cell).filter(|cell| !cell.trim().is_empty());
        if let Some(currency) = currency {
            check_currency(currency, line.number)?;
        }
        let text = joined_text(&cells, columns);
        let (reference, is_reference_damaged) = reference(&cells, columns, &text);
        Ok(TableRow {
            line,
            date,
            date_text: date_text.to_owned(),
            time,
            text,
            reference,
            is_reference_damaged,
            account,
            has_currency: currency.is_some(),
            money,
            mark,
            is_repaired,
        })
    }

    /// The cell of a column with money, and its text.
    pub(crate) fn cell(&self, slot: MoneyColumn) -> Option<&(AmountCell, String)> {
        self.money[slot as usize].as_ref()
    }

    /// The amounts, if the columns have these decimal separators. `is_signed` tells that a positive
    /// number without sign and mark is a credit.
    pub(crate) fn amounts(
        &self,
        columns: &Columns,
        decimals: &[DecimalSeparator; MoneyColumn::COUNT],
        is_signed: bool,
    ) -> Result<Amounts, ReadError> {
        let value = |slot: MoneyColumn,
                     limit: i64|
         -> Result<Option<(i64, AmountCell)>, ReadError> {
            let Some((cell, text)) = self.cell(slot) else { return Ok(None) };
            let fail = |fault| bad_amount(self.line, self.column_name(columns, slot), text, fault);
            let cents = cell.number.resolve(decimals[slot as usize]);
            let cents = cents.ok_or_else(|| fail(AmountFault::TooManyDecimals))?;
            if cents >= limit { Err(fail(AmountFault::TooLarge)) } else { Ok(Some((cents, *cell))) }
        };
        let balance = |slot: MoneyColumn| -> Result<Option<i64>, ReadError> {
            let value = value(slot, crate::limits::BALANCE_LIMIT)?;
            Ok(value.map(|(cents, cell)| {
                let is_debit = cell.is_negative || cell.mark == Some(Direction::Debit);
                if is_debit { -cents } else { cents }
            }))
        };
        let amount = |slot: MoneyColumn| value(slot, crate::limits::AMOUNT_LIMIT);
        let (amount, direction) = if columns.money[MoneyColumn::Amount as usize].is_some() {
            match amount(MoneyColumn::Amount)? {
                None | Some((0, _)) => (0, None),
                Some((cents, cell)) => (cents, self.direction(columns, &cell, is_signed)?),
            }
        } else {
            self.separate_amounts(
                columns,
                amount(MoneyColumn::Debit)?,
                amount(MoneyColumn::Credit)?,
            )?
        };
        let balance_before = balance(MoneyColumn::BalanceBefore)?;
        Ok(Amounts { amount, direction, balance: balance(MoneyColumn::Balance)?, balance_before })
    }

    /// The direction of an amount in a single column.
    fn direction(
        &self,
        columns: &Columns,
        cell: &AmountCell,
        is_signed: bool,
    ) -> Result<Option<Direction>, ReadError> {
        let fail = |fault| {
            let text = self.cell(MoneyColumn::Amount).map_or("", |(_, text)| text.as_str());
            Err(bad_amount(self.line, self.column_name(columns, MoneyColumn::Amount), text, fault))
        };
        let mark = match (self.mark, cell.mark) {
            (Some(outside), Some(inside)) if outside != inside => {
                return fail(AmountFault::Contradiction);
            }
            (outside, inside) => outside.or(inside),
        };
        match (mark, cell.is_negative) {
            (Some(Direction::Credit), true) => fail(AmountFault::WrongSign),
            (Some(direction), _) => Ok(Some(direction)),
            (None, true) => Ok(Some(Direction::Debit)),
            (None, false) if is_signed || cell.has_sign => Ok(Some(Direction::Credit)),
            (None, false) => Ok(None),
        }
    }

    /// The amount of a row with a column for debits, where a minus is allowed, and one for credits.
    fn separate_amounts(
        &self,
        columns: &Columns,
        debit: Option<(i64, AmountCell)>,
        credit: Option<(i64, AmountCell)>,
    ) -> Result<(i64, Option<Direction>), ReadError> {
        let fail = |slot, fault| {
            let text = self.cell(slot).map_or("", |(_, text)| text.as_str());
            Err(bad_amount(self.line, self.column_name(columns, slot), text, fault))
        };
        let is_filled =
            |side: &Option<(i64, AmountCell)>| side.is_some_and(|(cents, _)| cents != 0);
        let (slot, direction, side) = match (is_filled(&debit), is_filled(&credit)) {
            (true, true) => return Err(ReadError::BothSides { line: self.line.number }),
            (false, false) => return Ok((0, None)),
            (true, false) => (MoneyColumn::Debit, Direction::Debit, debit),
            (false, true) => (MoneyColumn::Credit, Direction::Credit, credit),
        };
        let Some((cents, cell)) = side else { return Ok((0, None)) };
        if direction == Direction::Credit && cell.is_negative {
            return fail(slot, AmountFault::WrongSign);
        }
        let contradicts = |mark: Option<Direction>| mark.is_some_and(|mark| mark != direction);
        if contradicts(self.mark) || contradicts(cell.mark) {
            return fail(slot, AmountFault::Contradiction);
        }
        Ok((cents, Some(direction)))
    }

    fn column_name(&self, columns: &Columns, slot: MoneyColumn) -> String {
        columns.money[slot as usize].map_or_else(String::new, |index| columns.name(index))
    }
}

/// The texts of a row, each once.
fn joined_text(cells: &[String], columns: &Columns) -> String {
    let texts = columns.texts.iter().filter_map(|index| cells.get(*index));
    let mut filled = texts.filter(|text| !text.trim().is_empty());
    if columns.is_first_text_only {
        return filled.next().cloned().unwrap_or_default();
    }
    let mut joined: Vec<&str> = Vec::new();
    for text in filled {
        if joined.iter().all(|other| normalise(other) != normalise(text)) {
            joined.push(text);
        }
    }
    joined.join(" ")
}

/// The reference of a row, and whether there was one that is damaged.
fn reference(cells: &[String], columns: &Columns, text: &str) -> (Option<Reference>, bool) {
    let column = columns.reference.and_then(|(index, kind)| Some((cells.get(index)?, kind)));
    let mut is_damaged = false;
    let stated = column.and_then(|(cell, kind)| {
        let value = cell.trim().trim_start_matches('\'').trim();
        is_damaged = is_spreadsheet_number(value);
        let is_none = value.bytes().all(|byte| matches!(byte, b'0' | b'-' | b'.'));
        (!is_damaged && !is_none).then(|| Reference { kind, value: value.to_owned() })
    });
    let is_unique = stated.as_ref().is_some_and(|reference| reference.kind.is_unique());
    let found = if is_unique { None } else { interbank_id(text) };
    let found = found.map(|value| Reference { kind: ReferenceKind::Interbank, value });
    (found.or(stated), is_damaged)
}

fn bad_date(
    line: &Line,
    columns: &Columns,
    column: usize,
    found: &str,
    fault: DateFault,
) -> ReadError {
    let (column, found) = (columns.name(column), found.into());
    ReadError::BadDate { line: line.number, column, found, fault }
}

fn bad_amount(line: &Line, column: String, found: &str, fault: AmountFault) -> ReadError {
    ReadError::BadAmount { line: line.number, column, found: found.into(), fault }
}
