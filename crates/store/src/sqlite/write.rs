//! The writing connection.
//!
//! As it is the only writer of its file, it caches small data that every batch needs (partners, products,
//! balances) and updates the cache after each commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use domain::{
    Account, BillerDirectory, Books, Catalogue, Change, Exchange, Moment, Movement, Partner,
    PartnerId, Payment, RowSet, Rupiah, TrId,
};
use fail_points::{Point, pass};
use rusqlite::Connection;

use super::disk_reserve::DiskReserve;
use super::in_process::InProcess;
use super::read::SqliteReader;
use super::ref_id_index::RefIdIndex;
use super::rows::{
    account, action, attempt, balance_change, biller, biller_balance, callback, deposit, exchange,
    follow_up, inquiry, inquiry_exchange, movement, partner, payment, product, reversal,
};
use super::wal::{Wal, WalSize};
use crate::movement_row::MovementRow;
use crate::{Store, StoreError, inquiry_exchanges};

/// The one writer of a SQLite file.
pub struct SqliteStore {
    pub(super) connection: Connection,
    references: Arc<RefIdIndex>,
    next_tr_id: i64,
    next_movement: i64,
    next_exchange: i64,
    partners: BTreeMap<PartnerId, Arc<Partner>>,
    catalogue: Arc<Catalogue>,
    billers: Arc<BillerDirectory>,
    balances: BTreeMap<Account, Rupiah>,
    in_process: InProcess,
    wal: Wal,
    room: DiskReserve,
    _lock: Arc<File>,
}

/// The first transaction number. It has the length that API clients expect.
const FIRST_TR_ID: i64 = 10_000_001;

impl SqliteStore {
    pub(super) fn new(
        connection: Connection,
        wal: Wal,
        room: DiskReserve,
        lock: Arc<File>,
        segment: usize,
    ) -> Result<SqliteStore, StoreError> {
        connection.set_prepared_statement_cache_capacity(64);
        let newest = super::newest_tr_id(&connection)?;
        let newest_of = |table: &str| {
            let newest = format!("SELECT coalesce(max(id), 0) FROM {table}");
            connection.query_row(&newest, [], |row| row.get::<_, i64>(0))
        };
        let partners = partner::every(&connection)?;
        let store = SqliteStore {
            next_tr_id: FIRST_TR_ID.max(newest + 1),
            next_movement: newest_of("movement")? + 1,
            next_exchange: newest_of("exchange")? + 1,
            partners: partners.into_iter().map(|partner| (partner.id, partner)).collect(),
            catalogue: Arc::new(product::catalogue(&connection)?),
            billers: Arc::new(biller::every(&connection)?),
            balances: account::balances(&connection)?.into_iter().collect(),
            in_process: InProcess::open(&connection)?,
            references: Arc::new(RefIdIndex::open(&connection, segment)?),
            connection,
            wal,
            room,
            _lock: lock,
        };
        pass(Point::DatabaseOpened);
        store.wal.empty(&store.connection)?;
        pass(Point::WalEmptied);
        Ok(store)
    }

    /// A reader in the same process.
    pub fn reader(&self) -> Result<SqliteReader, StoreError> {
        let file = Path::new(self.connection.path().unwrap_or_default());
        Ok(SqliteReader::new(super::connect(file)?, Some(Arc::clone(&self.references))))
    }

    /// The size of the WAL; the value is updated.
    pub fn wal_size(&self) -> WalSize {
        self.wal.size()
    }

    /// The free space on the disk of the database.
    pub fn room(&self) -> DiskReserve {
        self.room.clone()
    }

    fn balance(&self, books: &mut Books, account: Account) {
        if let Some(balance) = self.balances.get(&account) {
            books.balances.insert(account, *balance);
        }
    }

    /// Writes the journal and commits. After an error nothing of it is in the database.
    fn write_durably(&mut self, books: &Books) -> Result<(), StoreError> {
        let commit = |store: &mut SqliteStore| {
            store.write(books)?;
            pass(Point::RowsWritten);
            store.connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        };
        commit(self).or_else(|error| {
            self.release()?;
            Err(error)
        })
    }

