//! Reports of a biller: they end a payment at once, and nothing is believed that does not fit.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use biller::{BillerPolicy, BillerReport, PayError, PaymentRequest, Reply, Status};
use domain::command::ClaimPayment;
use domain::payment::Call;
use domain::{BillerId, Evidence, FailureReason, ReviewReason, Rupiah, State, TrId, Transaction};
use gateway::ReportResult;
use store::TransactionHistory;

use crate::bench::{Bench, PRICE, bench, receipt};
use crate::biller::Script;

const DEPOSIT: i64 = 100_000;
const BILLER: BillerId = BillerId(1);
/// The only interval of status queries.
const MINUTE: [Duration; 1] = [Duration::from_secs(60)];
const FAILED: Status = Status::Failed(FailureReason::PaymentFailed);

/// A biller that leaves payments open, and is not asked for their status soon.
fn pending() -> Script {
    let rules = BillerPolicy {
        needs_reference: true,
        status_intervals: &MINUTE,
        ..BillerPolicy::default()
    };
    Script { pay: Err(PayError::InProcess), status: Status::Pending, rules, ..Script::default() }
}

/// A report with this text.
#[derive(Clone)]
pub(crate) struct SampleReport {
    reference: String,
    difference: Option<&'static str>,
    status: Status,
    text: &'static str,
}

impl SampleReport {
    /// A report of this status that fits.
    pub(crate) fn of(reference: String, status: Status) -> SampleReport {
        SampleReport { reference, difference: None, status, text: "a body" }
    }
}

impl BillerReport for SampleReport {
    fn reference(&self) -> &str {
        &self.reference
    }

    fn difference(&self, order: &PaymentRequest) -> Option<&'static str> {
        let ours = order.inquiry.reference.as_ref();
        let is_its = ours.is_some_and(|ours| *ours.as_str() == *self.reference);
        self.difference.or((!is_its).then_some("the order of another attempt"))
    }

    fn conclude(&self, _: &PaymentRequest) -> Reply<Status> {
        let evidence = Evidence { sent: "".into(), http_status: None, received: self.text.into() };
        let said = Some("02: said".into());
        Reply { evidence: Some(evidence), said, ..self.status.clone().into() }
    }
}

impl Bench {
    /// A report about this transaction.
    async fn told(&self, tr_id: TrId, status: Status) -> SampleReport {
        let transaction = self.gateway.transaction(tr_id).await.unwrap().unwrap();
        let reference = transaction.inquiry.reference.as_ref().unwrap().as_str().to_owned();
        SampleReport::of(reference, status)
    }

    async fn take(&self, report: &SampleReport) -> ReportResult {
        self.gateway.take_report(BILLER, report).await.unwrap()
    }

    async fn story(&self, tr_id: TrId) -> TransactionHistory {
        self.gateway.read(move |read| read.story(tr_id)).await.unwrap().unwrap()
    }

    /// What a report could change.
    async fn rows(&self, tr_id: TrId) -> (Transaction, usize, Option<ReviewReason>) {
        let story = self.story(tr_id).await;
        let review = story.follow_up.and_then(|it| it.review_reason).map(|(why, _)| why);
        (story.transaction, story.exchanges.len(), review)
    }
}

#[tokio::test]
async fn a_report_ends_a_pending_payment_once_however_often_it_comes() {
    for (status, state, left) in
        [(Status::Paid(receipt()), State::Paid, DEPOSIT - PRICE), (FAILED, State::Failed, DEPOSIT)]
    {
        let bench = bench(pending(), DEPOSIT).await;
        let tr_id = bench.inquire("a").await;
        assert_eq!(bench.pay(tr_id).await.state(), State::Pending);
        let told = bench.told(tr_id, status).await;
        assert_eq!(bench.take(&told).await, ReportResult::Ended);
        let ended = bench.rows(tr_id).await;
        assert_eq!((ended.0.state(), ended.0.available), (state, Rupiah::new(left)));
        let story = bench.story(tr_id).await;
        let [_, exchange] = &*story.exchanges else { panic!("{:?}", story.exchanges) };
        assert_eq!(exchange.call, Call::Report);
        assert_eq!(&*exchange.evidence.as_ref().unwrap().received, "a body");
        assert!(exchange.answer.contains("02: said"), "{}", exchange.answer);
        for _ in 0..5 {
            assert_eq!(bench.take(&told).await, ReportResult::Repeated);
        }
        let other = SampleReport { text: "another body with the same result", ..told };
        assert_eq!(bench.take(&other).await, ReportResult::AlreadyEnded);
        assert_eq!(bench.rows(tr_id).await, ended);
        assert_eq!((bench.paid(), bench.biller.asks.load(SeqCst)), (1, 0));
        bench.assert_clean();
    }
}

