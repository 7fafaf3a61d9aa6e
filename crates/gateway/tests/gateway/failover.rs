//! A payment goes on at the next biller only after the one before certainly did not take it.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use biller::{Biller, BillerPolicy, Billers, PayError, Status};
use domain::command::PutProduct;
use domain::payment::Call;
use domain::{
    Account, BillerId, FailureReason, Family, Product, ProductCode, ReviewReason, Route, Rupiah,
    State, TrId, Transaction,
};
use gateway::{Gateway, ReportResult, Resolver, Settings};
use store::TransactionHistory;

use crate::bench::{
    Bench, ManualClock, Nobody, database, product, receipt, with_product_and_partner,
};
use crate::biller::{CountingBiller, Script};
use crate::report::SampleReport;

const DEPOSIT: i64 = 100_000;
const EMPTY: Result<biller::Receipt, PayError> =
    Err(PayError::Refused(FailureReason::BillerBalanceTooLow));

/// A gateway with three billers in the order of the product's routes.
struct ThreeBillers {
    bench: Bench,
    billers: [Arc<CountingBiller>; 3],
    /// No resolver runs unless a test starts it: what the payer does not end stays as it is.
    resolver: Resolver,
}

fn policy() -> BillerPolicy {
    BillerPolicy { needs_reference: true, verifies_at_once: true, ..BillerPolicy::default() }
}

fn script(pay: Result<biller::Receipt, PayError>) -> Script {
    Script { pay, rules: policy(), ..Script::default() }
}

/// A product whose inquiry needs nothing but the customer's number.
fn water(failover_payments: bool) -> Product {
    Product {
        code: ProductCode::new("PDAM").unwrap(),
        family: Family::Pdam,
        failover_payments,
        routes: [1, 2, 3].map(|number| Route::to(BillerId(number))).into(),
        ..product()
    }
}

impl ThreeBillers {
    async fn new(scripts: [Script; 3], product: Product) -> ThreeBillers {
        let data = tempfile::tempdir().unwrap();
        let billers = scripts.map(|script| Arc::new(CountingBiller::new(script)));
        let mut connected = Billers::default();
        for (number, counting) in (1..).zip(&billers) {
            let connector: Arc<dyn Biller> = counting.clone();
            connected.insert(
                BillerId(number),
                ["", "first", "second", "third"][number as usize],
                connector,
            );
        }
        let settings = Settings {
            biller_deadline: Duration::from_millis(200),
            first_ask: Duration::from_secs(60),
            longest_wait: Duration::from_secs(60),
            shares_store: false,
            reference_prefix: 1,
            low_biller_balance: Rupiah::ZERO,
        };
        let clock = ManualClock::at_noon();
        let opened = Gateway::open(
            database(data.path()),
            connected,
            Arc::new(clock.clone()),
            Arc::new(Nobody),
            settings,
        );
        let (gateway, resolver) = opened.await.unwrap();
        let partner = with_product_and_partner(&gateway, DEPOSIT).await;
        gateway.operate(PutProduct(product)).await.unwrap();
        let bench = Bench { data, biller: billers[0].clone(), clock, gateway, partner };
        ThreeBillers { bench, billers, resolver }
    }

    async fn pay(&self) -> Transaction {
        let mut request = self.bench.request("a");
        (request.code, request.month) = (ProductCode::new("PDAM").unwrap(), None);
        let tr_id = self.bench.gateway.inquire(request).await.unwrap().inquiry.tr_id;
        self.bench.pay(tr_id).await
    }

    /// How often each biller was asked to pay.
    fn pays(&self) -> [u32; 3] {
        [0, 1, 2].map(|place| self.billers[place].pays.load(SeqCst))
    }

