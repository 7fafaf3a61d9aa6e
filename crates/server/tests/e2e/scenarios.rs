//! Scenarios and the clock of the sandbox: the answers to a partner, the state of the books, and
//! what must not happen.

use std::io::ErrorKind;

use iak_protocol::Command;
use serde_json::Value;

use crate::client::Partner;
use crate::cluster::Cluster;
use crate::server::{API_KEY, DEPOSIT, Home, Server, wait_for};

const PAYS: &str = "8801234560001";
const PENDS: &str = "8801234560007";
const SELLING_PRICE: i64 = 52_300;
const PLN: &str = "530000000001";

fn on(home: &Home, name: &str) -> Value {
    home.operate(&["sandbox", "scenario", "on", name])
}

fn off(home: &Home, name: &str) -> Value {
    home.operate(&["sandbox", "scenario", "off", name])
}

fn clock(home: &Home, words: &[&str]) -> Value {
    home.operate(&[&["sandbox", "clock"], words].concat())
}

/// The scenarios that are on.
fn which_are_on(home: &Home) -> Vec<String> {
    let told = home.operate(&["sandbox", "scenario", "list"]);
    let scenarios = told["scenarios"].as_array().unwrap().iter();
    let on = scenarios.filter(|scenario| scenario["on"] == true);
    on.map(|scenario| scenario["name"].as_str().unwrap().to_owned()).collect()
}

fn pay_calls(server: &Server) -> u64 {
    server.counted("lunas_biller_calls_total", r#"call="pay""#)
}

fn end_of(partner: &mut Partner, ref_id: &str) -> String {
    wait_for("the end of a payment", || {
        let told = partner.status(ref_id).rc();
        (told != "39").then_some(told)
    })
}

#[test]
fn a_payment_with_a_lost_answer_is_debited_once() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PAYS, "lost").tr_id();
    on(&home, "lost-answer");
    let lost = partner.try_ask(Command::payment(tr_id)).unwrap_err();
    let is_closed = matches!(lost.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset);
    assert!(is_closed, "{lost}");

    let mut partner = server.partner();
    let told = partner.status("lost");
    assert_eq!((&*told.rc(), &*told.text("status").unwrap()), ("00", "1"));
    assert_eq!(partner.pay(tr_id).rc(), "01");
    assert_eq!(partner.inquire("BPJS", PAYS, "lost").rc(), "11");
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, 0));
    assert_eq!((pay_calls(&server), home.journal()), (1, vec![tr_id]));
    assert_eq!(which_are_on(&home), [""; 0], "it was for one payment");
    home.audit();
}

#[test]
fn a_late_success_is_39_until_the_resolver_finds_it_paid() {
    let home = Home::new();
    let server = home.start(&[("gateway.resolver_first_ask", "100ms")]);
    let mut partner = server.partner();
    on(&home, "late-success");
    let tr_id = partner.inquire("BPJS", PAYS, "late").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    assert_eq!(end_of(&mut partner, "late"), "00");
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, 0));
    assert_eq!(pay_calls(&server), 1);
    let next = partner.inquired("BPJS", PAYS).tr_id();
    assert_eq!(partner.pay(next).rc(), "00", "it was for one payment");
    home.audit();
}

#[test]
fn during_maintenance_everything_is_110_and_no_balance_is_held() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PAYS, "before").tr_id();
    home.operate(&["sandbox", "scenario", "on", "maintenance", "--until-off"]);
    for _ in 0..3 {
        assert_eq!(partner.inquire("BPJS", PAYS, "during").rc(), "110");
    }
    assert_eq!(partner.pay(tr_id).rc(), "110");
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    off(&home, "maintenance");
    // A failed payment is final, and the biller confirms it.
    assert_eq!(partner.pay(tr_id).rc(), "110");
    let story = home.operate(&["payment", "ask", &tr_id.to_string()]);
    assert_eq!(
        (&story["payment"]["state"], &story["payment"]["review_reason"]),
        (&"failed".into(), &Value::Null)
    );
    let next = partner.inquire("BPJS", PAYS, "during").tr_id();
    assert_eq!(partner.pay(next).rc(), "00");
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, 0));
    home.audit();
}

#[test]
fn a_payment_slower_than_the_timeout_is_found_paid_later() {
    let home = Home::new();
    let server =
        home.start(&[("gateway.biller_deadline", "1s"), ("gateway.resolver_first_ask", "100ms")]);
    let mut partner = server.partner();
    home.operate(&["sandbox", "scenario", "on", "slow-answer", "--times", "2"]);
    assert_eq!(partner.inquire("BPJS", PAYS, "slow").rc(), "103");
    off(&home, "slow-answer");
    let tr_id = partner.inquire("BPJS", PAYS, "slow").tr_id();
    on(&home, "slow-answer");
    assert_eq!(partner.pay(tr_id).rc(), "39");
    assert_eq!(end_of(&mut partner, "slow"), "00");
    assert_eq!((pay_calls(&server), home.deposit()), (1, (DEPOSIT - SELLING_PRICE, 0)));
    home.audit();
}

