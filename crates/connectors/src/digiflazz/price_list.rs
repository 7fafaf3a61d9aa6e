//! Reads Digiflazz's list of postpaid products. Anything but a whole list is an error: pitfall: an error was
//! stored as a list, and emptied the catalogue.

use biller::{ListedProduct, MAX_PRODUCTS, PriceListError};

use super::codes::{self, Meaning};
use super::families;
use super::json::Object;
use crate::text::{listed, optional};

/// The list was asked for less than 5 minutes ago.
const TOO_OFTEN: &str = "83";

/// The products of one brand or category, or all, or why there is no list; and what Digiflazz said if it
/// refused.
pub(super) fn read(
    status: u16,
    body: &[u8],
    kind: Option<&str>,
) -> (Result<Vec<ListedProduct>, PriceListError>, Option<Box<str>>) {
    let unreachable = |why: String| (Err(PriceListError::Unreachable { why: why.into() }), None);
    let Some(body) = Object::read(body) else {
        return unreachable(format!("no JSON object, but the HTTP status {status}"));
    };
    if let Some(data) = body.object("data") {
        return refused(&data);
    }
    if status != 200 {
        return unreachable(format!("a list with the HTTP status {status}"));
    }
    let Some(items) = body.list("data", MAX_PRODUCTS) else {
        return unreachable(format!("no list of at most {MAX_PRODUCTS} products"));
    };
    let mut products = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        match product(item) {
            Ok(product) => products.push(product),
            Err(field) => {
                return unreachable(format!("product {} of the list has no {field}", place + 1));
            }
        }
    }
    if let Some(kind) = kind {
        let is = |text: &str| text.eq_ignore_ascii_case(kind.trim());
        products.retain(|product| is(&product.kind) || is(&product.category));
    }
    (Ok(products), None)
}

/// Why Digiflazz gives no list. Then `data` is an object with a code.
fn refused(data: &Object<'_>) -> (Result<Vec<ListedProduct>, PriceListError>, Option<Box<str>>) {
    let rc = data.text("rc").unwrap_or_default();
    let said = codes::said(&rc);
    let error = match codes::after_inquiry(&rc, None) {
        _ if rc == TOO_OFTEN => PriceListError::TooOften,
        Meaning::Failed(reason) => PriceListError::Refused(reason),
        _ => PriceListError::Unreachable { why: said.clone() },
    };
    (Err(error), Some(said))
}

