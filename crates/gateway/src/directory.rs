//! Partners and products, in memory: every request needs them, and they change rarely.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::{Catalogue, Partner};
use store::{Database, StoreError};

/// Partners and products as the last change left them.
#[derive(Debug, Default)]
pub struct Directory {
    /// Partners by what they sign in with.
    by_username: HashMap<Box<str>, Arc<Partner>>,
    /// All products.
    pub catalogue: Catalogue,
}

impl Directory {
    pub(crate) async fn load(database: &Database) -> Result<Directory, StoreError> {
        let (partners, catalogue) =
            database.read(|read| Ok((read.partners()?, read.catalogue()?))).await?;
        let named = |partner: Arc<Partner>| (partner.username.as_str().into(), partner);
        Ok(Directory { by_username: partners.into_iter().map(named).collect(), catalogue })
    }

    /// The partner that signs in with `username`.
    pub fn partner(&self, username: &str) -> Option<&Arc<Partner>> {
        self.by_username.get(username)
    }

    /// All partners, in the order of their numbers.
    pub fn partners(&self) -> Vec<&Arc<Partner>> {
        let mut partners: Vec<_> = self.by_username.values().collect();
        partners.sort_by_key(|partner| partner.id);
        partners
    }
}

/// The directory in force.
pub(crate) struct Current(RwLock<Arc<Directory>>);

impl Current {
    pub(crate) fn new(directory: Directory) -> Current {
        Current(RwLock::new(Arc::new(directory)))
    }

    pub(crate) fn get(&self) -> Arc<Directory> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set(&self, directory: Directory) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }
}
