//! All routes of the server.

use std::sync::Arc;

use ::portal::{
    callbacks as callbacks_page, report as report_page, sandbox_controls, sign_in as sign_in_page,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::app::App;
use crate::hooks;
use crate::iak::{commands, receipts, reply};
use crate::observe::probes;
use crate::panics;
use crate::web::report::{callbacks, sandbox};
use crate::web::{form, pages, report, sign_in};

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let forms = match app.config.portal.enabled {
        true => forms(),
        false => Router::new(),
    };
    let metrics = Arc::clone(&app.metrics);
    let routes = forms
        .route("/api/v1/bill/check", post(commands::command))
        .route("/api/v1/bill/check/", post(commands::command))
        .route("/api/v1/bill/check/{type}", post(commands::command_of_type))
        .route("/api/v1/download/{tr_id}", get(receipts::pdf))
        .route("/api/v1/download/{tr_id}/1", get(receipts::lines))
        .route(hooks::BILLER, post(hooks::take))
        .route("/favicon.ico", get(pages::icon))
        .route("/livez", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .method_not_allowed_fallback(reply::method_not_allowed)
        .fallback(pages::page)
        .with_state(app);
    panics::answered(routes, metrics)
}

/// Portal pages that depend on the user, and their forms. The fallback serves all other pages.
fn forms() -> Router<Arc<App>> {
    Router::new()
        .route(report_page::PATH, get(report::listing))
        .route(report_page::FRAGMENT, get(report::fragment))
        .route(report_page::REQUESTS, get(report::requests))
        .route(report_page::DEPOSIT, post(report::deposit))
        .route("/report/{tr_id}", get(report::story).post(report::resolve))
        .route("/report/{tr_id}/receipt", get(report::receipt))
        .route(callbacks_page::PATH, get(callbacks::page).post(callbacks::set))
        .route(callbacks_page::AGAIN, post(callbacks::again))
        .route(sandbox_controls::PATH, get(sandbox::page).post(sandbox::switch))
        .route(sandbox_controls::ALL_OFF, post(sandbox::all_off))
        .route(sandbox_controls::CLOCK, post(sandbox::move_clock))
        .route(sign_in_page::PATH, get(sign_in::form).post(sign_in::sign_in))
        .route(sign_in_page::OUT, post(sign_in::sign_out))
        .layer(DefaultBodyLimit::max(form::MAX_BYTES))
}
