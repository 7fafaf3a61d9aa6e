//! Billers: what they are asked and what they answer. No I/O.
//!
//! A connector is stateless. Whatever it needs is in the request, so that a
//! payment can be followed up by any process at any time. It does not retry; whether a call may be
//! repeated is the gateway's decision, and [`PayError`] says what it needs for that.

mod registry;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{Bill, FailureCode, Family, Inquiry, Moment, ProductCode, Rupiah, TestNumbers};

pub use registry::Billers;

/// A boxed future, as methods of a trait object return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A biller, or somebody who forwards to billers.
pub trait Biller: Send + Sync {
    /// Asks what is owed. Moves no money, so it may be asked again.
    fn inquire<'a>(
        &'a self,
        request: &'a InquiryRequest,
    ) -> BoxFuture<'a, Result<Bill, InquiryError>>;

    /// Pays what the request's inquiry recorded. Called at most once for an inquiry.
    fn pay<'a>(&'a self, request: &'a PaymentRequest) -> BoxFuture<'a, Result<Receipt, PayError>>;

    /// Asks what became of a payment, seen from `now`. Pays nothing, so it may be asked again.
    fn status<'a>(&'a self, request: &'a PaymentRequest, now: Moment) -> BoxFuture<'a, Status>;

    /// What its answers about the status are worth.
    fn policy(&self) -> BillerPolicy {
        BillerPolicy::default()
    }

    /// Its numbers for trying out, if it has any: their bills may be paid several times at once.
    fn test_numbers(&self) -> TestNumbers {
        TestNumbers::default()
    }
}

/// What a biller's answers about the status of payments are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillerPolicy {
    /// The age of a payment from which on the biller is not asked any more: it has forgotten it, or
    /// will not end it.
    pub stop_polling_after: Duration,
    /// The age from which on "not found" counts: no request is on its way for so long.
    pub trust_not_found_after: Duration,
}

/// Three days, and ten minutes.
impl Default for BillerPolicy {
    fn default() -> BillerPolicy {
        BillerPolicy {
            stop_polling_after: Duration::from_secs(72 * 3600),
            trust_not_found_after: Duration::from_secs(600),
        }
    }
}

/// Whose bill is asked for. It holds personal data and therefore has no `Debug`.
#[derive(Clone)]
pub struct InquiryRequest {
    /// The product.
    pub code: ProductCode,
    /// The product's kind of bill; it says which of the choices below must be there.
    pub family: Family,
    /// The customer's number at the biller.
    pub customer_no: Box<str>,
    /// How many months are to be paid.
    pub month: Option<u32>,
    /// The tax year.
    pub year: Option<u16>,
    /// The owner's identity number: `nomor_identitas` on the wire.
    pub identity: Option<Box<str>>,
    /// What the customer wants to pay, in whole rupiah: `desc.amount` on the wire.
    pub amount: Option<Rupiah>,
}

/// A payment, as it is ordered and as it is asked about later. It holds personal data and therefore
/// has no `Debug`.
#[derive(Clone)]
pub struct PaymentRequest {
    /// The recorded bill with its `tr_id`, product and customer.
    pub inquiry: Arc<Inquiry>,
    /// The product's kind of bill.
    pub family: Family,
    /// When the deposit was held.
    pub begun_at: Moment,
}

/// What a biller answers to a payment that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its reference number of the payment.
    pub receipt_no: Box<str>,
    /// The details as paid, as JSON text, where they differ from the recorded bill's.
    pub details: Option<Box<str>>,
}

/// Why there is no bill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InquiryError {
    /// The biller has none to show.
    #[error("the biller refused the inquiry with code {0}")]
    Refused(FailureCode),
    /// No answer that could be understood.
    #[error("the biller could not be asked: {why}")]
    Unreachable {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
}

/// Why a payment has no receipt. Only the first two say that nothing was paid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// The biller definitely did not take it.
    #[error("the biller refused the payment with code {0}")]
    Refused(FailureCode),
    /// The request definitely never left.
    #[error("the payment was not sent: {why}")]
    NotSent {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
    /// The request may have left, and nobody knows what the biller did.
    #[error("the payment may have been sent: {why}")]
    MaybeSent {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
    /// The biller has it and has not decided yet.
    #[error("the biller has the payment in process")]
    InProcess,
    /// The answer names another payment, amount or customer than the order. Nobody knows what the
    /// biller did, and no later answer of it can be trusted for this payment.
    #[error("the biller answered about something else: {why}")]
    Mismatch {
        /// What differs, without personal data.
        why: Box<str>,
    },
}

/// What became of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was paid.
    Paid(Receipt),
    /// It definitely was not paid by this order and will not be. Where the biller says no more than
    /// that the bill is paid, by whatever order, it is [`Status::Unknown`].
    Failed(FailureCode),
    /// The biller has it and has not decided yet.
    Pending,
    /// The biller does not know it.
    NotFound {
        /// Whether the biller promises that it will never appear.
        is_final: bool,
    },
    /// The answer names another payment, amount or customer than the order.
    Mismatch {
        /// What differs, without personal data.
        why: Box<str>,
    },
    /// No answer that could be understood.
    Unknown {
        /// What went wrong, without personal data.
        why: Box<str>,
    },
}