    /// Writes the journal. Movement numbers of a failed batch are not used again.
    fn write(&mut self, books: &Books) -> Result<(), StoreError> {
        for change in &books.journal {
            match change {
                Change::Opened(inquiry, exchange, asked_before) => {
                    inquiry::insert(&self.connection, inquiry, exchange.took_micros)?;
                    let stored = inquiry_exchanges::stored(exchange, asked_before);
                    inquiry_exchange::insert(&self.connection, inquiry.tr_id, stored)?;
                }
                Change::Dropped(inquiry) => {
                    inquiry::remove(&self.connection, inquiry.tr_id)?;
                    inquiry_exchange::remove(&self.connection, inquiry.tr_id)?;
                }
                Change::Begun(payment, hold, _) => {
                    let hold =
                        self.move_money(payment.partner, payment.tr_id, payment.begun_at, hold)?;
                    payment::insert(&self.connection, payment, hold)?;
                }
                Change::Settled { payment, movement, exchange } => {
                    let at = payment.settled_at.unwrap_or(payment.begun_at);
                    let settlement = match movement {
                        Some(movement) => {
                            Some(self.move_money(payment.partner, payment.tr_id, at, movement)?)
                        }
                        None => None,
                    };
                    let exchange = match exchange {
                        Some(exchange) => Some(self.keep(payment, exchange)?),
                        None => None,
                    };
                    payment::update(&self.connection, payment, settlement, exchange)?;
                }
                Change::Attempted(_, tr_id, attempt) => {
                    attempt::insert(&self.connection, *tr_id, attempt)?
                }
                Change::PendingFollowUp(tr_id, Some(kept)) => {
                    follow_up::put(&self.connection, *tr_id, kept)?
                }
                Change::PendingFollowUp(tr_id, None) => {
                    follow_up::remove(&self.connection, *tr_id)?
                }
                Change::Callback(due) => callback::put(&self.connection, due)?,
                Change::Deposited(deposit, movement) => {
                    let (tr_id, at) = (deposit.tr_id, deposit.at);
                    let movement = self.move_money(deposit.partner, tr_id, at, movement)?;
                    deposit::insert(&self.connection, deposit, movement)?;
                }
                Change::Reversed(taken_back, movement) => {
                    let (tr_id, at) = (taken_back.tr_id, taken_back.at);
                    let movement = self.move_money(taken_back.partner, tr_id, at, movement)?;
                    reversal::insert(&self.connection, taken_back, movement)?;
                }
                Change::BalanceChanged(change, movement) => {
                    let (tr_id, at) = (change.tr_id, change.at);
                    let movement = self.move_money(change.partner, tr_id, at, movement)?;
                    balance_change::insert(&self.connection, change, movement)?;
                }
                Change::Partner(partner) => partner::put(&self.connection, partner)?,
                Change::Product(product) => product::put(&self.connection, product)?,
                Change::Biller(set) => biller::put(&self.connection, set)?,
                Change::BillerBalance(told) => biller_balance::insert(&self.connection, told)?,
                Change::Action(done) => action::insert(&self.connection, done)?,
            }
        }
        for (account, balance) in &books.moved {
            account::put(&self.connection, *account, *balance)?;
        }
        Ok(())
    }

    /// Writes a movement and returns its number.
    fn move_money(
        &mut self,
        partner: PartnerId,
        tr_id: TrId,
        at: Moment,
        movement: &Movement,
    ) -> Result<i64, StoreError> {
        let number = self.next_movement;
        self.next_movement += 1;
        let row = MovementRow::new(partner, at, movement)?;
        movement::insert(&self.connection, number, tr_id, &row)?;
        Ok(number)
    }

    /// Writes an exchange and returns its number.
    fn keep(&mut self, payment: &Payment, exchange: &Exchange) -> Result<i64, StoreError> {
        let id = self.next_exchange;
        self.next_exchange += 1;
        exchange::insert(&self.connection, id, payment, exchange)?;
        Ok(id)
    }

    /// Applies a committed batch to the cache.
    fn update_cache(&mut self, books: &Books) {
        self.references.note(books.journal.iter().filter_map(|change| match change {
            Change::Opened(inquiry, ..) => Some(inquiry.as_ref()),
            _ => None,
        }));
        self.next_tr_id = books.next_tr_id;
        for change in &books.journal {
            match change {
                Change::Partner(partner) => {
                    self.partners.insert(partner.id, Arc::clone(partner));
                    for account in [Account::Available(partner.id), Account::Held(partner.id)] {
                        self.balances.entry(account).or_default();
                    }
                }
                Change::Product(_) => self.catalogue = Arc::clone(&books.catalogue),
                Change::Biller(_) => self.billers = Arc::clone(&books.billers),
                other => self.in_process.follow(other, books),
            }
        }
        self.balances.extend(&books.moved);
    }
}