#[tokio::test]
async fn a_report_that_does_not_fit_changes_nothing() {
    let bench = bench(pending(), DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    let told = bench.told(tr_id, Status::Paid(receipt())).await;
    assert_eq!(bench.take(&told).await, ReportResult::NotBegun);
    bench.pay(tr_id).await;
    let before = bench.rows(tr_id).await;
    let reference = |text: &str| SampleReport { reference: text.to_owned(), ..told.clone() };
    for (report, expected) in [
        (reference("0000000000001zz"), ReportResult::UnknownReference),
        (reference(""), ReportResult::UnknownReference),
        (reference("not a reference"), ReportResult::UnknownReference),
        (
            reference(&told.reference.to_uppercase().replace('0', "o")),
            ReportResult::UnknownReference,
        ),
        (
            SampleReport { difference: Some("another customer"), ..told.clone() },
            ReportResult::Misfit,
        ),
        (
            SampleReport {
                status: Status::Mismatch { why: "another amount".into() },
                ..told.clone()
            },
            ReportResult::Misfit,
        ),
        (SampleReport { status: Status::Pending, ..told.clone() }, ReportResult::Open),
        (
            SampleReport { status: Status::Unknown { why: "a new code".into() }, ..told.clone() },
            ReportResult::Open,
        ),
        (
            SampleReport { status: Status::NotFound { is_final: true }, ..told.clone() },
            ReportResult::Open,
        ),
    ] {
        // Twice: two "not found" answers in a row could fail a payment.
        for _ in 0..2 {
            assert_eq!(bench.take(&report).await, expected);
        }
    }
    // The reference of another biller.
    let elsewhere = bench.gateway.take_report(BillerId(2), &told).await.unwrap();
    assert_eq!(elsewhere, ReportResult::UnknownReference);
    assert_eq!(bench.rows(tr_id).await, before);
    bench.assert_clean();
}

#[tokio::test]
async fn the_payer_who_waits_decides_and_not_a_report() {
    let delay = Duration::from_millis(100);
    let script = Script { pay: Ok(receipt()), delay, ..pending() };
    let bench = bench(script, DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    let (gateway, partner) = (bench.gateway.clone(), bench.partner);
    let paying = tokio::spawn(async move { gateway.pay(partner, tr_id).await });
    while bench.paid() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let told = bench.told(tr_id, FAILED).await;
    assert_eq!(bench.take(&told).await, ReportResult::PayerWaits);
    assert_eq!(bench.status("a").await.state(), State::Paying);
    assert_eq!(paying.await.unwrap().unwrap().transaction.state(), State::Paid);
    assert_eq!(bench.story(tr_id).await.exchanges.len(), 1);
    bench.assert_clean();
}

#[tokio::test]
async fn a_report_waits_shortly_for_a_status_query() {
    let bench = bench(pending(), DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    bench.pay(tr_id).await;
    let now = bench.gateway.now();
    let lease = Duration::from_secs(20);
    let claim = ClaimPayment {
        partner: bench.partner,
        tr_id,
        now,
        lease,
        orphaned_before: now,
        stop_polling_after: None,
    };
    bench.gateway.operate(claim).await.unwrap();
    let told = bench.told(tr_id, Status::Paid(receipt())).await;
    assert_eq!(bench.take(&told).await, ReportResult::Held);
    assert_eq!(bench.status("a").await.state(), State::Pending);
    // The query ends while the report waits.
    let clock = bench.clock.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        clock.move_on(lease);
    });
    assert_eq!(bench.take(&told).await, ReportResult::Ended);
    assert_eq!(bench.status("a").await.state(), State::Paid);
    bench.assert_clean();
}

#[tokio::test]
async fn a_report_against_a_final_state_is_recorded_once_for_manual_review() {
    for (pay, told, state) in [
        (Ok(receipt()), FAILED, State::Paid),
        (
            Err(PayError::Refused(FailureReason::PaymentFailed)),
            Status::Paid(receipt()),
            State::Failed,
        ),
    ] {
        let bench = bench(Script { pay, ..pending() }, DEPOSIT).await;
        let tr_id = bench.inquire("a").await;
        let before = bench.pay(tr_id).await;
        let told = bench.told(tr_id, told).await;
        assert_eq!(bench.take(&told).await, ReportResult::Contradiction);
        for _ in 0..5 {
            assert_eq!(bench.take(&told).await, ReportResult::Repeated);
        }
        let (after, exchanges, review) = bench.rows(tr_id).await;
        assert_eq!((after.state(), after.available), (state, before.available));
        assert_eq!((exchanges, review), (2, Some(ReviewReason::Contradiction)));
        let other = SampleReport { text: "another body", ..told };
        assert_eq!(bench.take(&other).await, ReportResult::Contradiction);
        assert_eq!(bench.rows(tr_id).await.1, 3, "each different report is evidence");
        bench.assert_clean();
    }
}

/// Pitfall: a result that came after manual review had begun was dropped.
#[tokio::test]
async fn a_report_ends_a_payment_that_is_in_manual_review() {
    let rules = BillerPolicy { stop_polling_after: Duration::ZERO, ..pending().rules };
    let rules = BillerPolicy { status_intervals: &[], ..rules };
    let bench = bench(Script { rules, ..pending() }, DEPOSIT).await;
    let tr_id = bench.inquire("a").await;
    bench.pay(tr_id).await;
    while bench.rows(tr_id).await.2 != Some(ReviewReason::TooOld) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let told = bench.told(tr_id, Status::Paid(receipt())).await;
    assert_eq!(bench.take(&told).await, ReportResult::Ended);
    let (ended, _, review) = bench.rows(tr_id).await;
    assert_eq!((ended.state(), review), (State::Paid, None));
    bench.assert_clean();
}
