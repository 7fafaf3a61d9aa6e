//! A status query that an operator requests, whatever is known about the payment.

use domain::command::{Claim, SettlePaymentRefusal, Settled};
use domain::payment::Call;
use domain::{Exchange, FencingToken, Moment, State, TrId};
use store::{CommandError, StoreError};

use crate::Gateway;
use crate::biller_call::Called;

/// The result of the query.
#[derive(Clone, Debug)]
pub enum StatusQueryResult {
    /// The effect of the biller's answer, and the answer.
    Answered(Box<Settled>, Exchange),
    /// Another query holds the claim, at most until this moment.
    Held(Moment),
    /// There is no such payment.
    Unknown,
}

impl Gateway {
    /// Queries the biller for the status of a payment and records the answer, whatever the
    /// payment's age and even if it is in manual review. A final payment does not change; an answer
    /// that contradicts it is recorded as a contradiction.
    pub async fn query_for_operator(&self, tr_id: TrId) -> Result<StatusQueryResult, StoreError> {
        let found = self.transaction(tr_id).await?;
        let Some(transaction) = found.filter(|found| found.state() != State::Inquired) else {
            return Ok(StatusQueryResult::Unknown);
        };
        let claim = match transaction.state().is_final() {
            true => Claim::Over(transaction),
            false => match self.claim(&transaction, None).await {
                Ok(claim) => claim,
                Err(CommandError::Refused(_)) => return Ok(StatusQueryResult::Unknown),
                Err(CommandError::Store(error)) => return Err(error),
            },
        };
        let (transaction, token) = match claim {
            Claim::Granted(transaction, token) => (transaction, token),
            // The payment is final, so no claim is needed.
            Claim::Over(transaction) => (transaction, FencingToken::PAYER),
            Claim::Held(until) => return Ok(StatusQueryResult::Held(until)),
        };
        let Called { answer, .. } = self.call_biller(&transaction, Call::Status, token).await;
        let exchange = answer.exchange.clone();
        match self.settle(answer).await {
            Ok(settled) => Ok(StatusQueryResult::Answered(Box::new(settled), exchange)),
            Err(CommandError::Refused(SettlePaymentRefusal::LeaseLost)) => {
                Ok(StatusQueryResult::Held(self.now()))
            }
            Err(CommandError::Refused(SettlePaymentRefusal::Settlement(_))) => {
                Ok(StatusQueryResult::Unknown)
            }
            Err(CommandError::Store(error)) => Err(error),
        }
    }
}
