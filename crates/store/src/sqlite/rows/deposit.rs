//! The table `deposit`.

use domain::books::Deposit;
use domain::{PartnerId, TrId, TransferReference};
use rusqlite::{Connection, Row, params};

use super::{all, damaged, moment, one, optional_text, reversal, rupiah, text};
use crate::{BookedDeposit, StoreError};

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT tr_id, partner, amount, note, at, reference, movement FROM deposit ", $end)
    };
}

/// The rows after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE tr_id > ?1 ORDER BY tr_id");

/// The index of the column with the number of the movement.
pub(in crate::sqlite) const MOVEMENT: usize = 6;

/// The newest ones, of one partner or of all, each with its reversal.
pub(in crate::sqlite) fn newest(
    connection: &Connection,
    of: Option<PartnerId>,
    limit: u32,
) -> Result<Vec<BookedDeposit>, StoreError> {
    let sql = select!("WHERE ?1 IS NULL OR partner = ?1 ORDER BY tr_id DESC LIMIT ?2");
    let mut statement = connection.prepare_cached(sql)?;
    let newest = all(&mut statement, params![of.map(|partner| partner.0), limit], read)?;
    newest.into_iter().map(|deposit| with_reversal(connection, deposit)).collect()
}

/// The deposit with that number.
pub(in crate::sqlite) fn find(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Option<BookedDeposit>, StoreError> {
    let found = one(connection, select!("WHERE tr_id = ?1"), [tr_id.0], read)?;
    found.map(|deposit| with_reversal(connection, deposit)).transpose()
}

fn with_reversal(connection: &Connection, deposit: Deposit) -> Result<BookedDeposit, StoreError> {
    let reversal = reversal::of_deposit(connection, deposit.tr_id)?;
    Ok(BookedDeposit { deposit, reversal })
}

/// The number of the partner's deposit with that reference (given in capitals).
pub(in crate::sqlite) fn with_reference(
    connection: &Connection,
    partner: PartnerId,
    reference: &TransferReference,
) -> Result<Option<TrId>, StoreError> {
    let sql = "SELECT tr_id FROM deposit \
               WHERE partner = ?1 AND upper(reference) = ?2 AND reference IS NOT NULL";
    one(connection, sql, params![partner.0, reference.as_str()], |row| Ok(TrId(row.get(0)?)))
}

/// Pairs of deposits of one partner with the same reference.
pub(in crate::sqlite) fn repeated(
    connection: &Connection,
) -> Result<Vec<(TrId, TrId)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT min(tr_id), max(tr_id) FROM deposit WHERE reference IS NOT NULL \
         GROUP BY partner, upper(reference) HAVING count(*) > 1",
    )?;
    all(&mut statement, [], |row| Ok((TrId(row.get(0)?), TrId(row.get(1)?))))
}

pub(in crate::sqlite) fn insert(
    connection: &Connection,
    deposit: &Deposit,
    movement: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO deposit (tr_id, partner, amount, note, at, reference, movement) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            deposit.tr_id.0,
            deposit.partner.0,
            deposit.amount.get(),
            deposit.note,
            deposit.at.as_micros(),
            deposit.reference.as_ref().map(TransferReference::as_str),
            movement,
        ])?;
    Ok(())
}

pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<Deposit, StoreError> {
    Ok(Deposit {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        amount: rupiah(row, 2)?,
        note: text(row, 3)?,
        at: moment(row, 4)?,
        reference: optional_text(row, 5)?
            .map(|text| TransferReference::new(&text))
            .transpose()
            .map_err(damaged)?,
    })
}
