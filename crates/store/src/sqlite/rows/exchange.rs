//! The tables `exchange` and `evidence`.

use domain::payment::Call;
use domain::{BillerId, Evidence, Exchange, Payment, TrId};
use rusqlite::{Connection, Row, params};

use super::{borrowed, damaged, moment, one, optional_text, text};
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
            "INSERT INTO exchange (id, tr_id, previous, call, asked_at, took, answer, attempt, biller) VALUES \
             (?1, ?2, CASE WHEN ?9 THEN (SELECT last_exchange FROM payment WHERE tr_id = ?2) END, \
             ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            id,
            payment.tr_id.0,
            exchange.call.name(),
            exchange.asked_at.as_micros(),
            exchange.took_micros,
            exchange.answer,
            exchange.attempt,
            exchange.biller.map(|biller| biller.0),
            payment.exchanges > 1,
        ])?;
    if let Some(Evidence { sent, http_status, received }) = &exchange.evidence {
        connection
            .prepare_cached(
                "INSERT INTO evidence (exchange, sent, http_status, received) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![id, sent, http_status, received])?;
    }
    Ok(())
}

/// A SELECT of an exchange with its evidence, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT sent, http_status, received, call, attempt, biller, asked_at, took, answer, previous, \
             tr_id FROM exchange LEFT JOIN evidence ON evidence.exchange = exchange.id ",
            $end
        )
    };
}

/// An exchange, and the id of the one before it.
fn read(row: &Row<'_>) -> Result<(Exchange, Option<i64>), StoreError> {
    let call = borrowed(row, 3)?;
    let exchange = Exchange {
        call: Call::named(call).ok_or_else(|| damaged(format_args!("call {call:?}")))?,
        attempt: row.get(4)?,
        biller: row.get::<_, Option<i64>>(5)?.map(BillerId),
        asked_at: moment(row, 6)?,
        took_micros: row.get(7)?,
        answer: text(row, 8)?,
        evidence: evidence(row)?,
    };
    Ok((exchange, row.get(9)?))
}

/// The evidence in the first columns of a row, if there is any.
pub(super) fn evidence(row: &Row<'_>) -> Result<Option<Evidence>, StoreError> {
    let Some(sent) = optional_text(row, 0)? else { return Ok(None) };
    Ok(Some(Evidence { sent, http_status: row.get(1)?, received: text(row, 2)? }))
}

/// The exchanges of a payment, oldest first.
pub(in crate::sqlite) fn chain(
    connection: &Connection,
    last: Option<i64>,
) -> Result<Vec<Exchange>, StoreError> {
    let sql = select!("WHERE id = ?1");
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
    let mut statement = connection.prepare(select!("ORDER BY id"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        see(TrId(row.get(10)?), read(row)?.0);
    }
    Ok(())
}
