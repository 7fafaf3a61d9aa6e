//! A production server in front of Digiflazz's documented test mode.

mod faults;
#[path = "../../../connectors/tests/digiflazz/numbers.rs"]
mod numbers;
#[path = "../../../connectors/tests/digiflazz/server.rs"]
#[expect(dead_code, reason = "the tests of the connector use more of it")]
mod server;
mod webhooks;

use data_encoding::HEXLOWER;
use domain::Family;
use hmac::{Hmac, KeyInit, Mac};
use iak_protocol::{Command, Inquiry};
use serde_json::{Value, json};
use sha1::Sha1;
use tokio::runtime::{Builder, Runtime};

use crate::client::{Connection, Partner, Reply, fresh_ref_id};
use crate::front::Front;
use numbers::{IDENTITY, NUMBERS, Numbers};
use server::{KEY, refusal, success};

/// The secret of the webhooks of the biller `digiflazz`.
const SECRET: &str = "webhook-secret-of-the-first";

/// What the test mode takes for a bill of one sheet.
const COST: i64 = 10_000;

/// Each product of the test mode, and the product that lunas sells for it.
const PRODUCTS: [(&str, &str); 14] = [
    ("pln", "PLNPOSTPAID"),
    ("pdam", "PDAMKOTA.SURABAYA"),
    ("internet", "TELKOMPSTN"),
    ("bpjs", "BPJS"),
    ("multifinance", "FNMEGA"),
    ("cimahi", "PBBKOT.CIMAHI"),
    ("pgas", "PGAS"),
    ("tv", "TVTLKMV"),
    ("bpjstk", "BPJSTK"),
    ("bpjstkpu", "BPJSTKPU"),
    ("plnnontaglist", "PLNNONH"),
    ("emoney", "SHOPEEPAY"),
    ("samsat", "ESAMSAT.JABAR"),
    ("hp", "HPTHREE"),
];

/// Digiflazz and a front server that pays there.
struct Shop {
    front: Front,
    digiflazz: server::Server,
    /// Where lunas calls it.
    url: String,
    /// Digiflazz runs on it.
    _runtime: Runtime,
}

impl Shop {
    /// Sells these products of the test mode.
    fn open(config: &[(&str, &str)], products: &[(&str, &str)]) -> Shop {
        Shop::open_at(config, products, |digiflazz| (digiflazz.url.clone(), Vec::new()))
    }

