//! The tables of partners: keys, sign-in and callback address.

use std::sync::Arc;

use domain::partner::{PasswordHash, SealedKey, SignIn, Totp};
use domain::{Account, CallbackUrl, Partner, PartnerId, Rupiah, Username};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, rupiah, text};
use crate::StoreError;

pub(in crate::sqlite) fn every(connection: &Connection) -> Result<Vec<Arc<Partner>>, StoreError> {
    let mut keys = connection
        .prepare_cached("SELECT sealed FROM partner_key WHERE partner = ?1 ORDER BY place")?;
    let mut statement = connection.prepare_cached(
        "SELECT id, username, name, allow_list, suspended, min_balance, created_at, \
         s.password, s.totp, s.totp_used, s.sessions, c.url FROM partner p \
         LEFT JOIN partner_sign_in s ON s.partner = p.id \
         LEFT JOIN partner_callback c ON c.partner = p.id ORDER BY p.id",
    )?;
    let mut rows = statement.query([])?;
    let mut partners = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let sealed = all(&mut keys, [id], |row| Ok(SealedKey(row.get::<_, Vec<u8>>(0)?.into())))?;
        let networks = borrowed(row, 3)?.split_whitespace().map(str::parse);
        partners.push(Arc::new(Partner {
            id: PartnerId(id),
            username: Username::new(borrowed(row, 1)?).map_err(damaged)?,
            name: text(row, 2)?,
            keys: sealed,
            allow_list: networks.collect::<Result<_, _>>().map_err(damaged)?,
            suspended: row.get(4)?,
            min_balance: rupiah(row, 5)?,
            created_at: moment(row, 6)?,
            sign_in: sign_in(row)?,
            callback: callback(row)?,
        }));
    }
    Ok(partners)
}

/// The sign-in of a partner. Its columns are NULL if the partner has no row in that table.
fn sign_in(row: &Row<'_>) -> Result<SignIn, StoreError> {
    let totp = row.get::<_, Option<Vec<u8>>>(8)?.map(|secret| SealedKey(secret.into()));
    let used: Option<i64> = row.get(9)?;
    Ok(SignIn {
        password: row.get::<_, Option<String>>(7)?.map(|hash| PasswordHash(hash.into())),
        totp: totp.zip(used).map(|(secret, used)| Totp { secret, used }),
        sessions: row.get::<_, Option<i64>>(10)?.unwrap_or_default(),
    })
}

fn callback(row: &Row<'_>) -> Result<Option<CallbackUrl>, StoreError> {
    let url = row.get_ref(11)?.as_str_or_null().map_err(damaged)?;
    url.map(CallbackUrl::new).transpose().map_err(damaged)
}

/// Writes a partner, its keys, and the minimum balance in its account, for the CHECK.
pub(in crate::sqlite) fn put(connection: &Connection, partner: &Partner) -> Result<(), StoreError> {
    let allow_list: Vec<String> = partner.allow_list.iter().map(ToString::to_string).collect();
    let id = partner.id.0;
    connection
        .prepare_cached(
            "INSERT INTO partner (id, username, name, allow_list, suspended, min_balance, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (id) DO UPDATE SET name = ?3, allow_list = ?4, suspended = ?5, min_balance = ?6",
        )?
        .execute(params![
            id,
            partner.username.as_str(),
            partner.name,
            allow_list.join(" "),
            partner.suspended,
            partner.min_balance.get(),
            partner.created_at.as_micros(),
        ])?;
    connection.prepare_cached("DELETE FROM partner_key WHERE partner = ?1")?.execute([id])?;
    let mut insert = connection
        .prepare_cached("INSERT INTO partner_key (partner, place, sealed) VALUES (?1, ?2, ?3)")?;
    for (place, key) in (0i64..).zip(&partner.keys) {
        insert.execute(params![id, place, &key.0[..]])?;
    }
    if partner.sign_in != SignIn::default() {
        put_sign_in(connection, id, &partner.sign_in)?;
    }
    put_callback(connection, id, partner.callback.as_ref())?;
    let floors = [
        (Account::Available(partner.id), partner.min_balance),
        (Account::Held(partner.id), Rupiah::ZERO),
    ];
    for (account, min_balance) in floors {
        // The CHECK applies to the inserted row even if the row exists: a zero balance cannot have a minimum
        // above zero.
        connection
            .prepare_cached(
                "INSERT INTO account (id, balance, min_balance) VALUES (?1, 0, min(?2, 0)) \
                 ON CONFLICT (id) DO UPDATE SET min_balance = ?2",
            )?
            .execute(params![account.number(), min_balance.get()])?;
    }
    Ok(())
}

fn put_sign_in(connection: &Connection, id: i64, sign_in: &SignIn) -> Result<(), StoreError> {
    let totp = sign_in.totp.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO partner_sign_in (partner, password, totp, totp_used, sessions) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (partner) DO UPDATE \
             SET password = ?2, totp = ?3, totp_used = ?4, sessions = ?5",
        )?
        .execute(params![
            id,
            sign_in.password.as_ref().map(|hash| &*hash.0),
            totp.map(|totp| &totp.secret.0[..]),
            totp.map_or(0, |totp| totp.used),
            sign_in.sessions,
        ])?;
    Ok(())
}

fn put_callback(
    connection: &Connection,
    id: i64,
    url: Option<&CallbackUrl>,
) -> Result<(), StoreError> {
    let Some(url) = url else {
        let forget = "DELETE FROM partner_callback WHERE partner = ?1";
        connection.prepare_cached(forget)?.execute([id])?;
        return Ok(());
    };
    let put = "INSERT OR REPLACE INTO partner_callback (partner, url) VALUES (?1, ?2)";
    connection.prepare_cached(put)?.execute(params![id, url.as_str()])?;
    Ok(())
}
