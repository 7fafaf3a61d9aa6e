//! A PostgreSQL server, which any number of nodes may share.
//!
//! # Layout
//!
//! - [`Address`]: where the server is; never shows its secret. `checks` says what it must be,
//!   `committed` what it must have.
//! - [`PostgresStore`]: the writing connection: `load` locks and reads the rows of a batch in one
//!   round trip, `write` writes and commits them in another, from the rows of a `draft`.
//! - [`PointReads`], [`PostgresReader`]: rows by their keys, and questions that may take long.
//! - `arrival`: books that come from elsewhere.
//! - `session`: a connection with its statements; `fault`: what the server says when it fails.

mod address;
mod batch_rows;
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

use crate::migrations::APPLIED;
use crate::{Purpose, StoreError, migrations, purpose};

mod embedded {
    refinery::embed_migrations!("migrations/postgres");
}

/// How often a start tries to migrate: of nodes that start at once the first migrates, and the others
/// find its tables; and a migration that takes table after table meets a node at work that holds
/// the next one and waits for the last, whereupon PostgreSQL ends one of them.
const TRIES: u32 = 40;

/// How long it leaves the others alone between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// A migration that waits for a table has all others wait behind it, who may be nodes at work.
const HOLDS_NOBODY_UP: &str = "SET lock_timeout = '2s'";

/// Whether a database without a history of migrations is somebody else's: it has tables, beside those
/// of extensions and one that another node may be making right now.
const IS_TAKEN: &str = "\
    SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace \
        AND c.relkind IN ('r', 'p') AND c.relname <> 'refinery_schema_history' \
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e'))";

/// A server that was found fit, with its schema up to date.
pub struct Server {
    address: Address,
    has_partners: bool,
}

impl Server {
    /// Checks the server and brings its schema up to date. `now` is the time that this process
    /// believes it is.
    ///
    /// # Errors
    /// When the server cannot be reached, when it would not keep what was answered, when its clock is
    /// off, when its schema is a newer lunas's that this one cannot live with, and when books are on
    /// their way into it. Nothing is left half done.
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

    /// Whether lunas has made its tables there.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn has_books(address: &Address) -> Result<bool, StoreError> {
        let applied = applied(&address.connect().await?).await?;
        Ok(migrations::is_ours(&applied, &known()))
    }

    /// [`Server::open`] for whoever moves books into it.
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

    /// Opens a server for reading only, whose schema must be this version's.
    ///
    /// # Errors
    /// When the server cannot be reached or has another schema.
    pub async fn read_only(address: Address) -> Result<Server, StoreError> {
        let client = address.connect().await?;
        migrations::none_is_missing(&applied(&client).await?, &known())?;
        Ok(Server { address, has_partners: true })
    }

    /// Whether somebody has API keys here that are sealed under a master key.
    pub fn has_partners(&self) -> bool {
        self.has_partners
    }

    /// What the books were made for.
    ///
    /// # Errors
    /// When the server cannot be reached, and when the books do not say it.
    pub async fn purpose(&self) -> Result<Purpose, StoreError> {
        let client = self.address.connect().await?;
        let row = client.query_opt(purpose::READ, &[]).await?;
        Purpose::named(row.as_ref().map(|row| row.get(0)))
    }

    /// Says what the books are made for, which is for whoever makes them.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn set_purpose(&self, purpose: Purpose) -> Result<(), StoreError> {
        let client = self.address.connect().await?;
        client.execute(purpose::WRITE, &[&purpose.name()]).await?;
        Ok(())
    }

    /// A writer for the committing thread, which connects when it has something to do.
    pub fn store(&self) -> Result<PostgresStore, StoreError> {
        PostgresStore::new(self.address.clone())
    }

    /// Look-ups over so many connections.
    pub fn point_reads(&self, connections: usize) -> PointReads {
        PointReads::new(self.address.clone(), connections)
    }

    /// A reader, which connects when it is asked.
    pub fn reader(&self) -> Result<PostgresReader, StoreError> {
        PostgresReader::new(self.address.clone())
    }
}

/// Applies what is missing with its numbers in one transaction, so that whatever happens leaves the
/// old or the new schema.
async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    let known = known();
    let applied = applied(client).await?;
    if !migrations::are_missing(&applied, &known)? {
        return Ok(());
    }
    if applied.is_empty() && client.query_one(IS_TAKEN, &[]).await?.get(0) {
        return Err(StoreError::Migration(migrations::TAKEN.to_owned()));
    }
    client.batch_execute(HOLDS_NOBODY_UP).await?;
    let run = Runner::new(&known).set_grouped(true).run_async(client).await;
    run.map(drop).map_err(|error| StoreError::Migration(fault::in_words(&error)))
}

/// The migrations that this binary knows.
fn known() -> Vec<Migration> {
    migrations::known(embedded::migrations::runner().get_migrations())
}

/// The migrations that the database has.
async fn applied(client: &Client) -> Result<Vec<(i64, String)>, StoreError> {
    let known = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !client.query_one(known, &[]).await?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let rows = client.query(APPLIED, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
