//! The developer portal's pages, and the answer for every path without a route.

use std::sync::Arc;

use ::portal::{Account, Credentials, PageContext};
use axum::Extension;
use axum::extract::State;
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use secrecy::ExposeSecret;

use super::identity::{SESSION, sandbox_owner, signed_in};
use super::reply::sent;
use super::request::{cookie, cookies, host, origin, text};
use crate::app::App;
use crate::edge::client_address::Peer;
use crate::iak::reply::{format_by_header, page_not_found, retry_later};

/// The page at this path. If there is none: a "not found" page for browsers, RC 117 for API
/// clients.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let reads = method == Method::GET || method == Method::HEAD;
    if !app.config.portal.enabled || !reads || uri.path().starts_with("/api/") {
        return page_not_found(&headers);
    }
    let (_place, address) = match app.enter(peer, &headers) {
        Ok(entered) => entered,
        Err(refused) => return retry_later(refused, format_by_header(&headers)),
    };
    let host = host(&uri, &headers);
    let sandbox_owner = sandbox_owner(&app, address, host);
    let cookies = cookies(&headers);
    let signed = signed_in(&app, cookie(&cookies, SESSION));
    let signed = signed.map(|(partner, session)| (partner, session.token()));
    let sandbox_state = app.sandbox_state();
    let directory = app.gateway.reference_data();
    let ask = PageContext {
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        cookie: &cookies,
        accept_language: text(&headers, ACCEPT_LANGUAGE),
        origin: &origin(&app, peer, host, &headers),
        sandbox: app.config.sandbox.enabled,
        catalogue: Some(&directory.catalogue),
        credentials: sandbox_owner
            .as_ref()
            .map(|(username, key)| Credentials { username, api_key: key.expose_secret() }),
        account: match &signed {
            _ if sandbox_owner.is_some() => Account::NoSignIn,
            Some((partner, token)) => {
                Account::Partner { username: partner.username.as_str(), token }
            }
            None => Account::Stranger,
        },
        sandbox_state: sandbox_state.as_ref(),
        controls: sandbox_owner.is_some().then(|| app.form_token.expose_secret()),
    };
    match ::portal::answer(&ask) {
        Some(answer) => sent(answer),
        None if text(&headers, ACCEPT).contains("text/html") => sent(::portal::not_found(&ask)),
        None => page_not_found(&headers),
    }
}

/// The icon for browsers.
pub(crate) async fn icon() -> Response {
    sent(::portal::icon())
}
