//! An operator has the biller asked once more, whatever is known about the payment.

use domain::command::{Claim, Settled};
use domain::payment::Call;
use domain::{Exchange, FencingToken, Moment, Refusal, State, TrId};
use store::StoreError;

use crate::Gateway;

/// What came of asking.
#[derive(Clone, Debug)]
pub enum StatusQueryResult {
    /// What the biller's answer did, and the answer.
    Told(Settled, Exchange),
    /// Somebody else is asking, at the most until then.
    Held(Moment),
    /// There is no such payment.
    Unknown,
}

impl Gateway {
    /// Asks the biller for the status of a payment, and records the answer. Neither age nor the
    /// operators' queue stops it. A final payment stays what it is; an answer to the contrary is
    /// recorded as a contradiction.
    pub async fn ask_again(&self, tr_id: TrId) -> Result<StatusQueryResult, StoreError> {
        let found = self.transaction(tr_id).await?;
        let Some(transaction) = found.filter(|found| found.state() != State::Inquired) else {
            return Ok(StatusQueryResult::Unknown);
        };
        let claim = match transaction.state().is_final() {
            true => Claim::Over(transaction),
            false => match self.claim(&transaction, None).await? {
                Ok(claim) => claim,
                Err(_) => return Ok(StatusQueryResult::Unknown),
            },
        };
        let (transaction, token) = match claim {
            Claim::Granted(transaction, token) => (transaction, token),
            // It is final, so that no right to end it is needed.
            Claim::Over(transaction) => (transaction, FencingToken::PAYER),
            Claim::Held(until) => return Ok(StatusQueryResult::Held(until)),
        };
        let answer = self.call_biller(&transaction, Call::Status, token).await;
        let exchange = answer.exchange.clone();
        match self.settle(answer).await? {
            Ok(settled) => Ok(StatusQueryResult::Told(settled, exchange)),
            Err(Refusal::LeaseLost) => Ok(StatusQueryResult::Held(self.now())),
            Err(_) => Ok(StatusQueryResult::Unknown),
        }
    }
}
