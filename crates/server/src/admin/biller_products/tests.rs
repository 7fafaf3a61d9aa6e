//! What an import does for a listed product, by what lunas sells.

use std::sync::Arc;

use super::*;

const IAK: BillerId = BillerId(2);

fn listed(code: &str, families: &[Family]) -> ListedProduct {
    ListedProduct {
        code: code.to_owned(),
        name: format!("Product {code}"),
        kind: "pdam".to_owned(),
        category: "postpaid".to_owned(),
        fee: 2500,
        commission: 700,
        open: true,
        province: Some("Jawa Timur".to_owned()),
        note: None,
        families: families.iter().copied().map(Named).collect(),
    }
}

/// A product of lunas with routes: the biller, and the code there if it is another.
fn known(code: &str, family: Family, routes: &[(i64, Option<&str>)]) -> Arc<Product> {
    let route = |(biller, code): &(i64, Option<&str>)| Route {
        code: code.map(|code| ProductCode::new(code).unwrap()),
        ..Route::to(BillerId(*biller))
    };
    let product = new_product(&listed(code, &[family])).unwrap();
    Arc::new(Product { routes: routes.iter().map(route).collect(), ..product })
}

fn catalogue(products: Vec<Arc<Product>>) -> Catalogue {
    products.into_iter().map(|product| (product.code.clone(), product)).collect()
}

/// The step of one listed product: its name, and why it is skipped.
fn planned_step(catalogue: &Catalogue, listed: ListedProduct) -> (&'static str, String) {
    let [product] = &planned(catalogue, IAK, vec![listed])[..] else { panic!("not one product") };
    match &product.import {
        ImportStep::Nothing => ("nothing", String::new()),
        ImportStep::AddRoute { product } => ("route", product.clone()),
        ImportStep::AddProduct { product, .. } => ("product", product.clone()),
        ImportStep::Skip { why } => ("skip", why.clone()),
    }
}

#[test]
fn a_product_is_added_only_if_everything_about_it_is_certain() {
    use Family::*;
    let empty = Catalogue::new();
    let good = || listed("PDAM.X", &[Pdam]);
    assert_eq!(planned_step(&empty, good()), ("product", "PDAM.X".to_owned()));
    for (bad, why) in [
        (ListedProduct { families: Vec::new(), ..good() }, "its family is unknown"),
        (
            listed("TV", &[TvNonTelkomvision, TvTelkomvision]),
            "tv-non-telkomvision or tv-telkomvision",
        ),
        (ListedProduct { code: "A B".to_owned(), ..good() }, "letters, digits"),
        (ListedProduct { code: String::new(), ..good() }, "letters, digits"),
        (ListedProduct { name: " ".to_owned(), ..good() }, "one line"),
        (ListedProduct { name: "\u{1b}[2J".to_owned(), ..good() }, "one line"),
        (ListedProduct { name: "水".to_owned(), ..good() }, "receipts"),
        (ListedProduct { fee: -1, ..good() }, "its fee"),
        (ListedProduct { fee: 1_000_001, ..good() }, "its fee"),
        (ListedProduct { commission: -1, ..good() }, "its commission"),
        (ListedProduct { province: Some("a\nb".to_owned()), ..good() }, "a province"),
    ] {
        let (step, told) = planned_step(&empty, bad.clone());
        assert!(step == "skip" && told.contains(why), "{bad:?}: {step} {told}");
    }
}

#[test]
fn a_new_product_is_on_only_if_the_list_says_so_and_charges_the_billers_fee() {
    for open in [true, false] {
        let product =
            new_product(&ListedProduct { open, ..listed("PDAM.X", &[Family::Pdam]) }).unwrap();
        assert_eq!((product.active, product.fee_of_biller), (open, true));
        assert_eq!((product.fee.get(), product.commission.get()), (2500, 700));
        assert_eq!(product.province.as_deref(), Some("Jawa Timur"));
    }
    // Only a water company has a province.
    let tv = new_product(&listed("TVBIG", &[Family::TvNonTelkomvision])).unwrap();
    assert_eq!(tv.province, None);
}

#[test]
fn a_product_that_lunas_has_gets_a_route_unless_it_is_another_product() {
    use Family::*;
    let with = |family, routes: &[(i64, Option<&str>)]| catalogue(vec![known("X", family, routes)]);
    for (catalogue, families, expected) in [
        (with(Pdam, &[]), &[Pdam][..], "route"),
        (with(Pdam, &[(3, None)]), &[Pdam], "route"),
        // The family is not certain, but it can be this one.
        (with(PlnPostpaid, &[]), &[PlnPostpaid, PlnNontaglis], "route"),
        (with(Pdam, &[]), &[], "route"),
        (with(Pdam, &[]), &[Pbb], "skip"),
        (with(Pdam, &[]), &[PlnPostpaid, PlnNontaglis], "skip"),
        (with(Pdam, &[(2, None)]), &[Pdam], "nothing"),
        (with(Pdam, &[(3, None), (2, Some("Y"))]), &[Pdam], "skip"),
    ] {
        let (step, why) = planned_step(&catalogue, listed("X", families));
        assert_eq!(step, expected, "{families:?}: {why}");
    }
    // A route to the code from a product of another name is enough.
    let named = catalogue(vec![known("MINE", Pdam, &[(3, None), (2, Some("X"))])]);
    let products = planned(&named, IAK, vec![listed("X", &[Pdam])]);
    assert_eq!(products[0].import, ImportStep::Nothing);
    let mine = RoutedProduct { code: "MINE".to_owned(), position: 2, active: true };
    assert_eq!(products[0].products, [mine]);
}

#[test]
fn a_code_that_is_listed_twice_is_imported_once() {
    let twice = vec![listed("X", &[Family::Pdam]), listed("X", &[Family::Pbb])];
    let products = planned(&Catalogue::new(), IAK, twice);
    assert!(products[0].import.is_change());
    assert!(
        matches!(&products[1].import, ImportStep::Skip { why } if why.contains("more than once"))
    );
}
