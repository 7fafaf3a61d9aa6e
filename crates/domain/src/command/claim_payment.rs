//! Claims an open payment for one status query.

use std::time::Duration;

use super::{Command, Decision, Refusal};
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

impl Command for ClaimPayment {
    type Outcome = Claim;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Claim>, Refusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id)?;
        let payment = transaction.payment.as_ref().ok_or(Refusal::NotBegun)?;
        let mut follow_up = books.follow_up(self.tr_id);
        let is_operator = self.stop_polling_after.is_none();
        let unchanged = |outcome| Ok(Decision { outcome, changes: Vec::new() });
        if payment.state.is_final() || !(is_operator || follow_up.is_asked_about()) {
            return unchanged(Claim::Over(transaction));
        }
        if follow_up.until > self.now {
            return unchanged(Claim::Held(follow_up.until));
        }
        if payment.state == State::Paying && payment.begun_at >= self.orphaned_before {
            return unchanged(Claim::Held(payment.begun_at.after(PAYER_LEASE)));
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
        Ok(Decision {
            outcome,
            changes: vec![Change::PendingFollowUp(self.tr_id, Some(follow_up))],
        })
    }
}
