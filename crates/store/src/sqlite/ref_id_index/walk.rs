//! Audit of the index.

use std::collections::BTreeSet;

use domain::{Inquiry, TrId};
use rusqlite::Connection;

use super::segment::{self, BLOCKS, Segment, place_of};
use super::{Key, rows};
use crate::StoreError;

/// Checks for one inquiry after another, in the order of numbers, whether the index finds it by its `ref_id`. Keeps
/// one segment in memory at a time.
pub(in crate::sqlite) struct Walk<'c> {
    connection: &'c Connection,
    key: Key,
    /// The remaining segments, in descending order.
    segments: Vec<Segment>,
    through: TrId,
    entries: BTreeSet<(u64, TrId)>,
}

impl Walk<'_> {
    pub(in crate::sqlite) fn new(connection: &Connection) -> Result<Walk<'_>, StoreError> {
        let mut segments = segment::every(connection)?;
        segments.reverse();
        let key = Key::of(connection)?;
        Ok(Walk { connection, key, segments, through: TrId(0), entries: BTreeSet::new() })
    }

    /// Whether the index finds `inquiry`. Inquiries in no segment yet are found by a scan.
    pub(in crate::sqlite) fn finds(&mut self, inquiry: &Inquiry) -> Result<bool, StoreError> {
        while inquiry.tr_id > self.through {
            let Some(segment) = self.segments.pop() else { return Ok(true) };
            self.through = segment.through;
            self.entries = segment::entries(self.connection, &segment)?.into_iter().collect();
        }
        let hash = self.key.hash(inquiry.partner, &inquiry.ref_id);
        Ok(self.entries.contains(&(hash, inquiry.tr_id)))
    }
}

/// Pairs of inquiries of one partner with the same `ref_id`. There must be none.
pub(in crate::sqlite) fn repeated(
    connection: &Connection,
) -> Result<Vec<(TrId, TrId)>, StoreError> {
    let key = Key::of(connection)?;
    let segments = segment::every(connection)?;
    let mut newest = Vec::new();
    let end = segment::end(connection)?;
    rows::inquiry::after(connection, end, usize::MAX, |tr_id, partner, ref_id| {
        newest.push((key.hash(partner, ref_id), tr_id));
    })?;
    let mut repeated = Vec::new();
    for place in 0..BLOCKS {
        let of_place = newest.iter().filter(|(hash, _)| place_of(*hash) == place);
        let mut entries: Vec<_> = of_place.copied().collect();
        for Segment { id, first, .. } in &segments {
            segment::block(connection, *id, *first, place, |hash, tr_id| {
                entries.push((hash, tr_id));
            })?;
        }
        entries.sort_unstable();
        for same in entries.chunk_by(|(one, _), (other, _)| one == other) {
            if same.len() > 1 {
                repeated.extend(same_reference(connection, same)?);
            }
        }
    }
    Ok(repeated)
}

/// Of inquiries with equal hashes, those that also have equal `ref_id`s.
fn same_reference(
    connection: &Connection,
    entries: &[(u64, TrId)],
) -> Result<Vec<(TrId, TrId)>, StoreError> {
    let mut owned = Vec::new();
    for (_, tr_id) in entries {
        if let Some(owner) = rows::inquiry::reference(connection, *tr_id)? {
            owned.push((owner, *tr_id));
        }
    }
    owned.sort_unstable();
    let pairs = owned.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    Ok(pairs.map(|pair| (pair[0].1, pair[1].1)).collect())
}
