//! Servers that share a PostgreSQL database.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{Partner, fresh_ref_id};
use crate::cluster::Cluster;
use crate::server::{DEPOSIT, Home, USERNAME, lunas, wait_for};

const BPJS: &str = "8801234560001";
const PENDS: &str = "8801234560007";
const OTHER: &str = "089999999999";
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
    let shown = home.operate(&["--database", &url, "partner", "show", USERNAME]);
    assert_eq!(shown["available"].as_i64(), Some(DEPOSIT - PRICE));
    let report = home.operate(&["--database", &url, "audit"]);
    assert_eq!((report["clean"].as_bool(), report["payments"].as_i64()), (Some(true), Some(1)));
}

/// Queries a server until a change made at another one is in force there; returns how long it took.
fn in_force(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    wait_for(what, || is_there().then_some(()));
    eprintln!("{what}: after {:?}", begun.elapsed());
}

#[test]
fn a_change_at_one_server_applies_at_the_other() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let no_limit = [("limits.wrong_signatures_per_minute_per_partner", "0")];
    let _here = home.start(&no_limit);
    let beside = home.beside();
    let there = beside.start(&no_limit);
    let mut known = there.partner();
    let key = |told: Value| told["api_key"].as_str().unwrap().to_owned();

    let first = key(home.operate(&["partner", "add", "--username", OTHER]));
    let mut other = Partner::connect(there.port, OTHER, &first).unwrap();
    in_force("a new partner", || other.status("nothing").rc() == "06");
    home.operate(&["deposit", "add", OTHER, "100000", "--no-reference"]);
    let tr_id = other.inquired("BPJS", BPJS).tr_id();
    assert_eq!(other.pay(tr_id).rc(), "00", "a deposit is in force at once");

    let second = key(home.operate(&["partner", "rotate-key", OTHER]));
    let mut rotated = Partner::connect(there.port, OTHER, &second).unwrap();
    in_force("a new key", || rotated.status("nothing").rc() == "06");
    assert_eq!(other.status("nothing").rc(), "06", "both fit meanwhile");
    home.operate(&["partner", "rotate-key", OTHER, "--finish"]);
    in_force("the end of the old key", || other.status("nothing").rc() == "100");
    assert_eq!(rotated.status("nothing").rc(), "06");

    home.operate(&["partner", "suspend", OTHER]);
    in_force("a suspension", || rotated.status("nothing").rc() == "118");
    home.operate(&["partner", "resume", OTHER]);
    in_force("its end", || rotated.status("nothing").rc() == "06");
    home.operate(&["partner", "set", OTHER, "--allow", "203.0.113.7"]);
    in_force("an address", || rotated.status("nothing").rc() == "102");

    home.operate(&["product", "set", "BPJS", "--fee", "1234"]);
    in_force("a fee", || known.inquired("BPJS", BPJS).rupiah("admin") == 1_234);
    home.operate(&["product", "set", "BPJS", "--off"]);
    in_force("what is not sold", || known.inquire("BPJS", BPJS, &fresh_ref_id()).rc() == "106");
    home.operate(&["product", "set", "BPJS", "--on"]);
    in_force("what is sold", || known.inquire("BPJS", BPJS, &fresh_ref_id()).rc() == "00");
}

/// Decisions with an outdated copy of partners and products have no effect where money moves.
#[test]
fn no_payment_begins_after_a_suspension_at_another_server() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let here = home.start(&[]);
    let beside = home.beside();
    let there = beside.start(&[]);
    let mut partner = there.partner();
    for (change, back, code) in [
        (&["partner", "suspend", USERNAME][..], &["partner", "resume", USERNAME][..], "118"),
        (&["product", "set", "BPJS", "--off"], &["product", "set", "BPJS", "--on"], "106"),
    ] {
        let tr_id = partner.inquired("BPJS", BPJS).tr_id();
        home.operate(change);
        assert_eq!(partner.pay(tr_id).rc(), code, "at once");
        home.operate(back);
        wait_for("the server to know", || (partner.status("nothing").rc() == "06").then_some(()));
        wait_for("the payment", || (partner.pay(tr_id).rc() == "00").then_some(()));
    }
    assert_eq!(here.counted("lunas_biller_calls_total", r#"call="pay""#), 0);
    assert_eq!(there.counted("lunas_biller_calls_total", r#"call="pay""#), 2);
}

#[test]
fn a_database_outage_is_reported_and_loses_nothing() {
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
    // The biller answers meanwhile, and the answer is recorded when the database is back.
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

/// As a primary that was demoted, or that its operators have closed.
#[test]
fn a_read_only_database_is_reported_before_any_payment() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let server = Home::on(url).start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", BPJS).tr_id();
    let read_only = "default_transaction_read_only";
    cluster.set(read_only, "on");
    wait_for("the server to tell", || {
        let reply = partner.get("/readyz");
        (reply.status == 503 && reply.body.ends_with(b"takes no commands\n")).then_some(())
    });
    let told = partner.pay(tr_id);
    assert_eq!((told.status, &*told.rc()), (503, "33"), "{told:?}");
    cluster.set(read_only, "DEFAULT");
    wait_for("the server to be ready", || (partner.get("/readyz").status == 200).then_some(()));
    assert_eq!(partner.pay(tr_id).rc(), "00");
}

#[test]
fn an_unusable_database_is_refused_without_showing_its_password() {
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
