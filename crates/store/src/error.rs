//! What can go wrong with a database.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row breaks a rule of the schema. The batch is undone; its commands may be tried alone.
    #[error("the database refuses a row: {0}")]
    Constraint(String),
    /// Anything else that SQLite says. On the writing connection this stops the process: after a
    /// failed write or sync, trying again proves nothing.
    #[error("the database failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// A row cannot be what the schema promises.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Another process owns the data directory.
    #[error(
        "the data directory {0} is in use by another lunas; stop that one first, or use another directory"
    )]
    InUse(PathBuf),
    /// There is no database to open.
    #[error("there is no lunas database in {0}")]
    Missing(PathBuf),
    /// The database was written by a newer lunas.
    #[error(
        "the data directory is of version {found}, this lunas knows up to version {known}; use the newer lunas"
    )]
    Newer {
        /// The version of the database.
        found: i64,
        /// The newest version known.
        known: i64,
    },
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
    /// The data directory cannot be used.
    #[error("the data directory cannot be used: {0}")]
    Directory(#[from] std::io::Error),
    /// What is stored is damaged; it is only read.
    #[error(
        "the database is damaged and only read; restore a backup, or see what `lunas audit` finds"
    )]
    ReadOnly,
    /// The committer has stopped.
    #[error(transparent)]
    Lost(#[from] crate::Lost),
}

impl StoreError {
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
