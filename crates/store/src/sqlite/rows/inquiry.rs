//! The table `inquiry`.

use std::ops::ControlFlow;

use domain::{
    Bill, BillerId, ExtraField, Family, Inquiry, Moment, PartnerId, Price, ProductCode, RefId,
    Reference, Rupiah, SoldProduct, TrId,
};
use rusqlite::{Connection, Row, params};

use super::{all, borrowed, damaged, moment, one, optional, optional_text, rupiah, text};
use crate::StoreError;

/// A SELECT of all columns, with the end of the query.
macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT tr_id, partner, ref_id, code, customer_no, customer_name, period, \
     nominal, sheets, admin, commission, details, at, took, family, product, biller, \
     biller_reference, cost, biller_code, reference, extra, passed_over FROM inquiry ",
            $end
        )
    };
}

/// The rows after a number, oldest first.
pub(in crate::sqlite) const IN_ORDER: &str = select!("WHERE tr_id > ?1 ORDER BY tr_id");

/// The inquiry with that number, and the time that the biller took.
pub(in crate::sqlite) fn find(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Option<(Inquiry, i64)>, StoreError> {
    one(connection, select!("WHERE tr_id = ?1"), [tr_id.0], read)
}

/// The next numbers below `before`, in descending order, with their partners.
pub(in crate::sqlite) fn below(
    connection: &Connection,
    before: Option<TrId>,
    window: u32,
) -> Result<Vec<(TrId, PartnerId)>, StoreError> {
    let sql = "SELECT tr_id, partner FROM inquiry WHERE tr_id < ?1 ORDER BY tr_id DESC LIMIT ?2";
    let before = before.map_or(i64::MAX, |tr_id| tr_id.0);
    let mut statement = connection.prepare_cached(sql)?;
    all(&mut statement, params![before, window], |row| {
        Ok((TrId(row.get(0)?), PartnerId(row.get(1)?)))
    })
}

/// The inquiries of payments in process.
pub(in crate::sqlite) fn of_open_payments(
    connection: &Connection,
) -> Result<Vec<(Inquiry, i64)>, StoreError> {
    let sql = select!(
        "WHERE tr_id IN (SELECT tr_id FROM payment INDEXED BY payment_open \
         WHERE settled_at IS NULL)"
    );
    all(&mut connection.prepare(sql)?, [], read)
}

/// The partner and the `ref_id` of an inquiry.
pub(in crate::sqlite) fn reference(
    connection: &Connection,
    tr_id: TrId,
) -> Result<Option<(PartnerId, RefId)>, StoreError> {
    let sql = "SELECT partner, ref_id FROM inquiry WHERE tr_id = ?1";
    one(connection, sql, [tr_id.0], |row| Ok((PartnerId(row.get(0)?), ref_id(row, 1)?)))
}

/// The first inquiry after `end` with that `ref_id` of the partner. It scans all rows after `end`.
pub(in crate::sqlite) fn with_reference(
    connection: &Connection,
    partner: PartnerId,
    ref_id: &RefId,
    end: TrId,
) -> Result<Option<TrId>, StoreError> {
    let sql = "SELECT tr_id FROM inquiry WHERE tr_id > ?1 AND partner = ?2 AND ref_id = ?3";
    let key = params![end.0, partner.0, ref_id.as_str()];
    one(connection, sql, key, |row| Ok(TrId(row.get(0)?)))
}

/// The transaction whose inquiry, or later attempt, has that reference at the biller.
pub(in crate::sqlite) fn at_biller(
    connection: &Connection,
    biller: BillerId,
    reference: &Reference,
) -> Result<Option<TrId>, StoreError> {
    let sql = "SELECT tr_id FROM inquiry INDEXED BY inquiry_at_biller \
               WHERE biller = ?1 AND reference = ?2 \
               UNION ALL SELECT tr_id FROM attempt INDEXED BY attempt_at_biller \
               WHERE biller = ?1 AND reference = ?2";
    one(connection, sql, params![biller.0, reference.as_str()], |row| Ok(TrId(row.get(0)?)))
}

/// Passes on the inquiries after `end`, oldest first, at most `limit`.
pub(in crate::sqlite) fn after(
    connection: &Connection,
    end: TrId,
    limit: usize,
    mut see: impl FnMut(TrId, PartnerId, &RefId),
) -> Result<(), StoreError> {
    let sql = "SELECT tr_id, partner, ref_id FROM inquiry WHERE tr_id > ?1 ORDER BY tr_id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query([end.0, limit])?;
    while let Some(row) = rows.next()? {
        see(TrId(row.get(0)?), PartnerId(row.get(1)?), &ref_id(row, 2)?);
    }
    Ok(())
}

fn ref_id(row: &Row<'_>, column: usize) -> Result<RefId, StoreError> {
    RefId::new(borrowed(row, column)?).map_err(damaged)
}

/// An inquiry, and the time that the biller took.
pub(in crate::sqlite) fn read(row: &Row<'_>) -> Result<(Inquiry, i64), StoreError> {
    let nominal = rupiah(row, 7)?;
    let (admin, commission) = (rupiah(row, 9)?, rupiah(row, 10)?);
    let price = nominal.plus(admin).map_err(damaged)?;
    let selling_price = price.minus(commission).map_err(damaged)?;
    let inquiry = Inquiry {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        ref_id: ref_id(row, 2)?,
        code: ProductCode::new(borrowed(row, 3)?).map_err(damaged)?,
        customer_no: text(row, 4)?,
        bill: Bill {
            customer_name: text(row, 5)?,
            period: text(row, 6)?,
            nominal,
            sheets: row.get(8)?,
            details: text(row, 11)?,
        },
        price: Price { admin, commission, price, selling_price },
        biller: BillerId(row.get(16)?),
        extra: optional(row, 21, extra)?,
        passed_over: optional_text(row, 22)?,
        biller_code: optional(row, 19, ProductCode::new)?,
        reference: optional(row, 20, Reference::new)?,
        biller_reference: optional_text(row, 17)?,
        stated_cost: row.get::<_, Option<i64>>(18)?.map(Rupiah::new),
        at: moment(row, 12)?,
        sold: sold(row)?,
    };
    Ok((inquiry, row.get(13)?))
}

/// What it had beside the customer's number. The error does not quote it, as it may be personal.
fn extra(text: &str) -> Result<ExtraField, &'static str> {
    ExtraField::parse(text).ok_or("the extra field of an inquiry")
}

