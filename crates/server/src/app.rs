//! What all handlers share. It knows no dialect and no page.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use gateway::Gateway;
use sandbox::RequestScenario;
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

/// The state of all handlers.
pub(crate) struct App {
    pub(crate) gateway: Gateway,
    pub(crate) vault: Vault,
    /// Carries out the forms of the report.
    pub(crate) admin: Admin,
    /// CSRF token of forms used without a session (local sandbox).
    pub(crate) form_token: SecretString,
    pub(crate) metrics: Arc<Metrics>,
    /// The disk of the data directory, if the database is on it.
    pub(crate) disk: Option<Arc<Disk>>,
    /// The latest requests for the report; `None` without a report.
    pub(crate) recent: Option<Recent>,
    /// The clock and scenarios of the sandbox.
    pub(crate) controls: Option<Controls>,
    pub(crate) config: Config,
    pub(crate) admission: Admission,
    /// The sign-ins that wait for their password to be compared.
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

    /// Why inquiries and payments are refused, if they are. Reads and running payments continue.
    pub(crate) fn closed(&self) -> Option<IntakeClosed> {
        if self.gateway.is_corrupt() {
            Some(IntakeClosed::Damaged)
        } else {
            let is_full = self.disk.as_ref().is_some_and(|disk| disk.is_full());
            is_full.then_some(IntakeClosed::DiskFull)
        }
    }

    /// Whether the answer to this payment must be lost (a sandbox scenario).
    pub(crate) fn loses_answer(&self) -> bool {
        let scenarios = self.controls.as_ref().map(|controls| &controls.scenarios);
        scenarios.is_some_and(|scenarios| scenarios.happens(RequestScenario::LostAnswer))
    }

    /// A permit for a request with this head, and the client's address.
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
