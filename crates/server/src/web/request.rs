//! A browser's request for a page.

use std::net::IpAddr;
use std::sync::Arc;

use ::portal::sandbox_controls::SandboxState;
use ::portal::{Account, PageContext};
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::reply;
use crate::app::{App, Place};
use crate::edge::client_address::Peer;
use crate::iak::reply::{format_by_header, retry_later};

/// A request with its permit.
pub(crate) struct PageRequest {
    pub(crate) app: Arc<App>,
    pub(crate) address: IpAddr,
    pub(crate) headers: HeaderMap,
    uri: Uri,
    cookies: String,
    origin: String,
    /// The state of the sandbox's controls.
    sandbox_state: Option<SandboxState>,
    _place: Place,
}

impl FromRequestParts<Arc<App>> for PageRequest {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<PageRequest, Response> {
        let Parts { uri, headers, extensions, .. } = parts;
        let Some(peer) = extensions.get::<Peer>().copied() else {
            return Err(reply::plain(StatusCode::INTERNAL_SERVER_ERROR));
        };
        let entered = app.enter(peer, headers);
        let (_place, address) =
            entered.map_err(|why| retry_later(why, format_by_header(headers)))?;
        let (origin, cookies) = (origin(app, peer, host(uri, headers), headers), cookies(headers));
        let (app, uri, headers) = (app.clone(), uri.clone(), headers.clone());
        let sandbox_state = app.sandbox_state();
        Ok(PageRequest { app, address, headers, uri, cookies, origin, sandbox_state, _place })
    }
}

impl PageRequest {
    /// The page context for this account.
    pub(crate) fn ask<'a>(&'a self, account: Account<'a>) -> PageContext<'a> {
        PageContext {
            path: self.uri.path(),
            query: self.uri.query().unwrap_or_default(),
            cookie: &self.cookies,
            accept_language: text(&self.headers, ACCEPT_LANGUAGE),
            origin: &self.origin,
            sandbox: self.app.config.sandbox.enabled,
            catalogue: None,
            credentials: None,
            account,
            sandbox_state: self.sandbox_state.as_ref(),
            controls: None,
        }
    }

    /// The host in the request.
    pub(crate) fn host(&self) -> &str {
        host(&self.uri, &self.headers)
    }

    /// Whether the request came over TLS.
    pub(crate) fn is_private(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        cookie(&self.cookies, name)
    }

    /// Whether our own page sent the request. With the referrer policy `no-referrer` a browser
    /// sends `Origin: null`, so `Sec-Fetch-Site` is checked first.
    pub(crate) fn is_from_us(&self) -> bool {
        match text(&self.headers, HeaderName::from_static("sec-fetch-site")) {
            "" => text(&self.headers, ORIGIN) == self.origin,
            site => site == "same-origin",
        }
    }
}

/// All cookies of a request. With HTTP/2 a browser may send each in its own header.
pub(crate) fn cookies(headers: &HeaderMap) -> String {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|cookie| cookie.to_str().ok());
    cookies.collect::<Vec<_>>().join("; ")
}

/// The value of one cookie.
pub(crate) fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|pair| pair.0 == name).map(|pair| pair.1)
}

/// The host without its port.
pub(crate) fn name(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, port)| {
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        if is_port { name } else { host }
    })
}

/// The origin under which the user reached the server. A malformed host is not repeated.
pub(crate) fn origin(app: &App, Peer(peer): Peer, host: &str, headers: &HeaderMap) -> String {
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

/// HTTP/2 has the host in the request target.
pub(crate) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let in_target = uri.authority().map(|authority| authority.as_str());
    in_target.or_else(|| headers.get(HOST)?.to_str().ok()).unwrap_or_default()
}

pub(crate) fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
