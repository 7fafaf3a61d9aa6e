//! A production server is killed while its payments go on at another biller. Both billers count what they are asked:
//! nobody is asked twice, and a bill is paid at most once.
//!
//! `LUNAS_FAILOVER_KILLS` sets the number of runs.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::splitmix64::splitmix64;
use fail_points::Point;
use serde_json::Value;

use crate::front::Front;
use crate::kills::each_run;
use crate::server::{Home, wait_for};
use crate::upstream_faults::proxy::Proxy;
use crate::upstream_kills::pay_until_gone;

/// The points that a payment passes which goes on at another biller.
const POINTS: [Point; 8] = [
    Point::HoldCommitted,
    Point::AnswerSeen,
    Point::AttemptFailed,
    Point::AttemptBegun,
    Point::OutcomeRecorded,
    Point::CommitBegun,
    Point::RowsWritten,
    Point::Committed,
];

/// The default number of runs.
const RUNS: u64 = 32;

const WATER: &str = "PDAMKOTA.SURABAYA";

#[test]
fn a_kill_between_two_attempts_pays_no_bill_twice() {
    let runs = std::env::var("LUNAS_FAILOVER_KILLS").map_or(RUNS, |text| text.parse().unwrap());
    let (first, second) = (Home::new(), Home::new());
    let config = [("sandbox.made_up_bills", "true")];
    let servers = [first.start(&config), second.start(&config)];
    let proxies = [Proxy::before(servers[0].port), Proxy::before(servers[1].port)];
    proxies[0].refuse_payments();
    let front = Front::before_port(proxies[0].port, &[WATER], &[]);
    front.add_next(WATER, proxies[1].port, &[], "on");
    let Front { home: fresh, server } = front;
    server.signal("TERM");
    server.ended();
    let interrupted = AtomicU64::new(0);
    each_run(runs, |number| {
        let home = fresh.copy();
        run(number, &home);
        let left = check(number, &home, &second, &proxies[1]);
        interrupted.fetch_add(left, Ordering::Relaxed);
    });
    let interrupted = interrupted.into_inner();
    assert!(interrupted > runs / 4, "a kill interrupts most payments: {interrupted} of {runs}");
    for proxy in &proxies {
        let sent = proxy.payments();
        assert!(sent.len() as u64 >= runs / 2, "the servers were killed at work: {}", sent.len());
        proxy.assert_sent_once();
    }
    assert_eq!(first.audit()["payments"], 0);
    second.audit();
}

/// Starts a server that dies at a point, and pays bills until it is gone.
fn run(number: u64, home: &Home) {
    let point = POINTS[number as usize % POINTS.len()];
    let roll = splitmix64(number);
    let after = if number.is_multiple_of(2) { 0 } else { 1 + roll % 2_000 };
    // A payment has five commits, an answer for each call, and one of each other point.
    let most = match point {
        Point::CommitBegun | Point::RowsWritten | Point::Committed => 15,
        Point::AnswerSeen => 6,
        _ => 3,
    };
    let mut command = home.production(&[]);
    command.env("FAIL_POINT", format!("{}:{}+{after}", point.name(), 1 + roll / 7 % most));
    pay_until_gone(home.started(command), WATER, |bill| format!("1{number:04}5{bill:03}"));
}

/// What the second biller took is paid in the books, and nothing else is. Returns the number of payments that were
/// not paid.
fn check(number: u64, home: &Home, second: &Home, proxy: &Proxy) -> u64 {
    home.audit();
    let server = home.started(home.production(&[]));
    let payments = home.operate(&["payment", "list", "--limit", "100"]);
    let mut unpaid = 0;
    for payment in payments.as_array().unwrap() {
        let tr_id = payment["tr_id"].as_i64().unwrap().to_string();
        // The resolver may be asking at this moment, or have ended it.
        let ask = || {
            let _ = home.command(&["payment", "ask", &tr_id]);
            home.operate(&["payment", "show", &tr_id])
        };
        let story = ask();
        let state = story["payment"]["state"].as_str().unwrap();
        unpaid += u64::from(state != "paid");
        let Some(there) = reference(&story) else {
            // It never got to the second biller, so it was certainly not paid, or the first may still be asked.
            assert!(["failed", "pending", "paying"].contains(&state), "{number}: {story}");
            continue;
        };
        let at_second = second.operate(&["payment", "show", &there]);
        let is_taken = at_second["payment"]["state"] == "paid";
        let sent = proxy.payments().get(&there).copied().unwrap_or_default();
        match is_taken {
            true => {
                assert_eq!(sent, 1, "{number}: {story}");
                let is_paid = || (ask()["payment"]["state"] == "paid").then_some(());
                wait_for("the end of a payment that its biller took", is_paid);
            }
            // It may have been sent, as far as this server knows, so it stays open.
            false => assert_eq!((state, sent), ("pending", 0), "{number}: {story}"),
        }
    }
    drop(server);
    home.audit();
    unpaid
}

/// The number at the second biller, if the payment went on there.
fn reference(story: &Value) -> Option<String> {
    let attempt = story["attempts"].as_array().unwrap().get(1)?;
    Some(attempt["biller_reference"].as_str().unwrap().to_owned())
}
