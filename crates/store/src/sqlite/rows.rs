//! Rows to domain types and back. A row that cannot be what the schema promises is damage, not a
//! guess.

use std::sync::Arc;

use domain::books::TopUp;
use domain::partner::SealedKey;
use domain::payment::Call;
use domain::{
    Account, Bill, BillerId, Catalogue, Exchange, Family, Hours, Inquiry, Moment, Movement,
    MovementKind, Partner, PartnerId, Payment, Price, Product, ProductCode, Reason, RefId, Rupiah,
    State, TrId, Username,
};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use crate::{PostingRow, StoreError};

pub(super) const INQUIRY: &str = "SELECT tr_id, partner, ref_id, code, hp, tr_name, period, \
     nominal, sheets, admin, commission, desc, at, took FROM inquiry";

pub(super) const PAYMENT: &str = "SELECT tr_id, partner, biller, state, begun_at, settled_at, \
     balance, reason, noref, desc, exchanges, asks, open_because, hold, settlement, last_exchange \
     FROM payment";

pub(super) const POSTING: &str = "SELECT kind, account, amount, at FROM posting";

pub(super) const TOP_UP: &str = "SELECT tr_id, partner, amount, note, at, movement FROM top_up";

/// Runs a query whose rows are read by `read`.
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

/// Runs a query that finds one row or none.
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

pub(super) fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(what.to_string())
}

fn text(row: &Row<'_>, column: usize) -> Result<Box<str>, StoreError> {
    let value = row.get_ref(column)?.as_str().map_err(damaged)?;
    Ok(value.into())
}

fn optional_text(row: &Row<'_>, column: usize) -> Result<Option<Box<str>>, StoreError> {
    let value = row.get_ref(column)?.as_str_or_null().map_err(damaged)?;
    Ok(value.map(Into::into))
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

/// An inquiry, and how long the biller took to answer it.
pub(super) fn inquiry(row: &Row<'_>) -> Result<(Inquiry, i64), StoreError> {
    let nominal = rupiah(row, 7)?;
    let (admin, commission) = (rupiah(row, 9)?, rupiah(row, 10)?);
    let price = nominal.plus(admin).map_err(damaged)?;
    let selling_price = price.minus(commission).map_err(damaged)?;
    let inquiry = Inquiry {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        ref_id: RefId::new(borrowed(row, 2)?).map_err(damaged)?,
        code: ProductCode::new(borrowed(row, 3)?).map_err(damaged)?,
        hp: text(row, 4)?,
        bill: Bill {
            tr_name: text(row, 5)?,
            period: text(row, 6)?,
            nominal,
            sheets: row.get(8)?,
            desc: text(row, 11)?,
        },
        price: Price { admin, commission, price, selling_price },
        at: moment(row, 12)?,
    };
    Ok((inquiry, row.get(13)?))
}

pub(super) fn insert_inquiry(
    connection: &Connection,
    inquiry: &Inquiry,
    took: i64,
) -> Result<(), StoreError> {
    let Inquiry { tr_id, partner, ref_id, code, hp, bill, price, at } = inquiry;
    connection
        .prepare_cached(
            "INSERT INTO inquiry (tr_id, partner, ref_id, code, hp, tr_name, period, nominal, \
             sheets, admin, commission, desc, at, took) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            tr_id.0,
            partner.0,
            ref_id.as_str(),
            code.as_str(),
            hp,
            bill.tr_name,
            bill.period,
            bill.nominal.get(),
            bill.sheets,
            price.admin.get(),
            price.commission.get(),
            bill.desc,
            at.as_micros(),
            took,
        ])?;
    connection
        .prepare_cached("INSERT INTO reference (partner, ref_id, tr_id) VALUES (?1, ?2, ?3)")?
        .execute(params![partner.0, ref_id.as_str(), tr_id.0])?;
    Ok(())
}

pub(super) fn payment(row: &Row<'_>) -> Result<Payment, StoreError> {
    let state = borrowed(row, 3)?;
    Ok(Payment {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        biller: BillerId(row.get(2)?),
        state: State::named(state).ok_or_else(|| damaged(format_args!("state {state:?}")))?,
        begun_at: moment(row, 4)?,
        settled_at: row.get::<_, Option<i64>>(5)?.map(Moment::from_micros),
        balance: rupiah(row, 6)?,
        reason: row.get::<_, Option<u16>>(7)?.map(Reason),
        noref: text(row, 8)?,
        desc: optional_text(row, 9)?,
        exchanges: row.get(10)?,
        asks: row.get(11)?,
        open_because: optional_text(row, 12)?,
    })
}

