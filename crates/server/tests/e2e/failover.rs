//! A payment goes on at another biller over the network, after the first one has certainly not taken it.

use iak_protocol::Format;
use serde_json::Value;

use crate::client::fresh_ref_id;
use crate::cluster::Cluster;
use crate::front::Front;
use crate::server::{DEPOSIT, Home, Server, USERNAME};
use crate::upstream_faults::proxy::{Fault, Proxy};

/// A product whose inquiry needs nothing but the number, and a number that pays.
const WATER: &str = "PDAMKOTA.SURABAYA";
const PAYS: &str = "10202001";

/// A server that pays at one sandbox through a proxy and, if that fails, at another one.
struct Bench {
    first: Home,
    second: Home,
    proxy: Proxy,
    front: Front,
    _servers: [Server; 2],
}

impl Bench {
    fn new(failover: &str) -> Bench {
        Bench::in_home(Home::new(), failover)
    }

    /// The server in front has this home.
    fn in_home(home: Home, failover: &str) -> Bench {
        let (first, second) = (Home::new(), Home::new());
        let config = [("sandbox.made_up_bills", "true")];
        let servers = [first.start(&config), second.start(&config)];
        let proxy = Proxy::before(servers[0].port);
        let front = Front::start_in(home, &[]);
        front.pay_at(proxy.port, &[WATER], &["--deadline", "1s"]);
        front.add_next(WATER, servers[1].port, &[], failover);
        Bench { first, second, proxy, front, _servers: servers }
    }

    /// What the books say that a biller took.
    fn taken_by(&self, biller: &str) -> Value {
        self.front.home.operate(&["biller", "balance", biller])["taken"].clone()
    }

    /// The number of payments at the second biller.
    fn at_second(&self) -> i64 {
        self.second.audit()["payments"].as_i64().unwrap()
    }

    fn finish(self) {
        self.proxy.assert_sent_once();
        for home in [&self.front.home, &self.first, &self.second] {
            home.audit();
        }
    }
}

/// The names of the billers of all exchanges, in order.
fn steps_at(story: &Value) -> Vec<&str> {
    let steps = story["steps"].as_array().unwrap().iter();
    steps.filter_map(|step| step["biller"]["name"].as_str()).collect()
}

/// Takes the whole deposit of the server in front back.
fn empty(back: &Home) {
    let all = DEPOSIT.to_string();
    back.operate(&["withdrawal", "add", USERNAME, &all, "--reason", "closed", "--no-reference"]);
}

#[test]
fn a_payment_goes_on_where_the_balance_at_the_first_biller_is_too_low_on_both_databases() {
    let cluster = Cluster::start();
    let homes = [Home::new(), Home::on(cluster.database())];
    for (format, home) in [Format::Json, Format::Xml].into_iter().zip(homes) {
        let bench = Bench::in_home(home, "on");
        let mut partner = bench.front.partner(format);
        let ref_id = fresh_ref_id();
        let told = partner.inquire(WATER, PAYS, &ref_id);
        empty(&bench.first);
        let paid = partner.pay(told.tr_id());
        assert_eq!(paid.rc(), "00");
        assert_eq!(partner.status(&ref_id).rc(), "00");
        assert_eq!(partner.pay(told.tr_id()).rc(), "01", "again");

        let story = bench.front.story(told.tr_id());
        let attempts = story["attempts"].as_array().unwrap();
        let of = |place: usize, key: &str| attempts[place][key].clone();
        assert_eq!(attempts.len(), 2);
        assert_eq!(
            (&of(0, "biller")["name"], &of(1, "biller")["name"]),
            (&"iak".into(), &"second".into())
        );
        assert_eq!(of(0, "failed_because"), "biller balance too low");
        assert_eq!(of(1, "failed_because"), Value::Null);
        assert_eq!(story["payment"]["biller"]["name"], "second");
        assert_eq!(story["payment"]["biller_reference"], of(1, "biller_reference"));
        let steps = story["steps"].as_array().unwrap().iter();
        let calls = steps.filter(|step| step.get("evidence").is_some());
        let calls: Vec<_> = calls
            .map(|step| (step["what"].as_str().unwrap(), step["attempt"].as_i64().unwrap()))
            .collect();
        assert_eq!(calls, [("inquire", 1), ("pay", 1), ("inquire", 2), ("pay", 2)]);
        let billers = steps_at(&story);
        assert_eq!(billers, ["iak", "iak", "second", "second"]);
        let text = bench.front.home.command(&["payment", "show", &told.tr_id().to_string()]).stdout;
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("FAILED BECAUSE"), "{text}");
        assert!(text.contains("pay at second, attempt 2"), "{text}");
        assert!(text.contains(" (second)"), "the account's name: {text}");

        // The money is where the bill was paid.
        assert_eq!(bench.taken_by("second"), of(1, "cost"));
        assert_eq!(bench.taken_by("iak"), 0, "the first biller took nothing");
        assert_eq!((bench.first.audit()["payments"].as_i64(), bench.at_second()), (Some(0), 1));
        bench.finish();
    }
}

