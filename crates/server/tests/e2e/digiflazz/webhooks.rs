//! Webhooks of Digiflazz: what is believed, and what is answered.

use std::thread;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::server::{ScriptedAnswer, refusal, success};
use super::{PRODUCTS, SECRET, Shop, inquire, numbers_of, signature};
use crate::client::{Connection, Partner, fresh_ref_id};
use crate::server::{USERNAME, wait_for};

const OTHER_SECRET: &str = "webhook-secret-of-the-second";

/// A shop that sells one product.
fn shop(config: &[(&str, &str)]) -> Shop {
    Shop::open(config, &PRODUCTS[..1])
}

/// A payment whose first answer is "pending": its number and its `ref_id`.
fn pending(partner: &mut Partner) -> (i64, String) {
    let (hp, ref_id) = (numbers_of("pln").pending_then_paid[0].0, fresh_ref_id());
    let tr_id = inquire(partner, "PLNPOSTPAID", hp, &ref_id).tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    (tr_id, ref_id)
}

/// The body of a report.
fn body(data: &Value) -> Vec<u8> {
    json!({ "data": data }).to_string().into_bytes()
}

/// The same data with one member changed.
fn with(data: &Value, name: &str, value: Value) -> Value {
    let mut data = data.clone();
    data[name] = value;
    data
}

impl Shop {
    /// How many webhooks had this result.
    fn webhooks(&self, result: &str) -> u64 {
        let label = format!("result=\"{result}\"");
        self.front.server.counted("lunas_biller_webhooks_total", &label)
    }
}

#[test]
fn a_true_report_ends_its_payment_once_however_often_it_comes() {
    let shop = shop(&[]);
    let mut partner = shop.partner();
    let (tr_id, ref_id) = pending(&mut partner);
    let data = success(&shop.ordered(), 1, true);
    assert_eq!(shop.report(&data), 200);
    assert_eq!(partner.status(&ref_id).rc(), "00");
    let story = shop.story(tr_id);
    for _ in 0..5 {
        assert_eq!(shop.report(&data), 200);
    }
    assert_eq!(shop.story(tr_id), story);
    assert_eq!((shop.webhooks("ended"), shop.webhooks("repeated")), (1, 5));
    let steps = story["steps"].as_array().unwrap();
    let report = steps.iter().find(|step| step["what"] == "report").unwrap();
    let received = report["evidence"]["received"].as_str().unwrap();
    assert_eq!(received.as_bytes(), body(&data), "the body itself is the evidence");
    shop.close(&[tr_id]);
}

#[test]
fn nothing_is_believed_without_its_own_signature() {
    let shop = shop(&[]);
    shop.add_biller("second", Some(OTHER_SECRET), &[]);
    let mut partner = shop.partner();
    let (tr_id, ref_id) = pending(&mut partner);
    let story = shop.story(tr_id);
    let data = success(&shop.ordered(), 1, true);
    let paid = body(&data);
    let right = signature(SECRET, &paid);
    let other_body = signature(SECRET, &body(&refusal(&shop.ordered(), "02")));
    let with_line_end = [&paid[..], b"\n"].concat();
    for (what, signature, body) in [
        ("no signature", None, &paid),
        ("an empty one", Some(""), &paid),
        ("one without its prefix", Some(right.trim_start_matches("sha1=")), &paid),
        ("the secret of another biller", Some(&*signature(OTHER_SECRET, &paid)), &paid),
        ("an empty secret", Some(&*signature("", &paid)), &paid),
        ("the signature of another body", Some(&*other_body), &paid),
        ("a changed body", Some(&*right), &with_line_end),
        ("garbage", None, &b"<html>".to_vec()),
    ] {
        assert_eq!(shop.hook("digiflazz", signature, body), 401, "{what}");
    }
    assert_eq!(shop.webhooks("not signed"), 8);
    // Another biller cannot report about a payment at this one.
    let others = signature(OTHER_SECRET, &paid);
    assert_eq!(shop.hook("second", Some(&others), &paid), 200);
    assert_eq!(shop.webhooks("unknown reference"), 1);
    assert_eq!((shop.story(tr_id), partner.status(&ref_id).rc()), (story, "39".to_owned()));
    assert!(!shop.front.home.log().contains(OTHER_SECRET));
    assert_eq!(shop.hook("digiflazz", Some(&right), &paid), 200);
    assert_eq!(partner.status(&ref_id).rc(), "00");
    shop.close(&[tr_id]);
}