/// A product, or the field that it lacks.
fn product(item: &Object<'_>) -> Result<ListedProduct, &'static str> {
    let text =
        |name: &'static str| item.text(name).filter(|text| !text.trim().is_empty()).ok_or(name);
    let flag = |name: &'static str| item.flag(name).ok_or(name);
    let amount = |name: &'static str| item.rupiah(name).ok_or(name);
    let (name, brand) = (text("product_name")?, text("brand")?);
    let category = text("category")?;
    // Both must be true for a purchase.
    let (is_bought, is_sold) = (flag("buyer_product_status")?, flag("seller_product_status")?);
    Ok(ListedProduct {
        code: listed(&text("buyer_sku_code")?),
        family: families::of(&category, &brand, &name),
        name: listed(&name),
        kind: listed(&brand),
        category: listed(&category),
        fee: amount("admin")?,
        commission: amount("commission")?,
        is_open: is_bought && is_sold,
        province: None,
        note: optional(item.text("desc").as_deref()),
    })
}

#[cfg(test)]
mod tests {
    use biller::ListedFamily;
    use domain::{FailureReason, Family, Rupiah};
    use serde_json::{Value, json};

    use super::*;

    fn water() -> Value {
        json!({"product_name": "PDAM Kota Bandung", "category": "Pascabayar", "brand": "PDAM",
            "seller_name": "Seller", "admin": 2500, "commission": 700, "buyer_sku_code": "pdambdg",
            "buyer_product_status": true, "seller_product_status": true, "desc": "Jawa Barat"})
    }

    fn with(field: &str, value: Value) -> Value {
        let mut product = water();
        product[field] = value;
        product
    }

    fn answer(data: Value) -> Result<Vec<ListedProduct>, PriceListError> {
        read(200, json!({ "data": data }).to_string().as_bytes(), None).0
    }

    #[test]
    fn the_documented_fields_are_read() {
        let none = with("desc", json!("-"));
        let products = answer(json!([water(), none])).unwrap();
        assert_eq!(
            products[0],
            ListedProduct {
                code: "pdambdg".into(),
                name: "PDAM Kota Bandung".into(),
                kind: "PDAM".into(),
                category: "Pascabayar".into(),
                fee: Rupiah::new(2500),
                commission: Rupiah::new(700),
                is_open: true,
                province: None,
                note: Some("Jawa Barat".into()),
                family: ListedFamily::Certain(Family::Pdam),
            }
        );
        assert_eq!(products[1].note, None);
        assert_eq!(answer(json!([])), Ok(Vec::new()));
    }

    #[test]
    fn a_product_is_open_if_both_say_so() {
        for (buyer, seller) in [(false, true), (true, false), (false, false)] {
            let mut product = with("buyer_product_status", json!(buyer));
            product["seller_product_status"] = json!(seller);
            assert!(!answer(json!([product])).unwrap()[0].is_open, "{buyer} {seller}");
        }
    }

    #[test]
    fn half_a_list_is_no_list() {
        let mut bad = Vec::new();
        for field in [
            "product_name",
            "category",
            "brand",
            "admin",
            "commission",
            "buyer_sku_code",
            "buyer_product_status",
            "seller_product_status",
        ] {
            bad.extend([
                json!([water(), with(field, json!(null))]),
                json!([with(field, json!({}))]),
            ]);
        }
        bad.extend([
            json!(null),
            json!("x"),
            json!({}),
            json!([null]),
            json!([water(), []]),
            json!([with("admin", json!(0.5))]),
            json!([with("admin", json!("Rp 2.500"))]),
            json!([with("buyer_product_status", json!("true"))]),
            json!([with("buyer_sku_code", json!(" "))]),
            Value::Array(vec![water(); MAX_PRODUCTS + 1]),
        ]);
        for data in bad {
            let shown: String = data.to_string().chars().take(100).collect();
            let error = answer(data).unwrap_err();
            assert!(matches!(error, PriceListError::Unreachable { .. }), "{shown}: {error}");
        }
        assert!(answer(Value::Array(vec![water(); MAX_PRODUCTS])).is_ok());
        let whole = json!({"data": [water()]}).to_string();
        for body in ["", "{}", "<html>", "[]", &whole[..whole.len() - 2]] {
            assert!(read(200, body.as_bytes(), None).0.is_err(), "{body}");
        }
        assert!(read(400, whole.as_bytes(), None).0.is_err());
    }

    #[test]
    fn a_refusal_is_told_apart() {
        let refusal = |rc: &str| answer(json!({"rc": rc, "message": "X", "status": "Gagal"}));
        let often = refusal("83").unwrap_err();
        assert_eq!(often, PriceListError::TooOften);
        assert!(often.to_string().contains("at most once in 5 minutes"), "{often}");
        for rc in ["41", "42", "45", "82", "88"] {
            let rejected = PriceListError::Refused(FailureReason::BillerAccountRejected);
            assert_eq!(refusal(rc), Err(rejected), "{rc}");
        }
        for rc in ["00", "03", "14", "9999"] {
            assert!(matches!(refusal(rc), Err(PriceListError::Unreachable { .. })), "{rc}");
        }
        let (_, said) = read(403, br#"{"data":{"rc":"45"}}"#, None);
        assert_eq!(said.as_deref(), Some("45: address of lunas not allowed"));
    }

    #[test]
    fn a_list_of_one_brand_has_no_other() {
        let list = json!({"data": [water(), with("brand", json!("PBB"))]}).to_string();
        let brand = |kind| read(200, list.as_bytes(), Some(kind)).0.unwrap().len();
        assert_eq!((brand("pdam"), brand("Pascabayar"), brand("PLN PASCABAYAR")), (1, 2, 0));
    }
}