#[test]
fn a_product_that_does_not_allow_it_fails_with_the_biller() {
    let bench = Bench::new("off");
    let mut partner = bench.front.partner(Format::Json);
    let told = partner.inquire(WATER, PAYS, &fresh_ref_id());
    empty(&bench.first);
    // Its own balance at a biller is not the partner's trouble.
    assert_eq!(partner.pay(told.tr_id()).rc(), "105");
    assert_eq!(bench.at_second(), 0);
    let story = bench.front.story(told.tr_id());
    assert_eq!(story["payment"]["state"], "failed");
    assert_eq!(story["attempts"].as_array().unwrap().len(), 1);
    bench.finish();
}

/// Pitfall: the operator could not see who was asked, and what was answered, where no payment followed.
#[test]
fn a_biller_that_cannot_be_reached_is_shown_with_what_was_tried() {
    let bench = Bench::new("on");
    let mut partner = bench.front.partner(Format::Json);
    let ports = bench.front.home.operate(&[
        "biller",
        "set",
        "iak",
        "--url",
        "http://127.0.0.1:1",
        "--no-check",
    ]);
    assert_eq!(ports["url"], "http://127.0.0.1:1");
    let told = partner.inquire(WATER, PAYS, &fresh_ref_id());
    let story = bench.front.story(told.tr_id());
    assert_eq!(story["payment"]["biller"]["name"], "second");
    assert_eq!(steps_at(&story), ["iak", "second"]);
    let tried = &story["steps"][0];
    assert!(tried.get("attempt").is_none(), "{tried}");
    assert_eq!(
        (&tried["evidence"]["sent"], &tried["evidence"]["http_status"]),
        (&"".into(), &Value::Null)
    );
    let answer = tried["answer"].as_str().unwrap();
    assert!(answer.contains("127.0.0.1:1 refused the connection"), "{answer}");
    let text = bench.front.home.command(&["payment", "show", &told.tr_id().to_string()]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("nothing: there was no connection"), "{text}");
    assert_eq!(partner.pay(told.tr_id()).rc(), "00");
    assert_eq!((bench.first.audit()["inquiries"].as_i64(), bench.at_second()), (Some(0), 1));
    bench.finish();
}

#[test]
fn nobody_else_is_asked_after_any_broken_answer_to_a_payment() {
    let bench = Bench::new("on");
    for (number, fault) in Fault::ALL.into_iter().enumerate() {
        let mut partner = bench.front.partner(Format::Json);
        let tr_id = partner.inquire(WATER, &format!("102025{number:02}"), &fresh_ref_id()).tr_id();
        bench.proxy.arm("pay-pasca", fault);
        let expected = if fault.leaves_a_true_answer() { "00" } else { "39" };
        assert_eq!(partner.pay(tr_id).rc(), expected, "{fault:?}");
        let story = bench.front.story(tr_id);
        assert_eq!(story["attempts"].as_array().unwrap().len(), 1, "{fault:?}");
    }
    assert_eq!(bench.second.audit()["inquiries"], 0);
    bench.finish();
}

#[test]
fn a_broken_answer_at_the_second_biller_is_pending_there() {
    let (first, second) = (Home::new(), Home::new());
    let config = [("sandbox.made_up_bills", "true")];
    let servers = [first.start(&config), second.start(&config)];
    let proxy = Proxy::before(servers[1].port);
    let front = Front::before_port(servers[0].port, &[WATER], &[]);
    front.add_next(WATER, proxy.port, &["--deadline", "1s"], "on");
    let mut partner = front.partner(Format::Json);
    let ref_id = fresh_ref_id();
    let tr_id = partner.inquire(WATER, PAYS, &ref_id).tr_id();
    empty(&first);
    proxy.arm("pay-pasca", Fault::Closed);
    assert_eq!(partner.pay(tr_id).rc(), "39");
    // The status is asked where the payment may be.
    front.home.operate(&["payment", "ask", &tr_id.to_string()]);
    assert_eq!(partner.status(&ref_id).rc(), "00");
    assert_eq!(first.audit()["payments"], 0);
    front.home.audit();
    second.audit();
}
