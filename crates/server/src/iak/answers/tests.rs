//! The answer for each state and each refusal.

use std::sync::Arc;

use domain::{
    Bill, BillerId, FailureReason, Family, Inquiry as Recorded, Moment, Payment, Price, Rupiah,
    SoldProduct, State, TrId,
};

use super::*;

/// 2018-08-03 17:07:50 in Jakarta.
const AT: Moment = Moment::from_micros(1_533_290_870_000_000);

fn transaction(state: State) -> Transaction {
    let inquiry = Recorded {
        tr_id: TrId(9_732_787),
        partner: PartnerId(1),
        ref_id: RefId::new("0912").unwrap(),
        code: ProductCode::new("BPJS").unwrap(),
        customer_no: "8801234560001".into(),
        bill: Bill {
            customer_name: "VERGIE".into(),
            period: "02".into(),
            nominal: Rupiah::new(50_000),
            sheets: 1,
            details: r#"{"a":"1"}"#.into(),
        },
        price: Price {
            admin: Rupiah::new(2500),
            commission: Rupiah::new(200),
            price: Rupiah::new(52_500),
            selling_price: Rupiah::new(52_300),
        },
        at: AT,
        biller: BillerId(1),
        extra: None,
        passed_over: None,
        biller_code: None,
        reference: None,
        biller_reference: None,
        stated_cost: None,
        sold: SoldProduct { name: "BPJS Kesehatan".into(), family: Family::BpjsKesehatan },
    };
    let payment = (state != State::Inquired).then(|| Payment {
        tr_id: inquiry.tr_id,
        partner: inquiry.partner,
        biller: BillerId(1),
        state,
        begun_at: AT.after_micros(1_000_000),
        settled_at: state.is_final().then_some(AT),
        balance: Rupiah::new(47_700),
        reason: (state == State::Failed).then_some(FailureReason::PaymentFailed),
        receipt_no: if state == State::Paid { "1487".into() } else { "".into() },
        details: None,
        exchanges: 0,
        asks: 0,
        open_because: None,
        attempt: None,
    });
    Transaction { inquiry: Arc::new(inquiry), payment, available: Rupiah::new(5) }
}

/// The fields in which answers differ: code, `status`, `datetime`, `balance`, `noref`.
fn gist(answer: &BillAnswer<'_>) -> String {
    format!(
        "{} {:?} {} {:?} {:?}",
        answer.response_code.as_str(),
        answer.status,
        answer.datetime.as_deref().unwrap_or("-"),
        answer.balance,
        answer.noref.as_deref(),
    )
}

fn pay(state: State, repeated: bool) -> String {
    gist(&paid(&Paid { transaction: transaction(state), repeated }, None))
}

#[test]
fn a_payment_answer_shows_its_state() {
    assert_eq!(pay(State::Paid, false), "00 None 20180803170751 Some(47700) Some(\"1487\")");
    assert_eq!(pay(State::Paid, true), "01 Some(1) 20180803170751 Some(47700) Some(\"1487\")");
    assert_eq!(pay(State::Failed, false), "37 Some(2) 20180803170751 Some(47700) Some(\"\")");
    assert_eq!(pay(State::Failed, true), pay(State::Failed, false));
    for state in [State::Paying, State::Pending] {
        assert_eq!(pay(state, false), "39 Some(3) - Some(5) None");
        assert_eq!(pay(state, true), pay(state, false));
    }
}

#[test]
fn a_status_answer_shows_the_state() {
    let told = |state| gist(&status(&transaction(state)));
    assert_eq!(told(State::Inquired), "42 Some(0) 20180803170750 Some(5) None");
    assert_eq!(told(State::Paid), "00 Some(1) 20180803170751 Some(47700) Some(\"1487\")");
    assert_eq!(told(State::Failed), "37 Some(2) 20180803170751 Some(47700) Some(\"\")");
    assert_eq!(told(State::Pending), "39 Some(3) - Some(5) None");
}

#[test]
fn a_refused_payment_shows_its_code_and_bill() {
    let told = |why| {
        let refused = PayRefused { why, transaction: Some(transaction(State::Inquired)) };
        gist(&not_begun(1, &refused))
    };
    assert_eq!(told(BeginPaymentRefusal::BalanceTooLow), "17 Some(2) - Some(5) None");
    assert_eq!(told(BeginPaymentRefusal::Expired), "04 Some(2) - Some(5) None");
    assert_eq!(told(BeginPaymentRefusal::ProductOff), "106 Some(2) - Some(5) None");
    assert_eq!(told(BeginPaymentRefusal::Closed), "109 Some(2) - Some(5) None");
    let unknown = PayRefused { why: BeginPaymentRefusal::UnknownTransaction, transaction: None };
    let answer = not_begun(7, &unknown);
    assert_eq!(gist(&answer), "06 Some(2) - None None");
    assert_eq!((answer.tr_id, answer.ref_id), (Some(7), None));
}

#[test]
fn a_missing_required_field_is_named() {
    let inquiry = Inquiry { code: "BPJS".into(), hp: "1".into(), ..Inquiry::default() };
    for (extra, field) in [
        (RequiredField::Month, "month"),
        (RequiredField::Year, "year"),
        (RequiredField::Identity, "nomor_identitas"),
        (RequiredField::Amount, "desc.amount"),
    ] {
        let told = |inquiry: &Inquiry<'_>| {
            let answer = no_bill(inquiry, &InquiryFailure::Needs(extra));
            assert_eq!(answer.response_code, ResponseCode::FormatError);
            answer.error_details
        };
        let missing = FieldFault::new(field, "is missing; this product needs it");
        assert_eq!(told(&inquiry), [missing]);
        // A value that was given and is wrong is named as wrong; faults of other fields are not
        // reported.
        for named in [field, field.split('.').next().unwrap()] {
            let unusable = ["x", named, "y"].map(|name| FieldFault::new(name, "must be else"));
            let inquiry = Inquiry { unusable: unusable.to_vec(), ..inquiry.clone() };
            assert_eq!(told(&inquiry), [unusable[1].clone()]);
        }
    }
}
