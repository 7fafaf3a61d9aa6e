//! Payment: hold the price, call the biller once, record its answer.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::command::{
    Begin, BeginPayment, BillerOutcome, Effect, SettlePayment, SettlePaymentRefusal, Settled,
};
use domain::payment::Call;
use domain::{FencingToken, PartnerId, Payment, RefId, TrId, Transaction};
use fail_points::{Point, pass};
use store::{CommandError, StoreError, SubmitError};

use crate::biller_call::{CallOutcome, LEAVES_WITHIN};
use crate::complete_on_drop::{CallerAlive, CatchUnwind, CompleteOnDrop};
use crate::failover::NoAttempt;
use crate::{Alert, Gateway, PayRefused};

/// A failure is verified at once only if the biller took at most this time: the partner waits for both calls.
const VERIFIED_AFTER_MICROS: i64 = 8_000_000;

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
    ) -> Result<Paid, CommandError<PayRefused>> {
        let gateway = self.clone();
        let begin = |caller| async move {
            match CatchUnwind(pin!(gateway.pay_to_the_end(partner, tr_id, &caller))).await {
                Ok(answer) => answer,
                Err(_) => {
                    tracing::error!(%tr_id, "a payment's work panicked");
                    gateway.follow_up(tr_id, gateway.shared.settings.wait(tr_id, 0));
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
    ) -> Result<Paid, CommandError<PayRefused>> {
        let test_numbers = Arc::clone(&self.shared.test_numbers);
        let begin = BeginPayment { partner, tr_id, now: self.now(), test_numbers };
        pass(Point::PaymentAsked);
        let begun = self.shared.database.submit(begin).await;
        let unknown = |why| PayRefused { why, transaction: None };
        match begun.map_err(|error| error.map_refusal(unknown))? {
            Begin::Begun(transaction) => {
                pass(Point::HoldCommitted);
                let transaction = self.carry_out(transaction, caller).await;
                pass(Point::OutcomeRecorded);
                Ok(Paid { transaction, repeated: false })
            }
            Begin::AlreadyStarted(transaction) => Ok(Paid { transaction, repeated: true }),
            Begin::Refused(why, transaction) => {
                // The partner gets a code only.
                tracing::info!(%tr_id, %why, "a payment does not begin");
                Err(CommandError::Refused(PayRefused { why, transaction: Some(transaction) }))
            }
        }
    }

    /// The transaction with this `ref_id` of the partner.
    pub async fn status(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<Transaction>, StoreError> {
        self.shared.database.with_reference(partner, ref_id).await
    }

    /// Makes the attempts of a payment. Must be called once for each begun payment.
    async fn carry_out(&self, begun: Transaction, caller: &CallerAlive) -> Transaction {
        let mut transaction = self.attempt(begun, caller).await;
        while transaction.payment.as_ref().is_some_and(|payment| payment.failed_attempt().is_some())
        {
            pass(Point::AttemptFailed);
            match self.next_attempt(&transaction).await {
                Ok(begun) => transaction = self.attempt(begun, caller).await,
                Err(why) => {
                    transaction = self.end_attempts(transaction, why, caller).await;
                    break;
                }
            }
        }
        if !transaction.state().is_final() {
            let wait = self.wait(&transaction, 0);
            self.follow_up(transaction.inquiry.tr_id, wait);
        }
        transaction
    }

    /// Asks the biller of the current attempt to pay, and makes certain of a failure at once if that is possible.
    async fn attempt(&self, begun: Transaction, caller: &CallerAlive) -> Transaction {
        let (transaction, is_to_verify) = self.ask(begun, Call::Pay, caller).await;
        match is_to_verify {
            true => self.ask(transaction, Call::Status, caller).await.0,
            false => transaction,
        }
    }

    /// Asks the biller as the payer and records its answer. Also returns whether that is a failure which a status
    /// query can make certain now.
    async fn ask(
        &self,
        transaction: Transaction,
        call: Call,
        caller: &CallerAlive,
    ) -> (Transaction, bool) {
        let CallOutcome { mut answer, is_unverified } =
            self.call_biller(&transaction, call, FencingToken::PAYER).await;
        let is_to_verify = is_unverified
            && answer.exchange.took_micros <= VERIFIED_AFTER_MICROS
            && self.has_time(&transaction, LEAVES_WITHIN)
            && self.policy(&transaction).verifies_at_once;
        if is_to_verify {
            answer.verdict = BillerOutcome::LooksFailed;
        }
        let has_failed = matches!(answer.verdict, BillerOutcome::Failed(_));
        answer.may_fail_over = has_failed && self.may_fail_over(&transaction);
        (self.record(transaction, answer, caller).await, is_to_verify)
    }

    /// Ends a payment whose attempts have failed, when no other biller pays it.
    async fn end_attempts(
        &self,
        transaction: Transaction,
        NoAttempt { asked, decision }: NoAttempt,
        caller: &CallerAlive,
    ) -> Transaction {
        let payment = transaction.payment.as_ref();
        let Some(reason) = payment.and_then(Payment::failed_attempt) else { return transaction };
        let answer = SettlePayment {
            partner: transaction.inquiry.partner,
            tr_id: transaction.inquiry.tr_id,
            token: FencingToken::PAYER,
            verdict: BillerOutcome::Failed(reason),
            exchange: decision,
            asked_before: asked,
            may_fail_over: false,
            answered_synchronously: false,
        };
        self.record(transaction, answer, caller).await
    }

    /// Records an answer that the payer got. Returns the transaction after it.
    async fn record(
        &self,
        transaction: Transaction,
        mut answer: SettlePayment,
        caller: &CallerAlive,
    ) -> Transaction {
        let tr_id = answer.tr_id;
        answer.answered_synchronously = caller.is_alive();
        pass(Point::AnswerSeen);
        // If nothing was recorded, the biller may have been paid all the same.
        match self.settle(answer).await {
            Ok(settled) => settled.transaction,
            Err(CommandError::Refused(error)) => {
                tracing::error!(%error, %tr_id, "an outcome came too late");
                transaction
            }
            Err(CommandError::Store(error)) => {
                tracing::error!(%error, %tr_id, "an outcome was not recorded");
                transaction
            }
        }
    }

    /// Records a biller's answer, and logs an error if the payment needs manual review.
    pub(crate) async fn settle(
        &self,
        answer: SettlePayment,
    ) -> Result<Settled, CommandError<SettlePaymentRefusal>> {
        let (tr_id, said, answered_synchronously) =
            (answer.tr_id, answer.exchange.answer.clone(), answer.answered_synchronously);
        let settled = self.shared.database.submit(answer).await?;
        match settled.effect {
            Effect::Contradiction => {
                let stands = settled.transaction.state().name();
                tracing::error!(%tr_id, stands, %said, "an answer contradicts a final outcome");
                self.shared.observer.alert(Alert::Contradiction { tr_id });
            }
            Effect::NeedsAttention(why) => {
                tracing::error!(%tr_id, why = why.name(), %said, "a payment needs an operator");
                self.shared.observer.alert(Alert::NeedsReview { tr_id, why });
            }
            Effect::Ended if !answered_synchronously => self.shared.callbacks_due.notify_one(),
            Effect::Ended | Effect::StillOpen | Effect::AttemptFailed | Effect::AlreadyEnded => {}
        }
        Ok(settled)
    }

    /// Hands the payment to the resolver.
    fn follow_up(&self, tr_id: TrId, wait: Duration) {
        // Without a resolver the process is stopping; the next process starts with all open
        // payments.
        let _ = self.shared.unresolved.send((tr_id, wait));
    }
}
