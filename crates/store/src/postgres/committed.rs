//! The last batch that a node has committed, and whether a server has it.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio_postgres::Client;

use crate::StoreError;

const HAS_IT: &str = "SELECT EXISTS (SELECT FROM node WHERE id = $1 AND batch >= $2)";

/// The last batch of this process that is known to be in the database. A server without it is an outdated copy
/// and is refused: an asynchronous standby after a failover, a former primary, a backup. There, paid bills would
/// be paid again, and partners would get outdated answers.
#[derive(Default)]
pub(super) struct Committed {
    /// 0 before the first batch.
    node: AtomicI64,
    batch: AtomicI64,
}

impl Committed {
    pub(super) fn note(&self, node: i64, batch: i64) {
        self.node.store(node, Ordering::Relaxed);
        self.batch.store(batch, Ordering::Relaxed);
    }

    /// Refuses a server that does not have it.
    pub(super) async fn is_in(&self, client: &Client) -> Result<(), StoreError> {
        // Read first: another batch may be recorded during the query.
        let (batch, node) = (self.batch.load(Ordering::Relaxed), self.node.load(Ordering::Relaxed));
        if node == 0 || client.query_one(HAS_IT, &[&node, &batch]).await?.get(0) {
            return Ok(());
        }
        let why = "this copy of it lacks what was committed; bring back the one that has it";
        Err(StoreError::Unreachable(why.to_owned()))
    }
}
