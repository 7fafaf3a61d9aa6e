//! The embedded database: one file, one writing connection, a few reading ones.
//!
//! WAL with `synchronous=FULL`: a commit is on the disk before it returns, and readers never wait
//! for the writer. One server owns a data directory by a locked file beside the database; readers
//! such as the audit need no lock.

mod checkpointer;
mod disk_reserve;
mod entries;
mod in_process;
mod migration_source;
mod opening;
mod purpose;
mod read;
mod ref_id_index;
mod rows;
mod wal;
mod write;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refinery::{Migration, Runner};
use rusqlite::{Connection, OpenFlags};

pub use disk_reserve::DiskReserve;
pub(crate) use migration_source::MigrationSource;
pub(crate) use opening::in_words;
pub use opening::{Presence, presence};
pub use read::SqliteReader;
pub use wal::WalSize;
pub use write::SqliteStore;

use crate::accepted_migrations::APPLIED;
use crate::{Obstacle, StoreError, accepted_migrations, find_file};
use checkpointer::Checkpointer;
use migration_source::check_is_here;
use opening::{blocked, check_readable, check_writable, explain, has_tables};
use wal::Wal;

/// The oldest SQLite version without a known bug in resetting a WAL.
const OLDEST: i32 = 3_051_003;

/// Sizes of what is collected before it is written to its final place.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Number of WAL pages that starts a checkpoint.
    pub checkpoint_pages: u32,
    /// Inquiries per segment of the `ref_id` index. Smaller segments make look-ups slower, larger ones the
    /// start.
    pub segment: usize,
    /// Bytes of disk reserved for the results of payments in process.
    pub reserve: u64,
    /// Whether a separate thread makes most of each checkpoint. Tests that need deterministic disk writes turn it off.
    pub copies_beside: bool,
}

impl Default for Sizes {
    /// A WAL of 8 MiB, a reserve of 16 MiB.
    fn default() -> Sizes {
        Sizes { checkpoint_pages: 2048, segment: 32_768, reserve: 16 << 20, copies_beside: true }
    }
}

impl Sizes {
    /// Small sizes for tests, so that checkpoints and segments occur within a second of work.
    const SMALL: Sizes =
        Sizes { checkpoint_pages: 64, segment: 32, reserve: 64 << 10, copies_beside: true };

    /// Maximum size of the WAL file after a checkpoint, in bytes.
    fn wal_limit(self) -> u64 {
        2 * 4096 * u64::from(self.checkpoint_pages)
    }
}

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// A data directory, owned by this process as long as this value or a store opened from it lives.
pub struct DataDir {
    path: PathBuf,
    lock: Arc<File>,
}