/// Where the rest of a payment's story is: its movements and its last exchange.
pub(super) struct Trail {
    pub(super) hold: i64,
    pub(super) settlement: Option<i64>,
    pub(super) last_exchange: Option<i64>,
}

pub(super) fn payment_with_trail(row: &Row<'_>) -> Result<(Payment, Trail), StoreError> {
    let trail = Trail { hold: row.get(13)?, settlement: row.get(14)?, last_exchange: row.get(15)? };
    Ok((payment(row)?, trail))
}

/// Writes a payment that begins.
pub(super) fn insert_payment(
    connection: &Connection,
    payment: &Payment,
    hold: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO payment (tr_id, partner, biller, state, begun_at, balance, noref, \
             exchanges, asks, hold) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            payment.tr_id.0,
            payment.partner.0,
            payment.biller.0,
            payment.state.name(),
            payment.begun_at.as_micros(),
            payment.balance.get(),
            payment.noref,
            payment.exchanges,
            payment.asks,
            hold,
        ])?;
    Ok(())
}

/// Writes what an answer changed. Whatever the journal says, a payment is settled once.
pub(super) fn update_payment(
    connection: &Connection,
    payment: &Payment,
    settlement: Option<i64>,
    exchange: Option<i64>,
) -> Result<(), StoreError> {
    let written = connection
        .prepare_cached(
            "UPDATE payment SET state = ?2, settled_at = ?3, balance = ?4, reason = ?5, \
             noref = ?6, desc = ?7, exchanges = ?8, asks = ?9, open_because = ?10, \
             settlement = coalesce(?11, settlement), last_exchange = coalesce(?12, last_exchange) \
             WHERE tr_id = ?1 AND coalesce(settled_at, ?3) IS ?3",
        )?
        .execute(params![
            payment.tr_id.0,
            payment.state.name(),
            payment.settled_at.map(Moment::as_micros),
            payment.balance.get(),
            payment.reason.map(|reason| reason.0),
            payment.noref,
            payment.desc,
            payment.exchanges,
            payment.asks,
            payment.open_because,
            settlement,
            exchange,
        ])?;
    if written == 1 {
        Ok(())
    } else {
        Err(StoreError::Constraint(format!("payment {} is final or missing", payment.tr_id)))
    }
}

/// Writes an exchange before its payment is updated: the chain goes on from the last one.
pub(super) fn insert_exchange(
    connection: &Connection,
    id: i64,
    tr_id: TrId,
    exchange: &Exchange,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO exchange (id, tr_id, previous, call, asked_at, took, answer) VALUES \
             (?1, ?2, (SELECT last_exchange FROM payment WHERE tr_id = ?2), ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            id,
            tr_id.0,
            exchange.call.name(),
            exchange.asked_at.as_micros(),
            exchange.took_micros,
            exchange.answer,
        ])?;
    Ok(())
}

/// The keys of a movement's postings, first and last.
pub(super) const fn posting_ids(movement: i64) -> (i64, i64) {
    (movement << 3, movement << 3 | 7)
}

/// Writes the postings of a movement.
pub(super) fn insert_postings(
    connection: &Connection,
    number: i64,
    tr_id: TrId,
    at: Moment,
    movement: &Movement,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO posting (id, tr_id, kind, account, amount, at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (first, last) = posting_ids(number);
    for (id, posting) in (first..=last).zip(&movement.postings) {
        insert.execute(params![
            id,
            tr_id.0,
            movement.kind.name(),
            posting.account.number(),
            posting.amount.get(),
            at.as_micros(),
        ])?;
    }
    Ok(())
}

/// The postings that a transaction's movement has.
pub(super) fn postings(
    connection: &Connection,
    tr_id: TrId,
    movement: i64,
) -> Result<Vec<PostingRow>, StoreError> {
    let sql = format!("{POSTING} WHERE id BETWEEN ?1 AND ?2 AND tr_id = ?3 ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let (first, last) = posting_ids(movement);
    all(&mut statement, params![first, last, tr_id.0], posting)
}

fn posting(row: &Row<'_>) -> Result<PostingRow, StoreError> {
    let kind = borrowed(row, 0)?;
    let account = row.get(1)?;
    Ok(PostingRow {
        kind: MovementKind::named(kind).ok_or_else(|| damaged(format_args!("kind {kind:?}")))?,
        account: Account::numbered(account)
            .ok_or_else(|| damaged(format_args!("account {account}")))?,
        amount: rupiah(row, 2)?,
        at: moment(row, 3)?,
    })
}

pub(super) fn insert_top_up(
    connection: &Connection,
    top_up: &TopUp,
    movement: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO top_up (tr_id, partner, amount, note, at, movement) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            top_up.tr_id.0,
            top_up.partner.0,
            top_up.amount.get(),
            top_up.note,
            top_up.at.as_micros(),
            movement,
        ])?;
    Ok(())
}

