//! Adds a product to the price list, or replaces one.

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

/// Adds the product. One that exists is left as it is.
#[derive(Clone, Debug)]
pub struct AddProduct(pub Product);

/// Why a product is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddProductRefusal {
    /// There is a product with its code.
    #[error("there is a product with this code already")]
    CodeTaken,
    /// It cannot be put.
    #[error(transparent)]
    Put(#[from] PutProductRefusal),
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

impl Command for AddProduct {
    type Outcome = Arc<Product>;
    type Refusal = AddProductRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.directory = true;
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<Product>>, AddProductRefusal> {
        if books.catalogue.contains_key(&self.0.code) {
            return Err(AddProductRefusal::CodeTaken);
        }
        Ok(PutProduct(self.0.clone()).decide(books)?)
    }
}

impl OperatorCommand for AddProduct {
    fn operation(&self, _: &Books, _: &Decision<Arc<Product>>) -> Option<Operation> {
        Some(Operation::new("product.add", &self.0.code, None, fields_of(&self.0)))
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
        ("failover_payments", product.failover_payments.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProductCode;
    use crate::books::samples;

    #[test]
    fn a_product_is_added_once_and_one_that_exists_is_not_changed() {
        let mut books = samples::books(0);
        let known = samples::product();
        let other = Product { active: !known.active, name: "Other".into(), ..known.clone() };
        assert_eq!(books.run(&AddProduct(other)).unwrap_err(), AddProductRefusal::CodeTaken);
        assert_eq!(*books.catalogue[&known.code], known);
        let new = Product { code: ProductCode::new("NEW").unwrap(), ..known.clone() };
        let bad = Product { fee: Rupiah::new(-1), ..new.clone() };
        let refused = books.run(&AddProduct(bad)).unwrap_err();
        assert_eq!(refused, AddProductRefusal::Put(PutProductRefusal::Negative));
        assert_eq!(*books.run(&AddProduct(new.clone())).unwrap(), new);
        assert_eq!(books.run(&AddProduct(new)).unwrap_err(), AddProductRefusal::CodeTaken);
    }
}