    async fn story(&self, tr_id: TrId) -> TransactionHistory {
        self.bench.gateway.read(move |read| read.story(tr_id)).await.unwrap().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_goes_on_until_a_biller_takes_it() {
    let not_sent = Err(PayError::NotSent { why: "refused".into() });
    let three =
        ThreeBillers::new([script(EMPTY), script(not_sent), script(Ok(receipt()))], water(true))
            .await;
    let paid = three.pay().await;
    assert_eq!((paid.state(), three.pays()), (State::Paid, [1, 1, 1]));
    let story = three.story(paid.inquiry.tr_id).await;
    let attempts: Vec<_> =
        story.attempts.iter().map(|it| (it.number, it.biller, it.after)).collect();
    let reasons = [FailureReason::BillerBalanceTooLow, FailureReason::BillerUnavailable];
    assert_eq!(attempts, [(2, BillerId(2), reasons[0]), (3, BillerId(3), reasons[1])]);
    let calls: Vec<_> = story.exchanges.iter().map(|exchange| exchange.call).collect();
    assert_eq!(calls, [Call::Pay, Call::Inquire, Call::Pay, Call::Inquire, Call::Pay]);
    let references: Vec<_> = story.attempts.iter().map(|it| it.reference.clone()).collect();
    assert!(references.iter().all(Option::is_some) && references[0] != references[1]);
    assert_ne!(references[0], paid.inquiry.reference);
    let posted: Vec<_> = story.postings.iter().map(|posting| posting.account).collect();
    assert!(posted.contains(&Account::Biller(BillerId(3))), "{posted:?}");
    assert!(!posted.contains(&Account::Biller(BillerId(1))), "{posted:?}");
    three.bench.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_is_asked_where_the_payment_may_have_been_taken_or_the_bill_is_the_cause() {
    let why = || "lost".into();
    for (pay, state) in [
        (Err(PayError::MaybeSent { why: why() }), State::Pending),
        (Err(PayError::InProcess), State::Pending),
        (Err(PayError::Mismatch { why: why() }), State::Pending),
        (Err(PayError::Refused(FailureReason::PaymentFailed)), State::Failed),
        (Err(PayError::Refused(FailureReason::AlreadyPaid)), State::Failed),
    ] {
        let others = || script(Ok(receipt()));
        let first = Script { status: Status::Pending, ..script(pay.clone()) };
        let three = ThreeBillers::new([first, others(), others()], water(true)).await;
        let paid = three.pay().await;
        assert_eq!((paid.state(), three.pays()), (state, [1, 0, 0]), "{pay:?}");
        assert_eq!(three.billers[1].inquiries.load(SeqCst), 0, "{pay:?}");
        three.bench.assert_clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_that_does_not_allow_it_ends_with_the_failure() {
    let others = || script(Ok(receipt()));
    let three = ThreeBillers::new([script(EMPTY), others(), others()], water(false)).await;
    let failed = three.pay().await;
    assert_eq!((failed.state(), three.pays()), (State::Failed, [1, 0, 0]));
    assert_eq!(failed.payment.unwrap().reason, Some(FailureReason::BillerBalanceTooLow));
    assert_eq!(failed.available, Rupiah::new(DEPOSIT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_biller_is_asked_what_the_partner_asked() {
    for family in [Family::BpjsKesehatan, Family::Pbb, Family::Esamsat, Family::CustomDenom] {
        let product = Product { family, ..water(true) };
        let three =
            ThreeBillers::new([script(EMPTY), script(Ok(receipt())), script(EMPTY)], product).await;
        let mut request = three.bench.request("a");
        request.code = ProductCode::new("PDAM").unwrap();
        (request.month, request.year) = (Some(2), Some(2018));
        (request.identity, request.amount) = (Some("3201".into()), Some("50000".into()));
        let tr_id = three.bench.gateway.inquire(request).await.unwrap().inquiry.tr_id;
        assert_eq!(three.bench.pay(tr_id).await.state(), State::Paid, "{family:?}");
        let asked = three.billers[1].asked.lock().unwrap().clone();
        let expected = match family {
            Family::BpjsKesehatan => (Some(2), None, None, None),
            Family::Pbb => (None, Some(2018), None, None),
            Family::Esamsat => (None, None, Some("3201".into()), None),
            _ => (None, None, None, Some(Rupiah::new(50_000))),
        };
        assert_eq!(asked, [expected], "{family:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_only_looks_definite_is_made_certain_before_the_next_biller_is_asked() {
    let unverified = || Err(PayError::Unverified { why: "105".into() });
    let failed = Status::Failed(FailureReason::BillerGeneralError);
    for (status, state, pays) in [
        (failed, State::Paid, [1, 1, 0]),
        (Status::Pending, State::Pending, [1, 0, 0]),
        (Status::Unknown { why: "103".into() }, State::Pending, [1, 0, 0]),
        (Status::NotFound { is_final: false }, State::Pending, [1, 0, 0]),
        (Status::Paid(receipt()), State::Paid, [1, 0, 0]),
    ] {
        let first = Script { status: status.clone(), ..script(unverified()) };
        let others = || script(Ok(receipt()));
        let three = ThreeBillers::new([first, others(), others()], water(true)).await;
        let paid = three.pay().await;
        assert_eq!((paid.state(), three.pays()), (state, pays), "{status:?}");
        three.bench.assert_clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_payment_fails_with_its_reason_when_no_other_biller_has_the_bill() {
    let three = ThreeBillers::new(
        [script(EMPTY), script(Ok(receipt())), script(Ok(receipt()))],
        water(true),
    )
    .await;
    three.billers[1].refuse_inquiries(Some(FailureReason::BillerMaintenance));
    // This one has spoken about the customer, so that nobody else would be asked.
    three.billers[2].refuse_inquiries(Some(FailureReason::CustomerUnknown));
    let failed = three.pay().await;
    assert_eq!((failed.state(), three.pays()), (State::Failed, [1, 0, 0]));
    assert_eq!(failed.payment.as_ref().unwrap().reason, Some(FailureReason::BillerBalanceTooLow));
    assert_eq!(failed.available, Rupiah::new(DEPOSIT));
    let story = three.story(failed.inquiry.tr_id).await;
    let told: Vec<_> =
        story.exchanges.iter().map(|it| (it.call, it.attempt, it.biller, &*it.answer)).collect();
    let expected = [
        (Call::Pay, 1, None, "failed: biller balance too low"),
        (Call::Inquire, 1, Some(BillerId(2)), "no bill: the biller answered biller maintenance"),
        (Call::Inquire, 1, Some(BillerId(3)), "no bill: the biller answered customer unknown"),
        (
            Call::Decision,
            1,
            None,
            "no other biller is asked to pay: second: the biller answered biller maintenance; third: the biller \
             answered customer unknown",
        ),
    ];
    assert_eq!(told, expected);
    three.bench.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_biller_that_is_asked_and_passed_over_is_named_with_its_answer() {
    let others = || script(Ok(receipt()));
    let three = ThreeBillers::new([script(EMPTY), others(), others()], water(true)).await;
    three.billers[1].refuse_inquiries(Some(FailureReason::BillerMaintenance));
    let paid = three.pay().await;
    assert_eq!((paid.state(), three.pays()), (State::Paid, [1, 0, 1]));
    let story = three.story(paid.inquiry.tr_id).await;
    let told: Vec<_> = story.exchanges.iter().map(|it| (it.call, it.attempt, it.biller)).collect();
    let expected = [
        (Call::Pay, 1, None),
        (Call::Inquire, 1, Some(BillerId(2))),
        (Call::Inquire, 2, None),
        (Call::Pay, 2, None),
    ];
    assert_eq!(told, expected);
    three.bench.assert_clean();

    // The same at the inquiry of the partner.
    three.billers[0].refuse_inquiries(Some(FailureReason::BillerUnavailable));
    let mut request = three.bench.request("b");
    (request.code, request.month) = (ProductCode::new("PDAM").unwrap(), None);
    let tr_id = three.bench.gateway.inquire(request).await.unwrap().inquiry.tr_id;
    let story = three.story(tr_id).await;
    assert_eq!(story.transaction.inquiry.biller, BillerId(3));
    let told: Vec<_> =
        story.inquiry_exchanges.iter().map(|it| (it.call, it.biller, &*it.answer)).collect();
    let expected = [
        (Call::Inquire, Some(BillerId(1)), "no bill: the biller answered biller unavailable"),
        (Call::Inquire, Some(BillerId(2)), "no bill: the biller answered biller maintenance"),
        (Call::Inquire, None, "success"),
    ];
    assert_eq!(told, expected);
    three.bench.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_that_is_another_one_at_the_next_biller_is_kept_and_not_paid_there() {
    let others = || script(Ok(receipt()));
    let three = ThreeBillers::new([script(EMPTY), others(), others()], water(true)).await;
    three.billers[1].raise_nominal(1);
    let failed = three.pay().await;
    assert_eq!((failed.state(), three.pays()), (State::Failed, [1, 0, 0]));
    let story = three.story(failed.inquiry.tr_id).await;
    let told: Vec<_> = story.exchanges.iter().map(|it| (it.call, it.biller, &*it.answer)).collect();
    let expected = [
        (Call::Pay, None, "failed: biller balance too low"),
        (Call::Inquire, Some(BillerId(2)), "success"),
        (
            Call::Decision,
            None,
            "no other biller is asked to pay: second: the bill has another nominal there: 50.001, not 50.000",
        ),
    ];
    assert_eq!(told, expected);
    three.bench.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_biller_is_asked_when_the_partner_has_waited_for_long() {
    let others = || script(Ok(receipt()));
    let three = ThreeBillers::new([script(EMPTY), others(), others()], water(true)).await;
    let clock = three.bench.clock.clone();
    let slow = move || clock.move_on(Duration::from_secs(25));
    *three.billers[0].during_pay.lock().unwrap() = Some(Box::new(slow));
    let failed = three.pay().await;
    assert_eq!((failed.state(), three.pays()), (State::Failed, [1, 0, 0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_an_earlier_attempt_was_taken_after_all_needs_an_operator() {
    let in_process = Err(PayError::InProcess);
    for second in [Ok(receipt()), in_process] {
        let scripts = [script(EMPTY), script(second), script(Ok(receipt()))];
        let three = ThreeBillers::new(scripts, water(true)).await;
        let paid = three.pay().await;
        let tr_id = paid.inquiry.tr_id;
        let reference = paid.inquiry.reference.as_ref().unwrap().as_str().to_owned();
        let take = async |status| {
            let report = SampleReport::of(reference.clone(), status);
            three.bench.gateway.take_report(BillerId(1), &report).await.unwrap()
        };
        let failed = Status::Failed(FailureReason::PaymentFailed);
        assert_eq!(take(failed).await, ReportResult::AlreadyEnded);
        assert_eq!(three.story(tr_id).await.follow_up, None);
        assert_eq!(take(Status::Paid(receipt())).await, ReportResult::Contradiction);
        assert_eq!(take(Status::Paid(receipt())).await, ReportResult::Repeated);
        let story = three.story(tr_id).await;
        let why = story.follow_up.unwrap().review_reason.map(|(why, _)| why);
        assert_eq!(why, Some(ReviewReason::Contradiction));
        assert_eq!(story.transaction.state(), paid.state(), "it does not change");
        assert_eq!(three.pays(), [1, 1, 0]);
        three.bench.assert_clean();
    }
}

/// Pitfall: after the contradiction nobody asked the second biller, and the payment stayed open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_current_attempt_is_asked_about_though_an_earlier_one_is_contradicted() {
    let second = Script { status: Status::Paid(receipt()), ..script(Err(PayError::InProcess)) };
    let three =
        ThreeBillers::new([script(EMPTY), second, script(Ok(receipt()))], water(true)).await;
    let pending = three.pay().await;
    let tr_id = pending.inquiry.tr_id;
    let reference = pending.inquiry.reference.as_ref().unwrap().as_str().to_owned();
    let report = SampleReport::of(reference, Status::Paid(receipt()));
    let gateway = three.bench.gateway.clone();
    let taken = gateway.take_report(BillerId(1), &report).await.unwrap();
    assert_eq!((pending.state(), taken), (State::Pending, ReportResult::Contradiction));
    // As after a crash of the payer.
    three.bench.clock.move_on(Duration::from_secs(120));
    let mut supervisor = gateway.supervisor();
    supervisor.run(three.resolver);
    while !gateway.transaction(tr_id).await.unwrap().unwrap().state().is_final() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let story = gateway.read(move |read| read.story(tr_id)).await.unwrap().unwrap();
    let why = story.follow_up.unwrap().review_reason.map(|(why, _)| why);
    assert_eq!((story.transaction.state(), why), (State::Paid, Some(ReviewReason::Contradiction)));
    three.bench.assert_clean();
}
