//! A payment goes to the biller that answered its inquiry, under that biller's own handle.

use std::sync::atomic::Ordering::SeqCst;

use domain::command::{ChangeRoutes, RouteChange};
use domain::{Account, BillerId, Route, Rupiah, State};

use ::biller::{PayError, Status};
use gateway::InquiryFailure;

use crate::bench::{PRICE, bench, product, receipt, refusal};
use crate::biller::{COST, Script};

fn to_biller(number: i64) -> ChangeRoutes {
    let biller = BillerId(number);
    let change = RouteChange::Add { route: Route::to(biller), position: None };
    ChangeRoutes { product: product().code, biller, change }
}

fn leave_biller(number: i64) -> ChangeRoutes {
    let change = RouteChange::Remove;
    ChangeRoutes { product: product().code, biller: BillerId(number), change }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_goes_to_the_biller_of_its_inquiry_whatever_the_product_says_by_then() {
    let lost = Err(PayError::MaybeSent { why: "the connection was lost".into() });
    let status = Status::Unknown { why: "try again".into() };
    let bench = bench(Script { pay: lost, status, ..Script::default() }, PRICE).await;
    let other = bench.inquire("other").await;
    let tr_id = bench.inquire("a").await;
    // Nobody answers under this number.
    bench.gateway.operate(to_biller(2)).await.unwrap();
    bench.gateway.operate(leave_biller(1)).await.unwrap();

    assert_eq!(bench.pay(tr_id).await.state(), State::Pending);
    bench.biller.answer_status(Status::Paid(receipt()), 1).await;
    assert_eq!(bench.ended("a").await.state(), State::Paid);
    assert_eq!(bench.paid(), 1);
    let presented = bench.biller.presented.lock().unwrap().clone();
    assert!(presented.len() >= 2, "one payment and a status query");
    assert!(presented.iter().all(|handle| handle.as_deref() == Some("Q2")), "{presented:?}");

    let balances = bench.gateway.read(|read| read.balances()).await.unwrap();
    let balance = |account| balances.iter().find(|(of, _)| *of == account).map(|(_, sum)| *sum);
    assert_eq!(balance(Account::Biller(BillerId(1))), Some(Rupiah::new(COST)));
    assert_eq!(balance(Account::Biller(BillerId(2))), None);
    assert_eq!(balance(Account::Margin), Some(Rupiah::new(50_000 - COST)));
    assert!(bench.gateway.transaction(other).await.unwrap().unwrap().payment.is_none());
    bench.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_without_a_biller_is_asked_for_nowhere() {
    let bench = bench(Script::default(), PRICE).await;
    bench.gateway.operate(to_biller(2)).await.unwrap();
    bench.gateway.operate(leave_biller(1)).await.unwrap();
    let refused = refusal(bench.gateway.inquire(bench.request("a")).await);
    assert!(matches!(refused, InquiryFailure::ProductOff));
    assert_eq!(bench.biller.inquiries.load(SeqCst), 0);
}
