//! Records a biller's answer about a payment: the second of a payment's two commits.

use std::time::Duration;

use super::begin_attempt::asked_before;
use super::{Command, Decision};
use crate::follow_up::{FencingToken, PendingFollowUp, ReviewReason};
use crate::ledger::MovementRefusal;
use crate::money::Overflow;
use crate::payment::{Call, Event, Exchange, Step, step};
use crate::{
    Books, Callback, Change, FailureReason, Inquiry, Moment, Movement, MovementKind, PartnerId,
    Payment, RowSet, State, TrId, Transaction,
};

/// Maximum number of stored exchanges of one payment. After that, answers are only counted in `asks`.
const MOST_EXCHANGES: u32 = 60_000;

/// Number of consecutive "not found" answers before they count.
const NOT_FOUND_TIMES: u32 = 2;

/// A biller's answer about a payment.
#[derive(Clone, Debug)]
pub struct SettlePayment {
    pub partner: PartnerId,
    pub tr_id: TrId,
    /// The caller's claim; checked while the payment is open.
    pub token: FencingToken,
    /// The meaning of the answer.
    pub verdict: BillerOutcome,
    /// Request and answer, kept as evidence, with the attempt that they are about.
    pub exchange: Exchange,
    /// The calls before it to other billers, which did not give the bill after the attempt had failed.
    pub asked_before: Vec<Exchange>,
    /// Whether another biller may be asked to pay if this one certainly did not. Only the payer asks.
    pub may_fail_over: bool,
    /// Whether the partner's own request waits for the result. Otherwise the partner gets a callback.
    pub answered_synchronously: bool,
}

/// What a biller's answer means for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BillerOutcome {
    /// The biller was paid.
    Paid {
        /// The biller's receipt number.
        receipt_no: Box<str>,
        /// The details as paid, if they differ from the inquiry's.
        details: Option<Box<str>>,
    },
    /// The biller was certainly not paid.
    Failed(FailureReason),
    /// It looks like a failure, and the payer makes certain of it at once.
    LooksFailed,
    /// The outcome is unknown.
    Unknown,
    /// The biller does not know the payment. It may still be on its way there.
    NotFound {
        /// `true`: the biller guarantees that an unknown payment will never be executed.
        is_final: bool,
        /// Minimum age of the payment for this answer to count.
        counts_from: Duration,
    },
    /// The answer is about another payment, amount or customer.
    Mismatch,
}

/// The result of [`SettlePayment`].
#[derive(Clone, Debug)]
pub struct Settled {
    /// The transaction after the answer.
    pub transaction: Transaction,
    /// What the answer changed.
    pub effect: Effect,
}

/// What an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The payment ended.
    Ended,
    /// It is still open.
    StillOpen,
    /// Its attempt failed, and another biller may be asked to pay.
    AttemptFailed,
    /// It is still open and now needs manual review, or needs it for a more serious reason.
    NeedsAttention(ReviewReason),
    /// It had ended before, with the same result.
    AlreadyEnded,
    /// It had ended with the opposite result. The evidence is recorded for manual review.
    Contradiction,
}

/// Why an outcome is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SettlementRefusal {
    /// The partner has no such transaction.
    #[error("there is no such transaction")]
    UnknownTransaction,
    /// The payment has not begun, so it has no outcome.
    #[error("the payment has not begun")]
    NotBegun,
    /// The ledger refuses the movement.
    #[error(transparent)]
    Movement(#[from] MovementRefusal),
}

/// Why a biller's answer is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SettlePaymentRefusal {
    /// The caller's claim on the payment is over or was taken by another one, or it never had one.
    #[error("the payment was taken over by another, or the time to answer is over")]
    LeaseLost,
    /// No outcome can be recorded for it.
    #[error(transparent)]
    Settlement(#[from] SettlementRefusal),
}

impl From<Overflow> for SettlementRefusal {
    fn from(_: Overflow) -> SettlementRefusal {
        MovementRefusal::Overflow.into()
    }
}

impl Command for SettlePayment {
    type Outcome = Settled;
    type Refusal = SettlePaymentRefusal;

    const WAITS: bool = true;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Settled>, SettlePaymentRefusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id);
        let transaction = transaction.ok_or(SettlementRefusal::UnknownTransaction)?;
        let follow_up = books.follow_up(self.tr_id);
        if self.exchange.attempt < transaction.attempt_number() {
            return Ok(self.record_for_earlier(books, transaction, follow_up)?);
        }
        // A contradiction of a final payment is recorded whatever the token is.
        if !transaction.state().is_final() && !self.is_entitled(&follow_up) {
            return Err(SettlePaymentRefusal::LeaseLost);
        }
        Ok(self.record(books, transaction, follow_up)?)
    }
}

