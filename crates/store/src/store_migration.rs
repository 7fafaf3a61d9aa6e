//! Moves books from a data directory to a PostgreSQL database.
//!
//! Transaction after transaction is written as the writer of that database writes it, so that what
//! stands beside the movements there (balances, open payments) is derived anew, and then compared.
//! Each batch says in its own commit how far it reached: a move that was cut short goes on there.
//!
//! | the move | source | target |
//! |---|---|---|
//! | has begun | leaving: refused | arriving: refused |
//! | has been verified | leaving: refused | arrived: served |
//! | is over | left: refused | arrived: served |
//! | was undone | served | rolled back: refused |
//!
//! So at no time both are served, and after the first step nobody writes to the source.

mod digest;
mod replay;

use domain::Moment;

pub use digest::Digest;
pub(crate) use replay::Replayer;

use crate::audit::{Report, audit};
use crate::postgres::{Address, MigrationTarget};
use crate::sqlite::{DataDir, MigrationSource};
use crate::{Read, StoreError};

/// Transactions, top-ups and reversals in a commit.
const BATCH: usize = 1024;

/// How far a move has come.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Inquiries, top-ups and reversals that are in the target, of all that there are.
    Copied {
        /// Those.
        done: u64,
        /// All.
        of: u64,
    },
    /// Everything is copied; both sides are audited and compared.
    Comparing,
}

/// What was moved, and found equal at both ends.
#[derive(Debug)]
pub struct Moved {
    /// What the audit of either side counted.
    pub audited: Report,
    /// What the books amount to.
    pub digest: Digest,
}

/// Moves the books of a directory, or goes on with a move that was cut short. `now` is the time that
/// this process believes it is. It must not be called on a thread that runs tasks.
///
/// # Errors
/// When the target cannot be reached or is no fit server, holds other business, or does not hold the
/// same books in the end. Until that is known, neither side is served.
pub fn migrate_store(
    from: &DataDir,
    to: Address,
    now: Moment,
    see: &mut dyn FnMut(Step),
) -> Result<Moved, StoreError> {
    // The source is asked first: with nothing to move, nothing is made.
    let source = from.depart(&to.to_string())?;
    let mut target = MigrationTarget::open(to, now, source.id())?;
    if !target.has_arrived() {
        source.mark_leaving()?;
    }
    target.receive()?;
    if target.has_arrived() {
        let (audited, digest) = (audit(&mut target.reader()?)?, Digest::of(&mut target.reader()?)?);
        source.mark_left()?;
        return Ok(Moved { audited, digest });
    }
    copy(&source, &mut target, see)?;
    see(Step::Comparing);
    let moved = compare(&mut source.reader()?, &mut target.reader()?)?;
    target.open_for_business(source.newest()?, source.purpose()?)?;
    source.mark_left()?;
    Ok(moved)
}

/// Undoes a move: the directory is served again, the database never.
///
/// # Errors
/// When they do not belong together, and when servers have written to the database: what they have
/// answered would be lost.
pub fn roll_back(from: &DataDir, to: Address, now: Moment) -> Result<(), StoreError> {
    let source = from.depart(&to.to_string())?;
    let mut target = MigrationTarget::open(to, now, source.id())?;
    target.roll_back()?;
    source.unmark()
}

fn copy(
    source: &MigrationSource,
    target: &mut MigrationTarget,
    see: &mut dyn FnMut(Step),
) -> Result<(), StoreError> {
    let mut reader = source.reader()?;
    let catalogue = reader.catalogue()?;
    let replay = Replayer::new(&mut reader, &catalogue)?;
    if target.reached().is_none() {
        target.put_directory(&reader.partners()?, &catalogue)?;
    }
    let reached = target.reached();
    let (mut done, of) = source.count(reached)?;
    see(Step::Copied { done, of });
    source.batches(reached, BATCH, &mut |records| {
        let Some(last) = records.last().map(|record| record.entry.tr_id) else { return Ok(()) };
        done += records.len() as u64;
        target.put(&replay.books(records)?, last)?;
        see(Step::Copied { done, of });
        Ok(())
    })
}

fn compare(source: &mut dyn Read, target: &mut dyn Read) -> Result<Moved, StoreError> {
    let (before, after) = (audit(source)?, audit(target)?);
    for (place, report) in [("source", &before), ("target", &after)] {
        if let Some(fault) = report.faults.first() {
            return Err(StoreError::Move(format!(
                "the audit of the {place} finds {} broken rules, the first: {} ({})",
                report.broken, fault.rule, fault.at
            )));
        }
    }
    let (here, there) = (Digest::of(source)?, Digest::of(target)?);
    match here == there && before.open == after.open {
        true => Ok(Moved { audited: after, digest: there }),
        false => Err(StoreError::Move(format!(
            "the copy is not the same, and is not served: {here:?} became {there:?}"
        ))),
    }
}
