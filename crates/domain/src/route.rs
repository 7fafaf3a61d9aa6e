//! Routes: at which billers a product's bills are asked for and paid, in which order.

use crate::{BillerId, Hours, Moment, ProductCode};

/// One biller of a product. A product asks its routes in their order; the first open one answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    pub biller: BillerId,
    /// The product's code at the biller, if it is not the same.
    pub code: Option<ProductCode>,
    /// Whether the biller may be asked.
    pub active: bool,
    /// When the biller may be asked; at any time if none.
    pub hours: Option<Hours>,
}

impl Route {
    /// A route that is always open, under the product's own code.
    pub const fn to(biller: BillerId) -> Route {
        Route { biller, code: None, active: true, hours: None }
    }

    /// The product's code at the biller; `product` is its own.
    pub fn code_at_biller<'a>(&'a self, product: &'a ProductCode) -> &'a ProductCode {
        self.code.as_ref().unwrap_or(product)
    }

    /// Why the biller may not be asked at `now`, if so.
    pub fn closed_because(&self, now: Moment) -> Option<&'static str> {
        match self.hours {
            _ if !self.active => Some("the route is off"),
            Some(hours) if !hours.open_at(now) => Some("outside the route's hours"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::samples::NOON;

    #[test]
    fn a_route_is_open_unless_it_is_off_or_outside_its_hours() {
        let open = Route::to(BillerId(1));
        assert_eq!(open.closed_because(NOON), None);
        let off = Route { active: false, ..open.clone() };
        assert_eq!(off.closed_because(NOON), Some("the route is off"));
        for (hours, expected) in
            [("08:00-16:00", None), ("16:00-08:00", Some("outside the route's hours"))]
        {
            let route = Route { hours: Hours::parse(hours), ..open.clone() };
            assert_eq!(route.closed_because(NOON), expected, "{hours}");
        }
    }
}
