//! A server is stopped, started again, and started twice.

use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use crate::load::{CONFIG, judge, run};
use crate::server::{API_KEY, DEPOSIT, Home, USERNAME, wait_for};

const BPJS: &str = "8801234560001";

#[test]
fn a_server_under_load_stops_within_ten_seconds_and_loses_nothing() {
    let home = Home::new();
    let mut stories = Vec::new();
    for _ in 0..2 {
        let server = home.start(&[&CONFIG[..], &[("sandbox.latency", "20ms")]].concat());
        let mut asked = None;
        stories.extend(run(&server, || {
            sleep(Duration::from_millis(700));
            server.signal("TERM");
            asked = Some(Instant::now());
        }));
        assert_eq!(server.ended().code(), Some(0), "{}", home.log());
        let took = asked.unwrap().elapsed();
        assert!(took < Duration::from_secs(10), "{took:?}");
        home.audit();
    }
    let server = home.start(&CONFIG);
    assert!(judge(&home, &server, &stories) > 0);
}

#[test]
fn a_running_request_is_answered_before_the_server_stops() {
    let home = Home::new();
    let server = home.start(&[("sandbox.latency", "3s")]);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", BPJS).tr_id();
    let paying = thread::spawn(move || partner.pay(tr_id).rc());
    wait_for("the payment to begin", || (home.deposit().1 > 0).then_some(()));
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(paying.join().unwrap(), "00");
    home.audit();
}

#[test]
fn an_idle_server_stops_at_once_with_open_connections() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut idle = server.partner();
    assert_eq!(idle.status("r").rc(), "06");
    let asked = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(!home.data().join("lunas.sock").exists(), "the socket is gone with its server");
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_the_first_continues() {
    let home = Home::new();
    let server = home.start(&[]);
    let refused = home.sandbox(&[]).status().unwrap();
    assert_eq!(refused.code(), Some(1));
    let data = home.data();
    let why = home.log();
    let why = why.lines().last().unwrap();
    assert!(why.contains(data.to_str().unwrap()) && why.contains("use"), "{why}");
    assert_eq!(server.partner().status("r").rc(), "06");
}

#[test]
fn a_restart_keeps_payments_balances_and_settings() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let inquired = partner.inquire("BPJS", BPJS, "before");
    let paid = partner.pay(inquired.tr_id());
    home.operate(&["product", "set", "BPJS", "--fee", "3000"]);
    server.signal("KILL");
    server.ended();

    // The deposit of the first start is not booked again.
    let server = home.start(&[]);
    let mut partner = server.partner();
    let told = partner.status("before");
    assert_eq!((told.rc(), told.text("noref")), ("00".to_owned(), paid.text("noref")));
    assert_eq!(home.deposit().0, DEPOSIT - inquired.rupiah("selling_price"));
    let inquired = partner.inquire("BPJS", BPJS, "after");
    assert_eq!(inquired.rupiah("admin"), 3_000, "what an operator set stays");
    drop(server);

    let other = home.sandbox_with_key("another-key").status().unwrap();
    assert_eq!(other.code(), Some(1), "the partner has its key");
    let log = home.log();
    let why = log.lines().last().unwrap();
    assert!(why.contains(USERNAME) && !why.contains(API_KEY), "{why}");
}
