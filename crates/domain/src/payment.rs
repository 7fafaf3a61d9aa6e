//! The payment state machine: `inquired → paying → paid | failed`, with *pending* as "paying, and
//! the outcome is unknown".
//!
//! A transaction never goes back and never skips `paying`: money leaves a balance once, and only a definite
//! answer of the biller, or an operator's decision, ends a payment.

use std::sync::Arc;
use std::time::Duration;

use crate::moment::micros;
use crate::{Attempt, BillerId, FailureReason, Moment, MovementKind, PartnerId, Rupiah, TrId};

/// The state of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The bill is recorded; no money has moved.
    Inquired,
    /// The price is held and the biller is being asked to pay.
    Paying,
    /// The price is held and it is unknown whether the biller was paid.
    Pending,
    /// The biller was paid and the hold was posted. Final.
    Paid,
    /// The biller was not paid and the hold was voided. Final.
    Failed,
}

/// What can happen to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The partner pays.
    Begin,
    /// The biller was paid.
    Succeed,
    /// The biller was certainly not paid.
    Fail,
    /// The biller was certainly not paid, and another biller may be asked to pay.
    FailAttempt,
    /// The biller's answer looks like a failure, and a status query that follows at once makes certain of it.
    LooksFailed,
    /// The biller did not answer in time, or its answer does not tell the result.
    OutcomeUnknown,
}

/// What an event does to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The state changes, and money moves with it.
    Go(State, Option<MovementKind>),
    /// Nothing changes: the event is already known, or has no effect any more.
    Stay,
    /// The event contradicts a final state. Nothing changes; manual review is needed.
    Contradiction,
    /// The event is not possible in this state.
    Impossible,
}

/// Decides every pair of state and event.
pub const fn step(state: State, event: Event) -> Step {
    use Event::*;
    use State::*;
    match (state, event) {
        (Inquired, Begin) => Step::Go(Paying, Some(MovementKind::Hold)),
        (Inquired, Succeed | Fail | FailAttempt | LooksFailed | OutcomeUnknown) => Step::Impossible,
        (Paying | Pending, Succeed) => Step::Go(Paid, Some(MovementKind::Post)),
        (Paying | Pending, Fail) => Step::Go(Failed, Some(MovementKind::Void)),
        // After an unknown outcome nobody else is asked, so that the payment ends with its attempt.
        (Pending, FailAttempt) => Step::Go(Failed, Some(MovementKind::Void)),
        (Paying, FailAttempt | LooksFailed) => Step::Stay,
        (Paying, OutcomeUnknown) => Step::Go(Pending, None),
        (Pending, LooksFailed | OutcomeUnknown) => Step::Stay,
        (Paying | Pending | Paid | Failed, Begin) => Step::Stay,
        (Paid, Succeed | LooksFailed | OutcomeUnknown) => Step::Stay,
        (Failed, Fail | FailAttempt | LooksFailed | OutcomeUnknown) => Step::Stay,
        (Paid, Fail | FailAttempt) | (Failed, Succeed) => Step::Contradiction,
    }
}

impl State {
    /// Whether the state never changes again.
    pub const fn is_final(self) -> bool {
        matches!(self, State::Paid | State::Failed)
    }

    /// Its name in reports and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            State::Inquired => "inquired",
            State::Paying => "paying",
            State::Pending => "pending",
            State::Paid => "paid",
            State::Failed => "failed",
        }
    }

    /// The state with that name.
    pub fn named(name: &str) -> Option<State> {
        let states = [State::Inquired, State::Paying, State::Pending, State::Paid, State::Failed];
        states.into_iter().find(|state| state.name() == name)
    }
}

/// The payment of an inquiry. It exists from the hold on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Payment {
    /// The inquiry that it pays.
    pub tr_id: TrId,
    pub partner: PartnerId,
    /// The biller that is asked to pay, and for the status later: that of the current attempt.
    pub biller: BillerId,
    /// Never `Inquired`.
    pub state: State,
    /// When the price was held. Partners see this as the time of the payment.
    pub begun_at: Moment,
    /// When the outcome was known.
    pub settled_at: Option<Moment>,
    /// The partner's balance right after the hold or, once failed, after the void.
    pub balance: Rupiah,
    /// Why it failed or, while it is paying, why its current attempt failed and no other has begun yet.
    pub reason: Option<FailureReason>,
    /// The biller's receipt number; empty until paid.
    pub receipt_no: Box<str>,
    /// The details as paid, if the biller's differ from the inquiry's.
    pub details: Option<Box<str>>,
    /// Number of stored exchanges with the biller.
    pub exchanges: u32,
    /// Number of status queries.
    pub asks: u32,
    /// The latest answer that left the outcome open.
    pub open_because: Option<Box<str>>,
    /// The current attempt, if it is not the first, which is at the biller of the inquiry.
    pub attempt: Option<Arc<Attempt>>,
}

impl Payment {
    /// The number of its current attempt, counted from one.
    pub fn attempt_number(&self) -> u32 {
        self.attempt.as_ref().map_or(1, |attempt| attempt.number)
    }

    /// When its current attempt began.
    pub fn attempted_at(&self) -> Moment {
        self.attempt.as_ref().map_or(self.begun_at, |attempt| attempt.begun_at)
    }

    /// Why its current attempt failed, if another one may begin.
    pub fn failed_attempt(&self) -> Option<FailureReason> {
        self.reason.filter(|_| self.state == State::Paying)
    }
}

