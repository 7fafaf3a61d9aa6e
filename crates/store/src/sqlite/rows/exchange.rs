//! The table `exchange`.

use domain::payment::Call;
use domain::{Exchange, Payment, TrId};
use rusqlite::{Connection, Row, params};

use super::{borrowed, damaged, moment, one, text};
use crate::StoreError;

/// Writes the newest exchange of `payment`. Call it before the payment is updated: the new row points to the
/// last one; the first exchange needs no look-up.
pub(in crate::sqlite) fn insert(
    connection: &Connection,
    id: i64,
    payment: &Payment,
    exchange: &Exchange,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO exchange (id, tr_id, previous, call, asked_at, took, answer) VALUES \
             (?1, ?2, CASE WHEN ?7 THEN (SELECT last_exchange FROM payment WHERE tr_id = ?2) END, \
             ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            id,
            payment.tr_id.0,
            exchange.call.name(),
            exchange.asked_at.as_micros(),
            exchange.took_micros,
            exchange.answer,
            payment.exchanges > 1,
        ])?;
    Ok(())
}

/// An exchange, and the id of the one before it.
fn read(row: &Row<'_>) -> Result<(Exchange, Option<i64>), StoreError> {
    let call = borrowed(row, 0)?;
    let exchange = Exchange {
        call: Call::named(call).ok_or_else(|| damaged(format_args!("call {call:?}")))?,
        asked_at: moment(row, 1)?,
        took_micros: row.get(2)?,
        answer: text(row, 3)?,
    };
    Ok((exchange, row.get(4)?))
}

/// The exchanges of a payment, oldest first.
pub(in crate::sqlite) fn chain(
    connection: &Connection,
    last: Option<i64>,
) -> Result<Vec<Exchange>, StoreError> {
    let sql = "SELECT call, asked_at, took, answer, previous FROM exchange WHERE id = ?1";
    let mut exchanges = Vec::new();
    let mut next = last;
    while let Some(id) = next {
        let missing = || damaged(format_args!("exchange {id} is missing"));
        let (exchange, previous) = one(connection, sql, [id], read)?.ok_or_else(missing)?;
        exchanges.push(exchange);
        // Only lower ids are followed, so that a damaged chain also ends.
        next = previous.filter(|previous| *previous < id);
    }
    exchanges.reverse();
    Ok(exchanges)
}

/// Passes on every exchange, in the order in which they were written.
pub(in crate::sqlite) fn every(
    connection: &Connection,
    see: &mut dyn FnMut(TrId, Exchange),
) -> Result<(), StoreError> {
    let sql = "SELECT call, asked_at, took, answer, previous, tr_id FROM exchange ORDER BY id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        see(TrId(row.get(5)?), read(row)?.0);
    }
    Ok(())
}