impl DataDir {
    /// Takes ownership of `path`; creates the directory if it does not exist. Fails if another process owns it.
    pub fn own(path: &Path) -> Result<DataDir, StoreError> {
        create_private(path)
            .map_err(|error| StoreError::Blocked(Obstacle::no_directory(path, &error)))?;
        let file = path.join("lunas.lock");
        find_file(&file).map_err(StoreError::Blocked)?;
        let opened = File::options().create(true).truncate(false).write(true).open(&file);
        let lock = opened.map_err(|error| blocked(&file, "written", error))?;
        match lock.try_lock() {
            Ok(()) if is_the_one(&lock, &file) => {
                Ok(DataDir { path: path.to_owned(), lock: Arc::new(lock) })
            }
            Ok(()) | Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(blocked(&file, "locked", error)),
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the database for writing; creates or migrates it if needed.
    pub fn open(&self) -> Result<SqliteStore, StoreError> {
        self.open_with(sizes())
    }

    /// [`DataDir::open`] with other sizes.
    pub fn open_with(&self, sizes: Sizes) -> Result<SqliteStore, StoreError> {
        self.open_as(sizes, true).map_err(|error| explain(&self.path, error))
    }

    /// Opens existing books for writing; migrates them if needed.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there are none. Then no file and no table is created.
    pub fn open_existing(&self) -> Result<SqliteStore, StoreError> {
        self.open_as(sizes(), false).map_err(|error| explain(&self.path, error))
    }

    fn open_as(&self, sizes: Sizes, may_make: bool) -> Result<SqliteStore, StoreError> {
        check_writable(&self.path)?;
        if !may_make {
            self.check_has_books()?;
        }
        let mut connection = self.connect(sizes)?;
        let room = DiskReserve::of(&self.path, sizes.reserve)?;
        let copier =
            sizes.copies_beside.then(|| Checkpointer::start(self.connect(sizes)?)).transpose()?;
        let wal = Wal::follow(&mut connection, sizes.checkpoint_pages, copier)?;
        migrate(&mut connection, &known())?;
        check_is_here(&connection, self)?;
        SqliteStore::new(connection, wal, room, Arc::clone(&self.lock), sizes.segment)
    }

    /// Checks the schema before anything is written to the file, which may belong to another program.
    fn check_has_books(&self) -> Result<(), StoreError> {
        let missing = || StoreError::Missing(self.path.display().to_string());
        if presence(&self.path)? != Presence::Something {
            return Err(missing());
        }
        match applied(&connect(&database(&self.path))?)?.is_empty() {
            true => Err(missing()),
            false => Ok(()),
        }
    }

    /// Opens a writing connection.
    fn connect(&self, sizes: Sizes) -> Result<Connection, StoreError> {
        check_version(rusqlite::version_number())?;
        // One thread writes, so SQLite need not guard the connection.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database(&self.path), flags)?;
        keep_wal(&connection)?;
        connection.execute_batch(&format!(
            "PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = OFF;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -8192;
             PRAGMA journal_size_limit = {};",
            sizes.wal_limit()
        ))?;
        Ok(connection)
    }
}

/// Opens a database for reading only. The directory may be owned by another process. In the owning process use
/// [`SqliteStore::reader`], which is faster.
pub fn reader(data: &Path) -> Result<SqliteReader, StoreError> {
    check_version(rusqlite::version_number())?;
    let missing = || StoreError::Missing(data.display().to_string());
    find_file(&database(data)).map_err(StoreError::Blocked)?;
    let open = || {
        let connection = connect(&database(data))?;
        let applied = applied(&connection)?;
        Ok((connection, applied))
    };
    let (connection, applied) = open().map_err(|error| match presence(data) {
        Ok(Presence::Something) => check_readable(data).err().unwrap_or(explain(data, error)),
        Ok(_) => missing(),
        Err(obstacle) => obstacle,
    })?;
    if applied.is_empty() {
        return Err(missing());
    }
    accepted_migrations::none_is_missing(&applied, &known())?;
    Ok(SqliteReader::new(connection, None))
}

/// Default sizes, or small ones in tests.
fn sizes() -> Sizes {
    if fail_points::is_set() { Sizes::SMALL } else { Sizes::default() }
}

/// Opens a read-only connection.
fn connect(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.execute_batch("PRAGMA cache_size = -4096")?;
    Ok(connection)
}

/// The newest `tr_id`; 0 in new books.
fn newest_tr_id(connection: &Connection) -> Result<i64, StoreError> {
    let newest = "SELECT max((SELECT coalesce(max(tr_id), 0) FROM inquiry), \
                             (SELECT coalesce(max(tr_id), 0) FROM deposit), \
                             (SELECT coalesce(max(tr_id), 0) FROM reversal), \
                             (SELECT coalesce(max(tr_id), 0) FROM balance_change))";
    Ok(connection.query_row(newest, [], |row| row.get(0))?)
}

/// The database file of a data directory.
pub fn database(data: &Path) -> PathBuf {
    data.join("lunas.db")
}

fn check_version(linked: i32) -> Result<(), StoreError> {
    if linked < OLDEST { Err(StoreError::TooOld(rusqlite::version())) } else { Ok(()) }
}

/// Switches the database to a WAL. If it cannot, SQLite keeps the present mode, in which a power cut can undo
/// a commit. SQLite returns the new mode before it has written it, so the statement must be run to its end.
fn keep_wal(connection: &Connection) -> Result<(), StoreError> {
    let mut switch = connection.prepare("PRAGMA journal_mode = WAL")?;
    let modes = switch.query_map([], |row| row.get::<_, String>(0))?;
    match modes.collect::<Result<Vec<_>, _>>()?.concat() {
        mode if mode == "wal" => Ok(()),
        mode => Err(StoreError::NoWal(mode)),
    }
}

/// Migrates the schema. The missing migrations are applied and their numbers recorded in one transaction, so
/// that a crash leaves either the old or the new schema.
fn migrate(connection: &mut Connection, known: &[Migration]) -> Result<(), StoreError> {
    let applied = applied(connection)?;
    if !accepted_migrations::are_missing(&applied, known)? {
        return Ok(());
    }
    if applied.is_empty() && has_tables(connection)? {
        return Err(StoreError::Migration(accepted_migrations::TAKEN.to_owned()));
    }
    let run = Runner::new(known).set_grouped(true).run(connection);
    run.map(drop).map_err(failed_migration)
}

/// Reports an error of SQLite in a migration like any other error of SQLite.
fn failed_migration(error: refinery::Error) -> StoreError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(found) = cause {
        if let Some(rusqlite::Error::SqliteFailure(failure, words)) = found.downcast_ref() {
            return rusqlite::Error::SqliteFailure(*failure, words.clone()).into();
        }
        cause = found.source();
    }
    StoreError::Migration(error.to_string())
}

/// The migrations that this binary knows.
fn known() -> Vec<Migration> {
    accepted_migrations::known(embedded::migrations::runner().get_migrations())
}

/// The migrations that were applied to the database.
fn applied(connection: &Connection) -> Result<Vec<(i64, String)>, StoreError> {
    let known = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'",
        [],
        |row| row.get::<_, i64>(0),
    )?;
    if known == 0 {
        return Ok(Vec::new());
    }
    let mut history = connection.prepare(APPLIED)?;
    let rows = history.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the locked file still has this path: another process that created the directory may have removed it
/// meanwhile.
fn is_the_one(lock: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let found = lock.metadata().and_then(|held| Ok((held, std::fs::metadata(path)?)));
    found.is_ok_and(|(held, named)| (held.dev(), held.ino()) == (named.dev(), named.ino()))
}

/// Creates the directory with access for its owner only: it contains keys and personal data.
fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An upgrade whose second migration fails leaves the old schema and its rows. Without the fault the same
    /// upgrade succeeds.
    #[test]
    fn an_upgrade_is_complete_or_not_applied() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(dir.path().join("upgraded.db")).unwrap();
        keep_wal(&connection).unwrap();
        migrate(&mut connection, &known()).unwrap();
        connection.execute_batch("INSERT INTO account VALUES (1, 5, NULL)").unwrap();
        let later = |second: &str| {
            let first = "CREATE TABLE later (x INTEGER PRIMARY KEY) STRICT";
            let number = accepted_migrations::newest(&known());
            let mut all = known();
            all.push(Migration::unapplied(&format!("V{}__first", number + 1), first).unwrap());
            all.push(Migration::unapplied(&format!("V{}__second", number + 2), second).unwrap());
            all
        };
        let shape = |connection: &mut Connection| {
            let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'later'";
            let tables: i64 = connection.query_row(tables, [], |row| row.get(0)).unwrap();
            let row = "SELECT balance FROM account WHERE id = 1";
            let balance: i64 = connection.query_row(row, [], |row| row.get(0)).unwrap();
            (applied(connection).unwrap().len() as i64, tables, balance)
        };
        let old = (accepted_migrations::newest(&known()), 0, 5);
        for broken in ["INSERT INTO nowhere VALUES (1)", "UPDATE account SET balance = NULL"] {
            assert!(migrate(&mut connection, &later(broken)).is_err(), "{broken}");
            assert_eq!(shape(&mut connection), old, "{broken}");
        }
        migrate(&mut connection, &later("UPDATE account SET balance = 6")).unwrap();
        assert_eq!(shape(&mut connection), (old.0 + 2, 1, 6));
        let refused = migrate(&mut connection, &known());
        assert!(matches!(refused, Err(StoreError::Newer { .. })), "{refused:?}");
    }

    #[test]
    fn an_old_sqlite_is_refused_and_the_linked_one_is_not() {
        assert!(matches!(check_version(3_051_002), Err(StoreError::TooOld(_))));
        assert!(check_version(rusqlite::version_number()).is_ok());
    }
}