    /// The same where lunas calls another address, with these options of the biller.
    fn open_at(
        config: &[(&str, &str)],
        products: &[(&str, &str)],
        address: impl FnOnce(&server::Server) -> (String, Vec<&'static str>),
    ) -> Shop {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let digiflazz = runtime.block_on(server::Server::start());
        let (url, options) = address(&digiflazz);
        let shop = Shop { front: Front::start(config), digiflazz, url, _runtime: runtime };
        shop.add_biller("digiflazz", Some(SECRET), &options);
        for (there, here) in products {
            shop.front.sell(here);
            let price = ["--fee", "biller", "--commission", "500"];
            shop.operate(&[&["product", "set", here][..], &price].concat());
            shop.operate(&["route", "add", here, "digiflazz", "--code", there]);
        }
        shop
    }

    fn add_biller(&self, name: &str, webhook_secret: Option<&str>, options: &[&str]) {
        let key = self.front.secret_file("biller-key", KEY);
        let mut add = vec!["biller", "add", name, "--kind", "digiflazz", "--testing"];
        add.extend(["--url", &self.url, "--username", server::USERNAME]);
        add.extend(["--api-key-file", &key]);
        let secret = webhook_secret.map(|secret| self.front.secret_file("secret", secret));
        add.extend(secret.iter().flat_map(|file| ["--webhook-secret-file", file]));
        add.extend(options);
        self.operate(&add);
    }

    fn operate(&self, arguments: &[&str]) -> Value {
        self.front.home.operate(arguments)
    }

    fn partner(&self) -> Partner {
        self.front.server.partner()
    }

    /// The latest payment request that Digiflazz received.
    fn ordered(&self) -> Value {
        let requests = self.digiflazz.requests();
        let order = requests.iter().rfind(|(_, body)| body["commands"] == "pay-pasca");
        order.unwrap().1.clone()
    }

    /// Sends a webhook of the biller `digiflazz` with its signature.
    fn report(&self, data: &Value) -> u16 {
        let body = json!({ "data": data }).to_string();
        self.hook("digiflazz", Some(&signature(SECRET, body.as_bytes())), body.as_bytes())
    }

    /// Sends a webhook.
    fn hook(&self, biller: &str, signature: Option<&str>, body: &[u8]) -> u16 {
        self.hook_from(biller, signature, body, &[]).status
    }

    /// The same with more header lines.
    fn hook_from(
        &self,
        biller: &str,
        signature: Option<&str>,
        body: &[u8],
        more: &[&str],
    ) -> Reply {
        let signature = signature.map(|it| format!("X-Hub-Signature: {it}"));
        let mut headers = vec!["Content-Type: application/json", "X-Digiflazz-Event: update"];
        headers.push("User-Agent: Digiflazz-Pasca-Hookshot");
        headers.extend(signature.as_deref());
        headers.extend(more);
        let mut connection = Connection::open(self.front.server.port).unwrap();
        connection.send("POST", &format!("/hooks/billers/{biller}"), &headers, body).unwrap()
    }

    /// The history of a payment, as the operator sees it.
    fn story(&self, tr_id: i64) -> Value {
        self.front.story(tr_id)
    }

    /// Checks what must hold after all payments: each was sent once, the books are clean, and no secret and no
    /// customer's number is where it must not be.
    fn close(self, tr_ids: &[i64]) {
        self.front.home.audit();
        let requests = self.digiflazz.requests();
        let orders = requests.iter().filter(|(_, body)| body["commands"] == "pay-pasca");
        assert_eq!(orders.count(), tr_ids.len(), "each payment is sent once");
        let signs: Vec<&str> =
            requests.iter().map(|(_, body)| body["sign"].as_str().unwrap()).collect();
        for tr_id in tr_ids {
            let story = self.story(*tr_id).to_string();
            assert!(!story.contains(KEY) && !story.contains(SECRET), "{story}");
            assert!(signs.iter().all(|sign| !story.contains(sign)), "{story}");
        }
        let metrics = self.front.server.metrics();
        let log = self.front.home.log();
        let numbers = requests.iter().filter_map(|(_, body)| body["customer_no"].as_str());
        for hidden in numbers.chain([KEY, SECRET, "Nama Pelanggan"]).chain(signs) {
            assert!(!log.contains(hidden), "{hidden} is in the log");
            assert!(!metrics.contains(hidden), "{hidden} is in the metrics");
        }
    }
}

/// The signature of a webhook.
fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha1={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

fn numbers_of(product: &str) -> &'static Numbers {
    NUMBERS.iter().find(|row| row.product == product).unwrap()
}

/// An inquiry of one month.
fn inquire(partner: &mut Partner, code: &str, hp: &str, ref_id: &str) -> Reply {
    partner.ask(Command::Inquiry(Inquiry {
        code: code.into(),
        hp: hp.into(),
        ref_id: ref_id.into(),
        month: Some("1".into()),
        year: Some("2019".into()),
        nomor_identitas: Some(IDENTITY.into()),
        amount: Some("100000".into()),
        unusable: Vec::new(),
    }))
}

/// How a pending payment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndedBy {
    Report,
    StatusQuery,
}

