//! The HTTP edge: every route on one screen.

mod admission;
mod api;
mod download;
mod listen;
mod patience;
mod probes;
mod reply;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use gateway::Gateway;

pub(crate) use api::Seen;
pub(crate) use listen::Edge;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::vault::Vault;

/// What every handler may use.
pub(crate) struct App {
    pub(crate) gateway: Gateway,
    pub(crate) vault: Vault,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) config: Config,
    admission: admission::Admission,
}

impl App {
    pub(crate) fn new(
        gateway: Gateway,
        vault: Vault,
        metrics: Arc<Metrics>,
        config: Config,
    ) -> Arc<App> {
        let admission = admission::Admission::new(&config.limits);
        Arc::new(App { gateway, vault, metrics, config, admission })
    }
}

/// The address at the other end of a request's connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/v1/bill/check", post(api::command))
        .route("/api/v1/bill/check/", post(api::command))
        .route("/api/v1/bill/check/{type}", post(api::command_of_type))
        .route("/api/v1/download/{tr_id}", get(download::pdf))
        .route("/api/v1/download/{tr_id}/1", get(download::lines))
        .route("/livez", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .method_not_allowed_fallback(reply::method_not_allowed)
        .fallback(reply::page_not_found)
        .with_state(app)
}