#[test]
fn at_cut_off_electricity_is_109_and_is_paid_again_after_it() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    clock(&home, &["to", "23:30"]);
    let tr_id = partner.inquired("PLNPOSTPAID", PLN).tr_id();
    let other = partner.inquired("BPJS", PAYS).tr_id();
    assert_eq!(which_are_on(&home), [""; 0]);
    on(&home, "cut-off");
    let refused = partner.pay(tr_id);
    assert_eq!((&*refused.rc(), refused.rupiah("balance")), ("109", DEPOSIT));
    assert_eq!(partner.pay(other).rc(), "00", "only electricity has hours");
    assert_eq!(pay_calls(&server), 1);
    assert_eq!(which_are_on(&home), ["cut-off"]);
    off(&home, "cut-off");
    assert_eq!(partner.pay(tr_id).rc(), "00");
    home.audit();
}

#[test]
fn a_low_deposit_is_17_until_a_top_up_and_leaves_no_limit_behind() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PAYS, "low").tr_id();
    on(&home, "low-deposit");
    let refused = partner.pay(tr_id);
    assert_eq!((&*refused.rc(), refused.rupiah("balance")), ("17", DEPOSIT));
    home.operate(&["deposit", "add", "081234567890", &SELLING_PRICE.to_string(), "--no-reference"]);
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let next = partner.inquired("BPJS", PAYS).tr_id();
    assert_eq!(partner.pay(next).rc(), "17");
    off(&home, "low-deposit");
    assert_eq!(home.operate(&["partner", "show", "081234567890"])["min_balance"], 0);
    assert_eq!(partner.pay(next).rc(), "00");
    home.audit();
}

#[test]
fn an_inquiry_of_yesterday_is_04_and_so_is_one_of_a_day_to_come() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let yesterdays = partner.inquired("BPJS", PAYS).tr_id();
    let moved = clock(&home, &["forward", "1d"]);
    assert_eq!(moved["ahead_seconds"], 86_400);
    assert_eq!(partner.pay(yesterdays).rc(), "04");
    let todays = partner.inquired("BPJS", PAYS).tr_id();
    let to_come = partner.inquired("BPJS", PAYS).tr_id();
    assert!(yesterdays < todays && todays < to_come);
    assert_eq!(partner.pay(todays).rc(), "00");
    assert_eq!(clock(&home, &["back"])["ahead_seconds"], 0);
    assert_eq!(partner.pay(to_come).rc(), "04");
    assert_eq!(partner.pay(todays).rc(), "01");
    let next = partner.inquired("BPJS", PAYS).tr_id();
    assert!(next > to_come);
    assert_eq!(partner.pay(next).rc(), "00");
    assert_eq!(home.deposit(), (DEPOSIT - 2 * SELLING_PRICE, 0));
    home.audit();
}

#[test]
fn a_restart_forgets_scenarios_and_keeps_the_clock() {
    let home = Home::new();
    let server = home.start(&[]);
    clock(&home, &["forward", "36h"]);
    on(&home, "maintenance");
    drop(server);
    let server = home.start(&[]);
    assert_eq!(clock(&home, &["show"])["ahead_seconds"], 36 * 3600);
    assert_eq!(which_are_on(&home), [""; 0]);
    let tr_id = server.partner().inquired("BPJS", PAYS).tr_id();
    assert_eq!(server.partner().pay(tr_id).rc(), "00");
    home.audit();
}

#[test]
fn the_clock_does_not_go_back_while_a_payment_is_open() {
    let home = Home::new();
    let server = home.start(&[("gateway.resolver_first_ask", "100ms")]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PENDS, "old").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    clock(&home, &["forward", "73h"]);
    let why = home.refused(&["sandbox", "clock", "back"]);
    assert!(why.contains("payment resolve"), "{why}");
    wait_for("the operators' queue", || {
        let queue = home.operate(&["payment", "list", "--needs-review"]);
        let first = queue.as_array().unwrap().first().cloned();
        first.map(|queued| assert_eq!(queued["review_reason"], "too-old"))
    });
    assert_eq!(partner.status("old").rc(), "39", "nobody has failed it");
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, SELLING_PRICE));
    let tr_id = tr_id.to_string();
    home.operate(&["payment", "resolve", &tr_id, "--failed", "--reason", "never came"]);
    assert_eq!(clock(&home, &["back"])["ahead_seconds"], 0);
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    home.audit();
}

/// The jump ends every lease and every deadline of the books while the biller processes the
/// payment.
#[test]
fn a_payment_in_process_while_the_clock_moves_is_paid_once() {
    let home = Home::new();
    let server = home.start(&[
        ("sandbox.latency", "2s"),
        ("gateway.resolver_first_ask", "100ms"),
        ("gateway.resolver_longest_wait", "1s"),
    ]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PAYS, "leap").tr_id();
    let paying = std::thread::spawn(move || partner.pay(tr_id).rc());
    wait_for("the biller to have it", || (!home.journal().is_empty()).then_some(()));
    clock(&home, &["forward", "1d"]);
    let told = paying.join().unwrap();
    assert!(matches!(&*told, "00" | "39"), "{told}");
    let mut partner = server.partner();
    assert_eq!(end_of(&mut partner, "leap"), "00");
    assert_eq!(partner.pay(tr_id).rc(), "01");
    assert_eq!((pay_calls(&server), home.deposit()), (1, (DEPOSIT - SELLING_PRICE, 0)));
    home.audit();
}

