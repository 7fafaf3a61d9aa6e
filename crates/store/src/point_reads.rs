//! Rows by their keys, for a request that waits for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use domain::{PartnerId, RefId, TrId, Transaction};

use crate::{Read, StoreError, postgres};

/// Connections that look rows up.
pub struct PointReads(Way);

enum Way {
    /// On the thread that asks: that takes microseconds, where handing the question to another thread
    /// costs more than its answer.
    Embedded { readers: Vec<Mutex<Box<dyn Read>>>, turn: AtomicUsize },
    /// Of a server, without a thread that waits.
    Remote(Box<postgres::PointReads>),
}

impl PointReads {
    /// Through readers that answer at once.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn embedded(readers: Vec<Box<dyn Read>>) -> PointReads {
        assert!(!readers.is_empty(), "rows are looked up through one connection at least");
        let readers = readers.into_iter().map(Mutex::new).collect();
        PointReads(Way::Embedded { readers, turn: AtomicUsize::new(0) })
    }

    /// The number of a partner's transaction.
    pub(crate) async fn find(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<TrId>, StoreError> {
        match &self.0 {
            Way::Embedded { readers, turn } => {
                next(readers, turn, |read| read.find(partner, ref_id))
            }
            Way::Remote(server) => server.find(partner, ref_id).await,
        }
    }

    /// The transaction of that number.
    pub(crate) async fn transaction(&self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        match &self.0 {
            Way::Embedded { readers, turn } => next(readers, turn, |read| read.transaction(tr_id)),
            Way::Remote(server) => server.transaction(tr_id).await,
        }
    }

    /// The transaction behind a partner's own number.
    pub(crate) async fn with_reference(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<Transaction>, StoreError> {
        match &self.0 {
            Way::Embedded { readers, turn } => {
                next(readers, turn, |read| match read.find(partner, ref_id)? {
                    Some(tr_id) => read.transaction(tr_id),
                    None => Ok(None),
                })
            }
            Way::Remote(server) => server.with_reference(partner, ref_id).await,
        }
    }

    /// The version of partners and products, where others can change them.
    pub(crate) async fn directory_version(&self) -> Result<Option<i64>, StoreError> {
        match &self.0 {
            Way::Embedded { .. } => Ok(None),
            Way::Remote(server) => server.directory_version().await.map(Some),
        }
    }
}

impl From<postgres::PointReads> for PointReads {
    fn from(server: postgres::PointReads) -> PointReads {
        PointReads(Way::Remote(Box::new(server)))
    }
}

fn next<T>(
    readers: &[Mutex<Box<dyn Read>>],
    turn: &AtomicUsize,
    question: impl FnOnce(&mut dyn Read) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let turn = turn.fetch_add(1, Ordering::Relaxed) % readers.len();
    let mut reader = readers[turn].lock().unwrap_or_else(PoisonError::into_inner);
    question(reader.as_mut())
}
