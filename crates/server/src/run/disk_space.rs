//! The room on the disk: below a limit nothing new is begun.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateway::{BackgroundTask, Health};
use store::sqlite::{DiskReserve, SqliteStore, WalSize};

/// How often somebody looks. What a second can write is far below the usual limit, and should it not
/// be, the store has a reserve.
const EVERY: Duration = Duration::from_secs(1);

/// The disk of the data directory.
pub(crate) struct Disk {
    room: DiskReserve,
    wal: WalSize,
    /// Bytes below which it counts as full.
    least_free: u64,
    is_full: AtomicBool,
}

impl Disk {
    /// The disk that `store` is on, looked at once.
    pub(crate) fn of(store: &SqliteStore, least_free: u64) -> io::Result<Disk> {
        let (room, wal) = (store.room(), store.wal_size());
        let disk = Disk { room, wal, least_free, is_full: AtomicBool::new(false) };
        disk.look()?;
        Ok(disk)
    }

    /// Whether there is too little room to begin anything new.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Bytes that are free, where that can be told.
    pub(crate) fn free(&self) -> Option<u64> {
        self.room.free().ok()
    }

    /// Bytes in use in the WAL.
    pub(crate) fn wal(&self) -> u64 {
        self.wal.bytes()
    }

    /// With the limit passed again, the reserve comes first, and new business only with it.
    fn look(&self) -> io::Result<()> {
        let free = self.room.free()?;
        let is_full = self.least_free > 0
            && (free < self.least_free || !self.room.keep_reserve(self.least_free)?);
        match (self.is_full.swap(is_full, Ordering::Relaxed), is_full) {
            (false, true) => tracing::error!(free, "the disk is full: nothing new is begun"),
            (true, false) => tracing::info!(free, "the disk has room again"),
            _ => {}
        }
        Ok(())
    }
}

/// Looks again and again how much room there is.
pub(crate) struct DiskWatch(pub(crate) Arc<Disk>);

impl BackgroundTask for DiskWatch {
    const NAME: &'static str = "disk";
    type Error = io::Error;

    async fn run(&mut self, health: &Health) -> io::Result<()> {
        loop {
            tokio::time::sleep(EVERY).await;
            let disk = Arc::clone(&self.0);
            let looked = tokio::task::spawn_blocking(move || disk.look()).await;
            health.round(looked.map_err(io::Error::other).flatten())?;
        }
    }
}
