//! The table `action`.

use domain::action::Operation;
use domain::{Action, Actor};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, optional_text, text};
use crate::{ActionFilter, ActionRecord, StoreError};

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT id, at, actor_kind, actor, name, subject, before, after FROM action ", $end)
    };
}

/// The newest ones. There is no index but the key: operators do not write many rows.
pub(in crate::sqlite) fn newest(
    connection: &Connection,
    filter: &ActionFilter,
) -> Result<Vec<ActionRecord>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE id < ?1 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR subject = ?3) \
         AND (?4 IS NULL OR name = ?4) AND at >= ?5 ORDER BY id DESC LIMIT ?6"
    ))?;
    let wanted = params![
        filter.before.unwrap_or(i64::MAX),
        filter.actor,
        filter.subject,
        filter.name,
        filter.since.map_or(i64::MIN, |since| since.as_micros()),
        filter.limit,
    ];
    all(&mut statement, wanted, read)
}

/// The oldest ones after that number.
pub(in crate::sqlite) fn after(
    connection: &Connection,
    id: i64,
    limit: u32,
) -> Result<Vec<ActionRecord>, StoreError> {
    let mut statement = connection.prepare_cached(select!("WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
    all(&mut statement, params![id, limit], read)
}

pub(in crate::sqlite) fn insert(
    connection: &Connection,
    action: &Action,
) -> Result<(), StoreError> {
    let Action { actor, at, operation } = action;
    connection
        .prepare_cached(
            "INSERT INTO action (at, actor_kind, actor, name, subject, before, after) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            at.as_micros(),
            actor.kind(),
            actor.name(),
            operation.name,
            operation.subject,
            operation.before,
            operation.after,
        ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ActionRecord, StoreError> {
    let (kind, name) = (borrowed(row, 2)?, borrowed(row, 3)?);
    let unknown = || damaged(format_args!("an actor of the kind {kind:?}"));
    let actor = Actor::named(kind, name).ok_or_else(unknown)?;
    let operation = Operation {
        name: borrowed(row, 4)?.to_owned().into(),
        subject: text(row, 5)?,
        before: optional_text(row, 6)?,
        after: text(row, 7)?,
    };
    Ok(ActionRecord { id: row.get(0)?, action: Action { actor, at: moment(row, 1)?, operation } })
}
