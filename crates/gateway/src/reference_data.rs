//! Partners and products, in memory: every request needs them, and they change rarely.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::{Catalogue, Partner, PartnerId};
use store::{Database, StoreError};

use crate::{BackgroundTask, Gateway, Health};

/// How often the directory is compared with the database, where others can change that.
const COMPARED_EVERY: Duration = Duration::from_millis(500);

/// Partners and products as the last change left them.
#[derive(Debug, Default)]
pub struct ReferenceData {
    /// Partners by what they sign in with.
    by_username: HashMap<Box<str>, Arc<Partner>>,
    /// All products.
    pub catalogue: Catalogue,
}

impl ReferenceData {
    pub(crate) async fn load(database: &Database) -> Result<ReferenceData, StoreError> {
        let (partners, catalogue) =
            database.read(|read| Ok((read.partners()?, read.catalogue()?))).await?;
        let named = |partner: Arc<Partner>| (partner.username.as_str().into(), partner);
        Ok(ReferenceData { by_username: partners.into_iter().map(named).collect(), catalogue })
    }

    /// The partner that signs in with `username`.
    pub fn partner(&self, username: &str) -> Option<&Arc<Partner>> {
        self.by_username.get(username)
    }

    /// The partner of that number. It looks through all of them.
    pub fn numbered(&self, id: PartnerId) -> Option<&Arc<Partner>> {
        self.by_username.values().find(|partner| partner.id == id)
    }

    /// All partners, in the order of their numbers.
    pub fn partners(&self) -> Vec<&Arc<Partner>> {
        let mut partners: Vec<_> = self.by_username.values().collect();
        partners.sort_by_key(|partner| partner.id);
        partners
    }
}

/// Follows what other gateways of the same database change about partners and products. Whatever is
/// in the memory meanwhile, a payment is begun on the rows as they are.
pub struct ReferenceDataFollower {
    gateway: Gateway,
    /// The version that was loaded last.
    seen: Option<i64>,
}

impl Gateway {
    /// What keeps the directory as others of the same database have it.
    pub fn reference_data_follower(&self) -> ReferenceDataFollower {
        ReferenceDataFollower { gateway: self.clone(), seen: None }
    }
}

impl BackgroundTask for ReferenceDataFollower {
    const NAME: &'static str = "directory";
    type Error = StoreError;

    /// Returns where there are no others.
    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        while health.round(self.compare().await)? {
            tokio::time::sleep(COMPARED_EVERY).await;
        }
        Ok(())
    }
}

impl ReferenceDataFollower {
    /// Loads the directory if its version is another than the one seen. False if there are no others.
    async fn compare(&mut self) -> Result<bool, StoreError> {
        let shared = &self.gateway.shared;
        let Some(version) = shared.database.directory_version().await? else { return Ok(false) };
        if self.seen != Some(version) {
            let _one_change = shared.changing.lock().await;
            shared.directory.set(ReferenceData::load(&shared.database).await?);
            self.seen = Some(version);
        }
        Ok(true)
    }
}

/// The directory in force.
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
