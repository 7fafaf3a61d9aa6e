//! Billers on a network as an operator set them up: address, credentials, limits.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::partner::SealedKey;
use crate::{BillerId, Moment, Username};

/// A biller on a network, and how it is called.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BillerSettings {
    pub id: BillerId,
    /// Its name in commands and reports, unique among all billers.
    pub name: BillerName,
    pub kind: BillerKind,
    /// The base address of its API, such as `https://mobilepulsa.net` or `https://api.digiflazz.com/v1`.
    pub url: Box<str>,
    /// Where the balance is asked for, if not at `url`.
    pub prepaid_url: Option<Box<str>>,
    /// Since when address, name and mode are these. A bill that was asked for before is not paid, because its
    /// number may be somebody else's there.
    pub account_since: Moment,
    /// lunas's name there.
    pub username: Username,
    /// lunas's key there.
    pub api_key: SealedKey,
    /// The secret of its webhooks. Without one no webhook is accepted.
    pub webhook_secret: Option<SealedKey>,
    /// Whether it is called in its test mode.
    pub testing: bool,
    /// The longest time for a call.
    pub deadline: Duration,
    /// The most calls at a time.
    pub concurrency: u16,
    /// Whether it is left out of new inquiries.
    pub paused: bool,
    pub created_at: Moment,
}

/// All billers on a network, by number.
pub type BillerDirectory = BTreeMap<BillerId, Arc<BillerSettings>>;

/// The API that a biller speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillerKind {
    /// IAK's postpaid API.
    Iak,
    /// Digiflazz's API for buyers.
    Digiflazz,
}

impl BillerKind {
    /// All kinds.
    pub const ALL: [BillerKind; 2] = [BillerKind::Iak, BillerKind::Digiflazz];

    /// Its name on the command line and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            BillerKind::Iak => "iak",
            BillerKind::Digiflazz => "digiflazz",
        }
    }

    /// The kind with that name.
    pub fn named(name: &str) -> Option<BillerKind> {
        BillerKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The name of a biller. It is a part of its webhook's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillerName(Box<str>);

/// A name that is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a biller has 1 to 32 small letters, digits or -, begins with a letter, and is not sandbox \
     or unknown"
)]
pub struct BadBillerName;

impl BillerName {
    /// Checks a name.
    pub fn new(text: &str) -> Result<BillerName, BadBillerName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        // What lunas itself calls billers.
        let is_free = !matches!(text, "sandbox" | "unknown");
        match begins && is_free && text.len() <= 32 && text.bytes().all(allowed) {
            true => Ok(BillerName(text.into())),
            false => Err(BadBillerName),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BillerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without keys.
impl fmt::Debug for BillerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BillerSettings")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_a_part_of_an_address() {
        for good in ["iak", "digiflazz-2", "a", &"x".repeat(32)] {
            assert_eq!(BillerName::new(good).unwrap().as_str(), good);
        }
        for bad in
            ["sandbox", "unknown", "", "IAK", "2iak", "-a", "a/b", "a b", "é", &"x".repeat(33)]
        {
            assert_eq!(BillerName::new(bad), Err(BadBillerName), "{bad:?}");
        }
    }

    #[test]
    fn every_kind_is_parsed_back() {
        for kind in BillerKind::ALL {
            assert_eq!(BillerKind::named(kind.name()), Some(kind));
        }
        assert_eq!(BillerKind::named("IAK"), None);
    }
}
