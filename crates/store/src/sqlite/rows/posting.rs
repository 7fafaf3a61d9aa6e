//! The table `posting`.

use domain::{Account, Moment, Movement, MovementKind, TrId};
use rusqlite::{Connection, Row, params};

use super::payment::Trail;
use super::{all, borrowed, damaged, moment, rupiah};
use crate::{PostingRow, StoreError};

/// The range of keys of a movement's postings.
const fn ids(movement: i64) -> (i64, i64) {
    (movement << 3, movement << 3 | 7)
}

/// Writes the postings of a movement.
pub(in crate::sqlite) fn insert(
    connection: &Connection,
    number: i64,
    tr_id: TrId,
    at: Moment,
    movement: &Movement,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO posting (id, tr_id, kind, account, amount, at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (first, last) = ids(number);
    for (id, posting) in (first..=last).zip(&movement.postings) {
        insert.execute(params![
            id,
            tr_id.0,
            movement.kind.name(),
            posting.account.number(),
            posting.amount.get(),
            at.as_micros(),
        ])?;
    }
    Ok(())
}

/// The postings of a movement.
pub(in crate::sqlite) fn of_movement(
    connection: &Connection,
    tr_id: TrId,
    movement: i64,
) -> Result<Vec<PostingRow>, StoreError> {
    let sql = "SELECT kind, account, amount, at FROM posting \
               WHERE id BETWEEN ?1 AND ?2 AND tr_id = ?3 ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let (first, last) = ids(movement);
    all(&mut statement, params![first, last, tr_id.0], read)
}

fn read(row: &Row<'_>) -> Result<PostingRow, StoreError> {
    let kind = borrowed(row, 0)?;
    let account = row.get(1)?;
    Ok(PostingRow {
        kind: MovementKind::named(kind).ok_or_else(|| damaged(format_args!("kind {kind:?}")))?,
        account: Account::numbered(account)
            .ok_or_else(|| damaged(format_args!("account {account}")))?,
        amount: rupiah(row, 2)?,
        at: moment(row, 3)?,
    })
}

/// The postings of a payment's hold and settlement.
pub(in crate::sqlite) fn of_trail(
    connection: &Connection,
    tr_id: TrId,
    trail: &Trail,
) -> Result<Vec<PostingRow>, StoreError> {
    let mut postings = of_movement(connection, tr_id, trail.hold)?;
    if let Some(settlement) = trail.settlement {
        postings.extend(of_movement(connection, tr_id, settlement)?);
    }
    Ok(postings)
}

/// Number of all postings.
pub(in crate::sqlite) fn count(connection: &Connection) -> Result<u64, StoreError> {
    let count: i64 = connection.query_row("SELECT count(*) FROM posting", [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}
