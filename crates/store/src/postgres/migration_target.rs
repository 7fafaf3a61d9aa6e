//! The target of a move of books: a PostgreSQL database.

use std::sync::Arc;

use domain::{BillerDirectory, Books, Catalogue, Change, Moment, Partner, TrId};

use super::actions;
use super::address::Address;
use super::batch_rows::BatchRows;
use super::biller_balances;
use super::deadline::with_deadline;
use super::directory::{self, put_directory};
use super::read::PostgresReader;
use super::rows::RowReader;
use super::session::{BlockingRuntime, Params, Session};
use super::{Server, load, write};
use crate::{ActionRecord, BillerBalanceRecord, Purpose, StoreError, purpose};

/// The move into this database, if there is one. The lock waits for a running batch.
const STATE: &str = "SELECT id, state, reached FROM store_migration FOR UPDATE";

const IS_IN_USE: &str = "\
    SELECT (EXISTS (SELECT FROM partner) OR EXISTS (SELECT FROM product) \
        OR EXISTS (SELECT FROM inquiry) OR EXISTS (SELECT FROM deposit) \
        OR EXISTS (SELECT FROM balance_change) \
        OR EXISTS (SELECT FROM action))::int::bigint";

const RECEIVE: &str =
    "INSERT INTO store_migration (id, state, reached) VALUES ($1, 'arriving', $2)";

/// Transactions are written in the order of their numbers, not of their movements, so a balance may be below its
/// minimum between two of them. The final balance is checked.
const NO_MIN_BALANCES: &str = "UPDATE partner_balance SET min_balance = -9223372036854775808";

const FLOORS: &str = "UPDATE partner_balance d SET min_balance = p.min_balance FROM partner p WHERE p.id = d.partner";

const NUMBERS: &str = "UPDATE counter SET value = greatest(value, $1) WHERE name = 'tr_id'";

const LAST_ACTION: &str = "SELECT coalesce(max(id), 0) FROM action";

const LAST_BILLER_BALANCE: &str = "SELECT coalesce(max(id), 0) FROM biller_balance";

/// The number of the next action, after those that were moved.
const NEXT_ACTION: &str = "\
    SELECT setval(pg_get_serial_sequence('action', 'id'), max(id)) FROM action HAVING max(id) > 0";

/// The number of the next answer about a balance, after those that were moved.
const NEXT_BILLER_BALANCE: &str = "\
    SELECT setval(pg_get_serial_sequence('biller_balance', 'id'), max(id)) FROM biller_balance \
    HAVING max(id) > 0";

/// Fails unless the move is where its last batch ended.
const REACHED: &str = "\
    WITH moved AS (UPDATE store_migration SET reached = $2 \
        WHERE id = $1 AND reached = $3 AND state = 'arriving' RETURNING 1) \
    SELECT 1 / count(*) FROM moved";

const ARRIVED: &str = "UPDATE store_migration SET state = 'arrived' WHERE id = $1";

const CALL_BACK: &str = "UPDATE store_migration SET state = 'rolled back' WHERE id = $1";

/// A running server that has not written yet gets no node number, so it cannot write.
const NO_MORE_WRITERS: &str = "DELETE FROM counter WHERE name = 'node'";

/// Servers that have written, or have a node number for it.
const WRITERS: &str = "SELECT id FROM node LIMIT 1";

const STATEMENTS: &[&str] = &[
    STATE,
    IS_IN_USE,
    RECEIVE,
    NO_MIN_BALANCES,
    FLOORS,
    NUMBERS,
    LAST_ACTION,
    LAST_BILLER_BALANCE,
    NEXT_ACTION,
    NEXT_BILLER_BALANCE,
    REACHED,
    ARRIVED,
    CALL_BACK,
    NO_MORE_WRITERS,
    WRITERS,
    purpose::WRITE,
];

/// `reached` before partners and products are written.
const NOTHING: i64 = i64::MIN;

/// A database that receives moved books.
pub(crate) struct MigrationTarget {
    thread: BlockingRuntime,
    session: Session,
    server: Server,
    id: String,
    state: Option<String>,
    reached: i64,
}

impl MigrationTarget {
    /// Opens the server for the move with that id, without beginning it.
    ///
    /// # Errors
    /// When the server fails its checks, and when the database contains other books than this move's.
    pub(crate) fn open(
        address: Address,
        now: Moment,
        id: &str,
    ) -> Result<MigrationTarget, StoreError> {
        let thread = BlockingRuntime::new()?;
        let server = thread.wait(Server::prepare(address.clone(), now))?;
        let appended = [actions::STATEMENTS, biller_balances::STATEMENTS].concat();
        let written = [directory::STATEMENTS, write::STATEMENTS, &appended].concat();
        let statements = [load::STATEMENTS, &written, STATEMENTS].concat();
        let session = thread.wait(Session::by_key(&address, &statements))?;
        let (state, reached) = (None, NOTHING);
        let mut arrival =
            MigrationTarget { thread, session, server, id: id.to_owned(), state, reached };
        arrival.look()?;
        Ok(arrival)
    }

    fn look(&mut self) -> Result<(), StoreError> {
        let rows = self.thread.wait(with_deadline(self.session.query(STATE, &[])))?;
        let Some(row) = rows.first() else { return self.check_is_empty() };
        let mut cells = RowReader::of(row);
        let (id, state): (String, String) = (cells.take()?, cells.take()?);
        if id != self.id || state == "rolled back" {
            let what = "the database is the target of another move, or of one that was undone; \
                        name an empty one";
            return Err(StoreError::Move(what.to_owned()));
        }
        (self.state, self.reached) = (Some(state), cells.take()?);
        Ok(())
    }

