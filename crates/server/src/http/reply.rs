//! Answers as HTTP responses, always in an envelope that a client of the API understands.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
    RETRY_AFTER,
};
use axum::response::Response;
use protocol::{BillAnswer, FieldFault, Format, ResponseCode, encode_answer};

use super::admission::Refused;

/// A response with a body of this type.
pub(super) fn respond(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A status of its own words, for browsers that send what no page of ours sends.
pub(super) fn plain(status: StatusCode) -> Response {
    respond(status, "text/plain; charset=utf-8", status.to_string().into_bytes())
}

/// After a form the browser asks for a page, so that to load it again sends nothing again.
pub(super) fn see_other(path: &str) -> Response {
    let mut response = plain(StatusCode::SEE_OTHER);
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, path);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer about one bill.
pub(super) fn answer(status: StatusCode, answer: &BillAnswer<'_>, format: Format) -> Response {
    let mut body = Vec::with_capacity(1024);
    encode_answer(answer, format, &mut body);
    respond(status, format.content_type(), body)
}

/// A failure that is known before the request is.
pub(super) fn refuse(status: StatusCode, code: ResponseCode, format: Format) -> Response {
    answer(status, &BillAnswer::failure(code), format)
}

/// RC 107 for a body that cannot be taken as a request.
pub(super) fn malformed(status: StatusCode, fault: &'static str, format: Format) -> Response {
    let mut failure = BillAnswer::failure(ResponseCode::FormatError);
    failure.error_details = vec![FieldFault::new("body", fault)];
    answer(status, &failure, format)
}

/// 415 for a body in an encoding, all of which are refused alike.
pub(super) fn unsupported_encoding(format: Format) -> Response {
    let fault = "has a Content-Encoding, and none is taken; send it as it is";
    let mut response = malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault, format);
    response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

/// An answer to a request whose body is not read to its end, so that none can follow on its connection.
pub(super) fn last(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// 429 or 503: nothing was recorded, and the same request may be sent again later.
pub(super) fn come_back(refused: Refused, format: Format) -> Response {
    let (status, wait) = match refused {
        Refused::TooOften(wait) => (StatusCode::TOO_MANY_REQUESTS, wait),
        Refused::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(1)),
        Refused::Closed => (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(30)),
    };
    let mut response = refuse(status, ResponseCode::TryAgainLater, format);
    retry_after(&mut response, wait);
    response
}

/// Says from when on the same may be sent again.
pub(super) fn retry_after(response: &mut Response, wait: Duration) {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
}

/// The format of an answer to a request whose body is not looked at.
pub(super) fn format_by_header(headers: &HeaderMap) -> Format {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Format::detect(content_type, b"").unwrap_or(Format::Json)
}

/// RC 117 for a path that is none of ours.
pub(super) fn page_not_found(headers: &HeaderMap) -> Response {
    refuse(StatusCode::NOT_FOUND, ResponseCode::PageNotFound, format_by_header(headers))
}

/// RC 117 for a path of ours that has no such method; the `Allow` header names those it has.
pub(super) async fn method_not_allowed(headers: HeaderMap) -> Response {
    let format = format_by_header(&headers);
    refuse(StatusCode::METHOD_NOT_ALLOWED, ResponseCode::PageNotFound, format)
}
