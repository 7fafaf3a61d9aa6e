//! What retention deletes, and what it keeps.

use std::time::Duration;

use domain::State;
use domain::command::{BeginPaymentRefusal, MIN_RETENTION};
use gateway::Retention;

use crate::bench::{PRICE, bench, refusal};
use crate::biller::Script;

const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// Runs until there is nothing left to do.
async fn finish(retention: &mut Retention) {
    while retention.step().await.unwrap() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_inquiry_is_forgotten_and_its_number_free() {
    let bench = bench(Script::default(), 10 * PRICE).await;
    let mut retention = Retention::new(bench.gateway.clone(), MONTH);
    let never = bench.inquire("never").await;
    let paid = bench.inquire("paid").await;
    assert_eq!(bench.pay(paid).await.state(), State::Paid);
    bench.clock.move_on(MONTH - Duration::from_secs(1));
    finish(&mut retention).await;
    let late = refusal(bench.gateway.pay(bench.partner, never).await);
    assert_eq!(late.why, BeginPaymentRefusal::Expired, "it is still known");

    bench.clock.move_on(Duration::from_secs(2));
    let newest = bench.inquire("newest").await;
    finish(&mut retention).await;
    let gone = refusal(bench.gateway.pay(bench.partner, never).await);
    assert_eq!((gone.why, gone.transaction), (BeginPaymentRefusal::UnknownTransaction, None));
    assert!(bench.inquire("never").await > newest);
    assert_eq!(bench.pay(paid).await.state(), State::Paid);
    assert_eq!(bench.paid(), 1, "the biller was asked once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_forgotten_that_could_still_be_paid() {
    let bench = bench(Script::default(), 10 * PRICE).await;
    let mut retention = Retention::new(bench.gateway.clone(), Duration::ZERO);
    let today = bench.inquire("today").await;
    bench.inquire("newest").await;
    finish(&mut retention).await;
    assert_eq!(bench.pay(today).await.state(), State::Paid);
    let tomorrow = bench.inquire("tomorrow").await;
    bench.inquire("newest-too").await;
    bench.clock.move_on(MIN_RETENTION - Duration::from_secs(1));
    finish(&mut retention).await;
    let late = refusal(bench.gateway.pay(bench.partner, tomorrow).await);
    assert_eq!(late.why, BeginPaymentRefusal::Expired);
}
