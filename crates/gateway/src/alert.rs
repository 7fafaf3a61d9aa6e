//! What an operator must hear of at once.

use domain::{ProductCode, ReviewReason, Rupiah, TrId};

/// Something that needs an operator. It holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// A biller is not asked any more.
    CircuitOpened {
        /// Its name.
        biller: Box<str>,
        /// Why.
        reason: Box<str>,
    },
    /// A biller is asked again.
    CircuitClosed {
        /// Its name.
        biller: Box<str>,
    },
    /// lunas's balance at a biller fell below the limit.
    BillerBalanceLow {
        /// Its name.
        biller: Box<str>,
        /// The balance.
        balance: Rupiah,
    },
    /// lunas's balance at a biller changed by an amount that the books do not explain.
    BillerBalanceDifference {
        /// Its name.
        biller: Box<str>,
        /// What the balance fell by beyond the books; negative if it rose, as after a top-up.
        unexplained: Rupiah,
    },
    /// A bill was not sold because it costs more than the partner pays.
    BelowCost {
        /// The product.
        code: ProductCode,
        /// What the biller takes.
        cost: Rupiah,
        /// The bill without fee.
        nominal: Rupiah,
    },
    /// A biller says the opposite of how a payment ended.
    Contradiction {
        /// The payment.
        tr_id: TrId,
    },
    /// A payment needs manual review.
    NeedsReview {
        /// The payment.
        tr_id: TrId,
        /// Why.
        why: ReviewReason,
    },
}

impl Alert {
    /// Its name: `circuit-opened`, `circuit-closed`, `biller-balance-low`, `biller-balance-difference`, `below-cost`,
    /// `contradiction` or `needs-review`.
    pub const fn name(&self) -> &'static str {
        match self {
            Alert::CircuitOpened { .. } => "circuit-opened",
            Alert::CircuitClosed { .. } => "circuit-closed",
            Alert::BillerBalanceLow { .. } => "biller-balance-low",
            Alert::BillerBalanceDifference { .. } => "biller-balance-difference",
            Alert::BelowCost { .. } => "below-cost",
            Alert::Contradiction { .. } => "contradiction",
            Alert::NeedsReview { .. } => "needs-review",
        }
    }
}