/// The kind of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// The biller was asked for a bill.
    Inquire,
    /// The biller was asked to pay.
    Pay,
    /// The biller was asked for the status of a payment.
    Status,
    /// The biller reported the state of a payment without being asked.
    Report,
    /// An operator resolved the payment.
    Operator,
    /// Nobody was asked: lunas decided.
    Decision,
}

impl Call {
    /// All kinds.
    pub const ALL: [Call; 6] =
        [Call::Inquire, Call::Pay, Call::Status, Call::Report, Call::Operator, Call::Decision];

    /// Its name in reports and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Call::Inquire => "inquire",
            Call::Pay => "pay",
            Call::Status => "status",
            Call::Report => "report",
            Call::Operator => "operator",
            Call::Decision => "decision",
        }
    }

    /// The call with that name.
    pub fn named(name: &str) -> Option<Call> {
        Call::ALL.into_iter().find(|call| call.name() == name)
    }
}

/// One request and its answer, kept as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exchange {
    pub call: Call,
    /// The number of the attempt that it is about, from 1.
    pub attempt: u32,
    /// The biller that was asked, if it is not that of the attempt: no attempt followed there.
    pub biller: Option<BillerId>,
    /// When the request was sent.
    pub asked_at: Moment,
    /// Time until the answer, in microseconds.
    pub took_micros: i64,
    /// The answer as text, without personal data.
    pub answer: Box<str>,
    /// What was sent and received, if the biller was asked over a network.
    pub evidence: Option<Evidence>,
}

/// What was sent to a biller and what came back, for a dispute. It holds personal data, but no key and no
/// signature.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// Empty if nothing was sent: the biller could not be reached, or it reported by itself.
    pub sent: Box<str>,
    /// The HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The body of the answer, as far as it was read; empty if there was none.
    pub received: Box<str>,
}

impl Exchange {
    /// A request about the first attempt, sent at `asked_at` and answered after `took`.
    pub fn new(
        call: Call,
        asked_at: Moment,
        took: Duration,
        answer: impl Into<Box<str>>,
    ) -> Exchange {
        Exchange {
            call,
            attempt: 1,
            biller: None,
            asked_at,
            took_micros: micros(took),
            answer: answer.into(),
            evidence: None,
        }
    }

    /// When the answer arrived.
    pub const fn answered_at(&self) -> Moment {
        self.asked_at.after_micros(self.took_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Event::*;
    use State::*;

    /// The expected step of every state and event.
    const TABLE: [(State, Event, Step); 30] = [
        (Inquired, Begin, Step::Go(Paying, Some(MovementKind::Hold))),
        (Inquired, Succeed, Step::Impossible),
        (Inquired, Fail, Step::Impossible),
        (Inquired, FailAttempt, Step::Impossible),
        (Inquired, LooksFailed, Step::Impossible),
        (Inquired, OutcomeUnknown, Step::Impossible),
        (Paying, Begin, Step::Stay),
        (Paying, Succeed, Step::Go(Paid, Some(MovementKind::Post))),
        (Paying, Fail, Step::Go(Failed, Some(MovementKind::Void))),
        (Paying, FailAttempt, Step::Stay),
        (Paying, LooksFailed, Step::Stay),
        (Paying, OutcomeUnknown, Step::Go(Pending, None)),
        (Pending, Begin, Step::Stay),
        (Pending, Succeed, Step::Go(Paid, Some(MovementKind::Post))),
        (Pending, Fail, Step::Go(Failed, Some(MovementKind::Void))),
        (Pending, FailAttempt, Step::Go(Failed, Some(MovementKind::Void))),
        (Pending, LooksFailed, Step::Stay),
        (Pending, OutcomeUnknown, Step::Stay),
        (Paid, Begin, Step::Stay),
        (Paid, Succeed, Step::Stay),
        (Paid, Fail, Step::Contradiction),
        (Paid, FailAttempt, Step::Contradiction),
        (Paid, LooksFailed, Step::Stay),
        (Paid, OutcomeUnknown, Step::Stay),
        (Failed, Begin, Step::Stay),
        (Failed, Succeed, Step::Contradiction),
        (Failed, Fail, Step::Stay),
        (Failed, FailAttempt, Step::Stay),
        (Failed, LooksFailed, Step::Stay),
        (Failed, OutcomeUnknown, Step::Stay),
    ];

    #[test]
    fn every_state_and_event_is_decided() {
        for (state, event, expected) in TABLE {
            assert_eq!(step(state, event), expected, "{state:?} {event:?}");
        }
    }

    #[test]
    fn a_final_state_never_changes() {
        for (state, event, _) in TABLE.iter().filter(|row| row.0.is_final()) {
            assert!(!matches!(step(*state, *event), Step::Go(..)), "{state:?} {event:?}");
        }
    }

    #[test]
    fn money_is_held_before_it_is_posted_or_voided() {
        for (state, event, _) in TABLE {
            if let Step::Go(_, Some(kind)) = step(state, event) {
                assert_eq!(kind == MovementKind::Hold, state == Inquired, "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn every_name_is_parsed_back() {
        for state in [Inquired, Paying, Pending, Paid, Failed] {
            assert_eq!(State::named(state.name()), Some(state));
        }
        for call in Call::ALL {
            assert_eq!(Call::named(call.name()), Some(call));
        }
    }
}
