//! Reads of rows by their keys, on a few connections that many requests share. The queries are pipelined.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{PartnerId, RefId, TrId, Transaction};
use tokio::sync::Mutex;

use super::address::Address;
use super::deadline::with_deadline;
use super::rows::{RowReader, columns, damaged, join_attempt, transaction};
use super::session::{Params, Session};
use crate::StoreError;

/// The `tr_id` of a partner's `ref_id`. The ORDER BY leaves the server only one index, whatever its statistics
/// say.
pub(super) const FIND: &str = "\
    SELECT i.tr_id FROM (SELECT * FROM inquiry \
        WHERE partner = $1 AND ref_id >= $2 ORDER BY ref_id LIMIT 1) i WHERE i.ref_id = $2";

/// The key begins with the partner, which a `tr_id` does not tell, so each partner is tried.
pub(super) const BY_NUMBER: &str = concat!(
    "SELECT ",
    columns!(inquiry),
    ", ",
    columns!(payment),
    ", d.available FROM partner_balance d CROSS JOIN LATERAL (SELECT * FROM inquiry \
        WHERE partner = d.partner AND tr_id >= $1 ORDER BY tr_id LIMIT 1) i \
     LEFT JOIN payment p ON p.partner = i.partner AND p.tr_id = i.tr_id",
    join_attempt!(),
    "WHERE i.tr_id = $1"
);

const BY_REFERENCE: &str = concat!(
    "SELECT ",
    columns!(inquiry),
    ", ",
    columns!(payment),
    ", d.available FROM (SELECT * FROM inquiry \
        WHERE partner = $1 AND ref_id >= $2 ORDER BY ref_id LIMIT 1) i \
     JOIN partner_balance d ON d.partner = i.partner \
     LEFT JOIN payment p ON p.partner = i.partner AND p.tr_id = i.tr_id",
    join_attempt!(),
    "WHERE i.ref_id = $2"
);

const VERSION: &str = "SELECT value FROM counter WHERE name = 'directory'";

/// The shared connections.
pub struct PointReads {
    address: Address,
    sessions: Vec<Mutex<Option<Arc<Session>>>>,
    turn: AtomicUsize,
}

impl PointReads {
    pub(super) fn new(address: Address, connections: usize) -> PointReads {
        let sessions = (0..connections.max(1)).map(|_| Mutex::default()).collect();
        PointReads { address, sessions, turn: AtomicUsize::new(0) }
    }

    pub(crate) async fn find(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<TrId>, StoreError> {
        let key: Params<'_> = &[&partner.0, &ref_id.as_str()];
        let rows = self.ask(FIND, key).await?;
        rows.first().map(|row| RowReader::of(row).take().map(TrId)).transpose()
    }

    pub(crate) async fn transaction(&self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        let rows = self.ask(BY_NUMBER, &[&tr_id.0]).await?;
        rows.first().map(transaction).transpose()
    }

    pub(crate) async fn with_reference(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<Transaction>, StoreError> {
        let key: Params<'_> = &[&partner.0, &ref_id.as_str()];
        let rows = self.ask(BY_REFERENCE, key).await?;
        rows.first().map(transaction).transpose()
    }

    /// The version of partners and products.
    pub(crate) async fn directory_version(&self) -> Result<i64, StoreError> {
        let rows = self.ask(VERSION, &[]).await?;
        let row = rows.first().ok_or_else(|| damaged("the directory's version is gone"))?;
        RowReader::of(row).take()
    }

    async fn ask(
        &self,
        sql: &'static str,
        key: Params<'_>,
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.sessions.len();
        let session = self.session(turn).await?;
        match with_deadline(session.query(sql, key)).await {
            // The connection may have ended since its last query.
            Err(StoreError::Unreachable(_)) if session.is_closed() => {
                with_deadline(self.session(turn).await?.query(sql, key)).await
            }
            answer => answer,
        }
    }

    /// The connection at that index; reconnects if it has ended.
    async fn session(&self, place: usize) -> Result<Arc<Session>, StoreError> {
        let mut session = self.sessions[place].lock().await;
        match session.as_ref().filter(|session| !session.is_closed()) {
            Some(open) => Ok(Arc::clone(open)),
            None => {
                let statements = [FIND, BY_NUMBER, BY_REFERENCE, VERSION];
                let made = Box::pin(Session::by_key(&self.address, &statements)).await?;
                let made = Arc::new(made);
                *session = Some(Arc::clone(&made));
                Ok(made)
            }
        }
    }
}
