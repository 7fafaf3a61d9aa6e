//! The table `biller`.

use std::sync::Arc;
use std::time::Duration;

use domain::partner::SealedKey;
use domain::{BillerDirectory, BillerId, BillerKind, BillerName, BillerSettings, Username};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, optional_text, text};
use crate::StoreError;

/// All billers on a network.
pub(in crate::sqlite) fn every(connection: &Connection) -> Result<BillerDirectory, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, kind, url, prepaid_url, username, api_key, webhook_secret, testing, deadline, \
         concurrency, paused, created_at, account_since FROM biller",
    )?;
    let billers = all(&mut statement, [], read)?;
    Ok(billers.into_iter().map(|biller| (biller.id, Arc::new(biller))).collect())
}

fn read(row: &Row<'_>) -> Result<BillerSettings, StoreError> {
    let kind = borrowed(row, 2)?;
    let sealed = |key: Vec<u8>| SealedKey(key.into());
    Ok(BillerSettings {
        id: BillerId(row.get(0)?),
        name: BillerName::new(borrowed(row, 1)?).map_err(damaged)?,
        kind: BillerKind::named(kind).ok_or_else(|| damaged(format_args!("kind {kind:?}")))?,
        url: text(row, 3)?,
        prepaid_url: optional_text(row, 4)?,
        username: Username::new(borrowed(row, 5)?).map_err(damaged)?,
        api_key: sealed(row.get(6)?),
        webhook_secret: row.get::<_, Option<Vec<u8>>>(7)?.map(sealed),
        testing: row.get(8)?,
        deadline: Duration::from_millis(u64::try_from(row.get::<_, i64>(9)?).map_err(damaged)?),
        concurrency: row.get(10)?,
        paused: row.get(11)?,
        created_at: moment(row, 12)?,
        account_since: moment(row, 13)?,
    })
}

pub(in crate::sqlite) fn put(
    connection: &Connection,
    biller: &BillerSettings,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO biller (id, name, kind, url, prepaid_url, username, api_key, webhook_secret, testing, \
             deadline, concurrency, paused, created_at, account_since) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
             ON CONFLICT (id) DO UPDATE SET url = ?4, prepaid_url = ?5, username = ?6, api_key = ?7, \
             webhook_secret = ?8, testing = ?9, deadline = ?10, concurrency = ?11, paused = ?12, \
             account_since = ?14",
        )?
        .execute(params![
            biller.id.0,
            biller.name.as_str(),
            biller.kind.name(),
            biller.url,
            biller.prepaid_url,
            biller.username.as_str(),
            &biller.api_key.0[..],
            biller.webhook_secret.as_ref().map(|secret| &secret.0[..]),
            biller.testing,
            i64::try_from(biller.deadline.as_millis()).map_err(damaged)?,
            biller.concurrency,
            biller.paused,
            biller.created_at.as_micros(),
            biller.account_since.as_micros(),
        ])?;
    Ok(())
}
