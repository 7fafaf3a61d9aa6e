//! Answers to a payment and about one, and what each says.

use biller::{PayError, Receipt, Status};
use domain::FailureReason;
use serde_json::{Value, json};

use super::super::samples::{answer, changed, order, paid, unpaid};
use super::Occasion::{Report, StatusQuery};
use super::*;

fn after_payment(data: &Value) -> Result<Receipt, PayError> {
    let order = order();
    of_payment(&answer(data), &order, &Subject::of_payment(&order).ok().unwrap())
}

fn after_status(data: &Value) -> Status {
    of_status(&answer(data), &order(), StatusQuery)
}

fn in_report(data: &Value) -> Status {
    of_status(&answer(data), &order(), Report)
}

fn is_open(status: &Status) -> bool {
    matches!(status, Status::Unknown { .. } | Status::Mismatch { .. })
}

#[test]
fn a_paid_bill_has_a_receipt_with_the_details_of_the_family() {
    let receipt = after_payment(&paid()).unwrap();
    assert_eq!(&*receipt.receipt_no, "S1234554321N");
    let details: Value = serde_json::from_str(receipt.details.as_deref().unwrap()).unwrap();
    assert_eq!(details["tagihan"]["detail"][0]["meter_awal"], "00080000");
    assert_eq!(after_status(&paid()), Status::Paid(receipt.clone()));
    assert_eq!(in_report(&paid()), Status::Paid(receipt));
    let bare = after_payment(&changed(json!({"sn": "", "desc": null}))).unwrap();
    assert_eq!(bare, Receipt { receipt_no: "".into(), details: None });
}

#[test]
fn an_answer_about_something_else_decides_nothing() {
    for change in [
        json!({"ref_id": "lunas2"}),
        json!({"customer_no": "530000000002"}),
        json!({"buyer_sku_code": "pdam"}),
        json!({"selling_price": 11_001}),
        json!({"admin": 2000}),
    ] {
        let data = changed(change.clone());
        assert!(matches!(after_payment(&data), Err(PayError::Mismatch { .. })), "{change}");
        assert!(matches!(after_status(&data), Status::Mismatch { .. }), "{change}");
        assert!(matches!(in_report(&data), Status::Mismatch { .. }), "{change}");
    }
    for name in ["ref_id", "customer_no", "buyer_sku_code"] {
        let mut data = unpaid("02", "Gagal");
        data[name] = "another".into();
        assert!(matches!(after_payment(&data), Err(PayError::Mismatch { .. })), "{name}");
        assert!(matches!(after_status(&data), Status::Mismatch { .. }), "{name}");
    }
}

#[test]
fn what_cannot_be_compared_is_not_compared() {
    for change in [json!({"selling_price": null}), json!({"admin": null}), json!({"price": 1})] {
        assert!(after_payment(&changed(change.clone())).is_ok(), "{change}");
    }
}

#[test]
fn only_an_answer_that_names_the_payment_ends_it() {
    for data in [paid(), unpaid("02", "Gagal"), unpaid("74", "Gagal")] {
        for nothing in [Value::Null, "".into()] {
            let mut data = data.clone();
            data["ref_id"] = nothing;
            assert!(matches!(after_payment(&data), Err(PayError::MaybeSent { .. })), "{data}");
            assert!(matches!(after_status(&data), Status::Unknown { .. }), "{data}");
        }
    }
    // A refused request forms no transaction that it could name.
    let refusal = json!({"rc": "45", "status": "Gagal", "message": "IP"});
    let rejected = PayError::Refused(FailureReason::BillerAccountRejected);
    assert_eq!(after_payment(&refusal), Err(rejected));
    assert!(matches!(after_status(&refusal), Status::Unknown { .. }));
}

/// Pitfall: the status query of a paid bill was refused for the address of a new server, and the payment was
/// taken for failed.
#[test]
fn a_refused_question_is_not_a_failed_payment() {
    for rc in ["40", "41", "42", "43", "44", "45", "46", "47", "49", "82", "83", "85", "86", "88"] {
        let data = unpaid(rc, "Gagal");
        assert!(matches!(after_status(&data), Status::Unknown { .. }), "{rc}");
        assert!(matches!(in_report(&data), Status::Unknown { .. }), "{rc}");
    }
}

