//! Answers as HTTP responses, always in an envelope that a client of the API understands.

use std::time::Duration;

use axum::http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use iak_protocol::{BillAnswer, FieldFault, Format, ResponseCode, encode_answer};

use super::answers;
use crate::edge::admission::Throttled;
use crate::edge::reply::{respond, retry_after};

/// An answer about one bill.
pub(crate) fn answer(status: StatusCode, answer: &BillAnswer<'_>, format: Format) -> Response {
    let mut body = Vec::with_capacity(1024);
    encode_answer(answer, format, &mut body);
    respond(status, format.content_type(), body)
}

/// A failure that is known before the request is.
pub(crate) fn refuse(status: StatusCode, code: ResponseCode, format: Format) -> Response {
    answer(status, &BillAnswer::failure(code), format)
}

/// RC 107 for a body that cannot be taken as a request.
pub(crate) fn malformed(status: StatusCode, fault: &'static str, format: Format) -> Response {
    let mut failure = BillAnswer::failure(ResponseCode::FormatError);
    failure.error_details = vec![FieldFault::new("body", fault)];
    answer(status, &failure, format)
}

/// 415 for a body in an encoding, all of which are refused alike.
pub(crate) fn unsupported_encoding(format: Format) -> Response {
    let fault = "has a Content-Encoding, and none is taken; send it as it is";
    let mut response = malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault, format);
    response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

/// 429 or 503: nothing was recorded, and the same request may be sent again later.
pub(crate) fn retry_later(refused: Throttled, format: Format) -> Response {
    let (status, wait) = match refused {
        Throttled::TooOften(wait) => (StatusCode::TOO_MANY_REQUESTS, wait),
        Throttled::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(1)),
        Throttled::Closed => (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(30)),
    };
    let mut response = refuse(status, ResponseCode::TryAgainLater, format);
    retry_after(&mut response, wait);
    response
}

/// The format of an answer to a request whose body is not looked at.
pub(crate) fn format_by_header(headers: &HeaderMap) -> Format {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Format::detect(content_type, b"").unwrap_or(Format::Json)
}

/// RC 117 for a path that is none of ours.
pub(crate) fn page_not_found(headers: &HeaderMap) -> Response {
    refuse(StatusCode::NOT_FOUND, ResponseCode::PageNotFound, format_by_header(headers))
}

/// RC 117 for a path of ours that has no such method; the `Allow` header names those it has.
pub(crate) async fn method_not_allowed(headers: HeaderMap) -> Response {
    let format = format_by_header(&headers);
    refuse(StatusCode::METHOD_NOT_ALLOWED, ResponseCode::PageNotFound, format)
}

/// The answer to a command that is not finished when the server has to stop: its outcome is not known.
/// Other requests have none.
pub(crate) fn unfinished<B>(request: &Request<B>) -> Option<fn() -> Response> {
    let is_command = request.method() == Method::POST && request.uri().path().starts_with("/api/");
    is_command.then(|| match format_by_header(request.headers()) {
        Format::Json => (|| unknown(Format::Json)) as fn() -> Response,
        Format::Xml => || unknown(Format::Xml),
    })
}

/// The answer to a command whose outcome is not known.
pub(crate) fn unknown(format: Format) -> Response {
    answer(StatusCode::INTERNAL_SERVER_ERROR, &answers::unknown(), format)
}
