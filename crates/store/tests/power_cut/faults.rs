//! Errors of the disk.

use rusqlite::ffi;

use crate::code::Code;

/// A disk operation that may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Open,
    Create,
    Delete,
    Access,
    Read,
    Write,
    /// A write to the database file itself; most writes go to a journal first.
    WriteDatabase,
    Truncate,
    Sync,
    SyncDatabase,
    Size,
    Lock,
    Map,
    LockShared,
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// EIO: a device error.
    Io,
    /// ENOSPC: the disk is full.
    Full,
    /// The disk gets full after the first half.
    Short,
}

/// The operation with that number fails. With `for_ever` all later ones that can fail in the same way fail, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    pub(crate) for_ever: bool,
}

impl Operation {
    pub(crate) fn writes(self) -> bool {
        matches!(self, Operation::Write | Operation::WriteDatabase)
    }
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Io, Kind::Full, Kind::Short];

    /// Whether that operation can fail in this way.
    pub(crate) fn applies_to(self, operation: Operation) -> bool {
        match self {
            Kind::Io => true,
            Kind::Full => {
                matches!(operation, Operation::Create | Operation::Map) || operation.writes()
            }
            Kind::Short => operation.writes(),
        }
    }

    /// How later operations on the same disk fail.
    fn afterwards(self) -> Kind {
        match self {
            Kind::Io => Kind::Io,
            Kind::Full | Kind::Short => Kind::Full,
        }
    }
}

impl Fault {
    pub(crate) fn strikes(&self, number: usize, operation: Operation) -> bool {
        let turn = number == self.number || (self.for_ever && number > self.number);
        // A disk that got full during a write is also full for later operations.
        let kind = if number == self.number { self.kind } else { self.kind.afterwards() };
        turn && kind.applies_to(operation)
    }

    /// The part of `bytes` that a failing write writes.
    pub(crate) fn written<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        match self.kind {
            Kind::Io | Kind::Full => &[],
            Kind::Short => &bytes[..bytes.len() / 2],
        }
    }

    /// The result code that SQLite's own Unix file system returns then.
    pub(crate) fn code(&self, operation: Operation) -> Code {
        match (operation, self.kind) {
            (Operation::Open | Operation::Create, _) => ffi::SQLITE_CANTOPEN,
            (Operation::Delete, _) => ffi::SQLITE_IOERR_DELETE,
            (Operation::Access, _) => ffi::SQLITE_IOERR_ACCESS,
            (Operation::Read, _) => ffi::SQLITE_IOERR_READ,
            (Operation::Write | Operation::WriteDatabase, Kind::Io) => ffi::SQLITE_IOERR_WRITE,
            (Operation::Write | Operation::WriteDatabase, _) => ffi::SQLITE_FULL,
            (Operation::Truncate, _) => ffi::SQLITE_IOERR_TRUNCATE,
            (Operation::Sync | Operation::SyncDatabase, _) => ffi::SQLITE_IOERR_FSYNC,
            (Operation::Size, _) => ffi::SQLITE_IOERR_FSTAT,
            (Operation::Lock, _) => ffi::SQLITE_IOERR_LOCK,
            (Operation::Map, Kind::Io) => ffi::SQLITE_IOERR_SHMMAP,
            (Operation::Map, Kind::Full | Kind::Short) => ffi::SQLITE_IOERR_SHMSIZE,
            (Operation::LockShared, _) => ffi::SQLITE_IOERR_SHMLOCK,
        }
    }
}
