//! The tables `product` and `route`.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{BillerId, Catalogue, Family, Hours, Product, ProductCode, Route};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, optional, optional_text, rupiah, text};
use crate::StoreError;

pub(in crate::sqlite) fn catalogue(connection: &Connection) -> Result<Catalogue, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT code, name, family, fee, commission, active, hours, province, fee_of_biller, \
         below_cost, failover_payments FROM product",
    )?;
    let mut routes = routes(connection)?;
    let products = all(&mut statement, [], read)?.into_iter().map(|product| {
        let routes = routes.remove(&product.code).unwrap_or_default();
        (product.code.clone(), Arc::new(Product { routes, ..product }))
    });
    Ok(products.collect())
}

/// A product without its routes.
fn read(row: &Row<'_>) -> Result<Product, StoreError> {
    let family = borrowed(row, 2)?;
    Ok(Product {
        code: code(row, 0)?,
        name: text(row, 1)?,
        family: Family::named(family).ok_or_else(|| damaged(format_args!("family {family:?}")))?,
        fee: rupiah(row, 3)?,
        fee_of_biller: row.get(8)?,
        commission: rupiah(row, 4)?,
        active: row.get(5)?,
        hours: hours(row, 6)?,
        province: optional_text(row, 7)?,
        below_cost: row.get(9)?,
        failover_payments: row.get(10)?,
        routes: Vec::new(),
    })
}

fn code(row: &Row<'_>, column: usize) -> Result<ProductCode, StoreError> {
    ProductCode::new(borrowed(row, column)?).map_err(damaged)
}

fn hours(row: &Row<'_>, column: usize) -> Result<Option<Hours>, StoreError> {
    optional(row, column, |text| Hours::parse(text).ok_or_else(|| format!("hours {text:?}")))
}

fn routes(connection: &Connection) -> Result<BTreeMap<ProductCode, Vec<Route>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT product, biller, code, active, hours FROM route ORDER BY product, place",
    )?;
    let mut routes: BTreeMap<ProductCode, Vec<Route>> = BTreeMap::new();
    let rows = all(&mut statement, [], |row| {
        let route = Route {
            biller: BillerId(row.get(1)?),
            code: optional(row, 2, ProductCode::new)?,
            active: row.get(3)?,
            hours: hours(row, 4)?,
        };
        Ok((code(row, 0)?, route))
    })?;
    for (product, route) in rows {
        routes.entry(product).or_default().push(route);
    }
    Ok(routes)
}

/// Writes a product and its routes.
pub(in crate::sqlite) fn put(connection: &Connection, product: &Product) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO product \
             (code, name, family, fee, commission, active, hours, province, fee_of_biller, below_cost, \
             failover_payments) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (code) DO UPDATE SET \
             name = ?2, family = ?3, fee = ?4, commission = ?5, active = ?6, hours = ?7, province = ?8, \
             fee_of_biller = ?9, below_cost = ?10, failover_payments = ?11",
        )?
        .execute(params![
            product.code.as_str(),
            product.name,
            product.family.name(),
            product.fee.get(),
            product.commission.get(),
            product.active,
            product.hours.map(|hours| hours.to_string()),
            product.province,
            product.fee_of_biller,
            product.below_cost,
            product.failover_payments,
        ])?;
    let code = product.code.as_str();
    connection.prepare_cached("DELETE FROM route WHERE product = ?1")?.execute([code])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO route (product, place, biller, code, active, hours) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (place, route) in (0i64..).zip(&product.routes) {
        insert.execute(params![
            code,
            place,
            route.biller.0,
            route.code.as_ref().map(ProductCode::as_str),
            route.active,
            route.hours.map(|hours| hours.to_string()),
        ])?;
    }
    Ok(())
}
