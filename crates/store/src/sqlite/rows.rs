//! Converts rows to domain types and back, one file per table. A row that cannot be converted is an error: the
//! database is damaged.

pub(super) mod account;
pub(super) mod action;
pub(super) mod attempt;
pub(super) mod balance_change;
pub(super) mod biller;
pub(super) mod biller_balance;
pub(super) mod callback;
pub(super) mod deposit;
pub(super) mod exchange;
pub(super) mod follow_up;
pub(super) mod inquiry;
pub(super) mod inquiry_exchange;
pub(super) mod movement;
pub(super) mod partner;
pub(super) mod payment;
pub(super) mod product;
pub(super) mod reversal;

use domain::{Moment, Rupiah};
use rusqlite::{Connection, Row, Statement};

use crate::StoreError;
pub(super) use crate::error::damaged;

/// Runs a query and converts its rows with `read`.
pub(super) fn all<T>(
    statement: &mut Statement<'_>,
    params: impl rusqlite::Params,
    read: fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Runs a query that returns at most one row.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

fn text(row: &Row<'_>, column: usize) -> Result<Box<str>, StoreError> {
    let value = row.get_ref(column)?.as_str().map_err(damaged)?;
    Ok(value.into())
}

fn optional_text(row: &Row<'_>, column: usize) -> Result<Option<Box<str>>, StoreError> {
    let value = row.get_ref(column)?.as_str_or_null().map_err(damaged)?;
    Ok(value.map(Into::into))
}

/// A value that is checked when it is read, or NULL.
fn optional<T, E: std::fmt::Display>(
    row: &Row<'_>,
    column: usize,
    check: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, StoreError> {
    let value = row.get_ref(column)?.as_str_or_null().map_err(damaged)?;
    value.map(check).transpose().map_err(damaged)
}

fn borrowed<'row>(row: &'row Row<'_>, column: usize) -> Result<&'row str, StoreError> {
    row.get_ref(column)?.as_str().map_err(damaged)
}

fn rupiah(row: &Row<'_>, column: usize) -> Result<Rupiah, StoreError> {
    Ok(Rupiah::new(row.get(column)?))
}

fn moment(row: &Row<'_>, column: usize) -> Result<Moment, StoreError> {
    Ok(Moment::from_micros(row.get(column)?))
}
