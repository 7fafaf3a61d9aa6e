//! Free space on the disk, and a reserve file for a full disk.
//!
//! The server refuses new inquiries and payments while some space is left. If another program fills the disk
//! completely, the reserve is deleted, so that results of payments in process can still be recorded.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

/// The free space of a data directory, and its reserve. Clones share the state.
#[derive(Clone, Debug)]
pub struct DiskReserve(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    /// Size of the reserve in bytes; 0 means no reserve.
    size: u64,
    is_kept: AtomicBool,
}

impl DiskReserve {
    /// Creates a reserve of that many bytes in `directory`, if there is enough space.
    pub(super) fn of(directory: &Path, size: u64) -> io::Result<DiskReserve> {
        let is_kept = AtomicBool::new(false);
        let room = DiskReserve(Arc::new(Inner { directory: directory.to_owned(), size, is_kept }));
        if !room.keep_reserve(0)? {
            tracing::warn!("there is no room for a reserve on the disk");
        }
        Ok(room)
    }

    /// Free bytes for this process, without the reserve.
    pub fn free(&self) -> io::Result<u64> {
        let disk = statvfs(&self.0.directory)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether the reserve exists. Creates it if at least `beside` bytes stay free.
    pub fn keep_reserve(&self, beside: u64) -> io::Result<bool> {
        if self.0.size == 0 || self.0.is_kept.load(Ordering::Relaxed) {
            return Ok(true);
        }
        if self.free()? < beside.saturating_add(self.0.size) {
            return Ok(false);
        }
        match allocate(&self.file(), self.0.size) {
            Ok(()) => {}
            Err(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => {
                std::fs::remove_file(self.file())?;
                return Ok(false);
            }
            // Some file systems cannot reserve space. There is no reserve on them.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
        self.0.is_kept.store(true, Ordering::Relaxed);
        Ok(true)
    }

    /// Deletes the reserve. Returns whether there was one.
    pub(super) fn give_up_reserve(&self) -> io::Result<bool> {
        if self.0.size == 0 || !self.0.is_kept.swap(false, Ordering::Relaxed) {
            return Ok(false);
        }
        tracing::error!("the disk is full: the reserve is given up to record what was begun");
        std::fs::remove_file(self.file())?;
        Ok(true)
    }

    fn file(&self) -> PathBuf {
        self.0.directory.join("lunas.reserve")
    }
}

fn allocate(file: &Path, size: u64) -> Result<(), Errno> {
    let opened = File::options().create(true).truncate(false).write(true).open(file);
    let opened = opened.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    fallocate(opened, FallocateFlags::empty(), 0, size)
}