#[test]
fn invalid_values_are_refused_and_change_nothing() {
    let home = Home::new();
    let server = home.start(&[]);
    for (words, because) in [
        (&["scenario", "on", "earthquake"][..], "slow-answer"),
        (&["scenario", "off", "earthquake"], "slow-answer"),
        (&["scenario", "on", "maintenance", "--times", "0"], "1 to 1000"),
        (&["scenario", "on", "maintenance", "--times", "1001"], "1 to 1000"),
        (&["scenario", "on", "cut-off", "--times", "2"], "changes the books"),
        (&["clock", "forward", "367d"], "366 days"),
        (&["clock", "forward", "0s"], "366 days"),
        (&["clock", "to", "24:00"], "23:30"),
        (&["clock", "to", "9:30"], "23:30"),
    ] {
        let why = home.refused(&[&["sandbox"], words].concat());
        assert!(why.contains(because), "{words:?}: {why}");
    }
    for words in
        [&["clock", "forward", "-1d"][..], &["clock", "forward", "1"], &["clock", "forward", "1y"]]
    {
        let done = home.command(&[&["sandbox"], words].concat());
        assert_eq!(done.status.code(), Some(2), "{words:?}");
    }
    assert_eq!(
        (which_are_on(&home), &clock(&home, &["show"])["ahead_seconds"]),
        (vec![], &0.into())
    );
    drop(server);
}

#[test]
fn all_scenarios_are_switched_off_together_and_operator_limits_stay() {
    let home = Home::new();
    let server = home.start(&[]);
    home.operate(&["product", "set", "PLNNONH", "--hours", "08:00-16:00"]);
    for name in
        ["slow-answer", "lost-answer", "late-success", "maintenance", "cut-off", "low-deposit"]
    {
        on(&home, name);
    }
    assert_eq!(which_are_on(&home).len(), 6);
    assert_eq!(home.operate(&["sandbox", "scenario", "off"])["scenarios"][5]["on"], false);
    assert_eq!(which_are_on(&home), [""; 0]);
    let products = home.operate(&["product", "list", "--type", "pln"]);
    let hours = products.as_array().unwrap().iter().find(|it| it["code"] == "PLNNONH").unwrap();
    assert_eq!(hours["hours"], "08:00-16:00");
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", PAYS).tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
}

#[test]
fn production_has_neither_clock_nor_scenarios() {
    let home = Home::new();
    let sandbox = home.start(&[]);
    clock(&home, &["forward", "1d"]);
    drop(sandbox);
    // On the same data, with and without a server.
    let refused = |words: &[&str]| home.refused(&[&["sandbox"], words].concat());
    for is_served in [false, true] {
        let server = is_served.then(|| home.started(home.production_after_sandbox(&[])));
        for words in [
            &["clock", "show"][..],
            &["clock", "forward", "1d"],
            &["clock", "back"],
            &["scenario", "list"],
            &["scenario", "on", "maintenance"],
            &["scenario", "on", "low-deposit"],
            &["scenario", "off"],
        ] {
            let why = refused(words);
            assert!(why.contains("no sandbox runs"), "{words:?}: {why}");
        }
        if let Some(server) = server {
            // It does not use the moved clock: its first answer has the machine's date.
            let added = home.operate(&["deposit", "add", "081234567890", "1000", "--no-reference"]);
            let at = added["deposit"]["at"].as_str().unwrap().to_owned();
            drop(server);
            home.mark(store::Purpose::Sandbox);
            let sandbox = home.start(&[]);
            let moved = clock(&home, &["show"])["now"].as_str().unwrap().to_owned();
            assert!(at[..10] < moved[..10], "{at} {moved}");
            drop(sandbox);
        }
    }
    assert_eq!(home.operate(&["partner", "show", "081234567890"])["min_balance"], 0);
    home.audit();
}

#[test]
fn scenario_commands_work_with_an_api_key_in_the_environment() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut command = crate::server::lunas();
    command.env("LUNAS_API_KEY", API_KEY).args(["sandbox", "scenario", "list", "--data"]);
    let done = command.arg(home.data()).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(text.contains("the machine's time") && text.contains("late-success"), "{text}");
    drop(server);
}

#[test]
fn with_postgres_scenarios_work_and_the_clock_cannot_be_moved() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let server = home.start(&[]);
    for words in [&["forward", "1d"][..], &["to", "23:30"], &["back"]] {
        let why = home.refused(&[&["sandbox", "clock"], words].concat());
        assert!(why.contains("other nodes"), "{words:?}: {why}");
    }
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PAYS, "shared").tr_id();
    on(&home, "low-deposit");
    assert_eq!(partner.pay(tr_id).rc(), "17");
    off(&home, "low-deposit");
    on(&home, "lost-answer");
    assert!(partner.try_ask(Command::payment(tr_id)).is_err());
    assert_eq!(server.partner().pay(tr_id).rc(), "01");
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, 0));
}
