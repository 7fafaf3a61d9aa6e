//! The table `follow_up`.

use domain::{FencingToken, Moment, PendingFollowUp, ReviewItem, ReviewReason, TrId};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, one};
use crate::StoreError;

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT tr_id, token, until, not_found, review_reason, since FROM follow_up ", $end)
    };
}

/// The rows after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE tr_id > ?1 ORDER BY tr_id");

/// All rows.
pub(in crate::sqlite) fn every(
    connection: &Connection,
) -> Result<Vec<(TrId, PendingFollowUp)>, StoreError> {
    let mut statement = connection.prepare_cached(IN_ORDER)?;
    all(&mut statement, [i64::MIN], read)
}

/// The follow-up of that payment.
pub(in crate::sqlite) fn find(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Option<PendingFollowUp>, StoreError> {
    let found = one(connection, select!("WHERE tr_id = ?1"), [tr_id.0], read)?;
    Ok(found.map(|(_, follow_up)| follow_up))
}

/// The payments in manual review, the oldest entry first.
pub(in crate::sqlite) fn queue(connection: &Connection) -> Result<Vec<ReviewItem>, StoreError> {
    let sql = select!("WHERE review_reason IS NOT NULL ORDER BY since, tr_id");
    let mut statement = connection.prepare_cached(sql)?;
    let review_items = all(&mut statement, [], read)?.into_iter();
    let entry = |(tr_id, follow_up): (TrId, PendingFollowUp)| {
        follow_up.review_reason.map(|(why, since)| ReviewItem { tr_id, why, since })
    };
    Ok(review_items.filter_map(entry).collect())
}

pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<(TrId, PendingFollowUp), StoreError> {
    let review_reason = match row.get::<_, Option<i64>>(5)? {
        None => None,
        Some(since) => Some((review_reason(row, 4)?, Moment::from_micros(since))),
    };
    let (token, until) = (FencingToken(row.get(1)?), moment(row, 2)?);
    Ok((TrId(row.get(0)?), PendingFollowUp { token, until, not_found: row.get(3)?, review_reason }))
}

pub(in crate::sqlite) fn review_reason(
    row: &Row<'_>,
    column: usize,
) -> Result<ReviewReason, StoreError> {
    let name = borrowed(row, column)?;
    ReviewReason::named(name).ok_or_else(|| damaged(format_args!("review_reason {name:?}")))
}

/// Writes a new or changed follow-up.
pub(in crate::sqlite) fn put(
    connection: &Connection,
    tr_id: TrId,
    follow_up: &PendingFollowUp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO follow_up (tr_id, token, until, not_found, review_reason, since) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            tr_id.0,
            follow_up.token.0,
            follow_up.until.as_micros(),
            follow_up.not_found,
            follow_up.review_reason.map(|(why, _)| why.name()),
            follow_up.review_reason.map(|(_, since)| since.as_micros()),
        ])?;
    Ok(())
}

/// Deletes a follow-up.
pub(in crate::sqlite) fn remove(connection: &Connection, tr_id: TrId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM follow_up WHERE tr_id = ?1")?.execute([tr_id.0])?;
    Ok(())
}
