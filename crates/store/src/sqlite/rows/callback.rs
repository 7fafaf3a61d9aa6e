//! The table `callback`.

use domain::callback::DeliveryState;
use domain::{Callback, PartnerId, TrId};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, one, optional_text};
use crate::{CallbackFilter, StoreError};

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT tr_id, partner, since, state, at, attempts, answer FROM callback ", $end)
    };
}

/// The rows after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE tr_id > ?1 ORDER BY tr_id");

/// The callback of that payment.
pub(in crate::sqlite) fn find(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Option<Callback>, StoreError> {
    let found = one(connection, select!("WHERE tr_id = ?1"), [tr_id.0], read)?;
    Ok(found.map(|(_, callback)| callback))
}

/// The waiting callbacks: for each partner the `each` that are due first.
pub(in crate::sqlite) fn waiting(
    connection: &Connection,
    each: u32,
) -> Result<Vec<Callback>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT tr_id, partner, since, state, at, attempts, answer FROM \
         (SELECT *, row_number() OVER (PARTITION BY partner ORDER BY at) AS place \
         FROM callback WHERE state = 'waiting') WHERE place <= ?1 ORDER BY at",
    )?;
    let waiting = all(&mut statement, [each], read)?;
    Ok(waiting.into_iter().map(|(_, callback)| callback).collect())
}

/// The rows that match the filter, newest first.
pub(in crate::sqlite) fn newest(
    connection: &Connection,
    filter: &CallbackFilter,
) -> Result<Vec<Callback>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE (?1 IS NULL OR partner = ?1) AND (?2 IS NULL OR state = ?2) \
         ORDER BY tr_id DESC LIMIT ?3"
    ))?;
    let (partner, state) = (filter.partner.map(|it| it.0), filter.state.map(DeliveryState::name));
    let found = all(&mut statement, params![partner, state, filter.limit], read)?;
    Ok(found.into_iter().map(|(_, callback)| callback).collect())
}

pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<(TrId, Callback), StoreError> {
    let (tr_id, state) = (TrId(row.get(0)?), borrowed(row, 3)?);
    let unknown = || damaged(format_args!("state {state:?}"));
    let callback = Callback {
        tr_id,
        partner: PartnerId(row.get(1)?),
        since: moment(row, 2)?,
        state: DeliveryState::named(state).ok_or_else(unknown)?,
        at: moment(row, 4)?,
        attempts: row.get(5)?,
        answer: optional_text(row, 6)?,
    };
    Ok((tr_id, callback))
}

/// Writes a new or changed callback.
pub(in crate::sqlite) fn put(
    connection: &Connection,
    callback: &Callback,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO callback (tr_id, partner, since, state, at, attempts, answer) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            callback.tr_id.0,
            callback.partner.0,
            callback.since.as_micros(),
            callback.state.name(),
            callback.at.as_micros(),
            callback.attempts,
            callback.answer,
        ])?;
    Ok(())
}
