//! What all handlers share. It knows no dialect and no page.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use gateway::Gateway;
use sandbox::Scenario;
use secrecy::SecretString;
pub(crate) use tokio::sync::OwnedSemaphorePermit as Place;

use crate::admin::Admin;
use crate::config::Config;
use crate::controls::Controls;
use crate::edge::admission::{Admission, Load, Throttled};
use crate::edge::client_address::{Peer, client_address};
use crate::observe::closed::IntakeClosed;
use crate::observe::metrics::Metrics;
use crate::observe::recent::Recent;
use crate::run::disk_space::Disk;
use crate::secrets::password;
use crate::secrets::vault::Vault;

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
    pub(crate) recent: Option<Recent>,
    /// Of the sandbox.
    pub(crate) controls: Option<Controls>,
    pub(crate) config: Config,
    pub(crate) admission: Admission,
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
        let admission = Admission::new(&config.limits);
        let form_token = Vault::new_secret();
        let has_report = config.sandbox.enabled && config.portal.enabled;
        let recent = has_report.then(Recent::default);
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
    pub(crate) fn closed(&self) -> Option<IntakeClosed> {
        if self.gateway.is_corrupt() {
            Some(IntakeClosed::Damaged)
        } else {
            let is_full = self.disk.as_ref().is_some_and(|disk| disk.is_full());
            is_full.then_some(IntakeClosed::DiskFull)
        }
    }

    /// Whether the answer to this payment is to be lost.
    pub(crate) fn loses_answer(&self) -> bool {
        let scenarios = self.controls.as_ref().map(|controls| &controls.scenarios);
        scenarios.is_some_and(|scenarios| scenarios.happens(Scenario::LostAnswer))
    }

    /// A place for a request with this head, and the address that it comes from.
    pub(crate) fn enter(
        &self,
        Peer(peer): Peer,
        headers: &HeaderMap,
    ) -> Result<(Place, IpAddr), Throttled> {
        let address = client_address(&self.config.server, peer, headers);
        let load = Load {
            payments: self.gateway.payments_in_work(),
            commands: self.gateway.commands_waiting(),
        };
        let place = self.admission.enter(address, load);
        place.inspect_err(|_| self.metrics.turned_away()).map(|place| (place, address))
    }
}
