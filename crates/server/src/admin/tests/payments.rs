//! Payments: their history, and how an operator resolves them.

use domain::{ReviewReason, State};

use super::*;
use crate::admin::named::Named;
use crate::admin::request::{Outcome, WhichPayments};
use crate::admin::response::{NextStep, Payment, ReviewItem, TransactionHistory};

async fn list(bench: &Bench, which: WhichPayments) -> Vec<Payment> {
    match bench.ask(Request::ListPayments(which)).await.unwrap() {
        Response::Payments(payments) => payments,
        _ => panic!("another answer than payments"),
    }
}

fn any() -> WhichPayments {
    WhichPayments { partner: None, states: Vec::new(), before: None, limit: 10 }
}

async fn show(bench: &Bench, tr_id: i64) -> TransactionHistory {
    match bench.ask(Request::ShowPayment { tr_id }).await.unwrap() {
        Response::TransactionHistory(story) => *story,
        _ => panic!("another answer than a story"),
    }
}

fn whats(story: &TransactionHistory) -> Vec<&str> {
    story.steps.iter().map(|step| step.what.name()).collect()
}

fn paid(tr_id: i64) -> Request {
    let outcome = Outcome::Paid { receipt_no: "NR-7".to_owned() };
    Request::ResolvePayment { tr_id, outcome, reason: "told by phone".to_owned() }
}

fn failed(tr_id: i64, code: &str) -> Request {
    let outcome = Outcome::Failed { code: code.to_owned() };
    Request::ResolvePayment { tr_id, outcome, reason: "told by phone".to_owned() }
}

fn reconciled(tr_id: i64) -> Request {
    let outcome = Outcome::Reconciled;
    Request::ResolvePayment { tr_id, outcome, reason: "told by phone".to_owned() }
}

async fn queue(bench: &Bench) -> Vec<ReviewItem> {
    match bench.ask(Request::ListQueue { partner: None, limit: 10 }).await.unwrap() {
        Response::Queue(queue) => queue,
        _ => panic!("another answer than a queue"),
    }
}

async fn ask(bench: &Bench, tr_id: i64) -> TransactionHistory {
    match bench.ask(Request::AskPayment { tr_id }).await.unwrap() {
        Response::TransactionHistory(story) => *story,
        _ => panic!("another answer than a story"),
    }
}

#[tokio::test]
async fn payments_are_listed_by_state_and_page() {
    let bench = Bench::funded(&[]).await;
    let (first, second) = (bench.pay("r1", PAID).await, bench.pay("r2", PENDING).await);
    let numbers = |payments: Vec<Payment>| payments.iter().map(|p| p.tr_id).collect::<Vec<_>>();
    assert_eq!(numbers(list(&bench, any()).await), [second, first]);
    let page = WhichPayments { before: Some(second), ..any() };
    assert_eq!(numbers(list(&bench, page).await), [first]);
    let pending = WhichPayments { states: vec!["pending".to_owned()], ..any() };
    assert_eq!(numbers(list(&bench, pending).await), [second]);
    for state in ["inquired", "x' OR '1'='1"] {
        let bad = WhichPayments { states: vec![state.to_owned()], ..any() };
        let refusal = bench.refusal(Request::ListPayments(bad)).await;
        assert!(refusal.contains("is not a payment state"), "{refusal}");
    }
}

#[tokio::test]
async fn a_history_shows_every_step_with_its_time() {
    let bench = Bench::funded(&[]).await;
    let story = show(&bench, bench.pay("r1", PAID).await).await;
    assert_eq!(whats(&story), ["inquire", "hold", "pay", "post"]);
    assert!(story.steps.is_sorted_by_key(|step| *step.at));
    let json = serde_json::to_value(&story).unwrap();
    assert_eq!(json["steps"][0]["at"].as_str().unwrap().len(), "2018-08-03 17:07:50".len());
    for movement in [&story.steps[1], &story.steps[3]] {
        assert!(movement.postings.len() >= 2);
        assert_eq!(movement.postings.iter().map(|posting| posting.amount).sum::<i64>(), 0);
    }
    assert_eq!(story.steps[1].postings[0].amount.abs(), story.payment.selling_price);
    assert_eq!((story.payment.state.0, &*story.payment.customer_no), (State::Paid, PAID));
    assert!(story.payment.receipt_no.is_some() && story.payment.settled_at.is_some());

    let inquired = show(&bench, bench.inquire("r2", PAID).await.0).await;
    assert_eq!((whats(&inquired), inquired.payment.state.0), (vec!["inquire"], State::Inquired));
    assert_eq!(
        bench.refusal(Request::ShowPayment { tr_id: 5 }).await,
        "there is no inquiry or payment 5"
    );
}

