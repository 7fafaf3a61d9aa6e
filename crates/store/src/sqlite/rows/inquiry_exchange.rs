//! The table `inquiry_exchange`.

use domain::payment::Call;
use domain::{BillerId, Exchange, TrId};
use rusqlite::{Connection, Row, params};

use super::{all, exchange, moment, text};
use crate::StoreError;

/// Writes the calls of an inquiry, in order.
pub(in crate::sqlite) fn insert<'e>(
    connection: &Connection,
    tr_id: TrId,
    exchanges: impl Iterator<Item = &'e Exchange>,
) -> Result<(), StoreError> {
    for (number, exchange) in (1_i64..).zip(exchanges) {
        let evidence = exchange.evidence.as_ref();
        connection
            .prepare_cached(
                "INSERT INTO inquiry_exchange (id, biller, asked_at, took, answer, sent, http_status, \
                 received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                tr_id.0 << 8 | number,
                exchange.biller.map(|biller| biller.0),
                exchange.asked_at.as_micros(),
                exchange.took_micros,
                exchange.answer,
                evidence.map(|evidence| &evidence.sent),
                evidence.and_then(|evidence| evidence.http_status),
                evidence.map(|evidence| &evidence.received),
            ])?;
    }
    Ok(())
}

pub(in crate::sqlite) fn remove(connection: &Connection, tr_id: TrId) -> Result<(), StoreError> {
    let sql = "DELETE FROM inquiry_exchange WHERE id BETWEEN ?1 << 8 AND ?1 << 8 | 255";
    connection.prepare_cached(sql)?.execute([tr_id.0])?;
    Ok(())
}

/// A SELECT of calls in their order, with a condition.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT sent, http_status, received, biller, asked_at, took, answer, id >> 8 FROM inquiry_exchange ",
            $condition,
            " ORDER BY id"
        )
    };
}

fn read(row: &Row<'_>) -> Result<Exchange, StoreError> {
    Ok(Exchange {
        call: Call::Inquire,
        attempt: 1,
        biller: row.get::<_, Option<i64>>(3)?.map(BillerId),
        asked_at: moment(row, 4)?,
        took_micros: row.get(5)?,
        answer: text(row, 6)?,
        evidence: exchange::evidence(row)?,
    })
}

/// The stored calls of an inquiry, in order.
pub(in crate::sqlite) fn of(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Vec<Exchange>, StoreError> {
    let mut statement =
        connection.prepare_cached(select!("WHERE id BETWEEN ?1 << 8 AND ?1 << 8 | 255"))?;
    all(&mut statement, [tr_id.0], read)
}

/// Passes on every stored call, in the order of the inquiries.
pub(in crate::sqlite) fn every(
    connection: &Connection,
    see: &mut dyn FnMut(TrId, Exchange),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(select!(""))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        see(TrId(row.get(7)?), read(row)?);
    }
    Ok(())
}
