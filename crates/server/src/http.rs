//! The HTTP edge: every route on one screen.

mod admission;
mod api;
mod body;
mod download;
mod heads;
mod linger;
mod listen;
mod lost;
mod meter;
mod pages;
mod panics;
mod patience;
mod posted;
mod probes;
mod reader;
mod recent;
mod reply;
mod report;
mod sign_in;
mod visit;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use billers::sandbox::Scenario;
use gateway::Gateway;
use secrecy::SecretString;
use tokio::sync::OwnedSemaphorePermit as Place;

pub(crate) use admission::Refused;
pub(crate) use api::Seen;
pub(crate) use listen::{Edge, LAST_ANSWERS};

use crate::admin::Admin;
use crate::auth;
use crate::config::Config;
use crate::controls::Controls;
use crate::disk::Disk;
use crate::metrics::Metrics;
use crate::password;
use crate::vault::Vault;

/// What every handler may use.
pub(crate) struct App {
    pub(crate) gateway: Gateway,
    pub(crate) vault: Vault,
    /// Carries out what the report's forms ask for.
    pub(crate) admin: Admin,
    /// What those forms carry, so that no other site's can be taken for one.
    pub(crate) form_token: SecretString,
    pub(crate) metrics: Arc<Metrics>,
    /// Of the data directory, if the database is on it.
    pub(crate) disk: Option<Arc<Disk>>,
    /// What came of late, for the report; none where there is no report.
    recent: Option<recent::Recent>,
    /// Of the sandbox.
    pub(crate) controls: Option<Controls>,
    pub(crate) config: Config,
    pub(crate) admission: admission::Admission,
    /// Who waits for a password to be compared.
    pub(crate) signing_in: password::Queue,
}

impl App {
    pub(crate) fn new(
        gateway: Gateway,
        vault: Vault,
        admin: Admin,
        metrics: Arc<Metrics>,
        disk: Option<Arc<Disk>>,
        controls: Option<Controls>,
        config: Config,
    ) -> Arc<App> {
        let admission = admission::Admission::new(&config.limits);
        let form_token = Vault::new_secret();
        let has_report = config.sandbox.enabled && config.portal.enabled;
        let recent = has_report.then(recent::Recent::default);
        let signing_in = password::Queue::new();
        Arc::new(App {
            gateway,
            vault,
            admin,
            form_token,
            metrics,
            disk,
            recent,
            controls,
            config,
            admission,
            signing_in,
        })
    }

    /// Why nothing new may be begun, if so. What was begun goes on, and what is stored can be asked for.
    fn closed(&self) -> Option<Closed> {
        if self.gateway.is_damaged() {
            Some(Closed::Damaged)
        } else {
            let is_full = self.disk.as_ref().is_some_and(|disk| disk.is_full());
            is_full.then_some(Closed::DiskFull)
        }
    }

    /// Whether the answer to this payment is to be lost.
    fn loses_answer(&self) -> bool {
        let scenarios = self.controls.as_ref().map(|controls| &controls.scenarios);
        scenarios.is_some_and(|scenarios| scenarios.happens(Scenario::LostAnswer))
    }

    /// A place for a request with this head, and the address that it comes from.
    fn enter(&self, Peer(peer): Peer, headers: &HeaderMap) -> Result<(Place, IpAddr), Refused> {
        let address = auth::client_address(&self.config.server, peer, headers);
        let load = admission::Load {
            payments: self.gateway.payments_in_work(),
            commands: self.gateway.commands_waiting(),
        };
        let place = self.admission.enter(address, load);
        place.inspect_err(|_| self.metrics.turned_away()).map(|place| (place, address))
    }
}

/// Why nothing new may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// There is less room than `store.least_free_space`.
    DiskFull,
    /// The books cannot be what was written.
    Damaged,
}

impl Closed {
    pub(crate) const ALL: [Closed; 2] = [Closed::DiskFull, Closed::Damaged];

    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Closed::DiskFull => "disk-full",
            Closed::Damaged => "damaged",
        }
    }
}

/// The address at the other end of a request's connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let portal = match app.config.portal.enabled {
        true => report::routes().merge(sign_in::routes()),
        false => Router::new(),
    };
    let metrics = Arc::clone(&app.metrics);
    let routes = portal
        .route("/api/v1/bill/check", post(api::command))
        .route("/api/v1/bill/check/", post(api::command))
        .route("/api/v1/bill/check/{type}", post(api::command_of_type))
        .route("/api/v1/download/{tr_id}", get(download::pdf))
        .route("/api/v1/download/{tr_id}/1", get(download::lines))
        .route("/favicon.ico", get(pages::icon))
        .route("/livez", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .method_not_allowed_fallback(reply::method_not_allowed)
        .fallback(pages::page)
        .with_state(app);
    panics::answered(routes, metrics)
}
