//! A recorded inquiry: the bill and its price. It never changes.

use std::fmt;

use crate::{
    Bill, BillerId, Family, Moment, PartnerId, Price, ProductCode, RefId, Reference, Rupiah, TrId,
};

/// A bill under its `tr_id`. A payment on the same day pays exactly this price, at the biller that answered.
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
    /// The biller that answered. Only this one is asked to pay, whatever the product says later.
    pub biller: BillerId,
    /// What the inquiry had beside the customer's number, so that another biller can be asked for the same bill.
    pub extra: Option<ExtraField>,
    /// The product's code at the biller, if it is not the same.
    pub biller_code: Option<ProductCode>,
    /// lunas's reference of the inquiry at the biller, if that one needs it.
    pub reference: Option<Reference>,
    /// The biller's own handle of the inquiry, if it has one. Opaque text.
    pub biller_reference: Option<Box<str>>,
    /// What the biller said that it takes from lunas' balance there, if it said so.
    pub stated_cost: Option<Rupiah>,
    /// The billers that come first in the product's routes and did not give the bill, and why, as text.
    pub passed_over: Option<Box<str>>,
    /// When the biller answered.
    pub at: Moment,
    /// The product at the time of the inquiry.
    pub sold: SoldProduct,
}

impl Inquiry {
    /// What the biller takes for the payment. A biller that does not say it is taken to get the nominal.
    pub fn cost(&self) -> Rupiah {
        self.stated_cost.unwrap_or(self.bill.nominal)
    }

    /// The product's code at the biller.
    pub fn code_at_biller(&self) -> &ProductCode {
        self.biller_code.as_ref().unwrap_or(&self.code)
    }
}

/// A product at the time of an inquiry. Later changes of the product do not change it, so that they do
/// not change a receipt either.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SoldProduct {
    pub name: Box<str>,
    pub family: Family,
}

/// A field that the inquiries of some families need beside the customer's number, as the partner sent it. An amount is
/// the nominal of the bill.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExtraField {
    /// How many months are paid.
    Month(u32),
    /// The tax year.
    Year(u16),
    /// The owner's identity number.
    Identity(Box<str>),
}

impl ExtraField {
    /// Parses the stored text.
    pub fn parse(text: &str) -> Option<ExtraField> {
        let (name, value) = text.split_once('=')?;
        match name {
            "month" => value.parse().ok().map(ExtraField::Month),
            "year" => value.parse().ok().map(ExtraField::Year),
            "identity" => Some(ExtraField::Identity(value.into())),
            _ => None,
        }
    }
}

/// The text that is stored.
impl fmt::Display for ExtraField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExtraField::Month(months) => write!(f, "month={months}"),
            ExtraField::Year(year) => write!(f, "year={year}"),
            ExtraField::Identity(number) => write!(f, "identity={number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_field_is_parsed_back() {
        for field in
            [ExtraField::Month(2), ExtraField::Year(2018), ExtraField::Identity("3201=02".into())]
        {
            assert_eq!(ExtraField::parse(&field.to_string()), Some(field));
        }
        for bad in ["", "month", "month=", "month=x", "year=70000", "amount=5"] {
            assert_eq!(ExtraField::parse(bad), None, "{bad}");
        }
    }
}
