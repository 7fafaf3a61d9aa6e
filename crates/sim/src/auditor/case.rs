//! What is known about a transaction, besides its rows.

use std::collections::BTreeMap;

use crate::event::{Answer, BillerReply};

/// The reason of a payment that was not sent.
const NOT_SENT: &str = "biller-unavailable";

#[derive(Debug, Default)]
pub(super) struct Case {
    /// Its orders by biller: each attempt is at another one.
    pub(super) orders: BTreeMap<i64, Order>,
    /// Why its current attempt has failed by the last commit, and the line of that commit.
    pub(super) failure: Option<(&'static str, u64)>,
    /// Whether it was in manual review because a biller contradicts what the books say.
    pub(super) was_contradicted: bool,
    pub(super) by_hand: Option<bool>,
    /// Whether an operator used its number for a command that must be refused.
    pub(super) used_by_bad_command: bool,
    pub(super) billed: bool,
    /// Whether the payment became pending, and whether a callback reported its result.
    pub(super) left_open: bool,
    pub(super) called_back: bool,
    /// The line at which it was recorded, and at which it was begun.
    pub(super) recorded: u64,
    pub(super) begun: Option<u64>,
    /// The final answer that was given, and the line at which a partner first received it.
    pub(super) ended: Option<Answer>,
    pub(super) final_received: Option<u64>,
}

/// What a biller was asked to pay in one attempt, and what it did and said.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// How often a gateway called the biller to pay it.
    pub(super) calls: u32,
    /// How often the biller took the money.
    pub(super) took: u32,
    pub(super) declined: bool,
    pub(super) contradicted: bool,
    pub(super) reported_paid: bool,
    pub(super) reported_failed: bool,
    /// How many times in a row the biller promised that it will never execute it.
    never_found: u32,
    /// Whether the biller gave another answer since. It is not recorded yet, and it is lost if the
    /// gateway dies before.
    has_newer_reply: bool,
}

impl Case {
    /// The order at this biller.
    pub(super) fn order(&mut self, biller: i64) -> &mut Order {
        self.orders.entry(biller).or_default()
    }
}

impl Order {
    /// The biller gave an answer about it.
    pub(super) fn answered(&mut self, said: &BillerReply) {
        let promised = matches!(said, BillerReply::NotFound { is_final: true });
        self.never_found += u32::from(promised);
        self.has_newer_reply = !promised;
        match said {
            BillerReply::Paid => self.reported_paid = true,
            BillerReply::Failed => self.reported_failed = true,
            BillerReply::NotFound { .. } | BillerReply::Nothing => {}
        }
    }

    /// A gateway has recorded the latest answer.
    pub(super) fn reply_recorded(&mut self) {
        if std::mem::take(&mut self.has_newer_reply) {
            self.never_found = 0;
        }
    }

    /// Whether its biller has certainly not taken it, as far as it says, or it was not sent.
    pub(super) fn has_failed(&self, reason: Option<&str>) -> bool {
        let unsent = self.calls == 0 && reason == Some(NOT_SENT);
        // A biller that promised twice that it will never execute a payment has refused it.
        self.reported_failed || self.never_found >= 2 || unsent
    }
}
