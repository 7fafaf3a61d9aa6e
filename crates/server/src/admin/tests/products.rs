//! Products.

use super::*;
use crate::admin::named::Named;
use crate::admin::opening::OpeningHours;
use crate::admin::request::ProductChange;
use crate::admin::response::FeeWarning;
use crate::admin::response::Product;

async fn list(bench: &Bench, kind: Option<&str>) -> Vec<Product> {
    let kind = kind.map(str::to_owned);
    match bench.ask(Request::ListProducts { kind }).await.unwrap() {
        Response::Products(products) => products,
        _ => panic!("another answer than products"),
    }
}

async fn set(bench: &Bench, change: ProductChange) -> Product {
    match bench.ask(Request::SetProduct(change)).await.unwrap() {
        Response::Product(product) => product,
        _ => panic!("another answer than a product"),
    }
}

fn change(code: &str) -> ProductChange {
    ProductChange { code: code.to_owned(), ..ProductChange::default() }
}

#[tokio::test]
async fn products_are_listed_by_type() {
    let bench = Bench::empty(&[]).await;
    let (all, pln) = (list(&bench, None).await, list(&bench, Some("pln")).await);
    assert!(!pln.is_empty() && pln.len() < all.len());
    assert!(pln.iter().all(|product| product.kind == "pln"
        && product.routes[0].biller.name.as_deref() == Some("sandbox")));
    let unknown = Request::ListProducts { kind: Some("pulsa".to_owned()) };
    let refusal = bench.refusal(unknown).await;
    assert!(refusal.contains("the types are") && refusal.contains("pajak-kendaraan"), "{refusal}");
}

#[tokio::test]
async fn options_that_are_not_given_change_nothing() {
    let bench = Bench::empty(&[]).await;
    let all = list(&bench, None).await;
    let before = all.into_iter().find(|product| product.code == "BPJS").unwrap();
    let hours = Some(OpeningHours::Between("01:00-23:00".to_owned()));
    let first = ProductChange { fee: Some(2750), active: Some(false), hours, ..change("BPJS") };
    let first = set(&bench, first).await;
    let hours = domain::Hours::parse("01:00-23:00").map(Named);
    let net_fee = 2750 - before.commission;
    assert_eq!(first, Product { fee: 2750, net_fee, active: false, hours, ..before });
    let second = ProductChange { hours: Some(OpeningHours::Always), ..change("BPJS") };
    assert_eq!(set(&bench, second).await, Product { hours: None, ..first });
}

