//! Which billers there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{BillerId, TrialNumbers};

use crate::Biller;

/// All billers that this server can reach, by number.
#[derive(Clone, Default)]
pub struct Billers {
    known: BTreeMap<BillerId, Known>,
}

#[derive(Clone)]
struct Known {
    name: Box<str>,
    biller: Arc<dyn Biller>,
}

impl Billers {
    /// Adds a biller, in place of the one that had this number.
    pub fn insert(&mut self, id: BillerId, name: &str, biller: Arc<dyn Biller>) {
        let name = name.into();
        self.known.insert(id, Known { name, biller });
    }

    /// The biller of that number.
    pub fn get(&self, id: BillerId) -> Option<&Arc<dyn Biller>> {
        self.known.get(&id).map(|known| &known.biller)
    }

    /// The numbers for trying out, of all billers.
    pub fn trial_numbers(&self) -> TrialNumbers {
        let all = self.known.values().flat_map(|known| known.biller.trial_numbers().0);
        all.fold(TrialNumbers::default(), |mut trial, (code, numbers)| {
            trial.0.entry(code).or_default().extend(numbers);
            trial
        })
    }

    /// What people call the biller of that number.
    pub fn name(&self, id: BillerId) -> Option<&str> {
        self.known.get(&id).map(|known| &*known.name)
    }
}
