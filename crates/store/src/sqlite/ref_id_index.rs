//! Finds the transaction of a partner's `ref_id`.
//!
//! `ref_id`s arrive in any order. A normal index would be written at a random place for every inquiry: in a
//! large database one more page per inquiry, which slows down all commits. So this index is append-only. The
//! hashes of the newest `ref_id`s are in memory; when there are enough of them they are written as one sorted
//! segment. A look-up reads only the few segments that a [`Filter`] in memory names, and compares each hit with
//! its inquiry, so that equal hashes do no harm.

mod filter;
mod segment;
mod walk;

use std::collections::BTreeSet;
use std::hash::Hasher;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use domain::{Inquiry, PartnerId, RefId, TrId};
use fail_points::{Point, pass};
use rusqlite::Connection;
use siphasher::sip::SipHasher13;

use super::rows;
use crate::StoreError;
use filter::Filter;

pub(super) use walk::{Walk, repeated};

/// The index, shared by the writer and the readers of one process.
pub(super) struct RefIdIndex {
    key: Key,
    full: usize,
    memory: RwLock<Memtable>,
}

struct Memtable {
    /// Inquiries that are in no segment yet, in the order of a segment.
    recent: BTreeSet<(u64, TrId)>,
    filter: Filter,
}

impl RefIdIndex {
    /// Reads the index and adds missing inquiries. A segment contains `full` inquiries.
    pub(super) fn open(connection: &Connection, full: usize) -> Result<RefIdIndex, StoreError> {
        let mut filter = Filter::default();
        for segment in segment::every(connection)? {
            filter.add(segment::entries(connection, &segment)?.iter().map(|(hash, _)| *hash));
        }
        let memory = RwLock::new(Memtable { recent: BTreeSet::new(), filter });
        let references = RefIdIndex { key: Key::of(connection)?, full, memory };
        while references.read_on(connection)? {}
        Ok(references)
    }

    /// Reads inquiries that are in no segment, up to one segment. Returns whether there may be more.
    ///
    /// No query is open while a segment is written, as that would prevent the reset of the WAL.
    fn read_on(&self, connection: &Connection) -> Result<bool, StoreError> {
        let end = segment::end(connection)?;
        rows::inquiry::after(connection, end, self.full, |tr_id, partner, ref_id| {
            let hash = self.key.hash(partner, ref_id);
            self.change().recent.insert((hash, tr_id));
        })?;
        self.seal_if_full(connection)?;
        Ok(self.read().recent.is_empty() && segment::end(connection)? > end)
    }

    /// Adds committed inquiries.
    pub(super) fn note<'i>(&self, inquiries: impl Iterator<Item = &'i Inquiry>) {
        let mut memory = self.change();
        for inquiry in inquiries {
            let hash = self.key.hash(inquiry.partner, &inquiry.ref_id);
            memory.recent.insert((hash, inquiry.tr_id));
        }
    }

    /// Writes a segment in a separate transaction, once there are enough inquiries.
    pub(super) fn seal_if_full(&self, connection: &Connection) -> Result<(), StoreError> {
        let memory = self.read();
        if memory.recent.len() < self.full {
            return Ok(());
        }
        segment::write(connection, &memory.recent)?;
        pass(Point::SegmentCommitted);
        drop(memory);
        let mut memory = self.change();
        let sealed = std::mem::take(&mut memory.recent);
        memory.filter.add(sealed.into_iter().map(|(hash, _)| hash));
        Ok(())
    }

    /// The partner's inquiry with that `ref_id`.
    pub(super) fn find(
        &self,
        connection: &Connection,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<TrId>, StoreError> {
        let hash = self.key.hash(partner, ref_id);
        let (mut found, segments) = self.candidates(hash);
        for id in segments {
            segment::look_into(connection, id, hash, &mut found)?;
        }
        the_one(connection, &found, partner, ref_id)
    }

    /// Candidates for a hash: inquiries, and segments to read.
    fn candidates(&self, hash: u64) -> (Vec<TrId>, Vec<i64>) {
        let memory = self.read();
        let first = (hash, TrId(i64::MIN));
        let same = memory.recent.range(first..).take_while(|(found, _)| *found == hash);
        (same.map(|(_, tr_id)| *tr_id).collect(), memory.filter.segments(hash))
    }

    fn read(&self) -> RwLockReadGuard<'_, Memtable> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Memtable> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// [`RefIdIndex::find`] for another process: without a filter it reads every segment.
pub(super) fn find_without_filter(
    connection: &Connection,
    partner: PartnerId,
    ref_id: &RefId,
) -> Result<Option<TrId>, StoreError> {
    let hash = Key::of(connection)?.hash(partner, ref_id);
    let mut found = Vec::new();
    let mut end = TrId(0);
    for segment in segment::every(connection)? {
        segment::look_into(connection, segment.id, hash, &mut found)?;
        end = segment.through;
    }
    if let Some(tr_id) = the_one(connection, &found, partner, ref_id)? {
        return Ok(Some(tr_id));
    }
    rows::inquiry::with_reference(connection, partner, ref_id, end)
}

/// The inquiry with that `ref_id` among those with its hash.
fn the_one(
    connection: &Connection,
    found: &[TrId],
    partner: PartnerId,
    ref_id: &RefId,
) -> Result<Option<TrId>, StoreError> {
    for tr_id in found {
        let owner = rows::inquiry::reference(connection, *tr_id)?;
        if owner.is_some_and(|owner| owner == (partner, ref_id.clone())) {
            return Ok(Some(*tr_id));
        }
    }
    Ok(None)
}

/// The secret key of the hash, random for each database. So no partner can choose `ref_id`s with equal hashes
/// to make the index slow.
struct Key([u8; 16]);

impl Key {
    fn of(connection: &Connection) -> Result<Key, StoreError> {
        let sql = "SELECT key FROM reference_key";
        Ok(Key(connection.query_row(sql, [], |row| row.get(0))?))
    }

    fn hash(&self, partner: PartnerId, ref_id: &RefId) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write_i64(partner.0);
        hasher.write(ref_id.as_str().as_bytes());
        hasher.finish()
    }
}

#[cfg(test)]
mod tests;
