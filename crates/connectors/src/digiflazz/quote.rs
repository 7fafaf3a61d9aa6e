//! Bills and receipts from Digiflazz's answers.
//!
//! The amounts have the names of IAK's, but the other way round: `selling_price` is what the customer owes, and
//! `price` is what leaves lunas's deposit.

use biller::{InquiryRequest, PaymentRequest, Receipt};
use domain::{Bill, Family, Quote, Rupiah};

use super::answer::Answer;
use super::desc::{self, Call, Known};
use super::json::Object;
use crate::sheets;

/// The bill of a successful inquiry, or why the answer is not a usable bill.
pub(super) fn read(answer: &Answer, question: &InquiryRequest) -> Result<Quote, Box<str>> {
    let missing = |field: &str| -> Box<str> { format!("the answer has no usable {field}").into() };
    if answer.ref_id.is_none() {
        return Err(missing("ref_id"));
    }
    let total = answer.selling_price.ok_or_else(|| missing("selling_price"))?;
    let cost = answer.price.ok_or_else(|| missing("price"))?;
    let admin = answer.admin.ok_or_else(|| missing("admin"))?;
    let nominal = answer.nominal().ok_or_else(|| missing("selling_price"))?;
    if !nominal.is_positive() || !total.is_positive() || !cost.is_positive() {
        return Err("the answer has an amount that is not above zero".into());
    }
    if admin < Rupiah::ZERO {
        return Err("the answer has an admin below zero".into());
    }
    let known = Known { nominal, admin, customer_no: &question.customer_no };
    let desc = answer.desc.as_deref().unwrap_or_default();
    let told_sheets = Object::read(desc.as_bytes()).unwrap_or_default().whole("lembar_tagihan");
    let bill = Bill {
        customer_name: answer.customer_name.clone(),
        period: answer.period.clone(),
        nominal,
        sheets: sheets::plausible(told_sheets, admin.get()),
        details: desc::convert(question.family, Call::Inquiry, desc, &known),
    };
    // A vehicle tax is paid under both numbers, and the books keep only one of them.
    let identity = question.identity.clone();
    let biller_reference = identity.filter(|_| question.family == Family::Esamsat);
    Ok(Quote { bill, biller_reference, cost: Some(cost), admin: Some(admin) })
}

/// What a successful answer says that differs from the recorded bill, beyond what it names. The cost may differ:
/// the documented examples have figures that do not fit each other.
pub(super) fn difference(answer: &Answer, order: &PaymentRequest) -> Option<&'static str> {
    let nominal = answer.nominal();
    nominal.is_some_and(|told| told != order.inquiry.bill.nominal).then_some("another nominal")
}

/// The receipt of a payment that was made.
pub(super) fn receipt(answer: &Answer, order: &PaymentRequest) -> Receipt {
    let inquiry = &order.inquiry;
    let known = Known {
        nominal: inquiry.bill.nominal,
        admin: answer.admin.unwrap_or(inquiry.price.admin),
        customer_no: &inquiry.customer_no,
    };
    let converted = |desc: &str| desc::convert(order.family, Call::Payment, desc, &known);
    // Without readable details those of the inquiry stay.
    let readable = answer.desc.as_deref().filter(|desc| Object::read(desc.as_bytes()).is_some());
    let details = readable.map(converted).filter(|details| **details != *desc::NONE);
    Receipt { receipt_no: answer.sn.clone(), details }
}

#[cfg(test)]
mod tests {
    use domain::{ProductCode, Reference};
    use serde_json::{Value, json};

    use super::super::request::Subject;
    use super::super::samples::{answer, changed, order, paid};
    use super::*;

    fn question(family: Family) -> InquiryRequest {
        InquiryRequest {
            code: ProductCode::new("PLNPOSTPAID").unwrap(),
            biller_code: ProductCode::new("pln").unwrap(),
            reference: Some(Reference::new("lunas1").unwrap()),
            family,
            customer_no: "530000000001".into(),
            month: None,
            year: None,
            identity: Some("0212".into()),
            amount: None,
        }
    }

