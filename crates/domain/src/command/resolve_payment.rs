//! An operator's last word on a payment: what became of it, or how a contradiction was reconciled.

use std::time::Duration;

use super::{BillerOutcome, Command, Decision, Refusal, SettlePayment};
use crate::follow_up::{PAYER_LEASE, ReviewReason};
use crate::payment::{Call, Exchange};
use crate::{
    Books, Change, FailureCode, Moment, PartnerId, Payment, RowSet, State, TrId, Transaction,
};

/// An operator knows how a payment stands.
#[derive(Clone, Debug)]
pub struct ResolvePayment {
    /// Whose payment.
    pub partner: PartnerId,
    /// Which payment.
    pub tr_id: TrId,
    /// What the operator says.
    pub word: ManualOutcome,
    /// The word and its reason in a sentence, as evidence.
    pub answer: Box<str>,
    /// When.
    pub now: Moment,
}

/// What an operator says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManualOutcome {
    /// The biller was paid and gave this reference number.
    Paid(Box<str>),
    /// The biller was not paid and will not be.
    Failed(FailureCode),
    /// The biller's contradiction is settled with the biller; the payment stays as it is.
    Reconciled,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// It is so from now on.
    Done(Transaction),
    /// It is at the biller at this moment. Nothing changed.
    AtTheBiller(Transaction),
    /// It has ended, by the biller's answer or another operator's word. Nothing changed.
    Ended(Transaction),
    /// It has ended, and the biller contradicts: that can only be reconciled. Nothing changed.
    Contradicted(Transaction),
    /// No contradiction stands that could be reconciled. Nothing changed.
    NotContradicted(Transaction),
}

impl Command for ResolvePayment {
    type Outcome = Resolved;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Resolved>, Refusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id)?;
        let payment = transaction.payment.as_ref().ok_or(Refusal::NotBegun)?;
        let follow_up = books.follow_up(self.tr_id);
        let is_final = payment.state.is_final();
        let contradicted =
            matches!(follow_up.review_reason, Some((ReviewReason::Contradiction, _)));
        let verdict = match &self.word {
            ManualOutcome::Reconciled if is_final && contradicted => {
                return Ok(self.reconcile(transaction));
            }
            ManualOutcome::Reconciled => return unchanged(Resolved::NotContradicted(transaction)),
            _ if is_final && contradicted => return unchanged(Resolved::Contradicted(transaction)),
            _ if is_final => return unchanged(Resolved::Ended(transaction)),
            // Whoever has claimed it loses it by this word; but the one who began it pays at this
            // very moment, and only the biller knows what comes of that.
            _ if follow_up.token.0 == 0 && is_at_the_biller(payment, self.now) => {
                return unchanged(Resolved::AtTheBiller(transaction));
            }
            ManualOutcome::Paid(receipt_no) => {
                BillerOutcome::Paid { receipt_no: receipt_no.clone(), details: None }
            }
            ManualOutcome::Failed(reason) => BillerOutcome::Failed(*reason),
        };
        let settle = SettlePayment {
            partner: self.partner,
            tr_id: self.tr_id,
            token: follow_up.token,
            verdict,
            exchange: self.exchange(),
            answered_synchronously: false,
        };
        let Decision { outcome, changes } = settle.record(books, transaction, follow_up)?;
        Ok(Decision { outcome: Resolved::Done(outcome.transaction), changes })
    }
}

impl ResolvePayment {
    /// Keeps the word as evidence and takes the payment out of the queue.
    fn reconcile(&self, mut transaction: Transaction) -> Decision<Resolved> {
        let mut changes = vec![Change::PendingFollowUp(self.tr_id, None)];
        if let Some(payment) = &mut transaction.payment {
            payment.exchanges = payment.exchanges.saturating_add(1);
            let (payment, exchange) = (payment.clone(), Some(self.exchange()));
            changes.push(Change::Settled { payment, movement: None, exchange });
        }
        Decision { outcome: Resolved::Done(transaction), changes }
    }

    fn exchange(&self) -> Exchange {
        Exchange::new(Call::Operator, self.now, Duration::ZERO, self.answer.clone())
    }
}

fn unchanged(outcome: Resolved) -> Result<Decision<Resolved>, Refusal> {
    Ok(Decision { outcome, changes: Vec::new() })
}

fn is_at_the_biller(payment: &Payment, now: Moment) -> bool {
    payment.state == State::Paying && now < payment.begun_at.after(PAYER_LEASE)
}
