//! A status query that an operator requests, whatever is known about the payment.

use domain::command::Settled;
use domain::payment::Call;
use domain::{Exchange, Moment, TrId};
use store::StoreError;

use crate::Gateway;
use crate::biller_call::CallOutcome;
use crate::claim::{ClaimResult, RecordResult};

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
        let Some(transaction) = self.transaction(tr_id).await? else {
            return Ok(StatusQueryResult::Unknown);
        };
        let (transaction, token) = match self.claim_in_any_case(transaction).await? {
            ClaimResult::Granted(transaction, token) => (transaction, token),
            ClaimResult::Held(until) => return Ok(StatusQueryResult::Held(until)),
            ClaimResult::NotBegun => return Ok(StatusQueryResult::Unknown),
        };
        let CallOutcome { answer, .. } = self.call_biller(&transaction, Call::Status, token).await;
        let exchange = answer.exchange.clone();
        Ok(match self.settle_claimed(answer).await? {
            RecordResult::Made(settled) => StatusQueryResult::Answered(settled, exchange),
            RecordResult::LeaseLost => StatusQueryResult::Held(self.now()),
            RecordResult::Impossible => StatusQueryResult::Unknown,
        })
    }
}
