//! Harmless calls to a biller: whether it accepts lunas, lunas's balance there, and what it sells.

use std::time::Duration;

use biller::{BalanceError, Biller, CheckError, ListedProduct, PriceListError, Reply};
use domain::{BillerId, FailureReason, Rupiah};

use crate::Gateway;
use crate::biller_call::with_deadline;
use crate::circuit::{BillerHealth, CallResult};
use crate::recent_calls::RecentCalls;

/// The result of a harmless call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BillerCheck {
    /// The biller accepts lunas.
    Accepted,
    /// The biller does not accept lunas, or did not answer.
    Failed(CheckError),
    /// There is no such biller.
    Unknown,
}

impl Gateway {
    /// What this process knows about a biller from its calls.
    pub fn biller_health(&self, biller: BillerId) -> BillerHealth {
        self.shared.circuits.health(biller)
    }

    /// Makes a harmless signed call. An open circuit becomes half open if the biller accepts it.
    pub async fn check_biller(&self, id: BillerId) -> BillerCheck {
        let billers = self.billers();
        let Some(biller) = billers.get(id) else { return BillerCheck::Unknown };
        let (Reply { answer, balance, .. }, took) = self.check_reply(biller.as_ref()).await;
        match answer {
            Ok(()) => {
                self.shared.circuits.half_open(id, self.now());
                if let Some(balance) = balance {
                    let _before = self.shared.circuits.told_balance(id, balance, self.now());
                }
                BillerCheck::Accepted
            }
            Err(error) => {
                let result = match &error {
                    CheckError::Rejected { why } => CallResult::Rejected(why.clone()),
                    CheckError::Unreachable { why } => CallResult::Unanswered(why.clone()),
                };
                self.note_call(&billers, id, result, balance, took);
                BillerCheck::Failed(error)
            }
        }
    }

    /// Makes a harmless signed call over a connector that is not in use yet.
    ///
    /// # Errors
    /// When the biller does not accept lunas, or gives no readable answer.
    pub async fn check_connector(&self, biller: &dyn Biller) -> Result<(), CheckError> {
        self.check_reply(biller).await.0.answer
    }

    async fn check_reply(&self, biller: &dyn Biller) -> (Reply<Result<(), CheckError>>, Duration) {
        let unused = self.shared.references.next();
        let (reply, took) = with_deadline(self.deadline(biller), biller.check(&unused)).await;
        let timed_out = || Err(CheckError::Unreachable { why: "no answer in time".into() });
        (reply.unwrap_or_else(|| timed_out().into()), took)
    }

    /// The calls of this process to a biller in the last hour.
    pub fn recent_calls(&self, biller: BillerId) -> RecentCalls {
        self.shared.calls.recent(biller, self.now())
    }

    /// Asks for lunas's balance at a biller. `None` if there is no such biller.
    pub async fn balance_at(&self, id: BillerId) -> Option<Result<Rupiah, BalanceError>> {
        let billers = self.billers();
        let biller = billers.get(id)?;
        let deadline = self.deadline(biller.as_ref());
        let (reply, took) = with_deadline(deadline, biller.balance()).await;
        let timed_out = || Err(BalanceError::Unreachable { why: "no answer in time".into() });
        let Reply { answer, evidence, said, .. } = reply.unwrap_or_else(|| timed_out().into());
        let result = match &answer {
            Ok(_) => Some(CallResult::Answered),
            Err(BalanceError::Refused(FailureReason::BillerAccountRejected)) => {
                Some(CallResult::rejected(said))
            }
            // The balance may be told elsewhere than bills, so it says nothing about these.
            Err(_) => None,
        };
        if let Some(result) = result.filter(|_| evidence.is_some()) {
            self.note_call(&billers, id, result, answer.as_ref().ok().copied(), took);
        }
        Some(answer)
    }

    /// Asks for the products of a biller: those of one type in its own words, or all. `None` if there is no
    /// such biller.
    pub async fn price_list_of(
        &self,
        id: BillerId,
        kind: Option<&str>,
    ) -> Option<Result<Vec<ListedProduct>, PriceListError>> {
        let billers = self.billers();
        let biller = billers.get(id)?;
        let deadline = self.deadline(biller.as_ref());
        let (reply, took) = with_deadline(deadline, biller.price_list(kind)).await;
        let timed_out = || Err(PriceListError::Unreachable { why: "no answer in time".into() });
        let Reply { answer, said, .. } = reply.unwrap_or_else(|| timed_out().into());
        let result = match &answer {
            Ok(_) => Some(CallResult::Answered),
            Err(PriceListError::Refused(FailureReason::BillerAccountRejected)) => {
                Some(CallResult::rejected(said))
            }
            // A long list may fail where a bill does not.
            Err(_) => None,
        };
        if let Some(result) = result {
            self.note_call(&billers, id, result, None, took);
        }
        Some(answer)
    }
}
