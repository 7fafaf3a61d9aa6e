//! The rows of the store in the log.

/// A row of the store, as numbers and texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// A partner, new or changed.
    Partner {
        /// The number.
        id: i64,
        /// Its minimum balance.
        min_balance: i64,
    },
    /// A recorded bill.
    Inquiry {
        /// The number.
        tr_id: i64,
        /// The partner.
        partner: i64,
        /// The partner's reference.
        ref_id: Box<str>,
        /// Product, customer and period.
        bill: Box<str>,
        /// The amount for the biller.
        nominal: i64,
        /// The fee.
        admin: i64,
        /// The partner's commission.
        commission: i64,
        /// The biller that answered.
        biller: i64,
        /// Its handle of the inquiry.
        reference: Box<str>,
        /// lunas's reference, under which it was asked.
        ours: Box<str>,
        /// What it will take, if it said so.
        cost: Option<i64>,
    },
    /// An attempt of a payment after its first one, which is at the biller of the inquiry.
    Attempt {
        /// The number of the transaction.
        tr_id: i64,
        /// Its place among the attempts of the payment; the first later one is 2.
        number: u32,
        /// The biller that answered.
        biller: i64,
        /// Its handle of the inquiry.
        reference: Box<str>,
        /// lunas's reference, under which it was asked.
        ours: Box<str>,
        /// What it will take, if it said so.
        cost: Option<i64>,
        /// Why the attempt before it failed.
        after: &'static str,
    },
    /// A payment with its current state.
    Payment {
        /// The number.
        tr_id: i64,
        /// The partner.
        partner: i64,
        /// The biller of the current attempt.
        biller: i64,
        /// The state.
        state: &'static str,
        /// The biller's receipt number.
        receipt_no: Box<str>,
        /// Why it failed or, while it is paying, why its current attempt failed.
        reason: Option<&'static str>,
        /// Why it is pending.
        because: Option<Box<str>>,
    },
    /// The follow-up of a payment that is pending or contradicted.
    PendingFollowUp {
        /// The number.
        tr_id: i64,
        /// The reason for manual review.
        review_reason: Option<&'static str>,
    },
    /// A booked deposit.
    Deposit {
        /// The number.
        tr_id: i64,
        /// The partner.
        partner: i64,
        /// The amount.
        amount: i64,
        /// The note.
        note: Box<str>,
        /// The reference.
        reference: Option<Box<str>>,
    },
    /// A withdrawal or an adjustment.
    BalanceChange {
        /// The number.
        tr_id: i64,
        /// The partner.
        partner: i64,
        /// Which of them.
        kind: &'static str,
        /// What it adds to the balance.
        amount: i64,
        /// The operator's reason: the number of the order.
        reason: Box<str>,
        /// The reference of a withdrawal.
        reference: Option<Box<str>>,
    },
    /// A reversal of a deposit.
    Reversal {
        /// The number.
        tr_id: i64,
        /// The partner.
        partner: i64,
        /// The reversed deposit.
        deposit: i64,
        /// The amount.
        amount: i64,
    },
    /// A posting. Accounts are numbered as in the schema: the kind in the lowest three bits, the
    /// owner in the others.
    Posting {
        /// The transaction.
        tr_id: i64,
        /// 1 for holds, deposits and reversals, 2 for posts and voids.
        step: u8,
        /// The account.
        account: i64,
        /// The amount.
        amount: i64,
    },
    /// A current balance.
    Balance {
        /// The account.
        account: i64,
        /// The amount.
        amount: i64,
    },
}
