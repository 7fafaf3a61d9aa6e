//! Writes partners, products and billers, row by row, as they change rarely.

use domain::partner::SignIn;
use domain::{BillerSettings, Partner, Product, ProductCode};

use super::batch_rows::BatchRows;
use super::session::{Session, column};
use crate::StoreError;
use crate::error::damaged;

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
    INSERT INTO product (code, name, family, fee, commission, active, hours, province, fee_of_biller, \
    below_cost, failover_payments) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, family = excluded.family, fee = excluded.fee, \
    commission = excluded.commission, active = excluded.active, hours = excluded.hours, \
    province = excluded.province, fee_of_biller = excluded.fee_of_biller, \
    below_cost = excluded.below_cost, failover_payments = excluded.failover_payments";

const NO_ROUTES: &str = "DELETE FROM route WHERE product = $1";

const ROUTES: &str = "\
    INSERT INTO route (product, place, biller, code, active, hours) \
    SELECT $1::text, r.place - 1, r.biller, r.code, r.active, r.hours \
    FROM unnest($2::bigint[], $3::text[], $4::boolean[], $5::text[]) \
    WITH ORDINALITY AS r (biller, code, active, hours, place)";

const BILLER: &str = "\
    INSERT INTO biller (id, name, kind, url, prepaid_url, username, api_key, webhook_secret, testing, deadline, \
    concurrency, paused, created_at, account_since) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
    ON CONFLICT (id) DO UPDATE SET url = excluded.url, prepaid_url = excluded.prepaid_url, \
    username = excluded.username, api_key = excluded.api_key, webhook_secret = excluded.webhook_secret, \
    testing = excluded.testing, deadline = excluded.deadline, concurrency = excluded.concurrency, \
    paused = excluded.paused, account_since = excluded.account_since";

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
    NO_ROUTES,
    ROUTES,
    BILLER,
    VERSION,
];

/// Writes the partners, products and billers of a batch, if any, before its other rows.
pub(super) async fn put_directory(
    session: &Session,
    draft: &BatchRows<'_>,
) -> Result<(), StoreError> {
    if draft.partners.is_empty() && draft.products.is_empty() && draft.billers.is_empty() {
        return Ok(());
    }
    for partner in &draft.partners {
        put_partner(session, partner).await?;
    }
    for product in &draft.products {
        put_product(session, product).await?;
    }
    for biller in &draft.billers {
        put_biller(session, biller).await?;
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
        &product.fee_of_biller,
        &product.below_cost,
        &product.failover_payments,
    ];
    session.run(PRODUCT, row).await?;
    let code = product.code.as_str();
    session.run(NO_ROUTES, &[&code]).await?;
    let routes = &product.routes;
    let row: super::session::Params<'_> = &[
        &code,
        &column(routes, |route| route.biller.0),
        &column(routes, |route| route.code.as_ref().map(ProductCode::as_str)),
        &column(routes, |route| route.active),
        &column(routes, |route| route.hours.map(|hours| hours.to_string())),
    ];
    session.run(ROUTES, row).await
}

async fn put_biller(session: &Session, biller: &BillerSettings) -> Result<(), StoreError> {
    let row: super::session::Params<'_> = &[
        &biller.id.0,
        &biller.name.as_str(),
        &biller.kind.name(),
        &&*biller.url,
        &biller.prepaid_url.as_deref(),
        &biller.username.as_str(),
        &&biller.api_key.0[..],
        &biller.webhook_secret.as_ref().map(|secret| &secret.0[..]),
        &biller.testing,
        &i64::try_from(biller.deadline.as_millis()).map_err(damaged)?,
        &i64::from(biller.concurrency),
        &biller.paused,
        &biller.created_at.as_micros(),
        &biller.account_since.as_micros(),
    ];
    session.run(BILLER, row).await
}
