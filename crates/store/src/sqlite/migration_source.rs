//! The source of a move of books: a data directory.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use domain::TrId;
use rusqlite::{Connection, OptionalExtension, params};

use super::entries::each_entry;
use super::opening::{check_writable, explain};
use super::read::SqliteReader;
use super::rows::{action, attempt, exchange, inquiry_exchange};
use super::{DataDir, Sizes, migrate};
use crate::{ActionRecord, MigrationRecord, Purpose, StoreError};

const LEAVING: &str = "leaving";

const LEFT: &str = "left";

/// The books of a data directory. No other process writes them as long as this lives.
pub(crate) struct MigrationSource {
    connection: Connection,
    path: PathBuf,
    to: String,
    id: String,
    _lock: Arc<File>,
}

impl DataDir {
    /// Opens the books for their move to the database `to`. Changes nothing yet except that the schema is
    /// migrated.
    ///
    /// # Errors
    /// When there are no books, and when they are being moved to another database.
    pub(crate) fn depart(&self, to: &str) -> Result<MigrationSource, StoreError> {
        check_writable(&self.path)?;
        self.check_has_books()?;
        let open = || {
            let mut connection = self.connect(Sizes::default())?;
            migrate(&mut connection, &super::known())?;
            Ok(connection)
        };
        let connection = open().map_err(|error| explain(&self.path, error))?;
        let fresh = "SELECT lower(hex(randomblob(16)))";
        let id = match mark(&connection)? {
            Some(Mark { id, other, .. }) if other == to => id,
            Some(mark) => return Err(mark.refuse(self)),
            None => connection.query_row(fresh, [], |row| row.get(0))?,
        };
        let (path, to, _lock) = (self.path.clone(), to.to_owned(), Arc::clone(&self.lock));
        Ok(MigrationSource { connection, path, to, id, _lock })
    }
}

/// Refuses books that were moved away or are being moved.
pub(super) fn check_is_here(connection: &Connection, data: &DataDir) -> Result<(), StoreError> {
    mark(connection)?.map_or(Ok(()), |mark| Err(mark.refuse(data)))
}

/// The row that records the move.
struct Mark {
    id: String,
    state: String,
    other: String,
}

fn mark(connection: &Connection) -> Result<Option<Mark>, StoreError> {
    let sql = "SELECT id, state, other FROM store_migration";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Mark { id: row.get(0)?, state: row.get(1)?, other: row.get(2)? })
    };
    Ok(connection.query_row(sql, [], read).optional()?)
}

impl Mark {
    fn refuse(self, data: &DataDir) -> StoreError {
        let state = if self.state == LEFT { "moved to" } else { "being moved to" };
        StoreError::Left { from: data.path.clone(), state, to: self.other }
    }
}

impl MigrationSource {
    /// The id of the move. It stays the same when the move is continued.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Records that the move has begun: the books are not served from now on.
    pub(crate) fn mark_leaving(&self) -> Result<(), StoreError> {
        self.mark(LEAVING)
    }

    /// Records that the move is complete: the target serves the books.
    pub(crate) fn mark_left(&self) -> Result<(), StoreError> {
        self.mark(LEFT)
    }

    fn mark(&self, state: &str) -> Result<(), StoreError> {
        let marking = self.connection.unchecked_transaction()?;
        marking.execute("DELETE FROM store_migration", [])?;
        let sql = "INSERT INTO store_migration (id, state, other) VALUES (?1, ?2, ?3)";
        marking.execute(sql, params![self.id, state, self.to])?;
        Ok(marking.commit()?)
    }

    /// Removes the record of the move: the books can be served here again.
    pub(crate) fn unmark(&self) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM store_migration", [])?;
        Ok(())
    }

    /// A reader of the books.
    pub(crate) fn reader(&self) -> Result<SqliteReader, StoreError> {
        super::reader(&self.path)
    }

    /// What the books are for.
    pub(crate) fn purpose(&self) -> Result<Purpose, StoreError> {
        super::purpose::read(&self.connection)
    }

    /// The newest `tr_id`.
    pub(crate) fn newest(&self) -> Result<TrId, StoreError> {
        super::newest_tr_id(&self.connection).map(TrId)
    }

    /// Number of inquiries, deposits and reversals up to `reached`, and of all.
    pub(crate) fn count(&self, reached: Option<TrId>) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT (SELECT count(*) FROM inquiry WHERE tr_id <= ?1) \
                   + (SELECT count(*) FROM deposit WHERE tr_id <= ?1) \
                   + (SELECT count(*) FROM reversal WHERE tr_id <= ?1)";
        let upto = |last: i64| -> Result<u64, StoreError> {
            let count: i64 = self.connection.query_row(sql, [last], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or(0))
        };
        Ok((upto(reached.map_or(i64::MIN, |reached| reached.0))?, upto(i64::MAX)?))
    }

    /// The oldest entries of the log of actions after that number.
    pub(crate) fn actions(&self, after: i64, limit: u32) -> Result<Vec<ActionRecord>, StoreError> {
        action::after(&self.connection, after, limit)
    }

    /// Passes all records after `reached` to the callback, in batches of `size`. It is one scan for all batches,
    /// because starting a scan costs more the later its start is.
    pub(crate) fn batches(
        &self,
        reached: Option<TrId>,
        size: usize,
        see: &mut dyn FnMut(Vec<MigrationRecord>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut records = Vec::with_capacity(size);
        let start = reached.unwrap_or(TrId(i64::MIN));
        each_entry(&self.connection, start, &mut |entry, last_exchange| {
            let exchanges = exchange::chain(&self.connection, last_exchange)?;
            let attempts = attempt::of(&self.connection, entry.tr_id)?;
            let inquiry_exchanges = inquiry_exchange::of(&self.connection, entry.tr_id)?;
            records.push(MigrationRecord { entry, inquiry_exchanges, exchanges, attempts });
            match records.len() == size {
                true => see(std::mem::replace(&mut records, Vec::with_capacity(size))),
                false => Ok(()),
            }
        })?;
        match records.is_empty() {
            true => Ok(()),
            false => see(records),
        }
    }
}
