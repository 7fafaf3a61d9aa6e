//! The gateway on a real database, with a biller that counts its calls.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bench;
mod biller;
mod billers;
mod failover;
mod faulty;
mod report;
mod retention;
mod supervision;
mod unknown;

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use ::biller::{PayError, Status};
use bench::{Bench, PRICE, bench, open, receipt, refusal};
use biller::Script;
use domain::command::{BeginPaymentRefusal, OpenInquiryRefusal};
use domain::{FailureReason, ProductCode, Rupiah, State, TrId};
use gateway::{InquiryFailure, Request};
use store::sqlite::DataDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_transaction_paid_at_once_is_paid_at_the_biller_once() {
    let bench = bench(Script { delay: Duration::from_millis(20), ..Script::default() }, 1_000_000);
    let bench = Arc::new(bench.await);
    let tr_id = bench.inquire("a").await;
    let pays: Vec<_> = (0..64)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.pay(tr_id).await.state() })
        })
        .collect();
    let mut paid = 0;
    for pay in pays {
        match pay.await.unwrap() {
            State::Paid => paid += 1,
            state => assert_eq!(state, State::Paying),
        }
    }
    assert!(paid >= 1);
    assert_eq!(bench.paid(), 1);
    let settled = bench.pay(tr_id).await;
    assert_eq!(settled.state(), State::Paid);
    assert_eq!(settled.available, Rupiah::new(1_000_000 - PRICE));
    assert_eq!(bench.paid(), 1);
    bench.assert_clean();
}

/// The biller's result is unknown at that time.
#[tokio::test]
async fn a_panic_of_a_payments_task_leaves_it_to_the_resolver() {
    let delay = Duration::from_millis(50);
    let bench = bench(Script { panics: true, delay, ..Script::default() }, 100_000).await;
    let tr_id = bench.inquire("a").await;
    let gateway = bench.gateway.clone();
    let partner = bench.partner;
    let paying = tokio::spawn(async move { gateway.pay(partner, tr_id).await });
    while bench.paid() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.clock.move_on(domain::follow_up::PAYER_LEASE + Duration::from_secs(1));
    assert!(paying.await.unwrap().is_err(), "neither paid nor failed");
    assert_eq!(bench.ended("a").await.state(), State::Paid, "as the status says");
    assert_eq!(
        (bench.paid(), bench.status("a").await.available),
        (1, Rupiah::new(100_000 - PRICE))
    );
    bench.assert_clean();
}

#[tokio::test]
async fn a_definite_failure_restores_the_deposit() {
    for error in [
        PayError::Refused(FailureReason::PaymentFailed),
        PayError::NotSent { why: "no route".into() },
    ] {
        let reason = match error {
            PayError::Refused(reason) => reason,
            _ => FailureReason::BillerUnavailable,
        };
        let bench = bench(Script { pay: Err(error), ..Script::default() }, 100_000).await;
        let tr_id = bench.inquire("a").await;
        let transaction = bench.pay(tr_id).await;
        assert_eq!(transaction.state(), State::Failed);
        assert_eq!(transaction.payment.unwrap().reason, Some(reason));
        assert_eq!(transaction.available, Rupiah::new(100_000));
        assert_eq!(bench.pay(tr_id).await.state(), State::Failed);
        assert_eq!(bench.paid(), 1);
        bench.assert_clean();
    }
}

/// A late, lost or unreadable answer keeps the hold. The resolver ends the payment with status
/// queries, without a second payment.
#[tokio::test]
async fn an_unknown_outcome_is_resolved_by_asking_and_never_by_paying() {
    let late = Script { delay: Duration::from_secs(60), ..Script::default() };
    let lost = Script {
        pay: Err(PayError::MaybeSent { why: "connection reset".into() }),
        ..Script::default()
    };
    let process = Script { pay: Err(PayError::InProcess), ..Script::default() };
    for script in [late, lost, process] {
        for (answer, expected, left) in [
            (Status::Paid(receipt()), State::Paid, 100_000 - PRICE),
            (Status::Failed(FailureReason::PaymentFailed), State::Failed, 100_000),
        ] {
            let script = Script { status: Status::Pending, ..script.clone() };
            let bench = bench(script, 100_000).await;
            let tr_id = bench.inquire("a").await;
            let pending = bench.pay(tr_id).await;
            assert_eq!(pending.state(), State::Pending);
            assert_eq!(pending.available, Rupiah::new(100_000 - PRICE));
            let unclear = [
                Status::Pending,
                Status::NotFound { is_final: false },
                Status::Unknown { why: "an HTML page".into() },
            ];
            for status in unclear {
                bench.biller.answer_status(status, 2).await;
                assert_eq!(bench.status("a").await.state(), State::Pending);
            }
            bench.biller.answer_status(answer, 1).await;
            let ended = bench.ended("a").await;
            assert_eq!((ended.state(), ended.available), (expected, Rupiah::new(left)));
            assert_eq!(bench.paid(), 1);
            bench.assert_clean();
        }
    }
}

