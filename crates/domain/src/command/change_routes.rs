//! Adds, changes and removes routes of a product.

use std::sync::Arc;

use super::{Command, Decision};
use crate::action::{Fields, Operation, OperatorCommand, Value, fields};
use crate::{BillerId, Books, Change, Hours, Product, ProductCode, Route, RowSet};

/// Changes the routes of one product.
#[derive(Clone, Debug)]
pub struct ChangeRoutes {
    pub product: ProductCode,
    /// The biller of the route.
    pub biller: BillerId,
    pub change: RouteChange,
}

/// A change of one route. Positions count from 1; a position behind the last one means the last one.
#[derive(Clone, Debug)]
pub enum RouteChange {
    /// Adds a route, at the end if no position is given.
    Add { route: Route, position: Option<usize> },
    /// Sets what is given.
    Set(RoutePatch),
    /// Removes the route. Inquiries that its biller answered are still paid there.
    Remove,
}

/// New values of a route; `None` leaves a value as it is.
#[derive(Clone, Debug, Default)]
pub struct RoutePatch {
    pub code: Option<ProductCode>,
    pub active: Option<bool>,
    /// `Some(None)`: at any time.
    pub hours: Option<Option<Hours>>,
    pub position: Option<usize>,
}

/// Why a route is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ChangeRoutesRefusal {
    /// There is no such product.
    #[error("there is no such product")]
    UnknownProduct,
    /// The product has a route to this biller already.
    #[error("the product has a route to this biller already")]
    RouteExists,
    /// The product has no route to this biller.
    #[error("the product has no route to this biller")]
    UnknownRoute,
}

impl Command for ChangeRoutes {
    type Outcome = Arc<Product>;
    type Refusal = ChangeRoutesRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.directory = true;
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<Product>>, ChangeRoutesRefusal> {
        let product = books.catalogue.get(&self.product);
        let mut product = Product::clone(product.ok_or(ChangeRoutesRefusal::UnknownProduct)?);
        let routes = &mut product.routes;
        let place = routes.iter().position(|route| route.biller == self.biller);
        match (&self.change, place) {
            (RouteChange::Add { .. }, Some(_)) => return Err(ChangeRoutesRefusal::RouteExists),
            (_, None) if !matches!(self.change, RouteChange::Add { .. }) => {
                return Err(ChangeRoutesRefusal::UnknownRoute);
            }
            (RouteChange::Add { route, position }, None) => {
                insert(routes, Route { biller: self.biller, ..route.clone() }, *position);
            }
            (RouteChange::Set(patch), Some(place)) => {
                let route = routes.remove(place);
                let position = patch.position.or(Some(place + 1));
                insert(routes, patch.applied_to(route), position);
            }
            (RouteChange::Remove, Some(place)) => drop(routes.remove(place)),
            (_, None) => {}
        }
        let product = Arc::new(product);
        let changes = vec![Change::Product(Arc::clone(&product))];
        Ok(Decision::without_movement(product, changes))
    }
}

impl OperatorCommand for ChangeRoutes {
    fn operation(&self, books: &Books, decision: &Decision<Arc<Product>>) -> Option<Operation> {
        let before = books.catalogue.get(&self.product)?;
        let name = match self.change {
            RouteChange::Add { .. } => "route.add",
            RouteChange::Set(_) => "route.set",
            RouteChange::Remove => "route.remove",
        };
        let after = fields_of(&decision.outcome);
        Some(Operation::new(name, &self.product, Some(fields_of(before)), after))
    }
}

impl RoutePatch {
    fn applied_to(&self, route: Route) -> Route {
        // The product's own code needs no code at the biller.
        Route {
            biller: route.biller,
            code: self.code.clone().or(route.code),
            active: self.active.unwrap_or(route.active),
            hours: self.hours.unwrap_or(route.hours),
        }
    }
}

fn insert(routes: &mut Vec<Route>, route: Route, position: Option<usize>) {
    let last = routes.len();
    let place = position.map_or(last, |position| position.saturating_sub(1).min(last));
    routes.insert(place, route);
}

/// The routes in their order: biller, code, hours, and whether they are off.
fn fields_of(product: &Product) -> Fields {
    let text = |route: &Route| {
        let code = route.code_at_biller(&product.code);
        let hours = route.hours.map(|hours| format!(" {hours}")).unwrap_or_default();
        let off = if route.active { "" } else { " off" };
        format!("{} {code}{hours}{off}", route.biller)
    };
    let routes: Vec<String> = product.routes.iter().map(text).collect();
    fields([("routes", Value::texts(&routes))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::samples;

    fn change(biller: i64, change: RouteChange) -> ChangeRoutes {
        ChangeRoutes { product: samples::product().code, biller: BillerId(biller), change }
    }

    fn add(biller: i64, position: Option<usize>) -> ChangeRoutes {
        change(biller, RouteChange::Add { route: Route::to(BillerId(biller)), position })
    }

    fn billers(product: &Product) -> Vec<i64> {
        product.routes.iter().map(|route| route.biller.0).collect()
    }

    #[test]
    fn routes_keep_the_order_that_is_asked_for() {
        let mut books = samples::books(0);
        assert_eq!(billers(&books.run(&add(2, None)).unwrap()), [1, 2]);
        assert_eq!(billers(&books.run(&add(3, Some(1))).unwrap()), [3, 1, 2]);
        assert_eq!(billers(&books.run(&add(4, Some(99))).unwrap()), [3, 1, 2, 4]);
        let patch = RoutePatch { position: Some(2), ..RoutePatch::default() };
        let moved = books.run(&change(4, RouteChange::Set(patch))).unwrap();
        assert_eq!(billers(&moved), [3, 4, 1, 2]);
        let off = RoutePatch { active: Some(false), ..RoutePatch::default() };
        let set = books.run(&change(1, RouteChange::Set(off))).unwrap();
        assert_eq!(billers(&set), [3, 4, 1, 2]);
        assert!(!set.routes[2].active);
        assert_eq!(billers(&books.run(&change(3, RouteChange::Remove)).unwrap()), [4, 1, 2]);
    }

    #[test]
    fn a_biller_has_one_route_and_a_missing_one_is_not_changed() {
        let mut books = samples::books(0);
        assert_eq!(books.run(&add(1, None)).unwrap_err(), ChangeRoutesRefusal::RouteExists);
        for missing in [RouteChange::Remove, RouteChange::Set(RoutePatch::default())] {
            let refused = books.run(&change(7, missing)).unwrap_err();
            assert_eq!(refused, ChangeRoutesRefusal::UnknownRoute);
        }
        let unknown = ProductCode::new("NOPE").unwrap();
        let command = ChangeRoutes { product: unknown, ..add(2, None) };
        assert_eq!(books.run(&command).unwrap_err(), ChangeRoutesRefusal::UnknownProduct);
    }
}
