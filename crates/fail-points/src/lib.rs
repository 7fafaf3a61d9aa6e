//! Places at which a test kills the built binary with SIGKILL: no unwinding, no flush, no notice to
//! others. A test can also make rounds of background tasks fail.
//!
//! Without the feature `armed`, which only tests turn on, every function here is empty and no
//! environment variable is read. With it, `FAIL_POINT` selects the place:
//!
//! - `hold-committed:3` kills at the third pass of [`Point::HoldCommitted`];
//! - `commit-begun:9+250` kills 250 microseconds after the ninth pass, wherever the process is
//!   then;
//! - with `FAIL_SIGNAL=STOP` the process is stopped at the point by SIGSTOP, and runs on after
//!   SIGCONT.
//!
//! `FAIL_TASK` selects a background task that fails: with `resolver:panic:2` the resolver panics in
//! each of its first two rounds, with `resolver:error:2` these rounds return errors.

#[cfg(feature = "armed")]
mod armed;
#[cfg(feature = "armed")]
mod rounds;

use std::ffi::OsString;
use std::io;

/// A step of the work; the process can die between it and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The biller has answered an inquiry; nothing is recorded.
    BillSeen,
    /// A payment is requested; nothing is held.
    PaymentAsked,
    /// The price is held; the biller has not been called.
    HoldCommitted,
    /// The biller has received a payment and has not answered it.
    PaymentReceived,
    /// The biller has answered a payment; nothing is recorded.
    AnswerSeen,
    /// The failure of an attempt is recorded; no other biller was asked.
    AttemptFailed,
    /// Another attempt is recorded; its biller has not been asked to pay.
    AttemptBegun,
    /// A payment's outcome is recorded; the partner has not been answered.
    OutcomeRecorded,
    /// Half of an HTTP answer is written.
    AnswerHalfWritten,
    /// A batch is decided; none of it is written.
    CommitBegun,
    /// The rows of a batch are written and not committed.
    RowsWritten,
    /// A batch is committed; none of its commands is answered.
    Committed,
    /// A segment of the index of `ref_id`s is written and not committed.
    SegmentWritten,
    /// A segment is committed; its inquiries are still in memory, too.
    SegmentCommitted,
    /// The resolver has claimed a payment and has not queried its status.
    Claimed,
    /// The biller has answered a status query; nothing is recorded.
    StatusSeen,
    /// A payment's status is recorded; the resolver does not know it yet.
    StatusRecorded,
    /// An operator's change is committed; the reference data in memory is still the old one.
    ChangeCommitted,
    /// An operator's request is executed and not answered.
    RequestCarriedOut,
    /// A starting process owns its data directory and has opened nothing.
    DataOwned,
    /// The database is open with its schema; its WAL is as the last process left it.
    DatabaseOpened,
    /// The WAL is empty.
    WalEmptied,
    /// The resolver has found the open payments of an earlier process.
    LeftFound,
    /// A server was asked to stop and still accepts.
    StopAsked,
    /// A stopping server has answered all requests.
    RequestsFinished,
    /// A stopping server has recorded all outcomes.
    PaymentsFinished,
}

impl Point {
    /// All points, in the order of a payment's life.
    pub const ALL: [Point; 26] = [
        Point::BillSeen,
        Point::PaymentAsked,
        Point::HoldCommitted,
        Point::PaymentReceived,
        Point::AnswerSeen,
        Point::AttemptFailed,
        Point::AttemptBegun,
        Point::OutcomeRecorded,
        Point::AnswerHalfWritten,
        Point::CommitBegun,
        Point::RowsWritten,
        Point::Committed,
        Point::SegmentWritten,
        Point::SegmentCommitted,
        Point::Claimed,
        Point::StatusSeen,
        Point::StatusRecorded,
        Point::ChangeCommitted,
        Point::RequestCarriedOut,
        Point::DataOwned,
        Point::DatabaseOpened,
        Point::WalEmptied,
        Point::LeftFound,
        Point::StopAsked,
        Point::RequestsFinished,
        Point::PaymentsFinished,
    ];

    /// The name in `FAIL_POINT`.
    pub const fn name(self) -> &'static str {
        match self {
            Point::BillSeen => "bill-seen",
            Point::PaymentAsked => "payment-asked",
            Point::HoldCommitted => "hold-committed",
            Point::PaymentReceived => "payment-received",
            Point::AnswerSeen => "answer-seen",
            Point::AttemptFailed => "attempt-failed",
            Point::AttemptBegun => "attempt-begun",
            Point::OutcomeRecorded => "outcome-recorded",
            Point::AnswerHalfWritten => "answer-half-written",
            Point::CommitBegun => "commit-begun",
            Point::RowsWritten => "rows-written",
            Point::Committed => "committed",
            Point::SegmentWritten => "segment-written",
            Point::SegmentCommitted => "segment-committed",
            Point::Claimed => "claimed",
            Point::StatusSeen => "status-seen",
            Point::StatusRecorded => "status-recorded",
            Point::ChangeCommitted => "change-committed",
            Point::RequestCarriedOut => "request-carried-out",
            Point::DataOwned => "data-owned",
            Point::DatabaseOpened => "database-opened",
            Point::WalEmptied => "wal-emptied",
            Point::LeftFound => "left-found",
            Point::StopAsked => "stop-asked",
            Point::RequestsFinished => "requests-finished",
            Point::PaymentsFinished => "payments-finished",
        }
    }
}

/// Passes a point. The process is killed here if this pass was requested.
#[inline(always)]
pub fn pass(point: Point) {
    #[cfg(feature = "armed")]
    armed::pass(point);
    let _ = point;
}

/// The first half of `bytes` at the last pass of [`Point::AnswerHalfWritten`]: the caller must
/// write it and then call [`kill`].
#[inline(always)]
pub fn half(bytes: &[u8]) -> Option<&[u8]> {
    #[cfg(feature = "armed")]
    let half = armed::is_due(Point::AnswerHalfWritten).then(|| &bytes[..bytes.len() / 2]);
    #[cfg(not(feature = "armed"))]
    let half = None;
    let _ = bytes;
    half
}

/// A round of the background task with this name.
///
/// # Errors
/// If a test has requested it.
///
/// # Panics
/// If a test has requested it.
#[inline(always)]
pub fn round(task: &str) -> io::Result<()> {
    #[cfg(feature = "armed")]
    rounds::round(task)?;
    let _ = task;
    Ok(())
}

/// Kills the process, if armed.
#[inline(always)]
pub fn kill() {
    #[cfg(feature = "armed")]
    armed::kill();
}

/// Whether a point is set: then structures that usually fill slowly are made small.
#[inline(always)]
pub fn is_set() -> bool {
    setting("FAIL_POINT").is_some()
}

/// An environment variable that only an armed binary reads.
#[inline(always)]
pub fn setting(name: &str) -> Option<OsString> {
    #[cfg(feature = "armed")]
    let value = std::env::var_os(name);
    #[cfg(not(feature = "armed"))]
    let value = None;
    let _ = name;
    value
}
