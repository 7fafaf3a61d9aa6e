//! Billers: their requests and answers. No I/O.
//!
//! A connector is stateless: everything it needs is in the request, so any process can follow a
//! payment up at any time. A connector does not retry. Whether a call may be repeated is the
//! gateway's decision, and [`PayError`] tells it what it needs for that.

mod price_list;
mod registry;
mod reply;
mod report;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    FailureReason, Family, Inquiry, Moment, ProductCode, Quote, Reference, Rupiah, TestNumbers,
};

pub use price_list::{ListedFamily, ListedProduct, MAX_PRODUCTS, PriceListError};
pub use registry::{Billers, Connect};
pub use reply::Reply;
pub use report::BillerReport;

/// A boxed future, as the methods of a trait object return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A biller, or an aggregator that forwards to billers.
pub trait Biller: Send + Sync {
    /// Asks for the bill. Moves no money, so it may be repeated, under a new reference.
    fn inquire<'a>(
        &'a self,
        request: &'a InquiryRequest,
    ) -> BoxFuture<'a, Reply<Result<Quote, InquiryError>>>;

    /// Pays the bill of the recorded inquiry. Called at most once for each inquiry.
    fn pay<'a>(
        &'a self,
        request: &'a PaymentRequest,
    ) -> BoxFuture<'a, Reply<Result<Receipt, PayError>>>;

    /// Asks for the state of a payment; `now` is the time of the question. Pays nothing, so it may
    /// be repeated, but not more often than the policy allows.
    fn status<'a>(
        &'a self,
        request: &'a PaymentRequest,
        now: Moment,
    ) -> BoxFuture<'a, Reply<Status>>;

    /// Makes a signed call that changes nothing, to see whether the biller accepts lunas. `unused` is a
    /// reference that was never used.
    fn check<'a>(&'a self, _unused: &'a Reference) -> BoxFuture<'a, Reply<Result<(), CheckError>>> {
        Box::pin(async { Ok(()).into() })
    }

    /// Asks for lunas's balance at the biller. May be repeated.
    fn balance(&self) -> BoxFuture<'_, Reply<Result<Rupiah, BalanceError>>> {
        Box::pin(async { Err(BalanceError::NotKept).into() })
    }

    /// Asks for the products that lunas can buy there: those of one type in the biller's own words, or all.
    /// Asked as seldom as possible: some billers refuse the second question in five minutes.
    fn price_list<'a>(
        &'a self,
        _kind: Option<&'a str>,
    ) -> BoxFuture<'a, Reply<Result<Vec<ListedProduct>, PriceListError>>> {
        Box::pin(async { Err(PriceListError::NotKept).into() })
    }

    /// How it is called, and how its status answers are to be used.
    fn policy(&self) -> BillerPolicy {
        BillerPolicy::default()
    }

    /// Its test numbers, if it has any: their bills may be paid several times at once.
    fn test_numbers(&self) -> TestNumbers {
        TestNumbers::default()
    }
}

/// How a biller is called, and how its status answers are to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillerPolicy {
    /// The longest time for a call. `None`: the gateway's own deadline.
    pub deadline: Option<Duration>,
    /// Whether an inquiry needs a reference of lunas.
    pub needs_reference: bool,
    /// The time from an unknown outcome to the first status query, from that to the second, and so on; the
    /// last one repeats. Empty: the gateway's own times.
    pub status_intervals: &'static [Duration],
    /// Whether a status query may follow at once on a payment whose failure is not certain.
    pub verifies_at_once: bool,
    /// From this age of a payment on, the biller is not asked any more: it has forgotten the
    /// payment or will not finish it.
    pub stop_polling_after: Duration,
    /// From this age of a payment on, "not found" counts: no request takes that long to arrive.
    pub trust_not_found_after: Duration,
}

/// The gateway's own times; three days, and ten minutes.
impl Default for BillerPolicy {
    fn default() -> BillerPolicy {
        BillerPolicy {
            deadline: None,
            needs_reference: false,
            status_intervals: &[],
            verifies_at_once: false,
            stop_polling_after: Duration::from_secs(72 * 3600),
            trust_not_found_after: Duration::from_secs(600),
        }
    }
}

