//! Answers about payments: what each means, and what must not be believed.

use std::sync::Arc;

use biller::{PayError, PaymentRequest, Status};
use domain::{
    Bill, BillerId, FailureReason, Family, Inquiry, Moment, PartnerId, Price, ProductCode, RefId,
    Reference, Rupiah, SoldProduct, TrId,
};
use iak_protocol::{Format, decode_answer};

use super::{after_payment, after_status};

const TR_ID: i64 = 4711;

fn order() -> PaymentRequest {
    let rupiah = Rupiah::new;
    let bill = Bill {
        customer_name: "VERGIE".into(),
        period: "02".into(),
        nominal: rupiah(50_000),
        sheets: 1,
        details: "[]".into(),
    };
    let inquiry = Inquiry {
        tr_id: TrId(1),
        partner: PartnerId(1),
        ref_id: RefId::new("partners").unwrap(),
        code: ProductCode::new("BPJS").unwrap(),
        customer_no: "8801234560001".into(),
        bill,
        price: Price {
            admin: rupiah(2_500),
            commission: rupiah(0),
            price: rupiah(52_500),
            selling_price: rupiah(52_500),
        },
        biller: BillerId(2),
        extra: None,
        passed_over: None,
        biller_code: None,
        reference: Some(Reference::new("ours1").unwrap()),
        biller_reference: Some(TR_ID.to_string().into()),
        stated_cost: Some(rupiah(52_300)),
        at: Moment::default(),
        sold: SoldProduct { name: "BPJS".into(), family: Family::BpjsKesehatan },
    };
    let family = Family::BpjsKesehatan;
    PaymentRequest { inquiry: Arc::new(inquiry), family, begun_at: Moment::default() }
}

fn body(fields: &str) -> String {
    format!(r#"{{"data":{{{fields}}},"meta":[]}}"#)
}

fn paid(fields: &str) -> Result<biller::Receipt, PayError> {
    let body = body(fields);
    after_payment(&decode_answer(body.as_bytes(), Format::Json).unwrap(), &order(), TR_ID)
}

fn status(fields: &str) -> Status {
    let body = body(fields);
    after_status(&decode_answer(body.as_bytes(), Format::Json).unwrap(), &order(), TR_ID)
}

#[test]
fn a_payment_is_paid_if_the_answer_names_it_and_agrees_with_itself() {
    for good in [
        r#""tr_id":4711,"response_code":"00""#,
        r#""tr_id":4711,"ref_id":"ours1","hp":"8801234560001","code":"BPJS","nominal":50000,"status":1,"response_code":"00","noref":"R""#,
    ] {
        assert!(paid(good).is_ok(), "{good}");
    }
    for contradiction in [
        r#""tr_id":4711,"status":2,"response_code":"00""#,
        r#""tr_id":4711,"status":0,"response_code":"00""#,
        r#""tr_id":4711,"status":1,"response_code":"07""#,
        r#""tr_id":4711,"status":1,"response_code":"17""#,
        r#""tr_id":4711,"status":1,"response_code":"37""#,
        // Nothing says that it is about this payment.
        r#""response_code":"07""#,
        r#""status":2,"response_code":"14""#,
    ] {
        assert!(matches!(paid(contradiction), Err(PayError::Unverified { .. })), "{contradiction}");
    }
}

#[test]
fn an_answer_about_another_payment_neither_pays_nor_fails_this_one() {
    for other in [
        r#""tr_id":4712"#,
        r#""tr_id":4711,"ref_id":"other""#,
        r#""tr_id":4711,"hp":"8801234560009""#,
        r#""tr_id":4711,"code":"PLN""#,
    ] {
        for code in ["00", "07", "14", "37", "39", "105", "17"] {
            let fields = format!(r#"{other},"response_code":"{code}""#);
            assert!(matches!(paid(&fields), Err(PayError::Mismatch { .. })), "{fields}");
            assert!(matches!(status(&fields), Status::Mismatch { .. }), "{fields}");
        }
    }
    let amount = r#""tr_id":4711,"nominal":1,"response_code":"00""#;
    assert!(matches!(paid(amount), Err(PayError::Mismatch { .. })));
    assert!(matches!(status(amount), Status::Mismatch { .. }));
    let nameless = r#""response_code":"00""#;
    assert!(matches!(paid(nameless), Err(PayError::Mismatch { .. })));
    assert!(matches!(status(nameless), Status::Unknown { .. }));
}

#[test]
fn a_refusal_of_the_request_is_a_failure_of_the_payment_and_says_nothing_later() {
    for (code, reason) in [
        ("17", FailureReason::BillerBalanceTooLow),
        ("100", FailureReason::BillerAccountRejected),
        ("102", FailureReason::BillerAccountRejected),
    ] {
        let fields = format!(r#""response_code":"{code}","status":2"#);
        assert_eq!(paid(&fields), Err(PayError::Refused(reason)), "{code}");
        for named in ["", r#""tr_id":4711,"#] {
            let fields = format!(r#"{named}"response_code":"{code}","status":2"#);
            assert!(matches!(status(&fields), Status::Unknown { .. }), "{fields}");
        }
    }
}

#[test]
fn a_status_that_may_be_about_the_question_or_about_others_is_no_failure() {
    for code in ["01", "34", "40", "91", "92", "103", "105", "110"] {
        let stated = format!(r#""tr_id":4711,"status":2,"response_code":"{code}""#);
        assert!(matches!(status(&stated), Status::Failed(_)), "{stated}");
        for unstated in [
            format!(r#""tr_id":4711,"response_code":"{code}""#),
            format!(r#""status":2,"response_code":"{code}""#),
            format!(r#""tr_id":4711,"status":1,"response_code":"{code}""#),
        ] {
            assert!(matches!(status(&unstated), Status::Unknown { .. }), "{unstated}");
        }
    }
    assert!(matches!(status(r#""tr_id":4711,"status":2,"response_code":"37""#), Status::Failed(_)));
    let not_received = r#""tr_id":4711,"status":0,"response_code":"42""#;
    assert_eq!(status(not_received), Status::NotFound { is_final: true });
    assert!(matches!(status(r#""response_code":"06","status":2"#), Status::Unknown { .. }));
    assert_eq!(status(r#""tr_id":4711,"status":3,"response_code":"39""#), Status::Pending);
}
