//! Delivery of callbacks. Each attempt is recorded before it is sent, with the time of the next one, so that
//! no other node sends it at the same time, and a crash does not lose it.

use std::time::Duration;

use super::{Command, Decision, UnknownTransaction};
use crate::action::{Fields, Operation, OperatorCommand, Value, fields};
use crate::callback::{Callback, DeliveryState};
use crate::{Books, Change, Moment, PartnerId, RowSet, TrId, Transaction};

/// Claims a callback for one attempt.
#[derive(Clone, Copy, Debug)]
pub struct ClaimCallback {
    /// The partner that receives it.
    pub partner: PartnerId,
    /// The payment that it reports.
    pub tr_id: TrId,
    /// When.
    pub now: Moment,
    /// How long no other attempt is made: longer than the partner may take to answer.
    pub again_after: Duration,
}

impl Command for ClaimCallback {
    /// The callback with this attempt counted, and its transaction; none if it is not due any more.
    type Outcome = Option<(Callback, Transaction)>;
    type Refusal = UnknownTransaction;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
        touched.callbacks.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Self::Outcome>, UnknownTransaction> {
        let transaction = books.transaction_of(self.partner, self.tr_id);
        let transaction = transaction.ok_or(UnknownTransaction)?;
        let Some(callback) = books.callbacks.get(&self.tr_id).filter(|it| it.is_due(self.now))
        else {
            return Ok(Decision::unchanged(None));
        };
        let callback = Callback {
            at: self.now.after(self.again_after),
            attempts: callback.attempts.saturating_add(1),
            ..callback.clone()
        };
        let changes = vec![Change::Callback(callback.clone())];
        Ok(Decision::without_movement(Some((callback, transaction)), changes))
    }
}

/// Records the result of an attempt.
#[derive(Clone, Debug)]
pub struct RecordCallback {
    /// The partner that it was sent to.
    pub partner: PartnerId,
    /// The payment that it reports.
    pub tr_id: TrId,
    /// The number of the attempt.
    pub attempt: u32,
    /// Whether the partner accepted it.
    pub is_taken: bool,
    /// The result as text, without personal data.
    pub answer: Box<str>,
    /// When that was known.
    pub now: Moment,
    /// The wait before the next attempt, if this one was not accepted.
    pub again_after: Duration,
    /// The time limit: no attempt is made later than this after the payment's end.
    pub give_up_after: Duration,
}

impl Command for RecordCallback {
    /// The callback after this result.
    type Outcome = Callback;
    /// There is no such callback.
    type Refusal = UnknownTransaction;

    const WAITS: bool = true;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.callbacks.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Callback>, UnknownTransaction> {
        let found = books.callbacks.get(&self.tr_id).filter(|it| it.partner == self.partner);
        let before = found.ok_or(UnknownTransaction)?;
        let mut callback = before.clone();
        // A success counts whenever its result arrives. A failure counts for the last attempt only.
        if self.is_taken && before.state != DeliveryState::Delivered {
            (callback.state, callback.at) = (DeliveryState::Delivered, self.now);
            callback.answer = Some(self.answer.clone());
        } else if before.state == DeliveryState::Waiting && before.attempts == self.attempt {
            callback.answer = Some(self.answer.clone());
            callback.at = self.now.after(self.again_after);
            if callback.is_stale(self.give_up_after) {
                (callback.state, callback.at) = (DeliveryState::GivenUp, self.now);
            }
        }
        let changed = (callback != *before).then(|| Change::Callback(callback.clone()));
        Ok(Decision::without_movement(callback, changed.into_iter().collect()))
    }
}

/// An operator has a callback sent, again or for the first time.
#[derive(Clone, Copy, Debug)]
pub struct SendCallback {
    /// The partner that receives it.
    pub partner: PartnerId,
    /// The payment that it reports.
    pub tr_id: TrId,
    /// When.
    pub now: Moment,
}

/// Why no callback is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SendCallbackRefusal {
    /// The partner has no such transaction.
    #[error("there is no such transaction")]
    UnknownTransaction,
    /// The payment has not ended, so there is no result to report.
    #[error("the payment has not ended yet")]
    NotEnded,
    /// The partner has no callback address.
    #[error("the partner has no callback address")]
    NoCallbackUrl,
}

impl Command for SendCallback {
    /// The callback, due now.
    type Outcome = Callback;
    type Refusal = SendCallbackRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
        touched.callbacks.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Callback>, SendCallbackRefusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id);
        let transaction = transaction.ok_or(SendCallbackRefusal::UnknownTransaction)?;
        if !transaction.state().is_final() {
            return Err(SendCallbackRefusal::NotEnded);
        }
        if books.partners.get(&self.partner).is_none_or(|partner| partner.callback.is_none()) {
            return Err(SendCallbackRefusal::NoCallbackUrl);
        }
        // The count of attempts goes on, because the partner sees it.
        let attempts = books.callbacks.get(&self.tr_id).map_or(0, |callback| callback.attempts);
        let due = Callback { attempts, ..Callback::due(self.partner, self.tr_id, self.now) };
        Ok(Decision::without_movement(due.clone(), vec![Change::Callback(due)]))
    }
}

impl OperatorCommand for SendCallback {
    fn operation(&self, books: &Books, decision: &Decision<Callback>) -> Option<Operation> {
        let fields_of = |callback: &Callback| -> Fields {
            let state = Value::text(callback.state.name());
            fields([("state", state), ("attempts", i64::from(callback.attempts).into())])
        };
        let before = books.callbacks.get(&self.tr_id).map(fields_of);
        let after = fields_of(&decision.outcome);
        Some(Operation::new("callback.send", &self.tr_id, before, after))
    }
}
