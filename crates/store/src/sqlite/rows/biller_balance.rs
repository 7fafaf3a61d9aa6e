//! The table `biller_balance`.

use domain::{BillerBalance, BillerId};
use rusqlite::{Connection, Row, params};

use super::{all, moment, one, rupiah};
use crate::{BillerBalanceRecord, StoreError};

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!("SELECT id, biller, at, balance, taken, in_process FROM biller_balance ", $end)
    };
}

/// The last answer of a biller.
pub(in crate::sqlite) fn last(
    connection: &Connection,
    biller: BillerId,
) -> Result<Option<BillerBalance>, StoreError> {
    let sql = select!("WHERE biller = ?1 ORDER BY id DESC LIMIT 1");
    Ok(one(connection, sql, [biller.0], read)?.map(|record| record.told))
}

/// The oldest ones after that number.
pub(in crate::sqlite) fn after(
    connection: &Connection,
    id: i64,
    limit: u32,
) -> Result<Vec<BillerBalanceRecord>, StoreError> {
    let mut statement = connection.prepare_cached(select!("WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
    all(&mut statement, params![id, limit], read)
}

pub(in crate::sqlite) fn insert(
    connection: &Connection,
    told: &BillerBalance,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO biller_balance (biller, at, balance, taken, in_process) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            told.biller.0,
            told.at.as_micros(),
            told.balance.get(),
            told.taken.get(),
            told.in_process.get(),
        ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<BillerBalanceRecord, StoreError> {
    let told = BillerBalance {
        biller: BillerId(row.get(1)?),
        at: moment(row, 2)?,
        balance: rupiah(row, 3)?,
        taken: rupiah(row, 4)?,
        in_process: rupiah(row, 5)?,
    };
    Ok(BillerBalanceRecord { id: row.get(0)?, told })
}
