//! A scan of the ledger, record by record.

use domain::TrId;
use domain::books::{BalanceChange, Deposit, Reversal};
use rusqlite::{Connection, Rows};

use super::ref_id_index::Walk;
use super::rows::{
    balance_change, callback, deposit, follow_up, inquiry, movement, payment, reversal,
};
use crate::{LedgerRecord, StoreError};

/// Scans all tables with the key `tr_id` in parallel, in the order of that number, so that a ledger of any size
/// is audited in constant memory. Starts after `start`, and passes on each record with the id of its last
/// exchange.
pub(super) fn each_entry(
    connection: &Connection,
    start: TrId,
    see: &mut dyn FnMut(LedgerRecord, Option<i64>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut inquiries = connection.prepare(inquiry::IN_ORDER)?;
    let mut payments = connection.prepare(payment::IN_ORDER)?;
    let mut deposits = connection.prepare(deposit::IN_ORDER)?;
    let mut reversals = connection.prepare(reversal::IN_ORDER)?;
    let mut changes = connection.prepare(balance_change::IN_ORDER)?;
    let mut follow_ups = connection.prepare(follow_up::IN_ORDER)?;
    let mut callbacks = connection.prepare(callback::IN_ORDER)?;
    let mut references = Walk::new(connection)?;
    let mut inquiries = Cursor::new(inquiries.query([start.0])?, |row| {
        inquiry::read(row).map(|found| (found.0.tr_id, found))
    })?;
    let mut payments = Cursor::new(payments.query([start.0])?, |row| {
        payment::read_with_trail(row).map(|found| (found.0.tr_id, found))
    })?;
    let mut deposits = Cursor::new(deposits.query([start.0])?, |row| {
        let found = (deposit::read(row)?, row.get(deposit::MOVEMENT)?);
        Ok(found).map(|found: (Deposit, i64)| (found.0.tr_id, found))
    })?;
    let mut reversals = Cursor::new(reversals.query([start.0])?, |row| {
        let found = (reversal::read(row)?, row.get(reversal::MOVEMENT)?);
        Ok(found).map(|found: (Reversal, i64)| (found.0.tr_id, found))
    })?;
    let mut changes = Cursor::new(changes.query([start.0])?, |row| {
        let found = (balance_change::read(row)?, row.get(balance_change::MOVEMENT)?);
        Ok(found).map(|found: (BalanceChange, i64)| (found.0.tr_id, found))
    })?;
    let mut follow_ups = Cursor::new(follow_ups.query([start.0])?, follow_up::read)?;
    let mut callbacks = Cursor::new(callbacks.query([start.0])?, callback::read)?;
    loop {
        let bills = [inquiries.head(), payments.head(), deposits.head(), reversals.head()];
        let others = [changes.head(), follow_ups.head(), callbacks.head()];
        let heads = bills.into_iter().chain(others);
        let Some(tr_id) = heads.flatten().min() else { return Ok(()) };
        let (inquiry, inquiry_took) = inquiries.take(tr_id)?.unzip();
        let found = inquiry.as_ref().map(|inquiry| references.finds(inquiry)).transpose()?;
        let (payment, trail) = payments.take(tr_id)?.unzip();
        let (deposit, paid_in) = deposits.take(tr_id)?.unzip();
        let (reversal, taken_back) = reversals.take(tr_id)?.unzip();
        let (balance_change, changed) = changes.take(tr_id)?.unzip();
        let mut postings = Vec::new();
        if let Some(trail) = &trail {
            postings = movement::of_trail(connection, tr_id, trail)?;
        }
        for number in [paid_in, taken_back, changed].into_iter().flatten() {
            postings.extend(movement::postings(connection, tr_id, number)?);
        }
        let (follow_up, callback) = (follow_ups.take(tr_id)?, callbacks.take(tr_id)?);
        let found = found.unwrap_or(false);
        let entry = LedgerRecord {
            tr_id,
            inquiry,
            inquiry_took,
            payment,
            follow_up,
            callback,
            deposit,
            reversal,
            balance_change,
            postings,
            found,
        };
        see(entry, trail.and_then(|trail| trail.last_exchange))?;
    }
}

/// A query in the order of `tr_id`, with its next row.
struct Cursor<'s, T> {
    rows: Rows<'s>,
    read: fn(&rusqlite::Row<'_>) -> Result<(TrId, T), StoreError>,
    next: Option<(TrId, T)>,
}

impl<'s, T> Cursor<'s, T> {
    fn new(
        rows: Rows<'s>,
        read: fn(&rusqlite::Row<'_>) -> Result<(TrId, T), StoreError>,
    ) -> Result<Cursor<'s, T>, StoreError> {
        let mut cursor = Cursor { rows, read, next: None };
        cursor.advance()?;
        Ok(cursor)
    }

    fn head(&self) -> Option<TrId> {
        self.next.as_ref().map(|next| next.0)
    }

    /// The row with that number, if it is the next one.
    fn take(&mut self, tr_id: TrId) -> Result<Option<T>, StoreError> {
        if self.head() != Some(tr_id) {
            return Ok(None);
        }
        let taken = self.next.take();
        self.advance()?;
        Ok(taken.map(|(_, row)| row))
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        self.next = self.rows.next()?.map(self.read).transpose()?;
        Ok(())
    }
}
