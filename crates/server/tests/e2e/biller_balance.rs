//! lunas's balance at a biller, and what the books explain of its changes.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::thread;

use iak_protocol::Format;
use serde_json::Value;

use crate::front::Front;
use crate::server::{API_KEY, Home};

/// IAK's prepaid API as far as it tells the balance.
pub(crate) struct Prepaid {
    pub(crate) url: String,
    pub(crate) balance: Arc<AtomicI64>,
}

impl Prepaid {
    pub(crate) fn start(balance: i64) -> Prepaid {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let balance = Arc::new(AtomicI64::new(balance));
        let told = Arc::clone(&balance);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap();
                assert!(request[..length].starts_with(b"POST /api/check-balance "));
                let balance = told.load(SeqCst);
                let body =
                    format!(r#"{{"data":{{"balance":{balance},"message":"SUCCESS","rc":"00"}}}}"#);
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let length = body.len();
                write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
            }
        });
        Prepaid { url, balance }
    }
}

#[test]
fn a_change_of_the_balance_is_explained_by_the_books() {
    let back = Home::new();
    let back_server = back.start(&[]);
    let front = Front::before(&back_server, &["BPJS"]);
    let home = &front.home;
    let prepaid = Prepaid::start(1_000_000);
    home.operate(&["biller", "set", "iak", "--prepaid-url", &prepaid.url]);
    let ask = || home.operate(&["biller", "balance", "iak"]);
    let unexplained = |answer: &Value| {
        let difference = &answer["difference"];
        (difference["unexplained"].as_i64().unwrap(), difference["is_explained"].as_bool().unwrap())
    };
    let first = ask();
    assert_eq!((&first["balance"], &first["difference"]), (&1_000_000.into(), &Value::Null));
    assert_eq!(first["failure"], Value::Null);

    // A paid bill.
    let mut partner = front.partner(Format::Json);
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let taken = home.operate(&["payment", "show", &tr_id.to_string()]);
    let taken = taken["payment"]["cost"].as_i64().unwrap();
    prepaid.balance.fetch_sub(taken, SeqCst);
    let paid = ask();
    assert_eq!(unexplained(&paid), (0, true), "{paid}");
    assert_eq!(paid["difference"]["decrease"], taken);
    assert_eq!(paid["difference"]["since"], first["balance_at"]);

    // A payment in process: the biller may have taken its cost, or not yet.
    let tr_id = partner.inquired("BPJS", "8801234560007").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    let pending = ask();
    assert_eq!(unexplained(&pending), (0, true), "{pending}");
    assert_eq!((&pending["in_process"], &pending["in_process_cost"]), (&1.into(), &taken.into()));
    prepaid.balance.fetch_sub(taken, SeqCst);
    let pending = ask();
    assert_eq!(unexplained(&pending), (taken, true), "{pending}");
    assert_eq!(pending["difference"]["in_process_most"], taken);
    // What the biller took beyond that is not explained.
    prepaid.balance.fetch_sub(taken + 1, SeqCst);
    assert_eq!(unexplained(&ask()), (taken + 1, false));
    // It ends: the books take its cost, which the biller took before.
    let receipt = ["--paid", "--receipt-no", "R1", "--reason", "by phone"];
    home.operate(&[&["payment", "resolve", &tr_id.to_string()], &receipt[..]].concat());
    assert_eq!(unexplained(&ask()), (-taken, true));
    // A top-up.
    prepaid.balance.fetch_add(5_000_000, SeqCst);
    let shown = home.command(&["biller", "balance", "iak"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("-5.000.000; a top-up, or"), "{shown}");
    // Each answer is kept, and survives a restart.
    drop(front.server);
    assert_eq!(unexplained(&ask()), (0, true));
    home.audit();
}

#[test]
fn without_the_prepaid_api_the_last_answer_is_shown_with_its_time() {
    let back = Home::new();
    let back_server = back.start(&[]);
    let front = Front::before(&back_server, &["BPJS"]);
    let home = &front.home;
    // The server behind has no prepaid API, and has told no balance yet.
    let refused = home.refused(&["biller", "balance", "iak"]);
    assert!(refused.contains("lunas biller set iak --prepaid-url URL"), "{refused}");
    let mut partner = front.partner(Format::Json);
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let told = home.operate(&["biller", "balance", "iak"]);
    assert_eq!(told["balance"], back.deposit().0);
    assert!(told["failure"].as_str().unwrap().contains("--prepaid-url"), "{told}");
    assert_eq!(told["difference"], Value::Null);
    let details = home.operate(&["biller", "show", "iak"]);
    assert_eq!(told["balance_at"], details["balance_at"]);
    let shown = home.command(&["biller", "balance", "iak"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("not told now") && !shown.contains("unexplained"), "{shown}");
    assert!(!shown.contains(API_KEY), "{shown}");
}
