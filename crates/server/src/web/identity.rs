//! Whoever reads the report and sends its forms.

use std::net::IpAddr;
use std::sync::Arc;

use ::portal::{Account, Credentials, PageContext, report, sign_in};
use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use domain::{Partner, PartnerId};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::reply::{self, sent, set_cookie};
use super::request::{PageRequest, name, text};
use crate::admin;
use crate::app::App;
use crate::secrets::session::Session;

/// The cookie of a session. A browser takes a name that begins so only by TLS, for this host alone and
/// all of its paths.
pub(crate) const SESSION: &str = "__Host-lunas";

/// A request by somebody at the sandbox's own machine, or by somebody who is signed in.
pub(crate) struct ReportUser {
    visit: PageRequest,
    pub(crate) partner: PartnerId,
    pub(crate) username: String,
    who: Principal,
    /// What its forms carry.
    token: SecretString,
}

enum Principal {
    /// At the sandbox's machine, with the partner's key.
    SandboxOwner(SecretString),
    SignedIn(Session),
}

/// Somebody else is told where the report can be read.
impl FromRequestParts<Arc<App>> for ReportUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<ReportUser, Response> {
        let visit = match Visitor::of(PageRequest::from_request_parts(parts, app).await?)? {
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
pub(crate) struct TooOften;

impl From<TooOften> for Response {
    fn from(_: TooOften) -> Response {
        reply::plain(StatusCode::TOO_MANY_REQUESTS)
    }
}

/// Whoever comes.
pub(crate) enum Visitor {
    Known(ReportUser),
    Stranger(PageRequest),
}

impl Visitor {
    pub(crate) fn of(visit: PageRequest) -> Result<Visitor, TooOften> {
        let app = Arc::clone(&visit.app);
        if let Some((username, key)) = guest(&app, visit.address, visit.host()) {
            if let Some(partner) = app.gateway.reference_data().partner(&username) {
                let (partner, token) = (Arc::clone(partner), app.form_token.clone());
                return Ok(Visitor::Known(ReportUser::new(
                    visit,
                    &partner,
                    Principal::SandboxOwner(key),
                    token,
                )));
            }
        } else if let Some((partner, session)) = signed_in(&app, visit.cookie(SESSION)) {
            let counted = app.admission.count(partner.id);
            counted.map_err(|_| TooOften)?;
            let (token, who) = (SecretString::from(session.token()), Principal::SignedIn(session));
            return Ok(Visitor::Known(ReportUser::new(visit, &partner, who, token)));
        }
        Ok(Visitor::Stranger(visit))
    }
}

impl PageRequest {
    /// Where the report can be read.
    pub(crate) fn elsewhere(&self) -> Response {
        sent(report::elsewhere(&self.ask(Account::Stranger)))
    }
}

/// A reader at the sandbox's machine, where it ends payments, makes money and moves the clock. Whoever is
/// signed in finds none of this.
pub(crate) struct SandboxOwner(pub(crate) ReportUser);

impl FromRequestParts<Arc<App>> for SandboxOwner {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<SandboxOwner, Response> {
        let reader = ReportUser::from_request_parts(parts, app).await?;
        SandboxOwner::of(reader).map_err(|reader| sent(::portal::not_found(&reader.ask())))
    }
}

impl SandboxOwner {
    /// A reader at the machine; any other one comes back.
    pub(crate) fn of(reader: ReportUser) -> Result<SandboxOwner, Box<ReportUser>> {
        match reader.is_guest() {
            true => Ok(SandboxOwner(reader)),
            false => Err(Box::new(reader)),
        }
    }
}

impl ReportUser {
    fn new(
        visit: PageRequest,
        partner: &Partner,
        who: Principal,
        token: SecretString,
    ) -> ReportUser {
        let username = partner.username.as_str().to_owned();
        ReportUser { visit, partner: partner.id, username, who, token }
    }

    pub(crate) fn app(&self) -> &Arc<App> {
        &self.visit.app
    }

    /// What is asked for, by whom.
    pub(crate) fn ask(&self) -> PageContext<'_> {
        let username = &*self.username;
        match &self.who {
            Principal::SandboxOwner(key) => {
                let credentials = Credentials { username, api_key: key.expose_secret() };
                PageContext {
                    credentials: Some(credentials),
                    controls: Some(self.token()),
                    ..self.visit.ask(Account::NoSignIn)
                }
            }
            Principal::SignedIn(_) => {
                self.visit.ask(Account::Partner { username, token: self.token() })
            }
        }
    }

    /// Whether a form was sent by a page of ours: the browser says so, and the form has the token,
    /// which no other site can read.
    pub(crate) fn csrf_ok(&self, token: &str) -> bool {
        let same = bool::from(token.as_bytes().ct_eq(self.token().as_bytes()));
        self.visit.is_from_us() && same
    }

    /// Whether the browser says that a page of ours sends the request.
    pub(crate) fn is_from_us(&self) -> bool {
        self.visit.is_from_us()
    }

    /// What its forms carry.
    pub(crate) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Whether the reader is at the sandbox's machine.
    pub(crate) fn is_guest(&self) -> bool {
        matches!(self.who, Principal::SandboxOwner(_))
    }

    /// Prolongs the session of a reader that asked for a page. What a page asks for by itself keeps
    /// nobody signed in.
    pub(crate) fn renew_session(&self, mut response: Response) -> Response {
        let PageRequest { app, .. } = &self.visit;
        if let Principal::SignedIn(session) = &self.who
            && let Some(session) = session.renewed(app.config.portal.session, app.gateway.now())
        {
            set_cookie(&mut response, SESSION, &session.seal(&app.vault));
        }
        response
    }
}

/// The sandbox's partner and its key, for readers at this machine alone. A name that is not this
/// machine's own is refused as well: a stranger's page can make its name lead here.
pub(crate) fn guest(app: &App, address: IpAddr, host: &str) -> Option<(String, SecretString)> {
    let here = matches!(name(host), "localhost" | "127.0.0.1" | "[::1]");
    if !(app.config.sandbox.enabled && address.is_loopback() && here) {
        return None;
    }
    let served = app.controls.as_ref()?.served.get()?;
    admin::credentials(&app.gateway, &app.vault, served.username.as_str())
}

/// Who is signed in, as the cookie says and the books still do.
pub(crate) fn signed_in(app: &App, cookie: Option<&str>) -> Option<(Arc<Partner>, Session)> {
    let lifetime = app.config.portal.session;
    let session = Session::open(&app.vault, cookie?, lifetime, app.gateway.now())?;
    let directory = app.gateway.reference_data();
    let partner = directory.numbered(session.partner).filter(|partner| session.is_of(partner))?;
    Some((Arc::clone(partner), session))
}
