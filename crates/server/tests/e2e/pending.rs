//! Pending payments: how they end automatically and by hand, and the answers in between.

use crate::client::{Partner, Reply};
use crate::server::{DEPOSIT, Home, wait_for};

/// A customer number whose payment stays pending.
const PENDS: &str = "8801234560007";
const SELLING_PRICE: i64 = 52_300;

/// Inquires and pays under this `ref_id`.
fn pending(partner: &mut Partner, ref_id: &str) -> i64 {
    let tr_id = partner.inquire("BPJS", PENDS, ref_id).tr_id();
    let paid = partner.pay(tr_id);
    assert_eq!((paid.status, &*paid.rc()), (200, "39"));
    assert_eq!(paid.rupiah("balance"), DEPOSIT - SELLING_PRICE);
    assert_eq!(partner.pay(tr_id).rc(), "39");
    assert_eq!(partner.status(ref_id).rc(), "39");
    tr_id
}

fn end_of(partner: &mut Partner, ref_id: &str) -> Reply {
    wait_for("the end of a pending payment", || {
        let told = partner.status(ref_id);
        (told.rc() != "39").then_some(told)
    })
}

#[test]
fn a_pending_payment_ends_in_success_by_rule() {
    let home = Home::new();
    let server = home.start(&[
        ("sandbox.pending_ends", "success"),
        ("sandbox.pending_after", "1s"),
        ("gateway.resolver_first_ask", "100ms"),
    ]);
    let mut partner = server.partner();
    let tr_id = pending(&mut partner, "by-rule");
    let end = end_of(&mut partner, "by-rule");
    assert_eq!((&*end.rc(), &*end.text("status").unwrap()), ("00", "1"));
    assert!(!end.text("noref").unwrap().is_empty());
    let again = partner.pay(tr_id);
    assert_eq!((again.rc(), again.text("noref")), ("01".to_owned(), end.text("noref")));
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, 0));
    assert_eq!(server.counted("lunas_biller_calls_total", r#"call="pay""#), 1);
    assert!(server.counted("lunas_biller_calls_total", r#"call="status""#) >= 1);
    home.audit();
}

#[test]
fn a_pending_payment_fails_by_rule_and_restores_the_balance() {
    let home = Home::new();
    let server = home.start(&[
        ("sandbox.pending_ends", "failed"),
        ("sandbox.pending_after", "1s"),
        ("gateway.resolver_first_ask", "100ms"),
    ]);
    let mut partner = server.partner();
    let tr_id = pending(&mut partner, "by-rule");
    let end = end_of(&mut partner, "by-rule");
    assert_eq!((&*end.rc(), &*end.text("status").unwrap()), ("37", "2"));
    assert_eq!(partner.pay(tr_id).rc(), "37", "a failed payment is not tried again");
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    home.audit();
}

#[test]
fn an_operator_resolves_a_pending_payment_once() {
    let home = Home::new();
    let server = home.start(&[("gateway.resolver_first_ask", "100ms")]);
    let mut partner = server.partner();
    let tr_id = pending(&mut partner, "to-be-paid").to_string();
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, SELLING_PRICE));
    assert_eq!(server.counted("lunas_pending_payments", ""), 1);
    let listed = home.operate(&["payment", "list", "--state", "pending"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    wait_for("the resolver to ask", || {
        let asked = server.counted("lunas_biller_calls_total", r#"call="status""#);
        (asked > 0).then_some(())
    });
    assert_eq!(partner.status("to-be-paid").rc(), "39", "asking does not end it");

    let paid =
        ["payment", "resolve", &tr_id, "--paid", "--receipt-no", "REF-77", "--reason", "by phone"];
    let story = home.operate(&paid);
    assert_eq!(
        (&story["payment"]["state"], &story["payment"]["receipt_no"]),
        (&"paid".into(), &"REF-77".into())
    );
    let end = partner.status("to-be-paid");
    assert_eq!((&*end.rc(), &*end.text("noref").unwrap()), ("00", "REF-77"));
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, 0));
    assert_eq!(server.counted("lunas_pending_payments", ""), 0);

    let failed = ["payment", "resolve", &tr_id, "--failed", "--reason", "second thoughts"];
    let why = home.refused(&failed);
    assert!(why.contains(&tr_id) && why.contains("paid"), "{why}");
    assert_eq!(partner.status("to-be-paid").rc(), "00");
    home.audit();
}

#[test]
fn a_payment_failed_by_an_operator_restores_the_balance_and_has_its_code() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = pending(&mut partner, "to-fail").to_string();
    // A code that is not a failure cannot be used as one.
    for code in ["00", "39", "999"] {
        home.refused(&["payment", "resolve", &tr_id, "--failed", "--code", code, "--reason", "x"]);
    }
    assert_eq!(partner.status("to-fail").rc(), "39");
    home.operate(&["payment", "resolve", &tr_id, "--failed", "--code", "105", "--reason", "down"]);
    assert_eq!(partner.status("to-fail").rc(), "105");
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    home.refused(&["payment", "resolve", "999999999", "--failed", "--reason", "no such payment"]);
    home.audit();
}

#[test]
fn a_pending_payment_survives_a_restart() {
    let home = Home::new();
    let server = home.start(&[]);
    pending(&mut server.partner(), "outlives");
    server.signal("KILL");
    server.ended();
    let server = home.start(&[
        ("sandbox.pending_ends", "success"),
        ("sandbox.pending_after", "0s"),
        ("gateway.resolver_first_ask", "100ms"),
    ]);
    assert_eq!(end_of(&mut server.partner(), "outlives").rc(), "00");
    assert_eq!(server.counted("lunas_biller_calls_total", r#"call="pay""#), 0, "only asked");
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, 0));
    home.audit();
}
