//! A recorded inquiry: the bill and its price. It never changes.

use crate::{Bill, Family, Moment, PartnerId, Price, ProductCode, RefId, TrId};

/// A bill under its `tr_id`. A payment on the same day pays exactly this price.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Inquiry {
    pub tr_id: TrId,
    pub partner: PartnerId,
    /// The partner's id of the inquiry.
    pub ref_id: RefId,
    pub code: ProductCode,
    /// The customer's number at the biller.
    pub customer_no: Box<str>,
    /// The bill.
    pub bill: Bill,
    /// The price at the time of the inquiry.
    pub price: Price,
    /// When the biller answered.
    pub at: Moment,
    /// The product at the time of the inquiry.
    pub sold: SoldProduct,
}

/// A product at the time of an inquiry. Later changes of the product do not change it, so that they do
/// not change a receipt either.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SoldProduct {
    pub name: Box<str>,
    pub family: Family,
}
