//! Adds or replaces a product of the price list.

use std::sync::Arc;

use super::{Command, Decision, Refusal};
use crate::{Books, Change, Product, RowSet, Rupiah};

/// Adds the product, or replaces the one with its code.
#[derive(Clone, Debug)]
pub struct PutProduct(pub Product);

impl Command for PutProduct {
    type Outcome = Arc<Product>;

    fn touches(&self, _: &mut RowSet) {}

    fn decide(&self, _: &Books) -> Result<Decision<Arc<Product>>, Refusal> {
        if self.0.fee < Rupiah::ZERO || self.0.commission < Rupiah::ZERO {
            return Err(Refusal::Unpayable);
        }
        let product = Arc::new(self.0.clone());
        Ok(Decision { outcome: Arc::clone(&product), changes: vec![Change::Product(product)] })
    }
}
