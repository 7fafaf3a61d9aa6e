//! The table `payment`.

use std::sync::Arc;

use domain::{Attempt, BillerId, FailureReason, Moment, PartnerId, Payment, State, TrId};
use rusqlite::{Connection, Row, params};

use super::attempt::{self, reason};
use super::{borrowed, damaged, moment, one, optional, optional_text, rupiah, text};
use crate::StoreError;

/// The columns of a payment `p`, in the order in which [`read`] reads them.
macro_rules! columns {
    () => {
        "p.tr_id, p.partner, p.biller, p.state, p.begun_at, p.settled_at, p.balance, p.reason, p.receipt_no, \
         p.details, p.exchanges, p.asks, p.open_because, p.hold, p.settlement, p.last_exchange, "
    };
}

/// A SELECT of all columns of payments `p` with their current attempts, and the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            attempt::columns!(),
            " FROM payment p LEFT JOIN attempt a ON a.tr_id = p.tr_id AND a.number = p.attempt ",
            $end
        )
    };
}

/// All rows, in no order.
pub(in crate::sqlite) const SELECT: &str = select!("");

/// The rows after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE p.tr_id > ?1 ORDER BY p.tr_id");

/// Without a join: with one, SQLite prepares the statement again for each number.
const BY_NUMBER: &str =
    concat!("SELECT ", columns!(), "p.attempt FROM payment p WHERE p.tr_id = ?1");

/// The payment with that number.
pub(in crate::sqlite) fn find(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Option<Payment>, StoreError> {
    Ok(find_with_trail(connection, tr_id)?.map(|(payment, _)| payment))
}

/// The payment with that number, and the ids of its movements and last exchange.
pub(in crate::sqlite) fn find_with_trail(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Option<(Payment, Trail)>, StoreError> {
    let read = |row: &Row<'_>| Ok((payment(row, None)?, trail(row)?, row.get(16)?));
    let found: Option<(Payment, Trail, u32)> = one(connection, BY_NUMBER, [tr_id.0], read)?;
    let Some((mut payment, trail, number)) = found else { return Ok(None) };
    if number > 1 {
        payment.attempt = attempt::numbered(connection, tr_id, number)?.map(Arc::new);
    }
    Ok(Some((payment, trail)))
}

/// The ids of a payment's movements and of its last exchange.
pub(in crate::sqlite) struct Trail {
    pub(in crate::sqlite) hold: i64,
    pub(in crate::sqlite) settlement: Option<i64>,
    pub(in crate::sqlite) last_exchange: Option<i64>,
}

/// A payment with its current attempt.
pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<Payment, StoreError> {
    payment(row, attempt::read(row, 16)?)
}

fn payment(row: &Row<'_>, attempt: Option<Attempt>) -> Result<Payment, StoreError> {
    let state = borrowed(row, 3)?;
    Ok(Payment {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        biller: BillerId(row.get(2)?),
        state: State::named(state).ok_or_else(|| damaged(format_args!("state {state:?}")))?,
        begun_at: moment(row, 4)?,
        settled_at: row.get::<_, Option<i64>>(5)?.map(Moment::from_micros),
        balance: rupiah(row, 6)?,
        reason: optional(row, 7, reason)?,
        receipt_no: text(row, 8)?,
        details: optional_text(row, 9)?,
        exchanges: row.get(10)?,
        asks: row.get(11)?,
        open_because: optional_text(row, 12)?,
        attempt: attempt.map(Arc::new),
    })
}

pub(in crate::sqlite) fn read_with_trail(row: &Row<'_>) -> Result<(Payment, Trail), StoreError> {
    Ok((read(row)?, trail(row)?))
}

fn trail(row: &Row<'_>) -> Result<Trail, StoreError> {
    Ok(Trail { hold: row.get(13)?, settlement: row.get(14)?, last_exchange: row.get(15)? })
}

/// Writes a new payment.
pub(in crate::sqlite) fn insert(
    connection: &Connection,
    payment: &Payment,
    hold: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO payment (tr_id, partner, biller, state, begun_at, balance, receipt_no, \
             exchanges, asks, hold) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            payment.tr_id.0,
            payment.partner.0,
            payment.biller.0,
            payment.state.name(),
            payment.begun_at.as_micros(),
            payment.balance.get(),
            payment.receipt_no,
            payment.exchanges,
            payment.asks,
            hold,
        ])?;
    Ok(())
}

/// Writes the changes of an answer. A payment is settled at most once in any case.
pub(in crate::sqlite) fn update(
    connection: &Connection,
    payment: &Payment,
    settlement: Option<i64>,
    exchange: Option<i64>,
) -> Result<(), StoreError> {
    let written = connection
        .prepare_cached(
            "UPDATE payment SET state = ?2, settled_at = ?3, balance = ?4, reason = ?5, \
             receipt_no = ?6, details = ?7, exchanges = ?8, asks = ?9, open_because = ?10, \
             settlement = coalesce(?11, settlement), last_exchange = coalesce(?12, last_exchange), \
             biller = ?13, attempt = ?14 \
             WHERE tr_id = ?1 AND coalesce(settled_at, ?3) IS ?3",
        )?
        .execute(params![
            payment.tr_id.0,
            payment.state.name(),
            payment.settled_at.map(Moment::as_micros),
            payment.balance.get(),
            payment.reason.map(FailureReason::name),
            payment.receipt_no,
            payment.details,
            payment.exchanges,
            payment.asks,
            payment.open_because,
            settlement,
            exchange,
            payment.biller.0,
            payment.attempt_number(),
        ])?;
    if written == 1 {
        Ok(())
    } else {
        Err(StoreError::Constraint(format!("payment {} is final or missing", payment.tr_id)))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::sqlite::{known, migrate};

    /// Pitfall: when this look-up joined the attempts, SQLite prepared it again for each number. That halved the
    /// payments per second.
    #[test]
    fn a_payment_is_looked_up_without_preparing_the_statement_again() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &known()).unwrap();
        for tr_id in 1..10 {
            assert!(find(&connection, TrId(tr_id)).unwrap().is_none());
        }
        let statement = connection.prepare_cached(BY_NUMBER).unwrap();
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        assert_eq!(statement.get_status(StatementStatus::Run), 9);
    }
}
