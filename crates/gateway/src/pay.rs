//! Pay: hold, ask the biller once, record what it answers.

use domain::command::{Begin, BeginPayment, Effect, SettlePayment};
use domain::payment::Call;
use domain::{PartnerId, RefId, TrId, Transaction};
use store::StoreError;

use crate::{Gateway, NotBegun};

/// What came of paying.
#[derive(Clone, Debug)]
pub struct Paid {
    /// The transaction: paid, failed or, with the outcome unknown, in process.
    pub transaction: Transaction,
    /// Whether it had been begun before, so that this request changed nothing.
    pub repeated: bool,
}

impl Gateway {
    /// Pays the bill of an inquiry once, however often and concurrently it is asked for.
    pub async fn pay(
        &self,
        partner: PartnerId,
        tr_id: TrId,
    ) -> Result<Result<Paid, NotBegun>, StoreError> {
        let begin = BeginPayment { partner, tr_id, now: self.now() };
        match self.shared.database.submit(begin).await? {
            Ok(Begin::Begun(transaction)) => {
                let transaction = self.carry_out(transaction).await;
                Ok(Ok(Paid { transaction, repeated: false }))
            }
            Ok(Begin::Standing(transaction)) => Ok(Ok(Paid { transaction, repeated: true })),
            Ok(Begin::Refused(why, transaction)) => {
                Ok(Err(NotBegun { why, transaction: Some(transaction) }))
            }
            Err(why) => Ok(Err(NotBegun { why, transaction: None })),
        }
    }

    /// The transaction behind a partner's own number.
    pub async fn status(
        &self,
        partner: PartnerId,
        ref_id: RefId,
    ) -> Result<Option<Transaction>, StoreError> {
        self.read(move |read| match read.find(partner, &ref_id)? {
            Some(tr_id) => read.transaction(tr_id),
            None => Ok(None),
        })
        .await
    }

    /// Asks the biller and records the answer, in a task of its own: a partner that hangs up does
    /// not stop its payment half way.
    async fn carry_out(&self, begun: Transaction) -> Transaction {
        let gateway = self.clone();
        let transaction = begun.clone();
        let finish = self.shared.unfinished.spawn(async move {
            let answer = gateway.consult(&transaction, Call::Pay).await;
            let settled = gateway.settle(answer).await?;
            if !settled.state().is_final() {
                gateway.watch(settled.inquiry.tr_id);
            }
            Ok::<_, StoreError>(settled)
        });
        match finish.await {
            Ok(Ok(settled)) => settled,
            // Neither says that nothing was paid: the payment stays in process and the resolver,
            // of this process or of the next, finishes it.
            Ok(Err(error)) => {
                tracing::error!(%error, tr_id = %begun.inquiry.tr_id, "an outcome was not recorded");
                begun
            }
            Err(error) => {
                tracing::error!(%error, tr_id = %begun.inquiry.tr_id, "a payment's task failed");
                self.watch(begun.inquiry.tr_id);
                begun
            }
        }
    }

    /// Records an answer about a payment, from a biller or from an operator.
    pub async fn settle(&self, answer: SettlePayment) -> Result<Transaction, StoreError> {
        let (tr_id, said) = (answer.tr_id, answer.exchange.answer.clone());
        match self.shared.database.submit(answer).await? {
            Ok(settled) => {
                if settled.effect == Effect::Contradiction {
                    let stands = settled.transaction.state().name();
                    tracing::error!(%tr_id, stands, %said, "an answer contradicts a final outcome");
                }
                Ok(settled.transaction)
            }
            Err(refusal) => Err(StoreError::Constraint(format!("payment {tr_id}: {refusal}"))),
        }
    }

    /// Has the resolver ask for the status.
    fn watch(&self, tr_id: TrId) {
        // Without a resolver the process is stopping; the next one starts with all open payments.
        let _ = self.shared.lost_track.send(tr_id);
    }
}
