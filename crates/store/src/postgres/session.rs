//! A connection with its prepared statements.

use std::collections::HashMap;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::address::Address;
use super::deadline::with_deadline;
use crate::StoreError;

/// The parameters of a statement.
pub(super) type Params<'p> = &'p [&'p (dyn ToSql + Sync)];

/// One array parameter: one value per row.
pub(super) fn column<R, T>(rows: impl IntoIterator<Item = R>, of: impl FnMut(R) -> T) -> Vec<T> {
    rows.into_iter().map(of).collect()
}

/// Settings of a session that reads and writes rows by their keys. Its plans are made once, when tables may still
/// be empty, so the server is made to use indexes in their order, whatever its statistics say. A session that
/// stops within a transaction, as in a stopped process, soon loses its locks.
const BY_KEY: &str = "\
    SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off; SET enable_bitmapscan = off; SET enable_sort = off; SET jit = off; \
    SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '3s'";

/// Settings of a session that scans whole tables.
const BY_SCAN: &str = "SET idle_in_transaction_session_timeout = '60s'";

/// A connection with its settings. Statements are sent in the order in which their futures are first polled, and
/// pipelined if they are polled together.
pub(super) struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl Session {
    /// Connects for access by key, with `statements` prepared.
    pub(super) async fn by_key(
        address: &Address,
        statements: &[&'static str],
    ) -> Result<Session, StoreError> {
        let set_up = async {
            let client = address.connect().await?;
            client.batch_execute(BY_KEY).await?;
            let mut prepared = HashMap::new();
            for sql in statements {
                prepared.insert(*sql, client.prepare(sql).await?);
            }
            Ok(Session { client, statements: prepared })
        };
        with_deadline(set_up).await
    }

    /// Connects for queries that may scan whole tables.
    pub(super) async fn by_scan(address: &Address) -> Result<Session, StoreError> {
        let client = address.connect().await?;
        client.batch_execute(BY_SCAN).await?;
        Ok(Session { client, statements: HashMap::new() })
    }

    /// The client of the connection.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The client of the connection, for a transaction.
    pub(super) fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs a prepared statement and returns its rows.
    pub(super) async fn query(
        &self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(self.client.query(self.prepared(sql)?, params).await?)
    }

    /// Runs a prepared statement without result rows.
    pub(super) async fn run(
        &self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<(), StoreError> {
        Ok(self.client.execute(self.prepared(sql)?, params).await.map(drop)?)
    }

    /// All statements are prepared before: preparing one here would change the order of statements.
    fn prepared(&self, sql: &'static str) -> Result<&Statement, StoreError> {
        let missing = || StoreError::Postgres(format!("a statement was not prepared: {sql}"));
        self.statements.get(sql).ok_or_else(missing)
    }
}

/// A runtime for a thread that blocks on its own connections.
pub(super) struct BlockingRuntime(Option<Runtime>);

impl BlockingRuntime {
    pub(super) fn new() -> Result<BlockingRuntime, StoreError> {
        Ok(BlockingRuntime(Some(Builder::new_current_thread().enable_all().build()?)))
    }

    /// Blocks until `answer` is ready, and drives the connections meanwhile.
    ///
    /// # Panics
    ///
    /// On a thread that runs async tasks.
    pub(super) fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match &self.0 {
            Some(runtime) => runtime.block_on(answer),
            None => Err(StoreError::Unreachable("the connection was given up".to_owned())),
        }
    }
}

impl Drop for BlockingRuntime {
    /// This may be dropped in an async task, which must not block until the connection ends.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
