//! When two inquiries are about one bill: of that, one payment is in process at a time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::product::RequiredField;
use crate::{Inquiry, Product, ProductCode};

/// An inquiry as a key that is equal to that of every other inquiry about the same bill: the same
/// product, customer's number and period, whoever asks and under whatever `ref_id`. The product says
/// which biller it is.
#[derive(Clone, Debug)]
pub struct BillKey(pub Arc<Inquiry>);

impl BillKey {
    /// What differs most comes first.
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

/// Customers' numbers that exist for trying out. The reference lets them be paid again and again,
/// also at the same time, so theirs are no bills in the sense of [`BillKey`].
#[derive(Clone, Debug, Default)]
pub struct TestNumbers(pub BTreeMap<ProductCode, BTreeSet<Box<str>>>);

impl TestNumbers {
    /// Whether several payments of this inquiry's bill may be in process at a time: the number is
    /// for trying out, or the customer says the amount, so that nothing is owed that could be paid
    /// twice.
    pub fn may_repeat(&self, inquiry: &Inquiry, product: &Product) -> bool {
        product.family.required_field() == Some(RequiredField::Amount)
            || self
                .0
                .get(&inquiry.code)
                .is_some_and(|numbers| numbers.contains(&inquiry.customer_no))
    }
}
