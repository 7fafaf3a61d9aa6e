//! Writes the log of actions.

use domain::Action;

use super::session::{Params, Session, column};
use crate::{ActionRecord, StoreError};

const ACTIONS: &str = "\
    INSERT INTO action (at, actor_kind, actor, name, subject, before, after) \
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], \
    $7::text[])";

/// Entries that were moved here keep their numbers.
const MOVED: &str = "\
    INSERT INTO action (id, at, actor_kind, actor, name, subject, before, after) \
    OVERRIDING SYSTEM VALUE SELECT * FROM unnest($8::bigint[], $1::bigint[], $2::text[], $3::text[], \
    $4::text[], $5::text[], $6::text[], $7::text[])";

/// The statements of this file.
pub(super) const STATEMENTS: &[&str] = &[ACTIONS, MOVED];

/// Writes the new entries of a batch.
pub(super) async fn append(session: &Session, rows: &[&Action]) -> Result<(), StoreError> {
    match rows.is_empty() {
        true => Ok(()),
        false => write(session, ACTIONS, rows, &[]).await,
    }
}

/// Writes entries of moved books.
pub(super) async fn append_moved(
    session: &Session,
    records: &[ActionRecord],
) -> Result<(), StoreError> {
    let actions = column(records, |record| &record.action);
    write(session, MOVED, &actions, &[&column(records, |record| record.id)]).await
}

async fn write(
    session: &Session,
    sql: &'static str,
    rows: &[&Action],
    more: Params<'_>,
) -> Result<(), StoreError> {
    let columns: Params<'_> = &[
        &column(rows, |action| action.at.as_micros()),
        &column(rows, |action| action.actor.kind()),
        &column(rows, |action| action.actor.name()),
        &column(rows, |action| &*action.operation.name),
        &column(rows, |action| &*action.operation.subject),
        &column(rows, |action| action.operation.before.as_deref()),
        &column(rows, |action| &*action.operation.after),
    ];
    session.run(sql, &[columns, more].concat()).await
}