#[tokio::test]
async fn an_operator_resolves_a_pending_payment_as_paid() {
    let bench = Bench::funded(&[]).await;
    let tr_id = bench.pay("r1", PENDING).await;
    let price = show(&bench, tr_id).await.payment.selling_price;
    assert_eq!(bench.partner().await.held, price);

    let Response::TransactionHistory(story) = bench.ask(paid(tr_id)).await.unwrap() else {
        panic!("another answer than a story");
    };
    assert_eq!(whats(&story), ["inquire", "hold", "pay", "operator", "post"]);
    let word = story.steps[3].answer.as_deref();
    assert_eq!(word, Some("paid by hand, receipt number NR-7: told by phone"));
    assert_eq!(
        (story.payment.state.0, story.payment.receipt_no.as_deref()),
        (State::Paid, Some("NR-7"))
    );
    let partner = bench.partner().await;
    assert_eq!((partner.available, partner.held), (DEPOSIT - price, 0));
    assert!(bench.audit().is_clean());
}

#[tokio::test]
async fn an_operator_resolves_a_pending_payment_as_failed_and_the_balance_is_restored() {
    let bench = Bench::funded(&[]).await;
    let tr_id = bench.pay("r1", PENDING).await;
    let Response::TransactionHistory(story) = bench.ask(failed(tr_id, "34")).await.unwrap() else {
        panic!("another answer than a story");
    };
    assert_eq!(whats(&story), ["inquire", "hold", "pay", "operator", "void"]);
    assert_eq!(
        (story.payment.state.0, story.payment.response_code.as_deref()),
        (State::Failed, Some("34"))
    );
    assert_eq!(story.payment.reason.as_deref(), Some("paid elsewhere"));
    let partner = bench.partner().await;
    assert_eq!((partner.available, partner.held), (DEPOSIT, 0));
    assert!(bench.audit().is_clean());
}

#[tokio::test]
async fn only_a_pending_payment_is_ended_by_hand() {
    let bench = Bench::funded(&[]).await;
    let inquired = bench.inquire("r1", PAID).await.0;
    let done = bench.pay("r2", PAID).await;
    let pending = bench.pay("r3", PENDING).await;
    let before = bench.partner().await;
    let silent = Request::ResolvePayment {
        tr_id: pending,
        outcome: Outcome::Failed { code: "37".to_owned() },
        reason: "  ".to_owned(),
    };
    let nameless = Request::ResolvePayment {
        tr_id: pending,
        outcome: Outcome::Paid { receipt_no: String::new() },
        reason: "told by phone".to_owned(),
    };
    for (bad, why) in [
        (paid(5), "there is no inquiry or payment 5"),
        (paid(inquired), "is only an inquiry"),
        (paid(done), "is paid since"),
        (failed(done, "37"), "is paid since"),
        (failed(pending, "39"), "is not the response code of a failure"),
        (failed(pending, "00"), "is not the response code of a failure"),
        (failed(pending, "999"), "is not the response code of a failure"),
        (silent, "the reason is one line"),
        (nameless, "receipt number is one line"),
    ] {
        let refusal = bench.refusal(bad).await;
        assert!(refusal.contains(why), "{refusal}");
    }
    assert_eq!(bench.partner().await, before);
    assert_eq!(show(&bench, pending).await.payment.state.0, State::Pending);
}

#[tokio::test]
async fn a_payment_that_the_biller_processes_is_not_resolved() {
    let bench = Bench::funded(&[("sandbox.latency", "400ms")]).await;
    let tr_id = bench.inquire("r1", PAID).await;
    let gateway = bench.admin.gateway.clone();
    let partner = gateway.reference_data().partner(USERNAME).unwrap().id;
    let paying = tokio::spawn(async move { gateway.pay(partner, tr_id).await });
    while bench.partner().await.held == 0 {
        tokio::task::yield_now().await;
    }
    let refusal = bench.refusal(failed(tr_id.0, "37")).await;
    assert!(refusal.contains("is being processed by the biller"), "{refusal}");
    paying.await.unwrap().unwrap();
    assert_eq!(show(&bench, tr_id.0).await.payment.state.0, State::Paid);
}

#[tokio::test]
async fn a_decision_that_comes_too_late_changes_nothing_and_is_reported() {
    let bench = Bench::funded(&[]).await;
    let tr_id = bench.pay("r1", PENDING).await;
    bench.ask(failed(tr_id, "37")).await.unwrap();
    let before = show(&bench, tr_id).await;
    for late in [paid(tr_id), failed(tr_id, "37"), failed(tr_id, "105")] {
        let why = bench.refusal(late).await;
        assert!(why.contains("is failed since"), "{why}");
    }
    let why = bench.refusal(reconciled(tr_id)).await;
    assert!(why.contains("the biller does not contradict"), "{why}");
    assert_eq!(show(&bench, tr_id).await, before);
    assert_eq!(bench.partner().await.available, DEPOSIT);
    assert!(bench.audit().is_clean());
}