impl Store for SqliteStore {
    fn load(&mut self, touched: &RowSet) -> Result<Books, StoreError> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut books = Books {
            catalogue: Arc::clone(&self.catalogue),
            billers: Arc::clone(&self.billers),
            next_tr_id: self.next_tr_id,
            next_partner: self.partners.last_key_value().map_or(1, |(last, _)| last.0 + 1),
            ..Books::default()
        };
        // lunas' own accounts sort first: five, and one for each biller.
        let partners = Account::Available(PartnerId(0));
        books.balances.extend(self.balances.range(..partners));
        for id in &touched.partners {
            if let Some(partner) = self.partners.get(id) {
                books.partners.insert(*id, Arc::clone(partner));
                self.balance(&mut books, Account::Available(*id));
                self.balance(&mut books, Account::Held(*id));
            }
        }
        for username in &touched.usernames {
            let holder = self.partners.values().find(|partner| partner.username == *username);
            if let Some(partner) = holder {
                books.usernames.insert(username.clone(), partner.id);
            }
        }
        for (partner, ref_id) in &touched.refs {
            if let Some(tr_id) = self.references.find(&self.connection, *partner, ref_id)? {
                books.refs.insert((*partner, ref_id.clone()), tr_id);
            }
        }
        for (_, tr_id) in &touched.transactions {
            if !self.in_process.enter(*tr_id, &mut books) {
                let Some((found, _)) = inquiry::find(&self.connection, *tr_id)? else { continue };
                books.inquiries.insert(*tr_id, Arc::new(found));
                if let Some(found) = payment::find(&self.connection, *tr_id)? {
                    books.payments.insert(*tr_id, found);
                }
            }
            self.in_process.add_related(*tr_id, &mut books);
        }
        for (_, tr_id) in &touched.callbacks {
            let found = callback::find(&self.connection, *tr_id)?;
            books.callbacks.extend(found.map(|found| (*tr_id, found)));
        }
        for (partner, reference) in &touched.deposit_references {
            let found = deposit::with_reference(&self.connection, *partner, reference)?;
            let key = (*partner, reference.clone());
            books.deposit_references.extend(found.map(|tr_id| (key, tr_id)));
        }
        for (partner, reference) in &touched.withdrawal_references {
            let found = balance_change::with_reference(&self.connection, *partner, reference)?;
            let key = (*partner, reference.clone());
            books.withdrawal_references.extend(found.map(|tr_id| (key, tr_id)));
        }
        for (_, tr_id) in &touched.deposits {
            let Some(found) = deposit::find(&self.connection, *tr_id)? else { continue };
            books.reversals.extend(found.reversal.map(|reversal| (*tr_id, reversal.tr_id)));
            books.deposits.insert(*tr_id, found.deposit);
        }
        Ok(books)
    }

    fn commit(&mut self, books: &Books) -> Result<(), StoreError> {
        let written = match self.write_durably(books) {
            // The disk was full and the transaction was rolled back before any sync, so no sync has failed.
            // After the reserve is deleted, the batch may be written once more.
            Err(error) if error.is_full() && self.room.give_up_reserve()? => {
                self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
                self.write_durably(books)
            }
            written => written,
        };
        written?;
        self.update_cache(books);
        Ok(())
    }

    fn after_answers(&mut self) -> Result<(), StoreError> {
        let tidied = self.references.seal_if_full(&self.connection);
        match tidied.and_then(|()| self.wal.checkpoint_if_full(&self.connection)) {
            // Both can wait until there is space: their data is still in its old place.
            Err(error) if error.is_full() => Ok(()),
            tidied => tidied,
        }
    }

    fn release(&mut self) -> Result<(), StoreError> {
        // After some errors SQLite has already rolled the transaction back.
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.connection.prepare_cached("ROLLBACK")?.execute([])?;
        Ok(())
    }
}
