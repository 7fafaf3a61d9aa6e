//! Result codes of SQLite.

/// A result code; the constants are in `rusqlite::ffi`.
pub(crate) type Code = std::ffi::c_int;
