//! Every change there is. A command names the rows it touches and is decided as a function of them.

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

/// A change that somebody asks for.
pub trait Command: Send + 'static {
    /// What the asker learns once the change is durable.
    type Outcome: Send + 'static;

    /// Whether the command waits for a database that is away, as what it records has happened; else it
    /// is refused at once, and its asker may come again.
    const WAITS: bool = false;

    /// Names the rows that [`Command::decide`] will look at.
    fn touches(&self, touched: &mut RowSet);

    /// What is to change, or why nothing does. It sees the books and nothing else.
    fn decide(&self, books: &Books) -> Result<Decision<Self::Outcome>, Refusal>;
}

/// What a command decided.
#[derive(Debug)]
pub struct Decision<T> {
    /// What the asker learns.
    pub outcome: T,
    /// What is written.
    pub changes: Vec<Change>,
}

/// Why a command changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The partner has used this `ref_id` before.
    #[error("the ref_id is already used")]
    DuplicateRefId,
    /// There is no such transaction of this partner.
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
    /// The deposit does not cover it.
    #[error("the deposit does not cover it")]
    DepositTooLow,
    /// The biller's bill cannot be settled by a payment.
    #[error("the bill is not payable")]
    Unpayable,
    /// An amount would leave the range of the ledger.
    #[error("an amount leaves the range of the ledger")]
    Overflow,
    /// The payment has not begun, so nothing can be said about its outcome.
    #[error("the payment has not begun")]
    NotBegun,
    /// Whoever says so no longer has, or never had, the right to say what became of the payment.
    #[error("the payment was taken over by another, or the time to answer is over")]
    LeaseLost,
    /// Another partner has this username.
    #[error("the username is taken")]
    UsernameTaken,
    /// There are two keys already.
    #[error("two keys are active already; drop the old one first")]
    TwoKeys,
    /// The payment has not ended, so that there is nothing to tell.
    #[error("the payment has not ended yet")]
    NotEnded,
    /// The partner has not said where it wants to be told.
    #[error("the partner has no callback address")]
    NoCallbackUrl,
    /// The code was used before, or codes are no longer asked for.
    #[error("the code was used before")]
    CodeUsed,
    /// The deposit is below the limit that was asked for.
    #[error("the available deposit is below that limit")]
    FloorAboveDeposit,
    /// The reference belongs to this top-up of the partner.
    #[error("the reference is that of the deposit {0}")]
    ReferenceTaken(TrId),
    /// There is no such top-up of this partner.
    #[error("there is no such deposit")]
    UnknownDeposit,
    /// The top-up was taken back by this reversal.
    #[error("the deposit was reversed by {0}")]
    AlreadyReversed(TrId),
    /// No more than this of the deposit is above its limit.
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
