//! What partners paid in.

use domain::books::TopUp;
use domain::{PartnerId, TrId};
use rusqlite::{Connection, Row, params};

use super::{all, moment, rupiah, text};
use crate::StoreError;

/// The rows, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT tr_id, partner, amount, note, at, movement FROM top_up ", $end)
    };
}

/// Those after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE tr_id > ?1 ORDER BY tr_id");

/// The newest ones, of one partner or of all.
pub(in crate::sqlite) fn newest(
    connection: &Connection,
    of: Option<PartnerId>,
    limit: u32,
) -> Result<Vec<TopUp>, StoreError> {
    let sql = select!("WHERE ?1 IS NULL OR partner = ?1 ORDER BY tr_id DESC LIMIT ?2");
    let mut statement = connection.prepare_cached(sql)?;
    all(&mut statement, params![of.map(|partner| partner.0), limit], read)
}

pub(in crate::sqlite) fn insert(
    connection: &Connection,
    top_up: &TopUp,
    movement: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO top_up (tr_id, partner, amount, note, at, movement) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            top_up.tr_id.0,
            top_up.partner.0,
            top_up.amount.get(),
            top_up.note,
            top_up.at.as_micros(),
            movement,
        ])?;
    Ok(())
}

pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<TopUp, StoreError> {
    Ok(TopUp {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        amount: rupiah(row, 2)?,
        note: text(row, 3)?,
        at: moment(row, 4)?,
    })
}
