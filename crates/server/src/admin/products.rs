//! Products: list, change, add.

use std::collections::BTreeSet;

use domain::command::PutProduct;
use domain::{Catalogue, Family, Product, ProductCode, Rupiah, bounds};

use super::named::Named;
use super::request::ProductChange;
use super::response::FeeWarning;
use super::{Admin, Refused, amount, response, validate_line};

impl Admin {
    pub(super) fn list_products(
        &self,
        kind: Option<String>,
    ) -> Result<Vec<response::Product>, Refused> {
        if let Some(kind) = kind.as_deref() {
            let kinds: BTreeSet<_> = Family::all().map(Family::price_list_type).collect();
            if !kinds.contains(kind) {
                let kinds = Vec::from_iter(kinds).join(", ");
                let why = format_args!("there is no type {kind:?}; the types are {kinds}");
                return Err(Refused::because(why));
            }
        }
        let asked_for = |product: &Product| {
            kind.as_deref().is_none_or(|k| k == product.family.price_list_type())
        };
        let directory = self.gateway.reference_data();
        let products = directory.catalogue.values().filter(|product| asked_for(product));
        products.map(|product| self.product_view(product)).collect()
    }

    pub(super) async fn set_product(
        &self,
        change: ProductChange,
    ) -> Result<response::Product, Refused> {
        let mut product = changed(&self.gateway.reference_data().catalogue, change)?;
        if self.gateway.billers().get(sandbox::BILLER_ID).is_some() {
            // A product that exists keeps its routes.
            product.routes = vec![domain::Route::to(sandbox::BILLER_ID)];
        }
        let product = self.operate(PutProduct(product)).await?;
        self.product_view(&product)
    }

    fn product_view(&self, product: &Product) -> Result<response::Product, Refused> {
        let net_fee = product.net_fee().map_err(Refused::because)?;
        Ok(response::Product {
            code: product.code.to_string(),
            name: product.name.to_string(),
            kind: product.family.price_list_type().to_owned(),
            family: Named(product.family),
            fee: product.fee.get(),
            commission: product.commission.get(),
            net_fee: net_fee.get(),
            warning: if product.active { warning(product, net_fee) } else { None },
            active: product.active,
            hours: product.hours.map(Named),
            province: product.province.as_deref().map(str::to_owned),
            fee_of_biller: product.fee_of_biller,
            below_cost: product.below_cost,
            failover_payments: product.failover_payments,
            routes: self.routes_of(product),
        })
    }
}

/// A warning about the net fee of one bill sheet, if the net fee is not positive.
fn warning(product: &Product, net_fee: Rupiah) -> Option<FeeWarning> {
    match net_fee.get() {
        1.. => None,
        0 if product.fee == Rupiah::ZERO => Some(FeeWarning::NoFee),
        0 => Some(FeeWarning::NoNetFee),
        _ => Some(FeeWarning::Loss),
    }
}

/// The product after the change.
fn changed(catalogue: &Catalogue, change: ProductChange) -> Result<Product, Refused> {
    let code = ProductCode::new(&change.code);
    let code = code.map_err(|malformed| {
        Refused::because(format_args!("{:?} is not a product code: {malformed}", change.code))
    })?;
    let mut product = match (catalogue.get(&code), &change.create) {
        (Some(product), None) => Product::clone(product),
        (None, Some(family)) => new(code, family, change.name.is_some())?,
        (Some(_), Some(_)) => {
            let why =
                format_args!("the product {code} exists already; leave out --create to change it");
            return Err(Refused::because(why));
        }
        (None, None) => return Err(unknown(catalogue, &code)),
    };
    if let Some(name) = &change.name {
        product.name = printable(validate_line("a product's name", name, 100)?)?.into();
    }
    if let Some(province) = &change.province {
        if product.family != Family::Pdam {
            return Err(Refused::because("only a water company (family pdam) has a province"));
        }
        product.province = Some(validate_line("a province", province, 100)?.into());
    }
    reprice(&mut product, &change)?;
    product.active = change.active.unwrap_or(product.active);
    product.below_cost = change.below_cost.unwrap_or(product.below_cost);
    product.failover_payments = change.failover_payments.unwrap_or(product.failover_payments);
    if let Some(hours) = change.hours {
        product.hours = hours.checked()?;
    }
    Ok(product)
}

/// Sets the new fee and commission. A product that already loses money may keep its prices.
fn reprice(product: &mut Product, change: &ProductChange) -> Result<(), Refused> {
    let a_sheet = |what, rupiah: Option<i64>| {
        rupiah.map(|rupiah| amount(what, rupiah, bounds::A_SHEET)).transpose()
    };
    let fee = a_sheet("a fee", change.fee)?;
    let commission = a_sheet("a commission", change.commission)?;
    let is_changed = fee.is_some() || commission.is_some();
    product.fee_of_biller = match (fee, change.fee_of_biller) {
        (_, true) => true,
        (Some(_), false) => false,
        (None, false) => product.fee_of_biller,
    };
    product.fee = fee.unwrap_or(product.fee);
    product.commission = commission.unwrap_or(product.commission);
    let (fee, commission) = (product.fee, product.commission);
    if is_changed && commission > fee && !change.at_a_loss && !product.fee_of_biller {
        return Err(Refused::because(format_args!(
            "{} would be sold at a loss: for each bill sheet the partner keeps {commission}, but \
             the fee is only {fee}; lower --commission, raise --fee, or add --at-a-loss to allow \
             it",
            product.code
        )));
    }
    Ok(())
}

/// Checks that receipts can show this name.
pub(super) fn printable(name: &str) -> Result<&str, Refused> {
    match receipt::unprintable(name) {
        None => Ok(name),
        Some(c) => Err(Refused::because(format_args!(
            "a product's name is printed on receipts, which do not show {c:?} (U+{:04X}): write \
             it in Latin, Greek or Cyrillic letters",
            u32::from(c)
        ))),
    }
}

/// A new product: on, always open, without fee and commission.
fn new(code: ProductCode, family: &str, named: bool) -> Result<Product, Refused> {
    let Some(family) = Family::named(family) else {
        let families: Vec<_> = Family::all().map(Family::name).collect();
        let families = families.join(", ");
        let why = format_args!("there is no family {family:?}; the families are {families}");
        return Err(Refused::because(why));
    };
    if !named {
        return Err(Refused::because("a new product needs a name"));
    }
    Ok(Product {
        name: code.as_str().into(),
        code,
        family,
        fee: Rupiah::ZERO,
        commission: Rupiah::ZERO,
        active: true,
        hours: None,
        province: None,
        fee_of_biller: false,
        below_cost: false,
        failover_payments: false,
        routes: Vec::new(),
    })
}

/// The error for an unknown product, with the most similar codes.
pub(super) fn unknown(catalogue: &Catalogue, code: &ProductCode) -> Refused {
    let wanted = code.as_str().to_uppercase();
    let distance = |known: &str| match known.to_uppercase() {
        known if known.starts_with(&wanted) => 1,
        known => strsim::damerau_levenshtein(&known, &wanted),
    };
    let near = |known: &&ProductCode| distance(known.as_str()) <= 1 + wanted.len() / 4;
    let mut nearest: Vec<_> = catalogue.keys().filter(near).map(ProductCode::as_str).collect();
    nearest.sort_by_key(|known| distance(known));
    nearest.truncate(3);
    let hint = match nearest.as_slice() {
        [] => "`lunas product list` names them all".to_owned(),
        nearest => format!("did you mean {}?", nearest.join(", ")),
    };
    Refused::because(format_args!("there is no product {code}; {hint}"))
}
