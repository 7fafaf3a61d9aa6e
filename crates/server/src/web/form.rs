//! A form that a page of ours sends.
//!
//! What it asks for is carried out only if it has the token of whoever sends it. A page that was open
//! while the server was restarted, or a session ended, has an old one: its reader is shown what was typed
//! and sends it again by a button. Whatever another site sends is refused and not repeated.

use std::sync::Arc;

use ::portal::{Account, expired, sign_in};
use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::identity::{Guest, Reader, Visitor};
use super::reply::{self, sent};
use super::request::Visit;
use crate::app::App;

/// How large a form may be.
pub(crate) const MAX_BYTES: usize = 4 << 10;

/// The field that says that a page of ours sends a form.
const TOKEN: &str = "token";

/// Who sends a form, and what is in it beside its token.
pub(crate) struct Posted<R, T>(pub(crate) R, pub(crate) T);

/// Who may send a form.
pub(crate) trait Sender: Send + Sized {
    /// The reader, if it is one of them.
    fn admit(reader: Reader) -> Option<Self>;

    /// Who it is.
    fn reader(&self) -> &Reader;

    /// What a stranger is told whose browser says that a page of ours sent these fields.
    fn ended(visit: &Visit, path: &str, fields: &expired::Fields) -> Response;
}

impl Sender for Reader {
    fn admit(reader: Reader) -> Option<Reader> {
        Some(reader)
    }

    fn reader(&self) -> &Reader {
        self
    }

    fn ended(visit: &Visit, path: &str, fields: &expired::Fields) -> Response {
        match path {
            sign_in::OUT => reply::see_other(sign_in::PATH),
            _ => sent(expired::page(&visit.ask(Account::Stranger), fields, None)),
        }
    }
}

impl Sender for Guest {
    fn admit(reader: Reader) -> Option<Guest> {
        Guest::of(reader).ok()
    }

    fn reader(&self) -> &Reader {
        &self.0
    }

    /// A guest has no session that ends.
    fn ended(visit: &Visit, _path: &str, _fields: &expired::Fields) -> Response {
        visit.elsewhere()
    }
}

impl<R: Sender, T: DeserializeOwned> FromRequest<Arc<App>> for Posted<R, T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::of(Visit::from_request_parts(&mut parts, app).await?)?;
        let body = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(body, app).await.map_err(|_| unreadable())?;
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
        let Form(form) = Form::from_request(form, app).await.map_err(|_| unreadable())?;
        let reader = sender.reader();
        if reader.is_ours(&token) {
            Ok(Posted(sender, form))
        } else if reader.is_from_us() {
            Err(sent(expired::page(&reader.ask(), &fields, Some(reader.token()))))
        } else {
            Err(reply::plain(StatusCode::FORBIDDEN))
        }
    }
}

fn unreadable() -> Response {
    reply::plain(StatusCode::BAD_REQUEST)
}

/// The token of a form, and its other fields.
fn fields(body: &[u8]) -> (String, Vec<(String, String)>) {
    let pairs = form_urlencoded::parse(body).into_owned();
    let (tokens, fields): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| name == TOKEN);
    let token = tokens.into_iter().next().map(|(_, token)| token);
    (token.unwrap_or_default(), fields)
}
