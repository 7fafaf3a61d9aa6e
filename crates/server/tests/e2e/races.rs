//! The same request many times at once.

use std::sync::Barrier;
use std::thread;

use crate::client::{Partner, Reply};
use crate::server::{DEPOSIT, Home, Server};

const BPJS: &str = "8801234560001";
const CONCURRENT: usize = 64;

/// Sends a request on all connections at the same time.
fn at_once(server: &Server, ask: impl Fn(&mut Partner) -> Reply + Sync) -> Vec<Reply> {
    let start = Barrier::new(CONCURRENT);
    let asked = || {
        let mut partner = server.partner();
        start.wait();
        ask(&mut partner)
    };
    thread::scope(|scope| {
        let asking: Vec<_> = (0..CONCURRENT).map(|_| scope.spawn(asked)).collect();
        asking.into_iter().map(|reply| reply.join().unwrap()).collect()
    })
}

#[test]
fn concurrent_payments_of_one_bill_pay_it_once() {
    let home = Home::new();
    let server = home.start(&[("sandbox.latency", "500ms")]);
    let mut partner = server.partner();
    let ref_id = "paid-at-once";
    let inquired = partner.inquire("BPJS", BPJS, ref_id);
    let (tr_id, selling_price) = (inquired.tr_id(), inquired.rupiah("selling_price"));

    let first = at_once(&server, |partner| partner.pay(tr_id));
    let codes: Vec<String> = first.iter().map(Reply::rc).collect();
    assert_eq!(codes.iter().filter(|code| *code == "00").count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| ["00", "39", "01"].contains(&&**code)), "{codes:?}");
    assert!(codes.iter().any(|code| code == "39"), "{codes:?}");

    let paid = partner.status(ref_id);
    let noref = paid.text("noref").unwrap();
    assert!(!noref.is_empty());
    for told in first.iter().filter(|reply| reply.rc() != "39") {
        assert_eq!(told.text("noref").as_ref(), Some(&noref));
    }
    for told in at_once(&server, |partner| partner.status(ref_id)) {
        assert_eq!(told.document(), paid.document());
    }
    for told in at_once(&server, |partner| partner.pay(tr_id)) {
        assert_eq!((told.rc(), told.text("noref")), ("01".to_owned(), Some(noref.clone())));
    }
    assert_eq!(server.counted("lunas_biller_calls_total", r#"call="pay""#), 1);
    assert_eq!(home.deposit(), (DEPOSIT - selling_price, 0));
    assert_eq!(home.audit()["payments"], 1);
}

#[test]
fn concurrent_inquiries_with_one_ref_id_record_one() {
    let home = Home::new();
    let server = home.start(&[("sandbox.latency", "100ms")]);
    let replies = at_once(&server, |partner| partner.inquire("BPJS", BPJS, "same"));
    let codes: Vec<String> = replies.iter().map(Reply::rc).collect();
    assert_eq!(codes.iter().filter(|code| *code == "00").count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "11").count(), CONCURRENT - 1, "{codes:?}");
    assert_eq!(home.audit()["inquiries"], 1);
}

#[test]
fn a_balance_for_three_payments_pays_three_of_many() {
    let home = Home::with_deposit(3 * 52_300 + 52_299);
    let server = home.start(&[("sandbox.latency", "50ms")]);
    let paid = at_once(&server, |partner| {
        let tr_id = partner.inquired("BPJS", BPJS).tr_id();
        partner.pay(tr_id)
    });
    let codes: Vec<String> = paid.iter().map(Reply::rc).collect();
    assert_eq!(codes.iter().filter(|code| *code == "00").count(), 3, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "17").count(), CONCURRENT - 3, "{codes:?}");
    assert!(paid.iter().all(|reply| reply.rupiah("balance") >= 0));
    assert_eq!(home.deposit(), (52_299, 0));
    assert_eq!(home.audit()["payments"], 3);
}

#[test]
fn concurrent_requests_for_a_failed_payment_restore_the_balance_once() {
    let home = Home::new();
    let server = home.start(&[("sandbox.latency", "300ms")]);
    let tr_id = server.partner().inquired("BPJS", "8801234560006").tr_id();
    let codes: Vec<String> =
        at_once(&server, |partner| partner.pay(tr_id)).iter().map(Reply::rc).collect();
    assert!(codes.iter().all(|code| ["37", "39"].contains(&&**code)), "{codes:?}");
    for told in at_once(&server, |partner| partner.pay(tr_id)) {
        assert_eq!(told.rc(), "37", "a failed payment stays failed and is not tried again");
    }
    assert_eq!(server.counted("lunas_biller_calls_total", r#"call="pay""#), 1);
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    home.audit();
}
