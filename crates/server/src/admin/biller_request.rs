//! Requests about billers and routes. Nothing in them is validated yet.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::listed_product::ListedProduct;
use super::opening::OpeningHours;

/// The most products of one import. A longer list takes several requests, and other operators have their turn
/// between two of them.
pub(crate) const MAX_IMPORT: usize = 50;

/// A request about billers on a network. It may hold an API key, so it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum BillerRequest {
    /// Adds a biller, after a harmless call unless that is left out.
    Add(Box<NewBiller>),
    /// All billers with their states.
    List,
    /// One biller.
    Show { name: String },
    /// Changes the address or limits of a biller.
    Set(Box<BillerPatch>),
    /// Leaves a biller out of new inquiries, or asks it again.
    Pause { name: String, paused: bool },
    /// Replaces lunas's API key at a biller, after a harmless call with the new one.
    RotateKey {
        name: String,
        #[serde(with = "super::secret_serde")]
        api_key: Option<SecretString>,
        is_checked: bool,
    },
    /// Sets or removes the secret of a biller's webhooks.
    SetWebhookSecret {
        name: String,
        #[serde(with = "super::secret_serde")]
        secret: Option<SecretString>,
    },
    /// Asks a biller for lunas's balance there.
    Balance { name: String },
    /// Asks a biller for its price list: the products of one type in its own words, or all.
    Products { name: String, kind: Option<String> },
    /// Adds routes to listed products of a biller, and products for those that lunas does not sell.
    Import { name: String, products: Vec<ListedProduct> },
}

/// A biller to add.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBiller {
    pub(crate) name: String,
    /// `iak` or `digiflazz`.
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) prepaid_url: Option<String>,
    /// lunas's name there.
    pub(crate) username: String,
    /// lunas's key there; always given.
    #[serde(with = "super::secret_serde")]
    pub(crate) api_key: Option<SecretString>,
    #[serde(with = "super::secret_serde")]
    pub(crate) webhook_secret: Option<SecretString>,
    pub(crate) testing: bool,
    pub(crate) deadline_seconds: u16,
    pub(crate) concurrency: u16,
    /// Whether the address may be plain http to another machine.
    pub(crate) allow_plain_http: bool,
    /// Whether a harmless call is made first.
    pub(crate) is_checked: bool,
}

/// Changes of a biller; `None` leaves a value as it is.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BillerPatch {
    pub(crate) name: String,
    pub(crate) url: Option<String>,
    pub(crate) prepaid_url: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) testing: Option<bool>,
    pub(crate) deadline_seconds: Option<u16>,
    pub(crate) concurrency: Option<u16>,
    pub(crate) allow_plain_http: bool,
    pub(crate) is_checked: bool,
}

/// A request about the routes of products.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum RouteRequest {
    /// Adds a route; without a position, at the end.
    Add {
        product: String,
        biller: String,
        code: Option<String>,
        position: Option<usize>,
        hours: Option<OpeningHours>,
    },
    /// The routes of one product or of all.
    List { product: Option<String> },
    /// Changes a route; `None` leaves a value as it is.
    Set {
        product: String,
        biller: String,
        code: Option<String>,
        position: Option<usize>,
        hours: Option<OpeningHours>,
        active: Option<bool>,
    },
    /// Removes a route.
    Remove { product: String, biller: String },
}

impl BillerRequest {
    /// The name in the log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            BillerRequest::Add(_) => "biller add",
            BillerRequest::List => "biller list",
            BillerRequest::Show { .. } => "biller show",
            BillerRequest::Set(_) => "biller set",
            BillerRequest::Pause { paused: true, .. } => "biller pause",
            BillerRequest::Pause { paused: false, .. } => "biller resume",
            BillerRequest::RotateKey { .. } => "biller rotate-key",
            BillerRequest::SetWebhookSecret { .. } => "biller webhook-secret",
            BillerRequest::Balance { .. } => "biller balance",
            BillerRequest::Products { .. } => "biller products",
            BillerRequest::Import { .. } => "biller products --import",
        }
    }
}

impl RouteRequest {
    /// The name in the log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            RouteRequest::Add { .. } => "route add",
            RouteRequest::List { .. } => "route list",
            RouteRequest::Set { .. } => "route set",
            RouteRequest::Remove { .. } => "route remove",
        }
    }
}
