//! The watches over payments whose outcome is unknown or contradicted.

use domain::{Attention, Moment, Queued, Token, TrId, Watch};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, one};
use crate::StoreError;

/// The rows, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT tr_id, token, until, not_found, attention, since FROM watch ", $end)
    };
}

/// Those after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE tr_id > ?1 ORDER BY tr_id");

/// All of them.
pub(in crate::sqlite) fn every(connection: &Connection) -> Result<Vec<(TrId, Watch)>, StoreError> {
    let mut statement = connection.prepare_cached(IN_ORDER)?;
    all(&mut statement, [i64::MIN], read)
}

/// The watch over that payment.
pub(in crate::sqlite) fn find(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Option<Watch>, StoreError> {
    let found = one(connection, select!("WHERE tr_id = ?1"), [tr_id.0], read)?;
    Ok(found.map(|(_, watch)| watch))
}

/// The operators' queue, the longest in it first.
pub(in crate::sqlite) fn queue(connection: &Connection) -> Result<Vec<Queued>, StoreError> {
    let sql = select!("WHERE attention IS NOT NULL ORDER BY since, tr_id");
    let mut statement = connection.prepare_cached(sql)?;
    let queued = all(&mut statement, [], read)?.into_iter();
    let entry = |(tr_id, watch): (TrId, Watch)| {
        watch.attention.map(|(why, since)| Queued { tr_id, why, since })
    };
    Ok(queued.filter_map(entry).collect())
}

pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<(TrId, Watch), StoreError> {
    let attention = match row.get::<_, Option<i64>>(5)? {
        None => None,
        Some(since) => Some((attention(row, 4)?, Moment::from_micros(since))),
    };
    let (token, until) = (Token(row.get(1)?), moment(row, 2)?);
    Ok((TrId(row.get(0)?), Watch { token, until, not_found: row.get(3)?, attention }))
}

pub(in crate::sqlite) fn attention(row: &Row<'_>, column: usize) -> Result<Attention, StoreError> {
    let name = borrowed(row, column)?;
    Attention::named(name).ok_or_else(|| damaged(format_args!("attention {name:?}")))
}

/// Writes a watch, new or changed.
pub(in crate::sqlite) fn put(
    connection: &Connection,
    tr_id: TrId,
    watch: &Watch,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO watch (tr_id, token, until, not_found, attention, since) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            tr_id.0,
            watch.token.0,
            watch.until.as_micros(),
            watch.not_found,
            watch.attention.map(|(why, _)| why.name()),
            watch.attention.map(|(_, since)| since.as_micros()),
        ])?;
    Ok(())
}

/// Forgets a watch that is over.
pub(in crate::sqlite) fn remove(connection: &Connection, tr_id: TrId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM watch WHERE tr_id = ?1")?.execute([tr_id.0])?;
    Ok(())
}
