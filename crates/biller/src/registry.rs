//! Which billers there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{BillerId, TestNumbers};

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
    pub fn test_numbers(&self) -> TestNumbers {
        let all = self.known.values().flat_map(|known| known.biller.test_numbers().0);
        all.fold(TestNumbers::default(), |mut test_numbers, (code, numbers)| {
            test_numbers.0.entry(code).or_default().extend(numbers);
            test_numbers
        })
    }

    /// What people call the biller of that number.
    pub fn name(&self, id: BillerId) -> Option<&str> {
        self.known.get(&id).map(|known| &*known.name)
    }
}
