//! The billers of a server: those that are built in, and those that an operator set up.

mod unusable;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{BillerDirectory, BillerId, BillerSettings, TestNumbers};

use crate::Biller;
use unusable::Unusable;

/// Makes the connector of a biller that an operator set up, or says why it cannot be called.
pub type Connect = Arc<dyn Fn(&BillerSettings) -> Result<Arc<dyn Biller>, Box<str>> + Send + Sync>;

/// All billers of this server, by number.
#[derive(Clone, Default)]
pub struct Billers {
    known: BTreeMap<BillerId, Known>,
    connect: Option<Connect>,
}

#[derive(Clone)]
struct Known {
    name: Box<str>,
    biller: Arc<dyn Biller>,
    /// None if it is built in.
    settings: Option<Arc<BillerSettings>>,
}

impl Billers {
    /// No billers yet. `connect` makes the connectors of those that are set up.
    pub fn connected_by(connect: Connect) -> Billers {
        Billers { known: BTreeMap::new(), connect: Some(connect) }
    }

    /// Adds a built-in biller; replaces an earlier one with this number.
    pub fn insert(&mut self, id: BillerId, name: &str, biller: Arc<dyn Biller>) {
        let name = name.into();
        self.known.insert(id, Known { name, biller, settings: None });
    }

    /// The built-in billers, and those of the directory. A biller whose address, credentials and limits did
    /// not change keeps its connector with its open connections.
    pub fn updated(&self, directory: &BillerDirectory) -> Billers {
        let built_in = self.known.iter().filter(|(_, known)| known.settings.is_none());
        let mut known: BTreeMap<BillerId, Known> =
            built_in.map(|(id, known)| (*id, known.clone())).collect();
        for (id, settings) in directory {
            known.insert(*id, self.known(*id, settings));
        }
        Billers { known, connect: self.connect.clone() }
    }

    fn known(&self, id: BillerId, settings: &Arc<BillerSettings>) -> Known {
        let before = self.known.get(&id).filter(|before| before.calls_like(settings));
        let biller = match (before, &self.connect) {
            (Some(before), _) => Arc::clone(&before.biller),
            (None, Some(connect)) => {
                connect(settings).unwrap_or_else(|why| Arc::new(Unusable(why)))
            }
            (None, None) => Arc::new(Unusable("this process connects no billers".into())),
        };
        let name = settings.name.as_str().into();
        Known { name, biller, settings: Some(Arc::clone(settings)) }
    }

    /// The biller with this number.
    pub fn get(&self, id: BillerId) -> Option<&Arc<dyn Biller>> {
        self.known.get(&id).map(|known| &known.biller)
    }

    /// The settings of the biller with this number. `None` if it is built in, or unknown.
    pub fn settings(&self, id: BillerId) -> Option<&Arc<BillerSettings>> {
        self.known.get(&id)?.settings.as_ref()
    }

    /// The settings of all billers that are set up.
    pub fn directory(&self) -> BillerDirectory {
        let set_up =
            self.known.iter().filter_map(|(id, known)| Some((*id, known.settings.clone()?)));
        set_up.collect()
    }

    /// The numbers of all billers.
    pub fn ids(&self) -> impl Iterator<Item = BillerId> {
        self.known.keys().copied()
    }

    /// The test numbers of all billers.
    pub fn test_numbers(&self) -> TestNumbers {
        let all = self.known.values().flat_map(|known| known.biller.test_numbers().0);
        all.fold(TestNumbers::default(), |mut test_numbers, (code, numbers)| {
            test_numbers.0.entry(code).or_default().extend(numbers);
            test_numbers
        })
    }

    /// The name of the biller with this number.
    pub fn name(&self, id: BillerId) -> Option<&str> {
        self.known.get(&id).map(|known| &*known.name)
    }

    /// The number of the biller with this name.
    pub fn named(&self, name: &str) -> Option<BillerId> {
        self.known.iter().find(|(_, known)| *known.name == *name).map(|(id, _)| *id)
    }
}

impl Known {
    /// Whether a connector with these settings would do the same.
    fn calls_like(&self, settings: &BillerSettings) -> bool {
        let paused = settings.paused;
        let same =
            |before: &BillerSettings| BillerSettings { paused, ..before.clone() } == *settings;
        self.settings.as_deref().is_some_and(same)
    }
}
