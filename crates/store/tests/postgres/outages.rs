//! Servers with wrong settings, crashes and restarts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::command::{Begin, BillerOutcome};
use domain::{Moment, State};
use store::postgres::{Address, Server};
use store::{StoreError, SubmitError};

use crate::cluster::Cluster;
use crate::contract::{
    Bench, PRICE, assert_clean, inquiry, open_inquiry, pay, settle, strict, undecided, with_partner,
};
use crate::nodes::{End, pay_and_settle};
use crate::{CLUSTER, Place, now};

async fn refusal(url: &str, now: Moment) -> StoreError {
    Server::open(Address::parse(url).unwrap(), now).await.map(drop).unwrap_err()
}

/// Kills and restarts the server under load, several times. All answered commands are there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answered_commands_survive_a_server_crash() {
    let cluster = Cluster::start();
    let place = Place { url: cluster.database() };
    let database = place.open(strict());
    let partner = with_partner(&database, 100_000 * PRICE).await;
    let mut answered = Vec::new();
    for life in 0..4 {
        let over = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..8)
            .map(|caller| {
                let (node, over) = (database.clone(), Arc::clone(&over));
                tokio::spawn(async move {
                    let mut done = Vec::new();
                    for n in (0..).take_while(|_| !over.load(Ordering::Relaxed)) {
                        let ref_id = format!("{life}-{caller}-{n}");
                        let Ok(opened) = node.submit(inquiry(partner, &ref_id)).await else {
                            break;
                        };
                        let tr_id = opened.inquiry.tr_id;
                        done.push((tr_id, pay_and_settle(&node, partner, tr_id).await));
                    }
                    done
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(150 + 70 * life)).await;
        over.store(true, Ordering::Relaxed);
        cluster.kill();
        // A command in an in-doubt commit is answered when the server is back, others at once.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let told = database.submit(inquiry(partner, &format!("{life}-down"))).await;
        assert_eq!(undecided(told), SubmitError::NotCarriedOut);
        assert!(database.read(|read| read.catalogue().map(drop)).await.unwrap_err().is_transient());
        assert!(database.transaction(domain::TrId(1)).await.unwrap_err().is_transient());
        cluster.run();
        for caller in callers {
            answered.extend(caller.await.unwrap());
        }
    }
    assert!(answered.len() > 100, "{}", answered.len());
    let report = assert_clean(&place);
    assert_eq!(report.open, 0);
    for (tr_id, end) in answered {
        let found = database.transaction(tr_id).await.unwrap().unwrap();
        let expected = if end == End::Inquired { State::Inquired } else { State::Paid };
        assert_eq!(found.state(), expected, "{tr_id}");
    }
}

/// A process that is stopped within a transaction loses its locks, and then its batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_process_loses_its_locks() {
    let place = Place::fresh();
    let database = place.open(strict());
    let partner = with_partner(&database, 10 * PRICE).await;
    let tr_id = open_inquiry(&database, partner, "a").await;
    let mut stopped = place.server().store().unwrap();
    let still = std::thread::spawn(move || {
        use domain::{Books, Command, RowSet};
        use store::Store;
        let mut touched = RowSet::default();
        let begin = pay(partner, tr_id);
        begin.touches(&mut touched);
        touched.sort_and_dedup();
        let mut books: Books = stopped.load(&touched).unwrap();
        assert!(matches!(books.run(&begin), Ok(Begin::Begun(_))));
        move || {
            let lost = stopped.commit(&books);
            assert!(matches!(lost, Err(StoreError::InDoubt(_))), "{lost:?}");
            assert!(!stopped.resolve_in_doubt().unwrap(), "it was not committed");
            drop(stopped);
        }
    });
    let late = still.join().unwrap();
    let begun = database.submit(pay(partner, tr_id)).await.unwrap();
    assert!(matches!(begun, Begin::Begun(_)), "{begun:?}");
    std::thread::spawn(late).join().unwrap();
    database.submit(settle(partner, tr_id, BillerOutcome::Unknown)).await.unwrap();
    assert_eq!(assert_clean(&place).open, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_unsafe_settings_is_refused_and_not_changed() {
    for (setting, why) in [
        ("fsync = off", "fsync"),
        ("full_page_writes = off", "full_page_writes"),
        ("synchronous_commit = off", "synchronous_commit"),
        ("synchronous_commit = local\nsynchronous_standby_names = 'other'", "standby"),
    ] {
        let cluster = Cluster::start_with(&[setting]);
        let url = cluster.url("postgres");
        let told = refusal(&url, now()).await;
        assert!(matches!(&told, StoreError::Unfit(said) if said.contains(why)), "{told}");
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(cluster.sql("postgres", tables), "0", "no half-made schema");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_clock_a_wrong_address_and_a_newer_schema_are_refused() {
    let place = Place::fresh();
    let late = now().after(Duration::from_secs(60));
    assert!(matches!(refusal(&place.url, late).await, StoreError::Unfit(_)));
    let nowhere = CLUSTER.url("no_such_database");
    assert!(matches!(refusal(&nowhere, now()).await, StoreError::Unreachable(_)));
    let closed = "postgres://lunas:hush-hush@127.0.0.1:1/lunas";
    let told = refusal(closed, now()).await;
    assert!(matches!(told, StoreError::Unreachable(_)) && !told.to_string().contains("hush"));
    drop(place.server());
    place.tamper(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
         VALUES (999, 'later', '', '0')",
    );
    assert!(matches!(refusal(&place.url, now()).await, StoreError::Newer { found: 999, .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_another_program_is_refused_and_not_changed() {
    for theirs in [
        "CREATE TABLE follow_up (whose text)",
        "CREATE TABLE refinery_schema_history (version int4, name text, applied_on text, \
         checksum text); INSERT INTO refinery_schema_history VALUES (1, 'first', '', '0')",
        "ALTER SCHEMA public RENAME TO theirs",
    ] {
        let place = Place::fresh();
        place.tamper(theirs);
        let tables = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class c \
                      JOIN pg_namespace n ON n.oid = relnamespace \
                      WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'";
        let before = CLUSTER.sql(place.name(), tables);
        let address = Address::parse(&place.url).unwrap();
        assert!(!Server::has_books(&address).await.unwrap(), "{theirs}");
        let told = refusal(&place.url, now()).await;
        assert!(matches!(told, StoreError::Migration(_)), "{theirs}: {told}");
        assert_eq!(CLUSTER.sql(place.name(), tables), before, "{theirs}: {told}");
    }
}

/// Nodes that start at the same time on an empty database create one schema.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_migrate_once() {
    let place = Place::fresh();
    let address = Address::parse(&place.url).unwrap();
    assert!(!Server::has_books(&address).await.unwrap());
    let starts: Vec<_> =
        (0..6).map(|_| tokio::spawn(Server::open(address.clone(), now()))).collect();
    for start in starts {
        start.await.unwrap().map(drop).unwrap();
    }
    assert!(Server::has_books(&address).await.unwrap());
}
