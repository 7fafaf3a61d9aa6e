//! Locks and shared memory of one file, between the connections of one process.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::atomic::AtomicU64;

use rusqlite::ffi;

use crate::code::Code;

/// The locks and shared memory of a file. Each connection has a number.
#[derive(Default)]
pub(crate) struct Sharing {
    levels: BTreeMap<usize, Code>,
    /// Atomic, as SQLite writes it from several threads. It is freed with its last user. A power cut deletes it, and
    /// SQLite builds it again from the WAL.
    regions: Vec<Box<[AtomicU64]>>,
    slots: BTreeMap<usize, [Slot; SLOTS]>,
}

const SLOTS: usize = ffi::SQLITE_SHM_NLOCK as usize;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Slot {
    #[default]
    Free,
    Shared,
    Exclusive,
}

impl Sharing {
    /// Takes a lock of that level, as SQLite defines the levels: any number of readers, of which one may prepare to
    /// write, or one writer alone.
    pub(crate) fn lock(&mut self, who: usize, level: Code) -> Result<(), Code> {
        let others = self.levels.iter().filter(|(other, _)| **other != who);
        let highest = others.map(|(_, level)| *level).max().unwrap_or(ffi::SQLITE_LOCK_NONE);
        let (granted, answer) = match level {
            ffi::SQLITE_LOCK_SHARED if highest < ffi::SQLITE_LOCK_PENDING => (level, Ok(())),
            ffi::SQLITE_LOCK_RESERVED if highest < ffi::SQLITE_LOCK_RESERVED => (level, Ok(())),
            ffi::SQLITE_LOCK_EXCLUSIVE if highest == ffi::SQLITE_LOCK_NONE => (level, Ok(())),
            // No new readers are admitted, so that the writer gets the lock.
            ffi::SQLITE_LOCK_EXCLUSIVE if highest == ffi::SQLITE_LOCK_SHARED => {
                (ffi::SQLITE_LOCK_PENDING, Err(ffi::SQLITE_BUSY))
            }
            _ => return Err(ffi::SQLITE_BUSY),
        };
        let held = self.levels.entry(who).or_insert(ffi::SQLITE_LOCK_NONE);
        *held = granted.max(*held);
        answer
    }

    pub(crate) fn unlock(&mut self, who: usize, level: Code) {
        if let Some(held) = self.levels.get_mut(&who) {
            *held = level.min(*held);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.levels.values().any(|level| *level >= ffi::SQLITE_LOCK_RESERVED)
    }

    pub(crate) fn map(
        &mut self,
        who: usize,
        region: usize,
        size: usize,
        make: bool,
    ) -> Option<*mut c_void> {
        self.slots.entry(who).or_default();
        if make && self.regions.len() <= region {
            let empty = || (0..size.div_ceil(8)).map(|_| AtomicU64::new(0)).collect();
            self.regions.resize_with(region + 1, empty);
        }
        self.regions.get(region).map(|region| region.as_ptr().cast_mut().cast())
    }

    pub(crate) fn lock_shared(
        &mut self,
        who: usize,
        slots: std::ops::Range<usize>,
        flags: Code,
    ) -> Result<(), Code> {
        let wanted = match flags {
            flags if flags & ffi::SQLITE_SHM_UNLOCK != 0 => Slot::Free,
            flags if flags & ffi::SQLITE_SHM_EXCLUSIVE != 0 => Slot::Exclusive,
            _ => Slot::Shared,
        };
        let mut others = self.slots.iter().filter(|(other, _)| **other != who);
        let hindered = others.any(|(_, held)| {
            held[slots.clone()].iter().any(|held| match wanted {
                Slot::Free => false,
                Slot::Shared => *held == Slot::Exclusive,
                Slot::Exclusive => *held != Slot::Free,
            })
        });
        if hindered {
            return Err(ffi::SQLITE_BUSY);
        }
        self.slots.entry(who).or_default()[slots].fill(wanted);
        Ok(())
    }

    pub(crate) fn unmap(&mut self, who: usize) {
        self.slots.remove(&who);
        if self.slots.is_empty() {
            self.regions.clear();
        }
    }
}
