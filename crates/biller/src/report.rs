//! A biller's report about a payment that came without a question, such as a webhook.

use crate::{PaymentRequest, Reply, Status};

/// What a biller says about one payment without being asked. Its sender was verified before.
///
/// A report may come more than once, late, never, or before the payment request is answered.
pub trait BillerReport: Send + Sync {
    /// lunas's reference of the inquiry, as the report has it. It may be unknown or of another form.
    fn reference(&self) -> &str;

    /// What the report lacks, or names otherwise than this payment: the reference, the product's code at the
    /// biller, the customer's number. `None` if all of them fit. The text holds no personal data.
    fn difference(&self, order: &PaymentRequest) -> Option<&'static str>;

    /// What the report says about this payment, with the report itself as evidence.
    fn conclude(&self, order: &PaymentRequest) -> Reply<Status>;
}
