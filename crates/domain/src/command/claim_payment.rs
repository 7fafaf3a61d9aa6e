//! Takes the right to ask about an open payment, for one question.

use std::time::Duration;

use super::{Command, Decision, Refusal};
use crate::follow_up::{FencingToken, PAYER_LEASE, ReviewReason};
use crate::{Books, Change, Moment, PartnerId, RowSet, State, TrId, Transaction};

/// Somebody wants to ask the biller what became of a payment.
#[derive(Clone, Copy, Debug)]
pub struct ClaimPayment {
    /// Whose payment.
    pub partner: PartnerId,
    /// Which payment.
    pub tr_id: TrId,
    /// When.
    pub now: Moment,
    /// How long the claim holds: longer than the biller may take to answer.
    pub lease: Duration,
    /// A payment that was begun before this moment has no payer at work any more.
    pub orphaned_before: Moment,
    /// From which age on the biller is not asked any more; an operator may ask always.
    pub stop_polling_after: Option<Duration>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Claim {
    /// Ask, and settle with this token.
    Granted(Transaction, FencingToken),
    /// Another one has it, at the most until then.
    Held(Moment),
    /// There is nothing to ask: the payment has ended, or is up to an operator.
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
        let insisted = self.stop_polling_after.is_none();
        let unchanged = |outcome| Ok(Decision { outcome, changes: Vec::new() });
        if payment.state.is_final() || !(insisted || follow_up.is_asked_about()) {
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
