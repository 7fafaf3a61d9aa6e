//! Pages and redirects as HTTP responses, and their cookies.

use ::portal::{Answer, SECURITY_HEADERS};
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, SET_COOKIE, VARY,
};
use axum::response::Response;

pub(crate) use crate::edge::reply::plain;

/// A page of the portal.
pub(crate) fn sent(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body.into_owned()));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(answer.cache));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    for (name, value) in SECURITY_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for cookie in answer.set_cookies {
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    response
}

/// Redirects after a form, so that reloading the page does not send it again.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = plain(StatusCode::SEE_OTHER);
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, path);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Sets a session cookie for our own pages; the browser keeps it until it is closed.
pub(crate) fn set_cookie(response: &mut Response, name: &str, value: &str) {
    push_cookie(response, format!("{name}={value}; {ATTRIBUTES}"));
}

/// Removes a cookie from the browser.
pub(crate) fn clear_cookie(response: &mut Response, name: &str) {
    push_cookie(response, format!("{name}=; {ATTRIBUTES}; Max-Age=0"));
}

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

fn push_cookie(response: &mut Response, cookie: String) {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
