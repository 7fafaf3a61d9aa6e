//! Unknown and contradictory outcomes: what the resolver does, and what needs manual review.

use serde_json::Value;

use crate::client::Partner;
use crate::server::{DEPOSIT, Home, wait_for};

/// For these payments the sandbox loses the order, answers for another one, or contradicts itself.
const NEVER_CAME: &str = "8899999001";
const NOT_FOUND: &str = "8899999002";
const TOLD_OF_ANOTHER: &str = "8899999004";
const REFUSED_THEN_PAID: &str = "8899999005";
/// Its payment stays pending, by the last four digits.
const PENDS: &str = "5551039";
/// Its payment is refused because the bill is already paid.
const PAID_ALREADY: &str = "5551001";
const SELLING_PRICE: i64 = 52_300;

/// Queries early and often, and trusts "not found" at once.
const EAGER: [(&str, &str); 3] = [
    ("gateway.resolver_first_ask", "100ms"),
    ("gateway.resolver_longest_wait", "200ms"),
    ("sandbox.trust_not_found_after", "0s"),
];

fn paid(partner: &mut Partner, hp: &str, ref_id: &str) -> (String, String) {
    let tr_id = partner.inquire("BPJS", hp, ref_id).tr_id();
    (tr_id.to_string(), partner.pay(tr_id).rc())
}

/// Waits for the one payment that needs manual review.
fn queued(home: &Home, why: &str) -> Value {
    wait_for("a payment in the queue", || {
        let queue = home.operate(&["payment", "list", "--needs-review"]);
        let queued = queue.as_array().unwrap().first().cloned();
        queued.filter(|queued| queued["review_reason"] == why)
    })
}

