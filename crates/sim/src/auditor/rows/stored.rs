//! The rows, by their numbers.

use std::collections::BTreeMap;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) floors: BTreeMap<i64, i64>,
    pub(super) inquiries: BTreeMap<i64, Inquiry>,
    /// The attempts of payments after their first ones.
    pub(super) attempts: BTreeMap<i64, Vec<Attempt>>,
    pub(super) payments: BTreeMap<i64, Payment>,
    /// The reason for the manual review of a payment.
    pub(super) review_reason: BTreeMap<i64, &'static str>,
    pub(super) deposits: BTreeMap<i64, (i64, i64)>,
    /// Reversals: the partner, the reversed deposit, and the amount.
    pub(super) reversals: BTreeMap<i64, (i64, i64, i64)>,
    /// Withdrawals and adjustments: whether it is a withdrawal, the partner, and the amount.
    pub(super) balance_changes: BTreeMap<i64, (bool, i64, i64)>,
    pub(super) postings: BTreeMap<i64, Vec<(u8, i64, i64)>>,
    pub(super) balances: BTreeMap<i64, i64>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inquiry {
    pub(super) partner: i64,
    pub(super) ref_id: Box<str>,
    pub(super) bill: Box<str>,
    pub(super) nominal: i64,
    pub(super) admin: i64,
    pub(super) commission: i64,
    /// At the biller that answered.
    pub(super) first: Attempt,
}

/// What a biller is asked to pay.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) biller: i64,
    /// The biller's handle, and lunas's reference.
    pub(super) reference: Box<str>,
    pub(super) ours: Box<str>,
    pub(super) cost: Option<i64>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) partner: i64,
    pub(super) biller: i64,
    pub(super) state: &'static str,
    pub(super) receipt_no: Box<str>,
    pub(super) reason: Option<&'static str>,
    pub(super) because: Option<Box<str>>,
}

impl Attempt {
    pub(super) fn new(biller: i64, reference: &str, ours: &str, cost: Option<i64>) -> Attempt {
        Attempt { biller, reference: reference.into(), ours: ours.into(), cost }
    }
}
