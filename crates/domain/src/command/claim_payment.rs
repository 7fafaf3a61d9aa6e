//! Claims an open payment for one status query.

use std::time::Duration;

use super::{Command, Decision};
use crate::follow_up::{FencingToken, PAYER_LEASE, ReviewReason};
use crate::{Books, Change, Moment, PartnerId, RowSet, State, TrId, Transaction};

/// Claims a payment, so that only this caller asks the biller for its status.
#[derive(Clone, Copy, Debug)]
pub struct ClaimPayment {
    pub partner: PartnerId,
    pub tr_id: TrId,
    /// When.
    pub now: Moment,
    /// Duration of the claim: longer than the biller may take to answer.
    pub lease: Duration,
    /// The payer of a payment begun before this moment is not running any more.
    pub orphaned_before: Moment,
    /// Age from which the biller is not asked any more. None for an operator, who may always ask.
    pub stop_polling_after: Option<Duration>,
}

/// The result of [`ClaimPayment`].
#[derive(Clone, Debug)]
pub enum Claim {
    /// The caller may ask, and settles with this token.
    Granted(Transaction, FencingToken),
    /// Another caller has the claim, at most until this moment.
    Held(Moment),
    /// No query is needed: the payment has ended, or waits for manual review.
    Over(Transaction),
}

/// Why a payment cannot be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ClaimPaymentRefusal {
    /// The partner has no such transaction.
    #[error("there is no such transaction")]
    UnknownTransaction,
    /// The payment has not begun, so it has no status.
    #[error("the payment has not begun")]
    NotBegun,
}

impl Command for ClaimPayment {
    type Outcome = Claim;
    type Refusal = ClaimPaymentRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Claim>, ClaimPaymentRefusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id);
        let transaction = transaction.ok_or(ClaimPaymentRefusal::UnknownTransaction)?;
        let payment = transaction.payment.as_ref().ok_or(ClaimPaymentRefusal::NotBegun)?;
        let mut follow_up = books.follow_up(self.tr_id);
        let is_operator = self.stop_polling_after.is_none();
        if payment.state.is_final() || !(is_operator || follow_up.is_asked_about()) {
            return Ok(Decision::unchanged(Claim::Over(transaction)));
        }
        if follow_up.until > self.now {
            return Ok(Decision::unchanged(Claim::Held(follow_up.until)));
        }
        if payment.state == State::Paying && payment.begun_at >= self.orphaned_before {
            let until = payment.begun_at.after(PAYER_LEASE);
            return Ok(Decision::unchanged(Claim::Held(until)));
        }
        let too_old =
            self.stop_polling_after.is_some_and(|age| payment.begun_at.after(age) <= self.now);
        let outcome = if too_old {
            follow_up.call_for_attention(ReviewReason::TooOld, self.now);
            Claim::Over(transaction)
        } else {
            follow_up.token = FencingToken(follow_up.token.0.saturating_add(1));
            follow_up.until = self.now.after(self.lease);
            Claim::Granted(transaction, follow_up.token)
        };
        let changes = vec![Change::PendingFollowUp(self.tr_id, Some(follow_up))];
        Ok(Decision::without_movement(outcome, changes))
    }
}
