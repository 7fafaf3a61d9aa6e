//! `POST /hooks/billers/NAME`: what a biller reports without being asked.
//!
//! It decides who may report and what a biller is answered. It knows no rule about payments: the gateway decides
//! what a report changes. Nothing of a body is used before its signature was verified, and no content of a body
//! is logged.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use connectors::digiflazz::webhook::{self, Report};
use domain::partner::SealedKey;
use domain::{BillerId, BillerKind};
use gateway::ReportResult;
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::edge::admission::Throttled;
use crate::edge::body::{self, BodyError};
use crate::edge::client_address::Peer;
use crate::edge::reply::{last, plain, retry_after};

/// The route.
pub(crate) const BILLER: &str = "/hooks/billers/{name}";

/// The largest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The label of billers that lunas does not have, or that send no webhooks.
const NO_BILLER: &str = "unknown";

/// What became of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// No biller with this name sends webhooks.
    NoBiller,
    /// It comes from an address that is not on the list.
    Address,
    /// The body did not arrive.
    Body(BodyError),
    /// It has no signature, or that of another secret.
    Unsigned,
    /// It is signed, and neither a report nor a ping.
    Unreadable,
    /// The biller tests the address.
    Ping,
    /// A report, and what it changed.
    Reported(ReportResult),
    /// The report could not be recorded. It may be sent again.
    Failed,
}

/// A biller that sends webhooks, and their secret.
struct Sender {
    id: BillerId,
    secret: SealedKey,
}

/// Takes a webhook of the biller with this name.
pub(crate) async fn take(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (_place, address) = match app.enter(peer, request.headers()) {
        Ok(entered) => entered,
        Err(refused) => return throttled(refused),
    };
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let sender = sender(&app, &name);
    // A name that is not a biller's is text from outside, and no label of a metric.
    let label = if sender.is_some() { &*name } else { NO_BILLER };
    let outcome = match sender {
        _ if !app.config.billers.takes_webhooks_from(address) => Outcome::Address,
        None => Outcome::NoBiller,
        Some(sender) => received(&app, &sender, request).await,
    };
    app.metrics.took_webhook(label, outcome.name());
    log(label, address, outcome);
    outcome.response()
}

/// The biller with this name, if it sends webhooks and lunas has their secret.
fn sender(app: &App, name: &str) -> Option<Sender> {
    let billers = app.gateway.billers();
    let id = billers.named(name)?;
    let settings = billers.settings(id)?;
    let secret = settings.webhook_secret.clone()?;
    match settings.kind {
        BillerKind::Digiflazz => Some(Sender { id, secret }),
        BillerKind::Iak => None,
    }
}

async fn received(app: &App, sender: &Sender, request: Request) -> Outcome {
    let (parts, body) = request.into_parts();
    let body = match body::whole(body, MAX_BODY, app.config.server.body_deadline).await {
        Ok(body) => body,
        Err(error) => return Outcome::Body(error),
    };
    match app.vault.open(&sender.secret) {
        Ok(secret) => record_if_signed(app, sender, &secret, &parts.headers, &body).await,
        Err(error) => {
            tracing::error!(%error, "the secret of a biller's webhooks cannot be used");
            Outcome::Failed
        }
    }
}

/// Verifies the signature, and only then reads the body.
async fn record_if_signed(
    app: &App,
    sender: &Sender,
    secret: &SecretString,
    headers: &HeaderMap,
    body: &Bytes,
) -> Outcome {
    let signature = headers.get(webhook::SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    let is_signed = webhook::verify(secret.expose_secret(), signature, body);
    match webhook::read(body) {
        // A biller pings before its secret is set. Nothing of a ping is used.
        Ok(Report::Ping { .. }) => Outcome::Ping,
        _ if !is_signed => Outcome::Unsigned,
        Err(_) => Outcome::Unreadable,
        Ok(Report::Payment(report)) => match app.gateway.take_report(sender.id, &report).await {
            Ok(result) => Outcome::Reported(result),
            Err(error) => {
                tracing::error!(%error, "a biller's report was not recorded");
                Outcome::Failed
            }
        },
    }
}

/// Logs what the gateway does not log. A ping is only counted.
fn log(biller: &str, address: IpAddr, outcome: Outcome) {
    let what = outcome.name();
    match outcome {
        Outcome::Ping | Outcome::Reported(_) | Outcome::Failed => {}
        Outcome::NoBiller
        | Outcome::Address
        | Outcome::Body(_)
        | Outcome::Unsigned
        | Outcome::Unreadable => {
            tracing::warn!(biller, %address, what, "a biller's webhook was refused");
        }
    }
}

impl Outcome {
    /// Its name in metrics and logs.
    const fn name(self) -> &'static str {
        match self {
            Outcome::NoBiller => "no biller",
            Outcome::Address => "address refused",
            Outcome::Body(BodyError::TooLarge) => "too large",
            Outcome::Body(BodyError::TooLate | BodyError::Broken) => "incomplete",
            Outcome::Unsigned => "not signed",
            Outcome::Unreadable => "unreadable",
            Outcome::Ping => "ping",
            Outcome::Reported(result) => result.name(),
            Outcome::Failed => "not recorded",
        }
    }

    /// A report that was understood is answered 200 whatever it changed, so that it does not come again.
    fn response(self) -> Response {
        match self {
            Outcome::Ping | Outcome::Reported(_) => plain(StatusCode::OK),
            Outcome::Unreadable | Outcome::Body(BodyError::Broken) => {
                plain(StatusCode::BAD_REQUEST)
            }
            Outcome::Unsigned => plain(StatusCode::UNAUTHORIZED),
            Outcome::Failed => plain(StatusCode::SERVICE_UNAVAILABLE),
            Outcome::Address => last(plain(StatusCode::FORBIDDEN)),
            Outcome::NoBiller => last(plain(StatusCode::NOT_FOUND)),
            Outcome::Body(BodyError::TooLarge) => last(plain(StatusCode::PAYLOAD_TOO_LARGE)),
            Outcome::Body(BodyError::TooLate) => last(plain(StatusCode::REQUEST_TIMEOUT)),
        }
    }
}

/// Too many requests, or too much work: the webhook was not read.
fn throttled(refused: Throttled) -> Response {
    let (status, wait) = refused.answer();
    let mut response = last(plain(status));
    retry_after(&mut response, wait);
    response
}
