//! Records what became of a payment: the second of its two commits.

use std::time::Duration;

use super::{Command, Decision, Refusal};
use crate::follow_up::{FencingToken, PendingFollowUp, ReviewReason};
use crate::payment::{Call, Event, Exchange, Step, step};
use crate::{
    Books, Callback, Change, FailureCode, Inquiry, Moment, Movement, MovementKind, PartnerId,
    Payment, RowSet, State, TrId, Transaction,
};

/// How many exchanges about one payment are kept; a biller that changes its words for ever is
/// counted in `asks` alone after that.
const MOST_EXCHANGES: u32 = 60_000;

/// How many status questions in a row must bring "not found" before it counts.
const NOT_FOUND_TIMES: u32 = 2;

/// A payment that the biller never got failed.
const PAYMENT_FAILED: FailureCode = FailureCode(37);

/// A biller's answer about a payment.
#[derive(Clone, Debug)]
pub struct SettlePayment {
    /// Whose payment.
    pub partner: PartnerId,
    /// Which payment.
    pub tr_id: TrId,
    /// The right to say so, as long as the payment is open.
    pub token: FencingToken,
    /// What the answer says.
    pub verdict: BillerOutcome,
    /// Question and answer, as evidence.
    pub exchange: Exchange,
    /// Whether the partner is there to be answered with it. A partner that is not is called back.
    pub answered_synchronously: bool,
}

/// What an answer says about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BillerOutcome {
    /// The biller was paid.
    Paid {
        /// Its reference number.
        receipt_no: Box<str>,
        /// The details as paid, where they differ from the inquiry's.
        details: Option<Box<str>>,
    },
    /// The biller definitely was not paid.
    Failed(FailureCode),
    /// Nobody knows yet.
    Unknown,
    /// The biller does not know the payment, which may still be on its way to it.
    NotFound {
        /// Whether the biller promises that what it does not know will never appear.
        is_final: bool,
        /// The payment's age from which on it counts.
        counts_from: Duration,
    },
    /// The answer is about another payment, amount or customer, and says nothing about this one.
    Mismatch,
}

/// The transaction after an answer.
#[derive(Clone, Debug)]
pub struct Settled {
    /// How it stands now.
    pub transaction: Transaction,
    /// What the answer did to it.
    pub effect: Effect,
}

/// What an answer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The payment ended.
    Ended,
    /// It is open as before.
    StillOpen,
    /// It is open and stands in the operators' queue from now on, or for a graver reason.
    NeedsAttention(ReviewReason),
    /// It had ended before, the same way.
    AlreadyEnded,
    /// It had ended the other way. The evidence is recorded; somebody must look.
    Contradiction,
}

impl Command for SettlePayment {
    type Outcome = Settled;

    const WAITS: bool = true;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Settled>, Refusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id)?;
        let follow_up = books.follow_up(self.tr_id);
        // What contradicts a final payment is evidence, whoever has it.
        if !transaction.state().is_final() && !self.is_entitled(&follow_up) {
            return Err(Refusal::LeaseLost);
        }
        self.record(books, transaction, follow_up)
    }
}

impl SettlePayment {
    /// Whether the token is the last one given out, and in time. The payer's is in time until
    /// somebody claims the payment.
    fn is_entitled(&self, follow_up: &PendingFollowUp) -> bool {
        let in_time =
            self.token == FencingToken::PAYER || self.exchange.answered_at() <= follow_up.until;
        self.token == follow_up.token && in_time
    }

    /// Works the answer into the payment, whoever brings it.
    pub(super) fn record(
        &self,
        books: &Books,
        mut transaction: Transaction,
        follow_up: PendingFollowUp,
    ) -> Result<Decision<Settled>, Refusal> {
        let mut payment = transaction.payment.take().ok_or(Refusal::NotBegun)?;
        let (before, known_because) = (payment.state, payment.open_because.clone());
        let weighed = self.assess(&payment, &follow_up);
        let mut movement = None;
        let effect = match step(before, weighed.event) {
            Step::Impossible => return Err(Refusal::NotBegun),
            Step::Contradiction => Effect::Contradiction,
            Step::Stay if before.is_final() => Effect::AlreadyEnded,
            Step::Stay => weighed.left_open(),
            Step::Go(state, kind) => {
                payment.state = state;
                movement = self.movement(kind, &payment, &transaction.inquiry)?;
                if state.is_final() { Effect::Ended } else { weighed.left_open() }
            }
        };
        self.record_open_reason(effect, &mut payment);
        if effect == Effect::Ended {
            self.finalize(weighed.reason, books, &transaction.inquiry, &mut payment)?;
        }
        // A payment may stay open for days: the same unchanged answer is counted, not repeated.
        let new = before != payment.state
            || effect == Effect::Contradiction
            || known_because != payment.open_because;
        let new = new && payment.exchanges < MOST_EXCHANGES;
        payment.exchanges += u32::from(new);
        let mut changes = Vec::new();
        if effect != Effect::AlreadyEnded {
            let exchange = new.then(|| self.exchange.clone());
            changes = vec![Change::Settled { payment: payment.clone(), movement, exchange }];
            changes.extend(self.watched(effect, &weighed, follow_up));
            changes.extend(self.called_back(effect, books));
        }
        transaction.available = match payment.state {
            State::Failed if effect == Effect::Ended => payment.balance,
            _ => transaction.available,
        };
        transaction.payment = Some(payment);
        Ok(Decision { outcome: Settled { transaction, effect }, changes })
    }

