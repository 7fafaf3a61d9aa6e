//! Products of a biller's price list, beside those of lunas.

use domain::Family;
use serde::{Deserialize, Serialize};

use super::named::Named;

/// A product of a biller's price list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListedProduct {
    /// Its code at the biller.
    pub(crate) code: String,
    pub(crate) name: String,
    /// Its type in the biller's words.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Its category in the biller's words.
    pub(crate) category: String,
    /// What the customer pays on top of the bill, per bill sheet.
    pub(crate) fee: i64,
    /// lunas's part of the fee, per bill sheet.
    pub(crate) commission: i64,
    /// Whether it can be bought at present.
    pub(crate) open: bool,
    /// The province of a water company.
    pub(crate) province: Option<String>,
    /// What else the biller says about it.
    pub(crate) note: Option<String>,
    /// The families that it can have: one if that is certain, none if it is unknown.
    pub(crate) families: Vec<Named<Family>>,
}

/// A product of a biller's price list, and what lunas has for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BillerProduct {
    #[serde(flatten)]
    pub(crate) listed: ListedProduct,
    /// lunas's products with a route to this code.
    pub(crate) products: Vec<RoutedProduct>,
    /// What an import does for it, or did.
    pub(crate) import: ImportStep,
}

/// A product of lunas with a route to a listed product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoutedProduct {
    pub(crate) code: String,
    /// The place of the route, from 1.
    pub(crate) position: usize,
    /// Whether the product and the route are on.
    pub(crate) active: bool,
}

/// What an import does for a listed product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum ImportStep {
    /// Nothing: there is a route to it.
    Nothing,
    /// Adds a route to a product that lunas has.
    AddRoute { product: String },
    /// Adds a product with a route.
    AddProduct { product: String, family: Named<Family>, active: bool },
    /// Nothing: it cannot be imported.
    Skip { why: String },
}

/// The price list of a biller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BillerProducts {
    pub(crate) biller: String,
    /// The type that was asked for; `None`: all.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Whether the steps were done.
    pub(crate) imported: bool,
    pub(crate) products: Vec<BillerProduct>,
}

impl ImportStep {
    /// Whether it changes something.
    pub(crate) const fn is_change(&self) -> bool {
        matches!(self, ImportStep::AddRoute { .. } | ImportStep::AddProduct { .. })
    }
}
