//! A segment: the sorted hashes of a range of inquiries, in blocks of about one page.
//!
//! An entry is a hash (8 bytes) and the offset of its inquiry from the segment's first one (4 bytes), both
//! little-endian. A block contains the entries whose hashes share their first bits.

use std::collections::BTreeSet;

use domain::TrId;
use fail_points::{Point, pass};
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::sqlite::rows::{self, damaged};

/// Number of blocks in a segment.
pub(super) const BLOCKS: i64 = 128;

const ENTRY: usize = 12;

/// A segment contains every inquiry from `first` to `through`.
pub(super) struct Segment {
    pub(super) id: i64,
    pub(super) first: TrId,
    pub(super) through: TrId,
}

/// All segments, oldest first.
pub(super) fn every(connection: &Connection) -> Result<Vec<Segment>, StoreError> {
    let sql = "SELECT id, first, through FROM reference_segment ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let segments = rows::all(&mut statement, [], |row| {
        Ok(Segment { id: row.get(0)?, first: TrId(row.get(1)?), through: TrId(row.get(2)?) })
    })?;
    match (0..).zip(&segments).find(|(id, segment)| segment.id != *id) {
        Some((id, _)) => Err(damaged(format_args!("segment {id} of the references is missing"))),
        None => Ok(segments),
    }
}

/// The last inquiry in any segment.
pub(super) fn end(connection: &Connection) -> Result<TrId, StoreError> {
    let sql = "SELECT coalesce(max(through), 0) FROM reference_segment";
    Ok(TrId(connection.query_row(sql, [], |row| row.get(0))?))
}

/// Writes the next segment in a separate transaction.
pub(super) fn write(
    connection: &Connection,
    entries: &BTreeSet<(u64, TrId)>,
) -> Result<(), StoreError> {
    let numbers = || entries.iter().map(|(_, tr_id)| *tr_id);
    let (Some(first), Some(through)) = (numbers().min(), numbers().max()) else {
        return Ok(());
    };
    let transaction = connection.unchecked_transaction()?;
    let next = "SELECT coalesce(max(id) + 1, 0) FROM reference_segment";
    let id: i64 = transaction.query_row(next, [], |row| row.get(0))?;
    let sql = "INSERT INTO reference_segment (id, first, through) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, params![id, first.0, through.0])?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO reference_block (id, entries) VALUES (?1, ?2)")?;
    let mut entries = entries.iter().peekable();
    for place in 0..BLOCKS {
        let mut block = Vec::new();
        while let Some((hash, tr_id)) = entries.next_if(|(hash, _)| place_of(*hash) == place) {
            let distance = u32::try_from(tr_id.0 - first.0).map_err(damaged)?;
            block.extend(hash.to_le_bytes());
            block.extend(distance.to_le_bytes());
        }
        insert.execute(params![id * BLOCKS + place, block])?;
    }
    drop(insert);
    pass(Point::SegmentWritten);
    Ok(transaction.commit()?)
}

/// All entries of a segment, by hash.
pub(super) fn entries(
    connection: &Connection,
    segment: &Segment,
) -> Result<Vec<(u64, TrId)>, StoreError> {
    let mut all = Vec::new();
    for place in 0..BLOCKS {
        block(connection, segment.id, segment.first, place, |hash, tr_id| all.push((hash, tr_id)))?;
    }
    Ok(all)
}

/// Adds the inquiries of segment `id` with that hash to `found`.
pub(super) fn look_into(
    connection: &Connection,
    id: i64,
    hash: u64,
    found: &mut Vec<TrId>,
) -> Result<(), StoreError> {
    let sql = "SELECT first FROM reference_segment WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let first = TrId(statement.query_row([id], |row| row.get(0))?);
    block(connection, id, first, place_of(hash), |other, tr_id| {
        if other == hash {
            found.push(tr_id);
        }
    })
}

/// Passes on the entries of one block.
pub(super) fn block(
    connection: &Connection,
    id: i64,
    first: TrId,
    place: i64,
    mut see: impl FnMut(u64, TrId),
) -> Result<(), StoreError> {
    let sql = "SELECT entries FROM reference_block WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([id * BLOCKS + place])?;
    let missing = || damaged(format_args!("block {place} of references {id} is missing"));
    let row = rows.next()?.ok_or_else(missing)?;
    let bytes = row.get_ref(0)?.as_blob().map_err(damaged)?;
    let (entries, rest) = bytes.as_chunks::<ENTRY>();
    if !rest.is_empty() {
        return Err(damaged(format_args!("block {place} of references {id} is cut")));
    }
    for [a, b, c, d, e, f, g, h, distance @ ..] in entries {
        let hash = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
        let distance = i64::from(u32::from_le_bytes(*distance));
        see(hash, TrId(first.0.saturating_add(distance)));
    }
    Ok(())
}

/// The block of a hash.
pub(super) fn place_of(hash: u64) -> i64 {
    (hash >> (u64::BITS - BLOCKS.ilog2())).cast_signed()
}
