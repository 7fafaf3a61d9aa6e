//! A server on loopback that answers like Digiflazz in its test mode, or in a prescribed way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use md5::{Digest, Md5};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::numbers::{TestOutcome, outcome};

pub(crate) const USERNAME: &str = "lunasdemo";
pub(crate) const KEY: &str = "dev-0123456789";

/// A prescribed answer to the next request.
pub(crate) enum ScriptedAnswer {
    /// A whole answer.
    Answer { status: u16, body: String },
    /// An answer with this `data`.
    Data { status: u16, data: Value },
    /// A redirect to another path of this server.
    Redirect(u16),
    /// The first bytes of an answer, then the end.
    Cut(&'static str),
    /// The connection is reset after the request.
    Reset,
    /// No answer.
    Silence,
    /// The usual answer, once the test sends this signal.
    Held(oneshot::Receiver<()>),
}

/// A server. It stops when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    prescribed: VecDeque<ScriptedAnswer>,
    requests: Vec<(String, Value)>,
    bills: BTreeMap<String, Bill>,
}

/// A transaction, by its reference.
struct Bill {
    product: Value,
    customer_no: Value,
    outcome: Option<TestOutcome>,
    payments: usize,
    queries: usize,
}

impl Server {
    pub(crate) async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, shared.clone()));
            }
        });
        Server { url, state, task }
    }

    /// Prescribes the answer to the next request that has none yet.
    pub(crate) fn prescribe(&self, answer: ScriptedAnswer) {
        self.state.lock().unwrap().prescribed.push_back(answer);
    }

    /// The bodies of all requests so far, with their paths.
    pub(crate) fn requests(&self) -> Vec<(String, Value)> {
        self.state.lock().unwrap().requests.clone()
    }

    /// How many requests had this command, for this reference.
    pub(crate) fn count(&self, command: &str, reference: &str) -> usize {
        let is_it = |body: &Value| body["commands"] == command && body["ref_id"] == reference;
        self.requests().iter().filter(|(_, body)| is_it(body)).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut connection: TcpStream, state: Arc<Mutex<State>>) {
    let Some((path, body)) = request(&mut connection).await else { return };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let prescribed = {
        let mut state = state.lock().unwrap();
        state.requests.push((path.clone(), body.clone()));
        state.prescribed.pop_front()
    };
    let (status, extra, text) = match prescribed {
        Some(ScriptedAnswer::Answer { status, body }) => (status, String::new(), body),
        Some(ScriptedAnswer::Data { status, data }) => {
            (status, String::new(), json!({ "data": data }).to_string())
        }
        Some(ScriptedAnswer::Redirect(status)) => {
            (status, "location: /v1/elsewhere\r\n".to_owned(), String::new())
        }
        Some(ScriptedAnswer::Cut(start)) => {
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
            let _ = connection.write_all(format!("{head}{start}").as_bytes()).await;
            return;
        }
        Some(ScriptedAnswer::Reset) => {
            let _ = connection.set_zero_linger();
            return;
        }
        Some(ScriptedAnswer::Silence) => {
            let mut rest = Vec::new();
            let _ = connection.read_to_end(&mut rest).await;
            return;
        }
        None => usual(&state, &path, &body),
        Some(ScriptedAnswer::Held(release)) => {
            release.await.unwrap();
            usual(&state, &path, &body)
        }
    };
    let length = text.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\n{extra}content-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    let _ = connection.write_all(format!("{head}{text}").as_bytes()).await;
}

/// What Digiflazz answers in its test mode.
fn usual(state: &Mutex<State>, path: &str, body: &Value) -> (u16, String, String) {
    let data = state.lock().unwrap().answer(path, body);
    (200, String::new(), json!({ "data": data }).to_string())
}

/// The path and the body of a request.
async fn request(connection: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let length = connection.read(&mut chunk).await.ok()?;
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            assert!(head.starts_with("post ") && head.contains("application/json"), "{head}");
            if Some(body.len().to_string().as_str()) == length {
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                return Some((path, body.as_bytes().to_vec()));
            }
        }
        if length == 0 {
            return None;
        }
    }
}

impl State {
    fn answer(&mut self, path: &str, body: &Value) -> Value {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let suffix = match path {
            "/v1/cek-saldo" => "depo".to_owned(),
            "/v1/price-list" => "pricelist".to_owned(),
            _ => text("ref_id"),
        };
        let hash = Md5::digest(format!("{}{KEY}{suffix}", text("username")));
        let sign: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        if text("username") != USERNAME {
            return refusal(body, "42");
        }
        if text("sign") != sign {
            return refusal(body, "41");
        }
        match (path, body["cmd"].as_str(), body["commands"].as_str()) {
            ("/v1/cek-saldo", Some("deposit"), None) => json!({"deposit": 100_000}),
            ("/v1/price-list", Some("pasca"), None) => json!([listed("pln"), listed("pdam")]),
            ("/v1/transaction", None, Some("inq-pasca")) => self.inquire(body),
            ("/v1/transaction", None, Some("pay-pasca")) => self.pay(body),
            ("/v1/transaction", None, Some("status-pasca")) => self.status(body),
            // Digiflazz would take a transaction without a command for a purchase.
            _ => panic!("not a request about a bill: {path} {body}"),
        }
    }