/// Pitfall: a time-out behind Digiflazz was refunded and then paid.
#[test]
fn a_time_out_is_verified_before_it_is_a_failure() {
    for rc in ["01", "70"] {
        let data = unpaid(rc, "Gagal");
        assert!(matches!(after_payment(&data), Err(PayError::Unverified { .. })), "{rc}");
        assert_eq!(after_status(&data), Status::Failed(FailureReason::BillerTimeout), "{rc}");
        assert!(matches!(in_report(&data), Status::Unknown { .. }), "{rc}: it may come first");
    }
    for rc in ["46", "49", "50"] {
        let data = unpaid(rc, "Gagal");
        assert!(matches!(after_payment(&data), Err(PayError::Unverified { .. })), "{rc}");
    }
}

#[test]
fn a_transaction_that_is_not_there_is_no_evidence_of_a_failure() {
    let not_found = Status::NotFound { is_final: false };
    assert_eq!(after_status(&unpaid("50", "Gagal")), not_found);
    for rc in ["02", "40", "54", "zz"] {
        let mut data = unpaid(rc, "Gagal");
        data["message"] = "Data Belum Ada".into();
        assert_eq!(after_status(&data), not_found, "{rc}");
    }
}

#[test]
fn an_unknown_code_and_a_contradiction_decide_nothing() {
    for (rc, status) in [
        ("00", "Gagal"),
        ("00", "Pending"),
        ("00", "sukses"),
        ("02", "Sukses"),
        ("02", "Pending"),
        ("03", "Sukses"),
        ("03", "Gagal"),
        ("74", "Sukses"),
        ("14", "Gagal"),
        ("200", "Sukses"),
        ("", "Gagal"),
        ("00", ""),
        ("02", ""),
        ("45", "Sukses"),
    ] {
        let data = changed(json!({"rc": rc, "status": status}));
        assert!(matches!(after_payment(&data), Err(PayError::MaybeSent { .. })), "{rc} {status}");
        assert!(is_open(&after_status(&data)), "{rc} {status}");
        assert!(is_open(&in_report(&data)), "{rc} {status}");
    }
    for (rc, status) in [("03", "Pending"), ("99", "Pending"), ("14", "Pending")] {
        let data = unpaid(rc, status);
        assert_eq!(after_payment(&data), Err(PayError::InProcess), "{rc}");
        assert_eq!(after_status(&data), Status::Pending, "{rc}");
    }
}

#[test]
fn a_failure_has_its_reason() {
    use FailureReason::*;
    for (rc, message, reason) in [
        ("02", "", PaymentFailed),
        ("54", "", CustomerUnknown),
        ("57", "", CustomerUnknown),
        ("52", "", CarrierMismatch),
        ("51", "", CustomerBlocked),
        ("58", "", OutsideHours),
        ("60", "Tagihan belum tersedia", BillNotAvailable),
        ("60", "Tagihan SUDAH DIBAYAR", AlreadyPaid),
        ("60", "Tagihan sudah lunas", AlreadyPaid),
        ("74", "", PaymentFailed),
    ] {
        let mut data = unpaid(rc, "Gagal");
        data["message"] = message.into();
        assert_eq!(after_payment(&data), Err(PayError::Refused(reason)), "{rc} {message}");
        assert_eq!(after_status(&data), Status::Failed(reason), "{rc} {message}");
        assert_eq!(in_report(&data), Status::Failed(reason), "{rc} {message}");
    }
}

#[test]
fn a_message_about_an_answer_holds_nothing_of_the_customer() {
    let data = changed(json!({"rc": "Siti 0812", "status": "Siti 0812", "message": "Siti 0812"}));
    let Err(PayError::MaybeSent { why }) = after_payment(&data) else { panic!() };
    assert!(!why.contains("0812") && !why.contains("Siti"), "{why}");
}
