//! Products.

use super::*;
use crate::admin::request::{Opening, ProductChange};
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
    assert!(pln.iter().all(|product| product.kind == "pln" && product.biller == "sandbox"));
    let unknown = Request::ListProducts { kind: Some("pulsa".to_owned()) };
    let refusal = bench.refusal(unknown).await;
    assert!(refusal.contains("the types are") && refusal.contains("pajak-kendaraan"), "{refusal}");
}

#[tokio::test]
async fn what_is_not_named_stays() {
    let bench = Bench::empty(&[]).await;
    let all = list(&bench, None).await;
    let before = all.into_iter().find(|product| product.code == "BPJS").unwrap();
    let hours = Some(Opening::Between("01:00-23:00".to_owned()));
    let first = ProductChange { fee: Some(2750), active: Some(false), hours, ..change("BPJS") };
    let first = set(&bench, first).await;
    let hours = Some("01:00-23:00".to_owned());
    assert_eq!(first, Product { fee: 2750, active: false, hours, ..before });
    let second = ProductChange { hours: Some(Opening::Always), ..change("BPJS") };
    assert_eq!(set(&bench, second).await, Product { hours: None, ..first });
}

#[tokio::test]
async fn a_product_is_added_on_purpose_only() {
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
        (new("A B"), "is no product code"),
        (change("BPJSX"), "did you mean BPJS"),
        (change("bpjs"), "did you mean BPJS"),
        (change("QQQQQQQQQQ"), "`lunas product list`"),
    ] {
        let refusal = bench.refusal(Request::SetProduct(bad)).await;
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[tokio::test]
async fn a_change_that_makes_no_sense_changes_nothing() {
    let bench = Bench::empty(&[]).await;
    let before = list(&bench, None).await;
    let text = |text: &str| Some(text.to_owned());
    for (bad, why) in [
        (ProductChange { fee: Some(-1), ..change("BPJS") }, "a fee is"),
        (ProductChange { commission: Some(-1), ..change("BPJS") }, "a commission is"),
        (ProductChange { name: text("\n"), ..change("BPJS") }, "a product's name is"),
        (ProductChange { name: text("BPJS 王"), ..change("BPJS") }, "has no '王' (U+738B)"),
        (
            ProductChange { create: text("pdam"), name: text("Air 🚰"), ..change("NEW") },
            "has no '🚰' (U+1F6B0)",
        ),
        (ProductChange { province: text("JAWA BARAT"), ..change("BPJS") }, "water company"),
        (
            ProductChange { hours: Some(Opening::Between("1-2".to_owned())), ..change("BPJS") },
            "are no hours",
        ),
    ] {
        let bad = ProductChange { active: Some(false), ..bad };
        let refusal = bench.refusal(Request::SetProduct(bad)).await;
        assert!(refusal.contains(why), "{refusal}");
    }
    assert_eq!(list(&bench, None).await, before);
}
