//! The table `movement`, and the view `posting` of it.

use std::collections::BTreeMap;

use domain::{Account, BillerId, MovementKind, PartnerId, Rupiah, TrId};
use rusqlite::{Connection, Row, params};

use super::payment::Trail;
use super::{borrowed, damaged, moment, one, rupiah};
use crate::movement_row::{Amounts, MovementRow};
use crate::{PostingRow, StoreError};

/// Writes a movement.
pub(in crate::sqlite) fn insert(
    connection: &Connection,
    number: i64,
    tr_id: TrId,
    movement: &MovementRow,
) -> Result<(), StoreError> {
    let MovementRow { kind, partner, at, amounts, cost } = movement;
    connection
        .prepare_cached(
            "INSERT INTO movement (id, tr_id, kind, at, partner, bank, adjustment, available, held, \
             fee, commission, margin, biller, cost) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            number,
            tr_id.0,
            kind.name(),
            at.as_micros(),
            partner.0,
            amounts.bank.get(),
            amounts.adjustment.get(),
            amounts.available.get(),
            amounts.held.get(),
            amounts.fee.get(),
            amounts.commission.get(),
            amounts.margin.get(),
            cost.map(|(biller, _)| biller.0),
            cost.map(|(_, amount)| amount.get()),
        ])?;
    Ok(())
}

/// The postings of the movement with that number, if it belongs to `tr_id`.
pub(in crate::sqlite) fn postings(
    connection: &Connection,
    tr_id: TrId,
    number: i64,
) -> Result<Vec<PostingRow>, StoreError> {
    let sql = "SELECT kind, at, partner, bank, adjustment, available, held, fee, commission, margin, \
               biller, cost FROM movement WHERE id = ?1 AND tr_id = ?2";
    let found = one(connection, sql, [number, tr_id.0], read)?;
    Ok(found.map(|movement| movement.postings()).unwrap_or_default())
}

fn read(row: &Row<'_>) -> Result<MovementRow, StoreError> {
    let kind = borrowed(row, 0)?;
    let biller = row.get::<_, Option<i64>>(10)?.map(BillerId);
    let cost = row.get::<_, Option<i64>>(11)?.map(Rupiah::new);
    Ok(MovementRow {
        kind: MovementKind::named(kind).ok_or_else(|| damaged(format_args!("kind {kind:?}")))?,
        at: moment(row, 1)?,
        partner: PartnerId(row.get(2)?),
        amounts: Amounts {
            bank: rupiah(row, 3)?,
            adjustment: rupiah(row, 4)?,
            available: rupiah(row, 5)?,
            held: rupiah(row, 6)?,
            fee: rupiah(row, 7)?,
            commission: rupiah(row, 8)?,
            margin: rupiah(row, 9)?,
        },
        cost: biller.zip(cost),
    })
}

/// The postings of a payment's hold and settlement.
pub(in crate::sqlite) fn of_trail(
    connection: &Connection,
    tr_id: TrId,
    trail: &Trail,
) -> Result<Vec<PostingRow>, StoreError> {
    let mut found = postings(connection, tr_id, trail.hold)?;
    if let Some(settlement) = trail.settlement {
        found.extend(postings(connection, tr_id, settlement)?);
    }
    Ok(found)
}

/// Number of all movements.
pub(in crate::sqlite) fn count(connection: &Connection) -> Result<u64, StoreError> {
    let count: i64 = connection.query_row("SELECT count(*) FROM movement", [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Adds up the view `posting`, account by account. Its rows are summed here, as SQLite would sort them first.
pub(in crate::sqlite) fn sums_of_view(
    connection: &Connection,
) -> Result<BTreeMap<Account, i128>, StoreError> {
    let mut sums = BTreeMap::new();
    let mut statement = connection.prepare("SELECT account, amount FROM posting")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name = borrowed(row, 0)?;
        let unknown = || damaged(format_args!("account {name:?}"));
        let account = Account::named(name).ok_or_else(unknown)?;
        *sums.entry(account).or_default() += i128::from(row.get::<_, i64>(1)?);
    }
    Ok(sums)
}