pub(super) fn top_up(row: &Row<'_>) -> Result<TopUp, StoreError> {
    Ok(TopUp {
        tr_id: TrId(row.get(0)?),
        partner: PartnerId(row.get(1)?),
        amount: rupiah(row, 2)?,
        note: text(row, 3)?,
        at: moment(row, 4)?,
    })
}

/// An exchange, and the one before it.
pub(super) fn exchange(row: &Row<'_>) -> Result<(Exchange, Option<i64>), StoreError> {
    let call = borrowed(row, 0)?;
    let exchange = Exchange {
        call: Call::named(call).ok_or_else(|| damaged(format_args!("call {call:?}")))?,
        asked_at: moment(row, 1)?,
        took_micros: row.get(2)?,
        answer: text(row, 3)?,
    };
    Ok((exchange, row.get(4)?))
}

fn product(row: &Row<'_>) -> Result<Product, StoreError> {
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

pub(super) fn catalogue(connection: &Connection) -> Result<Catalogue, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT code, name, family, fee, commission, active, hours, province, biller FROM product",
    )?;
    let products = all(&mut statement, [], product)?;
    Ok(products.into_iter().map(|product| (product.code.clone(), Arc::new(product))).collect())
}

pub(super) fn put_product(connection: &Connection, product: &Product) -> Result<(), StoreError> {
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

pub(super) fn partners(connection: &Connection) -> Result<Vec<Arc<Partner>>, StoreError> {
    let mut keys = connection
        .prepare_cached("SELECT sealed FROM partner_key WHERE partner = ?1 ORDER BY place")?;
    let mut statement = connection.prepare_cached(
        "SELECT id, username, name, allow_list, suspended, floor, created_at \
         FROM partner ORDER BY id",
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
            floor: rupiah(row, 5)?,
            created_at: moment(row, 6)?,
        }));
    }
    Ok(partners)
}

/// Writes a partner, its keys, and the floor that its deposit account carries for the check.
pub(super) fn put_partner(connection: &Connection, partner: &Partner) -> Result<(), StoreError> {
    let allow_list: Vec<String> = partner.allow_list.iter().map(ToString::to_string).collect();
    let id = partner.id.0;
    connection
        .prepare_cached(
            "INSERT INTO partner (id, username, name, allow_list, suspended, floor, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (id) DO UPDATE SET name = ?3, allow_list = ?4, suspended = ?5, floor = ?6",
        )?
        .execute(params![
            id,
            partner.username.as_str(),
            partner.name,
            allow_list.join(" "),
            partner.suspended,
            partner.floor.get(),
            partner.created_at.as_micros(),
        ])?;
    connection.prepare_cached("DELETE FROM partner_key WHERE partner = ?1")?.execute([id])?;
    let mut insert = connection
        .prepare_cached("INSERT INTO partner_key (partner, place, sealed) VALUES (?1, ?2, ?3)")?;
    for (place, key) in (0i64..).zip(&partner.keys) {
        insert.execute(params![id, place, &key.0[..]])?;
    }
    let floors = [
        (Account::Available(partner.id), partner.floor),
        (Account::Held(partner.id), Rupiah::ZERO),
    ];
    for (account, floor) in floors {
        connection
            .prepare_cached(
                "INSERT INTO account (id, balance, floor) VALUES (?1, 0, ?2) \
                 ON CONFLICT (id) DO UPDATE SET floor = ?2",
            )?
            .execute(params![account.number(), floor.get()])?;
    }
    Ok(())
}

pub(super) fn balances(connection: &Connection) -> Result<Vec<(Account, Rupiah)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, balance FROM account ORDER BY id")?;
    all(&mut statement, [], |row| {
        let number = row.get(0)?;
        let account = Account::numbered(number);
        Ok((account.ok_or_else(|| damaged(format_args!("account {number}")))?, rupiah(row, 1)?))
    })
}

pub(super) fn find(
    connection: &Connection,
    partner: PartnerId,
    ref_id: &RefId,
) -> Result<Option<TrId>, StoreError> {
    let sql = "SELECT tr_id FROM reference WHERE partner = ?1 AND ref_id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row(params![partner.0, ref_id.as_str()], |row| row.get(0));
    Ok(found.optional()?.map(TrId))
}
