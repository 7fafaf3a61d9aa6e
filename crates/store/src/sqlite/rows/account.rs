//! The table `account`: balances.

use domain::{Account, PartnerId, Rupiah};
use rusqlite::{Connection, params};

use super::{all, damaged, one, rupiah};
use crate::StoreError;

pub(in crate::sqlite) fn balances(
    connection: &Connection,
) -> Result<Vec<(Account, Rupiah)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, balance FROM account ORDER BY id")?;
    all(&mut statement, [], |row| {
        let number = row.get(0)?;
        let account = Account::numbered(number);
        Ok((account.ok_or_else(|| damaged(format_args!("account {number}")))?, rupiah(row, 1)?))
    })
}

/// The partner's balance.
pub(in crate::sqlite) fn available(
    connection: &Connection,
    partner: PartnerId,
) -> Result<Rupiah, StoreError> {
    let number = Account::Available(partner).number();
    let sql = "SELECT balance FROM account WHERE id = ?1";
    Ok(one(connection, sql, [number], |row| rupiah(row, 0))?.unwrap_or_default())
}

/// Writes a balance.
pub(in crate::sqlite) fn put(
    connection: &Connection,
    account: Account,
    balance: Rupiah,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO account (id, balance) VALUES (?1, ?2) \
             ON CONFLICT (id) DO UPDATE SET balance = ?2",
        )?
        .execute(params![account.number(), balance.get()])?;
    Ok(())
}
