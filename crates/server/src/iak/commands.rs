//! `POST /api/v1/bill/check`: the four commands.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use domain::Partner;
use iak_protocol::{
    BillAnswer, Command, Format, Inquiry, Listing, MAX_BODY, ResponseCode, decode_request,
    encode_answer, encode_price_list,
};
use sandbox::Cause;
use store::{CommandError, StoreError};

use super::signature::{self, Denied};
use super::{answers, reply};
use crate::app::App;
use crate::edge::admission::Throttled;
use crate::edge::body::{self, BodyError};
use crate::edge::client_address::Peer;
use crate::edge::reply::{last, respond};
use crate::edge::truncated::DropConnection;
use crate::observe::request_record::RequestRecord;

/// In a sandbox: the scenarios that caused this answer.
const SCENARIO: HeaderName = HeaderName::from_static("x-lunas-scenario");

/// Handles the four commands.
pub(crate) async fn command(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    take(&app, peer, request, None).await
}

/// Handles a price list of one product type.
pub(crate) async fn command_of_type(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    product_type: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    match product_type {
        Ok(Path(product_type)) => take(&app, peer, request, Some(product_type)).await,
        Err(_) => reply::refuse(
            StatusCode::NOT_FOUND,
            ResponseCode::PageNotFound,
            reply::format_by_header(request.headers()),
        ),
    }
}

/// Accepts a request unless there are too many.
async fn take(app: &App, peer: Peer, request: Request, of_type: Option<String>) -> Response {
    let begun = Instant::now();
    let scenarios = app.controls.as_ref().map(|controls| controls.scenarios.all());
    let (parts, body) = request.into_parts();
    let (_place, address) = match app.enter(peer, &parts.headers) {
        Ok(entered) => entered,
        Err(refused) => {
            return reply::retry_later(refused, reply::format_by_header(&parts.headers));
        }
    };
    let (body, (seen, mut response)) = match read_body(app, &parts.headers, body).await {
        Ok(body) => {
            let content_type = parts.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
            let format = Format::detect(content_type, &body);
            // The head and the body keep hyper's read buffer of 8 KiB. A payment may wait for its biller for long, so
            // it keeps a copy instead.
            let body = Bytes::copy_from_slice(&body);
            drop(parts);
            let answered = Call { app, address, of_type }.answer(format, &body).await;
            (body, answered)
        }
        Err(response) => {
            (Bytes::new(), (RequestRecord::nobody("unknown", ResponseCode::FormatError), response))
        }
    };
    app.metrics.answered(&seen, begun.elapsed());
    // Throttled requests are only counted, not logged: there may be more of them than of all
    // others.
    if app.config.log.requests && seen.code != ResponseCode::TryAgainLater {
        crate::observe::log::request(&seen, response.status(), begun.elapsed());
    }
    let causes = scenarios.map(|before| app.admin.causes(seen.code, before));
    let causes = causes.unwrap_or_default();
    add_scenario_header(&mut response, &causes);
    match &app.recent {
        Some(recent) => {
            let when = (app.gateway.now(), begun.elapsed());
            recent.keep(&body, response, when, seen, causes).await
        }
        None => response,
    }
}

/// Adds the scenarios that caused the answer, for a developer who looks for an error in a program.
fn add_scenario_header(response: &mut Response, causes: &[Cause]) {
    let names: Vec<_> = causes.iter().map(|cause| cause.name()).collect();
    if !names.is_empty()
        && let Ok(names) = HeaderValue::try_from(names.join(","))
    {
        response.headers_mut().insert(SCENARIO, names);
    }
}

/// Reads the whole body, which must not be encoded.
async fn read_body(app: &App, headers: &HeaderMap, body: Body) -> Result<Bytes, Response> {
    let format = reply::format_by_header(headers);
    match body::whole(body, MAX_BODY, app.config.server.body_deadline).await {
        Ok(_) if is_encoded(headers) => Err(reply::unsupported_encoding(format)),
        Ok(body) => Ok(body),
        Err(BodyError::TooLarge) => {
            let too_large = "is larger than 64 KiB";
            let response = reply::malformed(StatusCode::PAYLOAD_TOO_LARGE, too_large, format);
            Err(last(response))
        }
        Err(BodyError::Broken) => {
            Err(reply::malformed(StatusCode::BAD_REQUEST, "ended too early", format))
        }
        Err(BodyError::TooLate) => {
            let too_late = "did not come in time";
            let response = reply::malformed(StatusCode::REQUEST_TIMEOUT, too_late, format);
            Err(last(response))
        }
    }
}

