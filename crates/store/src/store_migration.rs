//! Moves books from a data directory to a PostgreSQL database.
//!
//! The transactions are written one after another by the statements that also write payments, so the derived
//! rows (balances, open payments) are computed again, and then compared. Each batch records in its own commit
//! how far it reached: an interrupted move continues there. The log of actions and the billers' answers about
//! lunas's balances are copied as they are.
//!
//! | the move | source | target |
//! |---|---|---|
//! | has begun | leaving: refused | arriving: refused |
//! | has been verified | leaving: refused | arrived: served |
//! | is over | left: refused | arrived: served |
//! | was rolled back | served | rolled back: refused |
//!
//! So the two databases are never served at the same time, and after the first step nobody writes to the source.

mod digest;
mod replay;

use domain::Moment;

pub use digest::Digest;
pub(crate) use replay::Replayer;

use crate::audit::{Report, audit};
use crate::postgres::{Address, MigrationTarget};
use crate::sqlite::{DataDir, MigrationSource};
use crate::{Read, StoreError};

/// Transactions, deposits and reversals per commit.
const BATCH: usize = 1024;

/// Entries of the log of actions, or answers about balances, per commit.
const LINES: u32 = 1024;

/// The progress of a move.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Inquiries, deposits and reversals are being copied.
    Copied {
        /// Number of records in the target.
        done: u64,
        /// Number of all records.
        of: u64,
    },
    /// Everything is copied; both databases are being audited and compared.
    Comparing,
}

/// The result of a move: what is equal in both databases.
#[derive(Debug)]
pub struct Moved {
    /// The audit's counts.
    pub audited: Report,
    /// Counts, sums and hash of the books.
    pub digest: Digest,
}

/// Moves the books of a directory, or continues an interrupted move. `now` is the time of this process's
/// clock. It blocks, so do not call it on a thread that runs async tasks.
///
/// # Errors
/// When the target cannot be reached, fails the checks of a server, contains other books, or does not contain
/// the same books in the end. Until the comparison has passed, neither database is served.
pub fn migrate_store(
    from: &DataDir,
    to: Address,
    now: Moment,
    see: &mut dyn FnMut(Step),
) -> Result<Moved, StoreError> {
    // The source first: if there is nothing to move, nothing is created in the target.
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
    target.complete(source.newest()?, source.purpose()?)?;
    source.mark_left()?;
    Ok(moved)
}

/// Rolls a move back: the directory can be served again, the database never.
///
/// # Errors
/// When directory and database belong to different moves, and when servers have written to the database: their
/// answered payments would be lost.
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
        target.put_directory(&reader.partners()?, &catalogue, &reader.billers()?)?;
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
    })?;
    copy_actions(source, target)?;
    copy_biller_balances(&mut reader, target)
}

/// Copies the log of actions, from the last entry of an interrupted move on.
fn copy_actions(source: &MigrationSource, target: &mut MigrationTarget) -> Result<(), StoreError> {
    loop {
        let next = source.actions(target.last_action()?, LINES)?;
        if next.is_empty() {
            return Ok(());
        }
        target.put_actions(&next)?;
    }
}

/// Copies the billers' answers about balances, from the last one of an interrupted move on.
fn copy_biller_balances(
    reader: &mut dyn Read,
    target: &mut MigrationTarget,
) -> Result<(), StoreError> {
    loop {
        let next = reader.biller_balances(target.last_biller_balance()?, LINES)?;
        if next.is_empty() {
            return Ok(());
        }
        target.put_biller_balances(&next)?;
    }
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
