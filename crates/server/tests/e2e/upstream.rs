//! A production server in front of another one's sandbox: bills are asked for and paid over IAK's API.

use std::collections::BTreeMap;
use std::fs;

use iak_protocol::Format;
use serde_json::Value;

use crate::client::fresh_ref_id;
use crate::front::Front;
use crate::server::{API_KEY, Home, USERNAME, wait_for};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/data/cases.csv");

/// Fields that belong to one server's books.
const OWN: [&str; 6] = ["tr_id", "ref_id", "balance", "noref", "no_ref", "datetime"];

/// The fields of an answer that do not belong to one server's books.
fn shared(reply: &crate::client::Reply) -> Vec<(String, String)> {
    let fields = reply.document().0.into_iter();
    let is_shared = |path: &str| !OWN.contains(&path.rsplit('.').next().unwrap());
    fields.filter(|(path, _)| is_shared(path)).collect()
}

fn cases() -> Vec<Vec<String>> {
    let cases = fs::read_to_string(CASES).unwrap();
    cases.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn every_documented_number_comes_out_at_the_front_as_it_does_directly() {
    let cases = cases();
    let mut codes: Vec<&str> = cases.iter().map(|case| &*case[1]).collect();
    codes.sort_unstable();
    codes.dedup();
    for format in [Format::Json, Format::Xml] {
        let back = Home::new();
        let back_server = back.start(&[]);
        let front = Front::before(&back_server, &codes);
        let mut direct = back_server.partner().speaking(format);
        let mut through = front.partner(format);
        let mut outcomes: BTreeMap<String, u32> = BTreeMap::new();
        for case in &cases {
            let (code, hp, payment_rc) = (&*case[1], &*case[2], &*case[5]);
            let ref_id = fresh_ref_id();
            let (here, there) =
                (through.inquire(code, hp, &ref_id), direct.inquire(code, hp, &fresh_ref_id()));
            assert_eq!(shared(&here), shared(&there), "the inquiry of {case:?}");
            *outcomes.entry(format!("inquiry {}", here.rc())).or_default() += 1;
            if here.rc() != "00" {
                continue;
            }
            let (paid, paid_there) = (through.pay(here.tr_id()), direct.pay(there.tr_id()));
            assert_eq!(shared(&paid), shared(&paid_there), "the payment of {case:?}");
            assert_eq!(through.status(&ref_id).rc(), payment_rc, "{case:?}");
            *outcomes.entry(format!("payment {}", paid.rc())).or_default() += 1;
        }
        assert_eq!(outcomes["payment 00"], 32);
        assert_eq!(outcomes["payment 39"], 16);
        // Half of the back's postings are of the direct partner, who is the same as the front's.
        front.home.audit();
        back.audit();
        let (available, held) = back.deposit();
        let spent = crate::server::DEPOSIT - available - held;
        assert_eq!(front.taken() * 2, spent, "what the biller took is what the books say");
    }
}

#[test]
fn a_pending_payment_ends_when_the_biller_ends_it() {
    let back = Home::new();
    let back_server = back.start(&[]);
    let front = Front::before(&back_server, &["BPJS"]);
    let mut partner = front.partner(Format::Json);
    let ref_id = fresh_ref_id();
    let tr_id = partner.inquire("BPJS", "8801234560007", &ref_id).tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    let listed = back.operate(&["payment", "list"]);
    let there = listed[0]["tr_id"].as_i64().unwrap().to_string();
    let receipt = ["--paid", "--receipt-no", "R1", "--reason", "decided"];
    back.operate(&[&["payment", "resolve", &there], &receipt[..]].concat());
    front.home.operate(&["payment", "ask", &tr_id.to_string()]);
    let told = partner.status(&ref_id);
    assert_eq!((told.rc(), told.text("noref")), ("00".to_owned(), Some("R1".to_owned())));
    front.home.audit();

    // The history has what was sent and received, without the key and without a signature.
    let story = front.home.operate(&["payment", "show", &tr_id.to_string()]);
    let evidence: Vec<&Value> =
        story["steps"].as_array().unwrap().iter().filter_map(|step| step.get("evidence")).collect();
    assert!(evidence.len() >= 3, "{story}");
    assert_eq!(story["steps"][0]["what"], "inquire");
    assert!(evidence[0]["received"].as_str().unwrap().contains("tr_id"), "{story}");
    for step in &evidence {
        let sent = step["sent"].as_str().unwrap();
        assert!(sent.contains("\"sign\":\"***\"") && !sent.contains(API_KEY), "{sent}");
        assert_eq!(step["http_status"], 200);
    }
    assert_eq!(story["payment"]["biller"]["name"], "iak");
    assert_eq!(story["payment"]["biller_reference"], there);
    assert!(story["payment"]["cost"].as_i64().unwrap() > 0);
}

#[test]
fn an_inquiry_goes_to_the_next_route_only_if_the_cause_lies_with_the_biller() {
    let (first, second) = (Home::new(), Home::new());
    let (first_server, second_server) = (first.start(&[]), second.start(&[]));
    let front = Front::before(&first_server, &["BPJS"]);
    front.add_iak("second", second_server.port, &[]);
    front.home.operate(&["route", "add", "BPJS", "second"]);
    let mut partner = front.partner(Format::Json);
    // The customer is unknown at the first: nobody else is asked.
    assert_eq!(partner.inquire("BPJS", "8801234560005", &fresh_ref_id()).rc(), "14");
    assert_eq!(second.audit()["inquiries"], 0);
    let metric = r#"biller="second""#;
    assert_eq!(front.server.counted("lunas_biller_calls_total", metric), 0);
    // A paused biller is passed over, and so is one that is away; its bills are still paid there.
    let bound = partner.inquired("BPJS", "8801234560001").tr_id();
    front.home.operate(&["biller", "pause", "iak"]);
    let there = partner.inquired("BPJS", "8801234560001").tr_id().to_string();
    assert_eq!(second.audit()["inquiries"], 1);
    let story = front.home.operate(&["payment", "show", &there]);
    assert_eq!(story["payment"]["passed_over"], "iak: the biller is paused");
    assert_eq!(partner.pay(bound).rc(), "00");
    assert_eq!(first.audit()["payments"], 1);
    front.home.operate(&["biller", "resume", "iak"]);
    drop(first_server);
    partner.inquired("BPJS", "8801234560001");
    assert_eq!(second.audit()["inquiries"], 2);
    front.home.audit();
}

#[test]
fn a_biller_that_does_not_accept_lunas_is_not_asked_until_it_does() {
    let back = Home::new();
    let server = back.start(&[]);
    let front = Front::before(&server, &["BPJS"]);
    let wrong = front.secret_file("biller-key", "not-the-key");
    let refused = front.home.refused(&["biller", "rotate-key", "iak", "--api-key-file", &wrong]);
    assert!(refused.contains("100: INVALID SIGNATURE") && refused.contains("API key"), "{refused}");
    let args = ["biller", "rotate-key", "iak", "--api-key-file", &wrong, "--no-check"];
    front.home.operate(&args);
    let mut partner = front.partner(Format::Json);
    // The partner learns nothing of it, and its own signature is right.
    assert_eq!(partner.inquire("BPJS", "8801234560001", &fresh_ref_id()).rc(), "105");
    let shown = front.home.operate(&["biller", "show", "iak"]);
    assert_eq!(shown["circuit"], "open");
    assert!(shown["circuit_reason"].as_str().unwrap().contains("INVALID SIGNATURE"), "{shown}");
    let iak = r#"{biller="iak"}"#;
    assert_eq!(front.server.counted("lunas_biller_circuit", iak), 2);
    assert_eq!(partner.inquire("BPJS", "8801234560001", &fresh_ref_id()).rc(), "106");
    let right = front.secret_file("biller-key", API_KEY);
    let shown = front.home.operate(&["biller", "rotate-key", "iak", "--api-key-file", &right]);
    assert_eq!(shown["circuit"], "closed");
    let bill = partner.inquired("BPJS", "8801234560001");
    assert_eq!(front.server.counted("lunas_biller_circuit", iak), 0);
    // The balance comes with the answer to a payment; a pending one is counted at its biller.
    assert_eq!(partner.pay(bill.tr_id()).rc(), "00");
    let there = back.deposit().0;
    assert_eq!(front.server.counted("lunas_biller_balance_rupiah", iak), there.unsigned_abs());
    let bill = partner.inquired("BPJS", "8801234560007");
    assert_eq!(partner.pay(bill.tr_id()).rc(), "39");
    assert_eq!(front.server.counted("lunas_biller_pending_payments", iak), 1);
}

#[test]
fn a_biller_that_is_added_wrongly_is_refused_with_what_is_wrong() {
    let back = Home::new();
    let server = back.start(&[]);
    let front = Front::before(&server, &[]);
    let url = format!("http://127.0.0.1:{}", server.port);
    let (right, wrong) = (front.secret_file("biller-key", API_KEY), front.home.file("wrong"));
    fs::write(&wrong, "wrong-key").unwrap();
    let wrong = wrong.to_str().unwrap();
    let refused = |name: &str, url: &str, username: &str, key: &str| {
        let add = ["biller", "add", name, "--kind", "iak", "--url", url, "--username", username];
        front.home.refused(&[&add[..], &["--api-key-file", key]].concat())
    };
    for (name, url, username, key, expected) in [
        ("two", &*url, USERNAME, wrong, "100: INVALID SIGNATURE"),
        ("two", &url, "0899", &right, "100: INVALID SIGNATURE"),
        ("two", "http://127.0.0.1:1", USERNAME, &right, "refused the connection"),
        ("two", "http://192.0.2.1", USERNAME, &right, "--allow-plain-http"),
        ("two", "mobilepulsa.net", USERNAME, &right, "https://mobilepulsa.net"),
        ("iak", &url, USERNAME, &right, "there is a biller iak already"),
        ("Two", &url, USERNAME, &right, "small letters"),
    ] {
        let said = refused(name, url, username, key);
        assert!(said.contains(expected), "{name} {url}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(front.home.operate(&["biller", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_bill_below_cost_is_not_sold_unless_that_is_allowed() {
    let back = Home::new();
    let server = back.start(&[]);
    let front = Front::before(&server, &["BPJS"]);
    front.home.operate(&["product", "set", "BPJS", "--fee", "0", "--commission", "0"]);
    let mut partner = front.partner(Format::Json);
    assert_eq!(partner.inquire("BPJS", "8801234560001", &fresh_ref_id()).rc(), "106");
    front.home.operate(&["product", "set", "BPJS", "--below-cost", "allow"]);
    let sold = partner.inquired("BPJS", "8801234560001");
    assert_eq!(sold.rupiah("selling_price"), sold.rupiah("nominal"));
    front.home.operate(&["product", "set", "BPJS", "--fee", "biller", "--below-cost", "refuse"]);
    let sold = partner.inquired("BPJS", "8801234560001");
    assert_eq!(sold.rupiah("admin"), 2_500);
}

#[test]
fn a_restart_keeps_billers_and_what_was_open() {
    let back = Home::new();
    let back_server = back.start(&[]);
    let Front { home, server } = Front::before(&back_server, &["BPJS"]);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560007").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    drop((server, partner));
    let server = home.started(home.production(&[]));
    let calls = || server.counted("lunas_biller_calls_total", r#"call="status""#);
    wait_for("a status query", || (calls() > 0).then_some(()));
    server.partner().inquired("BPJS", "8801234560001");
    home.audit();
}

#[test]
fn a_bill_of_one_account_is_not_paid_at_another() {
    let (first, second) = (Home::new(), Home::new());
    let (first_server, second_server) = (first.start(&[]), second.start(&[]));
    let front = Front::before(&first_server, &["BPJS"]);
    let mut partner = front.partner(Format::Json);
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    let url = format!("http://127.0.0.1:{}", second_server.port);
    front.home.operate(&["biller", "set", "iak", "--url", &url]);
    // The number of the bill is another one's there, so a new inquiry is needed.
    assert_eq!(partner.pay(tr_id).rc(), "04");
    assert_eq!(second_server.counted("lunas_requests_total", r#"command="payment""#), 0);
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    front.home.operate(&["biller", "set", "iak", "--concurrency", "8"]);
    assert_eq!(partner.pay(tr_id).rc(), "00", "the account is the same");
    front.home.audit();
}
