//! Free disk space: below a limit, new inquiries and payments are refused.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateway::{BackgroundTask, Health};
use store::sqlite::{DiskReserve, SqliteStore, WalSize};

/// The interval between two checks. A second of writing uses far less than the usual limit; if it
/// does not, the store has a reserve file.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The disk of the data directory.
pub(crate) struct Disk {
    room: DiskReserve,
    wal: WalSize,
    /// Below this many free bytes the disk counts as full.
    least_free: u64,
    is_full: AtomicBool,
}

impl Disk {
    /// The disk that `store` uses, checked once.
    pub(crate) fn of(store: &SqliteStore, least_free: u64) -> io::Result<Disk> {
        let (room, wal) = (store.room(), store.wal_size());
        let disk = Disk { room, wal, least_free, is_full: AtomicBool::new(false) };
        disk.look()?;
        Ok(disk)
    }

    /// Whether the disk is too full for new inquiries and payments.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Free bytes, if known.
    pub(crate) fn free(&self) -> Option<u64> {
        self.room.free().ok()
    }

    /// Bytes in use in the WAL.
    pub(crate) fn wal(&self) -> u64 {
        self.wal.bytes()
    }

    /// When there is enough space again, the reserve file is restored first, and then new work is
    /// accepted.
    fn look(&self) -> io::Result<()> {
        let free = self.room.free()?;
        let is_full = self.least_free > 0
            && (free < self.least_free || !self.room.keep_reserve(self.least_free)?);
        match (self.is_full.swap(is_full, Ordering::Relaxed), is_full) {
            (false, true) => {
                tracing::error!(free, "the disk is full: inquiries and payments are refused")
            }
            (true, false) => tracing::info!(free, "the disk has enough space again"),
            _ => {}
        }
        Ok(())
    }
}

/// Checks the free space periodically.
pub(crate) struct DiskWatch(pub(crate) Arc<Disk>);

impl BackgroundTask for DiskWatch {
    const NAME: &'static str = "disk";
    type Error = io::Error;

    async fn run(&mut self, health: &Health) -> io::Result<()> {
        loop {
            tokio::time::sleep(CHECK_INTERVAL).await;
            let disk = Arc::clone(&self.0);
            let looked = tokio::task::spawn_blocking(move || disk.look()).await;
            health.round(looked.map_err(io::Error::other).flatten())?;
        }
    }
}
