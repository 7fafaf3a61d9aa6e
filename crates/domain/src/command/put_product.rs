//! Adds or replaces a product of the price list.

use std::sync::Arc;

use super::{Command, Decision};
use crate::{Books, Change, Product, RowSet, Rupiah};

/// Adds the product, or replaces the one with its code.
#[derive(Clone, Debug)]
pub struct PutProduct(pub Product);

/// Why a product is not put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PutProductRefusal {
    /// The fee or the commission is negative.
    #[error("the fee or the commission is below zero")]
    Negative,
}

impl Command for PutProduct {
    type Outcome = Arc<Product>;
    type Refusal = PutProductRefusal;

    fn touches(&self, _: &mut RowSet) {}

    fn decide(&self, _: &Books) -> Result<Decision<Arc<Product>>, PutProductRefusal> {
        if self.0.fee < Rupiah::ZERO || self.0.commission < Rupiah::ZERO {
            return Err(PutProductRefusal::Negative);
        }
        let product = Arc::new(self.0.clone());
        let changes = vec![Change::Product(Arc::clone(&product))];
        Ok(Decision::without_movement(product, changes))
    }
}
