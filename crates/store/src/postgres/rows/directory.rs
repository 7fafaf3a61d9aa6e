//! Partners, products and billers: their queries, and the conversion of their rows.

use std::sync::Arc;
use std::time::Duration;

use domain::partner::{PasswordHash, SealedKey, SignIn, Totp};
use domain::{
    BillerDirectory, BillerId, BillerKind, BillerName, BillerSettings, CallbackUrl, Catalogue,
    Family, Hours, Partner, PartnerId, Product, ProductCode, Route, Username,
};
use tokio_postgres::Row;

use super::{RowReader, damaged};
use crate::StoreError;

/// The partners with their keys, in the order of their numbers.
pub(in crate::postgres) const PARTNERS: &str = "\
    SELECT p.id, p.username, p.name, p.allow_list, p.suspended, p.min_balance, p.created_at, \
    array(SELECT k.sealed FROM partner_key k WHERE k.partner = p.id ORDER BY k.place), \
    s.password, s.totp, coalesce(s.totp_used, 0), coalesce(s.sessions, 0), c.url \
    FROM partner p LEFT JOIN partner_sign_in s ON s.partner = p.id \
    LEFT JOIN partner_callback c ON c.partner = p.id ORDER BY p.id";

pub(in crate::postgres) fn partner(row: &Row) -> Result<Arc<Partner>, StoreError> {
    let mut cells = RowReader::of(row);
    let (id, username) = (PartnerId(cells.take()?), cells.take()?);
    let name = cells.text()?;
    let networks = cells.take::<&str>()?.split_whitespace().map(str::parse);
    Ok(Arc::new(Partner {
        id,
        username: Username::new(username).map_err(damaged)?,
        name,
        allow_list: networks.collect::<Result<_, _>>().map_err(damaged)?,
        suspended: cells.take()?,
        min_balance: cells.rupiah()?,
        created_at: cells.moment()?,
        keys: cells.take::<Vec<Vec<u8>>>()?.into_iter().map(|key| SealedKey(key.into())).collect(),
        sign_in: cells.sign_in()?,
        callback: cells.callback_url()?,
    }))
}

/// The products.
pub(in crate::postgres) const PRODUCTS: &str = "\
    SELECT code, name, family, fee, commission, active, hours, province, fee_of_biller, below_cost, failover_payments, \
    array(SELECT r.biller FROM route r WHERE r.product = p.code ORDER BY r.place), \
    array(SELECT coalesce(r.code, '') FROM route r WHERE r.product = p.code ORDER BY r.place), \
    array(SELECT r.active FROM route r WHERE r.product = p.code ORDER BY r.place), \
    array(SELECT coalesce(r.hours, '') FROM route r WHERE r.product = p.code ORDER BY r.place) \
    FROM product p";

pub(in crate::postgres) fn catalogue(rows: &[Row]) -> Result<Catalogue, StoreError> {
    let keyed = |row| product(row).map(|product| (product.code.clone(), Arc::new(product)));
    rows.iter().map(keyed).collect()
}

/// The billers on a network.
pub(in crate::postgres) const BILLERS: &str = "\
    SELECT id, name, kind, url, prepaid_url, username, api_key, webhook_secret, testing, deadline, concurrency, \
    paused, created_at, account_since FROM biller";

pub(in crate::postgres) fn billers(rows: &[Row]) -> Result<BillerDirectory, StoreError> {
    let keyed = |row| biller(row).map(|biller| (biller.id, Arc::new(biller)));
    rows.iter().map(keyed).collect()
}

fn biller(row: &Row) -> Result<BillerSettings, StoreError> {
    let mut cells = RowReader::of(row);
    let (id, name) = (BillerId(cells.take()?), BillerName::new(cells.take()?).map_err(damaged)?);
    let kind: &str = cells.take()?;
    let sealed = |key: Vec<u8>| SealedKey(key.into());
    Ok(BillerSettings {
        id,
        name,
        kind: BillerKind::named(kind).ok_or_else(|| damaged(format_args!("kind {kind:?}")))?,
        url: cells.text()?,
        prepaid_url: cells.optional_text()?,
        username: Username::new(cells.take()?).map_err(damaged)?,
        api_key: sealed(cells.take()?),
        webhook_secret: cells.take::<Option<Vec<u8>>>()?.map(sealed),
        testing: cells.take()?,
        deadline: Duration::from_millis(u64::try_from(cells.take::<i64>()?).map_err(damaged)?),
        concurrency: u16::try_from(cells.take::<i64>()?).map_err(damaged)?,
        paused: cells.take()?,
        created_at: cells.moment()?,
        account_since: cells.moment()?,
    })
}

fn product(row: &Row) -> Result<Product, StoreError> {
    let mut cells = RowReader::of(row);
    let (code, name) = (ProductCode::new(cells.take()?).map_err(damaged)?, cells.text()?);
    let family: &str = cells.take()?;
    let hours = |text: &str| Hours::parse(text).ok_or_else(|| damaged(text));
    Ok(Product {
        code,
        name,
        family: Family::named(family).ok_or_else(|| damaged(format_args!("family {family:?}")))?,
        fee: cells.rupiah()?,
        commission: cells.rupiah()?,
        active: cells.take()?,
        hours: cells.take::<Option<&str>>()?.map(hours).transpose()?,
        province: cells.optional_text()?,
        fee_of_biller: cells.take()?,
        below_cost: cells.take()?,
        failover_payments: cells.take()?,
        routes: cells.routes()?,
    })
}

impl RowReader<'_> {
    fn sign_in(&mut self) -> Result<SignIn, StoreError> {
        let password = self.optional_text()?.map(PasswordHash);
        let secret = self.take::<Option<&[u8]>>()?.map(|secret| SealedKey(secret.into()));
        let used = self.take()?;
        let totp = secret.map(|secret| Totp { secret, used });
        Ok(SignIn { password, totp, sessions: self.take()? })
    }

    fn callback_url(&mut self) -> Result<Option<CallbackUrl>, StoreError> {
        self.take::<Option<&str>>()?.map(CallbackUrl::new).transpose().map_err(damaged)
    }

    /// The routes of a product: one array for each column, with empty texts for NULL.
    fn routes(&mut self) -> Result<Vec<Route>, StoreError> {
        let (billers, codes) = (self.take::<Vec<i64>>()?, self.take::<Vec<&str>>()?);
        let (active, hours) = (self.take::<Vec<bool>>()?, self.take::<Vec<&str>>()?);
        let rows = billers.into_iter().zip(codes).zip(active.into_iter().zip(hours));
        let route = |((biller, code), (active, hours)): ((i64, &str), (bool, &str))| {
            let code = (!code.is_empty()).then(|| ProductCode::new(code).map_err(damaged));
            let open = || Hours::parse(hours).ok_or_else(|| damaged(hours));
            let hours = (!hours.is_empty()).then(open).transpose()?;
            Ok(Route { biller: BillerId(biller), code: code.transpose()?, active, hours })
        };
        rows.map(route).collect()
    }
}
