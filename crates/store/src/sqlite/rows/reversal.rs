//! The table `reversal`.

use domain::books::Reversal;
use domain::{PartnerId, TrId};
use rusqlite::{Connection, Row, params};

use super::{all, moment, one, rupiah, text};
use crate::StoreError;

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT tr_id, partner, deposit, amount, reason, at, movement FROM reversal ", $end)
    };
}

/// The rows after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE tr_id > ?1 ORDER BY tr_id");

/// The index of the column with the number of the movement.
pub(in crate::sqlite) const MOVEMENT: usize = 6;

/// The reversal of that deposit.
pub(in crate::sqlite) fn of_deposit(
    connection: &Connection,
    deposit: TrId,
) -> Result<Option<Reversal>, StoreError> {
    one(connection, select!("WHERE deposit = ?1"), [deposit.0], read)
}

/// Reversals without a deposit of their partner and amount.
pub(in crate::sqlite) fn astray(connection: &Connection) -> Result<Vec<TrId>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT r.tr_id FROM reversal r WHERE NOT EXISTS (SELECT 1 FROM deposit t \
            WHERE t.tr_id = r.deposit AND t.partner = r.partner AND t.amount = r.amount) \
         OR EXISTS (SELECT 1 FROM reversal o WHERE o.deposit = r.deposit AND o.tr_id < r.tr_id)",
    )?;
    all(&mut statement, [], |row| Ok(TrId(row.get(0)?)))
}

pub(in crate::sqlite) fn insert(
    connection: &Connection,
    reversal: &Reversal,
    movement: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO reversal (tr_id, partner, deposit, amount, reason, at, movement) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            reversal.tr_id.0,
            reversal.partner.0,
            reversal.deposit.0,
            reversal.amount.get(),
            reversal.reason,
            reversal.at.as_micros(),
            movement,
        ])?;
    Ok(())
}

pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<Reversal, StoreError> {
    Ok(Reversal {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        deposit: TrId(row.get(2)?),
        amount: rupiah(row, 3)?,
        reason: text(row, 4)?,
        at: moment(row, 5)?,
    })
}
