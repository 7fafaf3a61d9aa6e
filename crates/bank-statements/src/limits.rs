//! Limits of what is read. A statement of a busy account is far below each of them.

/// Bytes of a file.
pub const MAX_FILE: usize = 10 * 1024 * 1024;
/// Bytes of a workbook, unpacked.
pub const MAX_UNPACKED: usize = 40 * 1024 * 1024;
/// Rows of a statement.
pub const MAX_ROWS: usize = 100_000;
/// Bytes of one cell, or of one field of an MT940 or a camt.053.
pub const MAX_CELL: usize = 4096;
/// Cells of one line.
pub const MAX_COLUMNS: usize = 100;
/// Lines at the beginning of a file that may come before the column names.
pub const MAX_PREAMBLE: usize = 60;
/// Cents that the amount of a row must stay below: 10^12 rupiah.
pub const AMOUNT_LIMIT: i64 = 100_000_000_000_000;
/// Cents that a balance or a total must stay below: 10^15 rupiah.
pub const BALANCE_LIMIT: i64 = 100_000_000_000_000_000;
/// Elements and their depth in an XML document.
pub(crate) const MAX_ELEMENTS: usize = 500_000;
pub(crate) const MAX_DEPTH: usize = 32;
