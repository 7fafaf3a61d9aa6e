//! Every change of the books is a command. It names the rows that it needs and is decided as a function of
//! them.

mod begin_attempt;
mod begin_payment;
mod call_back;
mod change_balance;
mod change_routes;
mod claim_payment;
mod manage_billers;
mod manage_partner;
mod open_inquiry;
mod ping;
mod purge_unpaid_inquiries;
mod put_product;
mod record_biller_balance;
mod record_deposit;
mod resolve_payment;
mod reverse_deposit;
mod settle_payment;

pub use begin_attempt::{BeginAttempt, BeginAttemptRefusal};
pub use begin_payment::{Begin, BeginPayment, BeginPaymentRefusal};
pub use call_back::{ClaimCallback, RecordCallback, SendCallback, SendCallbackRefusal};
pub use change_balance::{ChangeBalance, ChangeBalanceRefusal};
pub use change_routes::{ChangeRoutes, ChangeRoutesRefusal, RouteChange, RoutePatch};
pub use claim_payment::{Claim, ClaimPayment, ClaimPaymentRefusal};
pub use manage_billers::{
    AddBiller, AddBillerRefusal, BillerChange, BillerPatch, ChangeBiller, ChangeBillerRefusal,
};
pub use manage_partner::{
    AddPartner, AddPartnerRefusal, ChangePartner, ChangePartnerRefusal, PartnerChange,
};
pub use open_inquiry::{OpenInquiry, OpenInquiryRefusal};
pub use ping::Ping;
pub use purge_unpaid_inquiries::{MIN_RETENTION, PurgeUnpaidInquiries};
pub use put_product::{AddProduct, AddProductRefusal, PutProduct, PutProductRefusal};
pub use record_biller_balance::RecordBillerBalance;
pub use record_deposit::{RecordDeposit, RecordDepositRefusal};
pub use resolve_payment::{ManualOutcome, ResolvePayment, Resolved};
pub use reverse_deposit::{ReverseDeposit, ReverseDepositRefusal};
pub use settle_payment::{
    BillerOutcome, Effect, SettlePayment, SettlePaymentRefusal, Settled, SettlementRefusal,
};

use crate::books::MovedBalances;
use crate::ledger::MovementRefusal;
use crate::{Books, Change, RowSet};

/// A change of the books.
pub trait Command: Send + 'static {
    /// The result for the caller, returned once the change is durable.
    type Outcome: Send + 'static;

    /// Why it changes nothing.
    type Refusal: std::error::Error + Send + 'static;

    /// `true`: keep it queued while the database is down (it records a fact that already happened).
    /// `false`: fail at once; the caller may retry.
    const WAITS: bool = false;

    /// Names the rows that [`Command::decide`] will read.
    fn touches(&self, touched: &mut RowSet);

    /// Decides what changes, or why nothing does. The books are its only input.
    fn decide(&self, books: &Books) -> Result<Decision<Self::Outcome>, Self::Refusal>;
}

/// The decision of a command.
#[derive(Debug)]
pub struct Decision<T> {
    /// The result for the caller.
    pub outcome: T,
    /// The changes to write, in order.
    pub(crate) changes: Vec<Change>,
    /// The balances that the changes move, afterwards.
    balances: MovedBalances,
}

impl<T> Decision<T> {
    /// A decision that changes nothing.
    pub const fn unchanged(outcome: T) -> Decision<T> {
        Decision { outcome, changes: Vec::new(), balances: MovedBalances::new() }
    }

    /// A decision that moves no money.
    pub fn without_movement(outcome: T, changes: Vec<Change>) -> Decision<T> {
        let moves = changes.iter().any(|change| change.movement().is_some());
        assert!(!moves, "a movement of money is checked against the balances");
        Decision { outcome, changes, balances: MovedBalances::new() }
    }

    /// A decision that may move money, or the refusal of a movement.
    pub fn checked(
        books: &Books,
        outcome: T,
        changes: Vec<Change>,
    ) -> Result<Decision<T>, MovementRefusal> {
        let balances = books.balances_after(&changes)?;
        Ok(Decision { outcome, changes, balances })
    }

    /// The same decision with another result.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Decision<U> {
        let Decision { outcome, changes, balances } = self;
        Decision { outcome: change(outcome), changes, balances }
    }

    pub(crate) fn into_parts(self) -> (T, Vec<Change>, MovedBalances) {
        (self.outcome, self.changes, self.balances)
    }
}

/// This partner has no such transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("there is no such transaction")]
pub struct UnknownTransaction;
