//! Whether a data directory has a database, and why it cannot be opened.

use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::{Connection, ErrorCode, ffi};
use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};

use super::database;
use crate::{Obstacle, StoreError, find_file};

/// With fewer free bytes SQLite may be unable to create its own files.
const SCARCE: u64 = 1 << 20;

/// Whether a data directory contains books, as far as is known without opening them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// No database file, perhaps no directory.
    Nothing,
    /// An empty file.
    Empty,
    /// A file that may contain books.
    Something,
}

/// Looks for books in a directory. Answers `Nothing` only if that is certain.
///
/// # Errors
/// [`StoreError::Blocked`] when it cannot be found out.
pub fn presence(data: &Path) -> Result<Presence, StoreError> {
    Ok(match find_file(&database(data)).map_err(StoreError::Blocked)? {
        None => Presence::Nothing,
        Some(found) if found.len() == 0 => Presence::Empty,
        Some(_) => Presence::Something,
    })
}

/// Whether an opened database has any table, of lunas or of another program.
pub(super) fn has_tables(connection: &Connection) -> Result<bool, StoreError> {
    let tables = "SELECT count(*) FROM sqlite_schema \
                  WHERE type = 'table' AND name <> 'refinery_schema_history'";
    Ok(connection.query_row(tables, [], |row| row.get::<_, i64>(0))? > 0)
}

/// Refuses a directory that this user cannot write, before SQLite reports it less clearly or opens the file
/// for reading only. Also refuses a path that is not a regular file: SQLite could block on a pipe.
pub(super) fn check_writable(data: &Path) -> Result<(), StoreError> {
    let beside = |suffix: &str| database(data).with_file_name(format!("lunas.db{suffix}"));
    let files = [database(data), beside("-wal"), beside("-shm"), data.join("lunas.reserve")];
    for file in &files {
        find_file(file).map_err(StoreError::Blocked)?;
    }
    for path in [data.to_owned()].into_iter().chain(files) {
        match accessat(CWD, &path, Access::WRITE_OK, AtFlags::EACCESS).map_err(io::Error::from) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(blocked(&path, "written", error)),
        }
    }
    Ok(())
}

/// Refuses a database file that this user cannot read.
pub(super) fn check_readable(data: &Path) -> Result<(), StoreError> {
    let file = database(data);
    let found = accessat(CWD, &file, Access::READ_OK, AtFlags::EACCESS).map_err(io::Error::from);
    found.map_err(|error| blocked(&file, "read", error))
}

/// Turns an error of opening a database into a message with the path and what to do.
pub(super) fn explain(data: &Path, error: StoreError) -> StoreError {
    let StoreError::Sqlite(said) = &error else { return error };
    let file = database(data);
    let code = said.sqlite_error_code();
    if matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
        && let Err(blocked) = check_writable(data)
    {
        return blocked;
    }
    let is_io = matches!(code, Some(ErrorCode::SystemIoFailure));
    let sentence = match code {
        Some(ErrorCode::DiskFull) => return blocked(&file, "opened", full()),
        _ if is_io && is_scarce(data) => return blocked(&file, "opened", full()),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            return StoreError::Damaged(format!(
                "{}: {}; restore a backup with `lunas restore`",
                file.display(),
                in_words(said)
            ));
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("{} is locked by another program; close that one first", file.display())
        }
        _ => format!(
            "{} cannot be opened: {}; see what the system's log says of its disk",
            file.display(),
            in_words(said)
        ),
    };
    StoreError::Blocked(Obstacle::because(sentence))
}

/// SQLite's message, without its error codes.
pub(crate) fn in_words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(failure, None) => {
            ffi::code_to_str(failure.extended_code).to_owned()
        }
        _ => error.to_string(),
    }
}

/// The error for a path that cannot be used.
pub(super) fn blocked(path: &Path, done: &str, error: io::Error) -> StoreError {
    StoreError::Blocked(Obstacle::new(path, done, &error))
}

fn full() -> io::Error {
    ErrorKind::StorageFull.into()
}

fn is_scarce(data: &Path) -> bool {
    statvfs(data).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < SCARCE)
}
