//! The WAL: how large it is, and when it is copied into the database.
//!
//! SQLite's own checkpoint runs within a commit and keeps its errors to itself. So the writer sees to
//! it, once the callers of the commit are answered, and an error in it is an error of the disk like any
//! other. What has gathered is copied beside the commits; the writer itself copies no more than what
//! was committed meanwhile, as only a copy that leaves nothing lets the WAL begin anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;

use super::checkpointer::{Checkpointer, copy};
use crate::StoreError;

/// A page in the WAL, with its header.
const FRAME: u64 = 4096 + 24;

/// From how many times the size of a checkpoint on a WAL is large enough to tell of it.
const LARGE: u32 = 16;

/// Which part of a full WAL the writer copies itself.
const FEW: u32 = 16;

/// How often what came during a copy is copied beside the commits as well; then the writer copies
/// it, however much it is. Else a disk that is slow to sync might let the WAL grow for ever.
const COPIES: u32 = 3;

/// How large the WAL is, as the last commit left it. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct WalSize(Arc<AtomicU32>);

impl WalSize {
    /// Bytes that are in use. The file may be larger, as it is written anew from its beginning.
    pub fn bytes(&self) -> u64 {
        FRAME * u64::from(self.pages())
    }

    fn pages(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, pages: i32) {
        self.0.store(pages.try_into().unwrap_or(0), Ordering::Relaxed);
    }
}

/// When the WAL is copied.
pub(super) struct Wal {
    size: WalSize,
    /// From how many pages on.
    full: u32,
    /// How many pages are waited for after a try.
    next: u32,
    /// From how many pages on somebody is told.
    tell: u32,
    /// Whoever copies beside the commits; without it the writer copies all.
    copier: Option<Checkpointer>,
    /// How many pages there were when a copy was begun beside the commits.
    begun_at: u32,
    /// How many copies were begun since there was enough.
    copies: u32,
}

impl Wal {
    /// Follows the commits on `connection`, which checkpoints no more by itself.
    pub(super) fn follow(
        connection: &mut Connection,
        full: u32,
        copier: Option<Checkpointer>,
    ) -> Result<Wal, StoreError> {
        let size = WalSize::default();
        let seen = size.clone();
        connection.execute_batch("PRAGMA wal_autocheckpoint = 0")?;
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            seen.set(pages);
            Ok(())
        }))?;
        let tell = full.saturating_mul(LARGE);
        Ok(Wal { size, full, next: full, tell, copier, begun_at: 0, copies: 0 })
    }

    pub(super) fn size(&self) -> WalSize {
        self.size.clone()
    }

    /// Sees to it that the WAL is copied once there is enough. Readers are not waited for: one that
    /// still looks at an earlier moment keeps the rest, and the WAL grows until it is gone.
    pub(super) fn checkpoint_if_full(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let pages = self.size.pages();
        if pages < self.full {
            (self.next, self.tell) = (self.full, self.full.saturating_mul(LARGE));
        }
        if self.most_is_copied(pages)? {
            copy(connection)?;
            self.next = pages.saturating_add(self.full / 8 + 1);
            if pages >= self.tell {
                let bytes = self.size.bytes();
                tracing::warn!(bytes, "the WAL grows: a reader holds on to an earlier moment");
                self.tell = pages.saturating_mul(2);
            }
        }
        Ok(())
    }

    /// Whether there is enough to copy, and little that was not copied beside the commits.
    fn most_is_copied(&mut self, pages: u32) -> Result<bool, StoreError> {
        let Some(copier) = &mut self.copier else {
            return Ok(pages >= self.next);
        };
        if copier.is_busy() {
            let Some(copied) = copier.done() else {
                return Ok(false);
            };
            copied?;
            let since = pages.saturating_sub(self.begun_at);
            if since <= self.full / FEW || self.copies == COPIES {
                return Ok(true);
            }
        } else if pages < self.next {
            return Ok(false);
        } else {
            self.copies = 0;
        }
        copier.ask();
        self.copies += 1;
        self.begun_at = pages;
        Ok(false)
    }

    /// Copies the WAL and empties its file, unless a reader is at work. A file that was read at a
    /// start is cached in large pieces, in which each page written costs more.
    pub(super) fn empty(&self, connection: &Connection) -> Result<(), StoreError> {
        let left = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(1))?;
        self.size.set(left);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::OpenFlags;

    use super::*;

    const FULL: u32 = 32;

    /// Counts up once in the database and sees to the WAL, as after each commit.
    fn count(wal: &mut Wal, connection: &Connection) -> Result<(), StoreError> {
        connection.execute_batch("UPDATE number SET n = n + 1").unwrap();
        wal.checkpoint_if_full(connection)
    }

    fn counting(path: &Path, copier_flags: OpenFlags) -> (Connection, Wal) {
        let mut connection = Connection::open(path).unwrap();
        let setup =
            "PRAGMA journal_mode = WAL; CREATE TABLE number (n); INSERT INTO number VALUES (0)";
        connection.execute_batch(setup).unwrap();
        let copying = Connection::open_with_flags(path, copier_flags).unwrap();
        let copier = Checkpointer::start(copying).unwrap();
        let wal = Wal::follow(&mut connection, FULL, Some(copier)).unwrap();
        (connection, wal)
    }

    /// Until it is dropped nothing is copied that is committed from now on.
    fn reader_of_this_moment(path: &Path) -> Connection {
        let reader = Connection::open(path).unwrap();
        reader.execute_batch("BEGIN; SELECT n FROM number").unwrap();
        reader
    }

    #[test]
    fn what_is_committed_during_a_copy_is_copied_too_and_the_wal_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let path = dir.path().join("counted.db");
        let (connection, mut wal) = counting(&path, flags);
        // While it reads no copy is whole, so that none is before the last commit.
        let reader = reader_of_this_moment(&path);
        let is_busy = |wal: &Wal| wal.copier.as_ref().unwrap().is_busy();
        while !is_busy(&wal) {
            assert!(wal.size.pages() <= FULL, "there is enough to copy");
            count(&mut wal, &connection).unwrap();
        }
        let full = wal.size.pages();
        connection.execute_batch("UPDATE number SET n = n + 1").unwrap();
        drop(reader);
        while is_busy(&wal) {
            wal.checkpoint_if_full(&connection).unwrap();
            std::thread::yield_now();
        }
        assert!(wal.size.pages() > full, "only a commit begins the WAL anew");
        count(&mut wal, &connection).unwrap();
        assert!(wal.size.pages() < full, "{}", wal.size.pages());
    }

    #[test]
    fn the_writer_has_its_turn_however_much_is_committed_during_each_copy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("counted.db");
        let (connection, mut wal) = counting(&path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        // Nothing can be copied while it reads, so that no copy leaves little.
        let reader = reader_of_this_moment(&path);
        let mut had_its_turn = || {
            for _ in 0..=FULL / FEW {
                connection.execute_batch("UPDATE number SET n = n + 1").unwrap();
            }
            wal.checkpoint_if_full(&connection).unwrap();
            wal.next > FULL
        };
        assert!((0..5_000).any(|_| had_its_turn()));
        drop(reader);
    }

    #[test]
    fn a_copy_that_fails_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let (connection, mut wal) = counting(&dir.path().join("counted.db"), flags);
        let mut counted = (0..10_000).map(|_| count(&mut wal, &connection));
        assert!(counted.any(|counted| matches!(counted, Err(StoreError::Sqlite(_)))));
    }
}
