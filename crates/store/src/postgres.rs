//! A PostgreSQL server, which any number of nodes can share.
//!
//! # Layout
//!
//! - [`Address`]: the URL of the server; it is never printed with its password. `checks` checks the server's
//!   settings, `committed` that it has all batches of this node.
//! - [`PostgresStore`]: the writing connection: `load` locks and reads the rows of a batch in one
//!   round trip, `write` writes and commits them in another, from the rows of `batch_rows`.
//! - [`PointReads`], [`PostgresReader`]: reads by key, and queries that may take long.
//! - `migration_target`: the target of a move of books.
//! - `session`: a connection with its statements; `deadline`: the deadline of its answers; `fault`: the
//!   server's errors.

mod actions;
mod address;
mod batch_rows;
mod biller_balances;
mod checks;
mod committed;
mod deadline;
mod directory;
mod entries;
mod fault;
mod load;
mod look_up;
mod migration_target;
mod money;
mod read;
mod rows;
mod session;
mod store;
mod totals;
mod write;

use std::time::Duration;

use domain::Moment;
use refinery::{Migration, Runner};
use tokio_postgres::Client;

pub use address::{Address, redact_password};
pub use look_up::PointReads;
pub(crate) use migration_target::MigrationTarget;
pub use read::PostgresReader;
pub use store::PostgresStore;

use crate::accepted_migrations::APPLIED;
use crate::{Purpose, StoreError, accepted_migrations, purpose};

mod embedded {
    refinery::embed_migrations!("migrations/postgres");
}

/// Number of attempts to migrate at a start. If several nodes start at the same time, the first one migrates
/// and the others find its tables. A migration that locks several tables can also deadlock with a running node;
/// then PostgreSQL aborts one of the two.
const TRIES: u32 = 40;

/// Wait between two attempts.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// While a migration waits for a table lock, all later statements on that table wait too.
const SHORT_LOCK_TIMEOUT: &str = "SET lock_timeout = '2s'";

/// Whether a database without a history of migrations belongs to another program: it has tables, except those
/// of extensions and the history itself, which another node may just have created.
const IS_TAKEN: &str = "\
    SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace \
        AND c.relkind IN ('r', 'p') AND c.relname <> 'refinery_schema_history' \
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e'))";

/// A server that passed the checks, with an up-to-date schema.
pub struct Server {
    address: Address,
    has_partners: bool,
}

impl Server {
    /// Checks the server and migrates its schema. `now` is the time of this process's clock.
    ///
    /// # Errors
    /// When the server cannot be reached, when its commits are not durable, when its clock differs, when a
    /// newer lunas migrated its schema incompatibly, and when books are being moved into it. Nothing is left
    /// half done.
    pub async fn open(address: Address, now: Moment) -> Result<Server, StoreError> {
        let server = Server::prepare(address, now).await?;
        let client = server.address.connect().await?;
        let state = client.query_opt("SELECT state FROM store_migration", &[]).await?;
        match state.as_ref().map(|row| row.get::<_, &str>(0)) {
            None | Some("arrived") => Ok(server),
            Some("arriving") => Err(StoreError::NotArrived(
                "books are being moved into this database; finish it with `lunas migrate-store`",
            )),
            Some(_) => Err(StoreError::NotArrived(
                "the move of books into this database was rolled back; drop this database",
            )),
        }
    }

    /// Whether the tables of lunas exist there.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn has_books(address: &Address) -> Result<bool, StoreError> {
        let applied = applied(&address.connect().await?).await?;
        Ok(accepted_migrations::is_ours(&applied, &known()))
    }

    /// [`Server::open`] without the check for a move, for the move itself.
    async fn prepare(address: Address, now: Moment) -> Result<Server, StoreError> {
        let mut client = address.connect().await?;
        checks::start(&client, &address, now).await?;
        for left in (0..TRIES).rev() {
            match migrate(&mut client).await {
                Err(StoreError::Migration(_)) if left > 0 => {
                    tokio::time::sleep(BETWEEN_TRIES).await
                }
                migrated => {
                    migrated?;
                    break;
                }
            }
        }
        let known = "SELECT EXISTS (SELECT FROM partner)";
        let has_partners = client.query_one(known, &[]).await?.get(0);
        Ok(Server { address, has_partners })
    }

    /// Opens a server for reading only. Its schema must be up to date.
    ///
    /// # Errors
    /// When the server cannot be reached or has another schema.
    pub async fn read_only(address: Address) -> Result<Server, StoreError> {
        let client = address.connect().await?;
        accepted_migrations::none_is_missing(&applied(&client).await?, &known())?;
        Ok(Server { address, has_partners: true })
    }

    /// Whether there are partners, whose API keys are encrypted under a master key.
    pub fn has_partners(&self) -> bool {
        self.has_partners
    }

    /// What the books are for.
    ///
    /// # Errors
    /// When the server cannot be reached, and when the purpose is missing.
    pub async fn purpose(&self) -> Result<Purpose, StoreError> {
        let client = self.address.connect().await?;
        let row = client.query_opt(purpose::READ, &[]).await?;
        Purpose::named(row.as_ref().map(|row| row.get(0)))
    }

    /// Sets what the books are for. Only the process that creates them does this.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn set_purpose(&self, purpose: Purpose) -> Result<(), StoreError> {
        let client = self.address.connect().await?;
        client.execute(purpose::WRITE, &[&purpose.name()]).await?;
        Ok(())
    }

    /// A writer for the committing thread. It connects at its first batch.
    pub fn store(&self) -> Result<PostgresStore, StoreError> {
        PostgresStore::new(self.address.clone())
    }

    /// Reads by key over this number of connections.
    pub fn point_reads(&self, connections: usize) -> PointReads {
        PointReads::new(self.address.clone(), connections)
    }

    /// A reader. It connects at its first query.
    pub fn reader(&self) -> Result<PostgresReader, StoreError> {
        PostgresReader::new(self.address.clone())
    }
}

/// Applies the missing migrations and records their numbers in one transaction, so that a failure leaves
/// either the old or the new schema.
async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    let known = known();
    let applied = applied(client).await?;
    if !accepted_migrations::are_missing(&applied, &known)? {
        return Ok(());
    }
    if applied.is_empty() && client.query_one(IS_TAKEN, &[]).await?.get(0) {
        return Err(StoreError::Migration(accepted_migrations::TAKEN.to_owned()));
    }
    client.batch_execute(SHORT_LOCK_TIMEOUT).await?;
    let run = Runner::new(&known).set_grouped(true).run_async(client).await;
    run.map(drop).map_err(|error| StoreError::Migration(fault::in_words(&error)))
}

/// The migrations that this binary knows.
fn known() -> Vec<Migration> {
    accepted_migrations::known(embedded::migrations::runner().get_migrations())
}

/// The migrations that were applied to the database.
async fn applied(client: &Client) -> Result<Vec<(i64, String)>, StoreError> {
    let known = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !client.query_one(known, &[]).await?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let rows = client.query(APPLIED, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
