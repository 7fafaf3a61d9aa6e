//! Payments whose outcome is unknown: how the biller's answers count, and who may query.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use biller::{BillerPolicy, PayError, Status};
use domain::command::{BeginPaymentRefusal, Effect};
use domain::{FailureReason, ReviewItem, ReviewReason, Rupiah, State, TrId};
use gateway::StatusQueryResult;

use crate::bench::{Bench, PRICE, bench, receipt, refusal, two_gateways};
use crate::biller::Script;

const DEPOSIT: i64 = 100_000;

fn lost() -> Script {
    let pay = Err(PayError::MaybeSent { why: "connection reset".into() });
    Script { pay, status: Status::Pending, ..Script::default() }
}

/// A policy that trusts "not found" at once.
fn at_once() -> BillerPolicy {
    BillerPolicy { trust_not_found_after: Duration::ZERO, ..BillerPolicy::default() }
}

impl Bench {
    async fn queue(&self) -> Vec<ReviewItem> {
        self.gateway.read(|read| read.needs_review()).await.unwrap()
    }

    /// Waits until the payment is in manual review for this reason.
    async fn review_items(&self, why: ReviewReason) -> TrId {
        for _ in 0..2000 {
            if let Some(review_items) =
                self.queue().await.first().filter(|review_items| review_items.why == why)
            {
                return review_items.tr_id;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("nothing was review_items for {}", why.name());
    }

    async fn query_for_operator(&self, tr_id: TrId) -> Effect {
        match self.gateway.query_for_operator(tr_id).await.unwrap() {
            StatusQueryResult::Answered(settled, _) => settled.effect,
            other => panic!("not told: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_final_not_found_of_age_fails_the_payment_and_gives_the_deposit_back() {
    let status = Status::NotFound { is_final: true };
    let bench = bench(Script { status, rules: at_once(), ..lost() }, DEPOSIT).await;
    bench.pay(bench.inquire("a").await).await;
    let ended = bench.ended("a").await;
    assert_eq!((ended.state(), ended.available), (State::Failed, Rupiah::new(DEPOSIT)));
    assert_eq!(bench.biller.asks.load(SeqCst), 2, "it was said twice");
    assert_eq!((bench.paid(), bench.queue().await), (1, Vec::new()));
    bench.assert_clean();
}

#[tokio::test]
async fn a_young_not_found_ends_nothing_however_often_it_is_said() {
    let bench = bench(lost(), DEPOSIT).await;
    bench.pay(bench.inquire("a").await).await;
    bench.biller.answer_status(Status::NotFound { is_final: true }, 5).await;
    assert_eq!(bench.status("a").await.state(), State::Pending);
    assert_eq!(bench.queue().await, []);
    bench.clock.move_on(BillerPolicy::default().trust_not_found_after);
    assert_eq!(bench.ended("a").await.state(), State::Failed);
    bench.assert_clean();
}

#[tokio::test]
async fn a_not_found_that_promises_nothing_is_for_the_operators_and_asked_about_all_the_same() {
    let status = Status::NotFound { is_final: false };
    let bench = bench(Script { status: status.clone(), rules: at_once(), ..lost() }, DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    bench.pay(tr_id).await;
    assert_eq!(bench.review_items(ReviewReason::NotFound).await, tr_id);
    bench.biller.answer_status(status, 3).await;
    assert_eq!(bench.status("a").await.state(), State::Pending);
    bench.biller.answer_status(Status::Paid(receipt()), 1).await;
    assert_eq!(bench.ended("a").await.state(), State::Paid);
    assert_eq!(bench.queue().await, []);
    bench.assert_clean();
}

#[tokio::test]
async fn a_payment_beyond_its_billers_age_is_left_to_the_operators() {
    let rules = BillerPolicy { stop_polling_after: Duration::ZERO, ..BillerPolicy::default() };
    let bench = bench(Script { rules, ..lost() }, DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    bench.pay(tr_id).await;
    assert_eq!(bench.review_items(ReviewReason::TooOld).await, tr_id);
    // Resolvers poll every 20 ms, and must not touch it.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.biller.asks.load(SeqCst), 0);
    assert_eq!(bench.status("a").await.state(), State::Pending);
    assert_eq!(bench.query_for_operator(tr_id).await, Effect::StillOpen, "an operator may insist");
    assert_eq!(bench.review_items(ReviewReason::TooOld).await, tr_id);
    bench.assert_clean();
}

#[tokio::test]
async fn an_answer_about_something_else_is_quarantined_with_its_hold() {
    let why = || "another amount".into();
    let paid_another = Script { pay: Err(PayError::Mismatch { why: why() }), ..Script::default() };
    let told_of_another = Script { status: Status::Mismatch { why: why() }, ..lost() };
    for (script, asks) in [(paid_another, 0), (told_of_another, 1)] {
        let bench = bench(script, DEPOSIT).await;
        let tr_id = bench.inquire("a").await;
        bench.pay(tr_id).await;
        assert_eq!(bench.review_items(ReviewReason::Mismatch).await, tr_id);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(bench.biller.asks.load(SeqCst), asks, "nobody asks on");
        let stands = bench.status("a").await;
        assert_eq!(
            (stands.state(), stands.available),
            (State::Pending, Rupiah::new(DEPOSIT - PRICE))
        );
        assert_eq!(bench.paid(), 1);
        bench.assert_clean();
    }
}

#[tokio::test]
async fn a_biller_that_changes_its_mind_changes_nothing() {
    let failed = || Err(PayError::Refused(FailureReason::PaymentFailed));
    for (pay, status, state) in [
        (failed(), Status::Paid(receipt()), State::Failed),
        (Ok(receipt()), Status::Failed(FailureReason::PaymentFailed), State::Paid),
    ] {
        let bench = bench(Script { pay, status, ..Script::default() }, DEPOSIT).await;
        let tr_id = bench.inquire("a").await;
        let before = bench.pay(tr_id).await;
        assert_eq!(before.state(), state);
        assert_eq!(bench.query_for_operator(tr_id).await, Effect::Contradiction);
        assert_eq!(bench.review_items(ReviewReason::Contradiction).await, tr_id);
        let after = bench.status("a").await;
        assert_eq!((after.state(), after.available), (state, before.available));
        let story = bench.gateway.read(move |read| read.story(tr_id)).await.unwrap().unwrap();
        assert_eq!(story.exchanges.len(), 2, "both answers are kept");
        bench.assert_clean();
    }
}

#[tokio::test]
async fn what_was_never_begun_is_not_asked_about() {
    let bench = bench(Script::default(), DEPOSIT).await;
    for tr_id in [TrId(5), bench.inquire("a").await] {
        assert!(matches!(
            bench.gateway.query_for_operator(tr_id).await.unwrap(),
            StatusQueryResult::Unknown
        ));
    }
    assert_eq!(bench.biller.asks.load(SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_ask_about_a_payment_one_at_a_time() {
    let (bench, second) = two_gateways(lost(), DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    bench.pay(tr_id).await;
    // From now on the second gateway may resolve the payment, too.
    bench.clock.move_on(Duration::from_secs(120));
    bench.biller.answer_status(Status::Pending, 30).await;
    assert_eq!(bench.biller.most_asking.load(SeqCst), 1);
    bench.biller.answer_status(Status::Paid(receipt()), 1).await;
    assert_eq!(bench.ended("a").await.available, Rupiah::new(DEPOSIT - PRICE));
    assert_eq!(second.transaction(tr_id).await.unwrap().unwrap().state(), State::Paid);
    assert_eq!(bench.paid(), 1);
    bench.assert_clean();
}

/// If a gateway dies, the other one takes its payments over after their lease.
#[tokio::test]
async fn another_gateway_takes_over_what_one_has_left() {
    let (bench, second) = two_gateways(lost(), DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    let begin = domain::command::BeginPayment {
        partner: bench.partner,
        tr_id,
        now: bench.gateway.now(),
        test_numbers: std::sync::Arc::default(),
    };
    // As if the first gateway died right after its hold.
    second.operate(begin).await.unwrap();
    bench.biller.set_status(Status::Paid(receipt()));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.biller.asks.load(SeqCst), 0, "its payer may still be at work");
    bench.clock.move_on(domain::follow_up::PAYER_LEASE + Duration::from_secs(1));
    assert_eq!(bench.ended("a").await.state(), State::Paid);
    assert_eq!(bench.paid(), 0);
    bench.assert_clean();
}

/// A payment that was delayed between its hold and its call is not sent: another process may have
/// taken it over.
#[tokio::test]
async fn a_payment_that_was_held_up_is_not_sent() {
    let bench = bench(Script::default(), DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    bench.clock.run(Duration::from_secs(31));
    let held_up = bench.pay(tr_id).await;
    assert_eq!((held_up.state(), held_up.available), (State::Failed, Rupiah::new(DEPOSIT)));
    assert_eq!(bench.paid(), 0);
    bench.assert_clean();
}

#[tokio::test]
async fn the_same_bill_waits_for_the_payment_in_process() {
    let bench = bench(lost(), 2 * DEPOSIT).await;
    let (first, second) = (bench.inquire("a").await, bench.inquire("b").await);
    bench.pay(first).await;
    let refused = refusal(bench.gateway.pay(bench.partner, second).await);
    assert_eq!(refused.why, BeginPaymentRefusal::BillInProcess);
    assert_eq!(bench.paid(), 1, "the biller is asked to pay once");
    assert_eq!(bench.status("b").await.available, Rupiah::new(2 * DEPOSIT - PRICE));
    bench.biller.answer_status(Status::Paid(receipt()), 1).await;
    bench.ended("a").await;
    // The bill is already paid. The biller refuses it, and nothing is debited.
    bench.biller.set_pay(Err(PayError::Refused(FailureReason::AlreadyPaid)));
    let paid_already = bench.pay(second).await;
    assert_eq!(paid_already.payment.unwrap().reason, Some(FailureReason::AlreadyPaid));
    assert_eq!(paid_already.available, Rupiah::new(2 * DEPOSIT - PRICE));
    bench.assert_clean();
}
