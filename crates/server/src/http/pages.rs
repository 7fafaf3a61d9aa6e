//! The developer portal's pages, and what is answered for every path that has no route.

use std::net::IpAddr;
use std::sync::Arc;

use ::portal::{Account, Answer, Ask, Credentials, SECURITY_HEADERS};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, SET_COOKIE, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};

use super::sign_in::{SESSION, signed_in};
use super::visit::{cookie, cookies};
use super::{App, Peer, reply};
use crate::admin;

/// A page where there is one. Elsewhere a reader is shown the way, and a client of the API gets RC 117.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let reads = method == Method::GET || method == Method::HEAD;
    if !app.config.portal.enabled || !reads || uri.path().starts_with("/api/") {
        return reply::page_not_found(&headers);
    }
    let (_place, address) = match app.enter(peer, &headers) {
        Ok(entered) => entered,
        Err(refused) => return reply::come_back(refused, reply::format_by_header(&headers)),
    };
    let host = host(&uri, &headers);
    let guest = guest(&app, address, host);
    let cookies = cookies(&headers);
    let signed = signed_in(&app, cookie(&cookies, SESSION));
    let signed = signed.map(|(partner, session)| (partner, session.token()));
    let stage = app.stage();
    let directory = app.gateway.directory();
    let ask = Ask {
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        cookie: &cookies,
        accept_language: text(&headers, ACCEPT_LANGUAGE),
        origin: &origin(&app, peer, host, &headers),
        sandbox: app.config.sandbox.enabled,
        catalogue: Some(&directory.catalogue),
        credentials: guest
            .as_ref()
            .map(|(username, key)| Credentials { username, api_key: key.expose_secret() }),
        account: match &signed {
            _ if guest.is_some() => Account::NotAsked,
            Some((partner, token)) => {
                Account::Partner { username: partner.username.as_str(), token }
            }
            None => Account::Stranger,
        },
        stage: stage.as_ref(),
        controls: guest.is_some().then(|| app.form_token.expose_secret()),
    };
    match ::portal::answer(&ask) {
        Some(answer) => sent(answer),
        None if text(&headers, ACCEPT).contains("text/html") => sent(::portal::not_found(&ask)),
        None => reply::page_not_found(&headers),
    }
}

/// The icon, for whatever a browser shows of ours.
pub(super) async fn icon() -> Response {
    sent(::portal::icon())
}

pub(super) fn sent(answer: Answer) -> Response {
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
    for cookie in answer.remember {
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    response
}

/// The sandbox's partner and its key, for readers at this machine alone. A name that is not this
/// machine's own is refused as well: a stranger's page can make its name lead here.
pub(super) fn guest(app: &App, address: IpAddr, host: &str) -> Option<(String, SecretString)> {
    let here = matches!(name(host), "localhost" | "127.0.0.1" | "[::1]");
    if !(app.config.sandbox.enabled && address.is_loopback() && here) {
        return None;
    }
    let served = app.controls.as_ref()?.served.get()?;
    admin::credentials(&app.gateway, &app.vault, served.username.as_str())
}

/// A host without its port.
pub(super) fn name(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, port)| {
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        if is_port { name } else { host }
    })
}

/// Where the reader reached the server. What is no host is not repeated.
pub(super) fn origin(app: &App, Peer(peer): Peer, host: &str, headers: &HeaderMap) -> String {
    let forwarded = app.config.server.trusts(peer.to_canonical())
        && text(headers, HeaderName::from_static("x-forwarded-proto")) == "https";
    let scheme = if forwarded || app.config.server.tls.is_some() { "https" } else { "http" };
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if !host.is_empty() && host.bytes().all(is_host) {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{}", app.config.server.listen)
    }
}

/// HTTP/2 has the host in the target.
pub(super) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let in_target = uri.authority().map(|authority| authority.as_str());
    in_target.or_else(|| headers.get(HOST)?.to_str().ok()).unwrap_or_default()
}

pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
