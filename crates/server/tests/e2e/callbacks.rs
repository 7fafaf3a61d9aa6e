//! Callbacks for payments that were answered as pending: when, where, how often, and what must not
//! happen.

mod page;
pub(crate) mod receiver;

use std::thread;
use std::time::Duration;

use iak_protocol::Command;
use receiver::{Answers, Receiver};

use crate::client::{CHECK, Partner};
use crate::server::{API_KEY, Home, USERNAME, wait_for};

const PAYS: &str = "8801234560001";
const PENDS: &str = "8801234560007";
const OTHER: &str = "082222222222";
const OTHER_KEY: &str = "other-3c4b5a697887";

fn set(home: &Home, receiver: &Receiver) {
    home.operate(&["partner", "callback", USERNAME, &receiver.url()]);
}

pub(crate) fn pending(partner: &mut Partner, ref_id: &str) -> i64 {
    let tr_id = partner.inquire("BPJS", PENDS, ref_id).tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    tr_id
}

pub(crate) fn succeed(home: &Home, tr_id: i64) {
    let tr_id = tr_id.to_string();
    let words =
        ["payment", "resolve", &tr_id, "--paid", "--receipt-no", "4711", "--reason", "told"];
    home.operate(&words);
}

fn callback_state(home: &Home, tr_id: i64) -> String {
    let story = home.operate(&["payment", "show", &tr_id.to_string()]);
    story["callback"]["state"].as_str().unwrap_or("none").to_owned()
}

pub(crate) fn wait_until(home: &Home, tr_id: i64, expected: &str) {
    wait_for(expected, || (callback_state(home, tr_id) == expected).then_some(()));
}

#[test]
fn the_result_of_a_pending_payment_is_sent_with_a_signature() {
    let (home, receiver) = (Home::new(), Receiver::new(&[Answers::Status(204)]));
    let server = home.start(&[]);
    set(&home, &receiver);
    let mut partner = server.partner();
    let tr_id = pending(&mut partner, "told");
    succeed(&home, tr_id);
    let call = receiver.wait(1);
    assert_eq!(call.line, "POST /callback?token=geheim HTTP/1.1");
    assert!(call.header("content-type").starts_with("application/json"));
    assert_eq!(call.header("x-lunas-event"), format!("payment-{tr_id}"));
    assert_eq!(call.header("x-lunas-attempt"), "1");
    let mut data = call.data();
    let sign = data.as_object_mut().unwrap().remove("sign").unwrap();
    assert_eq!(sign, iak_protocol::sign(USERNAME, API_KEY, "told").to_string());
    let asked: serde_json::Value = serde_json::from_slice(&partner.status("told").body).unwrap();
    assert_eq!(data, asked["data"], "it is the answer to a check status");
    assert_eq!(
        (&data["response_code"], &data["status"], &data["noref"]),
        (&"00".into(), &1.into(), &"4711".into())
    );
    wait_until(&home, tr_id, "delivered");
    assert_eq!(server.counted("lunas_callbacks_total", r#"state="delivered""#), 1);
    // The address may contain a secret.
    let shown = home.operate(&["partner", "show", USERNAME]);
    let origin = format!("http://127.0.0.1:{}", receiver.port);
    let address = serde_json::json!({ "origin": origin, "has_more": true });
    assert_eq!(shown["callback"], address);
    assert!(!home.log().contains("geheim"));
    assert_eq!(receiver.calls().len(), 1);
    home.audit();
}

#[test]
fn no_callback_is_sent_after_a_final_answer_or_without_an_address() {
    let (home, receiver) = (Home::new(), Receiver::new(&[Answers::Status(200)]));
    let server = home.start(&[]);
    let mut partner = server.partner();
    let before = pending(&mut partner, "before");
    succeed(&home, before);
    set(&home, &receiver);
    let heard = partner.inquire("BPJS", PAYS, "heard").tr_id();
    assert_eq!(partner.pay(heard).rc(), "00");
    let told = pending(&mut partner, "told");
    succeed(&home, told);
    receiver.wait(1);
    home.operate(&["partner", "callback", USERNAME, "--off"]);
    let after = pending(&mut partner, "after");
    succeed(&home, after);
    wait_until(&home, told, "delivered");
    for tr_id in [before, heard, after] {
        assert_eq!(callback_state(&home, tr_id), "none");
    }
    assert_eq!(receiver.calls().len(), 1);
    assert!(
        home.refused(&["callback", "send", &after.to_string()]).contains("no callback address")
    );
    let open = pending(&mut partner, "open");
    assert!(home.refused(&["callback", "send", &open.to_string()]).contains("has not ended"));
}

#[test]
fn a_partner_that_disconnected_gets_a_callback() {
    let (home, receiver) = (Home::new(), Receiver::new(&[Answers::Status(200)]));
    let server = home.start(&[("sandbox.latency", "1s")]);
    set(&home, &receiver);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PAYS, "gone").tr_id();
    let mut gone = server.partner();
    let body = gone.signed(Command::payment(tr_id));
    let head =
        format!("POST {CHECK} HTTP/1.1\r\nHost: lunas\r\nContent-Length: {}\r\n", body.len());
    let head = head + "Content-Type: application/json\r\n\r\n";
    gone.connection.write(&[head.as_bytes(), &body].concat()).unwrap();
    wait_for("the biller", || (home.journal() == [tr_id]).then_some(()));
    drop(gone);
    assert_eq!(receiver.wait(1).data()["response_code"], "00");
    wait_until(&home, tr_id, "delivered");
    assert_eq!(home.journal(), [tr_id]);
}

#[test]
fn an_undelivered_callback_is_sent_again_unchanged() {
    let elsewhere = Receiver::new(&[Answers::Status(200)]);
    let script = [Answers::Redirect(elsewhere.port), Answers::Endless];
    let (home, receiver) = (Home::new(), Receiver::new(&script));
    let server = home.start(&[]);
    set(&home, &receiver);
    let tr_id = pending(&mut server.partner(), "again");
    succeed(&home, tr_id);
    let (first, second) = (receiver.wait(1), receiver.wait(2));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("x-lunas-event"), second.header("x-lunas-event"));
    assert_eq!(second.header("x-lunas-attempt"), "2");
    wait_until(&home, tr_id, "delivered");
    assert!(elsewhere.calls().is_empty(), "redirects are not followed");
}

