//! Whoever reads the report and sends its forms.

use std::sync::Arc;

use ::portal::{Account, Ask, Credentials, report, sign_in};
use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use domain::{Partner, PartnerId};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::pages::{guest, sent, text};
use super::sign_in::{SESSION, keep, signed_in};
use super::visit::Visit;
use super::{App, reply};
use crate::session::Session;

/// A request by somebody at the sandbox's own machine, or by somebody who is signed in.
pub(super) struct Reader {
    visit: Visit,
    pub(super) partner: PartnerId,
    pub(super) username: String,
    who: Who,
    /// What its forms carry.
    token: SecretString,
}

enum Who {
    /// At the sandbox's machine, with the partner's key.
    Guest(SecretString),
    SignedIn(Session),
}

/// Somebody else is told where the report can be read.
impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Reader, Response> {
        let visit = match Visitor::of(Visit::from_request_parts(parts, app).await?)? {
            Visitor::Known(reader) => return Ok(reader),
            Visitor::Stranger(visit) => visit,
        };
        let by_browser =
            parts.method == Method::GET && text(&visit.headers, ACCEPT).contains("text/html");
        match by_browser && !app.config.sandbox.enabled {
            true => Err(reply::see_other(sign_in::PATH)),
            false => Err(visit.elsewhere()),
        }
    }
}

/// A partner's people ask more often than its rate allows.
pub(super) struct TooOften;

impl From<TooOften> for Response {
    fn from(_: TooOften) -> Response {
        reply::plain(StatusCode::TOO_MANY_REQUESTS)
    }
}

/// Whoever comes.
pub(super) enum Visitor {
    Known(Reader),
    Stranger(Visit),
}

impl Visitor {
    pub(super) fn of(visit: Visit) -> Result<Visitor, TooOften> {
        let app = Arc::clone(&visit.app);
        if let Some((username, key)) = guest(&app, visit.address, visit.host()) {
            if let Some(partner) = app.gateway.directory().partner(&username) {
                let (partner, token) = (Arc::clone(partner), app.form_token.clone());
                return Ok(Visitor::Known(Reader::new(visit, &partner, Who::Guest(key), token)));
            }
        } else if let Some((partner, session)) = signed_in(&app, visit.cookie(SESSION)) {
            let counted = app.admission.count(partner.id);
            counted.map_err(|_| TooOften)?;
            let (token, who) = (SecretString::from(session.token()), Who::SignedIn(session));
            return Ok(Visitor::Known(Reader::new(visit, &partner, who, token)));
        }
        Ok(Visitor::Stranger(visit))
    }
}

impl Visit {
    /// Where the report can be read.
    pub(super) fn elsewhere(&self) -> Response {
        sent(report::elsewhere(&self.ask(Account::Stranger)))
    }
}

/// A reader at the sandbox's machine, where it ends payments, makes money and moves the clock. Whoever is
/// signed in finds none of this.
pub(super) struct Guest(pub(super) Reader);

impl FromRequestParts<Arc<App>> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Guest, Response> {
        let reader = Reader::from_request_parts(parts, app).await?;
        Guest::of(reader).map_err(|reader| sent(::portal::not_found(&reader.ask())))
    }
}

impl Guest {
    /// A reader at the machine; any other one comes back.
    pub(super) fn of(reader: Reader) -> Result<Guest, Box<Reader>> {
        match reader.is_guest() {
            true => Ok(Guest(reader)),
            false => Err(Box::new(reader)),
        }
    }
}

impl Reader {
    fn new(visit: Visit, partner: &Partner, who: Who, token: SecretString) -> Reader {
        let username = partner.username.as_str().to_owned();
        Reader { visit, partner: partner.id, username, who, token }
    }

    pub(super) fn app(&self) -> &Arc<App> {
        &self.visit.app
    }

    /// What is asked for, by whom.
    pub(super) fn ask(&self) -> Ask<'_> {
        let username = &*self.username;
        match &self.who {
            Who::Guest(key) => {
                let credentials = Credentials { username, api_key: key.expose_secret() };
                Ask {
                    credentials: Some(credentials),
                    controls: Some(self.token()),
                    ..self.visit.ask(Account::NotAsked)
                }
            }
            Who::SignedIn(_) => self.visit.ask(Account::Partner { username, token: self.token() }),
        }
    }

    /// Whether a form was sent by a page of ours: the browser says so, and the form has the token,
    /// which no other site can read.
    pub(super) fn is_ours(&self, token: &str) -> bool {
        let same = bool::from(token.as_bytes().ct_eq(self.token().as_bytes()));
        self.visit.is_from_us() && same
    }

    /// Whether the browser says that a page of ours sends the request.
    pub(super) fn is_from_us(&self) -> bool {
        self.visit.is_from_us()
    }

    /// What its forms carry.
    pub(super) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Whether the reader is at the sandbox's machine.
    pub(super) fn is_guest(&self) -> bool {
        matches!(self.who, Who::Guest(_))
    }

    /// Prolongs the session of a reader that asked for a page. What a page asks for by itself keeps
    /// nobody signed in.
    pub(super) fn stay(&self, mut response: Response) -> Response {
        let Visit { app, .. } = &self.visit;
        if let Who::SignedIn(session) = &self.who
            && let Some(session) = session.renewed(app.config.portal.session, app.gateway.now())
        {
            keep(&mut response, SESSION, &session.seal(&app.vault));
        }
        response
    }
}
