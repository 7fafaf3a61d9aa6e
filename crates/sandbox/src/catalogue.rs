//! The products that the sandbox sells.

use domain::{Family, Hours, Product, ProductCode, Route, Rupiah};

/// One product for each code of the documented numbers, with the documented fee and commission,
/// without closing hours.
pub fn catalogue() -> Vec<Product> {
    include_str!("../data/products.csv")
        .lines()
        .skip(1)
        .map(|row| product(row).expect("a row holds code, name, family, fee, commission, province"))
        .collect()
}

/// The hours in which bills of a family can be paid, if the reference gives them: PLN is closed
/// from 23:00 to 01:00.
pub fn cut_off(family: Family) -> Option<Hours> {
    let is_pln = family.price_list_type() == "pln";
    is_pln.then_some(Hours { opens: 60, closes: 23 * 60 })
}

fn product(row: &str) -> Option<Product> {
    let fields: Vec<&str> = row.split(',').collect();
    let [code, name, family, fee, commission, province] = fields[..] else {
        return None;
    };
    let rupiah = |digits: &str| digits.parse().ok().map(Rupiah::new);
    Some(Product {
        code: ProductCode::new(code).ok()?,
        name: name.into(),
        family: Family::named(family)?,
        fee: rupiah(fee)?,
        commission: rupiah(commission)?,
        active: true,
        hours: None,
        province: (!province.is_empty()).then(|| province.into()),
        fee_of_biller: false,
        below_cost: false,
        failover_payments: false,
        routes: vec![Route::to(crate::BILLER_ID)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_documented_code_is_a_product_of_its_family() {
        let products: BTreeMap<_, _> =
            catalogue().into_iter().map(|product| (product.code, product.family)).collect();
        let documented: BTreeMap<_, _> =
            super::super::cases().into_iter().map(|case| (case.code, case.family)).collect();
        assert_eq!(products, documented);
        assert_eq!(catalogue().len(), products.len(), "no code stands there twice");
    }

    #[test]
    fn a_water_company_has_a_province_and_nobody_else() {
        for product in catalogue() {
            let water = product.family == Family::Pdam;
            assert_eq!(product.province.is_some(), water, "{}", product.code);
        }
    }

    #[test]
    fn electricity_is_closed_around_midnight_and_nothing_else() {
        for product in catalogue() {
            let closed = product.code.as_str().starts_with("PLN");
            let hours = cut_off(product.family).map(|hours| hours.to_string());
            assert_eq!(hours, closed.then(|| "01:00-23:00".to_owned()), "{}", product.code);
        }
    }

    #[test]
    fn a_broken_row_is_refused() {
        for bad in
            ["", "BPJS,BPJS Kesehatan,bpjs-kesehatan,2500,200", "X,X,pulsa,0,0,", "X,X,pdam,2.5,0,"]
        {
            assert_eq!(product(bad), None, "{bad}");
        }
    }
}
