//! What goes wrong on the way, and answers that are not about the question. None of them is a failed payment.

use std::time::Duration;

use biller::{InquiryError, PayError, Status};
use domain::{FailureReason, Family};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::server::{ScriptedAnswer, Server, success};
use crate::setup::{NOW, connector, pln_order, question};

/// The request of PLN's first test number, as far as answers repeat it.
fn sent(reference: &str) -> Value {
    json!({"ref_id": reference, "customer_no": "530000000001", "buyer_sku_code": "pln"})
}

fn paid(reference: &str) -> Value {
    success(&sent(reference), 1, true)
}

/// A success with one member changed.
fn paid_but(name: &str, value: Value) -> Value {
    let mut data = paid("ref0");
    data[name] = value;
    data
}

fn failed(reference: &str, rc: &str) -> Value {
    let mut data = sent(reference);
    data["rc"] = rc.into();
    data["status"] = "Gagal".into();
    data
}

fn html(status: u16) -> ScriptedAnswer {
    ScriptedAnswer::Answer { status, body: "<html>Bad Gateway</html>".into() }
}

fn text(body: &str) -> ScriptedAnswer {
    ScriptedAnswer::Answer { status: 200, body: body.into() }
}

/// Answers that cannot be read, each made for one request.
fn unreadable() -> Vec<(&'static str, ScriptedAnswer)> {
    let data = |status, data| ScriptedAnswer::Data { status, data };
    let failed_list = format!("[{}]", json!({"data": failed("ref0", "02")}));
    vec![
        ("HTML with 502", html(502)),
        ("HTML with 200", html(200)),
        ("HTML with 404", html(404)),
        ("an empty body", text("")),
        ("an empty object", text("{}")),
        ("data null", data(200, json!(null))),
        ("data a list", data(200, json!([paid("ref0")]))),
        ("data a list of failures", data(200, json!([failed("ref0", "02")]))),
        ("a list", text(&failed_list)),
        ("data without rc", data(200, json!({"status": "Gagal", "ref_id": "ref0"}))),
        ("an unknown code", data(200, failed("ref0", "14"))),
        ("a failure with 500", data(500, failed("ref0", "02"))),
        ("a success with 500", data(500, paid("ref0"))),
        ("a success with 400", data(400, paid("ref0"))),
        ("a failure with 204", ScriptedAnswer::Answer { status: 204, body: String::new() }),
        ("a redirect 301", ScriptedAnswer::Redirect(301)),
        ("a redirect 302", ScriptedAnswer::Redirect(302)),
        ("a redirect 307", ScriptedAnswer::Redirect(307)),
        ("a redirect 308", ScriptedAnswer::Redirect(308)),
        ("a cut body", ScriptedAnswer::Cut(r#"{"data":{"rc":"02","status":"Gagal"}}"#)),
        ("a cut head", ScriptedAnswer::Cut("")),
        ("a reset", ScriptedAnswer::Reset),
        ("a contradiction", data(200, paid_but("rc", json!("02")))),
        ("a success without a ref_id", data(200, paid_but("ref_id", Value::Null))),
    ]
}

#[tokio::test]
async fn an_unreadable_answer_to_a_payment_leaves_it_open() {
    for (name, answer) in unreadable() {
        let server = Server::start().await;
        let biller = connector(&server.url);
        let order = pln_order(&*biller, "ref0").await;
        server.prescribe(answer);
        let reply = biller.pay(&order).await;
        let answer = reply.answer;
        assert!(matches!(answer, Err(PayError::MaybeSent { .. })), "{name}: {answer:?}");
        assert!(reply.evidence.is_some(), "{name}");
        // One inquiry and one payment: nothing was repeated, no redirect was followed.
        assert_eq!(server.requests().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn an_unreadable_answer_to_a_status_query_says_nothing() {
    for (name, answer) in unreadable() {
        let server = Server::start().await;
        let biller = connector(&server.url);
        let order = pln_order(&*biller, "ref0").await;
        server.prescribe(answer);
        let status = biller.status(&order, NOW).await.answer;
        assert!(matches!(status, Status::Unknown { .. }), "{name}: {status:?}");
        assert_eq!(server.requests().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn an_unreadable_answer_to_an_inquiry_is_no_bill() {
    for (name, answer) in unreadable() {
        let server = Server::start().await;
        let biller = connector(&server.url);
        server.prescribe(answer);
        let question = question("pln", Family::PlnPostpaid, "530000000001", "ref0");
        let answer = biller.inquire(&question).await.answer;
        assert!(matches!(answer, Err(InquiryError::Unreachable { .. })), "{name}: {answer:?}");
        assert_eq!(server.requests().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn another_customers_answer_is_never_this_payments() {
    for (name, data) in [
        ("a ref_id", paid_but("ref_id", json!("another"))),
        ("a customer", paid_but("customer_no", json!("530000000002"))),
        ("a product", paid_but("buyer_sku_code", json!("pdam"))),
        ("an amount", paid_but("selling_price", json!(11_001))),
        ("a failure", failed("another", "02")),
        ("a refusal", failed("another", "44")),
    ] {
        let server = Server::start().await;
        let biller = connector(&server.url);
        let order = pln_order(&*biller, "ref0").await;
        for _ in 0..2 {
            server.prescribe(ScriptedAnswer::Data { status: 200, data: data.clone() });
        }
        let paid = biller.pay(&order).await.answer;
        assert!(matches!(paid, Err(PayError::Mismatch { .. })), "{name}: {paid:?}");
        let status = biller.status(&order, NOW).await.answer;
        assert!(matches!(status, Status::Mismatch { .. }), "{name}: {status:?}");
        server.prescribe(ScriptedAnswer::Data { status: 200, data });
        let question = question("pln", Family::PlnPostpaid, "530000000001", "ref0");
        let answer = biller.inquire(&question).await.answer;
        // A changed amount of a new bill is a bill.
        assert!(name == "an amount" || matches!(answer, Err(InquiryError::Unreachable { .. })));
    }
}

#[tokio::test]
async fn a_refusal_may_come_with_a_4xx() {
    for (rc, reason) in [
        ("45", FailureReason::BillerAccountRejected),
        ("44", FailureReason::BillerBalanceTooLow),
        ("02", FailureReason::PaymentFailed),
    ] {
        for status in [400, 403, 422] {
            let server = Server::start().await;
            let biller = connector(&server.url);
            let order = pln_order(&*biller, "ref0").await;
            server.prescribe(ScriptedAnswer::Data { status, data: failed("ref0", rc) });
            let reply = biller.pay(&order).await;
            assert_eq!(reply.answer, Err(PayError::Refused(reason)), "{rc} {status}");
            assert_eq!(reply.evidence.unwrap().http_status, Some(status));
        }
    }
}

/// Pitfall: a status query from a new address was refused, and a paid bill was taken for failed.
#[tokio::test]
async fn a_refused_status_query_leaves_a_paid_bill_open() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let order = pln_order(&*biller, "ref0").await;
    for rc in ["40", "41", "42", "43", "44", "45", "49", "83", "85", "86", "88"] {
        for status in [200, 403] {
            server.prescribe(ScriptedAnswer::Data { status, data: failed("ref0", rc) });
            let answer = biller.status(&order, NOW).await.answer;
            assert!(matches!(answer, Status::Unknown { .. }), "{rc} {status}: {answer:?}");
        }
    }
    assert_eq!(biller.status(&order, NOW).await.answer, Status::NotFound { is_final: false });
    assert!(biller.pay(&order).await.answer.is_ok());
    assert!(matches!(biller.status(&order, NOW).await.answer, Status::Paid(_)));
}

/// Pitfall: a time-out behind Digiflazz was refunded, and the bill was paid afterwards.
#[tokio::test]
async fn a_payment_that_timed_out_behind_digiflazz_is_asked_about() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let order = pln_order(&*biller, "ref0").await;
    for rc in ["01", "70", "49"] {
        server.prescribe(ScriptedAnswer::Data { status: 200, data: failed("ref0", rc) });
        let answer = biller.pay(&order).await.answer;
        assert!(matches!(answer, Err(PayError::Unverified { .. })), "{rc}: {answer:?}");
    }
    server.prescribe(ScriptedAnswer::Data { status: 200, data: paid("ref0") });
    assert!(matches!(biller.status(&order, NOW).await.answer, Status::Paid(_)));
    server.prescribe(ScriptedAnswer::Data { status: 200, data: failed("ref0", "70") });
    let failed = Status::Failed(FailureReason::BillerTimeout);
    assert_eq!(biller.status(&order, NOW).await.answer, failed);
}

#[tokio::test]
async fn a_connection_that_was_refused_sent_nothing() {
    let server = Server::start().await;
    let order = pln_order(&*connector(&server.url), "ref0").await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", free.local_addr().unwrap());
    drop(free);
    let biller = connector(&url);
    let answer = biller.pay(&order).await.answer;
    assert!(matches!(answer, Err(PayError::NotSent { .. })), "{answer:?}");
    let status = biller.status(&order, NOW).await.answer;
    assert!(matches!(status, Status::Unknown { .. }), "{status:?}");
}

#[tokio::test]
async fn a_late_answer_is_an_answer() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let order = pln_order(&*biller, "ref0").await;
    let (release, held) = oneshot::channel();
    server.prescribe(ScriptedAnswer::Held(held));
    let later = async {
        while server.count("pay-pasca", "ref0") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        release.send(()).unwrap();
    };
    let (reply, ()) = tokio::join!(biller.pay(&order), later);
    assert!(reply.answer.is_ok(), "{:?}", reply.answer);
}

#[tokio::test]
async fn silence_leaves_a_payment_open() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let order = pln_order(&*biller, "ref0").await;
    server.prescribe(ScriptedAnswer::Silence);
    let answer = biller.pay(&order).await.answer;
    assert!(matches!(answer, Err(PayError::MaybeSent { .. })), "{answer:?}");
    assert_eq!(server.count("pay-pasca", "ref0"), 1);
}
