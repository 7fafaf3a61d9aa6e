//! A biller's price list beside what lunas sells, and its import: products and routes are added, and nothing
//! that exists is changed.

use std::collections::{BTreeMap, BTreeSet};

use biller::ListedFamily;
use domain::command::{
    AddProduct, AddProductRefusal, ChangeRoutes, ChangeRoutesRefusal, RouteChange,
};
use domain::{BillerId, Catalogue, Family, Product, ProductCode, Route, Rupiah, bounds};
use store::CommandError;

use super::biller_request::MAX_IMPORT;
use super::listed_product::{
    BillerProduct, BillerProducts, ImportStep, ListedProduct, RoutedProduct,
};
use super::named::Named;
use super::products::printable;
use super::{Admin, Refused, amount, validate_line};

/// A step that changes nothing because another process changed the same product meanwhile.
const CHANGED_MEANWHILE: &str = "it was changed by somebody else meanwhile; import again";

impl Admin {
    pub(super) async fn list_biller_products(
        &self,
        name: &str,
        kind: Option<String>,
    ) -> Result<BillerProducts, Refused> {
        let id = self.settings_of(name)?.id;
        let kind = kind.as_deref().map(|kind| validate_line("a type", kind, 64)).transpose()?;
        let told = self.gateway.price_list_of(id, kind).await;
        let told = told.ok_or_else(|| super::billers::unknown_biller(name))?;
        let listed = told.map_err(Refused::because)?.into_iter().map(listed);
        let directory = self.gateway.reference_data();
        let products = planned(&directory.catalogue, id, listed.collect());
        let (biller, kind) = (name.to_owned(), kind.map(str::to_owned));
        Ok(BillerProducts { biller, kind, imported: false, products })
    }

    /// Imports listed products, each as the present books require it.
    pub(super) async fn import_biller_products(
        &self,
        name: &str,
        listed: Vec<ListedProduct>,
    ) -> Result<Vec<BillerProduct>, Refused> {
        let id = self.settings_of(name)?.id;
        if listed.len() > MAX_IMPORT {
            return Err(Refused::because(format_args!(
                "one request imports at most {MAX_IMPORT} products"
            )));
        }
        let before = self.gateway.reference_data();
        let mut products = planned(&before.catalogue, id, listed);
        self.add_products(&mut products).await?;
        self.add_routes(&mut products, id).await?;
        let after = self.gateway.reference_data();
        let routed = RoutesTo::biller(id, &after.catalogue);
        for product in &mut products {
            product.products = routed.products(&product.listed.code);
        }
        Ok(products)
    }

