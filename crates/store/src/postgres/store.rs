//! The writing connection of a node.

use std::ops::Range;
use std::time::Duration;

use domain::{Books, RowSet};

use super::address::Address;
use super::deadline::with_deadline;
use super::load::{Directory, load};
use super::session::{BlockingRuntime, Session};
use super::{actions, biller_balances, checks, directory, load, write};
use crate::{Store, StoreError};

/// Number of transaction numbers that a node takes at a time. Numbers that it has not used when it stops are
/// never used.
const BLOCK: i64 = 1024;

/// Wait before a retry after a lost connection.
const PAUSE: Duration = Duration::from_millis(100);

const TAKE_NUMBERS: &str =
    "UPDATE counter SET value = value + $1 WHERE name = 'tr_id' RETURNING value - $1";

const REGISTER: &str = "\
    WITH taken AS (UPDATE counter SET value = value + 1 WHERE name = 'node' RETURNING value - 1 AS id) \
    INSERT INTO node (id, batch, seen) SELECT id, 0, now() FROM taken RETURNING id";

/// The lock waits for a running transaction of the node.
const LAST_BATCH: &str = "SELECT batch FROM node WHERE id = $1 FOR NO KEY UPDATE";

/// One of the writers of a PostgreSQL database.
///
/// It blocks the calling thread, so do not use it on a thread that runs async tasks.
pub struct PostgresStore {
    address: Address,
    session: Option<Session>,
    thread: BlockingRuntime,
    /// The number of this process among the writers, once it has one.
    node: Option<i64>,
    /// The number of the last committed batch.
    batch: i64,
    /// Transaction numbers that this node has taken and not used yet.
    numbers: Range<i64>,
    directory: Directory,
}

impl PostgresStore {
    pub(super) fn new(address: Address) -> Result<PostgresStore, StoreError> {
        Ok(PostgresStore {
            address,
            session: None,
            thread: BlockingRuntime::new()?,
            node: None,
            batch: 0,
            numbers: 0..0,
            directory: Directory::default(),
        })
    }

    /// Connects if there is no connection, and registers the node.
    fn connect(&mut self) -> Result<(), StoreError> {
        if self.session.is_some() {
            return Ok(());
        }
        let own = [TAKE_NUMBERS, REGISTER, LAST_BATCH];
        let appended = [actions::STATEMENTS, biller_balances::STATEMENTS].concat();
        let written = [directory::STATEMENTS, write::STATEMENTS, &appended].concat();
        let statements = [load::STATEMENTS, &written, &own].concat();
        let (address, node) = (&self.address, self.node);
        let (session, node) = self.thread.wait(with_deadline(async {
            let session = Session::by_key(address, &statements).await?;
            checks::again(session.client()).await?;
            let node = match node {
                Some(node) => node,
                None => number(&session, REGISTER, &[]).await?,
            };
            Ok((session, node))
        }))?;
        (self.session, self.node) = (Some(session), Some(node));
        // Others may have changed it while the connection was lost.
        self.directory.version = 0;
        Ok(())
    }

    /// Takes new transaction numbers if the batch needs more than there are.
    fn take_numbers(&mut self, needed: i64) -> Result<(), StoreError> {
        let (Some(session), true) = (&self.session, self.numbers.end - self.numbers.start < needed)
        else {
            return Ok(());
        };
        let take = needed.max(BLOCK);
        let first = self.thread.wait(with_deadline(number(session, TAKE_NUMBERS, &[&take])))?;
        self.numbers = match self.numbers.end == first {
            true => self.numbers.start..first + take,
            false => first..first + take,
        };
        Ok(())
    }

    fn try_load(&mut self, touched: &RowSet) -> Result<Books, StoreError> {
        self.connect()?;
        self.take_numbers(touched.new_numbers)?;
        let (Some(session), Some(node)) = (&self.session, self.node) else {
            return Err(StoreError::Unreachable("there is no connection".to_owned()));
        };
        let loaded = with_deadline(load(session, node, &mut self.directory, touched));
        let mut books = self.thread.wait(loaded)?;
        books.next_tr_id = self.numbers.start;
        Ok(books)
    }
}

impl Store for PostgresStore {
    fn load(&mut self, touched: &RowSet) -> Result<Books, StoreError> {
        let was_connected = self.session.is_some();
        match self.try_load(touched) {
            // The server was restarted and ended the connection; nothing was written.
            Err(StoreError::Unreachable(_)) if was_connected => {
                self.session = None;
                self.try_load(touched)
            }
            loaded => loaded,
        }
        .inspect_err(|_| self.session = None)
    }

    fn commit(&mut self, books: &Books) -> Result<(), StoreError> {
        let (Some(session), Some(node)) = (&self.session, self.node) else {
            return Err(StoreError::Unreachable("there is no connection".to_owned()));
        };
        let written = with_deadline(write::commit(session, (node, self.batch + 1), books));
        match self.thread.wait(written) {
            Ok(()) => {
                self.batch += 1;
                self.address.committed.note(node, self.batch);
                self.numbers.start = books.next_tr_id.max(self.numbers.start);
                Ok(())
            }
            Err(StoreError::Unreachable(why)) => {
                self.session = None;
                Err(StoreError::InDoubt(why))
            }
            Err(error) => Err(error),
        }
    }

    fn release(&mut self) -> Result<(), StoreError> {
        let Some(session) = &self.session else { return Ok(()) };
        let released = self.thread.wait(with_deadline(write::release(session)));
        if released.is_err() {
            // Without an answer the transaction, which changed nothing, ends with its connection.
            self.session = None;
        }
        Ok(())
    }

    fn resolve_in_doubt(&mut self) -> Result<bool, StoreError> {
        let asked = self.connect().and_then(|()| {
            let (Some(session), Some(node)) = (&self.session, self.node) else {
                return Err(StoreError::Unreachable("there is no connection".to_owned()));
            };
            self.thread.wait(with_deadline(number(session, LAST_BATCH, &[&node])))
        });
        match asked {
            Ok(last) => {
                let committed = last == self.batch + 1;
                self.batch = last;
                // The batch may have used any of these numbers.
                self.numbers = 0..0;
                Ok(committed)
            }
            Err(StoreError::Unreachable(why) | StoreError::Conflict(why)) => {
                self.session = None;
                std::thread::sleep(PAUSE);
                Err(StoreError::Unreachable(why))
            }
            Err(error) => Err(error),
        }
    }
}

/// The single number that a statement returns.
async fn number(
    session: &Session,
    sql: &'static str,
    params: super::session::Params<'_>,
) -> Result<i64, StoreError> {
    let rows = session.query(sql, params).await?;
    let row = rows.first().ok_or_else(|| super::rows::damaged(format_args!("no row: {sql}")))?;
    super::rows::RowReader::of(row).take()
}
