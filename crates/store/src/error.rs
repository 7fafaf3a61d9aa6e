//! What can go wrong with a database.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::sqlite::in_words;
use crate::{Obstacle, SubmitError};

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row breaks a rule of the schema. The batch is undone; its commands may be tried alone.
    #[error("the database refuses a row: {0}")]
    Constraint(String),
    /// Anything else that SQLite says. On the writing connection this stops the process: after a
    /// failed write or sync, trying again proves nothing.
    #[error("the database failed: {}", in_words(.0))]
    Sqlite(rusqlite::Error),
    /// Anything else that PostgreSQL says, without the row that it is about.
    #[error("the database failed: {0}")]
    Postgres(String),
    /// The URL of the database is none.
    #[error("the database's URL cannot be used: {0}")]
    Address(String),
    /// An answered payment could be lost on this server, or it cannot be written to.
    #[error("the database server cannot be used: {0}")]
    Unfit(String),
    /// The server does not answer, or not now. Nothing was written.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Another node was in the way. Nothing was written, and a repeat sees what the other one did.
    #[error("another node was faster: {0}")]
    Conflict(String),
    /// The server was lost while it committed.
    #[error("the database was lost in the midst of a commit: {0}")]
    InDoubt(String),
    /// A row cannot be what the schema promises.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Another process owns the data directory.
    #[error(
        "the data directory {0} is in use by another lunas; stop that one first, or use another directory"
    )]
    InUse(PathBuf),
    /// There is no database to open, or none that lunas has made.
    #[error("there are no books in {0}")]
    Missing(String),
    /// The database was written by a newer lunas.
    #[error(
        "the database is of version {found}, this lunas knows up to version {known}; use the newer lunas"
    )]
    Newer {
        /// The version of the database.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// The books were moved away, or are about to be.
    #[error(
        "the books of {from} are {state} {to}; serve that one, or undo it: \
         lunas migrate-store --undo --from {from} --to {to}"
    )]
    Left {
        /// The data directory.
        from: PathBuf,
        /// "being moved to" or "moved to".
        state: &'static str,
        /// The database, without its secret.
        to: String,
    },
    /// The database does not hold whole books, or books whose move was rolled back.
    #[error("{0}")]
    NotArrived(&'static str),
    /// The books cannot be moved like this.
    #[error("{0}")]
    Move(String),
    /// The migrations could not be applied.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// The database cannot be switched to a WAL, without which a commit is not durable.
    #[error(
        "the database keeps its journal mode {0}; put the data directory on a local file system that can share memory"
    )]
    NoWal(String),
    /// The linked SQLite has known errors.
    #[error("SQLite {0} is too old: 3.51.3 or newer is needed")]
    TooOld(&'static str),
    /// A path cannot be used.
    #[error("{0}")]
    Blocked(Obstacle),
    /// The data directory cannot be used.
    #[error("the data directory cannot be used: {0}")]
    Directory(std::io::Error),
    /// What is stored is damaged; it is only read.
    #[error(
        "the database is damaged and only read; restore a backup, or see what `lunas audit` finds"
    )]
    ReadOnly,
    /// A command has no outcome.
    #[error(transparent)]
    SubmitError(#[from] SubmitError),
}

impl StoreError {
    /// Whether it is certain that nothing was done, as the database cannot be reached: the same may be
    /// asked again later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            StoreError::Unreachable(_) | StoreError::SubmitError(SubmitError::NotCarriedOut)
        )
    }

    /// Whether a write found no room on the disk. Its transaction was undone.
    pub fn is_full(&self) -> bool {
        self.code() == Some(ErrorCode::DiskFull)
    }

    /// Whether what is stored cannot be what was written.
    pub fn is_damage(&self) -> bool {
        let spoilt = [ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase];
        matches!(self, StoreError::Damaged(_)) || self.code().is_some_and(|it| spoilt.contains(&it))
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            StoreError::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        }
    }
}

// An error whose text stands in the store's own is not its cause as well: it would be told twice.
impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> StoreError {
        StoreError::Directory(error)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match &error {
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.code == ErrorCode::ConstraintViolation =>
            {
                StoreError::Constraint(error.to_string())
            }
            _ => StoreError::Sqlite(error),
        }
    }
}
