//! The only room that knows SQL: durable books, and the committer that writes them.
//!
//! # Layout
//!
//! - [`Store`]: what a database must do; [`sqlite`] and [`postgres`] do it.
//! - [`Committer`]: drains waiting commands, loads, decides, writes, commits once, answers.
//! - [`Read`]: the read models, on connections of their own.
//! - [`Database`]: a committer and its readers, which is what the gateway holds.
//! - [`store_migration`]: moves books from one kind of database to the other.
//! - [`Obstacle`]: what is in the way of a path, told for an operator.
//! - [`Purpose`]: whether books were made for production or for a sandbox.
//! - [`audit`]: re-derives every balance and checks the ledger's rules.

pub mod audit;
mod committer;
mod database;
mod error;
mod migrations;
mod obstacle;
mod point_reads;
pub mod postgres;
mod purpose;
mod read;
pub mod sqlite;
pub mod store_migration;

use domain::{Books, RowSet};

pub use committer::{Batch, CommitLoop, CommittedBatch, Committer, Hooks, SubmitError};
pub use database::{Connections, Database, Limits};
pub use error::StoreError;
pub use obstacle::{Obstacle, find_file};
pub use point_reads::PointReads;
pub use purpose::Purpose;
pub use read::{
    BookedDeposit, CallbackFilter, Filter, LedgerRecord, LedgerTotals, MigrationRecord,
    OpenPayment, PostingRow, Read, ScanCursor, TransactionHistory, Window,
};

/// What a database must do for the committer. One batch is one transaction.
pub trait Store: Send + 'static {
    /// Begins a transaction and loads the rows that the batch touches, locked in their order where
    /// others write the same database: each transaction with its watch and, where its payment has
    /// not begun, a payment in process of the same bill, if there is one. Of two nodes that begin
    /// payments of one bill at the same time, the second must see the first's. Claims of a process
    /// that is known to be gone are over.
    fn load(&mut self, touched: &RowSet) -> Result<Books, StoreError>;

    /// Writes the journal and the moved balances, and commits durably. Whatever the error, nothing
    /// of the batch is in the database afterwards, or the error is fatal; after
    /// [`StoreError::InDoubt`] only [`Store::resolve_in_doubt`] knows.
    fn commit(&mut self, books: &Books) -> Result<(), StoreError>;

    /// Ends a transaction in which nothing changed.
    fn release(&mut self) -> Result<(), StoreError>;

    /// Does what can wait until the callers of a batch are answered. Any error in it is fatal.
    fn after_answers(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Says whether the last batch, which was left in doubt, is in the database. It can no longer get
    /// there once this was answered. While it is unreachable the question stands.
    fn resolve_in_doubt(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }
}