#[test]
fn a_payment_that_the_biller_never_received_restores_the_balance() {
    let home = Home::new();
    let server = home.start(&EAGER);
    let mut partner = server.partner();
    assert_eq!(paid(&mut partner, NEVER_CAME, "lost").1, "39");
    let end = wait_for("the end of a lost payment", || {
        let told = partner.status("lost");
        (told.rc() != "39").then_some(told)
    });
    assert_eq!((&*end.rc(), end.rupiah("balance")), ("37", DEPOSIT));
    assert!(server.counted("lunas_biller_calls_total", r#"answer="not found""#) >= 2);
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    home.audit();
}

#[test]
fn a_not_found_that_is_not_final_waits_for_an_operator() {
    let home = Home::new();
    let server = home.start(&EAGER);
    let mut partner = server.partner();
    let (tr_id, code) = paid(&mut partner, NOT_FOUND, "lost");
    assert_eq!(code, "39");
    let queued = queued(&home, "not-found");
    assert_eq!((&*queued["tr_id"].to_string(), &queued["state"]), (&*tr_id, &"pending".into()));
    assert_eq!(queued["evidence"]["answer"], "the biller does not know the payment");
    assert_eq!(queued["next_step"], "resolve");
    let shown = home.command(&["payment", "list", "--needs-review"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains(&format!("lunas payment resolve {tr_id} --paid --receipt-no")),
        "{shown}"
    );
    assert_eq!(partner.status("lost").rc(), "39", "the hold stays");
    assert_eq!(server.counted("lunas_payments_in_manual_review", r#"why="not-found""#), 1);

    home.operate(&["payment", "resolve", &tr_id, "--failed", "--reason", "never came"]);
    assert_eq!(partner.status("lost").rc(), "37");
    assert_eq!(server.counted("lunas_payments_in_manual_review", ""), 0);
    let text = home.command(&["payment", "list", "--needs-review"]);
    assert_eq!(String::from_utf8(text.stdout).unwrap(), "no payment needs manual review\n");
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    home.audit();
}

#[test]
fn mismatched_and_too_old_payments_are_not_queried_again() {
    for (hp, extra, why) in [
        (TOLD_OF_ANOTHER, ("sandbox.stop_polling_after", "72h"), "mismatch"),
        (PENDS, ("sandbox.stop_polling_after", "0s"), "too-old"),
    ] {
        let home = Home::new();
        let server = home.start(&[&EAGER[..], &[extra]].concat());
        let mut partner = server.partner();
        assert_eq!(paid(&mut partner, hp, "r").1, "39");
        let queued = queued(&home, why);
        let asked = server.counted("lunas_biller_calls_total", r#"call="status""#);
        assert_eq!(asked, queued["asks"].as_u64().unwrap());
        assert!(asked <= 1, "{asked}");
        assert_eq!(partner.status("r").rc(), "39");
        let shown = home.command(&["payment", "list", "--needs-review"]);
        let shown = String::from_utf8(shown.stdout).unwrap();
        for said in [why, "age", "last exchange", "next step"] {
            assert!(shown.contains(said), "{said} is not in {shown}");
        }
        assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, SELLING_PRICE));
        home.audit();
    }
}

#[test]
fn a_contradiction_of_the_biller_waits_in_review_until_it_is_reconciled() {
    let home = Home::new();
    let server = home.start(&EAGER);
    let mut partner = server.partner();
    let (tr_id, code) = paid(&mut partner, REFUSED_THEN_PAID, "r");
    assert_eq!(code, "37");
    home.operate(&["payment", "ask", &tr_id]);
    let contradiction = queued(&home, "contradiction");
    let said = contradiction["evidence"]["answer"].as_str().unwrap();
    assert!(said.contains("paid, reference number"), "{said}");
    assert_eq!(partner.status("r").rc(), "37", "no silent flip");
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    assert!(home.log().contains("contradicts a final outcome"));

    // It stays, also after a restart.
    drop(server);
    let server = home.start(&EAGER);
    assert_eq!(server.counted("lunas_payments_in_manual_review", r#"why="contradiction""#), 1);
    let why = home.refused(&["payment", "resolve", &tr_id, "--failed", "--reason", "x"]);
    assert!(why.contains("--reconciled"), "{why}");
    home.operate(&["payment", "resolve", &tr_id, "--reconciled", "--reason", "the biller erred"]);
    assert_eq!(server.counted("lunas_payments_in_manual_review", ""), 0);
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    home.audit();
}

#[test]
fn one_payment_of_a_bill_is_in_process() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let (first, code) = paid(&mut partner, PENDS, "first");
    assert_eq!(code, "39");
    let second = partner.inquire("BPJS", PENDS, "second").tr_id();
    let refused = partner.pay(second);
    assert_eq!((&*refused.rc(), &*refused.text("status").unwrap()), ("33", "2"));
    assert_eq!(refused.rupiah("balance"), DEPOSIT - SELLING_PRICE, "nothing is held for it");
    assert_eq!(partner.status("second").rc(), "42", "and nothing has begun");
    assert_eq!(server.counted("lunas_biller_calls_total", r#"call="pay""#), 1);

    // It waits for the first one, also over a restart, and can be paid after that has failed.
    server.signal("KILL");
    server.ended();
    let server = home.start(&[]);
    let mut partner = server.partner();
    assert_eq!(partner.pay(second).rc(), "33");
    home.operate(&["payment", "resolve", &first, "--failed", "--reason", "never came"]);
    assert_eq!(partner.pay(second).rc(), "39");
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, SELLING_PRICE));
    home.audit();
}

#[test]
fn a_bill_that_was_already_paid_at_the_biller_costs_nothing() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PAID_ALREADY, "r").tr_id();
    for _ in 0..2 {
        let told = partner.pay(tr_id);
        assert_eq!((&*told.rc(), &*told.text("status").unwrap()), ("01", "2"));
        assert_eq!(told.rupiah("balance"), DEPOSIT);
    }
    assert_eq!(partner.status("r").rc(), "01");
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    home.audit();
}
