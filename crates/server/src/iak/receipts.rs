//! `GET /api/v1/download/{tr_id}`: the receipt of a paid bill, as PDF or as labelled lines.
//!
//! A `tr_id` can be guessed and a receipt contains personal data, so a request must be signed or
//! come from an address on the partner's allow-list. In the sandbox no data is real, so a request
//! from this machine needs neither: IAK's own client libraries send no signature. They recognise a
//! failure because it is XML, so every failure is XML on both paths.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{Partner, State as PaymentState, TrId, Transaction};
use iak_protocol::{Format, ResponseCode, encode_receipt_lines, receipt_suffix};
use serde::Deserialize;

use super::reply;
use super::signature::{self, Claim, Denied};
use crate::app::{App, Place};
use crate::edge::client_address::Peer;
use crate::edge::reply::respond;
use receipt::{self, Facts};

/// The query of a signed request.
#[derive(Deserialize)]
pub(crate) struct Signed {
    username: Option<String>,
    sign: Option<String>,
}

/// The receipt as PDF.
pub(crate) async fn pdf(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    tr_id: Result<Path<String>, PathRejection>,
    signed: Result<Query<Signed>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let (_place, found) = match find(&app, peer, tr_id, signed, &headers).await {
        Ok(found) => found,
        Err(denied) => return refuse(denied),
    };
    drawn(app, found).await
}

/// The PDF of a paid transaction's receipt.
pub(crate) async fn drawn(app: Arc<App>, paid: Transaction) -> Response {
    // Layout takes milliseconds; other requests must not wait for it.
    let drawn = tokio::task::spawn_blocking(move || {
        with_facts(&app, &paid, |facts| receipt::pdf(facts, &receipt::lines(facts)))
    });
    match drawn.await {
        Ok(Some(Ok(pdf))) => respond(StatusCode::OK, "application/pdf", pdf),
        other => {
            let error = other.ok().flatten().and_then(Result::err);
            tracing::error!(?error, "a receipt could not be drawn");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            reply::refuse(status, ResponseCode::GeneralError, Format::Xml)
        }
    }
}

/// The receipt as labelled lines.
pub(crate) async fn lines(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    tr_id: Result<Path<String>, PathRejection>,
    signed: Result<Query<Signed>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    match find(&app, peer, tr_id, signed, &headers).await {
        Ok((_place, found)) => {
            let mut body = Vec::with_capacity(1024);
            let lines = with_facts(&app, &found, receipt::lines).unwrap_or_default();
            encode_receipt_lines(lines, &mut body);
            respond(StatusCode::OK, Format::Json.content_type(), body)
        }
        Err(denied) => refuse(denied),
    }
}

fn refuse(denied: Denied) -> Response {
    match denied {
        Denied::With { code: code @ ResponseCode::FormatError, .. } => {
            reply::refuse(StatusCode::BAD_REQUEST, code, Format::Xml)
        }
        Denied::With { code, .. } => reply::refuse(StatusCode::OK, code, Format::Xml),
        Denied::Throttled(refused) => reply::retry_later(refused, Format::Xml),
    }
}

/// The paid transaction, if the request may see it, and the request's permit.
async fn find(
    app: &App,
    peer: Peer,
    tr_id: Result<Path<String>, PathRejection>,
    signed: Result<Query<Signed>, QueryRejection>,
    headers: &HeaderMap,
) -> Result<(Place, Transaction), Denied> {
    let (place, address) = app.enter(peer, headers)?;
    let Query(signed) = signed.map_err(|_| ResponseCode::FormatError)?;
    // A number that is not valid UTF-8 is not a number.
    let tr_id = tr_id.map(|Path(tr_id)| tr_id).unwrap_or_default();
    Ok((place, visible(app, address, &tr_id, &signed).await?))
}

async fn visible(
    app: &App,
    address: IpAddr,
    sent: &str,
    signed: &Signed,
) -> Result<Transaction, Denied> {
    let tr_id = sent.parse::<i64>().map_err(|_| ResponseCode::InquiryNotFound)?;
    let found = app.gateway.transaction(TrId(tr_id)).await.map_err(|error| {
        tracing::error!(%error, "a receipt could not be read");
        ResponseCode::GeneralError
    })?;
    let transaction = match (&signed.username, &signed.sign) {
        (Some(username), Some(sign)) => by_signature(app, found, address, sent, username, sign)?,
        _ => by_address(app, found, address)?,
    };
    match transaction.state() {
        PaymentState::Paid => Ok(transaction),
        _ => Err(ResponseCode::BillUnpaid.into()),
    }
}

/// A partner that signs sees its own transactions; those of others do not exist for it.
fn by_signature(
    app: &App,
    found: Option<Transaction>,
    address: IpAddr,
    sent: &str,
    username: &str,
    sign: &str,
) -> Result<Transaction, Denied> {
    // Only a number in digits is hashed.
    if !sent.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ResponseCode::InvalidSignature.into());
    }
    let directory = app.gateway.reference_data();
    let claim = Claim { address, username, suffixes: &[&receipt_suffix(sent)], sign };
    let partner = signature::signer(app, &directory, &claim)?;
    signature::check_access(partner, address)?;
    found
        .filter(|transaction| transaction.inquiry.partner == partner.id)
        .ok_or(ResponseCode::InquiryNotFound.into())
}

/// Without a signature only an allowed address gets an answer; another one does not learn whether
/// the transaction exists.
fn by_address(
    app: &App,
    found: Option<Transaction>,
    address: IpAddr,
) -> Result<Transaction, ResponseCode> {
    if app.config.sandbox.enabled && address.is_loopback() {
        return found.ok_or(ResponseCode::InquiryNotFound);
    }
    let transaction = found.ok_or(ResponseCode::InvalidIpAddress)?;
    let directory = app.gateway.reference_data();
    let owner = directory.partners().into_iter().find(|p| p.id == transaction.inquiry.partner);
    let welcome = |p: &Arc<Partner>| {
        p.is_allow_listed(address) && signature::check_access(p, address).is_ok()
    };
    let listed = owner.is_some_and(welcome);
    listed.then_some(transaction).ok_or(ResponseCode::InvalidIpAddress)
}

/// Calls `use_them` with the facts of a paid transaction's receipt.
fn with_facts<T>(
    app: &App,
    transaction: &Transaction,
    use_them: impl FnOnce(&Facts<'_>) -> T,
) -> Option<T> {
    let inquiry = &transaction.inquiry;
    let payment = transaction.payment.as_ref()?;
    let paid_at = payment.begun_at.readable();
    Some(use_them(&Facts {
        product: &inquiry.sold.name,
        code: inquiry.code.as_str(),
        product_type: inquiry.sold.family.price_list_type(),
        tr_id: inquiry.tr_id.0,
        noref: &payment.receipt_no,
        paid_at: &paid_at,
        hp: &inquiry.customer_no,
        tr_name: &inquiry.bill.customer_name,
        period: &inquiry.bill.period,
        nominal: inquiry.bill.nominal.get(),
        admin: inquiry.price.admin.get(),
        price: inquiry.price.price.get(),
        desc: payment.details.as_deref().unwrap_or(&inquiry.bill.details),
        issuer: &app.config.receipt.issuer,
        footer: &app.config.receipt.footer,
    }))
}
