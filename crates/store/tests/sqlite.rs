//! The contract on SQLite, and tests that only apply to an embedded database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod contract;
#[path = "../examples/fill/fill.rs"]
mod fill;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use contract::actions::{by_hand, log, suspend};
use contract::{Bench, assert_clean, open_inquiry, pay, settle, strict, undecided, with_partner};
use domain::command::{RecordBillerBalance, RecordDeposit};
use domain::{Books, RefId, RowSet, Rupiah};
use rusqlite::Connection;
use store::SubmitError::Lost;
use store::sqlite::{self, DataDir, Presence, Sizes, database, presence, reader};
use store::{Connections, Database, Hooks, Limits, PointReads, Read, Store, StoreError};

/// A temporary data directory.
struct Place(tempfile::TempDir);

impl Place {
    fn fresh() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Serves a store of this directory that was opened with other settings.
    fn serve(&self, store: impl Store, hooks: Hooks) -> Database {
        let reader = || vec![self.reader()];
        let connections =
            Connections { point_reads: PointReads::embedded(reader()), questions: reader() };
        Database::start(store, connections, Limits::default(), hooks)
    }

    /// Changes the database behind the server's back.
    fn tamper(&self, sql: &str) {
        let raw = Connection::open(database(self.path())).unwrap();
        raw.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
    }
}

