//! Reads IAK's price list. Anything but a whole list is an error.

use biller::{ListedProduct, MAX_PRODUCTS, PriceListError};
use domain::Rupiah;
use iak_protocol::{Format, PriceListAnswer, Product, decode_price_list};
use outbound::Reply;

use super::codes::{self, Meaning};
use super::{described, families};
use crate::text::{listed, optional};

/// The `status` of a product that can be bought.
const ON_SALE: i64 = 1;

/// The products of one type or all, or why there is no list; and what IAK said if it refused.
pub(super) fn read(
    reply: &Reply,
    kind: Option<&str>,
) -> (Result<Vec<ListedProduct>, PriceListError>, Option<Box<str>>) {
    let unreachable = |why: String| Err(PriceListError::Unreachable { why: why.into() });
    let status = reply.status;
    if !matches!(status, 200 | 400) {
        return (unreachable(format!("the biller answered with the HTTP status {status}")), None);
    }
    match decode_price_list(&reply.body, Format::Json) {
        Err(error) => (unreachable(error.to_string()), None),
        Ok(PriceListAnswer::Failure { response_code, .. }) => {
            let said = described(response_code);
            let error = match codes::after_inquiry(response_code) {
                Meaning::Failed(reason) | Meaning::Refused(reason) => {
                    PriceListError::Refused(reason)
                }
                _ => PriceListError::Unreachable { why: said.clone() },
            };
            (Err(error), Some(said))
        }
        Ok(PriceListAnswer::Products(_)) if status != 200 => {
            (unreachable(format!("a list with the HTTP status {status}")), None)
        }
        Ok(PriceListAnswer::Products(products)) if products.len() > MAX_PRODUCTS => {
            (unreachable(format!("the list has more than {MAX_PRODUCTS} products")), None)
        }
        Ok(PriceListAnswer::Products(products)) => {
            let is_asked_for = |product: &&Product<'_>| {
                kind.is_none_or(|kind| kind.eq_ignore_ascii_case(&product.product_type))
            };
            (Ok(products.iter().filter(is_asked_for).map(converted).collect()), None)
        }
    }
}

fn converted(product: &Product<'_>) -> ListedProduct {
    ListedProduct {
        code: listed(&product.code),
        name: listed(&product.name),
        kind: listed(&product.product_type),
        category: listed(&product.category),
        fee: Rupiah::new(product.fee),
        commission: Rupiah::new(product.komisi),
        is_open: product.status == ON_SALE,
        province: optional(product.province.as_deref()),
        note: None,
        family: families::of(&product.product_type, &product.category, &product.code),
    }
}

#[cfg(test)]
mod tests {
    use domain::{FailureReason, Family};
    use serde_json::{Value, json};

    use super::*;

    fn answer(status: u16, body: &str) -> Result<Vec<ListedProduct>, PriceListError> {
        let reply = Reply { status, content_type: None, body: body.as_bytes().to_vec() };
        read(&reply, None).0
    }

    fn water() -> Value {
        json!({"code": "PDAMKOTA.SURABAYA", "name": "PDAM Surabaya", "status": 1, "fee": 2000,
            "komisi": 700, "type": "pdam", "category": "postpaid", "province": "Jawa Timur"})
    }

    fn list(products: Vec<Value>) -> String {
        json!({"data": {"pasca": products}, "meta": []}).to_string()
    }

    #[test]
    fn the_documented_fields_are_read() {
        let off = json!({"code": "TVX", "name": "TV", "status": 4, "fee": 0, "komisi": 1100,
            "type": "tv", "category": "postpaid", "province": null});
        let products = answer(200, &list(vec![water(), off])).unwrap();
        assert_eq!(
            products[0],
            ListedProduct {
                code: "PDAMKOTA.SURABAYA".into(),
                name: "PDAM Surabaya".into(),
                kind: "pdam".into(),
                category: "postpaid".into(),
                fee: Rupiah::new(2000),
                commission: Rupiah::new(700),
                is_open: true,
                province: Some("Jawa Timur".into()),
                note: None,
                family: biller::ListedFamily::Certain(Family::Pdam),
            }
        );
        assert_eq!((products[1].is_open, &products[1].province), (false, &None));
        // An honest empty list is one.
        assert_eq!(answer(200, &list(Vec::new())), Ok(Vec::new()));
    }

    #[test]
    fn half_a_list_is_no_list() {
        let whole = list(vec![water(), water()]);
        let without = |field: &str| {
            let mut product = water();
            product.as_object_mut().unwrap().remove(field);
            list(vec![water(), product])
        };
        let mut bad: Vec<String> = ["code", "name", "status", "fee", "komisi", "type", "category"]
            .into_iter()
            .map(without)
            .collect();
        let with = |field: &str, value: Value| {
            let mut product = water();
            product[field] = value;
            list(vec![water(), product])
        };
        bad.extend([
            whole[..whole.len() - 2].to_owned(),
            String::new(),
            "<html>".to_owned(),
            "{}".to_owned(),
            json!({"data": []}).to_string(),
            json!({"data": {}}).to_string(),
            json!({"data": {"pasca": null}}).to_string(),
            json!({"data": {"pasca": {}}}).to_string(),
            json!({"data": {"pasca": [null]}}).to_string(),
            json!({"data": {"pasca": [water(), []]}}).to_string(),
            with("fee", json!("Rp 2.500")),
            with("fee", json!(0.5)),
            with("status", json!(null)),
            list(vec![water(); MAX_PRODUCTS + 1]),
        ]);
        for body in bad {
            let shown: String = body.chars().take(80).collect();
            let error = answer(200, &body).unwrap_err();
            assert!(matches!(error, PriceListError::Unreachable { .. }), "{shown}: {error}");
        }
        assert!(answer(200, &list(vec![water(); MAX_PRODUCTS])).is_ok());
        for status in [201, 302, 400, 404, 500, 502] {
            let error = answer(status, &whole).unwrap_err();
            assert!(matches!(error, PriceListError::Unreachable { .. }), "{status}: {error}");
        }
    }

    #[test]
    fn a_refusal_is_none_even_beside_a_list() {
        for (code, reason) in [
            ("100", FailureReason::BillerAccountRejected),
            ("102", FailureReason::BillerAccountRejected),
            ("107", FailureReason::BillerUnavailable),
        ] {
            let alone = json!({"data": {"response_code": code, "message": "X"}});
            let beside = json!({"data": {"pasca": [], "response_code": code, "message": "X"}});
            for body in [alone, beside] {
                let refused = answer(200, &body.to_string()).unwrap_err();
                assert_eq!(refused, PriceListError::Refused(reason), "{body}");
            }
        }
        let pending = json!({"data": {"response_code": "39", "message": "PENDING"}}).to_string();
        assert!(answer(200, &pending).is_err());
        let success = json!({"data": {"response_code": "00", "message": "SUCCESS"}}).to_string();
        assert!(matches!(answer(200, &success), Err(PriceListError::Unreachable { .. })));
    }

    #[test]
    fn a_list_of_one_type_has_no_other() {
        let mut other = water();
        other["type"] = "tv".into();
        let body = list(vec![water(), other]);
        let reply = Reply { status: 200, content_type: None, body: body.into_bytes() };
        let (products, _) = read(&reply, Some("PDAM"));
        assert_eq!(products.unwrap().len(), 1);
        assert_eq!(read(&reply, Some("pln")).0, Ok(Vec::new()));
    }
}
