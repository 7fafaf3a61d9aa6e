//! Places at which a test of the built binary has the process killed by SIGKILL: nothing unwinds,
//! nothing is flushed, nobody is told. And rounds of background tasks that a test has fail.
//!
//! Without the feature `armed`, which only tests turn on, every function here is empty and no
//! environment variable is read. With it `FAIL_POINT` says where to die:
//!
//! - `hold-committed:3` kills at the third passing of [`Point::HoldCommitted`];
//! - `commit-begun:9+250` lets the ninth passing go on and kills 250 microseconds later, wherever
//!   the process is then;
//! - with `FAIL_SIGNAL=STOP` the process is stopped at the point itself by SIGSTOP, and goes on when
//!   somebody continues it.
//!
//! `FAIL_TASK` says which background task is to fail: with `resolver:panic:2` the resolver panics in
//! each of its first two rounds, with `resolver:error:2` these rounds are errors.

#[cfg(feature = "armed")]
mod armed;
#[cfg(feature = "armed")]
mod rounds;

use std::ffi::OsString;
use std::io;

/// A step of the work; the process can die between it and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The biller has said what is owed, and no inquiry is recorded.
    BillSeen,
    /// A payment is asked for, and nothing is held.
    PaymentAsked,
    /// The deposit is held, and the biller has not been called.
    HoldCommitted,
    /// The biller has got a payment, and has not answered it.
    PaymentReceived,
    /// The biller has answered a payment, and nothing of it is recorded.
    AnswerSeen,
    /// A payment's outcome is recorded, and its partner has not been answered.
    OutcomeRecorded,
    /// Half of an HTTP answer is written.
    AnswerHalfWritten,
    /// A batch is decided, and none of it is written.
    CommitBegun,
    /// The rows of a batch are written, and not committed.
    RowsWritten,
    /// A batch is committed, and nobody of it is answered.
    Committed,
    /// A segment of the index of `ref_id`s is written, and not committed.
    SegmentWritten,
    /// A segment is committed, and its inquiries are in memory too.
    SegmentCommitted,
    /// The resolver has claimed a payment, and has not asked about it.
    Claimed,
    /// The biller has told a payment's status, and nothing of it is recorded.
    StatusSeen,
    /// A payment's status is recorded, and the resolver does not know it.
    StatusRecorded,
    /// An operator's change is committed, and the directory is as before.
    ChangeCommitted,
    /// An operator's request is carried out, and not answered.
    RequestCarriedOut,
    /// A starting process owns its data, and has opened nothing.
    DataOwned,
    /// The database is open with its schema, and its WAL is as the last process left it.
    DatabaseOpened,
    /// The WAL is emptied.
    WalEmptied,
    /// The resolver has found the payments that an earlier process left.
    LeftFound,
    /// A server is asked to stop, and still accepts.
    StopAsked,
    /// A stopping server has answered all requests.
    RequestsFinished,
    /// A stopping server has recorded all outcomes.
    PaymentsFinished,
}

impl Point {
    /// All points, in the order of a payment's life.
    pub const ALL: [Point; 24] = [
        Point::BillSeen,
        Point::PaymentAsked,
        Point::HoldCommitted,
        Point::PaymentReceived,
        Point::AnswerSeen,
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

    /// Its name in `FAIL_POINT`.
    pub const fn name(self) -> &'static str {
        match self {
            Point::BillSeen => "bill-seen",
            Point::PaymentAsked => "payment-asked",
            Point::HoldCommitted => "hold-committed",
            Point::PaymentReceived => "payment-received",
            Point::AnswerSeen => "answer-seen",
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

/// Passes a point, and dies there if this is the passing that was asked for.
#[inline(always)]
pub fn pass(point: Point) {
    #[cfg(feature = "armed")]
    armed::pass(point);
    let _ = point;
}

/// The first half of `bytes` where [`Point::AnswerHalfWritten`] is passed for the last time: it is to
/// be written, and then [`kill`] to be called.
#[inline(always)]
pub fn half(bytes: &[u8]) -> Option<&[u8]> {
    #[cfg(feature = "armed")]
    let half = armed::is_due(Point::AnswerHalfWritten).then(|| &bytes[..bytes.len() / 2]);
    #[cfg(not(feature = "armed"))]
    let half = None;
    let _ = bytes;
    half
}

/// A round of the background task of that name.
///
/// # Errors
/// If a test has asked for it.
///
/// # Panics
/// If a test has asked for it.
#[inline(always)]
pub fn round(task: &str) -> io::Result<()> {
    #[cfg(feature = "armed")]
    rounds::round(task)?;
    let _ = task;
    Ok(())
}

/// Dies, if armed.
#[inline(always)]
pub fn kill() {
    #[cfg(feature = "armed")]
    armed::kill();
}

/// Whether a point is set, so that what gathers for long is to gather for short.
#[inline(always)]
pub fn is_set() -> bool {
    setting("FAIL_POINT").is_some()
}

/// An environment variable that only an armed binary knows.
#[inline(always)]
pub fn setting(name: &str) -> Option<OsString> {
    #[cfg(feature = "armed")]
    let value = std::env::var_os(name);
    #[cfg(not(feature = "armed"))]
    let value = None;
    let _ = name;
    value
}