#[test]
fn a_partner_that_never_answers_delays_no_other() {
    let (silent, other) =
        (Receiver::new(&[Answers::Never]), Receiver::new(&[Answers::Status(200)]));
    let home = Home::new();
    let server = home.start(&[("callbacks.deadline", "60s")]);
    set(&home, &silent);
    home.fed(&["partner", "add", "--username", OTHER, "--api-key-stdin"], OTHER_KEY);
    home.operate(&["deposit", "add", OTHER, "1000000", "--no-reference"]);
    home.operate(&["partner", "callback", OTHER, &other.url()]);
    let mut partner = server.partner();
    let mut waiting: Vec<_> =
        (0..12).map(|number| pending(&mut partner, &format!("s-{number}"))).collect();
    waiting.iter().for_each(|tr_id| succeed(&home, *tr_id));
    silent.wait(4);
    let mut second = Partner::connect(server.port, OTHER, OTHER_KEY).unwrap();
    let tr_id = pending(&mut second, "other");
    succeed(&home, tr_id);
    assert_eq!(other.wait(1).data()["ref_id"], "other");
    wait_until(&home, tr_id, "delivered");
    // It does not get more at a time than it could answer.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(silent.calls().len(), 4);
    let listed = home.operate(&["callback", "list", "--state", "waiting"]);
    waiting.reverse();
    let numbers: Vec<_> = listed.as_array().unwrap().iter().map(|it| &it["tr_id"]).collect();
    assert_eq!(numbers, waiting.iter().collect::<Vec<_>>());
}

#[test]
fn a_killed_server_sends_the_callback_again_after_a_restart() {
    let (home, receiver) = (Home::new(), Receiver::new(&[Answers::Never]));
    let config = [("callbacks.deadline", "1s")];
    let server = home.start(&config);
    set(&home, &receiver);
    let tr_id = pending(&mut server.partner(), "killed");
    succeed(&home, tr_id);
    receiver.wait(1);
    server.signal("KILL");
    server.ended();
    receiver.answer(Answers::Status(200));
    let _server = home.start(&config);
    assert_eq!(receiver.wait(2).header("x-lunas-attempt"), "2");
    wait_until(&home, tr_id, "delivered");
    home.audit();
}

#[test]
fn a_callback_is_given_up_after_three_days_until_an_operator_sends_it_again() {
    let (home, receiver) = (Home::new(), Receiver::new(&[Answers::Status(500)]));
    let server = home.start(&[]);
    set(&home, &receiver);
    let tr_id = pending(&mut server.partner(), "dead");
    succeed(&home, tr_id);
    receiver.wait(1);
    wait_for("an answer", || {
        let told = home.operate(&["callback", "list"]);
        (told[0]["answer"] == "HTTP status 500").then_some(())
    });
    home.operate(&["sandbox", "clock", "forward", "4d"]);
    wait_until(&home, tr_id, "given-up");
    let dead = home.operate(&["callback", "list", "--state", "given-up"]);
    assert_eq!((&dead[0]["tr_id"], &dead[0]["attempts"]), (&tr_id.into(), &2.into()));
    assert_eq!(server.counted("lunas_callbacks_total", r#"state="given-up""#), 1);
    assert!(home.log().contains("a callback was given up"));
    receiver.answer(Answers::Status(200));
    home.operate(&["callback", "send", &tr_id.to_string()]);
    wait_until(&home, tr_id, "delivered");
    assert_eq!(receiver.wait(3).header("x-lunas-attempt"), "3");
}

#[test]
fn an_address_within_the_operators_network_is_not_called() {
    let home = Home::new();
    home.init();
    home.fed(&["partner", "add", "--username", USERNAME, "--api-key-stdin"], API_KEY);
    for (url, why) in [
        ("https://127.0.0.1/callback", "public internet only"),
        ("https://169.254.169.254/latest", "public internet only"),
        ("http://example.com/callback", "name an https URL, or list the network of the host in"),
        (
            "http://example.com/callback",
            "callbacks.trusted_networks, to which plain http is allowed",
        ),
        ("example.com", "expected an address"),
        ("https://me:secret@example.com/", "no password"),
    ] {
        let refused = home.refused(&["partner", "callback", USERNAME, url]);
        assert!(refused.contains(why), "{url}: {refused}");
    }
    home.operate(&["partner", "callback", USERNAME, "https://example.com/callback"]);
    let shown = home.operate(&["partner", "show", USERNAME]);
    assert_eq!(shown["callback"]["origin"], "https://example.com");
}