    fn check_is_empty(&self) -> Result<(), StoreError> {
        match self.number(IS_IN_USE)? {
            0 => Ok(()),
            _ => Err(StoreError::Move(
                "the database holds other business; name an empty one".to_owned(),
            )),
        }
    }

    /// Begins the move, if it has not begun.
    pub(crate) fn receive(&mut self) -> Result<(), StoreError> {
        if self.state.is_some() {
            return Ok(());
        }
        self.thread.wait(with_deadline(self.session.run(RECEIVE, &[&self.id, &NOTHING])))?;
        self.look()
    }

    /// Whether the move is complete; the database may have been served since.
    pub(crate) fn has_arrived(&self) -> bool {
        self.state.as_deref() == Some("arrived")
    }

    /// The last transaction in the target; none before partners and products are written.
    pub(crate) fn reached(&self) -> Option<TrId> {
        (self.reached != NOTHING).then_some(TrId(self.reached))
    }

    /// Writes partners, products and billers.
    pub(crate) fn put_directory(
        &mut self,
        partners: &[Arc<Partner>],
        catalogue: &Catalogue,
        billers: &BillerDirectory,
    ) -> Result<(), StoreError> {
        let mut books = Books::default();
        books.journal.extend(partners.iter().cloned().map(Change::Partner));
        books.journal.extend(catalogue.values().cloned().map(Change::Product));
        books.journal.extend(billers.values().cloned().map(Change::Biller));
        let draft = BatchRows::of(&books)?;
        self.write(&draft, TrId(NOTHING + 1), async |session| {
            put_directory(session, &draft).await?;
            session.run(NO_MIN_BALANCES, &[]).await
        })
    }

    /// Writes the next transactions, of which `last` is the last.
    pub(crate) fn put(&mut self, books: &Books, last: TrId) -> Result<(), StoreError> {
        self.write(&BatchRows::of(books)?, last, async |_| Ok(()))
    }

    /// The number of the last entry of the log of actions in the target.
    pub(crate) fn last_action(&self) -> Result<i64, StoreError> {
        self.number(LAST_ACTION)
    }

    /// Writes the next entries of the log of actions.
    pub(crate) fn put_actions(&mut self, records: &[ActionRecord]) -> Result<(), StoreError> {
        let nothing = Books::default();
        self.write(&BatchRows::of(&nothing)?, TrId(self.reached), async |session| {
            actions::append_moved(session, records).await
        })
    }

    /// The number of the last answer about a balance in the target.
    pub(crate) fn last_biller_balance(&self) -> Result<i64, StoreError> {
        self.number(LAST_BILLER_BALANCE)
    }

    /// Writes the next answers about balances.
    pub(crate) fn put_biller_balances(
        &mut self,
        records: &[BillerBalanceRecord],
    ) -> Result<(), StoreError> {
        let nothing = Books::default();
        self.write(&BatchRows::of(&nothing)?, TrId(self.reached), async |session| {
            biller_balances::append_moved(session, records).await
        })
    }

    fn write(
        &mut self,
        draft: &BatchRows<'_>,
        last: TrId,
        first: impl AsyncFn(&Session) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let noted: Params<'_> = &[&self.id, &last.0, &self.reached];
        self.thread.wait(with_deadline(async {
            self.session.run(load::BEGIN, &[]).await?;
            first(&self.session).await?;
            Box::pin(write::rows(&self.session, draft, REACHED, noted)).await
        }))?;
        self.reached = last.0;
        Ok(())
    }

    /// Completes the move: writes the purpose and lets the database be served. The next number is above `newest`.
    pub(crate) fn complete(&mut self, newest: TrId, purpose: Purpose) -> Result<(), StoreError> {
        self.thread.wait(with_deadline(async {
            self.session.run(load::BEGIN, &[]).await?;
            self.session.run(FLOORS, &[]).await?;
            self.session.run(NUMBERS, &[&(newest.0 + 1)]).await?;
            self.session.run(NEXT_ACTION, &[]).await?;
            self.session.run(NEXT_BILLER_BALANCE, &[]).await?;
            self.session.run(purpose::WRITE, &[&purpose.name()]).await?;
            self.session.run(ARRIVED, &[&self.id]).await?;
            self.session.run(write::COMMIT, &[]).await
        }))
    }

    /// Rolls the move back: the database can never be served.
    ///
    /// # Errors
    /// When servers have written to it.
    pub(crate) fn roll_back(&mut self) -> Result<(), StoreError> {
        self.receive()?;
        let session = &self.session;
        self.thread.wait(with_deadline(async {
            session.run(load::BEGIN, &[]).await?;
            session.run(NO_MORE_WRITERS, &[]).await?;
            if !session.query(WRITERS, &[]).await?.is_empty() {
                write::release(session).await?;
                let what = "servers have been at work on the database since the move: what they \
                            answered would be lost";
                return Err(StoreError::Move(what.to_owned()));
            }
            session.run(CALL_BACK, &[&self.id]).await?;
            session.run(write::COMMIT, &[]).await
        }))
    }

    /// A reader of the target.
    pub(crate) fn reader(&self) -> Result<PostgresReader, StoreError> {
        self.server.reader()
    }

    fn number(&self, sql: &'static str) -> Result<i64, StoreError> {
        let rows = self.thread.wait(with_deadline(self.session.query(sql, &[])))?;
        let row = rows.first().ok_or_else(|| super::rows::damaged("a number is missing"))?;
        RowReader::of(row).take()
    }
}
