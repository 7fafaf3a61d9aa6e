//! `/livez`, `/readyz` and `/metrics`, for the operator.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Account;
use gateway::{FailingTask, Observer};

use super::closed::IntakeClosed;
use crate::app::App;
use crate::edge::client_address::{Peer, client_address};
use crate::edge::reply::respond;
use crate::iak::reply;

/// If the database takes longer to answer, the server is not ready.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

const TEXT: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The process answers.
pub(crate) async fn alive() -> Response {
    respond(StatusCode::OK, TEXT, b"alive\n".to_vec())
}

/// 200 if the database accepts commands, new inquiries and payments are accepted, there is capacity
/// for another request, and all background tasks run; otherwise 503 with the reason.
pub(crate) async fn ready(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let _place = match app.enter(peer, &headers) {
        Ok((place, _)) => place,
        Err(refused) => return reply::retry_later(refused, reply::format_by_header(&headers)),
    };
    let not_ready = |why: &str| {
        let words = format!("not ready: {why}\n").into_bytes();
        respond(StatusCode::SERVICE_UNAVAILABLE, TEXT, words)
    };
    match app.closed() {
        None => {}
        Some(IntakeClosed::DiskFull) => return not_ready("the disk is full"),
        Some(IntakeClosed::Damaged) => return not_ready("the database is damaged"),
    }
    let asked = async {
        let answers = app.gateway.read(|read| read.catalogue().map(drop)).await.is_ok();
        (answers, answers && app.gateway.takes_commands().await)
    };
    match tokio::time::timeout(READY_TIMEOUT, asked).await {
        Ok((true, true)) => {}
        Ok((true, false)) => return not_ready("the database takes no commands"),
        _ => return not_ready("the database does not answer"),
    }
    let away = app.gateway.failing_tasks();
    match away.first() {
        None => respond(StatusCode::OK, TEXT, b"ready\n".to_vec()),
        Some(FailingTask { name, failures }) => not_ready(&format!(
            "the background task {name} has failed {failures} times in a row; the log says why"
        )),
    }
}

/// The server's metrics. They show business data, so only the configured networks may read them.
pub(crate) async fn metrics(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let address = client_address(&app.config.server, peer, &headers);
    if !app.config.server.shows_metrics_to(address) {
        let code = iak_protocol::ResponseCode::PageNotFound;
        return reply::refuse(StatusCode::NOT_FOUND, code, reply::format_by_header(&headers));
    }
    let read = app
        .gateway
        .read(|read| Ok((read.open_payments()?, read.needs_review()?, read.balances()?)));
    match read.await {
        Ok((open, queue, balances)) => {
            let now = app.gateway.now();
            let ages = open.iter().map(|open| now.micros_since(open.begun_at));
            let deposits =
                balances.iter().filter(|(account, _)| matches!(account, Account::Available(_)));
            let low = deposits.filter(|(_, deposit)| deposit.get() < app.config.alerts.low_deposit);
            let queued: Vec<_> = queue.iter().map(|queued| queued.why).collect();
            app.metrics.set_state(ages, &queued, low.count());
            let billers: Vec<_> = open.iter().map(|open| open.biller).collect();
            app.metrics.set_billers(&app.gateway, &billers);
        }
        // These gauges then keep the values of the last successful read.
        Err(error) => {
            tracing::error!(%error, "the books could not be read for the metrics");
            app.metrics.task_failed("metrics");
        }
    }
    if let Some(disk) = &app.disk {
        app.metrics.set_disk(disk.free(), disk.wal());
    }
    app.metrics.set_closed(app.closed());
    match app.metrics.text() {
        Ok(text) => respond(StatusCode::OK, OPEN_METRICS, text.into_bytes()),
        Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, TEXT, Vec::new()),
    }
}
