//! Adds or replaces a product of the price list.

use std::sync::Arc;

use super::{Command, Decision};
use crate::action::{Fields, Operation, OperatorCommand, Value, fields};
use crate::{Books, Change, Product, RowSet, Rupiah};

/// Adds the product, or replaces the one with its code. The routes of an existing product stay as they are.
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

    fn touches(&self, touched: &mut RowSet) {
        touched.directory = true;
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<Product>>, PutProductRefusal> {
        if self.0.fee < Rupiah::ZERO || self.0.commission < Rupiah::ZERO {
            return Err(PutProductRefusal::Negative);
        }
        let known = books.catalogue.get(&self.0.code);
        let routes = known.map_or(&self.0.routes, |known| &known.routes).clone();
        let product = Arc::new(Product { routes, ..self.0.clone() });
        let changes = vec![Change::Product(Arc::clone(&product))];
        Ok(Decision::without_movement(product, changes))
    }
}

impl OperatorCommand for PutProduct {
    fn operation(&self, books: &Books, _: &Decision<Arc<Product>>) -> Option<Operation> {
        let before = books.catalogue.get(&self.0.code).map(|product| fields_of(product));
        let name = if before.is_some() { "product.set" } else { "product.add" };
        Some(Operation::new(name, &self.0.code, before, fields_of(&self.0)))
    }
}

fn fields_of(product: &Product) -> Fields {
    fields([
        ("name", Value::text(&product.name)),
        ("family", Value::text(product.family.name())),
        ("fee", product.fee.into()),
        ("fee_of_biller", product.fee_of_biller.into()),
        ("commission", product.commission.into()),
        ("active", product.active.into()),
        ("hours", Value::optional_text(product.hours.as_ref())),
        ("province", Value::optional_text(product.province.as_deref())),
        ("below_cost", product.below_cost.into()),
    ])
}
