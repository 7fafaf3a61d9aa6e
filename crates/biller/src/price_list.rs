//! What a biller sells: its price list.

use domain::{FailureReason, Family, Rupiah};

/// The most products of a list that is read.
pub const MAX_PRODUCTS: usize = 20_000;

/// A product of a biller's price list. Its texts come from the biller and are not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProduct {
    /// Its code at the biller.
    pub code: Box<str>,
    /// Its name for customers.
    pub name: Box<str>,
    /// Its type in the biller's words: `pdam` at IAK, the brand `PDAM` at Digiflazz.
    pub kind: Box<str>,
    /// Its category in the biller's words: `postpaid`, `Pascabayar`.
    pub category: Box<str>,
    /// What the customer pays on top of the bill, per sheet.
    pub fee: Rupiah,
    /// lunas's own part of the fee, per sheet.
    pub commission: Rupiah,
    /// Whether it can be bought at present.
    pub is_open: bool,
    /// The province of a water company.
    pub province: Option<Box<str>>,
    /// What else the biller says about it.
    pub note: Option<Box<str>>,
    /// Which kind of bill it has.
    pub family: ListedFamily,
}

/// Which family a listed product belongs to, as far as type and code tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedFamily {
    /// This one.
    Certain(Family),
    /// One of these; the list does not tell which.
    OneOf(Vec<Family>),
    /// None that lunas knows.
    Unknown,
}

/// Why there is no price list. Nothing is known about what the biller sells then: it is not an empty list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceListError {
    /// The biller has none.
    #[error("this biller has no price list")]
    NotKept,
    /// The biller refused to answer, for this reason.
    #[error("the biller refused to give its price list: {0}")]
    Refused(FailureReason),
    /// The biller was asked a short time ago.
    #[error(
        "the biller was asked too often: it gives its price list at most once in 5 minutes; try again \
         in 5 minutes"
    )]
    TooOften,
    /// There was no whole answer.
    #[error("the biller gave no whole price list: {why}")]
    Unreachable {
        /// What went wrong.
        why: Box<str>,
    },
}
