//! Servers on a PostgreSQL database that they share.

use std::thread::sleep;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::server::{DEPOSIT, Home, USERNAME, lunas, wait_for};

const BPJS: &str = "8801234560001";
const PENDS: &str = "8801234560007";
const PRICE: i64 = 52_300;

#[test]
fn two_servers_are_one_gateway() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let config = [("store.database", &*url)];
    let (home, first) = {
        let home = Home::new();
        let first = home.start(&config);
        (home, first)
    };
    let strange = Home::new();
    assert!(!strange.sandbox(&config).status().unwrap().success(), "it has another master key");
    assert!(strange.log().contains("master.key is missing"), "{}", strange.log());
    let other = home.beside();
    let second = other.start(&config);
    let (mut here, mut there) = (first.partner(), second.partner());
    let tr_id = here.inquire("BPJS", BPJS, "a").tr_id();
    assert_eq!(there.inquire("BPJS", BPJS, "a").rc(), "11", "the number is taken on both");
    assert_eq!(there.pay(tr_id).rc(), "00");
    assert_eq!(here.pay(tr_id).rc(), "01");
    assert_eq!(here.status("a").rc(), there.status("a").rc());
    // What is changed at one is in force at both.
    home.operate(&["--database", &url, "partner", "suspend", USERNAME]);
    wait_for("the other server to know", || (there.status("a").rc() == "118").then_some(()));
    home.operate(&["--database", &url, "partner", "resume", USERNAME]);
    wait_for("the other server to know", || (there.status("a").rc() != "118").then_some(()));
    let shown = home.operate(&["--database", &url, "partner", "show", USERNAME]);
    assert_eq!(shown["available"].as_i64(), Some(DEPOSIT - PRICE));
    let report = home.operate(&["--database", &url, "audit"]);
    assert_eq!((report["clean"].as_bool(), report["payments"].as_i64()), (Some(true), Some(1)));
}

#[test]
fn a_database_that_goes_and_comes_back_is_told_and_loses_nothing() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let home = Home::new();
    let server = home.start(&[
        ("store.database", &*url),
        ("sandbox.latency", "800ms"),
        ("sandbox.pending_ends", "success"),
        ("sandbox.pending_after", "1s"),
        ("gateway.resolver_first_ask", "100ms"),
    ]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", BPJS, "in-flight").tr_id();
    let other = partner.inquire("BPJS", PENDS, "later").tr_id();
    assert_eq!(partner.get("/readyz").status, 200);
    let paying = {
        let mut partner = server.partner();
        std::thread::spawn(move || partner.pay(tr_id))
    };
    wait_for("the hold", || {
        let shown = home.operate(&["--database", &url, "partner", "show", USERNAME]);
        (shown["held"] != 0).then_some(())
    });
    cluster.kill();
    assert_eq!(partner.get("/readyz").status, 503);
    for told in [partner.pay(other), partner.status("later"), partner.inquire("BPJS", PENDS, "b")] {
        assert_eq!((told.status, &*told.rc()), (503, "33"), "{told:?}");
    }
    // The biller answers meanwhile, which is recorded once the database is back.
    sleep(Duration::from_secs(1));
    cluster.run();
    assert_eq!(paying.join().unwrap().rc(), "00");
    wait_for("the database to be back", || (partner.get("/readyz").status == 200).then_some(()));
    assert_eq!(partner.status("in-flight").rc(), "00");
    assert_eq!(partner.pay(other).rc(), "39");
    wait_for("the end of the other", || (partner.status("later").rc() == "00").then_some(()));
    assert_eq!(server.counted("lunas_biller_calls_total", r#"call="pay""#), 2);
    let report = home.operate(&["--database", &url, "audit"]);
    assert_eq!((report["clean"].as_bool(), report["payments"].as_i64()), (Some(true), Some(2)));
}

#[test]
fn a_database_that_cannot_be_used_is_refused_without_its_secret() {
    let home = Home::new();
    for (url, why) in [
        ("postgres://lunas:hush-hush@127.0.0.1:1/books", "cannot be reached"),
        ("postgres://lunas:hush-hush@127.0.0.1/books?sslmode=maybe", "sslmode"),
        ("mysql://lunas:hush-hush@127.0.0.1/books", "store.database"),
    ] {
        let refused = home.refused(&["--database", url, "audit"]);
        assert!(refused.contains(why) && !refused.contains("hush"), "{refused}");
        let started = home.sandbox(&[("store.database", url)]).status().unwrap();
        assert_eq!(started.code(), Some(1));
    }
    let told =
        lunas().args(["--database", "postgres://u:hush-hush@h/d", "config", "show"]).output();
    let told = String::from_utf8(told.unwrap().stdout).unwrap();
    assert!(told.contains("postgres://u:***@h/d") && !told.contains("hush"), "{told}");
    assert!(!home.log().contains("hush"), "{}", home.log());
}
