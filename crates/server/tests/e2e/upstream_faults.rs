//! A proxy between a production server and the biller behind it, which breaks one answer at a time. Whatever
//! happens: the books are clean, each payment is sent at most once, and none is taken for failed that may be paid.

pub(crate) mod proxy;

use iak_protocol::Format;

use crate::client::fresh_ref_id;
use crate::front::Front;
use crate::server::Home;
use proxy::{Fault, Proxy};

/// A number that pays, and one that stays pending.
const PAYS: &str = "8801234560001";
const PENDS: &str = "8801234560007";

struct Bench {
    back: Home,
    front: Front,
    proxy: Proxy,
    _back_server: crate::server::Server,
}

impl Bench {
    fn new() -> Bench {
        let back = Home::new();
        let back_server = back.start(&[("sandbox.made_up_bills", "true")]);
        let proxy = Proxy::before(back_server.port);
        let front = Front::before_port(proxy.port, &["BPJS"], &["--deadline", "1s"]);
        Bench { back, front, proxy, _back_server: back_server }
    }

    /// Asks for a bill without a fault. An answer closes a circuit's row of failures.
    fn inquired(&self, hp: &str) -> i64 {
        self.front.partner(Format::Json).inquired("BPJS", hp).tr_id()
    }

    fn finish(self) {
        self.proxy.assert_sent_once();
        self.front.home.audit();
        self.back.audit();
    }
}

#[test]
fn a_broken_answer_to_an_inquiry_leaves_nothing() {
    let bench = Bench::new();
    for fault in Fault::ALL {
        bench.inquired(PAYS);
        let before = bench.front.home.audit()["inquiries"].as_i64().unwrap();
        bench.proxy.arm("inq-pasca", fault);
        let mut partner = bench.front.partner(Format::Json);
        let ref_id = fresh_ref_id();
        let told = partner.inquire("BPJS", PAYS, &ref_id);
        let taken = fault.leaves_a_true_answer();
        assert_eq!((told.status, told.rc() == "00"), (200, taken), "{fault:?}: {}", told.rc());
        if !taken {
            assert_eq!(told.rc(), "103", "{fault:?}");
            let after = bench.front.home.audit()["inquiries"].as_i64().unwrap();
            assert_eq!(after, before, "{fault:?}");
            // The partner may use its ref_id again, and nothing is left of the fault.
            assert_eq!(partner.inquire("BPJS", PAYS, &ref_id).rc(), "00", "{fault:?}");
        }
    }
    bench.finish();
}

#[test]
fn a_broken_answer_to_a_payment_is_pending_until_a_status_query_decides() {
    let bench = Bench::new();
    for (number, fault) in Fault::ALL.into_iter().enumerate() {
        // A bill of its own, as the one before may still be in process.
        let tr_id = bench.inquired(&format!("88012345655{number:02}"));
        bench.proxy.arm("pay-pasca", fault);
        let told = bench.front.partner(Format::Json).pay(tr_id);
        let expected = if fault.leaves_a_true_answer() { "00" } else { "39" };
        assert_eq!((told.status, &*told.rc()), (200, expected), "{fault:?}");
        // What the biller took is paid. What never reached it stays pending: it could still arrive.
        let expected = match fault.reaches_the_biller() {
            true => "paid",
            false => "pending",
        };
        assert_eq!(bench.front.ask(tr_id), expected, "{fault:?}");
        // A second request of the partner does not send it again.
        assert!(["01", "39"].contains(&&*bench.front.partner(Format::Json).pay(tr_id).rc()));
    }
    bench.finish();
}

#[test]
fn a_broken_answer_to_a_status_query_says_nothing_about_the_payment() {
    let bench = Bench::new();
    for fault in Fault::ALL {
        bench.inquired(PAYS);
        let tr_id = bench.inquired(PENDS);
        assert_eq!(bench.front.partner(Format::Json).pay(tr_id).rc(), "39", "{fault:?}");
        let listed = bench.back.operate(&["payment", "list", "--limit", "1"]);
        let there = listed[0]["tr_id"].as_i64().unwrap().to_string();
        let end = ["--paid", "--receipt-no", "R1", "--reason", "decided"];
        bench.back.operate(&[&["payment", "resolve", &there], &end[..]].concat());
        bench.proxy.arm("checkstatus", fault);
        let expected = if fault.leaves_a_true_answer() { "paid" } else { "pending" };
        assert_eq!(bench.front.ask(tr_id), expected, "{fault:?}");
        assert_eq!(bench.front.ask(tr_id), "paid", "{fault:?}: the next answer is whole");
    }
    bench.finish();
}
