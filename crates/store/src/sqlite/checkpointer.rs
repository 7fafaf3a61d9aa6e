//! Checkpoints the WAL in the background, on a thread and a connection of its own.
//!
//! It blocks neither commits nor readers. Commits during a copy are left to the next copy. SQLite resets the WAL
//! only after a complete checkpoint.

use std::ptr;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, ffi};

use crate::StoreError;

/// The result of a copy. An error means an error of the disk.
pub(super) type Copied = Result<(), StoreError>;

/// Copies all pages of the WAL that no reader still needs there.
pub(super) fn copy(connection: &Connection) -> Copied {
    let mut checkpoint = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
    Ok(checkpoint.query_row([], |_| Ok(()))?)
}

/// Syncs the database file. SQLite itself syncs it only after a complete checkpoint.
///
/// It uses SQLite's own open file: a process that opens the file a second time and closes it loses all its
/// locks on it (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
fn sync(connection: &Connection) -> Copied {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    #[expect(unsafe_code, reason = "SQLite has no statement that syncs")]
    // SAFETY: the connection is open, and no other thread uses it. For this opcode SQLite writes to `file` a
    // pointer to the file of the main database, which lives as long as the connection. Its methods are set if
    // the file is open, which is checked.
    let code = unsafe {
        let operation = ffi::SQLITE_FCNTL_FILE_POINTER;
        let place = (&raw mut file).cast();
        match ffi::sqlite3_file_control(connection.handle(), ptr::null(), operation, place) {
            ffi::SQLITE_OK => file
                .as_ref()
                .and_then(|file| file.pMethods.as_ref())
                .and_then(|methods| methods.xSync)
                .map_or(ffi::SQLITE_MISUSE, |sync| sync(file, ffi::SQLITE_SYNC_NORMAL)),
            code => code,
        }
    };
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into()),
    }
}

/// The checkpoint thread.
pub(super) struct Checkpointer {
    /// None once the thread must end.
    ask: Option<Sender<()>>,
    done: Receiver<Copied>,
    thread: Option<JoinHandle<()>>,
    is_busy: bool,
}

impl Checkpointer {
    pub(super) fn start(connection: Connection) -> Result<Checkpointer, StoreError> {
        let (ask, asked) = channel();
        let (tell, done) = channel();
        // So the writer's final copy, which delays commits, has little to sync.
        let copy_and_sync = move || {
            fail_points::round("copier")?;
            copy(&connection).and_then(|()| sync(&connection))
        };
        let work = move || while asked.recv().is_ok() && tell.send(copy_and_sync()).is_ok() {};
        let thread = std::thread::Builder::new().name("copier".into()).spawn(work)?;
        Ok(Checkpointer { ask: Some(ask), done, thread: Some(thread), is_busy: false })
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Starts a copy.
    pub(super) fn ask(&mut self) {
        self.is_busy = true;
        // If the thread has ended, `done` reports it.
        let _ = self.ask.as_ref().map(|ask| ask.send(()));
    }

    /// The result of the copy, once it has finished.
    pub(super) fn done(&mut self) -> Option<Copied> {
        let done = match self.done.try_recv() {
            Ok(copied) => copied,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                Err(StoreError::Directory(std::io::Error::other("the copying thread has ended")))
            }
        };
        self.is_busy = false;
        Some(done)
    }
}

impl Drop for Checkpointer {
    /// Waits for a running copy: the directory must not be released before it ends.
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by the panic itself.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::OpenFlags;

    use super::*;

    fn copied(copier: &mut Checkpointer) -> Copied {
        copier.ask();
        assert!(copier.is_busy());
        loop {
            match copier.done() {
                Some(copied) => return copied,
                None => std::thread::yield_now(),
            }
        }
    }

    #[test]
    fn it_copies_committed_pages_and_reports_errors() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("copied.db");
        let writer = Connection::open(&path).unwrap();
        writer
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
                 CREATE TABLE number (n INTEGER); INSERT INTO number VALUES (7)",
            )
            .unwrap();
        let length = || std::fs::metadata(&path).unwrap().len();
        assert_eq!(length(), 4096, "what was committed is in the WAL only");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = Connection::open_with_flags(&path, flags).unwrap();
        let mut hindered = Checkpointer::start(connection).unwrap();
        assert!(matches!(copied(&mut hindered), Err(StoreError::Sqlite(_))));
        assert!(!hindered.is_busy());
        assert_eq!(length(), 4096);

        let mut copier = Checkpointer::start(Connection::open(&path).unwrap()).unwrap();
        copied(&mut copier).unwrap();
        assert_eq!(length(), 8192);
    }
}
