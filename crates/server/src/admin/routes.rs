//! Routes: which billers are asked for a product, in which order.

use domain::command::{ChangeRoutes, ChangeRoutesRefusal, RouteChange, RoutePatch};
use domain::{BillerId, Hours, Product, ProductCode};
use store::CommandError;

use super::biller_request::RouteRequest;
use super::billers::unknown_biller;
use super::named::Named;
use super::opening::OpeningHours;
use super::products::unknown;
use super::response::Response;
use super::{Admin, Refused, biller_response};

impl Admin {
    pub(super) async fn respond_about_routes(
        &self,
        request: RouteRequest,
    ) -> Result<Response, Refused> {
        match request {
            RouteRequest::Add { product, biller, code, position, hours } => {
                let (product, biller) = (self.product_code(&product)?, self.biller_named(&biller)?);
                let route = domain::Route {
                    biller,
                    code: self.biller_code(&product, code.as_deref())?,
                    active: true,
                    hours: opening(hours)?.flatten(),
                };
                let position = position.map(valid_position).transpose()?;
                self.change_routes(product, biller, RouteChange::Add { route, position }).await
            }
            RouteRequest::Set { product, biller, code, position, hours, active } => {
                let (product, biller) = (self.product_code(&product)?, self.biller_named(&biller)?);
                let patch = RoutePatch {
                    code: code.as_deref().map(biller_code).transpose()?,
                    active,
                    hours: opening(hours)?,
                    position: position.map(valid_position).transpose()?,
                };
                self.change_routes(product, biller, RouteChange::Set(patch)).await
            }
            RouteRequest::Remove { product, biller } => {
                let (product, biller) = (self.product_code(&product)?, self.biller_named(&biller)?);
                self.change_routes(product, biller, RouteChange::Remove).await
            }
            RouteRequest::List { product } => {
                let only = product.map(|product| self.product_code(&product)).transpose()?;
                let directory = self.gateway.reference_data();
                let products = directory.catalogue.values();
                let products =
                    products.filter(|it| only.as_ref().is_none_or(|only| it.code == *only));
                Ok(Response::Routes(products.flat_map(|product| self.routes_of(product)).collect()))
            }
        }
    }

    async fn change_routes(
        &self,
        product: ProductCode,
        biller: BillerId,
        change: RouteChange,
    ) -> Result<Response, Refused> {
        let code = product.clone();
        let changed = self.operate(ChangeRoutes { product, biller, change }).await;
        let changed = changed.map_err(|error| match error {
            CommandError::Refused(ChangeRoutesRefusal::RouteExists) => {
                Refused::because(format_args!(
                    "{code} has a route to this biller already; `lunas route set` changes it"
                ))
            }
            CommandError::Refused(ChangeRoutesRefusal::UnknownRoute) => {
                Refused::because(format_args!(
                    "{code} has no route to this biller; `lunas route list {code}` shows its routes"
                ))
            }
            other => other.into(),
        })?;
        Ok(Response::Routes(self.routes_of(&changed)))
    }

    /// The routes of a product in their order.
    pub(super) fn routes_of(&self, product: &Product) -> Vec<biller_response::Route> {
        let view = |(place, route): (usize, &domain::Route)| biller_response::Route {
            product: product.code.to_string(),
            position: place + 1,
            biller: self.biller_view(route.biller),
            code: route.code_at_biller(&product.code).to_string(),
            active: route.active,
            closed_because: self.gateway.route_closed_because(route).map(String::from),
            hours: route.hours.map(Named),
        };
        product.routes.iter().enumerate().map(view).collect()
    }

    /// The code of a product that exists.
    fn product_code(&self, text: &str) -> Result<ProductCode, Refused> {
        let code = ProductCode::new(text).map_err(|malformed| {
            Refused::because(format_args!("{text:?} is not a product code: {malformed}"))
        })?;
        let directory = self.gateway.reference_data();
        match directory.catalogue.contains_key(&code) {
            true => Ok(code),
            false => Err(unknown(&directory.catalogue, &code)),
        }
    }

    /// The number of the biller with this name.
    fn biller_named(&self, name: &str) -> Result<BillerId, Refused> {
        self.gateway.billers().named(name).ok_or_else(|| unknown_biller(name))
    }

    /// The product's code at the biller; `None` if it is the product's own.
    fn biller_code(
        &self,
        product: &ProductCode,
        code: Option<&str>,
    ) -> Result<Option<ProductCode>, Refused> {
        Ok(code.map(biller_code).transpose()?.filter(|code| code != product))
    }
}

fn biller_code(text: &str) -> Result<ProductCode, Refused> {
    ProductCode::new(text).map_err(|malformed| {
        Refused::because(format_args!("{text:?} is not a product code at a biller: {malformed}"))
    })
}

fn opening(hours: Option<OpeningHours>) -> Result<Option<Option<Hours>>, Refused> {
    hours.map(OpeningHours::checked).transpose()
}

fn valid_position(position: usize) -> Result<usize, Refused> {
    match position {
        1..=100 => Ok(position),
        _ => Err(Refused::because("a position is 1 to 100; 1 is asked first")),
    }
}
