//! Copies the WAL into the database beside the commits, on a thread and a connection of its own.
//!
//! It waits for nobody and nobody for it. What is committed while it copies is left to the next copy,
//! and the WAL begins anew only when a copy has left nothing.

use std::fs::File;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::StoreError;

/// What a copy came to. An error in it is one of the disk.
pub(super) type Copied = Result<(), StoreError>;

/// Copies all of the WAL that no reader needs to stay where it is.
pub(super) fn copy(connection: &Connection) -> Copied {
    let mut checkpoint = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
    Ok(checkpoint.query_row([], |_| Ok(()))?)
}

/// The thread that copies when it is asked to.
pub(super) struct Copier {
    /// None once it is to end.
    ask: Option<Sender<()>>,
    done: Receiver<Copied>,
    thread: Option<JoinHandle<()>>,
    is_busy: bool,
}

impl Copier {
    /// Copies on `connection` into `database`, the file of both.
    pub(super) fn start(connection: Connection, database: File) -> Result<Copier, StoreError> {
        let (ask, asked) = channel();
        let (tell, done) = channel();
        // SQLite syncs the database only after a copy that has left nothing. Most of what that one
        // would have to wait for is synced here.
        let copy_and_sync = move || copy(&connection).and_then(|()| Ok(database.sync_data()?));
        let work = move || while asked.recv().is_ok() && tell.send(copy_and_sync()).is_ok() {};
        let thread = std::thread::Builder::new().name("copier".into()).spawn(work)?;
        Ok(Copier { ask: Some(ask), done, thread: Some(thread), is_busy: false })
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Begins a copy.
    pub(super) fn ask(&mut self) {
        self.is_busy = self.ask.as_ref().is_some_and(|ask| ask.send(()).is_ok());
    }

    /// What came of the copy, once it is done.
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

impl Drop for Copier {
    /// Waits for a copy that is on its way: nobody else may have the directory before it is done.
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

    fn copied(copier: &mut Copier) -> Copied {
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
    fn it_copies_what_was_committed_and_tells_what_hinders_it() {
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
        let start = |connection| Copier::start(connection, File::open(&path).unwrap()).unwrap();

        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let mut hindered = start(Connection::open_with_flags(&path, flags).unwrap());
        assert!(matches!(copied(&mut hindered), Err(StoreError::Sqlite(_))));
        assert!(!hindered.is_busy());
        assert_eq!(length(), 4096);

        let mut copier = start(Connection::open(&path).unwrap());
        copied(&mut copier).unwrap();
        assert_eq!(length(), 8192);
    }
}