impl Bench for Place {
    fn open(&self, hooks: Hooks) -> Database {
        let store = DataDir::own(self.path()).unwrap().open().unwrap();
        let reader = || vec![Box::new(store.reader().unwrap()) as Box<dyn Read>];
        let connections =
            Connections { point_reads: PointReads::embedded(reader()), questions: reader() };
        Database::start(store, connections, Limits::default(), hooks)
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(reader(self.path()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_contract() {
    contract::every_promise(Place::fresh).await;
}

#[tokio::test]
async fn a_backup_is_a_complete_database() {
    let place = Place::fresh();
    let database = place.open(strict());
    let partner_id = with_partner(&database, 5).await;
    open_inquiry(&database, partner_id, "a").await;
    let copy = Place::fresh();
    let to = store::sqlite::database(copy.path());
    reader(place.path()).unwrap().backup(&to).unwrap();
    assert_eq!(assert_clean(&copy).inquiries, 1);
    let again = reader(place.path()).unwrap().backup(&to);
    assert!(again.is_err(), "a backup never overwrites a file");
    database.close();
}

#[test]
fn a_directory_has_one_owner_and_any_reader() {
    let place = Place::fresh();
    assert!(matches!(reader(place.path()), Err(StoreError::Missing(_))));
    let owner = DataDir::own(place.path()).unwrap();
    let store = owner.open().unwrap();
    drop(owner);
    assert!(matches!(DataDir::own(place.path()), Err(StoreError::InUse(_))));
    assert!(reader(place.path()).unwrap().partners().unwrap().is_empty());
    drop(store);
    assert!(DataDir::own(place.path()).is_ok());
}

#[test]
fn commits_are_durable_before_they_return() {
    let place = Place::fresh();
    let _store = DataDir::own(place.path()).unwrap().open().unwrap();
    let beside = Connection::open(database(place.path())).unwrap();
    let mode: String = beside.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let place = Place::fresh();
    drop(DataDir::own(place.path()).unwrap().open().unwrap());
    place.tamper(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
         VALUES (999, 'later', '', '0')",
    );
    let refused = |result: Result<(), StoreError>| {
        assert!(matches!(result, Err(StoreError::Newer { found: 999, .. })), "{result:?}");
    };
    refused(DataDir::own(place.path()).unwrap().open().map(drop));
    refused(reader(place.path()).map(drop));
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let place = Place::fresh();
    std::fs::write(database(place.path()), "x".repeat(8192)).unwrap();
    assert!(DataDir::own(place.path()).unwrap().open().is_err());
}

/// Opening existing books creates none, and a database with other tables is left alone.
#[test]
fn books_are_created_only_in_an_empty_place() {
    let refused = |place: &Place, why: &str| {
        let existing = DataDir::own(place.path()).unwrap().open_existing().map(drop);
        assert!(matches!(existing, Err(StoreError::Missing(_))), "{why}: {existing:?}");
        assert!(matches!(reader(place.path()), Err(StoreError::Missing(_))), "{why}");
    };
    let place = Place::fresh();
    refused(&place, "no file");
    assert_eq!(presence(place.path()).unwrap(), Presence::Nothing);
    std::fs::write(database(place.path()), "").unwrap();
    refused(&place, "an empty file");
    assert_eq!(presence(place.path()).unwrap(), Presence::Empty);
    place.tamper("PRAGMA user_version = 1");
    refused(&place, "a database without a table");
    assert_eq!(presence(place.path()).unwrap(), Presence::Something);

    let other = Place::fresh();
    other.tamper("CREATE TABLE other (x)");
    let before = std::fs::read(database(other.path())).unwrap();
    refused(&other, "a database of something else");
    assert_eq!(std::fs::read(database(other.path())).unwrap(), before);
    let told = DataDir::own(other.path()).unwrap().open().map(drop).unwrap_err().to_string();
    assert!(told.contains("tables of another program"), "{told}");

    drop(DataDir::own(place.path()).unwrap().open().unwrap());
    drop(owned(place.path()).open_existing().unwrap());
    assert!(matches!(presence(&database(place.path())), Err(StoreError::Blocked(_))));
}

/// Owns the directory, after the earlier store's thread has ended.
fn owned(path: &Path) -> DataDir {
    loop {
        match DataDir::own(path) {
            Err(StoreError::InUse(_)) => std::thread::yield_now(),
            owned => return owned.unwrap(),
        }
    }
}

/// A directory that was removed and created again is not owned by the lock of the old one.
#[test]
fn a_lock_on_a_removed_directory_does_not_own_its_successor() {
    let place = Place::fresh();
    let held = DataDir::own(place.path()).unwrap();
    std::fs::remove_file(place.path().join("lunas.lock")).unwrap();
    let other = DataDir::own(place.path()).unwrap();
    assert!(matches!(DataDir::own(place.path()), Err(StoreError::InUse(_))));
    drop((held, other));
}

/// An error that is printed with its causes contains no text twice.
#[test]
fn no_error_has_its_own_text_as_its_cause() {
    let io = || std::io::Error::other("a cable was cut");
    let sqlite = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(4874), None);
    for error in [StoreError::from(io()), StoreError::from(sqlite), StoreError::Missing("x".into())]
    {
        assert!(std::error::Error::source(&error).is_none(), "{error}");
        assert!(!error.to_string().contains("4874"), "{error}");
    }
}

/// Each tampering breaks one rule, and the audit says which.
#[tokio::test]
async fn the_audit_finds_each_tampering() {
    let cases = [
        ("UPDATE account SET balance = balance + 1 WHERE id = 1", "each balance"),
        (
            "PRAGMA ignore_check_constraints = ON; \
             UPDATE movement SET fee = fee + 1 WHERE kind = 'post'",
            "sum to zero",
        ),
        (
            "UPDATE movement SET fee = fee + 1, margin = margin - 1 WHERE kind = 'post'",
            "the price of its inquiry",
        ),
        ("UPDATE inquiry SET cost = cost + 1", "the price of its inquiry"),
        ("UPDATE inquiry SET biller = 2", "at the biller that answered"),
        (
            "DROP VIEW posting; CREATE VIEW posting AS SELECT 'fee' AS account, fee AS amount FROM movement",
            "own check",
        ),
        ("DELETE FROM movement WHERE kind = 'post'", "a paid one a post"),
        ("UPDATE payment SET state = 'failed', reason = 'payment-failed'", "a paid one a post"),
        ("UPDATE payment SET state = 'failed', reason = '37'", "reason \"37\""),
        (
            "UPDATE payment SET state = 'pending', settled_at = NULL, settlement = NULL",
            "belongs to a payment",
        ),
        ("UPDATE inquiry SET nominal = nominal + 1", "the price of its inquiry"),
        ("UPDATE payment SET partner = 9", "its own partner"),
        ("DELETE FROM inquiry", "its own partner"),
        ("UPDATE inquiry SET family = 99", "family 99"),
        ("DELETE FROM deposit", "belongs to a payment"),
        ("UPDATE movement SET tr_id = 1 WHERE kind = 'hold'", "belongs to a payment"),
        (
            "INSERT INTO inquiry SELECT tr_id + 1, partner, ref_id, code, customer_no, customer_name, period, \
             nominal, sheets, admin, commission, details, at, took, family, product, biller, biller_reference, cost, \
             biller_code, reference, extra, passed_over FROM inquiry",
            "leads to its one inquiry",
        ),
        ("INSERT INTO reference_segment VALUES (0, 1, 1 << 40)", "is missing"),
        ("UPDATE partner SET min_balance = 1000000", "below its limit"),
        ("DELETE FROM account WHERE id = 2", "each balance"),
        (
            "INSERT INTO follow_up SELECT tr_id, 1, 0, 0, NULL, NULL FROM payment",
            "any other follow_up",
        ),
        ("INSERT INTO follow_up VALUES (5, 1, 0, 0, 'contradiction', 0)", "a contradiction stands"),
        (
            "INSERT INTO callback SELECT tr_id, 9, 0, 'waiting', 0, 0, NULL FROM payment",
            "payment of its own",
        ),
        ("INSERT INTO callback VALUES (5, 1, 0, 'waiting', 0, 0, NULL)", "that has ended"),
        (
            "INSERT INTO attempt (tr_id, number, biller, begun_at, after) \
             SELECT tr_id, 2, 2, 0, 'biller-unavailable' FROM payment",
            "counted without a gap",
        ),
        (
            "UPDATE payment SET attempt = 2; INSERT INTO attempt (tr_id, number, biller, begun_at, after) \
             SELECT tr_id, 2, 2, 0, 'biller-unavailable' FROM payment",
            "or at that of its attempt",
        ),
        ("UPDATE reversal SET amount = amount + 1", "takes one deposit"),
        ("UPDATE reversal SET deposit = 1", "takes one deposit"),
        ("UPDATE reversal SET partner = 9", "takes one deposit"),
        ("DELETE FROM reversal", "a deposit, a reversal, a withdrawal"),
        ("DELETE FROM movement WHERE kind = 'reversal'", "a paid one a post"),
        ("DELETE FROM balance_change", "a withdrawal or an adjustment"),
        ("UPDATE balance_change SET amount = amount - 1", "the price of its inquiry"),
        ("DELETE FROM movement WHERE kind = 'withdrawal'", "a paid one a post"),
        (
            "DROP INDEX deposit_reference; \
             UPDATE deposit SET reference = 'ft 17' WHERE reference IS NULL",
            "of one deposit of its partner",
        ),
    ];
    for (sql, rule) in cases {
        let place = Place::fresh();
        let database = place.open(strict());
        let partner = with_partner(&database, 100_000).await;
        let tr_id = open_inquiry(&database, partner, "a").await;
        database.submit(pay(partner, tr_id)).await.unwrap();
        database.submit(settle(partner, tr_id, contract::paid())).await.unwrap();
        let booked = contract::deposits::add(partner, 300, "FT 17");
        let (twice, _) = database.submit(booked).await.unwrap();
        let taken_back = contract::deposits::reverse(partner, twice);
        database.submit(taken_back).await.unwrap();
        let withdrawal = contract::balance_changes::withdraw(partner, 5, "FT 18");
        database.submit(withdrawal).await.unwrap();
        database.close();
        assert_clean(&place);
        place.tamper(sql);
        let told = match store::audit::audit(place.reader().as_mut()) {
            Ok(report) => report.faults.iter().map(|fault| fault.rule.to_owned()).collect(),
            Err(damage) => vec![damage.to_string()],
        };
        assert!(told.iter().any(|told| told.contains(rule)), "{sql}: {told:?}");
    }
}

#[tokio::test]
async fn the_database_itself_refuses_an_overdraft_and_a_second_debit() {
    let place = Place::fresh();
    let database = place.open(strict());
    let partner = with_partner(&database, 100_000).await;
    let tr_id = open_inquiry(&database, partner, "a").await;
    database.submit(pay(partner, tr_id)).await.unwrap();
    let booked = contract::deposits::add(partner, 300, "FT 17");
    let (twice, _) = database.submit(booked).await.unwrap();
    database.submit(contract::deposits::reverse(partner, twice)).await.unwrap();
    database.close();
    let raw = Connection::open(store::sqlite::database(place.path())).unwrap();
    let overdraft = raw.execute("UPDATE account SET balance = -1 WHERE id & 15 = 5", []);
    assert!(overdraft.unwrap_err().to_string().contains("CHECK"));
    for unbalanced in [
        "UPDATE movement SET fee = fee + 1",
        "UPDATE movement SET biller = 1, cost = NULL WHERE kind = 'hold'",
    ] {
        let refused = raw.execute(unbalanced, []).unwrap_err().to_string();
        assert!(refused.contains("CHECK"), "{refused}");
    }
    let again = "INSERT INTO payment SELECT * FROM payment";
    assert!(raw.execute(again, []).unwrap_err().to_string().contains("UNIQUE"));
    for again in [
        "INSERT INTO deposit (tr_id, partner, amount, note, at, reference, movement) \
         SELECT tr_id + 90, partner, amount, note, at, reference, movement FROM deposit \
         WHERE reference IS NOT NULL",
        "INSERT INTO reversal SELECT tr_id + 90, partner, deposit, amount, reason, at, movement \
         FROM reversal",
    ] {
        let refused = raw.execute(again, []).unwrap_err().to_string();
        assert!(refused.contains("UNIQUE"), "{refused}");
    }
}

/// The rows that the benchmark fills in are like those that a server writes.
#[tokio::test]
async fn a_filled_database_passes_the_audit_and_can_be_used() {
    let place = Place::fresh();
    let database = place.open(strict());
    let partner = with_partner(&database, 1000 * contract::PRICE).await;
    database.close();
    fill::fill(place.path(), 900).unwrap();
    assert_eq!(assert_clean(&place).payments, 900);
    let database = place.open(strict());
    let stored = RefId::new("9e3779b1-1").unwrap();
    let found = database.find(partner, &stored).await.unwrap().unwrap();
    let paid = database.transaction(found).await.unwrap().unwrap();
    assert_eq!(paid.state(), domain::State::Paid);
    let tr_id = open_inquiry(&database, partner, "a").await;
    database.submit(pay(partner, tr_id)).await.unwrap();
    database.close();
    let report = assert_clean(&place);
    assert_eq!((report.payments, report.open), (901, 1));
}

/// During commits the checkpoint thread copies the WAL again and again, and SQLite resets it each time.
#[tokio::test]
async fn the_wal_is_checkpointed_during_commits_and_reset() {
    let place = Place::fresh();
    let sizes = Sizes { checkpoint_pages: 32, ..Sizes::default() };
    let store = DataDir::own(place.path()).unwrap().open_with(sizes).unwrap();
    let wal = store.wal_size();
    let database = place.serve(store, strict());
    let partner = with_partner(&database, 100_000).await;
    let (mut deposits, mut falls, mut before) = (1, 0, 0);
    while falls < 5 {
        let add = RecordDeposit {
            partner,
            amount: Rupiah::new(1),
            note: "".into(),
            reference: None,
            now: contract::NOON,
        };
        database.submit(add).await.unwrap();
        deposits += 1;
        falls += u32::from(wal.bytes() < before);
        before = wal.bytes();
        assert!(deposits < 20_000, "the WAL is reset; so far {falls} times");
    }
    database.close();
    assert_eq!(assert_clean(&place).deposits, deposits);
}

/// While a reader uses an old snapshot the WAL cannot be reset: it grows, and `wal_size` shows it. Commits do not
/// wait.
#[tokio::test]
async fn a_long_reader_makes_the_wal_grow_until_it_ends() {
    const PAGES: u64 = 32;
    let place = Place::fresh();
    let checkpoint_pages = PAGES as u32;
    let sizes = Sizes { checkpoint_pages, copies_beside: false, ..Sizes::default() };
    let store = DataDir::own(place.path()).unwrap().open_with(sizes).unwrap();
    let wal = store.wal_size();
    let database = place.serve(store, strict());
    let partner = with_partner(&database, 100_000).await;
    let pages = || wal.bytes() / 4096;
    let deposit = async |times: u64| {
        let mut most = 0;
        for _ in 0..times {
            let note = "x".repeat(100).into();
            let add = RecordDeposit {
                partner,
                amount: Rupiah::new(1),
                note,
                reference: None,
                now: contract::NOON,
            };
            database.submit(add).await.unwrap();
            most = most.max(pages());
        }
        most
    };
    // No commit here writes more than ten pages.
    let usual = deposit(100).await;
    assert!((PAGES..PAGES + 10).contains(&usual), "{usual}");

    let reader = Connection::open(sqlite::database(place.path())).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM account").unwrap();
    let grown = deposit(100).await;
    assert!(grown > 4 * PAGES, "{grown}");

    drop(reader);
    deposit(10).await;
    assert!(pages() < PAGES + 10, "{}", pages());
    let file = std::fs::metadata(place.path().join("lunas.db-wal")).unwrap().len();
    assert!(file <= 2 * PAGES * 4096, "the file is cut as well: {file}");
    database.close();
    assert_eq!(assert_clean(&place).deposits, 211);
}

/// A store whose disk fails at a commit.
struct Failing<S>(S, Arc<AtomicBool>);

impl<S: Store> Store for Failing<S> {
    fn load(&mut self, touched: &RowSet) -> Result<Books, StoreError> {
        self.0.load(touched)
    }

    fn commit(&mut self, books: &Books) -> Result<(), StoreError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(StoreError::Directory(std::io::Error::other("the disk is gone")));
        }
        self.0.commit(books)
    }

    fn release(&mut self) -> Result<(), StoreError> {
        self.0.release()
    }
}

#[tokio::test]
async fn nothing_is_answered_after_an_io_error() {
    let place = Place::fresh();
    let failing = Arc::new(AtomicBool::new(false));
    let store = DataDir::own(place.path()).unwrap().open().unwrap();
    let (told, fatal) = mpsc::channel();
    let hooks = Hooks {
        committed: Box::new(|_| {}),
        fatal: Box::new(move |error| told.send(error.to_string()).unwrap()),
    };
    let store = Failing(store, Arc::clone(&failing));
    let database = place.serve(store, hooks);
    let partner = with_partner(&database, 100_000).await;
    failing.store(true, Ordering::SeqCst);
    let deposit = RecordDeposit {
        partner,
        amount: Rupiah::new(1),
        note: "".into(),
        reference: None,
        now: contract::NOON,
    };
    assert_eq!(undecided(database.submit(deposit.clone()).await), Lost);
    assert!(fatal.recv().unwrap().contains("the disk is gone"));
    assert_eq!(undecided(database.submit(deposit).await), Lost);
    database.close();
    assert_eq!(assert_clean(&place).deposits, 1);
}

#[tokio::test]
async fn nobody_changes_or_deletes_the_log_of_actions() {
    let place = Place::fresh();
    let database = place.open(strict());
    let partner = with_partner(&database, 0).await;
    database.submit(by_hand(suspend(partner, true))).await.unwrap();
    let raw = Connection::open(sqlite::database(place.path())).unwrap();
    for sql in [
        "UPDATE action SET actor = 'other'",
        "DELETE FROM action",
        "REPLACE INTO action SELECT id, at, actor_kind, 'other', name, subject, before, after FROM action",
    ] {
        let refused = raw.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    let read = log(&database).await;
    assert_eq!((read.len(), read[0].action.actor.name()), (1, contract::actions::ACTOR));
    database.close();
}

#[tokio::test]
async fn nobody_changes_or_deletes_what_a_biller_told() {
    let place = Place::fresh();
    let database = place.open(strict());
    let told = contract::biller_balances::told(2, 70);
    database.submit(RecordBillerBalance(told)).await.unwrap();
    let raw = Connection::open(sqlite::database(place.path())).unwrap();
    for sql in [
        "UPDATE biller_balance SET balance = 0",
        "DELETE FROM biller_balance",
        "REPLACE INTO biller_balance SELECT id, biller, at, 0, taken, in_process FROM biller_balance",
    ] {
        let refused = raw.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    assert_eq!(contract::biller_balances::all(&database).await[0].told, told);
    database.close();
}

#[tokio::test]
async fn nobody_changes_or_deletes_an_attempt() {
    let place = Place::fresh();
    let database = place.open(strict());
    contract::attempts::gone_on(&database).await;
    let raw = Connection::open(sqlite::database(place.path())).unwrap();
    for sql in [
        "UPDATE attempt SET cost = 1",
        "DELETE FROM attempt",
        "REPLACE INTO attempt (tr_id, number, biller, begun_at, after) \
         SELECT tr_id, number, biller, begun_at, after FROM attempt",
    ] {
        let refused = raw.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    database.close();
}
