//! Decides whether two inquiries are about the same bill. Only one payment of a bill may be in process at a
//! time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::product::RequiredField;
use crate::{Inquiry, Product, ProductCode};

/// The identity of a bill: product, customer number and period. Inquiries of different partners and with
/// different `ref_id`s have equal keys if they are about the same bill.
#[derive(Clone, Debug)]
pub struct BillKey(pub Arc<Inquiry>);

impl BillKey {
    /// The most selective field first.
    fn key(&self) -> (&str, &ProductCode, &str) {
        (&self.0.customer_no, &self.0.code, &self.0.bill.period)
    }
}

impl PartialEq for BillKey {
    fn eq(&self, other: &BillKey) -> bool {
        self.key() == other.key()
    }
}

impl Eq for BillKey {}

impl PartialOrd for BillKey {
    fn partial_cmp(&self, other: &BillKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BillKey {
    fn cmp(&self, other: &BillKey) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Sandbox customer numbers. They may be paid concurrently, so the one-payment-per-bill rule skips them.
#[derive(Clone, Debug, Default)]
pub struct TestNumbers(pub BTreeMap<ProductCode, BTreeSet<Box<str>>>);

impl TestNumbers {
    /// Whether several payments of this inquiry's bill may be in process at the same time: the number is a
    /// test number, or the customer chooses the amount, so that no debt can be paid twice.
    pub fn may_repeat(&self, inquiry: &Inquiry, product: &Product) -> bool {
        product.family.required_field() == Some(RequiredField::Amount)
            || self
                .0
                .get(&inquiry.code)
                .is_some_and(|numbers| numbers.contains(&inquiry.customer_no))
    }
}
