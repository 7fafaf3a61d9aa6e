//! Moves of books from a data directory to a server: complete or not at all.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::command::{
    Begin, BillerOutcome, ChangePartner, ClaimPayment, OpenInquiryRefusal, PartnerChange,
    PutProduct, RecordBillerBalance, RecordDeposit,
};
use domain::{FailureReason, PartnerId, Product, Rupiah, TestNumbers, TrId};
use store::postgres::Address;
use store::sqlite::DataDir;
use store::store_migration::{Moved, Step, migrate_store, roll_back};
use store::{Connections, Database, Hooks, LedgerRecord, Limits, PointReads, Read, StoreError};
use tokio::task::block_in_place;

use crate::contract::*;
use crate::{Place, fill, now};

/// Enough for several batches.
const MANY: u32 = 3000;

struct Data(tempfile::TempDir);

impl Data {
    /// Books with a transaction in every state, and many that are paid.
    async fn full() -> Data {
        let data = Data(tempfile::tempdir().unwrap());
        let database = data.open().unwrap();
        let first = with_partner(&database, 1_000_000_000).await;
        let other = database.submit(partner("0899")).await.unwrap().id;
        let limit = PartnerChange::MinBalance(Rupiah::new(-PRICE));
        change(&database, other, limit).await;
        // Its number is much lower than that of the deposit that pays for it.
        let early = open_inquiry(&database, other, "early").await;
        let verdicts = [
            Some(paid()),
            Some(BillerOutcome::Failed(FailureReason::PaymentFailed)),
            Some(BillerOutcome::Unknown),
            None,
        ];
        for (n, verdict) in verdicts.into_iter().enumerate() {
            let tr_id = open_inquiry(&database, first, &format!("state/{n}")).await;
            database.submit(pay(first, tr_id)).await.unwrap();
            if let Some(verdict) = verdict {
                database.submit(settle(first, tr_id, verdict)).await.unwrap();
            }
        }
        let allowed = Product { failover_payments: true, ..product() };
        database.submit(PutProduct(allowed)).await.unwrap();
        let elsewhere = open_inquiry(&database, first, "elsewhere").await;
        database.submit(pay(first, elsewhere)).await.unwrap();
        attempts::go_on(&database, first, elsewhere, (1, attempts::SECOND)).await;
        evidence::paid_over_network(&database, first).await;
        let watched = open_inquiry(&database, first, "watched").await;
        database.submit(pay(first, watched)).await.unwrap();
        database.submit(settle(first, watched, BillerOutcome::Unknown)).await.unwrap();
        let later = NOON.after(Duration::from_secs(600));
        let lease = Duration::from_secs(30);
        let (orphaned_before, stop_polling_after) = (later, Some(Duration::from_secs(300)));
        let claim = ClaimPayment {
            partner: first,
            tr_id: watched,
            now: later,
            lease,
            orphaned_before,
            stop_polling_after,
        };
        database.submit(claim).await.unwrap();
        // Two payments of one bill in process, as its customer number is a test number.
        let mut test_numbers = TestNumbers::default();
        test_numbers.0.entry(product().code).or_default().insert("8801-twice".into());
        let test_numbers = Arc::new(test_numbers);
        for partner in [first, other] {
            let tr_id = open_inquiry(&database, partner, "twice").await;
            let begin = domain::command::BeginPayment {
                test_numbers: test_numbers.clone(),
                ..pay(partner, tr_id)
            };
            let begun = database.submit(begin).await.unwrap();
            assert!(matches!(begun, Begin::Begun(_)));
        }
        open_inquiry(&database, first, "never-paid").await;
        database.close();
        fill::fill(data.path(), MANY).unwrap();
        let database = data.open().unwrap();
        let (amount, note) = (Rupiah::new(2 * PRICE), "transfer".into());
        let deposit = RecordDeposit { partner: other, amount, note, reference: None, now: NOON };
        database.submit(deposit).await.unwrap();
        let booked = deposits::add(other, 300, "FT 17");
        let (twice, _) = database.submit(booked).await.unwrap();
        database.submit(deposits::reverse(other, twice)).await.unwrap();
        database.submit(pay(other, early)).await.unwrap();
        database.submit(settle(other, early, paid())).await.unwrap();
        callbacks::set_url(&database, other, Some("https://example.com/callback")).await;
        callbacks::failed_without_answer(&database, other, "untold").await;
        change(&database, other, PartnerChange::Suspend(true)).await;
        change(&database, other, sign_in::password("$hash")).await;
        change(&database, other, sign_in::totp(b"sealed")).await;
        change(&database, other, PartnerChange::TakeCode(7)).await;
        database.close();
        data
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Owns the directory. Retries, as a program that another test starts inherits the lock until its exec.
    fn own(&self) -> Result<DataDir, StoreError> {
        for _ in 0..1000 {
            match DataDir::own(self.path()) {
                Err(StoreError::InUse(_)) => std::thread::sleep(Duration::from_millis(5)),
                owned => return owned,
            }
        }
        DataDir::own(self.path())
    }

    fn open(&self) -> Result<Database, StoreError> {
        let store = self.own()?.open()?;
        let reader = || vec![Box::new(store.reader().unwrap()) as Box<dyn Read>];
        let connections =
            Connections { point_reads: PointReads::embedded(reader()), questions: reader() };
        Ok(Database::start(store, connections, Limits::default(), strict()))
    }

    fn move_to(&self, to: &Place, see: &mut dyn FnMut(Step)) -> Result<Moved, StoreError> {
        let address = Address::parse(&to.url).unwrap();
        block_in_place(|| migrate_store(&self.own()?, address, now(), see))
    }

    fn roll_back(&self, from: &Place) -> Result<(), StoreError> {
        let address = Address::parse(&from.url).unwrap();
        block_in_place(|| roll_back(&self.own()?, address, now()))
    }

    /// Moves that many batches, and then stops suddenly.
    fn cut_short(&self, to: &Place, batches: u32) {
        let mut left = batches;
        let cut = &mut |_| {
            assert!(left > 0, "cut short");
            left -= 1;
        };
        let ended = std::panic::AssertUnwindSafe(|| self.move_to(to, cut));
        assert!(std::panic::catch_unwind(ended).is_err());
    }
}

async fn change(database: &Database, partner: PartnerId, change: PartnerChange) {
    let command = actions::by_hand(ChangePartner { partner, change });
    database.submit(command).await.unwrap();
}

/// The history of every number.
fn everything(read: &mut dyn Read) -> BTreeMap<TrId, String> {
    let mut numbers = Vec::new();
    let mut seen =
        |entry: LedgerRecord| numbers.push((entry.tr_id, format!("{:?}", entry.deposit)));
    read.ledger(&mut seen).unwrap();
    let story = |(tr_id, deposit): (TrId, String)| {
        let story = read.story(tr_id).unwrap();
        (tr_id, format!("{deposit} {story:?}"))
    };
    numbers.into_iter().map(story).collect()
}

fn refused(opened: Result<impl Sized, StoreError>, with: &str) {
    let error = opened.err().expect("it is refused").to_string();
    assert!(error.contains(with), "{error}");
}

fn try_to_serve(place: &Place) -> Result<store::postgres::Server, StoreError> {
    let opened = store::postgres::Server::open(Address::parse(&place.url).unwrap(), now());
    block_in_place(|| tokio::runtime::Handle::current().block_on(opened))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_copies_everything() {
    let (data, place) = (Data::full().await, Place::fresh());
    let moved = data.move_to(&place, &mut |_| {}).unwrap();
    assert_eq!(moved.digest.attempts, 1);
    assert_eq!((moved.digest.inquiries, moved.digest.payments), (3012, 3011));
    let mut before = store::sqlite::reader(data.path()).unwrap();
    let mut after = block_in_place(|| place.server().reader().unwrap());
    block_in_place(|| {
        assert_eq!(everything(&mut before), everything(&mut after));
        assert_eq!(before.needs_review().unwrap(), after.needs_review().unwrap());
        assert_eq!(before.open_payments().unwrap(), after.open_payments().unwrap());
        let held = |read: &mut dyn Read| read.balances().unwrap();
        let both = [held(&mut before), held(&mut after)];
        let state = both.map(|all| {
            all.into_iter().filter(|(_, at)| *at != Rupiah::ZERO).collect::<BTreeMap<_, _>>()
        });
        assert_eq!(state[0], state[1]);
    });
    refused(data.open(), "are moved to");

    // The target can be used.
    let database = place.open(strict());
    let first = PartnerId(1);
    let again = decided(database.submit(inquiry(first, "never-paid")).await);
    assert_eq!(again.map(drop), Err(OpenInquiryRefusal::DuplicateRefId));
    let tr_id = open_inquiry(&database, first, "new").await;
    assert!(everything(&mut before).keys().all(|known| *known < tr_id), "{tr_id} is new");
    assert!(matches!(database.submit(pay(first, tr_id)).await.unwrap(), Begin::Begun(_)));
    database.close();
    assert_eq!(assert_clean(&place).open, 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_move_continues_where_it_stopped() {
    let (data, place) = (Data::full().await, Place::fresh());
    for batches in [0, 1, 1] {
        data.cut_short(&place, batches);
        refused(data.open(), "are being moved to");
        refused(try_to_serve(&place), "are being moved into this database");
    }
    let mut copied = Vec::new();
    let moved = data.move_to(&place, &mut |step| {
        copied.extend(match step {
            Step::Copied { done, .. } => Some(done),
            Step::Comparing => None,
        });
    });
    assert_eq!(copied[0], 2048, "it begins with what is there");
    assert_eq!(*copied.last().unwrap(), 3016);
    let moved = moved.unwrap();
    refused(data.open(), "are moved to");
    assert!(try_to_serve(&place).is_ok());
    // A second move changes nothing.
    assert_eq!(data.move_to(&place, &mut |_| {}).unwrap().digest, moved.digest);
    assert_clean(&place);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_moved_into_a_database_with_other_books() {
    let (data, place) = (Data::full().await, Place::fresh());
    let database = place.open(strict());
    with_partner(&database, 5).await;
    database.close();
    refused(data.move_to(&place, &mut |_| {}), "holds other business");
    data.open().expect("the source is as it was").close();
    assert_eq!(assert_clean(&place).deposits, 1);

    // A second move cannot join the first one.
    let (shared, second) = (Place::fresh(), Data::full().await);
    data.cut_short(&shared, 2);
    refused(second.move_to(&shared, &mut |_| {}), "the target of another move");
    refused(data.move_to(&Place::fresh(), &mut |_| {}), "are being moved to");
    second.open().expect("the other source is as it was").close();
    data.move_to(&shared, &mut |_| {}).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_differs_is_not_served() {
    for (what, tamper) in [
        ("a note", "UPDATE deposit SET note = 'other'"),
        ("a reference", "UPDATE deposit SET reference = 'other' WHERE reference IS NOT NULL"),
        ("a reason", "UPDATE reversal SET reason = 'other'"),
        ("an answer", "UPDATE exchange SET answer = 'other' WHERE tr_id = 10000003"),
        ("a bill", "UPDATE inquiry SET customer_no = 'other' WHERE tr_id = 10000003"),
        ("an inquiry", "DELETE FROM inquiry WHERE ref_id = 'never-paid'"),
        ("an action", "ALTER TABLE action DISABLE TRIGGER ALL; UPDATE action SET actor = 'other'"),
        ("a balance", "UPDATE partner_balance SET available = available + 1"),
    ] {
        let (data, place) = (Data::full().await, Place::fresh());
        let moved = data.move_to(&place, &mut |step| {
            if matches!(step, Step::Comparing) {
                place.tamper(tamper);
            }
        });
        assert!(matches!(moved, Err(StoreError::Move(_))), "{what}: {moved:?}");
        refused(try_to_serve(&place), "are being moved into this database");
        refused(data.open(), "are being moved to");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_can_be_rolled_back_until_a_server_has_written() {
    let (data, place) = (Data::full().await, Place::fresh());
    data.cut_short(&place, 2);
    data.roll_back(&place).unwrap();
    data.open().unwrap().close();
    refused(try_to_serve(&place), "was rolled back");
    refused(data.move_to(&place, &mut |_| {}), "one that was undone");

    let place = Place::fresh();
    data.move_to(&place, &mut |_| {}).unwrap();
    let idle = place.open(Hooks { committed: Box::new(|_| {}), fatal: Box::new(|_| {}) });
    data.roll_back(&place).unwrap();
    data.open().unwrap().close();
    refused(try_to_serve(&place), "was rolled back");
    let late = idle.submit(inquiry(PartnerId(1), "late")).await;
    assert!(late.is_err(), "a server that was there before writes nothing any more");
    idle.close();

    let place = Place::fresh();
    data.move_to(&place, &mut |_| {}).unwrap();
    let database = place.open(strict());
    open_inquiry(&database, PartnerId(1), "new").await;
    database.close();
    refused(data.roll_back(&place), "servers have been at work");
    refused(data.open(), "are moved to");
}

/// Actions that do not fit into one batch.
const ACTIONS: usize = 1100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_actions_survives_a_move() {
    let (data, place) = (Data::full().await, Place::fresh());
    let database = data.open().unwrap();
    let of = PartnerId(1);
    let tasks = (0..ACTIONS).map(|n| {
        let (database, command) =
            (database.clone(), actions::by_hand(actions::suspend(of, n % 2 == 0)));
        tokio::spawn(async move { database.submit(command).await.unwrap() })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let before = actions::log(&database).await;
    database.close();
    // The log is copied after the last transaction, before the comparison.
    data.cut_short(&place, 4);
    let moved = data.move_to(&place, &mut |_| {}).unwrap();
    assert!(moved.digest.actions > ACTIONS as u64, "{:?}", moved.digest);

    let database = place.open(strict());
    assert_eq!(actions::log(&database).await, before, "with their numbers");
    database.submit(actions::by_hand(actions::suspend(of, true))).await.unwrap();
    let after = actions::log(&database).await;
    assert!(after[0].id > before[0].id, "{} is new", after[0].id);
    assert_eq!(after[1..], before[..99]);
    database.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_billers_told_survives_a_move() {
    let (data, place) = (Data::full().await, Place::fresh());
    let database = data.open().unwrap();
    for balance in 0..3 {
        let told = biller_balances::told(2, balance);
        database.submit(RecordBillerBalance(told)).await.unwrap();
    }
    let before = biller_balances::all(&database).await;
    database.close();
    let moved = data.move_to(&place, &mut |_| {}).unwrap();
    assert_eq!((moved.digest.biller_balances, before.len()), (3, 3));

    let database = place.open(strict());
    assert_eq!(biller_balances::all(&database).await, before, "with their numbers");
    let told = biller_balances::told(2, 9);
    database.submit(RecordBillerBalance(told)).await.unwrap();
    let last = database.read(move |read| read.last_biller_balance(told.biller)).await.unwrap();
    assert_eq!(last, Some(told));
    database.close();
}
