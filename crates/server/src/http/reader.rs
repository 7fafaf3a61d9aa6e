//! Whoever reads the report and sends its forms.

use std::sync::Arc;

use ::portal::{Ask, Credentials, report};
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::PartnerId;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::pages::{guest, host, origin, sent, text};
use super::{App, Peer, Place, reply};

/// A request by somebody at the sandbox's own machine, in its place among the others.
pub(super) struct Reader {
    pub(super) app: Arc<App>,
    pub(super) username: String,
    pub(super) partner: PartnerId,
    key: SecretString,
    uri: Uri,
    headers: HeaderMap,
    origin: String,
    _place: Place,
}

/// Somebody else is told where the report can be read.
impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Reader, Response> {
        let Parts { uri, headers, extensions, .. } = parts;
        let Some(peer) = extensions.get::<Peer>().copied() else {
            return Err(reply::plain(StatusCode::INTERNAL_SERVER_ERROR));
        };
        let entered = app.enter(peer, headers);
        let (place, address) =
            entered.map_err(|why| reply::come_back(why, reply::format_by_header(headers)))?;
        let host = host(uri, headers);
        let origin = origin(app, peer, host, headers);
        let known = guest(app, address, host).and_then(|(username, key)| {
            let partner = app.gateway.directory().partner(&username)?.id;
            Some((username, key, partner))
        });
        let Some((username, key, partner)) = known else {
            return Err(sent(report::elsewhere(&ask(uri, headers, &origin))));
        };
        let (app, uri, headers) = (app.clone(), uri.clone(), headers.clone());
        Ok(Reader { app, username, partner, key, uri, headers, origin, _place: place })
    }
}

impl Reader {
    /// What is asked for, by whom.
    pub(super) fn ask(&self) -> Ask<'_> {
        let credentials =
            Credentials { username: &self.username, api_key: self.key.expose_secret() };
        Ask { credentials: Some(credentials), ..ask(&self.uri, &self.headers, &self.origin) }
    }

    /// Whether a form was sent by a page of ours: the browser says so, and the form has the token,
    /// which no other site can read. A browser that is told to name no referrer sends `Origin: null`,
    /// so its own word about the site comes first.
    pub(super) fn is_ours(&self, token: &str) -> bool {
        let same = match text(&self.headers, HeaderName::from_static("sec-fetch-site")) {
            "" => text(&self.headers, ORIGIN) == self.origin,
            site => site == "same-origin",
        };
        same && bool::from(token.as_bytes().ct_eq(self.token().as_bytes()))
    }

    /// What its forms carry.
    pub(super) fn token(&self) -> &str {
        self.app.form_token.expose_secret()
    }
}

fn ask<'a>(uri: &'a Uri, headers: &'a HeaderMap, origin: &'a str) -> Ask<'a> {
    Ask {
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        cookie: text(headers, COOKIE),
        accept_language: text(headers, ACCEPT_LANGUAGE),
        origin,
        sandbox: true,
        credentials: None,
    }
}