#[test]
fn nothing_is_believed_that_does_not_fit_its_payment() {
    let shop = shop(&[]);
    let mut partner = shop.partner();
    let (tr_id, ref_id) = pending(&mut partner);
    let story = shop.story(tr_id);
    let order = shop.ordered();
    for data in [success(&order, 1, true), refusal(&order, "02")] {
        for (name, value) in [
            ("customer_no", json!("530000000002")),
            ("customer_no", Value::Null),
            ("buyer_sku_code", json!("pdam")),
            ("buyer_sku_code", Value::Null),
        ] {
            assert_eq!(shop.report(&with(&data, name, value)), 200);
        }
        for reference in ["0000000000000zz", "' OR 1=1 --", "unknown reference"] {
            assert_eq!(shop.report(&with(&data, "ref_id", json!(reference))), 200);
        }
    }
    // Another amount of the same payment.
    let amount = with(&success(&order, 1, true), "selling_price", json!(11_001));
    assert_eq!(shop.report(&amount), 200);
    assert_eq!((shop.webhooks("misfit"), shop.webhooks("unknown reference")), (9, 6));
    // A refused question, a failure that is to be verified, an unknown code, and a state without an outcome.
    for rc in ["45", "70", "99", "14", "03"] {
        assert_eq!(shop.report(&refusal(&order, rc)), 200, "{rc}");
    }
    assert_eq!(shop.webhooks("open"), 5);
    assert_eq!((shop.story(tr_id), partner.status(&ref_id).rc()), (story, "39".to_owned()));
    assert!(shop.front.home.log().contains("does not fit its payment"));
    // An inquiry that was never paid.
    let hp = numbers_of("pln").paid[0].0;
    inquire(&mut partner, "PLNPOSTPAID", hp, &fresh_ref_id());
    let inquired = shop.digiflazz.requests().pop().unwrap().1;
    assert_eq!(shop.report(&success(&inquired, 1, true)), 200);
    assert_eq!(shop.webhooks("not begun"), 1);
    shop.close(&[tr_id]);
}

#[test]
fn a_report_against_a_final_state_changes_nothing_and_needs_review() {
    let shop = shop(&[]);
    let mut partner = shop.partner();
    let (tr_id, ref_id) = pending(&mut partner);
    let order = shop.ordered();
    assert_eq!(shop.report(&success(&order, 1, true)), 200);
    let before = shop.operate(&["partner", "show", USERNAME]);
    assert_eq!(shop.operate(&["payment", "list", "--needs-review"]), json!([]));
    for _ in 0..5 {
        assert_eq!(shop.report(&refusal(&order, "02")), 200);
    }
    assert_eq!((shop.webhooks("contradiction"), shop.webhooks("repeated")), (1, 4));
    let review = shop.operate(&["payment", "list", "--needs-review"]);
    assert_eq!(
        (&review[0]["tr_id"], &review[0]["review_reason"]),
        (&json!(tr_id), &json!("contradiction"))
    );
    assert_eq!(partner.status(&ref_id).rc(), "00");
    assert_eq!(shop.operate(&["partner", "show", USERNAME]), before);
    let log = shop.front.home.log();
    let errors = log.lines().filter(|line| line.contains("contradicts a final outcome"));
    assert_eq!(errors.count(), 1, "{log}");
    shop.close(&[tr_id]);
}

/// Digiflazz may report before it answers the payment request itself.
#[test]
fn a_report_that_comes_before_the_answer_to_the_payment_leaves_it_to_that_answer() {
    let shop = shop(&[]);
    let mut partner = shop.partner();
    let (row, mut tr_ids) = (numbers_of("pln"), Vec::new());
    for (hp, expected) in [(row.paid[0].0, "00"), (row.pending_then_paid[0].0, "39")] {
        let tr_id = inquire(&mut partner, "PLNPOSTPAID", hp, &fresh_ref_id()).tr_id();
        let orders = || {
            let requests = shop.digiflazz.requests();
            requests.iter().filter(|(_, body)| body["commands"] == "pay-pasca").count()
        };
        let (before, (release, held)) = (orders(), oneshot::channel());
        shop.digiflazz.prescribe(ScriptedAnswer::Held(held));
        let mut payer = shop.partner();
        let paying = thread::spawn(move || payer.pay(tr_id).rc());
        wait_for("the payment request", || (orders() > before).then_some(()));
        let order = shop.ordered();
        for data in [refusal(&order, "02"), success(&order, 1, true)] {
            assert_eq!(shop.report(&data), 200);
        }
        release.send(()).unwrap();
        assert_eq!(paying.join().unwrap(), expected, "{hp}");
        tr_ids.push(tr_id);
    }
    assert_eq!(shop.webhooks("payer waits"), 4);
    // The report comes again, and then it counts.
    let order = shop.ordered();
    assert_eq!(shop.report(&success(&order, 1, true)), 200);
    assert_eq!(shop.webhooks("ended"), 1);
    shop.close(&tr_ids);
}

