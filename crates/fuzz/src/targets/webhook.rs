//! The body of a biller's webhook: it is refused, or it decides a payment only if it names that payment.

use std::sync::Arc;

use biller::{BillerReport, PaymentRequest, Status};
use connectors::digiflazz::webhook::{Report, read, verify};
use domain::{
    Bill, BillerId, Family, Inquiry, Moment, PartnerId, Price, ProductCode, RefId, Reference,
    Rupiah, SoldProduct, TrId,
};
use serde_json::Value;

const REFERENCE: &str = "ours1";
const PRODUCT: &str = "pln";
const CUSTOMER: &str = "530000000001";

/// A body, after its signature was verified.
pub fn run(body: &[u8]) {
    assert!(!verify("", Some("sha1="), body), "nothing has the signature of an empty secret");
    match read(body) {
        Err(_) => {}
        Ok(Report::Ping { evidence }) => {
            let kept: Value = serde_json::from_str(&evidence).unwrap_or_default();
            assert!(!has_secret(&kept), "a ping's secret is kept: {evidence}");
        }
        Ok(Report::Payment(report)) => {
            let order = order();
            assert!(!report.said().contains(CUSTOMER), "{}", report.said());
            let difference = report.difference(&order);
            let concluded = report.conclude(&order).answer;
            let decides = matches!(concluded, Status::Paid(_) | Status::Failed(_));
            if decides && difference.is_none() && report.reference() == REFERENCE {
                names_the_payment(body, &concluded);
            }
        }
    }
}

/// Whether a member that is called a secret has a value.
fn has_secret(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, value)| match name.to_lowercase().contains("secret") {
                true => value != "***",
                false => has_secret(value),
            })
        }
        Value::Array(items) => items.iter().any(has_secret),
        _ => false,
    }
}

/// The body names the payment as any reader of JSON sees it.
fn names_the_payment(body: &[u8], concluded: &Status) {
    // A text that lunas does not read may hold half of a surrogate pair, which only this reader refuses.
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
    let data = &body["data"];
    for (name, expected) in
        [("ref_id", REFERENCE), ("buyer_sku_code", PRODUCT), ("customer_no", CUSTOMER)]
    {
        assert_eq!(data[name], expected, "{name} of {data}");
    }
    if let Status::Paid(_) = concluded {
        assert_eq!((&data["rc"], &data["status"]), (&"00".into(), &"Sukses".into()), "{data}");
    }
}

fn order() -> PaymentRequest {
    let rupiah = Rupiah::new;
    let product = |code| ProductCode::new(code).expect("it is a code");
    let inquiry = Inquiry {
        tr_id: TrId(1),
        partner: PartnerId(1),
        ref_id: RefId::new("partners").expect("it is a ref_id"),
        code: product("PLNPOSTPAID"),
        customer_no: CUSTOMER.into(),
        bill: Bill {
            customer_name: "Nama Pelanggan Pertama".into(),
            period: "201901".into(),
            nominal: rupiah(8_500),
            sheets: 1,
            details: "[]".into(),
        },
        price: Price {
            admin: rupiah(2_500),
            commission: rupiah(0),
            price: rupiah(11_000),
            selling_price: rupiah(11_000),
        },
        biller: BillerId(2),
        extra: None,
        passed_over: None,
        biller_code: Some(product(PRODUCT)),
        reference: Some(Reference::new(REFERENCE).expect("it is a reference")),
        biller_reference: None,
        stated_cost: Some(rupiah(10_000)),
        at: Moment::default(),
        sold: SoldProduct { name: "PLN".into(), family: Family::PlnPostpaid },
    };
    let family = Family::PlnPostpaid;
    PaymentRequest { inquiry: Arc::new(inquiry), family, begun_at: Moment::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_reach_every_branch() {
        let seed = |name: &str| {
            let file = format!("{}/corpus/webhook/{name}", env!("CARGO_MANIFEST_DIR"));
            let Ok(Report::Payment(report)) = read(&std::fs::read(file).unwrap()) else {
                panic!("{name} is no report about a payment");
            };
            (report.difference(&order()).is_none(), report.conclude(&order()).answer)
        };
        assert!(matches!(seed("paid"), (true, Status::Paid(_))));
        assert!(matches!(seed("failed"), (true, Status::Failed(_))));
        assert!(matches!(seed("pending"), (true, Status::Pending)));
        assert!(!seed("other-customer").0);
    }
}