#[tokio::test]
async fn a_contradiction_needs_review_until_it_is_reconciled() {
    for (hp, state, says) in [
        ("8899999005", State::Failed, "paid, reference number"),
        ("8899999006", State::Paid, "failed: payment failed"),
    ] {
        let bench = Bench::funded(&[]).await;
        let tr_id = bench.pay("r1", hp).await;
        assert_eq!(queue(&bench).await, []);
        let before = bench.partner().await;
        let told = ask(&bench, tr_id).await;
        assert_eq!(told.asked, None, "what is new is a step: {:?}", told.steps);
        let [queued] = &queue(&bench).await[..] else { panic!("one payment is queued") };
        assert_eq!(queued.payment.review_reason, Some(Named(ReviewReason::Contradiction)));
        assert_eq!((queued.payment.tr_id, queued.payment.state.0), (tr_id, state));
        let evidence = queued.evidence.as_ref().unwrap();
        assert!(evidence.answer.as_deref().unwrap().contains(says), "{evidence:?}");
        assert_eq!(queued.next_step, NextStep::Reconcile);

        let why = bench.refusal(paid(tr_id)).await;
        assert!(why.contains("says the opposite") && why.contains("--reconciled"), "{why}");
        bench.ask(reconciled(tr_id)).await.unwrap();
        assert_eq!(queue(&bench).await, []);
        let story = show(&bench, tr_id).await;
        assert_eq!((story.payment.state.0, story.payment.review_reason), (state, None));
        let last = story.steps.last().unwrap();
        assert_eq!(last.answer.as_deref(), Some("reconciled by hand: told by phone"));
        assert_eq!(bench.partner().await, before, "no money moved");
        assert!(bench.audit().is_clean());
    }
}

#[tokio::test]
async fn manual_review_shows_age_evidence_and_next_step() {
    let bench = Bench::funded(&[]).await;
    let mismatch = bench.pay("r1", "8899999003").await;
    bench.pay("r2", PENDING).await;
    let [queued] = &queue(&bench).await[..] else { panic!("one payment is queued") };
    assert_eq!((queued.payment.tr_id, queued.payment.state.0), (mismatch, State::Pending));
    assert_eq!(queued.payment.review_reason, Some(Named(ReviewReason::Mismatch)));
    assert!((0..60).contains(&queued.age_seconds), "{}", queued.age_seconds);
    assert_eq!(queued.evidence.as_ref().unwrap().what.name(), "pay");
    assert_eq!(queued.next_step, NextStep::Resolve);
    assert_eq!(queued.payment.biller.name.as_deref(), Some("sandbox"));
    let listed = list(&bench, any()).await;
    let review_reason = listed.iter().map(|payment| payment.review_reason);
    assert_eq!(review_reason.collect::<Vec<_>>(), [None, Some(Named(ReviewReason::Mismatch))]);

    let of = |partner: &str| Request::ListQueue { partner: Some(partner.to_owned()), limit: 10 };
    assert!(
        matches!(bench.ask(of(USERNAME)).await, Ok(Response::Queue(queue)) if queue.len() == 1)
    );
    let why = bench.refusal(of("0899")).await;
    assert!(why.contains("there is no partner"), "{why}");
    bench.ask(failed(mismatch, "37")).await.unwrap();
    assert_eq!(queue(&bench).await, []);
    assert!(bench.audit().is_clean());
}

#[tokio::test]
async fn an_unpaid_inquiry_has_no_status_query() {
    let bench = Bench::funded(&[]).await;
    let inquired = bench.inquire("r1", PAID).await.0;
    for (tr_id, why) in [(inquired, "is only an inquiry"), (5, "there is no inquiry or payment 5")]
    {
        let refusal = bench.refusal(Request::AskPayment { tr_id }).await;
        assert!(refusal.contains(why), "{refusal}");
    }
    let pending = bench.pay("r2", PENDING).await;
    assert_eq!(ask(&bench, pending).await.payment.asks, 1);
}

#[tokio::test]
async fn an_answer_that_is_not_new_is_shown_beside_the_history() {
    let bench = Bench::funded(&[]).await;
    let (open, ended) = (bench.pay("r1", PENDING).await, bench.pay("r2", PAID).await);
    for (tr_id, says) in [(open, "in process"), (open, "in process"), (ended, "paid, reference")] {
        let before = show(&bench, tr_id).await;
        let told = ask(&bench, tr_id).await;
        assert_eq!(told.steps, before.steps, "it is counted and not repeated");
        let asked = told.asked.unwrap();
        let answer = asked.answer.as_deref().unwrap_or_default();
        assert!(asked.what.name() == "status" && answer.contains(says), "{asked:?}");
        assert!(before.asked.is_none() && show(&bench, tr_id).await.asked.is_none());
    }
    assert!(bench.audit().is_clean());
}
