//! Payment: hold the price, call the biller once, record its answer.

use std::pin::pin;
use std::sync::Arc;

use domain::command::{Begin, BeginPayment, Effect, SettlePayment, Settled};
use domain::payment::Call;
use domain::{FencingToken, PartnerId, RefId, Refusal, TrId, Transaction};
use fail_points::{Point, pass};
use store::{StoreError, SubmitError};

use crate::complete_on_drop::{CallerAlive, CatchUnwind, CompleteOnDrop};
use crate::{Gateway, PayRefused};

/// The result of a payment request.
#[derive(Clone, Debug)]
pub struct Paid {
    /// The transaction: paid, failed, or pending.
    pub transaction: Transaction,
    /// Whether the payment was begun by an earlier request, so that this one changed nothing.
    pub repeated: bool,
}

impl Gateway {
    /// Pays the bill of an inquiry once, even if it is requested repeatedly or concurrently.
    ///
    /// If the partner disconnects, the payment still completes.
    pub async fn pay(
        &self,
        partner: PartnerId,
        tr_id: TrId,
    ) -> Result<Result<Paid, PayRefused>, StoreError> {
        let gateway = self.clone();
        let begin = |caller| async move {
            match CatchUnwind(pin!(gateway.pay_to_the_end(partner, tr_id, &caller))).await {
                Ok(answer) => answer,
                Err(_) => {
                    tracing::error!(%tr_id, "a payment's work panicked");
                    gateway.follow_up(tr_id);
                    Err(SubmitError::Lost.into())
                }
            }
        };
        CompleteOnDrop::of(&self.shared.in_flight, begin).await
    }

    async fn pay_to_the_end(
        &self,
        partner: PartnerId,
        tr_id: TrId,
        caller: &CallerAlive,
    ) -> Result<Result<Paid, PayRefused>, StoreError> {
        let test_numbers = Arc::clone(&self.shared.test_numbers);
        let begin = BeginPayment { partner, tr_id, now: self.now(), test_numbers };
        pass(Point::PaymentAsked);
        Ok(match self.shared.database.submit(begin).await? {
            Ok(Begin::Begun(transaction)) => {
                pass(Point::HoldCommitted);
                let transaction = self.carry_out(transaction, caller).await;
                pass(Point::OutcomeRecorded);
                Ok(Paid { transaction, repeated: false })
            }
            Ok(Begin::AlreadyStarted(transaction)) => Ok(Paid { transaction, repeated: true }),
            Ok(Begin::Refused(why, transaction)) => {
                Err(PayRefused { why, transaction: Some(transaction) })
            }
            Err(why) => Err(PayRefused { why, transaction: None }),
        })
    }

    /// The transaction with this `ref_id` of the partner.
    pub async fn status(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<Transaction>, StoreError> {
        self.shared.database.with_reference(partner, ref_id).await
    }

    /// Calls the biller and records the answer. Must be called once for each begun payment.
    async fn carry_out(&self, begun: Transaction, caller: &CallerAlive) -> Transaction {
        let tr_id = begun.inquiry.tr_id;
        let mut answer = self.call_biller(&begun, Call::Pay, FencingToken::PAYER).await;
        answer.answered_synchronously = caller.is_alive();
        pass(Point::AnswerSeen);
        // If nothing was recorded, the biller may have been paid all the same.
        let transaction = match self.settle(answer).await {
            Ok(Ok(settled)) => settled.transaction,
            Ok(Err(error)) => {
                tracing::error!(%error, %tr_id, "an outcome came too late");
                begun
            }
            Err(error) => {
                tracing::error!(%error, %tr_id, "an outcome was not recorded");
                begun
            }
        };
        if !transaction.state().is_final() {
            self.follow_up(tr_id);
        }
        transaction
    }

    /// Records a biller's answer, and logs an error if the payment needs manual review.
    pub(crate) async fn settle(
        &self,
        answer: SettlePayment,
    ) -> Result<Result<Settled, Refusal>, StoreError> {
        let (tr_id, said, answered_synchronously) =
            (answer.tr_id, answer.exchange.answer.clone(), answer.answered_synchronously);
        let settled = self.shared.database.submit(answer).await?;
        match settled.as_ref().map(|settled| (settled.effect, settled.transaction.state())) {
            Ok((Effect::Contradiction, state)) => {
                let stands = state.name();
                tracing::error!(%tr_id, stands, %said, "an answer contradicts a final outcome");
            }
            Ok((Effect::NeedsAttention(why), _)) => {
                let why = why.name();
                tracing::error!(%tr_id, why, %said, "a payment needs an operator");
            }
            Ok((Effect::Ended, _)) if !answered_synchronously => {
                self.shared.callbacks_due.notify_one()
            }
            _ => {}
        }
        Ok(settled)
    }

    /// Hands the payment to the resolver.
    fn follow_up(&self, tr_id: TrId) {
        // Without a resolver the process is stopping; the next process starts with all open
        // payments.
        let _ = self.shared.unresolved.send(tr_id);
    }
}
