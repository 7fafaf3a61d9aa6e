//! Writes partners and products, row by row, as they change rarely.

use domain::partner::SignIn;
use domain::{Partner, Product};

use super::batch_rows::BatchRows;
use super::session::{Session, column};
use crate::StoreError;

const PARTNER: &str = "\
    INSERT INTO partner (id, username, name, allow_list, suspended, min_balance, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
    allow_list = excluded.allow_list, suspended = excluded.suspended, min_balance = excluded.min_balance";

const NO_KEYS: &str = "DELETE FROM partner_key WHERE partner = $1";

const KEYS: &str = "\
    INSERT INTO partner_key (partner, place, sealed) \
    SELECT $1::bigint, k.place - 1, k.sealed FROM unnest($2::bytea[]) WITH ORDINALITY AS k (sealed, place)";

const SIGN_IN: &str = "\
    INSERT INTO partner_sign_in (partner, password, totp, totp_used, sessions) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (partner) DO UPDATE SET password = excluded.password, \
    totp = excluded.totp, totp_used = excluded.totp_used, sessions = excluded.sessions";

const CALLBACK: &str = "\
    INSERT INTO partner_callback (partner, url) VALUES ($1, $2) \
    ON CONFLICT (partner) DO UPDATE SET url = excluded.url";

const NO_CALLBACK: &str = "DELETE FROM partner_callback WHERE partner = $1";

/// Sets the minimum balance in the row of balances. The CHECK applies to the inserted row even if the row exists:
/// a zero balance cannot have a minimum above zero.
const MIN_BALANCE: &str = "\
    INSERT INTO partner_balance (partner, min_balance) VALUES ($1, LEAST($2::bigint, 0)) \
    ON CONFLICT (partner) DO UPDATE SET min_balance = $2";

const NEXT_PARTNER: &str =
    "UPDATE counter SET value = greatest(value, $1::bigint + 1) WHERE name = 'partner'";

const PRODUCT: &str = "\
    INSERT INTO product (code, name, family, fee, commission, active, hours, province, biller) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (code) DO UPDATE SET \
    name = excluded.name, family = excluded.family, fee = excluded.fee, \
    commission = excluded.commission, active = excluded.active, hours = excluded.hours, \
    province = excluded.province, biller = excluded.biller";

/// Raises the version, so that nodes read their copies again.
const VERSION: &str = "UPDATE counter SET value = value + 1 WHERE name = 'directory'";

/// The statements of [`put_directory`].
pub(super) const STATEMENTS: &[&str] = &[
    PARTNER,
    NO_KEYS,
    KEYS,
    SIGN_IN,
    CALLBACK,
    NO_CALLBACK,
    MIN_BALANCE,
    NEXT_PARTNER,
    PRODUCT,
    VERSION,
];

/// Writes the partners and products of a batch, if any, before its other rows.
pub(super) async fn put_directory(
    session: &Session,
    draft: &BatchRows<'_>,
) -> Result<(), StoreError> {
    if draft.partners.is_empty() && draft.products.is_empty() {
        return Ok(());
    }
    for partner in &draft.partners {
        put_partner(session, partner).await?;
    }
    for product in &draft.products {
        put_product(session, product).await?;
    }
    session.run(VERSION, &[]).await
}

async fn put_partner(session: &Session, partner: &Partner) -> Result<(), StoreError> {
    let id = partner.id.0;
    let allow_list = column(&partner.allow_list, ToString::to_string).join(" ");
    let keys = column(&partner.keys, |key| &key.0[..]);
    let row: super::session::Params<'_> = &[
        &id,
        &partner.username.as_str(),
        &&*partner.name,
        &allow_list,
        &partner.suspended,
        &partner.min_balance.get(),
        &partner.created_at.as_micros(),
    ];
    session.run(PARTNER, row).await?;
    session.run(NO_KEYS, &[&id]).await?;
    session.run(KEYS, &[&id, &keys]).await?;
    if partner.sign_in != SignIn::default() {
        put_sign_in(session, id, &partner.sign_in).await?;
    }
    match &partner.callback {
        Some(url) => session.run(CALLBACK, &[&id, &url.as_str()]).await?,
        None => session.run(NO_CALLBACK, &[&id]).await?,
    }
    session.run(MIN_BALANCE, &[&id, &partner.min_balance.get()]).await?;
    session.run(NEXT_PARTNER, &[&id]).await
}

async fn put_sign_in(session: &Session, id: i64, sign_in: &SignIn) -> Result<(), StoreError> {
    let totp = sign_in.totp.as_ref();
    let row: super::session::Params<'_> = &[
        &id,
        &sign_in.password.as_ref().map(|hash| &*hash.0),
        &totp.map(|totp| &totp.secret.0[..]),
        &totp.map_or(0, |totp| totp.used),
        &sign_in.sessions,
    ];
    session.run(SIGN_IN, row).await
}

async fn put_product(session: &Session, product: &Product) -> Result<(), StoreError> {
    let row: super::session::Params<'_> = &[
        &product.code.as_str(),
        &&*product.name,
        &product.family.name(),
        &product.fee.get(),
        &product.commission.get(),
        &product.active,
        &product.hours.map(|hours| hours.to_string()),
        &product.province.as_deref(),
        &product.biller.0,
    ];
    session.run(PRODUCT, row).await
}