    fn quote(data: &Value) -> Result<Quote, Box<str>> {
        read(&answer(data), &question(Family::PlnPostpaid))
    }

    /// Pitfall: `price` and `selling_price` were read with IAK's meaning.
    #[test]
    fn the_cost_is_price_and_the_customer_owes_selling_price() {
        let quote = quote(&paid()).unwrap();
        assert_eq!(quote.cost, Some(Rupiah::new(10_000)));
        assert_eq!((quote.bill.nominal, quote.admin), (Rupiah::new(8500), Some(Rupiah::new(2500))));
        assert_eq!((quote.bill.sheets, quote.biller_reference), (1, None));
        assert_eq!(&*quote.bill.period, "201901");
    }

    #[test]
    fn amounts_are_whole_and_complete() {
        for change in [
            json!({"selling_price": "11000.0", "price": 10000.0, "admin": "2500"}),
            json!({"admin": 0, "selling_price": 8500}),
        ] {
            assert_eq!(quote(&changed(change)).unwrap().bill.nominal, Rupiah::new(8500));
        }
        for name in ["selling_price", "price", "admin", "ref_id"] {
            for bad in [json!(null), json!("1.5"), json!(1.5), json!([]), json!("1e4"), json!("")] {
                if name == "ref_id" && !matches!(bad.as_str(), Some("")) && !bad.is_null() {
                    continue;
                }
                assert!(quote(&changed(json!({name: bad}))).is_err(), "{name} {bad}");
            }
        }
        for bad in [
            json!({"selling_price": 0}),
            json!({"selling_price": 2500}),
            json!({"price": 0}),
            json!({"price": -1}),
            json!({"admin": -1}),
            json!({"admin": i64::MIN}),
        ] {
            assert!(quote(&changed(bad.clone())).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_sheets_are_those_of_the_details() {
        for (desc, expected) in [
            (json!({"lembar_tagihan": 2}), 2),
            (json!({"lembar_tagihan": "5"}), 5),
            // The fee of 2,500 is not for three sheets.
            (json!({"lembar_tagihan": "3"}), 1),
            (json!({"lembar_tagihan": 0}), 1),
            (json!({"lembar_tagihan": 1000}), 1),
            (json!({}), 1),
            (json!([]), 1),
            (json!(null), 1),
        ] {
            let quote = quote(&changed(json!({"desc": desc}))).unwrap();
            assert_eq!(quote.bill.sheets, expected, "{desc}");
        }
    }

    #[test]
    fn a_vehicle_tax_keeps_the_identity_number_for_its_payment() {
        let quote = read(&answer(&paid()), &question(Family::Esamsat)).unwrap();
        assert_eq!(quote.biller_reference.as_deref(), Some("0212"));
        let mut order = order();
        order.family = Family::Esamsat;
        assert!(Subject::of_payment(&order).is_err());
        let inquiry = domain::Inquiry {
            biller_reference: quote.biller_reference,
            ..(*order.inquiry).clone()
        };
        order.inquiry = inquiry.into();
        let subject = Subject::of_payment(&order).ok().unwrap();
        assert_eq!(subject.customer_no, "530000000001,0212");
        // The answer may name both numbers, or the first one.
        for named in ["530000000001,0212", "530000000001"] {
            let answer = answer(&changed(json!({"customer_no": named})));
            assert_eq!(answer.names_another(&subject), None, "{named}");
        }
        let other = answer(&changed(json!({"customer_no": "530000000001,0213"})));
        assert!(other.names_another(&subject).is_some());
    }

    #[test]
    fn unreadable_details_do_not_replace_those_of_the_inquiry() {
        let long = "x".repeat(70_000);
        for desc in [json!(null), json!([]), json!("text"), json!({"tarif": long})] {
            let receipt = receipt(&answer(&changed(json!({"desc": desc}))), &order());
            assert_eq!(receipt.details, None);
        }
    }
}