    fn inquire(&mut self, body: &Value) -> Value {
        let reference = body["ref_id"].as_str().unwrap_or_default().to_owned();
        if self.bills.contains_key(&reference) {
            return refusal(body, "49");
        }
        if body["testing"] != true {
            return refusal(body, "41");
        }
        let product = body["buyer_sku_code"].as_str().unwrap_or_default();
        let outcome = outcome(product, body["customer_no"].as_str().unwrap_or_default());
        if product == "emoney" && !body["amount"].is_i64() {
            return refusal(body, "40");
        }
        let (product, customer_no) = (body["buyer_sku_code"].clone(), body["customer_no"].clone());
        let bill = Bill { product, customer_no, outcome, payments: 0, queries: 0 };
        self.bills.insert(reference, bill);
        match outcome {
            None => refusal(body, "54"),
            Some(TestOutcome::NoBill) => refusal(body, "02"),
            Some(TestOutcome::Paid { sheets } | TestOutcome::PendingThenPaid { sheets }) => {
                success(body, sheets, false)
            }
            Some(TestOutcome::Fails | TestOutcome::PendingThenFailed) => success(body, 1, false),
        }
    }

    fn pay(&mut self, body: &Value) -> Value {
        let Some(bill) = self.bill(body) else { return refusal(body, "50") };
        bill.payments += 1;
        assert_eq!(bill.payments, 1, "a payment was sent twice: {body}");
        match bill.outcome {
            Some(TestOutcome::Paid { sheets }) => success(body, sheets, true),
            Some(TestOutcome::PendingThenPaid { .. } | TestOutcome::PendingThenFailed) => {
                refusal(body, "03")
            }
            _ => refusal(body, "02"),
        }
    }

    /// Pending at the first query, decided at the second one.
    fn status(&mut self, body: &Value) -> Value {
        let Some(bill) = self.bill(body).filter(|bill| bill.payments > 0) else {
            return refusal(body, "50");
        };
        bill.queries += 1;
        match bill.outcome {
            Some(TestOutcome::PendingThenPaid { .. } | TestOutcome::PendingThenFailed)
                if bill.queries == 1 =>
            {
                refusal(body, "03")
            }
            Some(TestOutcome::Paid { sheets } | TestOutcome::PendingThenPaid { sheets }) => {
                success(body, sheets, true)
            }
            _ => refusal(body, "02"),
        }
    }

    /// The bill of a request that repeats the product and the customer of its inquiry.
    fn bill(&mut self, body: &Value) -> Option<&mut Bill> {
        let bill = self.bills.get_mut(body["ref_id"].as_str()?)?;
        let is_same = bill.product == body["buyer_sku_code"]
            && bill.customer_no == body["customer_no"]
            && body["testing"] == true;
        is_same.then_some(bill)
    }
}

/// A product of the price list.
pub(crate) fn listed(code: &str) -> Value {
    json!({"product_name": code, "category": "Pascabayar", "brand": code.to_uppercase(),
        "seller_name": "Seller", "admin": 2500, "commission": 1000, "buyer_sku_code": code,
        "buyer_product_status": true, "seller_product_status": true, "desc": "-"})
}

/// A failed or pending answer: it has no amounts and no details.
pub(crate) fn refusal(body: &Value, rc: &str) -> Value {
    let status = if rc == "03" { "Pending" } else { "Gagal" };
    json!({
        "ref_id": body["ref_id"],
        "customer_no": body["customer_no"],
        "buyer_sku_code": body["buyer_sku_code"],
        "message": format!("Transaksi {status}"),
        "status": status,
        "rc": rc,
    })
}

/// A bill of 8,500 a sheet with a fee of 2,500 a sheet and a commission of 1,000.
pub(crate) fn success(body: &Value, sheets: u32, is_payment: bool) -> Value {
    let sheet = json!({"periode": "201901", "nilai_tagihan": "8000", "admin": "2500",
        "denda": "500", "meter_awal": "00080000", "meter_akhir": "00090000"});
    let mut data = json!({
        "ref_id": body["ref_id"],
        "customer_no": body["customer_no"],
        "customer_name": "Nama Pelanggan Pertama",
        "buyer_sku_code": body["buyer_sku_code"],
        "admin": 2500 * sheets,
        "message": "Transaksi Sukses",
        "status": "Sukses",
        "rc": "00",
        "periode": "201901",
        "buyer_last_saldo": 100_000,
        "price": 11_000 * sheets - 1000,
        "selling_price": 11_000 * sheets,
        "desc": {"tarif": "R1", "daya": 1300, "lembar_tagihan": sheets,
            "detail": vec![sheet; usize::try_from(sheets).unwrap()]},
    });
    if is_payment {
        data["sn"] = json!("S1234554321N");
    }
    data
}
