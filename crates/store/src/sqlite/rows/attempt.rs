//! The table `attempt`: the attempts of payments after their first ones.

use domain::{Attempt, BillerId, FailureReason, Moment, ProductCode, Reference, Rupiah, TrId};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, one, optional, optional_text};
use crate::StoreError;

/// The columns of an attempt `a`, in the order in which [`read`] reads them.
macro_rules! columns {
    () => {
        "a.number, a.biller, a.biller_code, a.reference, a.biller_reference, a.cost, a.begun_at, a.after"
    };
}
pub(super) use columns;

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT ", columns!(), ", a.tr_id FROM attempt a ", $end)
    };
}

/// The attempt whose columns begin at `first`, if there is one.
pub(in crate::sqlite) fn read(row: &Row<'_>, first: usize) -> Result<Option<Attempt>, StoreError> {
    let Some(number) = row.get(first)? else { return Ok(None) };
    Ok(Some(Attempt {
        number,
        biller: BillerId(row.get(first + 1)?),
        biller_code: optional(row, first + 2, ProductCode::new)?,
        reference: optional(row, first + 3, Reference::new)?,
        biller_reference: optional_text(row, first + 4)?,
        stated_cost: row.get::<_, Option<i64>>(first + 5)?.map(Rupiah::new),
        begun_at: moment(row, first + 6)?,
        after: reason(borrowed(row, first + 7)?).map_err(damaged)?,
    }))
}

/// The reason with that name.
pub(super) fn reason(name: &str) -> Result<FailureReason, String> {
    FailureReason::named(name).ok_or_else(|| format!("reason {name:?}"))
}

/// The later attempts of a payment, in order.
pub(in crate::sqlite) fn of(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Vec<Attempt>, StoreError> {
    let mut statement =
        connection.prepare_cached(select!("WHERE a.tr_id = ?1 ORDER BY a.number"))?;
    let rows = all(&mut statement, [tr_id.0], |row| read(row, 0))?;
    Ok(rows.into_iter().flatten().collect())
}

/// The later attempt with that number of a payment.
pub(super) fn numbered(
    connection: &Connection,
    tr_id: TrId,
    number: u32,
) -> Result<Option<Attempt>, StoreError> {
    let sql = select!("WHERE a.tr_id = ?1 AND a.number = ?2");
    Ok(one(connection, sql, params![tr_id.0, number], |row| read(row, 0))?.flatten())
}

/// Passes on every later attempt, those of one payment in their order.
pub(in crate::sqlite) fn every(
    connection: &Connection,
    see: &mut dyn FnMut(TrId, Attempt),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(select!("ORDER BY a.tr_id, a.number"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(attempt) = read(row, 0)? {
            see(TrId(row.get(8)?), attempt);
        }
    }
    Ok(())
}

/// Their number.
pub(in crate::sqlite) fn count(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM attempt";
    let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    u64::try_from(count).map_err(damaged)
}

/// The payments with an attempt that does not follow the one before, or is at the same biller.
pub(in crate::sqlite) fn astray(connection: &Connection) -> Result<Vec<TrId>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT a.tr_id FROM attempt a LEFT JOIN attempt b ON b.tr_id = a.tr_id AND b.number = a.number - 1 \
         WHERE a.number > 2 AND (b.number IS NULL OR b.biller = a.biller)",
    )?;
    all(&mut statement, [], |row| Ok(TrId(row.get(0)?)))
}

pub(in crate::sqlite) fn insert(
    connection: &Connection,
    tr_id: TrId,
    attempt: &Attempt,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO attempt (tr_id, number, biller, biller_code, reference, biller_reference, cost, begun_at, \
             after) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            tr_id.0,
            attempt.number,
            attempt.biller.0,
            attempt.biller_code.as_ref().map(ProductCode::as_str),
            attempt.reference.as_ref().map(Reference::as_str),
            attempt.biller_reference,
            attempt.stated_cost.map(Rupiah::get),
            Moment::as_micros(attempt.begun_at),
            attempt.after.name(),
        ])?;
    Ok(())
}
