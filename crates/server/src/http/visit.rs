//! A browser's request for a page.

use std::net::IpAddr;
use std::sync::Arc;

use ::portal::stage::Stage;
use ::portal::{Account, Ask};
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::pages::{host, origin, text};
use super::{App, Peer, Place, reply};

/// A request in its place among the others.
pub(super) struct Visit {
    pub(super) app: Arc<App>,
    pub(super) address: IpAddr,
    pub(super) headers: HeaderMap,
    uri: Uri,
    cookies: String,
    origin: String,
    /// What is made to happen in the sandbox.
    stage: Option<Stage>,
    _place: Place,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Visit, Response> {
        let Parts { uri, headers, extensions, .. } = parts;
        let Some(peer) = extensions.get::<Peer>().copied() else {
            return Err(reply::plain(StatusCode::INTERNAL_SERVER_ERROR));
        };
        let entered = app.enter(peer, headers);
        let (_place, address) =
            entered.map_err(|why| reply::come_back(why, reply::format_by_header(headers)))?;
        let (origin, cookies) = (origin(app, peer, host(uri, headers), headers), cookies(headers));
        let (app, uri, headers) = (app.clone(), uri.clone(), headers.clone());
        let stage = app.stage();
        Ok(Visit { app, address, headers, uri, cookies, origin, stage, _place })
    }
}

impl Visit {
    /// What is asked for, by whom.
    pub(super) fn ask<'a>(&'a self, account: Account<'a>) -> Ask<'a> {
        Ask {
            path: self.uri.path(),
            query: self.uri.query().unwrap_or_default(),
            cookie: &self.cookies,
            accept_language: text(&self.headers, ACCEPT_LANGUAGE),
            origin: &self.origin,
            sandbox: self.app.config.sandbox.enabled,
            catalogue: None,
            credentials: None,
            account,
            stage: self.stage.as_ref(),
            controls: None,
        }
    }

    /// The host that the browser was told.
    pub(super) fn host(&self) -> &str {
        host(&self.uri, &self.headers)
    }

    /// Whether it came through TLS.
    pub(super) fn is_private(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        cookie(&self.cookies, name)
    }

    /// Whether a page of ours sends the request. A browser that is told to name no referrer sends
    /// `Origin: null`, so its own word about the site comes first.
    pub(super) fn is_from_us(&self) -> bool {
        match text(&self.headers, HeaderName::from_static("sec-fetch-site")) {
            "" => text(&self.headers, ORIGIN) == self.origin,
            site => site == "same-origin",
        }
    }
}

/// All cookies of a request. By HTTP/2 a browser may send each in a header of its own.
pub(super) fn cookies(headers: &HeaderMap) -> String {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|cookie| cookie.to_str().ok());
    cookies.collect::<Vec<_>>().join("; ")
}

/// One of them.
pub(super) fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|pair| pair.0 == name).map(|pair| pair.1)
}
