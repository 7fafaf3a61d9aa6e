//! Sign-in to the portal, and sign-out.
//!
//! A session is a cookie ([`Session`]). The sign-in form has its own cookie and repeats its value,
//! so that no other site can make a browser sign in. Both cookies are limited to this host and to
//! TLS.

mod attempt;

use std::time::Duration;

use ::portal::sign_in::{self as page, Refused};
use ::portal::{Account, report};
use axum::http::StatusCode;
use axum::response::Response;
use domain::command::{ChangePartner, PartnerChange};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use self::attempt::{Attempt, Denied};
use super::form::{Posted, Typed};
use super::identity::{ReportUser, SESSION, signed_in};
use super::reply::{self, clear_cookie, sent, set_cookie};
use super::request::{PageRequest, name};
use crate::app::App;
use crate::edge::reply::retry_after;
use crate::secrets::session::Session;
use crate::secrets::vault::Vault;

/// The cookie of the sign-in form.
const FORM: &str = "__Host-lunas-form";

/// The typed fields. They include a password, so there is no `Debug`.
#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    token: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

/// The fields of the sign-out form, besides the token.
#[derive(Deserialize)]
pub(crate) struct Out {}

pub(crate) async fn form(visit: PageRequest) -> Response {
    if !visit.is_safe() {
        return sent(page::insecure(&visit.ask(Account::Stranger)));
    }
    match signed_in(&visit.app, visit.cookie(SESSION)) {
        Some(_) => reply::see_other(report::PATH),
        None => visit.form("", None),
    }
}

pub(crate) async fn sign_in(visit: PageRequest, Typed(typed): Typed<Fields>) -> Response {
    if !visit.is_safe() {
        return sent(page::insecure(&visit.ask(Account::Stranger)));
    }
    if !visit.is_from_us() {
        return reply::plain(StatusCode::FORBIDDEN);
    }
    let Fields { token, username, password, code } = typed;
    let username = username.trim();
    let kept = visit.cookie(FORM).unwrap_or_default();
    if kept.is_empty() || !bool::from(kept.as_bytes().ct_eq(token.as_bytes())) {
        return visit.form(username, Some(Refused::NotKept));
    }
    let attempt = Attempt {
        address: visit.address,
        username: username.to_owned(),
        password: SecretString::from(password),
        code: SecretString::from(code),
    };
    match attempt.make(&visit.app).await {
        Ok(partner) => {
            let session = Session::begin(&partner, visit.app.gateway.now());
            let mut response = reply::see_other(report::PATH);
            set_cookie(&mut response, SESSION, &session.seal(&visit.app.vault));
            clear_cookie(&mut response, FORM);
            response
        }
        Err(denied) => visit.denied(username, denied),
    }
}

/// Ends all sessions of the partner. Sessions are stateless, so one can be revoked only by raising
/// the generation; this also revokes stolen cookies.
pub(crate) async fn sign_out(Posted(reader, Out {}): Posted<ReportUser, Out>) -> Response {
    if reader.is_sandbox_owner() {
        return reply::plain(StatusCode::FORBIDDEN);
    }
    let change = PartnerChange::EndSessions;
    let end = ChangePartner { partner: reader.partner, change };
    match reader.app().gateway.operate_as(reader.actor(), end).await {
        Ok(_) => {
            let mut response = reply::see_other(page::PATH);
            clear_cookie(&mut response, SESSION);
            response
        }
        Err(error) => {
            tracing::error!(%error, "a session was not ended");
            reply::plain(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

impl PageRequest {
    /// Whether a password may be typed here: the connection uses TLS or does not leave the machine.
    fn is_safe(&self) -> bool {
        self.is_private() || (self.address.is_loopback() && self.is_local())
    }

    fn is_local(&self) -> bool {
        matches!(name(self.host()), "localhost" | "127.0.0.1" | "[::1]")
    }

    /// The sign-in form; sets its cookie if there is none yet.
    fn form(&self, username: &str, refused: Option<Refused>) -> Response {
        let kept = self.cookie(FORM).filter(|kept| !kept.is_empty()).map(SecretString::from);
        let token = kept.unwrap_or_else(Vault::new_secret);
        let by_address = !self.is_private() && name(self.host()) != "localhost";
        let token = token.expose_secret();
        let form = page::Form { username, token, by_address, refused };
        let mut response = sent(page::form(&self.ask(Account::Stranger), &form));
        if self.cookie(FORM) != Some(token) {
            set_cookie(&mut response, FORM, token);
        }
        response
    }

    fn denied(&self, username: &str, denied: Denied) -> Response {
        let mut wait = None;
        let refused = match denied {
            Denied::Wrong => Refused::Wrong,
            Denied::Suspended => Refused::Suspended,
            Denied::Unavailable => Refused::Unavailable,
            Denied::Busy => {
                wait = Some(Duration::from_secs(1));
                Refused::Busy
            }
            Denied::TooMany(until) => {
                wait = Some(until);
                let minutes = until.as_secs().div_euclid(60) + 1;
                let until = self.app.gateway.now().after(until + Duration::from_secs(1));
                Refused::TooMany { until: until.readable(), minutes }
            }
        };
        let mut response = self.form(username, Some(refused));
        if let Some(wait) = wait {
            retry_after(&mut response, wait);
        }
        response
    }
}
