//! A production server that pays at a biller over HTTP is killed at named points. The biller counts what it is
//! asked: no payment is sent twice, and what the biller took is in the books.
//!
//! `LUNAS_UPSTREAM_KILLS` sets the number of runs.

use domain::splitmix64::splitmix64;
use fail_points::Point;
use iak_protocol::Command;
use serde_json::Value;

use crate::client::{fresh_ref_id, inquiry};
use crate::front::Front;
use crate::kills::each_run;
use crate::server::{Home, Server, wait_for};
use crate::upstream_faults::proxy::Proxy;

/// The points that a server passes while it works, and while it takes up what another one left.
const POINTS: [Point; 14] = [
    Point::BillSeen,
    Point::PaymentAsked,
    Point::HoldCommitted,
    Point::AnswerSeen,
    Point::OutcomeRecorded,
    Point::AnswerHalfWritten,
    Point::CommitBegun,
    Point::RowsWritten,
    Point::Committed,
    Point::DataOwned,
    Point::LeftFound,
    Point::Claimed,
    Point::StatusSeen,
    Point::StatusRecorded,
];

/// The default number of runs.
const RUNS: u64 = 100;

/// A number that stays pending.
const PENDS: &str = "8801234560007";

#[test]
fn a_kill_at_any_point_pays_no_bill_twice_at_a_biller_over_http() {
    let runs = std::env::var("LUNAS_UPSTREAM_KILLS").map_or(RUNS, |text| text.parse().unwrap());
    let back = Home::new();
    let back_server = back.start(&[("sandbox.made_up_bills", "true")]);
    let proxy = Proxy::before(back_server.port);
    let Front { home: fresh, server } = Front::before_port(proxy.port, &["BPJS"], &[]);
    // Every server that is started later takes this payment up.
    let left = server.partner().inquired("BPJS", PENDS).tr_id();
    assert_eq!(server.partner().pay(left).rc(), "39");
    server.signal("TERM");
    server.ended();
    each_run(runs, |number| {
        let home = fresh.copy();
        run(number, &home);
        check(number, &home, &back, &proxy, left);
    });
    let sent = proxy.payments();
    assert!(sent.len() as u64 > runs / 2, "the servers were killed at work: {}", sent.len());
    proxy.assert_sent_once();
    back.audit();
}

/// Starts a server that dies at a point, and pays bills until it is gone.
fn run(number: u64, home: &Home) {
    let point = POINTS[number as usize % POINTS.len()];
    let roll = splitmix64(number);
    let after = if number.is_multiple_of(2) { 0 } else { 1 + roll % 2_000 };
    let passing = match point {
        Point::DataOwned
        | Point::LeftFound
        | Point::Claimed
        | Point::StatusSeen
        | Point::StatusRecorded => 1,
        // The first commits are of the status query that a start makes.
        Point::CommitBegun | Point::RowsWritten | Point::Committed => 4 + roll / 7 % 8,
        _ => 1 + roll / 7 % 4,
    };
    let mut command = home.production(&[]);
    command.env("FAIL_POINT", format!("{}:{passing}+{after}", point.name()));
    if POINTS[9..].contains(&point) {
        // It dies while it starts, before anybody can pay.
        assert!(!command.status().unwrap().success());
        return;
    }
    pay_until_gone(home.started(command), "BPJS", |bill| {
        format!("88012{number:04}5{:03}", 500 + bill)
    });
}

/// Pays bills at a server that will die, until it is gone; then it is gone in any case.
pub(crate) fn pay_until_gone(mut server: Server, code: &str, hp: impl Fn(u64) -> String) {
    for bill in 0..6 {
        if !pay(&server, code, &hp(bill)) {
            break;
        }
    }
    let _ = server.child.kill();
    let _ = server.child.wait();
}

/// Pays one bill. `false` if the server is gone.
fn pay(server: &Server, code: &str, hp: &str) -> bool {
    let Ok(mut partner) = server.connect() else { return false };
    let Ok(told) = partner.try_ask(inquiry(code, hp, &fresh_ref_id())) else { return false };
    assert_eq!(told.rc(), "00");
    partner.try_ask(Command::payment(told.tr_id())).is_ok()
}

/// What the biller took is paid in the books, and nothing else is.
fn check(number: u64, home: &Home, back: &Home, proxy: &Proxy, left: i64) {
    home.audit();
    let server = home.started(home.production(&[]));
    let payments = home.operate(&["payment", "list", "--limit", "100"]);
    for payment in payments.as_array().unwrap() {
        let tr_id = payment["tr_id"].as_i64().unwrap();
        let there = payment["biller_reference"].as_str().unwrap();
        if !matches!(payment["state"].as_str().unwrap(), "paid" | "failed") {
            // The resolver may be asking at this moment.
            wait_for("the status query", || {
                let done = home.command(&["payment", "ask", &tr_id.to_string()]);
                done.status.success().then_some(())
            });
        }
        let shown = |home: &Home, tr_id: &str| -> Value {
            home.operate(&["payment", "show", tr_id])["payment"]["state"].clone()
        };
        let (here, at_biller) = (shown(home, &tr_id.to_string()), shown(back, there));
        let sent = proxy.payments().get(there).copied().unwrap_or_default();
        match (tr_id == left, at_biller.as_str().unwrap()) {
            (true, _) => assert_eq!(here, "pending"),
            (false, "paid") => assert_eq!((here.as_str(), sent), (Some("paid"), 1), "{number}"),
            // It may have been sent, as far as this server knows, so it stays open.
            (false, _) => assert_eq!((here.as_str(), sent), (Some("pending"), 0), "{number}"),
        }
    }
    drop(server);
    home.audit();
}
