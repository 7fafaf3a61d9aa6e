//! The only crate that knows SQL: the durable books, and the committer that writes them.
//!
//! # Layout
//!
//! - [`Store`]: what a database must do; [`sqlite`] and [`postgres`] implement it.
//! - [`Committer`]: drains waiting commands, loads, decides, writes, commits once, answers.
//! - [`Read`]: the read models, on separate connections.
//! - [`Database`]: a committer and its readers; the gateway uses this.
//! - [`store_migration`]: moves books from SQLite to PostgreSQL.
//! - [`Obstacle`]: why a path cannot be used, as a message for an operator.
//! - [`Purpose`]: whether books are for production or for a sandbox.
//! - [`audit`]: re-derives every balance and checks the ledger's rules.

mod accepted_migrations;
pub mod audit;
mod committer;
mod database;
mod error;
mod inquiry_exchanges;
mod movement_row;
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
pub use error::{CommandError, StoreError};
pub use obstacle::{Obstacle, find_file};
pub use point_reads::PointReads;
pub use purpose::Purpose;
pub use read::{
    ActionFilter, ActionRecord, BalanceChangeFilter, BillerBalanceRecord, BookedDeposit,
    CallbackFilter, Filter, LedgerRecord, LedgerTotals, MigrationRecord, OpenPayment, PostingRow,
    Read, ScanCursor, TransactionHistory, Window,
};

/// What a database must do for the committer. One batch is one transaction.
pub trait Store: Send + 'static {
    /// Begins a transaction and loads the rows that the batch touches. If several nodes write the same
    /// database, the rows are locked in their order. Each transaction is loaded with its follow-up and, if its
    /// payment has not begun, with a payment in process of the same bill, if there is one. If two nodes begin
    /// payments of one bill at the same time, the second must see the first one's. Claims of a process that is
    /// known to be dead have ended.
    fn load(&mut self, touched: &RowSet) -> Result<Books, StoreError>;

    /// Writes the journal and the changed balances, and commits durably. After an error nothing of the batch
    /// is in the database, or the error is fatal. After [`StoreError::InDoubt`] only
    /// [`Store::resolve_in_doubt`] can tell.
    fn commit(&mut self, books: &Books) -> Result<(), StoreError>;

    /// Ends a transaction in which nothing changed.
    fn release(&mut self) -> Result<(), StoreError>;

    /// Work that is done after the callers of a batch are answered. Any error in it is fatal.
    fn after_answers(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Resolves an in-doubt commit: whether the last batch is in the database. After `false` the batch is
    /// guaranteed never to appear. While the database is unreachable, this fails and must be called again.
    fn resolve_in_doubt(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }
}