impl SettlePayment {
    /// Whether the token is the latest one and has not expired. The payer's token does not expire; it ends
    /// when another caller claims the payment.
    fn is_entitled(&self, follow_up: &PendingFollowUp) -> bool {
        let in_time =
            self.token == FencingToken::PAYER || self.exchange.answered_at() <= follow_up.until;
        self.token == follow_up.token && in_time
    }

    /// Applies the answer to the payment, without a check of the token.
    pub(super) fn record(
        &self,
        books: &Books,
        mut transaction: Transaction,
        follow_up: PendingFollowUp,
    ) -> Result<Decision<Settled>, SettlementRefusal> {
        let at_biller = transaction.inquiry_at_biller();
        let mut payment = transaction.payment.take().ok_or(SettlementRefusal::NotBegun)?;
        let (before, before_because) = (payment.state, payment.open_because.clone());
        let mut changes = Vec::with_capacity(self.asked_before.len() + 1);
        if !before.is_final() {
            changes.extend(asked_before(&self.asked_before, &mut payment));
        }
        let assessment = self.assess(&payment, &follow_up);
        let mut movement = None;
        let effect = match step(before, assessment.event) {
            Step::Impossible => return Err(SettlementRefusal::NotBegun),
            Step::Contradiction => Effect::Contradiction,
            Step::Stay if before.is_final() => Effect::AlreadyEnded,
            Step::Stay if assessment.event == Event::FailAttempt => Effect::AttemptFailed,
            Step::Stay => assessment.left_open(),
            Step::Go(state, kind) => {
                payment.state = state;
                movement = movement_of(kind, &at_biller)?;
                if state.is_final() { Effect::Ended } else { assessment.left_open() }
            }
        };
        self.record_open_reason(effect, &mut payment);
        if effect == Effect::AttemptFailed {
            payment.reason = assessment.reason;
        }
        if effect == Effect::Ended {
            self.finalize(assessment.reason, books, &transaction.inquiry, &mut payment)?;
        }
        // A payment may stay open for days: an answer equal to the last one is counted, not stored again.
        let new = before != payment.state
            || effect == Effect::Contradiction
            || before_because != payment.open_because;
        let new = new && payment.exchanges < MOST_EXCHANGES;
        if effect != Effect::AlreadyEnded {
            payment.exchanges += u32::from(new);
            let exchange = new.then(|| self.exchange.clone());
            changes.push(Change::Settled { payment: payment.clone(), movement, exchange });
            changes.extend(self.changed_follow_up(effect, &assessment, follow_up));
            changes.extend(self.due_callback(effect, books));
        }
        transaction.available = match payment.state {
            State::Failed if effect == Effect::Ended => payment.balance,
            _ => transaction.available,
        };
        transaction.payment = Some(payment);
        Ok(Decision::checked(books, Settled { transaction, effect }, changes)?)
    }

    /// Records an answer about an attempt that failed before the current one began. If its biller says now that it
    /// took the payment, the bill may be paid twice, and an operator must know.
    fn record_for_earlier(
        &self,
        books: &Books,
        mut transaction: Transaction,
        mut follow_up: PendingFollowUp,
    ) -> Result<Decision<Settled>, SettlementRefusal> {
        let payment = transaction.payment.as_mut().ok_or(SettlementRefusal::NotBegun)?;
        let is_contradiction = matches!(self.verdict, BillerOutcome::Paid { .. });
        if !is_contradiction || payment.exchanges >= MOST_EXCHANGES {
            return Ok(Decision::unchanged(Settled { transaction, effect: Effect::AlreadyEnded }));
        }
        payment.exchanges += 1;
        follow_up.call_for_attention(ReviewReason::Contradiction, self.exchange.answered_at());
        let exchange = Some(self.exchange.clone());
        let changes = vec![
            Change::Settled { payment: payment.clone(), movement: None, exchange },
            Change::PendingFollowUp(self.tr_id, Some(follow_up)),
        ];
        let settled = Settled { transaction, effect: Effect::Contradiction };
        Ok(Decision::checked(books, settled, changes)?)
    }

