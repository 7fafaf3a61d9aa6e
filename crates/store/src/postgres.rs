//! A PostgreSQL server, which any number of nodes may share.
//!
//! # Layout
//!
//! - [`Address`]: where the server is; never shows its secret. `checks` says what it must be.
//! - [`PostgresStore`]: the writing connection: `load` locks and reads the rows of a batch in one
//!   round trip, `write` writes and commits them in another, from the rows of a `draft`.
//! - [`LookUps`], [`PostgresReader`]: rows by their keys, and questions that may take long.
//! - `session`: a connection with its statements; `fault`: what the server says when it fails.

mod address;
mod checks;
mod directory;
mod draft;
mod entries;
mod fault;
mod load;
mod look_up;
mod money;
mod read;
mod rows;
mod session;
mod store;
mod write;

use domain::Moment;
use tokio_postgres::Client;

pub use address::{Address, masked};
pub use look_up::LookUps;
pub use read::PostgresReader;
pub use store::PostgresStore;

use crate::StoreError;

mod migrations {
    refinery::embed_migrations!("migrations/postgres");
}

/// How often a start tries to migrate: of nodes that start at once the first migrates, and the others
/// find its tables.
const TRIES: u32 = 5;

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
    /// off, and when its schema is a newer lunas's. Nothing is left half done.
    pub async fn open(address: Address, now: Moment) -> Result<Server, StoreError> {
        let mut client = address.connect().await?;
        checks::start(&client, &address, now).await?;
        for left in (0..TRIES).rev() {
            match migrate(&mut client).await {
                Err(StoreError::Migration(_)) if left > 0 => {}
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
        match applied(&client).await? {
            0 => Err(StoreError::Migration("it holds no books of lunas".to_owned())),
            found if found < newest() => Err(StoreError::Migration(format!(
                "it is of version {found}; start this lunas once on it to bring it to version {}",
                newest()
            ))),
            found if found > newest() => Err(StoreError::Newer { found, known: newest() }),
            _ => Ok(Server { address, has_partners: true }),
        }
    }

    /// Whether somebody has API keys here that are sealed under a master key.
    pub fn has_partners(&self) -> bool {
        self.has_partners
    }

    /// A writer for the committing thread, which connects when it has something to do.
    pub fn store(&self) -> Result<PostgresStore, StoreError> {
        PostgresStore::new(self.address.clone())
    }

    /// Look-ups over so many connections.
    pub fn look_ups(&self, connections: usize) -> LookUps {
        LookUps::new(self.address.clone(), connections)
    }

    /// A reader, which connects when it is asked.
    pub fn reader(&self) -> Result<PostgresReader, StoreError> {
        PostgresReader::new(self.address.clone())
    }
}

/// Applies what is missing with its numbers in one transaction, so that whatever happens leaves the
/// old or the new schema.
async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    let found = applied(client).await?;
    if found > newest() {
        return Err(StoreError::Newer { found, known: newest() });
    }
    if found == newest() {
        return Ok(());
    }
    let run = migrations::migrations::runner().set_grouped(true).run_async(client).await;
    run.map(drop).map_err(|error| StoreError::Migration(error.to_string()))
}

/// The newest migration that this binary knows.
fn newest() -> i64 {
    let runner = migrations::migrations::runner();
    let versions = runner.get_migrations().iter().map(|migration| i64::from(migration.version()));
    versions.max().unwrap_or(0)
}

/// The newest migration that the database has; 0 if it is new.
async fn applied(client: &Client) -> Result<i64, StoreError> {
    let known = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !client.query_one(known, &[]).await?.get::<_, bool>(0) {
        return Ok(0);
    }
    let newest = "SELECT coalesce(max(version), 0)::bigint FROM refinery_schema_history";
    Ok(client.query_one(newest, &[]).await?.get(0))
}
