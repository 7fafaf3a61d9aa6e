//! Signatures, pings and reports, with the published vector.

use domain::FailureReason;
use serde_json::json;

use super::super::samples::{changed, order, paid, unpaid};
use super::*;

const SECRET: &str = "somesecret";
const BODY: &[u8] = br#"{"data":{"ref_id":"lunas-1","status":"Sukses","rc":"00"}}"#;
const SIGNATURE: &str = "sha1=5ddb63707cfa6bd5b90176a25ad2ea1302be28eb";

#[test]
fn the_published_vector_is_verified() {
    assert!(verify(SECRET, Some(SIGNATURE), BODY));
    assert!(verify(SECRET, Some(&SIGNATURE.to_uppercase().replace("SHA1", "sha1")), BODY));
}

/// Pitfalls: webhooks without a signature were accepted, and signed ones were refused because another header was
/// taken for the signature.
#[test]
fn anything_else_is_not_signed() {
    let md5 = "37fb05e8c435f3bf947bb09edda6c9cf";
    let short = &SIGNATURE[..SIGNATURE.len() - 2];
    let long = format!("{SIGNATURE}00");
    for bad in [
        None,
        Some(""),
        Some("sha1="),
        Some(&SIGNATURE[5..]),
        Some(md5),
        Some(short),
        Some(&*long),
        Some("sha1=zz"),
        Some("sha256=5ddb63707cfa6bd5b90176a25ad2ea1302be28eb"),
        Some("sha1=0ddb63707cfa6bd5b90176a25ad2ea1302be28eb"),
    ] {
        assert!(!verify(SECRET, bad, BODY), "{bad:?}");
    }
    assert!(!verify("othersecret", Some(SIGNATURE), BODY));
    let mut with_line_end = BODY.to_vec();
    with_line_end.push(b'\n');
    assert!(!verify(SECRET, Some(SIGNATURE), &with_line_end), "it is over the raw body");
}

#[test]
fn an_empty_secret_verifies_nothing() {
    let mac = Hmac::<Sha1>::new_from_slice(b"").unwrap().chain_update(BODY).finalize();
    let header = format!("sha1={}", HEXLOWER_PERMISSIVE.encode(&mac.into_bytes()));
    assert!(!verify("", Some(&header), BODY));
}

#[test]
fn a_ping_is_known_by_its_members_and_its_secret_is_hidden() {
    let body = br#"{"sed":"x","hook_id":7,"hook":{"url":"https://a","secret":"some\u0073ecret",
        "type":"json","status":1,"more":[{"client_secret":["somesecret"]}]}}"#;
    let Ok(Report::Ping { evidence }) = read(body) else { panic!() };
    assert!(evidence.contains("https://a") && evidence.contains("hook_id"), "{evidence}");
    let debug = format!("{:?}", read(body).unwrap());
    for text in [&*evidence, &*debug] {
        assert!(!text.contains("ecret\":\"some") && !text.contains(SECRET), "{text}");
    }
    for ping in [r#"{"sed":1}"#, r#"{"hook_id":1}"#, r#"{"hook":null}"#] {
        assert!(matches!(read(ping.as_bytes()), Ok(Report::Ping { .. })), "{ping}");
    }
}

#[test]
fn what_is_neither_a_ping_nor_a_transaction_is_refused() {
    for bad in ["", "[]", "null", "<html>", r#"{"sed":1}x"#, r#"{"sed":1,"sed":2}"#] {
        assert_eq!(read(bad.as_bytes()).unwrap_err(), BadReport::NotAnObject, "{bad}");
    }
    for bad in [
        "{}",
        r#"{"data":null,"sed":1}"#,
        r#"{"data":[]}"#,
        r#"{"data":{"rc":"00"}}"#,
        r#"{"data":{"ref_id":"a"}}"#,
        r#"{"data":{"ref_id":"","rc":"00"}}"#,
    ] {
        assert_eq!(read(bad.as_bytes()).unwrap_err(), BadReport::NoTransaction, "{bad}");
    }
    let long = format!("{{\"sed\":\"{}\"}}", "x".repeat(MAX_BODY));
    assert_eq!(read(long.as_bytes()).unwrap_err(), BadReport::TooLong);
}

fn report(data: &serde_json::Value) -> PaymentReport {
    match read(json!({ "data": data }).to_string().as_bytes()) {
        Ok(Report::Payment(report)) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_report_concludes_like_a_status_answer() {
    let told = report(&paid());
    assert_eq!(told.reference(), "lunas1");
    assert_eq!(told.difference(&order()), None);
    let reply = told.conclude(&order());
    assert!(
        matches!(reply.answer, Status::Paid(receipt) if &*receipt.receipt_no == "S1234554321N")
    );
    assert_eq!(reply.balance, Some(Rupiah::new(90_000)));
    assert_eq!(reply.said.as_deref(), Some("00: success"));
    assert!(reply.evidence.unwrap().received.contains("Transaksi Sukses"));
    for (data, status) in [
        (unpaid("02", "Gagal"), Status::Failed(FailureReason::PaymentFailed)),
        (unpaid("03", "Pending"), Status::Pending),
        (changed(json!({"ref_id": "other"})), Status::Mismatch { why: "another ref_id".into() }),
    ] {
        assert_eq!(report(&data).conclude(&order()).answer, status, "{data}");
    }
}

#[test]
fn a_report_must_name_its_payment_completely() {
    for (member, value, expected) in [
        ("ref_id", json!("other"), "another ref_id"),
        ("customer_no", json!("530000000002"), "another customer number"),
        ("customer_no", json!(null), "no customer number"),
        ("customer_no", json!(""), "no customer number"),
        ("buyer_sku_code", json!("pdam"), "another product"),
        ("buyer_sku_code", json!(null), "no product"),
    ] {
        for mut data in [paid(), unpaid("02", "Gagal")] {
            data[member] = value.clone();
            assert_eq!(report(&data).difference(&order()), Some(expected), "{data}");
        }
    }
}

#[test]
fn a_report_is_printed_without_the_customer() {
    let debug = format!("{:?}", report(&paid()));
    for text in ["530000000001", "Nama", "S1234554321N"] {
        assert!(!debug.contains(text), "{debug}");
    }
}