    /// Adds the new products, still without a route.
    async fn add_products(&self, products: &mut [BillerProduct]) -> Result<(), Refused> {
        let is_new = |it: &&mut BillerProduct| matches!(it.import, ImportStep::AddProduct { .. });
        let mut new: Vec<_> = products.iter_mut().filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let added = new.iter().map(|it| Ok(AddProduct(new_product(&it.listed)?)));
        let added = added.collect::<Result<Vec<_>, Refused>>()?;
        let outcomes = self.gateway.operate_all_as(&self.actor, added).await?;
        for (product, outcome) in new.iter_mut().zip(outcomes) {
            match outcome {
                Ok(_) => {}
                Err(CommandError::Refused(AddProductRefusal::CodeTaken)) => {
                    product.import = ImportStep::Skip { why: CHANGED_MEANWHILE.to_owned() };
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Adds the routes, at the end of each product's.
    async fn add_routes(
        &self,
        products: &mut [BillerProduct],
        biller: BillerId,
    ) -> Result<(), Refused> {
        let mut changed: Vec<_> =
            products.iter_mut().filter(|product| product.import.is_change()).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let add = |it: &&mut BillerProduct| {
            let product = ProductCode::new(&it.listed.code).map_err(Refused::because)?;
            let change = RouteChange::Add { route: Route::to(biller), position: None };
            Ok(ChangeRoutes { product, biller, change })
        };
        let routes = changed.iter().map(add).collect::<Result<Vec<_>, Refused>>()?;
        let outcomes = self.gateway.operate_all_as(&self.actor, routes).await?;
        for (product, outcome) in changed.iter_mut().zip(outcomes) {
            match outcome {
                Ok(_) => {}
                Err(CommandError::Refused(ChangeRoutesRefusal::RouteExists)) => {
                    product.import = ImportStep::Skip { why: CHANGED_MEANWHILE.to_owned() };
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Each listed product with what lunas has for it and what an import does.
fn planned(
    catalogue: &Catalogue,
    biller: BillerId,
    listed: Vec<ListedProduct>,
) -> Vec<BillerProduct> {
    let routed = RoutesTo::biller(biller, catalogue);
    let mut seen = BTreeSet::new();
    let with_plan = |listed: ListedProduct| {
        let products = routed.products(&listed.code);
        let step = match products.is_empty() {
            true => step(catalogue, biller, &listed),
            false => Ok(ImportStep::Nothing),
        };
        let import = match step {
            Ok(step) if step.is_change() && !seen.insert(listed.code.clone()) => {
                ImportStep::Skip { why: "the list has this code more than once".to_owned() }
            }
            Ok(step) => step,
            Err(why) => ImportStep::Skip { why: why.to_string() },
        };
        BillerProduct { listed, products, import }
    };
    listed.into_iter().map(with_plan).collect()
}

/// The products of lunas with a route to one biller, by the code there.
struct RoutesTo<'c>(BTreeMap<&'c str, Vec<RoutedProduct>>);

impl<'c> RoutesTo<'c> {
    fn biller(biller: BillerId, catalogue: &'c Catalogue) -> RoutesTo<'c> {
        let mut routed: BTreeMap<&str, Vec<RoutedProduct>> = BTreeMap::new();
        for product in catalogue.values() {
            let place = product.routes.iter().position(|route| route.biller == biller);
            let Some(place) = place else { continue };
            let route = &product.routes[place];
            let there = route.code_at_biller(&product.code);
            routed.entry(there.as_str()).or_default().push(RoutedProduct {
                code: product.code.to_string(),
                position: place + 1,
                active: product.active && route.active,
            });
        }
        RoutesTo(routed)
    }

    fn products(&self, code: &str) -> Vec<RoutedProduct> {
        self.0.get(code).cloned().unwrap_or_default()
    }
}

/// What an import does for a listed product without a route, or why it can do nothing.
fn step(
    catalogue: &Catalogue,
    biller: BillerId,
    listed: &ListedProduct,
) -> Result<ImportStep, Refused> {
    let code = ProductCode::new(&listed.code)
        .map_err(|malformed| Refused::because(format_args!("its code is not {malformed}")))?;
    let Some(known) = catalogue.get(&code) else {
        let new = new_product(listed)?;
        let (product, family) = (code.to_string(), Named(new.family));
        return Ok(ImportStep::AddProduct { product, family, active: new.active });
    };
    if let Some(route) = known.routes.iter().find(|route| route.biller == biller) {
        let there = route.code_at_biller(&known.code);
        return Err(Refused::because(format_args!(
            "{code} has a route to this biller under the code {there}; `lunas route set` changes it"
        )));
    }
    let families = &listed.families;
    if !families.is_empty() && !families.contains(&Named(known.family)) {
        return Err(Refused::because(format_args!(
            "lunas's {code} has the family {}, but this one has {}; `lunas route add` adds the route \
             if it is the same product",
            known.family.name(),
            names(families)
        )));
    }
    Ok(ImportStep::AddRoute { product: code.to_string() })
}

/// The product that is added for a listed one, without a route.
fn new_product(listed: &ListedProduct) -> Result<Product, Refused> {
    let code = ProductCode::new(&listed.code).map_err(Refused::because)?;
    let family = match listed.families[..] {
        [Named(family)] => family,
        [] => {
            return Err(Refused::because(format_args!(
                "its family is unknown; if lunas has it, `lunas product set {code} --create` and \
                 `lunas route add` add it"
            )));
        }
        _ => {
            return Err(Refused::because(format_args!(
                "its family can be {}; `lunas product set {code} --create` and `lunas route add` add it",
                names(&listed.families)
            )));
        }
    };
    let province = listed.province.as_deref().filter(|_| family == Family::Pdam);
    let province = province.map(|text| validate_line("a province", text, 100)).transpose()?;
    Ok(Product {
        name: printable(validate_line("a product's name", &listed.name, 100)?)?.into(),
        code,
        family,
        fee: a_sheet("its fee", listed.fee)?,
        fee_of_biller: true,
        commission: a_sheet("its commission", listed.commission)?,
        active: listed.open,
        hours: None,
        province: province.map(Into::into),
        below_cost: false,
        failover_payments: false,
        routes: Vec::new(),
    })
}

fn a_sheet(what: &str, rupiah: i64) -> Result<Rupiah, Refused> {
    amount(what, rupiah, bounds::A_SHEET)
}

fn names(families: &[Named<Family>]) -> String {
    let names: Vec<&str> = families.iter().map(|family| family.0.name()).collect();
    names.join(" or ")
}

fn listed(product: biller::ListedProduct) -> ListedProduct {
    let families = match product.family {
        ListedFamily::Certain(family) => vec![family],
        ListedFamily::OneOf(families) => families,
        ListedFamily::Unknown => Vec::new(),
    };
    ListedProduct {
        code: product.code.into(),
        name: product.name.into(),
        kind: product.kind.into(),
        category: product.category.into(),
        fee: product.fee.get(),
        commission: product.commission.get(),
        open: product.is_open,
        province: product.province.map(Into::into),
        note: product.note.map(Into::into),
        families: families.into_iter().map(Named).collect(),
    }
}

#[cfg(test)]
mod tests;
