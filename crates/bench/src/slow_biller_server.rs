//! A biller on the network that takes its time: IAK's postpaid API with one generated bill for each inquiry. It counts
//! every payment when it arrives, as a biller does that pays whether or not its answer is read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use xtask::Outcome;

use crate::baseline::run_server;
use crate::partner::PATH;

/// The hidden command that starts it, as `bench slow-biller --port-file FILE`.
pub(crate) const NAME: &str = "slow-biller";

/// The path of [`Counts`].
pub(crate) const COUNTS: &str = "/counts";

/// The path that sets how long it takes for a payment from now on; the milliseconds follow.
pub(crate) const DELAY: &str = "/delay/";

/// What it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Payments of different inquiries.
    pub(crate) payments: usize,
    /// How often the most frequent of them was sent.
    pub(crate) most: usize,
    /// Payments that have not been answered yet.
    pub(crate) unanswered: usize,
}

#[derive(Default)]
struct Shared {
    delay_millis: AtomicU64,
    last: AtomicU64,
    unanswered: AtomicU64,
    orders: Mutex<Orders>,
}

#[derive(Default)]
struct Orders {
    /// The inquiry of each reference of lunas.
    inquiries: BTreeMap<String, u64>,
    /// How often each inquiry was paid.
    payments: BTreeMap<u64, usize>,
}

/// The fields of a request that it needs.
#[derive(Deserialize)]
struct Request {
    commands: String,
    code: Option<String>,
    hp: Option<String>,
    ref_id: Option<String>,
    tr_id: Option<serde_json::Value>,
}

/// Serves until it is killed.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    run_server(NAME, arguments, routes())
}

fn routes() -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route(COUNTS, get(counts))
        .route(&format!("{DELAY}{{millis}}"), get(set_delay))
        .route(PATH, post(answer))
        .with_state(Arc::new(Shared::default()))
}

async fn set_delay(
    State(shared): State<Arc<Shared>>,
    axum::extract::Path(millis): axum::extract::Path<u64>,
) {
    shared.delay_millis.store(millis, Ordering::Relaxed);
}

async fn counts(State(shared): State<Arc<Shared>>) -> String {
    let orders = shared.orders.lock().unwrap_or_else(PoisonError::into_inner);
    let unanswered = shared.unanswered.load(Ordering::Relaxed);
    let counts = Counts {
        payments: orders.payments.len(),
        most: orders.payments.values().copied().max().unwrap_or(0),
        unanswered: usize::try_from(unanswered).unwrap_or(usize::MAX),
    };
    serde_json::json!(counts).to_string()
}

async fn answer(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let Ok(request) = serde_json::from_str::<Request>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answered = match request.commands.as_str() {
        "inq-pasca" => shared.inquire(request),
        "pay-pasca" => shared.pay(request).await,
        "checkstatus" => shared.status(&request),
        _ => None,
    };
    match answered {
        Some(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

impl Shared {
    fn inquire(&self, request: Request) -> Option<String> {
        let Request { code: Some(code), hp: Some(hp), ref_id: Some(ref_id), .. } = request else {
            return None;
        };
        let tr_id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let body = format!(
            r#"{{"data":{{"tr_id":{tr_id},"code":"{code}","hp":"{hp}","tr_name":"VERGIE","period":"201808","nominal":300000,"admin":2500,"ref_id":"{ref_id}","response_code":"00","message":"INQUIRY SUCCESS","price":302500,"selling_price":300500,"desc":{{"tarif":"R1","daya":1300,"lembar_tagihan":"1"}}}},"meta":[]}}"#
        );
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.inquiries.insert(ref_id, tr_id);
        Some(body)
    }

    async fn pay(&self, request: Request) -> Option<String> {
        let tr_id = request.tr_id?;
        let tr_id = tr_id.as_u64().or_else(|| tr_id.as_str()?.parse().ok())?;
        {
            let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
            *orders.payments.entry(tr_id).or_default() += 1;
        }
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        let unanswered = UnansweredPayment(&self.unanswered);
        let millis = self.delay_millis.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        drop(unanswered);
        Some(paid(tr_id, "PAYMENT SUCCESS"))
    }

    fn status(&self, request: &Request) -> Option<String> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let tr_id = orders.inquiries.get(request.ref_id.as_deref()?)?;
        orders.payments.contains_key(tr_id).then(|| paid(*tr_id, "SUCCESS"))
    }
}

/// A payment that is being answered. It also ends when its caller goes away.
struct UnansweredPayment<'a>(&'a AtomicU64);

impl Drop for UnansweredPayment<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn paid(tr_id: u64, message: &str) -> String {
    format!(
        r#"{{"data":{{"tr_id":{tr_id},"response_code":"00","message":"{message}","status":1,"nominal":300000,"noref":"N{tr_id}"}},"meta":[]}}"#
    )
}