fn sold(row: &Row<'_>) -> Result<SoldProduct, StoreError> {
    let number = row.get::<_, i16>(14)?;
    let unknown = || damaged(format_args!("family {number}"));
    let family = Family::numbered(number).ok_or_else(unknown)?;
    Ok(SoldProduct { name: text(row, 15)?, family })
}

pub(in crate::sqlite) fn insert(
    connection: &Connection,
    inquiry: &Inquiry,
    took: i64,
) -> Result<(), StoreError> {
    let Inquiry { bill, price, sold, .. } = inquiry;
    connection
        .prepare_cached(
            "INSERT INTO inquiry (tr_id, partner, ref_id, code, customer_no, customer_name, period, nominal, \
             sheets, admin, commission, details, at, took, family, product, biller, biller_reference, cost, \
             biller_code, reference, extra, passed_over) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, \
             ?22, ?23)",
        )?
        .execute(params![
            inquiry.tr_id.0,
            inquiry.partner.0,
            inquiry.ref_id.as_str(),
            inquiry.code.as_str(),
            inquiry.customer_no,
            bill.customer_name,
            bill.period,
            bill.nominal.get(),
            bill.sheets,
            price.admin.get(),
            price.commission.get(),
            bill.details,
            inquiry.at.as_micros(),
            took,
            sold.family.number(),
            sold.name,
            inquiry.biller.0,
            inquiry.biller_reference,
            inquiry.stated_cost.map(Rupiah::get),
            inquiry.biller_code.as_ref().map(ProductCode::as_str),
            inquiry.reference.as_ref().map(Reference::as_str),
            inquiry.extra.as_ref().map(ExtraField::to_string),
            inquiry.passed_over,
        ])?;
    Ok(())
}

/// Deletes an inquiry. One with a payment stays in any case, and so does the newest one, because its number
/// determines the next one.
pub(in crate::sqlite) fn remove(connection: &Connection, tr_id: TrId) -> Result<(), StoreError> {
    let removed = connection
        .prepare_cached(
            "DELETE FROM inquiry WHERE tr_id = ?1 AND tr_id < (SELECT max(tr_id) FROM inquiry) \
             AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.tr_id = ?1)",
        )?
        .execute([tr_id.0])?;
    match removed {
        1 => Ok(()),
        _ => Err(StoreError::Constraint(format!("inquiry {tr_id} is not to be dropped"))),
    }
}

/// Passes on at most `window` inquiries after `start`, oldest first, without the newest one: partner, time, and
/// whether there is a payment.
pub(in crate::sqlite) fn walk(
    connection: &Connection,
    start: TrId,
    window: u32,
    mut see: impl FnMut(TrId, PartnerId, Moment, bool) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT tr_id, partner, at, \
         EXISTS (SELECT 1 FROM payment WHERE payment.tr_id = inquiry.tr_id) FROM inquiry \
         WHERE tr_id > ?1 AND tr_id < (SELECT max(tr_id) FROM inquiry) ORDER BY tr_id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![start.0, window])?;
    while let Some(row) = rows.next()? {
        let (tr_id, partner) = (TrId(row.get(0)?), PartnerId(row.get(1)?));
        if see(tr_id, partner, moment(row, 2)?, row.get(3)?).is_break() {
            break;
        }
    }
    Ok(())
}