/// A request for a bill. It holds personal data and therefore has no `Debug`.
#[derive(Clone)]
pub struct InquiryRequest {
    /// The product code at lunas.
    pub code: ProductCode,
    /// The product's code at the biller.
    pub biller_code: ProductCode,
    /// lunas's reference of this inquiry at the biller, used once. `None` if the policy needs none.
    pub reference: Option<Reference>,
    /// The product's kind of bill; it defines which of the optional fields below are required.
    pub family: Family,
    /// The customer's number at the biller.
    pub customer_no: Box<str>,
    /// The number of months to pay.
    pub month: Option<u32>,
    /// The tax year.
    pub year: Option<u16>,
    /// The owner's identity number: `nomor_identitas` on the wire.
    pub identity: Option<Box<str>>,
    /// What the customer wants to pay, in whole rupiah: `desc.amount` on the wire.
    pub amount: Option<Rupiah>,
}

/// A payment, used both to order it and to ask for its status. It holds personal data and therefore
/// has no `Debug`.
#[derive(Clone)]
pub struct PaymentRequest {
    /// The recorded bill with its `tr_id`, product and customer, lunas's reference at the biller, and the
    /// biller's own handle of the inquiry.
    pub inquiry: Arc<Inquiry>,
    /// The product's kind of bill.
    pub family: Family,
    /// When the price was held.
    pub begun_at: Moment,
}

/// The biller's answer to a payment that it accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The biller's reference number of the payment.
    pub receipt_no: Box<str>,
    /// The details as paid, as JSON text, if they differ from those of the recorded bill.
    pub details: Option<Box<str>>,
}

/// Why there is no bill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InquiryError {
    /// The biller refused, for this reason. [`FailureReason::lies_with_biller`] says whether another
    /// biller may be asked.
    #[error("the biller refused the inquiry: {0}")]
    Refused(FailureReason),
    /// There was no readable answer.
    #[error("the biller could not be asked: {why}")]
    Unreachable {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
}

/// Why a payment has no receipt. Only the first two mean that nothing was paid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// The biller definitely refused the payment.
    #[error("the biller refused the payment: {0}")]
    Refused(FailureReason),
    /// The request was definitely not sent.
    #[error("the payment was not sent: {why}")]
    NotSent {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
    /// The request may have been sent, and what the biller did is unknown.
    #[error("the payment may have been sent: {why}")]
    MaybeSent {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
    /// The biller has the payment and has not decided yet.
    #[error("the biller has the payment in process")]
    InProcess,
    /// The answer looks like a failure, but with this code the payment may have been made all the same. A
    /// status query decides.
    #[error("the biller's failure is to be verified: {why}")]
    Unverified {
        /// What the biller said, without personal data.
        why: Box<str>,
    },
    /// The answer names another payment, amount or customer than the request. What the biller did
    /// is unknown, and its later answers cannot be trusted for this payment.
    #[error("the biller answered about something else: {why}")]
    Mismatch {
        /// What differs, without personal data.
        why: Box<str>,
    },
}

/// Why a biller does not accept lunas.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The biller refuses lunas's name, key or address.
    #[error("the biller does not accept lunas: {why}")]
    Rejected {
        /// What the biller said.
        why: Box<str>,
    },
    /// There was no readable answer.
    #[error("the biller could not be asked: {why}")]
    Unreachable {
        /// What went wrong.
        why: Box<str>,
    },
}

/// Why lunas's balance at a biller is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    /// The biller keeps no balance for lunas.
    #[error("this biller keeps no balance")]
    NotKept,
    /// The biller refused to answer, for this reason.
    #[error("the biller refused to tell the balance: {0}")]
    Refused(FailureReason),
    /// There was no readable answer.
    #[error("the biller could not be asked: {why}")]
    Unreachable {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
}

/// The biller's answer to a status query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The payment was made.
    Paid(Receipt),
    /// The payment was definitely not made by this request and will not be. If the biller says only
    /// that the bill is paid, by any request, use [`Status::Unknown`].
    Failed(FailureReason),
    /// The biller has the payment and has not decided yet.
    Pending,
    /// The biller does not know the payment.
    NotFound {
        /// `true`: the biller guarantees the order will never be executed.
        is_final: bool,
    },
    /// The answer names another payment, amount or customer than the request.
    Mismatch {
        /// What differs, without personal data.
        why: Box<str>,
    },
    /// There was no readable answer.
    Unknown {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
}
