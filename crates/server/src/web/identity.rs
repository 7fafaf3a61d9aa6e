//! The authenticated user of /report: the local sandbox owner, or a signed-in partner.

use std::net::IpAddr;
use std::sync::Arc;

use ::portal::{Account, Credentials, PageContext, report, sign_in};
use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use domain::{Actor, Partner, PartnerId, Username};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::reply::{self, sent, set_cookie};
use super::request::{PageRequest, name, text};
use crate::admin;
use crate::app::App;
use crate::secrets::session::Session;

/// The session cookie. With the prefix `__Host-`, a browser accepts it only over TLS, for this host
/// and all its paths.
pub(crate) const SESSION: &str = "__Host-lunas";

/// A page request of the local sandbox owner or of a signed-in partner.
pub(crate) struct ReportUser {
    visit: PageRequest,
    pub(crate) partner: PartnerId,
    pub(crate) username: Username,
    who: Principal,
    /// The CSRF token of the user's forms.
    token: SecretString,
}

enum Principal {
    /// The owner of the sandbox on this machine, with the partner's key.
    SandboxOwner(SecretString),
    SignedIn(Session),
}

/// Others are told where they can read the report.
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

/// The people of a partner send more requests than its rate limit allows.
pub(crate) struct TooOften;

impl From<TooOften> for Response {
    fn from(_: TooOften) -> Response {
        reply::plain(StatusCode::TOO_MANY_REQUESTS)
    }
}

/// Any visitor.
pub(crate) enum Visitor {
    Known(ReportUser),
    Stranger(PageRequest),
}

impl Visitor {
    pub(crate) fn of(visit: PageRequest) -> Result<Visitor, TooOften> {
        let app = Arc::clone(&visit.app);
        if let Some((username, key)) = sandbox_owner(&app, visit.address, visit.host()) {
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
    /// Where this visitor can read the report.
    pub(crate) fn elsewhere(&self) -> Response {
        sent(report::elsewhere(&self.ask(Account::Stranger)))
    }
}

/// The local sandbox owner, who may resolve payments, add deposits and move the clock. A signed-in
/// partner cannot do these.
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
    /// The user as sandbox owner; a signed-in one is returned unchanged.
    pub(crate) fn of(reader: ReportUser) -> Result<SandboxOwner, Box<ReportUser>> {
        match reader.is_sandbox_owner() {
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
        let username = partner.username.clone();
        ReportUser { visit, partner: partner.id, username, who, token }
    }

    pub(crate) fn app(&self) -> &Arc<App> {
        &self.visit.app
    }

    /// The user as the actor of what it changes.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Partner(self.username.clone())
    }

    /// Carries out a request of this user.
    pub(crate) async fn execute(
        &self,
        request: admin::Request,
    ) -> Result<admin::Response, admin::Refused> {
        self.app().admin.execute(self.actor(), request).await
    }

    /// The page context for this user.
    pub(crate) fn ask(&self) -> PageContext<'_> {
        let username = self.username.as_str();
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

    /// Whether our own page sent the form: the browser says so, and the form has the CSRF token,
    /// which other sites cannot read.
    pub(crate) fn csrf_ok(&self, token: &str) -> bool {
        let same = bool::from(token.as_bytes().ct_eq(self.token().as_bytes()));
        self.visit.is_from_us() && same
    }

    /// Whether the browser says that our own page sent the request.
    pub(crate) fn is_from_us(&self) -> bool {
        self.visit.is_from_us()
    }

    /// The CSRF token of the user's forms.
    pub(crate) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Whether the user is the local sandbox owner.
    pub(crate) fn is_sandbox_owner(&self) -> bool {
        matches!(self.who, Principal::SandboxOwner(_))
    }

    /// Renews the session on page loads, not on background polling.
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

/// The sandbox's partner and its key, only for requests from this machine. The host name must be
/// local too: another site could point its own name to this machine.
pub(crate) fn sandbox_owner(
    app: &App,
    address: IpAddr,
    host: &str,
) -> Option<(String, SecretString)> {
    let here = matches!(name(host), "localhost" | "127.0.0.1" | "[::1]");
    if !(app.config.sandbox.enabled && address.is_loopback() && here) {
        return None;
    }
    let served = app.controls.as_ref()?.served.get()?;
    admin::credentials(&app.gateway, &app.vault, served.username.as_str())
}

/// The signed-in partner, if the cookie is valid and the books still accept its session.
pub(crate) fn signed_in(app: &App, cookie: Option<&str>) -> Option<(Arc<Partner>, Session)> {
    let lifetime = app.config.portal.session;
    let session = Session::open(&app.vault, cookie?, lifetime, app.gateway.now())?;
    let directory = app.gateway.reference_data();
    let partner = directory.numbered(session.partner).filter(|partner| session.is_of(partner))?;
    Some((Arc::clone(partner), session))
}
