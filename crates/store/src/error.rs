//! Errors of a database.

use std::convert::Infallible;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::sqlite::in_words;
use crate::{Obstacle, SubmitError};

/// Why a command has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<R> {
    /// A rule refuses it. Nothing changed.
    #[error("{0}")]
    Refused(R),
    /// The database failed. [`StoreError::is_transient`] says whether certainly nothing changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<R> CommandError<R> {
    /// The same error with the refusal as another layer calls it.
    pub fn map_refusal<T>(self, change: impl FnOnce(R) -> T) -> CommandError<T> {
        match self {
            CommandError::Refused(refusal) => CommandError::Refused(change(refusal)),
            CommandError::Store(error) => CommandError::Store(error),
        }
    }
}

impl<R> From<SubmitError> for CommandError<R> {
    fn from(error: SubmitError) -> CommandError<R> {
        CommandError::Store(error.into())
    }
}

/// A command that no rule refuses.
impl From<CommandError<Infallible>> for StoreError {
    fn from(error: CommandError<Infallible>) -> StoreError {
        match error {
            CommandError::Store(error) => error,
        }
    }
}

/// The error of a row that cannot have been written.
pub(crate) fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(what.to_string())
}

/// Why the database did not do what was requested.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row breaks a constraint. The batch is rolled back; its commands may be tried one by one.
    #[error("the database refuses a row: {0}")]
    Constraint(String),
    /// Any other error of SQLite. On the writing connection this stops the process: after a failed write or
    /// sync a retry proves nothing.
    #[error("the database failed: {}", in_words(.0))]
    Sqlite(rusqlite::Error),
    /// Any other error of PostgreSQL, without the data of the row.
    #[error("the database failed: {0}")]
    Postgres(String),
    /// The URL of the database is not valid.
    #[error("the database's URL cannot be used: {0}")]
    Address(String),
    /// The server could lose an answered payment, or it accepts no writes.
    #[error("the database server cannot be used: {0}")]
    Unfit(String),
    /// The server does not answer at present. Nothing was written.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A conflict with another node. Nothing was written; a retry sees what the other node wrote.
    #[error("another node was faster: {0}")]
    Conflict(String),
    /// The connection was lost during the commit.
    #[error("the connection to the database was lost during a commit: {0}")]
    InDoubt(String),
    /// A row contains what cannot have been written.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Another process owns the data directory.
    #[error(
        "the data directory {0} is in use by another lunas; stop that one first, or use another directory"
    )]
    InUse(PathBuf),
    /// There is no database, or none that lunas has made.
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
    /// The books in this database are incomplete, or their move was rolled back.
    #[error("{0}")]
    NotArrived(&'static str),
    /// The books cannot be moved.
    #[error("{0}")]
    Move(String),
    /// The migrations could not be applied.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// The database cannot use a WAL. Without a WAL a commit is not durable.
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
    /// The database is damaged and can only be read.
    #[error(
        "the database is damaged and can only be read; restore a backup, or see what `lunas audit` finds"
    )]
    ReadOnly,
    /// A command has no outcome.
    #[error(transparent)]
    SubmitError(#[from] SubmitError),
}

impl StoreError {
    /// Whether certainly nothing was done because the database cannot be reached; the caller may retry.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            StoreError::Unreachable(_) | StoreError::SubmitError(SubmitError::NotCarriedOut)
        )
    }

    /// Whether the disk was full. The transaction was rolled back.
    pub fn is_full(&self) -> bool {
        self.code() == Some(ErrorCode::DiskFull)
    }

    /// Whether the database is damaged: it contains what cannot have been written.
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

// No `#[source]`: the text of this error already contains that of the cause, which would be printed twice.
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
