//! lunas's account at Digiflazz: its balance, and whether it is accepted.

use std::time::Duration;

use biller::{BalanceError, CheckError, InquiryError, PayError, PriceListError};
use domain::{FailureReason, Family, Reference, Rupiah};
use serde_json::json;

use crate::server::{ScriptedAnswer, Server, listed};
use crate::setup::{connector, connector_with, pln_order, question};

const REJECTED: FailureReason = FailureReason::BillerAccountRejected;

#[tokio::test]
async fn the_deposit_is_the_balance() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let unused = Reference::new("unused").unwrap();
    let reply = biller.balance().await;
    let deposit = Rupiah::new(100_000);
    assert_eq!((reply.answer, reply.balance), (Ok(deposit), Some(deposit)));
    assert!(reply.evidence.unwrap().sent.contains("\"sign\":\"***\""));
    assert_eq!(biller.check(&unused).await.answer, Ok(()));
    for (path, body) in server.requests() {
        assert_eq!((path.as_str(), &body["cmd"]), ("/v1/cek-saldo", &json!("deposit")));
    }
    server.prescribe(ScriptedAnswer::Data { status: 200, data: json!({"deposit": "250000.0"}) });
    assert_eq!(biller.balance().await.answer, Ok(Rupiah::new(250_000)));
}

#[tokio::test]
async fn a_rejected_account_is_told_apart_from_no_answer() {
    let server = Server::start().await;
    let biller = connector_with(&server.url, "dev-wrong");
    let unused = Reference::new("unused").unwrap();
    let reply = biller.balance().await;
    assert_eq!(reply.answer, Err(BalanceError::Refused(REJECTED)));
    let said = "41: wrong signature, or a key of the other mode";
    assert_eq!(reply.said.as_deref(), Some(said));
    let checked = biller.check(&unused).await.answer;
    assert_eq!(checked, Err(CheckError::Rejected { why: said.into() }));
    let question = question("pln", Family::PlnPostpaid, "530000000001", "ref0");
    let answer = biller.inquire(&question).await.answer;
    assert_eq!(answer, Err(InquiryError::Refused(REJECTED)));

    let order = pln_order(&*connector(&server.url), "ref1").await;
    assert_eq!(biller.pay(&order).await.answer, Err(PayError::Refused(REJECTED)));
    for rc in ["42", "45", "82", "88"] {
        server.prescribe(ScriptedAnswer::Data { status: 403, data: json!({"rc": rc}) });
        let checked = biller.check(&unused).await.answer;
        assert!(matches!(checked, Err(CheckError::Rejected { .. })), "{rc}");
    }
}

#[tokio::test]
async fn an_answer_without_a_deposit_is_no_balance() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let unused = Reference::new("unused").unwrap();
    let data = |status, data| ScriptedAnswer::Data { status, data };
    let answers = || {
        [
            data(200, json!({})),
            data(200, json!([])),
            data(200, json!({"deposit": null})),
            data(200, json!({"deposit": "1.5"})),
            data(400, json!({"deposit": 5})),
            data(500, json!({"deposit": 5})),
            data(200, json!({"rc": "83", "deposit": 5})),
            data(200, json!({"rc": "14"})),
            ScriptedAnswer::Answer { status: 502, body: "<html>".into() },
            ScriptedAnswer::Reset,
        ]
    };
    for (index, answer) in answers().into_iter().enumerate() {
        server.prescribe(answer);
        let reply = biller.balance().await;
        assert!(matches!(reply.answer, Err(BalanceError::Unreachable { .. })), "{index}");
        assert_eq!(reply.balance, None);
    }
    for (index, answer) in answers().into_iter().enumerate() {
        server.prescribe(answer);
        let checked = biller.check(&unused).await.answer;
        assert!(matches!(checked, Err(CheckError::Unreachable { .. })), "{index}");
    }
}

/// Digiflazz: faster status queries may cause a duplicate.
#[tokio::test]
async fn a_status_is_asked_for_at_most_once_a_minute_and_not_for_long() {
    let policy = connector("http://127.0.0.1:1/v1").policy();
    let minute = Duration::from_secs(60);
    assert!(!policy.verifies_at_once && policy.needs_reference);
    assert!(policy.status_intervals.iter().all(|interval| *interval >= minute));
    assert!(!policy.status_intervals.is_empty());
    assert!(policy.stop_polling_after < Duration::from_secs(85 * 24 * 3600));
    assert_eq!(policy.deadline, Some(Duration::from_secs(2)));
}

#[tokio::test]
async fn the_price_list_is_whole_or_an_error() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let reply = biller.price_list(None).await;
    let products = reply.answer.unwrap();
    let codes: Vec<&str> = products.iter().map(|product| &*product.code).collect();
    assert_eq!(codes, ["pln", "pdam"]);
    assert!(reply.evidence.unwrap().sent.contains("\"sign\":\"***\""));
    assert_eq!(biller.price_list(Some("PDAM")).await.answer.unwrap().len(), 1);
    for (path, body) in server.requests() {
        // A filtered list is older, so the whole one is asked for.
        let members: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!((path.as_str(), &body["cmd"]), ("/v1/price-list", &json!("pasca")));
        assert_eq!(members.len(), 3, "{body}");
    }
    let wrong = connector_with(&server.url, "dev-wrong").price_list(None).await;
    assert_eq!(wrong.answer, Err(PriceListError::Refused(REJECTED)));
    assert_eq!(wrong.said.as_deref(), Some("41: wrong signature, or a key of the other mode"));
    server
        .prescribe(ScriptedAnswer::Data { status: 200, data: json!({"rc": "83", "message": "X"}) });
    assert_eq!(biller.price_list(None).await.answer, Err(PriceListError::TooOften));
    for (index, answer) in [
        ScriptedAnswer::Data { status: 500, data: json!([listed("pln")]) },
        ScriptedAnswer::Data { status: 404, data: json!([listed("pln")]) },
        ScriptedAnswer::Answer { status: 200, body: r#"{"data":[{"buyer_sku_code":"pln""#.into() },
        ScriptedAnswer::Answer { status: 200, body: String::new() },
        ScriptedAnswer::Cut(r#"{"data":[]}"#),
        ScriptedAnswer::Redirect(307),
        ScriptedAnswer::Reset,
        ScriptedAnswer::Silence,
    ]
    .into_iter()
    .enumerate()
    {
        server.prescribe(answer);
        let answer = biller.price_list(None).await.answer;
        assert!(matches!(answer, Err(PriceListError::Unreachable { .. })), "{index}: {answer:?}");
    }
}
