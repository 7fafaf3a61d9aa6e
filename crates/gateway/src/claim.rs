//! A claim on a payment for an answer that is recorded in any case, and recording it under that claim.

use domain::command::{Claim, SettlePayment, SettlePaymentRefusal, Settled};
use domain::{FencingToken, Moment, State, Transaction};
use store::{CommandError, StoreError};

use crate::Gateway;

/// The right to record an answer about a payment.
pub(crate) enum ClaimResult {
    /// The caller records its answer with this token.
    Granted(Transaction, FencingToken),
    /// Another caller has the claim, at most until this moment.
    Held(Moment),
    /// There is no payment.
    NotBegun,
}

/// What became of an answer.
pub(crate) enum RecordResult {
    /// It is recorded.
    Made(Box<Settled>),
    /// The claim is over, or was taken by another caller.
    LeaseLost,
    /// No outcome can be recorded for the payment.
    Impossible,
}

impl Gateway {
    /// Claims a payment whatever its age, and even if it is in manual review. A final payment needs no claim: it
    /// does not change.
    pub(crate) async fn claim_in_any_case(
        &self,
        transaction: Transaction,
    ) -> Result<ClaimResult, StoreError> {
        let claim = match transaction.state() {
            State::Inquired => return Ok(ClaimResult::NotBegun),
            State::Paid | State::Failed => Ok(Claim::Over(transaction)),
            State::Paying | State::Pending => self.claim(&transaction, None).await,
        };
        match claim {
            Ok(Claim::Granted(transaction, token)) => Ok(ClaimResult::Granted(transaction, token)),
            Ok(Claim::Over(transaction)) => {
                Ok(ClaimResult::Granted(transaction, FencingToken::PAYER))
            }
            Ok(Claim::Held(until)) => Ok(ClaimResult::Held(until)),
            Err(CommandError::Refused(_)) => Ok(ClaimResult::NotBegun),
            Err(CommandError::Store(error)) => Err(error),
        }
    }

    /// Records an answer under its claim.
    pub(crate) async fn settle_claimed(
        &self,
        answer: SettlePayment,
    ) -> Result<RecordResult, StoreError> {
        match self.settle(answer).await {
            Ok(settled) => Ok(RecordResult::Made(Box::new(settled))),
            Err(CommandError::Refused(SettlePaymentRefusal::LeaseLost)) => {
                Ok(RecordResult::LeaseLost)
            }
            Err(CommandError::Refused(SettlePaymentRefusal::Settlement(_))) => {
                Ok(RecordResult::Impossible)
            }
            Err(CommandError::Store(error)) => Err(error),
        }
    }
}
