//! The page with a partner's callbacks.

use ::portal::callbacks::{self, CallbackRow, Callbacks};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::answered;
use crate::admin::Response as Done;
use crate::admin::{Request, response};
use crate::web::form::Posted;
use crate::web::identity::ReportUser;
use crate::web::reply::{self, sent};

/// How many callbacks are shown.
const SHOWN: u32 = 50;

#[derive(Deserialize)]
pub(crate) struct Address {
    url: String,
}

#[derive(Deserialize)]
pub(crate) struct Again {
    tr_id: String,
}

pub(crate) async fn page(reader: ReportUser) -> Response {
    let callbacks = reader.callbacks().await;
    reader.renew_session(sent(callbacks::page(&reader.ask(), &callbacks, reader.callback_token())))
}

pub(crate) async fn set(Posted(reader, form): Posted<ReportUser, Address>) -> Response {
    let Address { url } = form;
    let username = reader.username.to_string();
    let wanted = Some(url.clone()).filter(|url| !url.trim().is_empty());
    let request = Request::SetCallback { username, url: wanted };
    reader.change(request, Some(url)).await
}

/// Sends one of the user's own callbacks again.
pub(crate) async fn again(Posted(reader, form): Posted<ReportUser, Again>) -> Response {
    match reader.transaction(&form.tr_id).await {
        Ok(Some(own)) => {
            let tr_id = own.inquiry.tr_id.0;
            reader.change(Request::SendCallback { tr_id }, None).await
        }
        Ok(None) => sent(::portal::not_found(&reader.ask())),
        Err(error) => answered(Err(error)),
    }
}

impl ReportUser {
    async fn callbacks(&self) -> Callbacks {
        let partner = Some(self.username.to_string());
        let list = Request::ListCallbacks { partner, state: None, limit: SHOWN };
        let rows = match self.execute(list).await {
            Ok(Done::Callbacks(rows)) => rows.into_iter().map(shown).collect(),
            _ => Vec::new(),
        };
        let directory = self.app().gateway.reference_data();
        let url =
            directory.partner(self.username.as_str()).and_then(|partner| partner.callback.as_ref());
        let url = url.map_or_else(String::new, |url| url.as_str().to_owned());
        Callbacks { url, refused: None, rows }
    }

    /// The token of the forms. A sandbox may also call private networks, so only its own machine
    /// may set the address.
    fn callback_token(&self) -> Option<&str> {
        let is_sandbox = self.app().config.sandbox.enabled;
        (self.is_sandbox_owner() || !is_sandbox).then(|| self.token())
    }

    /// Makes a change and shows the page again; if it was refused, with the typed value.
    async fn change(&self, request: Request, typed: Option<String>) -> Response {
        if self.callback_token().is_none() {
            return reply::plain(StatusCode::FORBIDDEN);
        }
        let Err(why) = self.execute(request).await else {
            return reply::see_other(callbacks::PATH);
        };
        let mut callbacks = self.callbacks().await;
        callbacks.url = typed.unwrap_or(callbacks.url);
        callbacks.refused = Some(why.to_string());
        sent(callbacks::page(&self.ask(), &callbacks, self.callback_token()))
    }
}

pub(crate) fn shown(it: response::Callback) -> CallbackRow {
    let response::Callback { tr_id, state, attempts, at, answer, .. } = it;
    CallbackRow { tr_id, state: state.0, attempts, at: at.0, answer }
}
