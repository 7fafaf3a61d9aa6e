//! What an operator books for a partner: deposits, reversals, withdrawals and adjustments.

use crate::{Moment, PartnerId, Rupiah, TrId, TransferReference};

/// A deposit of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deposit {
    pub tr_id: TrId,
    pub partner: PartnerId,
    pub amount: Rupiah,
    /// The operator's note.
    pub note: Box<str>,
    /// Unique per partner.
    pub reference: Option<TransferReference>,
    pub at: Moment,
}

/// The reversal of a deposit, in full.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reversal {
    pub tr_id: TrId,
    pub partner: PartnerId,
    /// The number of the deposit.
    pub deposit: TrId,
    /// The amount of the deposit.
    pub amount: Rupiah,
    /// The operator's reason.
    pub reason: Box<str>,
    pub at: Moment,
}

/// A withdrawal or an adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BalanceChange {
    pub tr_id: TrId,
    pub partner: PartnerId,
    pub kind: BalanceChangeKind,
    /// What it adds to the balance: negative if it lowers the balance. A withdrawal always does.
    pub amount: Rupiah,
    /// The operator's reason.
    pub reason: Box<str>,
    /// Of a withdrawal only; unique per partner.
    pub reference: Option<TransferReference>,
    pub at: Moment,
}

/// The kind of a [`BalanceChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BalanceChangeKind {
    /// Money is paid back to the partner.
    Withdrawal,
    /// The balance is corrected.
    Adjustment,
}

impl BalanceChangeKind {
    /// Its name in reports and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            BalanceChangeKind::Withdrawal => "withdrawal",
            BalanceChangeKind::Adjustment => "adjustment",
        }
    }

    /// The kind with that name.
    pub fn named(name: &str) -> Option<BalanceChangeKind> {
        let kinds = [BalanceChangeKind::Withdrawal, BalanceChangeKind::Adjustment];
        kinds.into_iter().find(|kind| kind.name() == name)
    }
}