/// Whenever the partner disconnects, a begun payment completes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partner_that_hangs_up_does_not_stop_its_payment() {
    let script = Script { delay: Duration::from_millis(5), ..Script::default() };
    let bench = bench(script, 10_000_000).await;
    for micros in [0, 50, 100, 200, 400, 800, 1600, 3200, 6400] {
        let ref_id = micros.to_string();
        let tr_id = bench.inquire(&ref_id).await;
        let paid = bench.paid();
        let hang_up = Duration::from_micros(micros);
        let _ = tokio::time::timeout(hang_up, bench.pay(tr_id)).await;
        assert_eq!(bench.ended(&ref_id).await.state(), State::Paid);
        assert_eq!(bench.paid(), paid + 1);
    }
    bench.gateway.finish().await;
    bench.assert_clean();
}

/// A process dies between the hold and the outcome; the next process ends the payment.
#[test]
fn a_restart_ends_what_a_crash_left_open() {
    let script = Script { delay: Duration::from_secs(60), ..Script::default() };
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let first = runtime();
    let (bench, tr_id) = first.block_on(async {
        let bench = bench(script, 100_000).await;
        let tr_id = bench.inquire("a").await;
        let cut_off = tokio::time::timeout(Duration::from_millis(100), bench.pay(tr_id)).await;
        assert!(cut_off.is_err());
        (bench, tr_id)
    });
    // The tasks of the first runtime stop at once, like those of a killed process.
    first.shutdown_timeout(Duration::from_secs(5));
    let Bench { data, biller, clock, gateway, partner } = bench;
    drop(gateway);
    assert_eq!(biller.pays.load(SeqCst), 1);

    runtime().block_on(async {
        let gateway = loop {
            // The commit thread of the first gateway releases the directory when it ends.
            if DataDir::own(data.path()).is_ok() {
                break open(data.path(), &biller, &clock).await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let bench = Bench { data, biller, clock, gateway, partner };
        let ended = bench.ended("a").await;
        assert_eq!(ended.inquiry.tr_id, tr_id);
        assert_eq!((ended.state(), bench.paid()), (State::Paid, 1));
        bench.assert_clean();
    });
}

#[tokio::test]
async fn an_inquiry_without_a_bill_records_nothing() {
    let bench = bench(Script::default(), 1).await;
    bench.biller.refuse_inquiries(Some(FailureReason::CustomerUnknown));
    let refused = refusal(bench.gateway.inquire(bench.request("a")).await);
    assert!(matches!(refused, InquiryFailure::Biller(FailureReason::CustomerUnknown)));
    bench.biller.refuse_inquiries(None);
    bench.inquire("a").await;
    let asked = bench.biller.inquiries.load(SeqCst);
    let again = refusal(bench.gateway.inquire(bench.request("a")).await);
    assert!(matches!(again, InquiryFailure::Refused(OpenInquiryRefusal::DuplicateRefId)));
    assert_eq!(bench.biller.inquiries.load(SeqCst), asked, "a repeat asks no biller");
}

#[tokio::test]
async fn an_inquiry_must_say_what_its_product_needs() {
    let bench = bench(Script::default(), 1).await;
    let without = Request { month: None, ..bench.request("a") };
    let refused = refusal(bench.gateway.inquire(without).await);
    assert!(matches!(refused, InquiryFailure::Needs(_)));
    let unknown = Request { code: ProductCode::new("X").unwrap(), ..bench.request("a") };
    let refused = refusal(bench.gateway.inquire(unknown).await);
    assert!(matches!(refused, InquiryFailure::Refused(OpenInquiryRefusal::UnknownProduct)));
    assert_eq!(bench.biller.inquiries.load(SeqCst), 0);
}

#[tokio::test]
async fn what_a_partner_may_not_pay_is_not_begun() {
    let bench = bench(Script::default(), PRICE - 1).await;
    let tr_id = bench.inquire("a").await;
    let short = refusal(bench.gateway.pay(bench.partner, tr_id).await);
    assert_eq!(short.why, BeginPaymentRefusal::BalanceTooLow);
    assert_eq!(short.transaction.unwrap().inquiry.tr_id, tr_id);
    let unknown = refusal(bench.gateway.pay(bench.partner, TrId(1)).await);
    assert_eq!((unknown.why, unknown.transaction), (BeginPaymentRefusal::UnknownTransaction, None));
    assert_eq!(bench.paid(), 0);
}
