//! Failover from a primary to a standby.

use domain::command::Begin;
use store::StoreError;
use store::SubmitError;
use store::postgres::{Address, Server};

use crate::cluster::Cluster;
use crate::contract::{
    Bench, PRICE, assert_clean, inquiry, open_inquiry, pay, strict, undecided, with_partner,
};
use crate::{Place, now};

/// Synchronous replication was switched off while nodes ran. The standby that takes over lacks answered commands,
/// so a node that knows of them refuses it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_without_the_last_batch_is_refused() {
    let primary = Cluster::start();
    let alone = Place { url: primary.database() };
    let standby = primary.synchronous_standby();
    let node = Place { url: Cluster::url_of(&[&primary, &standby], alone.name()) }.open(strict());
    let partner = with_partner(&node, 10 * PRICE).await;
    let tr_id = open_inquiry(&node, partner, "a").await;
    primary.set("synchronous_standby_names", "''");
    standby.set("primary_conninfo", "''");
    assert!(matches!(node.submit(pay(partner, tr_id)).await, Ok(Begin::Begun(_))));
    primary.kill();
    standby.promote();
    for ref_id in ["b", "c"] {
        let told = node.submit(inquiry(partner, ref_id)).await;
        assert_eq!(undecided(told), SubmitError::NotCarriedOut);
    }
    let told = node.submit(pay(partner, tr_id)).await;
    assert_eq!(undecided(told), SubmitError::NotCarriedOut, "it was begun before");
    // It is not read either.
    assert!(node.transaction(tr_id).await.unwrap_err().is_transient());
    assert!(node.read(|read| read.catalogue().map(drop)).await.unwrap_err().is_transient());
    // The server with the last batch is back.
    standby.kill();
    primary.run();
    assert!(matches!(node.submit(pay(partner, tr_id)).await, Ok(Begin::AlreadyStarted(_))));
    open_inquiry(&node, partner, "b").await;
    assert_eq!(assert_clean(&alone).open, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_answered_before_the_standby_has_it() {
    let primary = Cluster::start();
    let place = Place { url: primary.database() };
    let standby = primary.synchronous_standby();
    let node = place.open(strict());
    let partner = with_partner(&node, 10 * PRICE).await;
    standby.kill();
    let asked = tokio::spawn(async move { node.submit(inquiry(partner, "a")).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    primary.wait_until(waiting, "1");
    assert!(!asked.is_finished());
    standby.run();
    asked.await.unwrap().unwrap();
    assert_eq!(assert_clean(&place).inquiries, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asynchronous_replica_is_refused_if_the_url_names_several_hosts() {
    let primary = Cluster::start();
    let replica = primary.standby();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    for (servers, why) in [
        (&[&replica][..], "it is a standby"),
        (&[&primary, &replica], "asynchronously"),
        (&[&replica, &primary], "asynchronously"),
        (&[&replica, &replica], "cannot be reached"),
    ] {
        let url = Cluster::url_of(servers, "postgres");
        let told = Server::open(Address::parse(&url).unwrap(), now()).await.map(drop);
        let told = told.unwrap_err();
        assert!(told.to_string().contains(why), "{told}");
        assert_eq!(primary.sql("postgres", tables), "0", "no half-made schema");
    }
    // Beside a server that is named alone it is nobody's matter.
    let alone = Address::parse(&primary.url("postgres")).unwrap();
    Server::open(alone, now()).await.map(drop).unwrap();
}

/// A server that restarts with settings under which commits may be lost is not written to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_with_unsafe_settings_is_not_written_to() {
    let cluster = Cluster::start();
    let place = Place { url: cluster.database() };
    let node = place.open(strict());
    let partner = with_partner(&node, 10 * PRICE).await;
    cluster.set("fsync", "off");
    cluster.kill();
    cluster.run();
    let told = node.submit(inquiry(partner, "a")).await;
    assert_eq!(undecided(told), SubmitError::NotCarriedOut);
    assert!(matches!(
        Server::open(Address::parse(&place.url).unwrap(), now()).await.map(drop),
        Err(StoreError::Unfit(_))
    ));
    cluster.set("fsync", "on");
    open_inquiry(&node, partner, "a").await;
    assert_eq!(assert_clean(&place).inquiries, 1);
}