#[test]
fn a_ping_is_answered_whether_it_is_signed_or_not() {
    let shop = shop(&[]);
    let ping = json!({"sed": "x", "hook_id": 7, "hook": {"url": "https://a", "secret": SECRET,
        "type": "json", "status": 1}});
    let ping = ping.to_string();
    let forged = signature(OTHER_SECRET, ping.as_bytes());
    let signed = signature(SECRET, ping.as_bytes());
    for signature in [None, Some(&*forged), Some(&*signed)] {
        assert_eq!(shop.hook("digiflazz", signature, ping.as_bytes()), 200);
    }
    assert_eq!(shop.webhooks("ping"), 3);
    // What has data is no ping.
    let both = json!({"sed": "x", "data": {"rc": "00", "ref_id": "a"}}).to_string();
    assert_eq!(shop.hook("digiflazz", None, both.as_bytes()), 401);
    shop.close(&[]);
}

#[test]
fn what_cannot_be_a_report_is_refused_before_it_is_used() {
    let shop = shop(&[]);
    shop.add_biller("silent", None, &[]);
    let key = shop.front.secret_file("biller-key", "k");
    let iak =
        ["biller", "add", "iak", "--kind", "iak", "--url", "http://127.0.0.1:1", "--no-check"];
    let account = ["--username", "u", "--api-key-file", &key];
    shop.operate(&[&iak[..], &account].concat());
    let signed =
        |biller: &str, body: &[u8]| shop.hook(biller, Some(&signature(SECRET, body)), body);
    for body in [&b""[..], b"garbage", b"{}", br#"{"data":[]}"#, br#"{"data":{"rc":"00"}}"#] {
        assert_eq!(signed("digiflazz", body), 400, "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(shop.webhooks("unreadable"), 5);
    let large = format!("{{\"sed\":\"{}\"}}", "x".repeat(70 * 1024));
    assert_eq!(signed("digiflazz", large.as_bytes()), 413);
    let largest = format!("{{\"sed\":\"{}\"}}", "x".repeat(64 * 1024 - 10));
    assert_eq!((largest.len(), signed("digiflazz", largest.as_bytes())), (64 * 1024, 200));
    let ping = br#"{"sed":1}"#;
    for nobody in ["silent", "iak", "nobody", "Digiflazz", "digiflazz%2F", "..%2fdigiflazz"] {
        assert_eq!(signed(nobody, ping), 404, "{nobody}");
    }
    assert_eq!((shop.webhooks("no biller"), shop.webhooks("too large")), (6, 1));
    let mut connection = Connection::open(shop.front.server.port).unwrap();
    let reply = connection.send("GET", "/hooks/billers/digiflazz", &[], b"").unwrap();
    assert_eq!(reply.status, 405);
    // Without its secret the biller is unknown at once.
    shop.operate(&["biller", "webhook-secret", "digiflazz", "--off"]);
    assert_eq!(signed("digiflazz", ping), 404);
    assert!(!shop.front.home.log().contains("garbage"), "no content of a body is logged");
    shop.close(&[]);
}

#[test]
fn a_list_of_addresses_is_a_second_gate() {
    let listed = ("billers.webhook_addresses", "192.0.2.0/24");
    let shop = shop(&[listed, ("server.trusted_proxies", "127.0.0.1")]);
    let mut partner = shop.partner();
    let (tr_id, ref_id) = pending(&mut partner);
    let paid = body(&success(&shop.ordered(), 1, true));
    let (right, forged) = (signature(SECRET, &paid), signature(OTHER_SECRET, &paid));
    let from = |signature: &str, address: &str| {
        let forwarded = format!("X-Forwarded-For: {address}");
        shop.hook_from("digiflazz", Some(signature), &paid, &[&forwarded]).status
    };
    assert_eq!(shop.hook("digiflazz", Some(&right), &paid), 403);
    assert_eq!(from(&right, "198.51.100.7"), 403);
    assert_eq!(from(&right, "192.0.2.7, 198.51.100.7"), 403, "a sender cannot choose its address");
    assert_eq!(from(&forged, "192.0.2.7"), 401, "an address is no signature");
    assert_eq!(partner.status(&ref_id).rc(), "39");
    assert_eq!(from(&right, "192.0.2.7"), 200);
    assert_eq!(partner.status(&ref_id).rc(), "00");
    assert_eq!(shop.webhooks("address refused"), 3);
    shop.close(&[tr_id]);
}
