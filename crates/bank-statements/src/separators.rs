//! Decides what `1.000` means, a column at a time: by the column's other cells, then by the balances,
//! then by the file's other columns. A file that leaves it open is refused.

use crate::chain::Chain;
use crate::column_names::MoneyColumn;
use crate::columns::Columns;
use crate::error::ReadError;
use crate::settings::DecimalSeparator;
use crate::table_row::TableRow;

/// The decimal separator of each column with money.
pub(crate) type Decimals = [DecimalSeparator; MoneyColumn::COUNT];

/// A table whose amounts were resolved with certain separators.
pub(crate) struct Candidate<T> {
    pub(crate) value: T,
    pub(crate) chain: Chain,
}

/// Calls `resolve` with the separators that the file leaves possible, and returns the only result that
/// fits its balances.
pub(crate) fn decide<T>(
    rows: &[TableRow<'_>],
    columns: &Columns,
    resolve: impl Fn(&Decimals) -> Result<Candidate<T>, ReadError>,
) -> Result<Candidate<T>, ReadError> {
    let proofs = proofs(rows, columns)?;
    let proof_of_file = of_all(&proofs);
    let fallback = proof_of_file.unwrap_or(DecimalSeparator::Dot);
    let undecided: Vec<MoneyColumn> = MoneyColumn::ALL
        .into_iter()
        .filter(|slot| proofs[*slot as usize].is_none() && first_undecided(rows, *slot).is_some())
        .collect();
    let known: Decimals = proofs.map(|proof| proof.unwrap_or(fallback));
    if undecided.is_empty() {
        return resolve(&known);
    }
    let mut fitting: Vec<(Decimals, Candidate<T>)> = Vec::new();
    for bits in 0..1_usize << undecided.len() {
        let mut decimals = known;
        for (index, slot) in undecided.iter().enumerate() {
            let is_comma = bits >> index & 1 == 1;
            decimals[*slot as usize] =
                if is_comma { DecimalSeparator::Comma } else { DecimalSeparator::Dot };
        }
        // An error here may be the proof that these separators are wrong, so it is not reported.
        if let Ok(candidate) = resolve(&decimals) {
            fitting.push((decimals, candidate));
        }
    }
    let is_decided = fitting.len() == 1
        && fitting.iter().any(|(_, candidate)| candidate.chain.confirmed.contains(&true));
    if !is_decided {
        fitting.retain(|(decimals, _)| proof_of_file.is_some() && *decimals == known);
    }
    match fitting.pop() {
        Some((_, candidate)) => Ok(candidate),
        None => Err(ambiguous(rows, columns, &undecided)),
    }
}

/// What the cells of each column prove about it, or the caller stated.
fn proofs(
    rows: &[TableRow<'_>],
    columns: &Columns,
) -> Result<[Option<DecimalSeparator>; MoneyColumn::COUNT], ReadError> {
    let mut proofs = [columns.decimal; MoneyColumn::COUNT];
    for slot in MoneyColumn::ALL {
        let mut first_line = 0;
        for row in rows {
            let Some((cell, text)) = row.cell(slot) else { continue };
            let Some(decimal) = cell.decimal else { continue };
            let proof = &mut proofs[slot as usize];
            if proof.is_some_and(|known| known != decimal) {
                return Err(ReadError::MixedSeparators {
                    line: row.line.number,
                    column: columns.money[slot as usize]
                        .map_or_else(String::new, |index| columns.name(index)),
                    found: text.as_str().into(),
                    other_line: first_line,
                });
            }
            if proof.is_none() {
                (*proof, first_line) = (Some(decimal), row.line.number);
            }
        }
    }
    Ok(proofs)
}

/// The separator that all proofs agree on.
fn of_all(proofs: &[Option<DecimalSeparator>]) -> Option<DecimalSeparator> {
    let mut known = proofs.iter().flatten();
    let first = known.next()?;
    known.all(|proof| proof == first).then_some(*first)
}

fn first_undecided<'a>(rows: &'a [TableRow<'_>], slot: MoneyColumn) -> Option<(usize, &'a str)> {
    rows.iter().find_map(|row| {
        let (cell, text) = row.cell(slot)?;
        let is_undecided = matches!(cell.number, crate::amount::Number::Undecided { .. });
        is_undecided.then_some((row.line.number, text.as_str()))
    })
}

fn ambiguous(rows: &[TableRow<'_>], columns: &Columns, undecided: &[MoneyColumn]) -> ReadError {
    let first = undecided.iter().find_map(|slot| {
        let (line, text) = first_undecided(rows, *slot)?;
        Some((line, columns.name(columns.money[*slot as usize]?), text))
    });
    let (line, column, text) = first.unwrap_or_default();
    ReadError::AmbiguousAmount { line, column, found: text.into() }
}
