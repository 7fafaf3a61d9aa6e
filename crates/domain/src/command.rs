//! Every change of the books is a command. It names the rows that it needs and is decided as a function of
//! them.

mod begin_payment;
mod call_back;
mod claim_payment;
mod manage_partner;
mod open_inquiry;
mod ping;
mod purge_unpaid_inquiries;
mod put_product;
mod record_deposit;
mod resolve_payment;
mod reverse_deposit;
mod settle_payment;

pub use begin_payment::{Begin, BeginPayment};
pub use call_back::{ClaimCallback, RecordCallback, SendCallback};
pub use claim_payment::{Claim, ClaimPayment};
pub use manage_partner::{AddPartner, ChangePartner, PartnerChange};
pub use open_inquiry::OpenInquiry;
pub use ping::Ping;
pub use purge_unpaid_inquiries::{MIN_RETENTION, PurgeUnpaidInquiries};
pub use put_product::PutProduct;
pub use record_deposit::RecordDeposit;
pub use resolve_payment::{ManualOutcome, ResolvePayment, Resolved};
pub use reverse_deposit::ReverseDeposit;
pub use settle_payment::{BillerOutcome, Effect, SettlePayment, Settled};

use crate::bill::Unpayable;
use crate::money::Overflow;
use crate::{Books, Change, RowSet, Rupiah, TrId};

/// A change of the books.
pub trait Command: Send + 'static {
    /// The result for the caller, returned once the change is durable.
    type Outcome: Send + 'static;

    /// `true`: keep it queued while the database is down (it records a fact that already happened).
    /// `false`: fail at once; the caller may retry.
    const WAITS: bool = false;

    /// Names the rows that [`Command::decide`] will read.
    fn touches(&self, touched: &mut RowSet);

    /// Decides what changes, or why nothing does. The books are its only input.
    fn decide(&self, books: &Books) -> Result<Decision<Self::Outcome>, Refusal>;
}

/// The decision of a command.
#[derive(Debug)]
pub struct Decision<T> {
    /// The result for the caller.
    pub outcome: T,
    /// The changes to write, in order.
    pub changes: Vec<Change>,
}

/// Why a command changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The partner has used this `ref_id` before.
    #[error("the ref_id is already used")]
    DuplicateRefId,
    /// This partner has no such transaction.
    #[error("there is no such transaction")]
    UnknownTransaction,
    /// There is no such partner.
    #[error("there is no such partner")]
    UnknownPartner,
    /// The partner is suspended.
    #[error("the partner is suspended")]
    Suspended,
    /// There is no such product.
    #[error("there is no such product")]
    UnknownProduct,
    /// The inquiry is of another day.
    #[error("the inquiry is of another day")]
    Expired,
    /// The product is not sold at present.
    #[error("the product is not sold at present")]
    ProductOff,
    /// It is outside the product's hours.
    #[error("the product cannot be paid at this time of day")]
    Closed,
    /// Another payment of the same bill is in process.
    #[error("another payment of the same bill is in process")]
    BillInProcess,
    /// The partner's balance is too low.
    #[error("the deposit does not cover it")]
    DepositTooLow,
    /// The biller's bill cannot be paid.
    #[error("the bill is not payable")]
    Unpayable,
    /// An amount does not fit the ledger.
    #[error("an amount leaves the range of the ledger")]
    Overflow,
    /// The payment has not begun, so it has no outcome.
    #[error("the payment has not begun")]
    NotBegun,
    /// The caller's claim on the payment is over or was taken by another one, or it never had one.
    #[error("the payment was taken over by another, or the time to answer is over")]
    LeaseLost,
    /// Another partner has this username.
    #[error("the username is taken")]
    UsernameTaken,
    /// The partner already has two keys.
    #[error("two keys are active already; drop the old one first")]
    TwoKeys,
    /// The payment has not ended, so there is no result to report.
    #[error("the payment has not ended yet")]
    NotEnded,
    /// The partner has no callback address.
    #[error("the partner has no callback address")]
    NoCallbackUrl,
    /// The one-time code was used before, or codes are no longer required.
    #[error("the code was used before")]
    CodeUsed,
    /// The balance is below the requested minimum balance.
    #[error("the available deposit is below that limit")]
    FloorAboveDeposit,
    /// The partner already has this deposit with that reference.
    #[error("the reference is that of the deposit {0}")]
    ReferenceTaken(TrId),
    /// This partner has no such deposit.
    #[error("there is no such deposit")]
    UnknownDeposit,
    /// The deposit was reversed by this reversal.
    #[error("the deposit was reversed by {0}")]
    AlreadyReversed(TrId),
    /// Only this part of the balance is above the minimum balance.
    #[error("only {0} rupiah of the deposit are free")]
    NotFree(Rupiah),
}

impl From<Overflow> for Refusal {
    fn from(_: Overflow) -> Refusal {
        Refusal::Overflow
    }
}

impl From<Unpayable> for Refusal {
    fn from(_: Unpayable) -> Refusal {
        Refusal::Unpayable
    }
}
