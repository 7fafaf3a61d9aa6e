//! The WAL: its size, and when it is checkpointed.
//!
//! SQLite's automatic checkpoint runs within a commit and hides its errors. So the writer makes checkpoints
//! itself, after the callers of the commit are answered, and treats their errors like any other disk error. The
//! checkpoint thread copies most of the WAL; the writer copies the rest, because SQLite resets the WAL only
//! after a complete checkpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;

use super::checkpointer::{Checkpointer, copy};
use crate::StoreError;

/// Size of a page in the WAL with its header, in bytes.
const FRAME: u64 = 4096 + 24;

/// The log warns when the WAL reaches this multiple of `checkpoint_pages`.
const LARGE: u32 = 16;

/// The writer itself copies at most 1/16 of a full WAL, so that commits do not wait long.
const FEW: u32 = 16;

/// Number of copies by the checkpoint thread before the writer copies the rest, whatever its size. Otherwise
/// the WAL could grow without limit on a disk with slow syncs.
const COPIES: u32 = 3;

/// The size of the WAL after the last commit. Clones share the value.
#[derive(Clone, Debug, Default)]
pub struct WalSize(Arc<AtomicU32>);

impl WalSize {
    /// Used bytes. The file may be larger, as it is reused from its start.
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

/// Decides when the WAL is checkpointed.
pub(super) struct Wal {
    size: WalSize,
    /// Number of pages that starts a checkpoint.
    full: u32,
    /// Number of pages that starts the next attempt.
    next: u32,
    /// Number of pages at which the log warns.
    tell: u32,
    /// The checkpoint thread. Without it the writer copies everything.
    copier: Option<Checkpointer>,
    /// Number of pages when the last copy of the checkpoint thread began.
    begun_at: u32,
    /// Number of copies since the WAL was full.
    copies: u32,
}

impl Wal {
    /// Watches the commits on `connection` and turns its automatic checkpoint off.
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

    /// Checkpoints the WAL once it is full. Does not wait for readers: while a reader uses an older snapshot,
    /// the rest stays in the WAL and the WAL grows.
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

    /// Whether the WAL is full, and the checkpoint thread has copied most of it.
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

    /// Checkpoints the WAL and truncates its file, unless a reader is active. A file that was read at a start is
    /// cached in large blocks, which makes each write of a page more expensive.
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

    /// Makes one commit, then the checkpoint work that follows each commit.
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

    /// Until it is dropped, later commits cannot be checkpointed.
    fn open_snapshot(path: &Path) -> Connection {
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
        // While it reads no checkpoint is complete.
        let reader = open_snapshot(&path);
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
        // Nothing can be copied while it reads, so every copy leaves much.
        let reader = open_snapshot(&path);
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
