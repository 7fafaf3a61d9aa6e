//! Forms sent by our own pages.
//!
//! A form is carried out only with the sender's CSRF token. If the server was restarted or the
//! session ended while the page was open, the token is old: the user sees the typed values and can
//! send them again with a button. A form from another site is refused and not shown again.

use std::sync::Arc;

use ::portal::{Account, expired, sign_in};
use axum::body::Body;
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::response::Response;
use iak_protocol::MAX_BODY;
use serde::de::DeserializeOwned;

use super::identity::{ReportUser, SandboxOwner, Visitor};
use super::reply::{self, sent};
use super::request::PageRequest;
use crate::app::App;
use crate::edge::body::{self, BodyError};
use crate::edge::reply::last;

/// The largest form, in bytes.
pub(crate) const MAX_BYTES: usize = 4 << 10;

/// The field with the CSRF token.
const TOKEN: &str = "token";

/// The sender of a form, and its fields without the token.
pub(crate) struct Posted<R, T>(pub(crate) R, pub(crate) T);

/// Who may send a form.
pub(crate) trait Sender: Send + Sized {
    /// The sender, if this user may send the form.
    fn admit(reader: ReportUser) -> Option<Self>;

    /// The user.
    fn reader(&self) -> &ReportUser;

    /// The answer to an unknown user whose browser says that our own page sent these fields.
    fn ended(visit: &PageRequest, path: &str, fields: &expired::Fields) -> Response;
}

impl Sender for ReportUser {
    fn admit(reader: ReportUser) -> Option<ReportUser> {
        Some(reader)
    }

    fn reader(&self) -> &ReportUser {
        self
    }

    fn ended(visit: &PageRequest, path: &str, fields: &expired::Fields) -> Response {
        match path {
            sign_in::OUT => reply::see_other(sign_in::PATH),
            _ => sent(expired::page(&visit.ask(Account::Stranger), fields, None)),
        }
    }
}

impl Sender for SandboxOwner {
    fn admit(reader: ReportUser) -> Option<SandboxOwner> {
        SandboxOwner::of(reader).ok()
    }

    fn reader(&self) -> &ReportUser {
        &self.0
    }

    /// The sandbox owner has no session that could end.
    fn ended(visit: &PageRequest, _path: &str, _fields: &expired::Fields) -> Response {
        visit.elsewhere()
    }
}

impl<R: Sender, T: DeserializeOwned> FromRequest<Arc<App>> for Posted<R, T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::of(PageRequest::from_request_parts(&mut parts, app).await?)?;
        let body = body::whole(body, MAX_BODY, app.config.server.body_deadline)
            .await
            .map_err(body_error)?;
        let (token, fields) = fields(&body);
        let path = parts.uri.path().to_owned();
        let sender = match visitor {
            Visitor::Known(reader) => {
                R::admit(reader).ok_or_else(|| reply::plain(StatusCode::FORBIDDEN))?
            }
            Visitor::Stranger(visit) if visit.is_from_us() => {
                return Err(R::ended(&visit, &path, &fields));
            }
            Visitor::Stranger(visit) => return Err(visit.elsewhere()),
        };
        let form = Request::from_parts(parts, Body::from(body));
        let form = form_of(form).await?;
        let reader = sender.reader();
        if reader.csrf_ok(&token) {
            Ok(Posted(sender, form))
        } else if reader.is_from_us() {
            Err(sent(expired::page(&reader.ask(), &fields, Some(reader.token()))))
        } else {
            Err(reply::plain(StatusCode::FORBIDDEN))
        }
    }
}

/// The fields of a form whose handler checks the token itself.
pub(crate) struct Typed<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Typed<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let body = body::whole(body, MAX_BYTES, app.config.server.body_deadline)
            .await
            .map_err(body_error)?;
        form_of(Request::from_parts(parts, Body::from(body))).await.map(Typed)
    }
}

/// Parses a form after its body was read.
async fn form_of<T: DeserializeOwned>(request: Request) -> Result<T, Response> {
    let form = Form::from_request(request, &()).await;
    form.map(|Form(form)| form).map_err(|_| reply::plain(StatusCode::BAD_REQUEST))
}

fn body_error(why: BodyError) -> Response {
    match why {
        BodyError::TooLarge => last(reply::plain(StatusCode::PAYLOAD_TOO_LARGE)),
        BodyError::TooLate => last(reply::plain(StatusCode::REQUEST_TIMEOUT)),
        BodyError::Broken => reply::plain(StatusCode::BAD_REQUEST),
    }
}

/// The token of a form, and its other fields.
fn fields(body: &[u8]) -> (String, Vec<(String, String)>) {
    let pairs = form_urlencoded::parse(body).into_owned();
    let (tokens, fields): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| name == TOKEN);
    let token = tokens.into_iter().next().map(|(_, token)| token);
    (token.unwrap_or_default(), fields)
}
