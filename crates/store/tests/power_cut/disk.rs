//! A disk in memory that records all operations in a journal.
//!
//! Reads return the written data, as with a page cache; only after a power cut it matters what was synced.
//! [`Platter`](crate::platter::Platter) builds the images from the journal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::ffi;

use crate::code::Code;
use crate::content::Content;
use crate::faults::{Fault, Operation};
use crate::gate::Gate;
use crate::locks::Sharing;

/// The name of a file in the disk's only directory.
pub(crate) type Name = Arc<str>;

/// A file, independent of its name: if a name is deleted and created again, it is another file.
pub(crate) type FileId = usize;

/// The content of a disk: each file by its name.
pub(crate) type Image = BTreeMap<Name, Content>;

/// An event of a disk or of the callers.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Created(Name, FileId),
    Deleted(Name),
    Wrote(FileId, usize, Bytes),
    Truncated(FileId, usize),
    Synced(FileId),
    /// Data not synced before may be on the disk or not, whatever later syncs return.
    SyncFailed(FileId),
    NamesSynced,
    /// Number of submitted commands so far.
    HandedIn(usize),
    /// The command with that number was answered.
    Answered(usize),
}

/// Written bytes. `Debug` prints only their number.
#[derive(Clone)]
pub(crate) struct Bytes(pub(crate) Arc<[u8]>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// The disk, shared by all open files.
pub(crate) struct Disk {
    state: Mutex<State>,
    gate: Mutex<Option<Gate>>,
}

struct State {
    names: BTreeMap<Name, FileId>,
    files: Vec<File>,
    journal: Option<Journal>,
    fault: Option<Fault>,
    opened: usize,
}

#[derive(Default)]
struct File {
    content: Content,
    sharing: Sharing,
}

/// The recorded events.
#[derive(Default)]
pub(crate) struct Journal {
    pub(crate) events: Vec<Event>,
    /// All operations that may fail.
    pub(crate) operations: Vec<Operation>,
    /// Number of operations before the last caller was gone.
    pub(crate) before_closing: usize,
}

/// An open file.
pub(crate) struct Handle {
    disk: Arc<Disk>,
    file: FileId,
    id: usize,
    writable: bool,
    /// Whether it is the database file.
    main: bool,
    /// The first sync also syncs the directory, as SQLite's own files on Unix do for a new
    /// journal or WAL.
    names_too: bool,
}

impl Disk {
    /// A disk with `image`. Its files are numbered from 0 in the order of their names.
    pub(crate) fn holding(image: &Image) -> Disk {
        let names = image.keys().cloned().zip(0..).collect();
        let with = |content: &Content| File { content: content.clone(), ..File::default() };
        let files = image.values().map(with).collect();
        let state = State { names, files, journal: None, fault: None, opened: 0 };
        Disk { state: Mutex::new(state), gate: Mutex::new(None) }
    }

    /// Starts the journal and activates `fault`.
    pub(crate) fn recording(self, fault: Option<Fault>) -> Disk {
        {
            let mut state = self.state();
            state.journal = Some(Journal::default());
            state.fault = fault;
        }
        self
    }

    /// Records that the last caller is gone.
    pub(crate) fn closing(&self) {
        if let Some(journal) = &mut self.state().journal {
            journal.before_closing = journal.operations.len();
        }
    }

    /// Ends the journal and the fault.
    pub(crate) fn finish(&self) -> Journal {
        let mut state = self.state();
        state.fault = None;
        state.journal.take().unwrap_or_default()
    }

    /// The present content of all files.
    pub(crate) fn image(&self) -> Image {
        let state = self.state();
        let content = |id: &FileId| state.files[*id].content.clone();
        state.names.iter().map(|(name, id)| (Arc::clone(name), content(id))).collect()
    }

    /// Records an event of the callers.
    pub(crate) fn note(&self, event: Event) {
        self.state().note(event);
    }

    /// Makes changes wait at `gate`; none removes the gate.
    pub(crate) fn set_gate(&self, gate: Option<Gate>) {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    /// Waits at the gate. `begins` says that a transaction is about to begin.
    fn pass(&self, begins: bool) {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(gate) = gate {
            gate.pass(begins);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a file by its name.
    pub(crate) fn open(self: &Arc<Disk>, name: &str, flags: Code) -> Result<Handle, Code> {
        let creates = flags & ffi::SQLITE_OPEN_CREATE != 0;
        let journals = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL;
        let mut state = self.state();
        let found = state.names.get(name).copied();
        state.operate(if found.is_none() { Operation::Create } else { Operation::Open })?;
        if found.is_none() && !creates {
            return Err(ffi::SQLITE_CANTOPEN);
        }
        let file = found.unwrap_or_else(|| state.create(name));
        state.opened += 1;
        let names_too = creates && flags & journals != 0;
        let writable = flags & ffi::SQLITE_OPEN_READONLY == 0;
        let main = flags & ffi::SQLITE_OPEN_MAIN_DB != 0;
        Ok(Handle { disk: Arc::clone(self), file, id: state.opened, writable, main, names_too })
    }

    /// Deletes a name. Open files stay usable.
    pub(crate) fn delete(&self, name: &str, sync_names: bool) -> Result<(), Code> {
        self.pass(false);
        let mut state = self.state();
        state.operate(Operation::Delete)?;
        let (name, _) = state.names.remove_entry(name).ok_or(ffi::SQLITE_IOERR_DELETE_NOENT)?;
        state.note(Event::Deleted(name));
        if sync_names {
            state.note(Event::NamesSynced);
        }
        Ok(())
    }

    /// Whether there is a non-empty file with that name; SQLite's Unix VFS checks the same.
    pub(crate) fn has(&self, name: &str) -> Result<bool, Code> {
        let mut state = self.state();
        state.operate(Operation::Access)?;
        Ok(state.names.get(name).is_some_and(|id| state.files[*id].content.len() > 0))
    }
}

impl State {
    fn note(&mut self, event: Event) {
        if let Some(journal) = &mut self.journal {
            journal.events.push(event);
        }
    }

    /// Counts an operation; it fails if the fault applies to it.
    fn operate(&mut self, operation: Operation) -> Result<(), Code> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let number = journal.operations.len();
        journal.operations.push(operation);
        match &self.fault {
            Some(fault) if fault.strikes(number, operation) => Err(fault.code(operation)),
            _ => Ok(()),
        }
    }

    fn create(&mut self, name: &str) -> FileId {
        let (name, file) = (Name::from(name), self.files.len());
        self.files.push(File::default());
        self.names.insert(Arc::clone(&name), file);
        self.note(Event::Created(name, file));
        file
    }

    fn write(&mut self, file: FileId, offset: usize, bytes: &[u8]) {
        self.files[file].content.write(offset, bytes);
        if self.journal.is_some() {
            self.note(Event::Wrote(file, offset, Bytes(bytes.into())));
        }
    }
}

impl Handle {
    /// Reads, and returns the number of bytes read.
    pub(crate) fn read(&self, offset: usize, into: &mut [u8]) -> Result<usize, Code> {
        let mut state = self.disk.state();
        state.operate(Operation::Read)?;
        Ok(state.files[self.file].content.read(offset, into))
    }

    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) -> Result<(), Code> {
        if !self.writable {
            return Err(ffi::SQLITE_IOERR_WRITE);
        }
        self.disk.pass(false);
        let mut state = self.disk.state();
        let operation = if self.main { Operation::WriteDatabase } else { Operation::Write };
        let answer = state.operate(operation);
        let written = match &state.fault {
            Some(fault) if answer.is_err() => fault.written(bytes),
            _ => bytes,
        };
        if !written.is_empty() {
            state.write(self.file, offset, written);
        }
        answer
    }

    pub(crate) fn truncate(&self, len: usize) -> Result<(), Code> {
        self.disk.pass(false);
        let mut state = self.disk.state();
        state.operate(Operation::Truncate)?;
        state.files[self.file].content.resize(len);
        state.note(Event::Truncated(self.file, len));
        Ok(())
    }

    pub(crate) fn sync(&mut self) -> Result<(), Code> {
        self.disk.pass(false);
        let mut state = self.disk.state();
        let operation = if self.main { Operation::SyncDatabase } else { Operation::Sync };
        if let Err(code) = state.operate(operation) {
            state.note(Event::SyncFailed(self.file));
            return Err(code);
        }
        state.note(Event::Synced(self.file));
        if std::mem::take(&mut self.names_too) {
            state.note(Event::NamesSynced);
        }
        Ok(())
    }

    pub(crate) fn size(&self) -> Result<usize, Code> {
        let mut state = self.disk.state();
        state.operate(Operation::Size)?;
        Ok(state.files[self.file].content.len())
    }

    /// Takes the lock of that level on the file.
    pub(crate) fn lock(&self, level: Code) -> Result<(), Code> {
        if level == ffi::SQLITE_LOCK_RESERVED {
            self.disk.pass(true);
        }
        let mut state = self.disk.state();
        state.operate(Operation::Lock)?;
        state.files[self.file].sharing.lock(self.id, level)
    }

    /// Lowers the lock to that level.
    pub(crate) fn unlock(&self, level: Code) {
        self.disk.state().files[self.file].sharing.unlock(self.id, level);
    }

    /// Whether a connection prepares to write the file.
    pub(crate) fn is_reserved(&self) -> bool {
        self.disk.state().files[self.file].sharing.is_reserved()
    }

    /// The region of the shared memory with that number. Creates it if `make` is set.
    pub(crate) fn map(
        &self,
        region: usize,
        size: usize,
        make: bool,
    ) -> Result<Option<*mut std::ffi::c_void>, Code> {
        let mut state = self.disk.state();
        state.operate(Operation::Map)?;
        Ok(state.files[self.file].sharing.map(self.id, region, size, make))
    }

    /// Takes or releases locks on the shared memory.
    pub(crate) fn lock_shared(
        &self,
        slots: std::ops::Range<usize>,
        flags: Code,
    ) -> Result<(), Code> {
        let exclusive = ffi::SQLITE_SHM_LOCK | ffi::SQLITE_SHM_EXCLUSIVE;
        if flags == exclusive && slots.start == WRITE_SLOT {
            self.disk.pass(true);
        }
        let mut state = self.disk.state();
        if flags & ffi::SQLITE_SHM_LOCK != 0 {
            state.operate(Operation::LockShared)?;
        }
        state.files[self.file].sharing.lock_shared(self.id, slots, flags)
    }

    /// Leaves the shared memory. It is freed with its last user.
    pub(crate) fn unmap(&self) {
        self.disk.state().files[self.file].sharing.unmap(self.id);
    }
}

/// The lock on the shared memory that the writer of the WAL holds.
const WRITE_SLOT: usize = 0;

impl Drop for Handle {
    fn drop(&mut self) {
        self.unlock(ffi::SQLITE_LOCK_NONE);
        self.unmap();
    }
}
