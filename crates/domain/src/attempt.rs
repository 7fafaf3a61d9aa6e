//! A later attempt of a payment, at another biller.

use crate::{BillerId, FailureReason, Inquiry, Moment, ProductCode, Reference, Rupiah};

/// An attempt to pay a bill that follows one that certainly failed. It never changes.
///
/// The first attempt is at the biller of the inquiry. Of all attempts at most one is taken by its biller, because
/// the next one begins only after the failure of the one before is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Its place among the attempts of the payment. The first later one is 2.
    pub number: u32,
    /// The biller that is asked to pay.
    pub biller: BillerId,
    /// The product's code there, if it is not the same.
    pub biller_code: Option<ProductCode>,
    /// lunas's reference there, if the biller needs one.
    pub reference: Option<Reference>,
    /// The biller's own handle of the bill, if it has one.
    pub biller_reference: Option<Box<str>>,
    /// What the biller said that it takes from lunas, if it said so.
    pub stated_cost: Option<Rupiah>,
    /// When it began.
    pub begun_at: Moment,
    /// Why the attempt before it failed.
    pub after: FailureReason,
}

impl Attempt {
    /// The inquiry as this biller knows it. Bill and price stay those that the partner was told.
    pub fn inquiry(&self, first: &Inquiry) -> Inquiry {
        Inquiry {
            biller: self.biller,
            biller_code: self.biller_code.clone(),
            reference: self.reference.clone(),
            biller_reference: self.biller_reference.clone(),
            stated_cost: self.stated_cost,
            ..first.clone()
        }
    }
}