    /// Assesses the answer together with the earlier ones.
    fn assess(&self, payment: &Payment, follow_up: &PendingFollowUp) -> Assessment {
        let open = Assessment {
            event: Event::OutcomeUnknown,
            reason: None,
            not_found: 0,
            review_reason: None,
        };
        match self.verdict {
            BillerOutcome::Paid { .. } => Assessment { event: Event::Succeed, ..open },
            // The attempt has certainly failed, and whoever answers now does not ask another biller.
            _ if payment.failed_attempt().is_some() => {
                Assessment { event: Event::Fail, reason: payment.failed_attempt(), ..open }
            }
            BillerOutcome::Failed(reason) => {
                let is_for_another = self.may_fail_over && reason.lies_with_biller();
                let event = if is_for_another { Event::FailAttempt } else { Event::Fail };
                Assessment { event, reason: Some(reason), ..open }
            }
            BillerOutcome::LooksFailed => Assessment { event: Event::LooksFailed, ..open },
            BillerOutcome::Unknown => open,
            BillerOutcome::Mismatch => {
                let why = ReviewReason::Mismatch;
                let known = matches!(
                    follow_up.review_reason,
                    Some((ReviewReason::Mismatch | ReviewReason::Contradiction, _))
                );
                Assessment { review_reason: (!known).then_some(why), ..open }
            }
            BillerOutcome::NotFound { is_final, counts_from } => {
                let not_found = follow_up.not_found.saturating_add(1).min(NOT_FOUND_TIMES);
                let of_age =
                    payment.attempted_at().after(counts_from) <= self.exchange.answered_at();
                let open = Assessment { not_found, ..open };
                match of_age && not_found == NOT_FOUND_TIMES {
                    true if is_final => Assessment {
                        event: Event::Fail,
                        reason: Some(FailureReason::PaymentFailed),
                        ..open
                    },
                    true if follow_up.review_reason.is_none() => {
                        Assessment { review_reason: Some(ReviewReason::NotFound), ..open }
                    }
                    _ => open,
                }
            }
        }
    }

    /// Counts status queries and keeps the latest answer that left the outcome open.
    fn record_open_reason(&self, effect: Effect, payment: &mut Payment) {
        payment.asks += u32::from(self.exchange.call == Call::Status);
        if matches!(effect, Effect::StillOpen | Effect::NeedsAttention(_) | Effect::AttemptFailed) {
            payment.open_because = Some(self.exchange.answer.clone());
        }
    }

    fn finalize(
        &self,
        reason: Option<FailureReason>,
        books: &Books,
        inquiry: &Inquiry,
        payment: &mut Payment,
    ) -> Result<(), Overflow> {
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

    /// The callback for a final result that the partner's own request does not get, if it has an address.
    fn due_callback(&self, effect: Effect, books: &Books) -> Option<Change> {
        let partner = books.partners.get(&self.partner)?;
        let is_wanted =
            partner.callback.is_some() && effect == Effect::Ended && !self.answered_synchronously;
        let now = self.exchange.answered_at();
        is_wanted.then(|| Change::Callback(Callback::due(self.partner, self.tr_id, now)))
    }

    /// The follow-up after the answer, if it changed. The claim ends. A payment that is answered at once never
    /// has a follow-up.
    fn changed_follow_up(
        &self,
        effect: Effect,
        assessment: &Assessment,
        follow_up: PendingFollowUp,
    ) -> Option<Change> {
        let now = self.exchange.answered_at();
        let not_found = assessment.not_found;
        let mut after = PendingFollowUp { until: Moment::default(), not_found, ..follow_up };
        match effect {
            Effect::Ended => after = follow_up.after_the_end(),
            Effect::Contradiction => after.call_for_attention(ReviewReason::Contradiction, now),
            Effect::NeedsAttention(why) => after.call_for_attention(why, now),
            Effect::StillOpen | Effect::AttemptFailed | Effect::AlreadyEnded => {}
        }
        let kept = (after != PendingFollowUp::default()).then_some(after);
        (after != follow_up).then_some(Change::PendingFollowUp(self.tr_id, kept))
    }
}

/// An answer, assessed together with the earlier ones.
struct Assessment {
    event: Event,
    /// Why it failed, if it did.
    reason: Option<FailureReason>,
    not_found: u32,
    /// Why it needs manual review from now on.
    review_reason: Option<ReviewReason>,
}

impl Assessment {
    fn left_open(&self) -> Effect {
        self.review_reason.map_or(Effect::StillOpen, Effect::NeedsAttention)
    }
}

/// The post or the void that ends a payment.
fn movement_of(
    kind: Option<MovementKind>,
    inquiry: &Inquiry,
) -> Result<Option<Movement>, Overflow> {
    Ok(match kind {
        Some(MovementKind::Post) => Some(Movement::post(inquiry)?),
        Some(MovementKind::Void) => Some(Movement::void(inquiry)?),
        _ => None,
    })
}
