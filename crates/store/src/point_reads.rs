//! Reads of rows by their keys, while a request waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use domain::{PartnerId, RefId, TrId, Transaction};

use crate::{Read, StoreError, postgres};

/// Connections for reads by key.
pub struct PointReads(Way);

enum Way {
    /// SQLite: read synchronously on the calling thread (microseconds; cheaper than `spawn_blocking`).
    Embedded { readers: Vec<Mutex<Box<dyn Read>>>, turn: AtomicUsize },
    /// PostgreSQL: asynchronous, without a blocked thread.
    Remote(Box<postgres::PointReads>),
}

impl PointReads {
    /// Reads through connections to an embedded database.
    ///
    /// # Panics
    ///
    /// If `readers` is empty.
    pub fn embedded(readers: Vec<Box<dyn Read>>) -> PointReads {
        assert!(!readers.is_empty(), "at least one connection is needed");
        let readers = readers.into_iter().map(Mutex::new).collect();
        PointReads(Way::Embedded { readers, turn: AtomicUsize::new(0) })
    }

    /// The `tr_id` of a partner's `ref_id`.
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

    /// The transaction with that number.
    pub(crate) async fn transaction(&self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        match &self.0 {
            Way::Embedded { readers, turn } => next(readers, turn, |read| read.transaction(tr_id)),
            Way::Remote(server) => server.transaction(tr_id).await,
        }
    }

    /// The transaction of a partner's `ref_id`.
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

    /// The version of partners and products, if other nodes can change them.
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