    /// What the answer comes to beside what was heard before.
    fn assess(&self, payment: &Payment, follow_up: &PendingFollowUp) -> Assessment {
        let open = Assessment {
            event: Event::OutcomeUnknown,
            reason: None,
            not_found: 0,
            review_reason: None,
        };
        match self.verdict {
            BillerOutcome::Paid { .. } => Assessment { event: Event::Succeed, ..open },
            BillerOutcome::Failed(reason) => {
                Assessment { event: Event::Fail, reason: Some(reason), ..open }
            }
            BillerOutcome::Unknown => open,
            BillerOutcome::Mismatch => {
                let why = ReviewReason::Mismatch;
                let known = matches!(follow_up.review_reason, Some((ReviewReason::Mismatch, _)));
                Assessment { review_reason: (!known).then_some(why), ..open }
            }
            BillerOutcome::NotFound { is_final, counts_from } => {
                let not_found = follow_up.not_found.saturating_add(1).min(NOT_FOUND_TIMES);
                let of_age = payment.begun_at.after(counts_from) <= self.exchange.answered_at();
                let open = Assessment { not_found, ..open };
                match of_age && not_found == NOT_FOUND_TIMES {
                    true if is_final => {
                        Assessment { event: Event::Fail, reason: Some(PAYMENT_FAILED), ..open }
                    }
                    true if follow_up.review_reason.is_none() => {
                        Assessment { review_reason: Some(ReviewReason::NotFound), ..open }
                    }
                    _ => open,
                }
            }
        }
    }

    fn movement(
        &self,
        kind: Option<MovementKind>,
        payment: &Payment,
        inquiry: &Inquiry,
    ) -> Result<Option<Movement>, Refusal> {
        Ok(match kind {
            Some(MovementKind::Post) => {
                Some(Movement::post(self.partner, payment.biller, &inquiry.price)?)
            }
            Some(MovementKind::Void) => Some(Movement::void(self.partner, &inquiry.price)?),
            _ => None,
        })
    }

    /// Counts status questions and keeps the latest answer that left the outcome open.
    fn record_open_reason(&self, effect: Effect, payment: &mut Payment) {
        payment.asks += u32::from(self.exchange.call == Call::Status);
        if matches!(effect, Effect::StillOpen | Effect::NeedsAttention(_)) {
            payment.open_because = Some(self.exchange.answer.clone());
        }
    }

    fn finalize(
        &self,
        reason: Option<FailureCode>,
        books: &Books,
        inquiry: &Inquiry,
        payment: &mut Payment,
    ) -> Result<(), Refusal> {
        payment.settled_at = Some(self.exchange.answered_at());
        payment.open_because = None;
        payment.reason = reason;
        if reason.is_some() {
            payment.balance = books.available(self.partner).plus(inquiry.price.selling_price)?;
        }
        if let BillerOutcome::Paid { receipt_no, details } = &self.verdict {
            payment.receipt_no = receipt_no.clone();
            payment.details = details.clone().filter(|details| *details != inquiry.bill.details);
        }
        Ok(())
    }

    /// The callback about an end that the partner does not hear, where it wants one.
    fn called_back(&self, effect: Effect, books: &Books) -> Option<Change> {
        let partner = books.partners.get(&self.partner)?;
        let is_wanted =
            partner.callback.is_some() && effect == Effect::Ended && !self.answered_synchronously;
        let now = self.exchange.answered_at();
        is_wanted.then(|| Change::Callback(Callback::due(self.partner, self.tr_id, now)))
    }

    /// The watch after the answer, where it is another: whoever had claimed the payment has it no
    /// longer. A payment that is answered at once never had one.
    fn watched(
        &self,
        effect: Effect,
        weighed: &Assessment,
        follow_up: PendingFollowUp,
    ) -> Option<Change> {
        let now = self.exchange.answered_at();
        let not_found = weighed.not_found;
        let mut after = PendingFollowUp { until: Moment::default(), not_found, ..follow_up };
        match effect {
            Effect::Ended => after = PendingFollowUp::default(),
            Effect::Contradiction => after.call_for_attention(ReviewReason::Contradiction, now),
            Effect::NeedsAttention(why) => after.call_for_attention(why, now),
            Effect::StillOpen | Effect::AlreadyEnded => {}
        }
        let kept = (after != PendingFollowUp::default()).then_some(after);
        (after != follow_up).then_some(Change::PendingFollowUp(self.tr_id, kept))
    }
}

/// An answer beside what was heard before.
struct Assessment {
    event: Event,
    /// Why it failed, if it did.
    reason: Option<FailureCode>,
    not_found: u32,
    /// Why an operator must look from now on.
    review_reason: Option<ReviewReason>,
}

impl Assessment {
    fn left_open(&self) -> Effect {
        self.review_reason.map_or(Effect::StillOpen, Effect::NeedsAttention)
    }
}
