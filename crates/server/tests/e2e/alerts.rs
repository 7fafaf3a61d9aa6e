//! Alerts reach the operator by a signed POST, once for each cause.

use std::fs;
use std::sync::atomic::Ordering::SeqCst;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use iak_protocol::Format;
use serde_json::Value;
use sha2::Sha256;
use tempfile::TempDir;

use crate::biller_balance::Prepaid;
use crate::callbacks::receiver::{Answers, Call, Receiver};
use crate::client::fresh_ref_id;
use crate::front::Front;
use crate::server::{API_KEY, Home, Server, USERNAME, wait_for};

const SECRET: &str = "secret-of-the-alerts";

/// The receiver, and a file with the secret.
struct Operator {
    receiver: Receiver,
    dir: TempDir,
}

impl Operator {
    fn new(script: &[Answers]) -> Operator {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("secret"), format!("{SECRET}\n")).unwrap();
        Operator { receiver: Receiver::new(script), dir }
    }

    /// A server that pays for BPJS at this one and sends its alerts to the operator.
    fn front(&self, back: &Server, config: &[(&str, &str)]) -> Front {
        let (url, file) = (self.receiver.url(), self.dir.path().join("secret"));
        let secret_file = ("alerts.webhook_secret_file", file.to_str().unwrap());
        let front = Front::start(&[&[("alerts.webhook", &*url), secret_file], config].concat());
        front.add_iak("iak", back.port, &[]);
        front.sell("BPJS");
        front.home.operate(&["route", "add", "BPJS", "iak"]);
        front
    }

    /// The alert number `count`, which must be signed.
    fn alert(&self, count: usize) -> Value {
        let call = self.receiver.wait(count);
        assert_eq!(call.header("x-lunas-signature"), signature(&call.body));
        body(&call)
    }

    fn alerts(&self) -> Vec<Value> {
        self.receiver.calls().iter().map(body).collect()
    }
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap()
}

fn signature(body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    format!("sha256={}", HEXLOWER.encode(&mac.chain_update(body).finalize().into_bytes()))
}

#[test]
fn a_circuit_that_opens_and_closes_is_told() {
    let (back, operator) = (Home::new(), Operator::new(&[Answers::Status(204)]));
    let back_server = back.start(&[]);
    let front = operator.front(&back_server, &[]);
    let mut partner = front.partner(Format::Json);
    assert_eq!(partner.inquired("BPJS", "8801234560001").rc(), "00");

    back.operate(&["partner", "suspend", USERNAME]);
    assert_ne!(partner.inquire("BPJS", "8801234560001", &fresh_ref_id()).rc(), "00");
    let opened = operator.alert(1);
    assert_eq!((&opened["alert"], &opened["biller"]), (&"circuit-opened".into(), &"iak".into()));
    assert!(opened["reason"].as_str().unwrap().starts_with("118"), "{opened}");
    assert_eq!(opened["at"].as_str().unwrap().len(), "2018-08-03 17:07:50".len());
    // The circuit is open: nobody is asked, and nothing is told again.
    for _ in 0..3 {
        assert_ne!(partner.inquire("BPJS", "8801234560001", &fresh_ref_id()).rc(), "00");
    }

    back.operate(&["partner", "resume", USERNAME]);
    let key = front.secret_file("biller-key", API_KEY);
    front.home.operate(&["biller", "rotate-key", "iak", "--api-key-file", &key]);
    assert_eq!(partner.inquired("BPJS", "8801234560001").rc(), "00");
    let closed = operator.alert(2);
    assert_eq!((&closed["alert"], &closed["biller"]), (&"circuit-closed".into(), &"iak".into()));
    assert_eq!(operator.alerts().len(), 2);
    let log = front.home.log();
    assert!(!log.contains(SECRET) && !log.contains("geheim"), "{log}");
}

#[test]
fn a_bill_below_cost_is_told_once_and_sent_again_until_it_arrives() {
    let script = [Answers::Status(500), Answers::Status(200)];
    let (back, operator) = (Home::new(), Operator::new(&script));
    let back_server = back.start(&[]);
    let front = operator.front(&back_server, &[]);
    let price = ["--fee", "0", "--commission", "0"];
    front.home.operate(&[&["product", "set", "BPJS"][..], &price].concat());
    let mut partner = front.partner(Format::Json);
    for _ in 0..3 {
        assert_eq!(partner.inquire("BPJS", "8801234560001", &fresh_ref_id()).rc(), "106");
    }
    let alert = operator.alert(2);
    assert_eq!((&alert["alert"], &alert["code"]), (&"below-cost".into(), &"BPJS".into()));
    assert!(alert["cost"].as_i64().unwrap() > alert["nominal"].as_i64().unwrap(), "{alert}");
    let alerts = operator.alerts();
    assert_eq!(alerts, [alert.clone(), alert], "the same alert, sent twice");
}

#[test]
fn a_balance_that_the_books_do_not_explain_is_told_without_being_asked_for() {
    let (back, operator) = (Home::new(), Operator::new(&[Answers::Status(204)]));
    let back_server = back.start(&[]);
    let front = operator.front(&back_server, &[("billers.balance_every", "1s")]);
    let prepaid = Prepaid::start(2_000_000);
    front.home.operate(&["biller", "set", "iak", "--prepaid-url", &prepaid.url]);
    let told = |metric: &str| {
        let metrics = front.server.metrics();
        let value = metrics.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
        value.map(|value| value.parse::<i64>().unwrap())
    };
    let balance = r#"lunas_biller_balance_rupiah{biller="iak"}"#;
    wait_for("the first answer", || told(balance).filter(|balance| *balance == 2_000_000));

    for (count, change) in [(1, -5_000), (2, 7_000)] {
        prepaid.balance.fetch_add(change, SeqCst);
        let alert = operator.alert(count);
        assert_eq!(alert["alert"], "biller-balance-difference");
        assert_eq!((&alert["biller"], &alert["unexplained"]), (&"iak".into(), &(-change).into()));
    }
    // An explained answer raises no alert.
    let unexplained = r#"lunas_biller_balance_unexplained_rupiah{biller="iak"}"#;
    wait_for("an explained answer", || told(unexplained).filter(|amount| *amount == 0));
    assert_eq!(operator.alerts().len(), 2);
    front.home.audit();
}
