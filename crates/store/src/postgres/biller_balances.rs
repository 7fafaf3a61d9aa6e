//! What billers told as lunas's balance there.

use domain::{BillerBalance, BillerId};
use tokio_postgres::Row;

use super::rows::RowReader;
use super::session::{Params, Session, column};
use crate::{BillerBalanceRecord, StoreError};

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT id, biller, at, balance, taken, in_process FROM biller_balance ", $end)
    };
}

/// The last answer of a biller.
pub(super) const LAST: &str = select!("WHERE biller = $1 ORDER BY id DESC LIMIT 1");

/// The oldest answers after a number.
pub(super) const AFTER: &str = select!("WHERE id > $1 ORDER BY id LIMIT $2");

const TOLD: &str = "\
    INSERT INTO biller_balance (biller, at, balance, taken, in_process) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])";

/// Rows that were moved here keep their numbers.
const MOVED: &str = "\
    INSERT INTO biller_balance (id, biller, at, balance, taken, in_process) \
    OVERRIDING SYSTEM VALUE SELECT * FROM unnest($6::bigint[], $1::bigint[], $2::bigint[], $3::bigint[], \
    $4::bigint[], $5::bigint[])";

/// The statements that write.
pub(super) const STATEMENTS: &[&str] = &[TOLD, MOVED];

/// Writes the new rows of a batch.
pub(super) async fn append(session: &Session, rows: &[&BillerBalance]) -> Result<(), StoreError> {
    match rows.is_empty() {
        true => Ok(()),
        false => write(session, TOLD, rows, &[]).await,
    }
}

/// Writes rows of moved books.
pub(super) async fn append_moved(
    session: &Session,
    records: &[BillerBalanceRecord],
) -> Result<(), StoreError> {
    let rows = column(records, |record| &record.told);
    write(session, MOVED, &rows, &[&column(records, |record| record.id)]).await
}

async fn write(
    session: &Session,
    sql: &'static str,
    rows: &[&BillerBalance],
    more: Params<'_>,
) -> Result<(), StoreError> {
    let columns: Params<'_> = &[
        &column(rows, |told| told.biller.0),
        &column(rows, |told| told.at.as_micros()),
        &column(rows, |told| told.balance.get()),
        &column(rows, |told| told.taken.get()),
        &column(rows, |told| told.in_process.get()),
    ];
    session.run(sql, &[columns, more].concat()).await
}

/// A row of [`LAST`] or [`AFTER`].
pub(super) fn read(row: &Row) -> Result<BillerBalanceRecord, StoreError> {
    let mut cells = RowReader::of(row);
    let id = cells.take()?;
    let told = BillerBalance {
        biller: BillerId(cells.take()?),
        at: cells.moment()?,
        balance: cells.rupiah()?,
        taken: cells.rupiah()?,
        in_process: cells.rupiah()?,
    };
    Ok(BillerBalanceRecord { id, told })
}
