//! A VFS of SQLite on the disks in memory: a thin layer from its C interface to [`Disk`] and [`Handle`].
//!
//! It is registered as the default, so that the store opens its files by the same code as on a real disk. It
//! reports the same device characteristics as SQLite's own VFS for Unix.

#![expect(unsafe_code, reason = "SQLite asks for a file system through C function pointers")]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

use seeded_rng::SeededRng;

use crate::code::Code;
use crate::disk::{Disk, Handle};

/// A directory whose database files are on a disk in memory. The directory itself is real: it contains the lock
/// file and the empty file that tells a reader that there is a database.
pub(crate) struct Mount(tempfile::TempDir);

static MOUNTED: Mutex<BTreeMap<PathBuf, Arc<Disk>>> = Mutex::new(BTreeMap::new());

fn mounted() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<Disk>>> {
    MOUNTED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mount {
    pub(crate) fn fresh() -> Mount {
        static REGISTERED: Once = Once::new();
        REGISTERED.call_once(register);
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(store::sqlite::database(directory.path()), []).unwrap();
        Mount(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Replaces the present disk by `disk`.
    pub(crate) fn insert(&self, disk: Disk) -> Arc<Disk> {
        let disk = Arc::new(disk);
        mounted().insert(self.path().to_owned(), Arc::clone(&disk));
        disk
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        mounted().remove(self.path());
    }
}

fn register() {
    let vfs = Box::leak(Box::new(sqlite3_vfs {
        iVersion: 2,
        szOsFile: size_of::<OpenFile>() as c_int,
        mxPathname: 1024,
        pNext: std::ptr::null_mut(),
        zName: c"disks-in-memory".as_ptr(),
        pAppData: std::ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_path),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: None,
        xGetLastError: None,
        xCurrentTimeInt64: Some(now),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }));
    // SAFETY: the structure is complete and lives as long as the process.
    let code = unsafe { ffi::sqlite3_vfs_register(vfs, 1) };
    assert_eq!(code, ffi::SQLITE_OK, "SQLite takes the file system");
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(is_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(map),
    xShmLock: Some(lock_shared),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap),
    xFetch: None,
    xUnfetch: None,
};

/// SQLite's data of an open file.
#[repr(C)]
struct OpenFile {
    base: sqlite3_file,
    handle: *mut Handle,
}

/// The disk that `path` is on, and the file's name there.
///
/// # Safety
///
/// `path` is a C string or null, as SQLite passes them.
unsafe fn place(path: *const c_char) -> Option<(Arc<Disk>, String)> {
    if path.is_null() {
        return None;
    }
    // SAFETY: the caller guarantees it.
    let path = Path::new(unsafe { CStr::from_ptr(path) }.to_str().ok()?);
    let disk = Arc::clone(mounted().get(path.parent()?)?);
    Some((disk, path.file_name()?.to_str()?.to_owned()))
}

/// The open file behind SQLite's pointer.
///
/// # Safety
///
/// `file` was opened by [`open`] and is not yet closed; SQLite uses it from one thread at a time.
unsafe fn handle<'f>(file: *mut sqlite3_file) -> &'f mut Handle {
    // SAFETY: `open` wrote an `OpenFile` there, whose handle lives until `close`.
    unsafe { &mut *(*file.cast::<OpenFile>()).handle }
}

fn code(answer: Result<(), Code>) -> c_int {
    answer.err().unwrap_or(ffi::SQLITE_OK)
}

/// Writes `answer` to where SQLite wants it.
///
/// # Safety
///
/// `to` may be written.
unsafe fn give<T>(answer: Result<T, Code>, to: *mut T) -> c_int {
    // SAFETY: the caller guarantees it.
    code(answer.map(|value| unsafe { to.write(value) }))
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    path: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    granted: *mut c_int,
) -> c_int {
    let file = file.cast::<OpenFile>();
    // SAFETY: `file` has room for an `OpenFile`. Without methods SQLite does not close it.
    unsafe { (*file).base.pMethods = std::ptr::null() };
    // SAFETY: SQLite passes a path or null, for a file without a name: no disk has those, as
    // the store keeps what is temporary in memory.
    let Some((disk, name)) = (unsafe { place(path) }) else { return ffi::SQLITE_CANTOPEN };
    match disk.open(&name, flags) {
        Err(code) => code,
        Ok(handle) => {
            // SAFETY: as above; `granted` is null or may be written.
            unsafe {
                (*file).handle = Box::into_raw(Box::new(handle));
                (*file).base.pMethods = &raw const METHODS;
                if !granted.is_null() {
                    granted.write(flags);
                }
            }
            ffi::SQLITE_OK
        }
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, path: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite passes a path.
    match unsafe { place(path) } {
        Some((disk, name)) => code(disk.delete(&name, sync != 0)),
        None => ffi::SQLITE_IOERR_DELETE_NOENT,
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    path: *const c_char,
    _: c_int,
    found: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes a path.
    let has = unsafe { place(path) }.map_or(Ok(false), |(disk, name)| disk.has(&name));
    // SAFETY: `found` may be written.
    unsafe { give(has.map(c_int::from), found) }
}

unsafe extern "C" fn full_path(
    _: *mut sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    full: *mut c_char,
) -> c_int {
    // SAFETY: SQLite passes a path, which is absolute in these tests.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes_with_nul();
    if usize::try_from(room).is_ok_and(|room| path.len() <= room) {
        // SAFETY: there is room for `room` bytes.
        unsafe { full.copy_from_nonoverlapping(path.as_ptr().cast(), path.len()) };
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_CANTOPEN
    }
}

/// The same numbers in every run.
unsafe extern "C" fn randomness(_: *mut sqlite3_vfs, room: c_int, to: *mut c_char) -> c_int {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let mut rng = SeededRng::new(SEED.fetch_add(1, Ordering::Relaxed));
    for place in 0..usize::try_from(room).unwrap_or(0) {
        // SAFETY: there is room for `room` bytes.
        unsafe { to.add(place).write(rng.below(256) as c_char) };
    }
    room
}

unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, micros: c_int) -> c_int {
    std::thread::yield_now();
    micros
}

/// A fixed time; nothing in the database depends on SQLite's clock.
unsafe extern "C" fn now(_: *mut sqlite3_vfs, to: *mut sqlite3_int64) -> c_int {
    // SAFETY: `to` may be written.
    unsafe { to.write(212_000_000_000_000) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: `open` made the handle, and SQLite closes a file once.
    drop(unsafe { Box::from_raw((*file.cast::<OpenFile>()).handle) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    to: *mut c_void,
    len: c_int,
    offset: sqlite3_int64,
) -> c_int {
    // SAFETY: there is room for `len` bytes, and SQLite reads them after this only.
    let into = unsafe { std::slice::from_raw_parts_mut(to.cast::<u8>(), len as usize) };
    // SAFETY: the file is open.
    match unsafe { handle(file) }.read(offset as usize, into) {
        Ok(there) if there < into.len() => ffi::SQLITE_IOERR_SHORT_READ,
        answer => code(answer.map(drop)),
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    len: c_int,
    offset: sqlite3_int64,
) -> c_int {
    // SAFETY: there are `len` bytes, which nobody changes meanwhile.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), len as usize) };
    // SAFETY: the file is open.
    code(unsafe { handle(file) }.write(offset as usize, bytes))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, len: sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    code(unsafe { handle(file) }.truncate(len as usize))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    code(unsafe { handle(file) }.sync())
}

unsafe extern "C" fn size(file: *mut sqlite3_file, to: *mut sqlite3_int64) -> c_int {
    // SAFETY: the file is open, and `to` may be written.
    unsafe { give(handle(file).size().map(|size| size as sqlite3_int64), to) }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    code(unsafe { handle(file) }.lock(level))
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { handle(file) }.unlock(level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn is_reserved(file: *mut sqlite3_file, to: *mut c_int) -> c_int {
    // SAFETY: the file is open, and `to` may be written.
    unsafe { give(Ok(c_int::from(handle(file).is_reserved())), to) }
}

unsafe extern "C" fn control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn characteristics(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE | ffi::SQLITE_IOCAP_SUBPAGE_READ
}

unsafe extern "C" fn map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    make: c_int,
    to: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open.
    let region = unsafe { handle(file) }.map(region as usize, size as usize, make != 0);
    // SAFETY: `to` may be written. The region stays where it is until the last user unmaps it.
    unsafe { give(region.map(|region| region.unwrap_or(std::ptr::null_mut())), to) }
}

unsafe extern "C" fn lock_shared(
    file: *mut sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let slots = first as usize..(first + count) as usize;
    // SAFETY: the file is open.
    code(unsafe { handle(file) }.lock_shared(slots, flags))
}

unsafe extern "C" fn barrier(_: *mut sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn unmap(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { handle(file) }.unmap();
    ffi::SQLITE_OK
}