#[test]
fn every_test_number_of_every_product_ends_as_documented() {
    let shop = Shop::open(&[], &PRODUCTS);
    let mut partner = shop.partner();
    let (mut tr_ids, mut paid) = (Vec::new(), 0);
    for (there, here) in PRODUCTS {
        let row = numbers_of(there);
        let refused = inquire(&mut partner, here, row.no_bill, &fresh_ref_id());
        assert_eq!(refused.rc(), "09", "{there}");
        for (hp, expected) in [(row.paid[0].0, "00"), (row.fails, "37")] {
            let ref_id = fresh_ref_id();
            let bill = inquire(&mut partner, here, hp, &ref_id);
            assert_eq!((bill.rc(), bill.rupiah("price")), ("00".to_owned(), 11_000), "{there}");
            assert_eq!(bill.rupiah("selling_price"), 10_500, "{there}");
            let ended = partner.pay(bill.tr_id());
            assert_eq!(ended.rc(), expected, "{there} {hp}");
            assert_eq!(partner.status(&ref_id).rc(), expected, "{there} {hp}");
            if expected == "00" {
                assert_eq!(ended.text("noref").as_deref(), Some("S1234554321N"), "{there}");
                paid += 1;
            }
            tr_ids.push(bill.tr_id());
        }
        for (hp, by, expected) in [
            (row.pending_then_paid[0].0, EndedBy::Report, "00"),
            (row.pending_then_failed, EndedBy::Report, "37"),
            (row.pending_then_paid[0].0, EndedBy::StatusQuery, "00"),
        ] {
            let tr_id = ends_later(&shop, &mut partner, here, hp, by, expected);
            paid += i64::from(expected == "00");
            tr_ids.push(tr_id);
        }
    }
    assert_eq!(shop.front.taken(), paid * COST, "what Digiflazz took is what the books say");
    let reports = shop.front.server.counted("lunas_biller_webhooks_total", r#"result="ended""#);
    assert_eq!(reports, 2 * PRODUCTS.len() as u64);
    shop.close(&tr_ids);
}

/// A payment that is pending first. Returns its number.
fn ends_later(
    shop: &Shop,
    partner: &mut Partner,
    code: &str,
    hp: &str,
    by: EndedBy,
    expected: &str,
) -> i64 {
    let ref_id = fresh_ref_id();
    let tr_id = inquire(partner, code, hp, &ref_id).tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39", "{code} {hp}");
    assert_eq!(partner.status(&ref_id).rc(), "39", "{code} {hp}");
    let order = shop.ordered();
    match by {
        EndedBy::Report => {
            let data = match expected {
                "00" => success(&order, 1, true),
                _ => refusal(&order, "02"),
            };
            assert_eq!(shop.report(&data), 200, "{code} {hp}");
        }
        EndedBy::StatusQuery => {
            // It is pending at the first query.
            for expected in ["39", "00"] {
                shop.operate(&["payment", "ask", &tr_id.to_string()]);
                assert_eq!(partner.status(&ref_id).rc(), expected, "{code} {hp}");
            }
        }
    }
    let told = partner.status(&ref_id);
    assert_eq!(told.rc(), expected, "{code} {hp} {by:?}");
    if expected == "00" {
        assert_eq!(told.text("noref").as_deref(), Some("S1234554321N"), "{code}");
    }
    partner.pay(tr_id);
    assert_eq!(partner.status(&ref_id).rc(), expected, "a repeated payment changes nothing");
    let reference = order["ref_id"].as_str().unwrap();
    assert_eq!(shop.digiflazz.count("pay-pasca", reference), 1, "{code} {hp}");
    let queries = shop.digiflazz.count("status-pasca", reference);
    assert_eq!(queries, if by == EndedBy::Report { 0 } else { 2 }, "{code} {hp}");
    let (story, last) =
        (shop.story(tr_id), if by == EndedBy::Report { "report" } else { "status" });
    let steps = story["steps"].as_array().unwrap();
    let step = steps.iter().rfind(|step| step.get("evidence").is_some()).unwrap();
    assert_eq!(step["what"], last, "{story}");
    assert!(step["evidence"]["received"].as_str().unwrap().contains(reference), "{story}");
    tr_id
}

/// A family's bill in the test mode has one sheet, except where its number says otherwise.
#[test]
fn a_bill_of_several_sheets_is_paid_as_a_whole() {
    let shop = Shop::open(&[], &PRODUCTS[..1]);
    let row = numbers_of("pln");
    assert_eq!(row.family, Family::PlnPostpaid);
    let (hp, sheets) = row.paid[1];
    let mut partner = shop.partner();
    let bill = inquire(&mut partner, "PLNPOSTPAID", hp, &fresh_ref_id());
    assert_eq!(bill.rupiah("price"), 11_000 * i64::from(sheets));
    assert_eq!(partner.pay(bill.tr_id()).rc(), "00");
    assert_eq!(shop.front.taken(), 11_000 * i64::from(sheets) - 1_000);
    shop.close(&[bill.tr_id()]);
}
