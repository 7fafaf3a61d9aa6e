//! Manual resolution: an operator enters the result of a payment, or closes a contradiction.

use std::time::Duration;

use super::{BillerOutcome, Command, Decision, SettlePayment, SettlementRefusal};
use crate::action::{Fields, Operation, OperatorCommand, Value, fields};
use crate::follow_up::PAYER_LEASE;
use crate::payment::{Call, Exchange};
use crate::{
    Books, Change, FailureReason, Moment, PartnerId, Payment, RowSet, State, TrId, Transaction,
};

/// An operator resolves a payment.
#[derive(Clone, Debug)]
pub struct ResolvePayment {
    pub partner: PartnerId,
    pub tr_id: TrId,
    pub word: ManualOutcome,
    /// The operator's decision and its reason as a sentence, kept as evidence.
    pub answer: Box<str>,
    /// When.
    pub now: Moment,
}

/// An operator's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManualOutcome {
    /// The biller was paid and gave this receipt number.
    Paid(Box<str>),
    /// The biller was not paid and will not be.
    Failed(FailureReason),
    /// The contradiction was cleared up with the biller; the payment does not change.
    Reconciled,
}

/// The result of [`ResolvePayment`].
#[derive(Clone, Debug)]
pub enum Resolved {
    /// The decision was recorded.
    Done(Transaction),
    /// The biller is being asked to pay right now. Nothing changed.
    AtTheBiller(Transaction),
    /// The payment has already ended. Nothing changed.
    Ended(Transaction),
    /// The payment has ended and the biller contradicts it. Only `Reconciled` is possible. Nothing changed.
    Contradicted(Transaction),
    /// There is no contradiction to reconcile. Nothing changed.
    NotContradicted(Transaction),
}

impl Command for ResolvePayment {
    type Outcome = Resolved;
    type Refusal = SettlementRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Resolved>, SettlementRefusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id);
        let transaction = transaction.ok_or(SettlementRefusal::UnknownTransaction)?;
        let payment = transaction.payment.as_ref().ok_or(SettlementRefusal::NotBegun)?;
        let follow_up = books.follow_up(self.tr_id);
        let is_final = payment.state.is_final();
        let contradicted = follow_up.is_contradicted();
        let verdict = match &self.word {
            ManualOutcome::Reconciled if is_final && contradicted => {
                return Ok(self.reconcile(transaction));
            }
            ManualOutcome::Reconciled => return unchanged(Resolved::NotContradicted(transaction)),
            _ if is_final && contradicted => return unchanged(Resolved::Contradicted(transaction)),
            _ if is_final => return unchanged(Resolved::Ended(transaction)),
            // The decision ends any claim for a status query. But while the payer's own call to the biller
            // is running, only the biller knows its result.
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
            exchange: self.exchange(transaction.attempt_number()),
            asked_before: Vec::new(),
            may_fail_over: false,
            answered_synchronously: false,
        };
        let decision = settle.record(books, transaction, follow_up)?;
        Ok(decision.map(|settled| Resolved::Done(settled.transaction)))
    }
}

impl ResolvePayment {
    /// Keeps the decision as evidence and ends the manual review.
    fn reconcile(&self, mut transaction: Transaction) -> Decision<Resolved> {
        let mut changes = vec![Change::PendingFollowUp(self.tr_id, None)];
        let exchange = Some(self.exchange(transaction.attempt_number()));
        if let Some(payment) = &mut transaction.payment {
            payment.exchanges = payment.exchanges.saturating_add(1);
            let payment = payment.clone();
            changes.push(Change::Settled { payment, movement: None, exchange });
        }
        Decision::without_movement(Resolved::Done(transaction), changes)
    }

    fn exchange(&self, attempt: u32) -> Exchange {
        let answer = self.answer.clone();
        Exchange { attempt, ..Exchange::new(Call::Operator, self.now, Duration::ZERO, answer) }
    }
}

impl OperatorCommand for ResolvePayment {
    fn operation(&self, books: &Books, decision: &Decision<Resolved>) -> Option<Operation> {
        let Resolved::Done(transaction) = &decision.outcome else { return None };
        let after = transaction.payment.as_ref()?;
        let before = books.payments.get(&self.tr_id)?;
        let reviewed = books.follow_up(self.tr_id).review_reason.map(|(why, _)| why.name());
        let name = match &self.word {
            ManualOutcome::Reconciled => "payment.reconcile",
            ManualOutcome::Paid(_) | ManualOutcome::Failed(_) => "payment.resolve",
        };
        let because = [("because", Value::text(&self.answer))];
        let (before, after) = (fields_of(before, reviewed), fields_of(after, None).with(because));
        Some(Operation::new(name, &self.tr_id, Some(before), after))
    }
}

fn fields_of(payment: &Payment, review_reason: Option<&str>) -> Fields {
    fields([
        ("state", Value::text(payment.state.name())),
        ("receipt_no", Value::text(&payment.receipt_no)),
        ("failure_reason", Value::optional_text(payment.reason.map(FailureReason::name))),
        ("review_reason", Value::optional_text(review_reason)),
    ])
}

fn unchanged(outcome: Resolved) -> Result<Decision<Resolved>, SettlementRefusal> {
    Ok(Decision::unchanged(outcome))
}

fn is_at_the_biller(payment: &Payment, now: Moment) -> bool {
    payment.state == State::Paying && now < payment.begun_at.after(PAYER_LEASE)
}