/// Whether the body has a Content-Encoding, such as compression.
fn is_encoded(headers: &HeaderMap) -> bool {
    let is_plain = |coding: &[u8]| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    };
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    !values.all(|value| value.as_bytes().split(|byte| *byte == b',').all(is_plain))
}

/// One request, from its bytes to its answer.
struct Call<'a> {
    app: &'a App,
    address: std::net::IpAddr,
    of_type: Option<String>,
}

impl Call<'_> {
    async fn answer(self, format: Option<Format>, body: &[u8]) -> (RequestRecord, Response) {
        let Some(format) = format else {
            let fault = "is neither JSON nor XML";
            let response = reply::malformed(StatusCode::BAD_REQUEST, fault, Format::Json);
            return (RequestRecord::nobody("unknown", ResponseCode::FormatError), response);
        };
        let request = match decode_request(body, format) {
            Ok(request) => request,
            Err(fault) => {
                let code = fault.response_code();
                let mut failure = BillAnswer::failure(code);
                failure.error_details = fault.field_faults().to_vec();
                let status = status(fault.http_status());
                return (
                    RequestRecord::nobody("unknown", code),
                    reply::answer(status, &failure, format),
                );
            }
        };
        let name = request.command.name();
        let turned_away = |refused: Throttled| {
            let seen = RequestRecord::nobody(name, ResponseCode::TryAgainLater);
            (seen, reply::retry_later(refused, format))
        };
        let begins = matches!(request.command, Command::Inquiry(_) | Command::Payment { .. });
        if begins && self.app.closed().is_some() {
            return turned_away(Throttled::Closed);
        }
        let is_payment = matches!(request.command, Command::Payment { .. });
        let _place = match is_payment {
            true => None,
            false => match self.app.admission.enter_without_paying() {
                Ok(place) => Some(place),
                Err(refused) => return turned_away(refused),
            },
        };
        let partner = match signature::admit(self.app, &request, self.address).await {
            Ok(partner) => partner,
            Err(Denied::With { code, hint }) => {
                let mut failure = BillAnswer::failure(code);
                failure.hint = hint.map(Cow::Owned);
                let response = reply::answer(StatusCode::OK, &failure, format);
                return (RequestRecord::nobody(name, code), response);
            }
            Err(Denied::Throttled(refused)) => return turned_away(refused),
        };
        let answered = self.carry_out(&partner, &request.command, format).await;
        let Answered { status, code, tr_id, body } = answered;
        let seen = RequestRecord { command: name, code, partner: Some(partner.id), tr_id };
        let mut response = respond(status, format.content_type(), body);
        if is_payment && self.app.loses_answer() {
            response.extensions_mut().insert(DropConnection);
        }
        (seen, response)
    }

    async fn carry_out(
        &self,
        partner: &Partner,
        command: &Command<'_>,
        format: Format,
    ) -> Answered {
        match command {
            Command::Inquiry(inquiry) => self.inquire(partner, inquiry, format).await,
            Command::Payment { tr_id, .. } => self.pay(partner, *tr_id, format).await,
            Command::Status { ref_id } => self.status(partner, ref_id, format).await,
            Command::PriceList { status, province } => {
                self.price_list(*status, province.as_deref(), format)
            }
        }
    }

    async fn inquire(&self, partner: &Partner, inquiry: &Inquiry<'_>, format: Format) -> Answered {
        let request = match answers::inquiry_request(partner.id, inquiry) {
            Ok(request) => request,
            Err(code) => {
                return Answered::with(&answers::refused_inquiry(inquiry, code), format);
            }
        };
        // In a box, so that a payment that waits does not have its size as well.
        match Box::pin(self.app.gateway.inquire(request)).await {
            Ok(transaction) => Answered::with(&answers::inquired(&transaction), format),
            Err(CommandError::Refused(no_bill)) => {
                Answered::with(&answers::no_bill(inquiry, &no_bill), format)
            }
            Err(CommandError::Store(error)) => Answered::broken(&error, format),
        }
    }

    async fn pay(&self, partner: &Partner, tr_id: i64, format: Format) -> Answered {
        match self.app.gateway.pay(partner.id, domain::TrId(tr_id)).await {
            Ok(paid) => {
                let family = paid.transaction.inquiry.sold.family;
                Answered::with(&answers::paid(&paid, Some(family)), format)
            }
            Err(CommandError::Refused(not_begun)) => {
                Answered::with(&answers::not_begun(tr_id, &not_begun), format)
            }
            Err(CommandError::Store(error)) => Answered::broken(&error, format),
        }
    }

    async fn status(&self, partner: &Partner, ref_id: &str, format: Format) -> Answered {
        let Ok(own_number) = domain::RefId::new(ref_id) else {
            let failure = BillAnswer::failure(ResponseCode::InvalidRefId);
            return Answered::with(&failure, format);
        };
        match Box::pin(self.app.gateway.status(partner.id, &own_number)).await {
            Ok(Some(transaction)) => Answered::with(&answers::status(&transaction), format),
            Ok(None) => Answered::with(&answers::unknown_ref(ref_id), format),
            Err(error) => Answered::broken(&error, format),
        }
    }

    fn price_list(&self, listing: Listing, province: Option<&str>, format: Format) -> Answered {
        let directory = self.app.gateway.reference_data();
        let of_type = self.of_type.as_deref();
        // Clients send `province` with every type; only pdam has provinces.
        let may_have_province = of_type.is_none_or(|of_type| of_type == "pdam");
        let wanted = |product: &&Arc<domain::Product>| {
            let listed = match listing {
                Listing::All => true,
                Listing::Active => product.active,
                Listing::NonActive => !product.active,
            };
            let province_fits = province.filter(|_| may_have_province).is_none_or(|wanted| {
                product.province.as_deref().is_some_and(|of| of.eq_ignore_ascii_case(wanted))
            });
            listed
                && province_fits
                && of_type.is_none_or(|wanted| product.family.price_list_type() == wanted)
        };
        let products: Vec<_> = directory
            .catalogue
            .values()
            .filter(wanted)
            .map(|product| answers::listed(product))
            .collect();
        let mut body = Vec::with_capacity(1024);
        encode_price_list(&products, format, &mut body);
        Answered { status: StatusCode::OK, code: ResponseCode::Success, tr_id: None, body }
    }
}

