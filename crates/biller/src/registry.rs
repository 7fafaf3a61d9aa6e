//! The configured billers.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{BillerId, TestNumbers};

use crate::Biller;

/// All billers of this server, by number.
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
    /// Adds a biller; replaces an earlier one with this number.
    pub fn insert(&mut self, id: BillerId, name: &str, biller: Arc<dyn Biller>) {
        let name = name.into();
        self.known.insert(id, Known { name, biller });
    }

    /// The biller with this number.
    pub fn get(&self, id: BillerId) -> Option<&Arc<dyn Biller>> {
        self.known.get(&id).map(|known| &known.biller)
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
}
