//! Pays a bill over lunas, with `ureq`, `serde` and `md-5`.
//!
//! ```sh
//! LUNAS_API_KEY=rahasia123 cargo run -p tutorial
//! ```
//!
//! In a package of your own it needs `cargo add md-5 serde_json`, `cargo add serde --features derive`
//! and `cargo add ureq --features json`. Here `ureq` comes without TLS.

use std::collections::hash_map::RandomState;
use std::env;
use std::error::Error;
use std::fmt;
use std::fs;
use std::hash::BuildHasher;
use std::thread::sleep;
use std::time::Duration;

use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

// == Setup

/// An answer always leaves within 30 seconds, so whoever waits a little longer rarely loses one.
const PATIENCE: Duration = Duration::from_secs(35);

/// The fields that this program reads. Amounts are whole rupiah.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    response_code: String,
    message: String,
    tr_id: i64,
    ref_id: String,
    tr_name: String,
    price: i64,
    selling_price: i64,
    balance: i64,
    noref: String,
}

#[derive(Deserialize)]
struct Envelope {
    data: Answer,
}

/// Nobody knows what became of the request: it may have been carried out.
#[derive(Debug)]
struct NoAnswer(String);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer: {}", self.0)
    }
}

impl Error for NoAnswer {}

impl From<ureq::Error> for NoAnswer {
    fn from(error: ureq::Error) -> NoAnswer {
        NoAnswer(error.to_string())
    }
}

struct Lunas {
    agent: Agent,
    url: String,
    username: String,
    api_key: String,
}

impl Lunas {
    fn from_env() -> Result<Lunas, Box<dyn Error>> {
        let from_env = |name, otherwise: &str| env::var(name).unwrap_or_else(|_| otherwise.into());
        Ok(Lunas {
            agent: Agent::config_builder().http_status_as_error(false).build().into(),
            url: from_env("LUNAS_URL", "http://127.0.0.1:8080"),
            username: from_env("LUNAS_USERNAME", "081234567890"),
            api_key: env::var("LUNAS_API_KEY").map_err(|_| "set LUNAS_API_KEY to your API key")?,
        })
    }

    fn sign(&self, suffix: &str) -> String {
        let digest = Md5::digest(format!("{}{}{suffix}", self.username, self.api_key));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn send(
        &self,
        command: &str,
        signed: &str,
        mut request: Value,
        patience: Duration,
    ) -> Result<Answer, NoAnswer> {
        request["commands"] = command.into();
        request["username"] = self.username.as_str().into();
        request["sign"] = self.sign(signed).into();
        let post = self.agent.post(format!("{}/api/v1/bill/check", self.url));
        let post = post.config().timeout_global(Some(patience)).build();
        let mut body = said(post.send_json(request)?)?;
        Ok(body.read_json::<Envelope>()?.data)
    }

    // == Inquiry

    fn inquire(&self, code: &str, hp: &str, month: &str) -> Result<Answer, Box<dyn Error>> {
        // Store your ref_id before it is sent: it is what you ask by when an answer is lost.
        let ref_id = format!("rust-{:016x}", RandomState::new().hash_one(hp));
        let request = json!({ "code": code, "hp": hp, "month": month, "ref_id": ref_id });
        let bill = self.send("inq-pasca", &ref_id, request, PATIENCE)?;
        if bill.response_code != "00" {
            return Err(format!("Inquiry refused: {} {}", bill.response_code, bill.message).into());
        }
        // The customer pays the price, your deposit the selling price.
        let Answer { tr_name, price, selling_price, .. } = &bill;
        println!("Inquiry: {tr_name} owes Rp {price}, you pay Rp {selling_price}");
        Ok(bill)
    }

    // == Payment

    fn pay(&self, bill: &Answer, patience: Duration) -> Result<(), Box<dyn Error>> {
        let answer = self.send_payment(bill, patience);
        if let Err(NoAnswer(reason)) = &answer {
            println!("Payment: answer lost ({reason}), asking for the status");
        }
        self.settle(bill, answer)
    }

    fn send_payment(&self, bill: &Answer, patience: Duration) -> Result<Answer, NoAnswer> {
        let request = json!({ "tr_id": bill.tr_id });
        self.send("pay-pasca", &bill.tr_id.to_string(), request, patience)
    }

    // == Check status after a lost answer

    /// Asks until there is an outcome.
    ///
    /// A lost answer is no failure. To pay under a new `ref_id` could pay twice, and to give your
    /// customer the money back could give away a bill that is paid.
    fn settle(
        &self,
        bill: &Answer,
        mut answer: Result<Answer, NoAnswer>,
    ) -> Result<(), Box<dyn Error>> {
        for _ in 0..60 {
            let known = answer.unwrap_or_default();
            answer = match known.response_code.as_str() {
                "00" => {
                    let Answer { noref, balance, .. } = known;
                    println!("Payment: paid, reference {noref}, deposit Rp {balance}");
                    return Ok(());
                }
                // Lost, in process, or paid before: the status tells.
                "" | "39" | "01" => {
                    sleep(Duration::from_secs(1));
                    self.send("checkstatus", "cs", json!({ "ref_id": bill.ref_id }), PATIENCE)
                }
                // The payment never arrived. The same tr_id is paid once at most.
                "42" => self.send_payment(bill, PATIENCE),
                code => return Err(format!("Payment failed: {code} {}", known.message).into()),
            };
        }
        Err(format!("Payment: no outcome yet; ask for the status of {} later", bill.ref_id).into())
    }

    // == Receipt

    fn save_receipt(&self, tr_id: i64) -> Result<(), Box<dyn Error>> {
        // A receipt holds a person's data, so its request is signed, too.
        let sign = self.sign(&format!("{tr_id}receipt"));
        let Lunas { url, username, .. } = self;
        let address = format!("{url}/api/v1/download/{tr_id}?username={username}&sign={sign}");
        let get = self.agent.get(address).config().timeout_global(Some(PATIENCE)).build();
        let pdf = said(get.call()?)?.read_to_vec()?;
        if !pdf.starts_with(b"%PDF") {
            return Err(format!("Receipt refused: {}", String::from_utf8_lossy(&pdf)).into());
        }
        let file = format!("receipt-{tr_id}.pdf");
        fs::write(&file, pdf)?;
        println!("Receipt: {file}");
        Ok(())
    }
}

/// The body of the answer; a status other than 200 and 400 says nothing about the outcome.
fn said(response: Response<Body>) -> Result<Body, NoAnswer> {
    match response.status() {
        StatusCode::OK | StatusCode::BAD_REQUEST => Ok(response.into_body()),
        status => Err(NoAnswer(format!("HTTP status {status}"))),
    }
}

// == All together

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let lunas = Lunas::from_env()?;
    let bill = lunas.inquire("BPJS", "8801234560001", "2")?;
    lunas.pay(&bill, PATIENCE)?;
    lunas.save_receipt(bill.tr_id)?;

    // Half a second is too short on purpose: a server that takes its time loses this answer.
    let another = lunas.inquire("BPJS", "8801234560001", "2")?;
    lunas.pay(&another, Duration::from_millis(500))
}
