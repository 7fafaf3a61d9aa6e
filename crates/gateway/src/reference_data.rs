//! Partners, products and billers in memory: every request needs them, and they change rarely.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use biller::Billers;
use domain::{Catalogue, Partner, PartnerId};
use store::{Database, StoreError};

use crate::{BackgroundTask, Gateway, Health};

/// How often the data in memory is compared with the database, if other processes can change it.
const COMPARED_EVERY: Duration = Duration::from_millis(500);

/// Partners, products and billers as of the last change.
#[derive(Default)]
pub struct ReferenceData {
    /// Partners by username.
    by_username: HashMap<Box<str>, Arc<Partner>>,
    /// All products.
    pub catalogue: Catalogue,
    /// All billers.
    pub billers: Arc<Billers>,
}

impl ReferenceData {
    /// Loads the data. Of the billers `before`, those that did not change keep their connections.
    pub(crate) async fn load(
        database: &Database,
        before: &Billers,
    ) -> Result<ReferenceData, StoreError> {
        let (partners, catalogue, directory) = database
            .read(|read| Ok((read.partners()?, read.catalogue()?, read.billers()?)))
            .await?;
        let named = |partner: Arc<Partner>| (partner.username.as_str().into(), partner);
        let by_username = partners.into_iter().map(named).collect();
        let billers = Arc::new(before.updated(&directory));
        Ok(ReferenceData { by_username, catalogue, billers })
    }

    /// The partner with this username.
    pub fn partner(&self, username: &str) -> Option<&Arc<Partner>> {
        self.by_username.get(username)
    }

    /// The partner with this number. A linear search.
    pub fn numbered(&self, id: PartnerId) -> Option<&Arc<Partner>> {
        self.by_username.values().find(|partner| partner.id == id)
    }

    /// All partners, ordered by number.
    pub fn partners(&self) -> Vec<&Arc<Partner>> {
        let mut partners: Vec<_> = self.by_username.values().collect();
        partners.sort_by_key(|partner| partner.id);
        partners
    }
}

/// The background task that loads changes that other gateways made to partners, products and billers. A
/// payment does not depend on it: it is begun on the rows in the database.
pub struct ReferenceDataFollower {
    gateway: Gateway,
    /// The version that was loaded last.
    seen: Option<i64>,
}

impl Gateway {
    /// The task that keeps the data in memory up to date.
    pub fn reference_data_follower(&self) -> ReferenceDataFollower {
        ReferenceDataFollower { gateway: self.clone(), seen: None }
    }
}

impl BackgroundTask for ReferenceDataFollower {
    const NAME: &'static str = "directory";
    type Error = StoreError;

    /// Ends at once if no other process can change the data.
    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        while health.round(self.compare().await)? {
            tokio::time::sleep(COMPARED_EVERY).await;
        }
        Ok(())
    }
}

impl ReferenceDataFollower {
    /// Loads the data if its version has changed. `false` if no other process can change it.
    async fn compare(&mut self) -> Result<bool, StoreError> {
        let shared = &self.gateway.shared;
        let Some(version) = shared.database.directory_version().await? else { return Ok(false) };
        if self.seen != Some(version) {
            let _one_change = shared.changing.lock().await;
            self.gateway.reload().await?;
            self.seen = Some(version);
        }
        Ok(true)
    }
}

/// The current data.
pub(crate) struct Current(RwLock<Arc<ReferenceData>>);

impl Current {
    pub(crate) fn new(directory: ReferenceData) -> Current {
        Current(RwLock::new(Arc::new(directory)))
    }

    pub(crate) fn get(&self) -> Arc<ReferenceData> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set(&self, directory: ReferenceData) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }
}
