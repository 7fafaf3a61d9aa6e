//! The table `product`.

use std::sync::Arc;

use domain::{BillerId, Catalogue, Family, Hours, Product, ProductCode};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, optional_text, rupiah, text};
use crate::StoreError;

pub(in crate::sqlite) fn catalogue(connection: &Connection) -> Result<Catalogue, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT code, name, family, fee, commission, active, hours, province, biller FROM product",
    )?;
    let products = all(&mut statement, [], read)?;
    Ok(products.into_iter().map(|product| (product.code.clone(), Arc::new(product))).collect())
}

fn read(row: &Row<'_>) -> Result<Product, StoreError> {
    let family = borrowed(row, 2)?;
    let hours = optional_text(row, 6)?;
    let hours = hours.map(|text| Hours::parse(&text).ok_or_else(|| damaged(text)));
    Ok(Product {
        code: ProductCode::new(borrowed(row, 0)?).map_err(damaged)?,
        name: text(row, 1)?,
        family: Family::named(family).ok_or_else(|| damaged(format_args!("family {family:?}")))?,
        fee: rupiah(row, 3)?,
        commission: rupiah(row, 4)?,
        active: row.get(5)?,
        hours: hours.transpose()?,
        province: optional_text(row, 7)?,
        biller: BillerId(row.get(8)?),
    })
}

pub(in crate::sqlite) fn put(connection: &Connection, product: &Product) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO product \
             (code, name, family, fee, commission, active, hours, province, biller) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
            product.biller.0,
        ])?;
    Ok(())
}
