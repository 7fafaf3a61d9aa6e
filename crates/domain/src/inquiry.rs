//! A recorded inquiry: the bill as it was asked for, answered and priced. It never changes.

use crate::{Bill, Catalogue, Family, Moment, PartnerId, Price, ProductCode, RefId, TrId};

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
    pub customer_no: Box<str>,
    /// What is owed.
    pub bill: Bill,
    /// What it costs, at the product's price of that moment.
    pub price: Price,
    /// When the bill was answered.
    pub at: Moment,
    /// What the product was at that moment. None in inquiries from before this was recorded.
    pub sold: Option<SoldProduct>,
}

/// What a receipt needs to know of the product that was sold, whatever becomes of that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SoldProduct {
    /// Its name.
    pub name: Box<str>,
    /// Which kind of bill it was.
    pub family: Family,
}

impl Inquiry {
    /// The name and the family of the product that was sold: as recorded or, where they are not, as
    /// they are now.
    pub fn sold_as<'a>(&'a self, catalogue: &'a Catalogue) -> Option<(&'a str, Family)> {
        let now = || catalogue.get(&self.code).map(|product| (&*product.name, product.family));
        self.sold.as_ref().map(|sold| (&*sold.name, sold.family)).or_else(now)
    }
}
