//! The table `balance_change`: withdrawals and adjustments.

use domain::books::{BalanceChange, BalanceChangeKind};
use domain::{PartnerId, TrId, TransferReference};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, one, optional_text, rupiah, text};
use crate::{BalanceChangeFilter, StoreError};

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT tr_id, partner, kind, amount, reason, at, reference, movement FROM balance_change ",
            $end
        )
    };
}

/// The rows after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE tr_id > ?1 ORDER BY tr_id");

/// The index of the column with the number of the movement.
pub(in crate::sqlite) const MOVEMENT: usize = 7;

/// The newest ones.
pub(in crate::sqlite) fn newest(
    connection: &Connection,
    filter: &BalanceChangeFilter,
) -> Result<Vec<BalanceChange>, StoreError> {
    let sql =
        select!("WHERE kind = ?1 AND (?2 IS NULL OR partner = ?2) ORDER BY tr_id DESC LIMIT ?3");
    let mut statement = connection.prepare_cached(sql)?;
    let partner = filter.partner.map(|partner| partner.0);
    all(&mut statement, params![filter.kind.name(), partner, filter.limit], read)
}

/// The number of the partner's withdrawal with that reference (given in capitals).
pub(in crate::sqlite) fn with_reference(
    connection: &Connection,
    partner: PartnerId,
    reference: &TransferReference,
) -> Result<Option<TrId>, StoreError> {
    let sql = "SELECT tr_id FROM balance_change \
               WHERE partner = ?1 AND upper(reference) = ?2 AND reference IS NOT NULL";
    one(connection, sql, params![partner.0, reference.as_str()], |row| Ok(TrId(row.get(0)?)))
}

pub(in crate::sqlite) fn insert(
    connection: &Connection,
    change: &BalanceChange,
    movement: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO balance_change (tr_id, partner, kind, amount, reason, at, reference, movement) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            change.tr_id.0,
            change.partner.0,
            change.kind.name(),
            change.amount.get(),
            change.reason,
            change.at.as_micros(),
            change.reference.as_ref().map(TransferReference::as_str),
            movement,
        ])?;
    Ok(())
}

pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<BalanceChange, StoreError> {
    let kind = borrowed(row, 2)?;
    let unknown = || damaged(format_args!("kind {kind:?}"));
    let reference = optional_text(row, 6)?.map(|text| TransferReference::new(&text));
    Ok(BalanceChange {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        kind: BalanceChangeKind::named(kind).ok_or_else(unknown)?,
        amount: rupiah(row, 3)?,
        reason: text(row, 4)?,
        at: moment(row, 5)?,
        reference: reference.transpose().map_err(damaged)?,
    })
}
