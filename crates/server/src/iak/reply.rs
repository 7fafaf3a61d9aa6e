//! Answers as HTTP responses, always in a form that an API client understands.

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

/// A refusal before the request is known.
pub(crate) fn refuse(status: StatusCode, code: ResponseCode, format: Format) -> Response {
    answer(status, &BillAnswer::failure(code), format)
}

/// RC 107: the body is not a valid request.
pub(crate) fn malformed(status: StatusCode, fault: &'static str, format: Format) -> Response {
    let mut failure = BillAnswer::failure(ResponseCode::FormatError);
    failure.error_details = vec![FieldFault::new("body", fault)];
    answer(status, &failure, format)
}

/// 415: the body has a Content-Encoding; none is accepted.
pub(crate) fn unsupported_encoding(format: Format) -> Response {
    let fault = "has a Content-Encoding, and none is taken; send it as it is";
    let mut response = malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault, format);
    response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

/// 429 or 503: nothing was recorded, and the same request may be sent again later.
pub(crate) fn retry_later(refused: Throttled, format: Format) -> Response {
    let (status, wait) = refused.answer();
    let mut response = refuse(status, ResponseCode::TryAgainLater, format);
    retry_after(&mut response, wait);
    response
}

/// The answer's format if the body is not read.
pub(crate) fn format_by_header(headers: &HeaderMap) -> Format {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Format::detect(content_type, b"").unwrap_or(Format::Json)
}

/// RC 117: no such path.
pub(crate) fn page_not_found(headers: &HeaderMap) -> Response {
    refuse(StatusCode::NOT_FOUND, ResponseCode::PageNotFound, format_by_header(headers))
}

/// RC 117: the path does not have this method; the `Allow` header lists its methods.
pub(crate) async fn method_not_allowed(headers: HeaderMap) -> Response {
    let format = format_by_header(&headers);
    refuse(StatusCode::METHOD_NOT_ALLOWED, ResponseCode::PageNotFound, format)
}

/// The answer to a command that is not finished when the server must stop: its outcome is unknown.
/// Other requests get no answer.
pub(crate) fn unfinished<B>(request: &Request<B>) -> Option<fn() -> Response> {
    command_format(request).map(|format| match format {
        Format::Json => (|| unknown(Format::Json)) as fn() -> Response,
        Format::Xml => || unknown(Format::Xml),
    })
}

/// The format of the answer, if the request is a command.
pub(crate) fn command_format<B>(request: &Request<B>) -> Option<Format> {
    let is_command = request.method() == Method::POST && request.uri().path().starts_with("/api/");
    is_command.then(|| format_by_header(request.headers()))
}

/// The answer to a command whose outcome is unknown.
pub(crate) fn unknown(format: Format) -> Response {
    answer(StatusCode::INTERNAL_SERVER_ERROR, &answers::unknown(), format)
}
