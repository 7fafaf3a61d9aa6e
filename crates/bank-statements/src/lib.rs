//! Account statements of Indonesian banks: a file's bytes to checked rows. No I/O, no clock, no floating
//! point; amounts are cents of a rupiah in an `i64`.
//!
//! A file is understood as a whole or refused as a whole: [`read()`] checks the chain of balances, the
//! totals, the account, the currency and the days, as far as the file has them. No Indonesian bank
//! publishes the layout of its files, so they are recognised by their column names, and an operator can
//! describe the columns of an unknown one ([`ColumnMapping`]).
//!
//! # Layout
//!
//! - [`read()`]: from bytes to a [`Statement`]. [`settings`] is what the caller knows, [`error`] why a
//!   file is refused.
//! - [`statement`]: what is read.
//! - [`identity`]: which rows of a statement are stored already.
//! - `decode`, `sheet`, `html`, `workbook` on `archive`: bytes to lines of cells.
//! - `layout`, `columns` with `column_names`, `metadata`, `footer`: what the lines before, in and after a table mean.
//! - `amount`, `date`, `text`: cells.
//! - `table`, `table_row`, `separators`, `chain`, `totals`, `days`: a table to a checked statement.
//! - `mt940`, `camt` on `element`: the two formats that are no tables.

#![expect(missing_docs, reason = "a field whose name says what it is needs no comment")]

pub mod error;
pub mod identity;
pub mod limits;
pub mod settings;
pub mod statement;

mod amount;
mod archive;
mod camt;
mod chain;
mod column_names;
mod columns;
mod date;
mod days;
mod decode;
mod element;
mod footer;
mod html;
mod layout;
mod metadata;
mod mt940;
mod read;
mod separators;
mod sheet;
mod table;
mod table_row;
mod text;
mod totals;
mod workbook;

pub use amount::AmountFault;
pub use date::DateFault;
pub use error::{Cell, FileKind, ReadError};
pub use identity::{Comparison, RowKey, new_rows};
pub use layout::Layout;
pub use read::{preview, read};
pub use settings::{
    AmountColumns, ColumnMapping, DateOrder, DecimalSeparator, Delimiter, Settings,
};
pub use statement::{
    Currency, Direction, Note, Order, Period, Reference, ReferenceKind, Row, RowState, Statement,
};
pub use text::normalise;