/// What a command is answered.
struct Answered {
    status: StatusCode,
    code: ResponseCode,
    tr_id: Option<i64>,
    body: Vec<u8>,
}

impl Answered {
    fn with(answer: &BillAnswer<'_>, format: Format) -> Answered {
        let malformed = answer.response_code == ResponseCode::FormatError;
        let status = if malformed { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        Answered::of(status, answer, format)
    }

    fn of(status: StatusCode, answer: &BillAnswer<'_>, format: Format) -> Answered {
        // An answer fits, so that it is written without a second allocation.
        let mut body = Vec::with_capacity(1024);
        encode_answer(answer, format, &mut body);
        Answered { status, code: answer.response_code, tr_id: answer.tr_id, body }
    }

    /// The database failed. A 5xx tells the client to treat the outcome as unknown, unless it is
    /// certain that nothing was done.
    fn broken(error: &StoreError, format: Format) -> Answered {
        tracing::error!(%error, "a request could not be carried out");
        if error.is_transient() {
            let answer = BillAnswer::failure(ResponseCode::TryAgainLater);
            return Answered::of(StatusCode::SERVICE_UNAVAILABLE, &answer, format);
        }
        Answered::of(StatusCode::INTERNAL_SERVER_ERROR, &answers::unknown(), format)
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST)
}