#[tokio::test]
async fn a_product_is_added_only_with_create() {
    let bench = Bench::empty(&[]).await;
    let new = |code: &str| ProductChange {
        create: Some("pln-postpaid".to_owned()),
        name: Some("PLN".to_owned()),
        ..change(code)
    };
    let added = set(&bench, ProductChange { fee: Some(3000), ..new("PLNNEW") }).await;
    assert_eq!((&*added.kind, added.fee, added.commission, added.active), ("pln", 3000, 0, true));
    assert!(list(&bench, Some("pln")).await.contains(&added));
    for (bad, why) in [
        (new("PLNNEW"), "already"),
        (ProductChange { create: Some("pulsa".to_owned()), ..new("X") }, "the families are"),
        (ProductChange { name: None, ..new("X") }, "needs a name"),
        (new("A B"), "is not a product code"),
        (change("BPJSX"), "did you mean BPJS"),
        (change("bpjs"), "did you mean BPJS"),
        (change("QQQQQQQQQQ"), "`lunas product list`"),
    ] {
        let refusal = bench.refusal(Request::SetProduct(bad)).await;
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[tokio::test]
async fn an_invalid_change_changes_nothing() {
    let bench = Bench::empty(&[]).await;
    let before = list(&bench, None).await;
    let text = |text: &str| Some(text.to_owned());
    for (bad, why) in [
        (ProductChange { fee: Some(-1), ..change("BPJS") }, "a fee is"),
        (
            ProductChange { fee: Some(1_000_001), ..change("BPJS") },
            "whole rupiah from 0 to 1000000",
        ),
        (ProductChange { fee: Some(i64::MAX), ..change("BPJS") }, "a fee is"),
        (ProductChange { commission: Some(999_999_999), ..change("BPJS") }, "a commission is"),
        (ProductChange { commission: Some(-1), ..change("BPJS") }, "a commission is"),
        (ProductChange { name: text("\n"), ..change("BPJS") }, "a product's name is"),
        (ProductChange { name: text("BPJS 王"), ..change("BPJS") }, "do not show '王' (U+738B)"),
        (
            ProductChange { create: text("pdam"), name: text("Air 🚰"), ..change("NEW") },
            "do not show '🚰' (U+1F6B0)",
        ),
        (ProductChange { province: text("JAWA BARAT"), ..change("BPJS") }, "water company"),
        (
            ProductChange {
                hours: Some(OpeningHours::Between("1-2".to_owned())),
                ..change("BPJS")
            },
            "is not a time range",
        ),
    ] {
        let bad = ProductChange { active: Some(false), ..bad };
        let refusal = bench.refusal(Request::SetProduct(bad)).await;
        assert!(refusal.contains(why), "{refusal}");
    }
    assert_eq!(list(&bench, None).await, before);
}

/// BPJS starts with a fee of 2,500 and a commission of 200.
#[tokio::test]
async fn a_loss_needs_at_a_loss_whether_fee_or_commission_changes() {
    let bench = Bench::empty(&[]).await;
    let priced =
        |fee, commission, at_a_loss| ProductChange { fee, commission, at_a_loss, ..change("BPJS") };
    for (fee, commission) in
        [(None, Some(2_501)), (Some(199), None), (Some(2_500), Some(9_999)), (Some(0), Some(1))]
    {
        let refusal = bench.refusal(Request::SetProduct(priced(fee, commission, false))).await;
        assert!(refusal.contains("sold at a loss") && refusal.contains("--at-a-loss"), "{refusal}");
    }
    for (fee, commission, at_a_loss, net_fee, warning) in [
        (None, Some(2_500), false, 0, Some(FeeWarning::NoNetFee)),
        (Some(200), Some(0), false, 200, None),
        (Some(0), None, false, 0, Some(FeeWarning::NoFee)),
        (None, Some(9_999), true, -9_999, Some(FeeWarning::Loss)),
        (Some(1_000_000), Some(1_000_000), false, 0, Some(FeeWarning::NoNetFee)),
    ] {
        let set = set(&bench, priced(fee, commission, at_a_loss)).await;
        assert_eq!((set.net_fee, set.warning), (net_fee, warning));
        // A product that is off earns and loses nothing, so it has no warning.
        let off = ProductChange { active: Some(false), ..change("BPJS") };
        assert_eq!(self::set(&bench, off).await.warning, None);
        let on = ProductChange { active: Some(true), ..change("BPJS") };
        assert_eq!(self::set(&bench, on).await.warning, set.warning);
    }
}

/// A product that already loses money keeps its prices until somebody changes them.
#[tokio::test]
async fn a_stored_loss_does_not_block_other_changes() {
    let bench = Bench::empty(&[]).await;
    let losing: Vec<_> =
        list(&bench, None).await.into_iter().filter(|product| product.net_fee < 0).collect();
    assert!(!losing.is_empty(), "the documented prices have some");
    for product in losing {
        let renamed = ProductChange { name: Some("Other".to_owned()), ..change(&product.code) };
        assert_eq!(set(&bench, renamed).await.net_fee, product.fee - product.commission);
        let same = ProductChange { fee: Some(product.fee), ..change(&product.code) };
        assert!(bench.refusal(Request::SetProduct(same)).await.contains("at a loss"));
    }
}
