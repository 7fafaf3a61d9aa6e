//! Background tasks whose first read fails: they are reported as down, and work once they can read.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use biller::{BoxFuture, PayError};
use domain::State;
use domain::callback::CallbackUrl;
use domain::command::{ChangePartner, PartnerChange};
use domain::payment::Call;
use gateway::{
    CallbackTransport, Gateway, Message, Observer, Resolver, Retention, SendResult, Supervisor,
};
use tokio::task::JoinSet;

use crate::bench::{
    Bench, ManualClock, PRICE, bench, database_read_by, opened, with_product_and_partner,
};
use crate::biller::{CountingBiller, Script};
use crate::faulty::{Fault, FaultyReader};

const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// Counts the observer's events.
#[derive(Default)]
struct Counts {
    failures: Mutex<BTreeMap<&'static str, u32>>,
    dropped: AtomicBool,
    told: AtomicBool,
}

impl Observer for Counts {
    fn called(&self, _: &str, _: Call, _: &'static str, _: Duration) {}

    fn dropped(&self, _: u64) {
        self.dropped.store(true, SeqCst);
    }

    fn task_failed(&self, task: &'static str) {
        *self.failures.lock().unwrap().entry(task).or_default() += 1;
    }
}

impl CallbackTransport for Counts {
    fn send<'a>(&'a self, _: &'a Message) -> BoxFuture<'a, SendResult> {
        self.told.store(true, SeqCst);
        Box::pin(async { SendResult { is_delivered: true, answer: "200".into() } })
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn give_up_after(&self) -> Duration {
        MONTH
    }
}

/// A gateway with work for each of its tasks, none of which runs yet.
async fn idle(fault: Fault, counts: &Arc<Counts>) -> (Bench, Resolver) {
    let data = tempfile::tempdir().unwrap();
    let pay = Err(PayError::MaybeSent { why: "connection reset".into() });
    let biller = Arc::new(CountingBiller::new(Script { pay, ..Script::default() }));
    let clock = ManualClock::at_noon();
    let database = database_read_by(data.path(), |reader| Box::new(FaultyReader { reader, fault }));
    let observer: Arc<dyn Observer> = counts.clone();
    let (gateway, resolver) = opened(database, &biller, &clock, false, observer).await;
    let partner = with_product_and_partner(&gateway, 10 * PRICE).await;
    let to = Some(CallbackUrl::new("https://partner.example/").unwrap());
    let change = ChangePartner { partner, change: PartnerChange::Callback(to) };
    gateway.operate(change).await.unwrap();
    let bench = Bench { data, biller, clock, gateway, partner };
    bench.inquire("old").await;
    bench.clock.move_on(MONTH + Duration::from_secs(1));
    let tr_id = bench.inquire("pending").await;
    assert_eq!(bench.pay(tr_id).await.state(), State::Pending);
    (bench, resolver)
}

fn run_all(gateway: &Gateway, resolver: Resolver, counts: &Arc<Counts>) -> Supervisor {
    let mut supervisor = gateway.supervisor();
    supervisor.run(resolver);
    supervisor.run(gateway.callbacks(counts.clone()));
    supervisor.run(Retention::new(gateway.clone(), MONTH));
    supervisor
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..6000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited for {what} in vain");
}

/// The task is down while its read fails; afterwards all its work is done.
async fn outlives(task: &'static str, question: &'static str, panics: bool) {
    let is_on = Arc::new(AtomicBool::new(false));
    let counts = Arc::<Counts>::default();
    let (bench, resolver) = idle(Fault { question, panics, is_on: is_on.clone() }, &counts).await;
    is_on.store(true, SeqCst);
    let supervisor = run_all(&bench.gateway, resolver, &counts);
    until("the task to be away", || !bench.gateway.failing_tasks().is_empty()).await;
    let away = bench.gateway.failing_tasks();
    assert_eq!(away.iter().map(|away| away.name).collect::<Vec<_>>(), [task]);
    assert!(away[0].failures >= 3, "{away:?}");

    is_on.store(false, SeqCst);
    assert_eq!(bench.ended("pending").await.state(), State::Paid);
    // The callback is due at the time of the biller's answer, which this clock has not reached.
    bench.clock.move_on(Duration::from_secs(1));
    until("the callback", || counts.told.load(SeqCst)).await;
    until("the old inquiry to be dropped", || counts.dropped.load(SeqCst)).await;
    until("the task to be back", || bench.gateway.failing_tasks().is_empty()).await;
    let failures = counts.failures.lock().unwrap().clone();
    assert_eq!(failures.keys().copied().collect::<Vec<_>>(), [task]);
    assert!(failures[task] >= 3, "{failures:?}");
    drop(supervisor);
    bench.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_whose_first_reading_fails_or_panics_does_its_work_once_it_can() {
    let mut cases = JoinSet::new();
    for (task, question) in
        [("resolver", "open_payments"), ("callbacks", "waiting_callbacks"), ("retention", "unpaid")]
    {
        cases.spawn(outlives(task, question, false));
        cases.spawn(outlives(task, question, true));
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}

/// The only reading connection is in use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_panics_takes_no_reading_connection_along() {
    let bench = bench(Script::default(), PRICE).await;
    for _ in 0..2 {
        let panics = |read: &mut dyn store::Read| {
            read.ledger(&mut |_| panic!("as the test has asked")).map(drop)
        };
        assert!(bench.gateway.read(panics).await.is_err());
    }
    let movements = bench.gateway.read(|read| read.ledger(&mut |_| {}).map(|it| it.movements));
    assert_eq!(movements.await.unwrap(), 1, "that of the deposit");
}
