//! A recorded inquiry: the bill as it was asked for, answered and priced. It never changes.

use crate::{Bill, Moment, PartnerId, Price, ProductCode, RefId, TrId};

/// A bill under its `tr_id`. A payment of the same day settles exactly this.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Inquiry {
    /// Our number.
    pub tr_id: TrId,
    /// Whose inquiry it is.
    pub partner: PartnerId,
    /// The partner's number.
    pub ref_id: RefId,
    /// Which product.
    pub code: ProductCode,
    /// The customer's number at the biller.
    pub hp: Box<str>,
    /// What is owed.
    pub bill: Bill,
    /// What it costs, at the product's price of that moment.
    pub price: Price,
    /// When the bill was answered.
    pub at: Moment,
}
