//! The payment state machine: `inquired → paying → paid | failed`, with *pending* as "paying, and
//! the outcome is unknown".
//!
//! A transaction never goes back and never skips `paying`: money leaves a balance once, and only a definite
//! answer of the biller, or an operator's decision, ends a payment.

use std::time::Duration;

use crate::moment::micros;
use crate::{BillerId, FailureReason, Moment, MovementKind, PartnerId, Rupiah, TrId};

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
        (Inquired, Succeed | Fail | OutcomeUnknown) => Step::Impossible,
        (Paying | Pending, Succeed) => Step::Go(Paid, Some(MovementKind::Post)),
        (Paying | Pending, Fail) => Step::Go(Failed, Some(MovementKind::Void)),
        (Paying, OutcomeUnknown) => Step::Go(Pending, None),
        (Pending, OutcomeUnknown) => Step::Stay,
        (Paying | Pending | Paid | Failed, Begin) => Step::Stay,
        (Paid, Succeed | OutcomeUnknown) | (Failed, Fail | OutcomeUnknown) => Step::Stay,
        (Paid, Fail) | (Failed, Succeed) => Step::Contradiction,
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
    /// The biller that is asked to pay, and for the status later.
    pub biller: BillerId,
    /// Never `Inquired`.
    pub state: State,
    /// When the price was held. Partners see this as the time of the payment.
    pub begun_at: Moment,
    /// When the outcome was known.
    pub settled_at: Option<Moment>,
    /// The partner's balance right after the hold or, once failed, after the void.
    pub balance: Rupiah,
    /// Set if it failed.
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
}

impl Call {
    /// All kinds.
    pub const ALL: [Call; 5] =
        [Call::Inquire, Call::Pay, Call::Status, Call::Report, Call::Operator];

    /// Its name in reports and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Call::Inquire => "inquire",
            Call::Pay => "pay",
            Call::Status => "status",
            Call::Report => "report",
            Call::Operator => "operator",
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
    pub sent: Box<str>,
    /// The HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The body of the answer, as far as it was read; empty if there was none.
    pub received: Box<str>,
}

impl Exchange {
    /// A request sent at `asked_at` and answered after `took`.
    pub fn new(
        call: Call,
        asked_at: Moment,
        took: Duration,
        answer: impl Into<Box<str>>,
    ) -> Exchange {
        Exchange {
            call,
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
    const TABLE: [(State, Event, Step); 20] = [
        (Inquired, Begin, Step::Go(Paying, Some(MovementKind::Hold))),
        (Inquired, Succeed, Step::Impossible),
        (Inquired, Fail, Step::Impossible),
        (Inquired, OutcomeUnknown, Step::Impossible),
        (Paying, Begin, Step::Stay),
        (Paying, Succeed, Step::Go(Paid, Some(MovementKind::Post))),
        (Paying, Fail, Step::Go(Failed, Some(MovementKind::Void))),
        (Paying, OutcomeUnknown, Step::Go(Pending, None)),
        (Pending, Begin, Step::Stay),
        (Pending, Succeed, Step::Go(Paid, Some(MovementKind::Post))),
        (Pending, Fail, Step::Go(Failed, Some(MovementKind::Void))),
        (Pending, OutcomeUnknown, Step::Stay),
        (Paid, Begin, Step::Stay),
        (Paid, Succeed, Step::Stay),
        (Paid, Fail, Step::Contradiction),
        (Paid, OutcomeUnknown, Step::Stay),
        (Failed, Begin, Step::Stay),
        (Failed, Succeed, Step::Contradiction),
        (Failed, Fail, Step::Stay),
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
