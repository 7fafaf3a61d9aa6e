//! A bill, and its price for the partner.

use crate::money::Overflow;
use crate::{Product, Rupiah};

/// A bill, as the biller answered it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bill {
    /// The customer's name on the bill.
    pub customer_name: Box<str>,
    /// The period it covers, in the biller's own notation.
    pub period: Box<str>,
    /// The amount owed, without the fee.
    pub nominal: Rupiah,
    /// Number of bill sheets. Fee and commission are per sheet.
    pub sheets: u32,
    /// The details of the product family: JSON text, stored unchanged.
    pub details: Box<str>,
}

/// A biller's answer to an inquiry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quote {
    pub bill: Bill,
    /// The biller's own handle of the inquiry, which the payment must present. Opaque text.
    pub biller_reference: Option<Box<str>>,
    /// What the biller will take from lunas' balance there, if it says so.
    pub cost: Option<Rupiah>,
    /// What the customer pays the biller on top of the nominal, if the biller said so: for all bill sheets.
    pub admin: Option<Rupiah>,
}

/// A biller that has no handles and does not state its cost.
impl From<Bill> for Quote {
    fn from(bill: Bill) -> Quote {
        Quote { bill, biller_reference: None, cost: None, admin: None }
    }
}

/// The price of a bill, in whole rupiah.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Price {
    /// The fee for all sheets: `admin` on the wire.
    pub admin: Rupiah,
    /// The partner's commission for all sheets.
    pub commission: Rupiah,
    /// What the customer pays: nominal plus fee.
    pub price: Rupiah,
    /// What leaves the partner's balance: price minus commission.
    pub selling_price: Rupiah,
}

/// The bill cannot be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bill needs a nominal, a selling price and a cost above zero, and at least one sheet")]
pub struct Unpayable;

impl From<Overflow> for Unpayable {
    fn from(_: Overflow) -> Unpayable {
        Unpayable
    }
}

impl Price {
    /// The price of a bill with the fee and commission that `product` has now.
    pub fn of(product: &Product, quote: &Quote) -> Result<Price, Unpayable> {
        let bill = &quote.bill;
        let admin = match quote.admin.filter(|_| product.fee_of_biller) {
            Some(admin) => admin,
            None => product.fee.times(bill.sheets)?,
        };
        let commission = product.commission.times(bill.sheets)?;
        let price = bill.nominal.plus(admin)?;
        let selling_price = price.minus(commission)?;
        let positive = [Some(bill.nominal), Some(selling_price), quote.cost];
        let payable = bill.sheets > 0
            && quote.admin.is_none_or(|stated| stated >= Rupiah::ZERO)
            && positive.into_iter().flatten().all(Rupiah::is_positive);
        payable.then_some(Price { admin, commission, price, selling_price }).ok_or(Unpayable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::samples;
    use proptest::prelude::*;

    fn quote(nominal: i64, sheets: u32) -> Quote {
        Bill { nominal: Rupiah::new(nominal), sheets, ..samples::bill() }.into()
    }

    #[test]
    fn fee_and_commission_are_per_sheet() {
        let telkom =
            Product { fee: Rupiah::new(2500), commission: Rupiah::new(1200), ..samples::product() };
        let price = Price::of(&telkom, &quote(129_610, 3)).unwrap();
        assert_eq!(price.admin, Rupiah::new(7500));
        assert_eq!(price.price, Rupiah::new(137_110));
        assert_eq!(price.selling_price, Rupiah::new(133_510));
    }

    proptest! {
        /// For any product and bill the price is exact, or there is an error.
        #[test]
        fn a_price_is_exact_or_there_is_none(
            fee in amount(),
            commission in amount(),
            nominal in amount(),
            sheets in prop_oneof![0..5u32, any::<u32>()],
        ) {
            let [wide_fee, wide_commission, wide_nominal] = [fee, commission, nominal].map(i128::from);
            let (admin, kept) =
                (wide_fee * i128::from(sheets), wide_commission * i128::from(sheets));
            let (price, selling_price) = (wide_nominal + admin, wide_nominal + admin - kept);
            let [fee, commission] = [fee, commission].map(Rupiah::new);
            let product = Product { fee, commission, ..samples::product() };
            match Price::of(&product, &quote(nominal, sheets)) {
                Ok(found) => {
                    let found = [found.admin, found.commission, found.price, found.selling_price];
                    let exact = [admin, kept, price, selling_price];
                    prop_assert_eq!(found.map(|it| i128::from(it.get())), exact);
                    prop_assert!(sheets > 0 && nominal > 0 && selling_price > 0);
                }
                Err(Unpayable) => {
                    let fits = |it: i128| i64::try_from(it).is_ok();
                    let payable = sheets > 0 && nominal > 0 && selling_price > 0;
                    prop_assert!(!payable || ![admin, kept, price, selling_price].into_iter().all(fits));
                }
            }
        }
    }

    /// Usual amounts and extreme ones.
    fn amount() -> impl Strategy<Value = i64> {
        prop_oneof![0..200_000i64, any::<i64>(), i64::MAX - 5..=i64::MAX]
    }

    #[test]
    fn the_billers_fee_is_charged_if_the_product_says_so_and_it_is_stated() {
        let stated = |admin| Quote { admin: Some(Rupiah::new(admin)), ..quote(50_000, 2) };
        let of_biller = Product { fee_of_biller: true, ..samples::product() };
        let admin = |product: &Product, quote| Price::of(product, &quote).map(|price| price.admin);
        assert_eq!(admin(&of_biller, stated(3_000)), Ok(Rupiah::new(3_000)));
        assert_eq!(admin(&of_biller, stated(0)), Ok(Rupiah::ZERO), "zero is a fee");
        assert_eq!(admin(&of_biller, quote(50_000, 2)), Ok(Rupiah::new(5_000)), "none is stated");
        assert_eq!(admin(&samples::product(), stated(3_000)), Ok(Rupiah::new(5_000)));
        assert_eq!(admin(&of_biller, stated(-1)), Err(Unpayable));
    }

    #[test]
    fn a_stated_cost_is_above_zero() {
        let quote = |cost| Quote { cost: Some(Rupiah::new(cost)), ..quote(50_000, 1) };
        assert!(Price::of(&samples::product(), &quote(1)).is_ok());
        for cost in [0, -1] {
            assert_eq!(Price::of(&samples::product(), &quote(cost)), Err(Unpayable), "{cost}");
        }
    }

    #[test]
    fn nothing_is_sold_for_nothing() {
        let product = samples::product();
        for (nominal, sheets) in [(0, 1), (-5, 1), (50_000, 0), (i64::MAX, 1)] {
            assert_eq!(Price::of(&product, &quote(nominal, sheets)), Err(Unpayable));
        }
        let giveaway = Product { commission: Rupiah::new(60_000), ..product };
        assert_eq!(Price::of(&giveaway, &quote(50_000, 1)), Err(Unpayable));
    }
}
