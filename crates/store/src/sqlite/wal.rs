//! The WAL: how large it is, and when the writer copies it into the database.
//!
//! SQLite's own checkpoint runs within a commit and keeps its errors to itself. So the writer does it,
//! once the callers of the commit are answered, and an error in it is an error of the disk like any
//! other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;

use crate::StoreError;

/// A page in the WAL, with its header.
const FRAME: u64 = 4096 + 24;

/// From how many times the size of a checkpoint on a WAL is large enough to tell of it.
const LARGE: u32 = 4;

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
}

impl Wal {
    /// Follows the commits on `connection`, which checkpoints no more by itself.
    pub(super) fn follow(connection: &mut Connection, full: u32) -> Result<Wal, StoreError> {
        let size = WalSize::default();
        let seen = size.clone();
        connection.execute_batch("PRAGMA wal_autocheckpoint = 0")?;
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            seen.set(pages);
            Ok(())
        }))?;
        Ok(Wal { size, full, next: full, tell: full.saturating_mul(LARGE) })
    }

    pub(super) fn size(&self) -> WalSize {
        self.size.clone()
    }

    /// Copies what it can once there is enough. Readers are not waited for: one that still looks at
    /// an earlier moment keeps the rest, and the WAL grows until it is gone.
    pub(super) fn checkpoint_if_full(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let pages = self.size.pages();
        if pages < self.full {
            (self.next, self.tell) = (self.full, self.full.saturating_mul(LARGE));
            return Ok(());
        }
        if pages < self.next {
            return Ok(());
        }
        let mut checkpoint = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
        checkpoint.query_row([], |_| Ok(()))?;
        self.next = pages.saturating_add(self.full / 8 + 1);
        if pages >= self.tell {
            let bytes = self.size.bytes();
            tracing::warn!(bytes, "the WAL grows: a reader holds on to an earlier moment");
            self.tell = pages.saturating_mul(2);
        }
        Ok(())
    }

    /// Copies the WAL and empties its file, unless a reader is at work. A file that was read at a
    /// start is cached in large pieces, in which each page written costs more.
    pub(super) fn empty(&self, connection: &Connection) -> Result<(), StoreError> {
        let left = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(1))?;
        self.size.set(left);
        Ok(())
    }
}
