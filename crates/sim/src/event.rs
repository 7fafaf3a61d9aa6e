//! The logs of a run: what a partner, the biller, an operator saw, and the rows of the store.
//!
//! They hold numbers and words, and nothing of the types that the gateway decides with. They are all
//! that the auditor reads, and the story that a failure prints.

use std::fmt;

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The partners' log: a request leaves.
    Sent {
        /// Its number.
        request: u64,
        /// Who asks; 0 is nobody.
        partner: i64,
        /// For what.
        ask: Ask,
    },
    /// A gateway gave its answer to a request.
    Answered {
        /// Which request.
        request: u64,
        /// The answer.
        answer: Answer,
    },
    /// The answer reached the partner.
    Received {
        /// Which request.
        request: u64,
    },
    /// A callback reached the partner.
    CalledBack {
        /// About which transaction.
        tr_id: i64,
        /// How it stands, as the callback says.
        state: &'static str,
    },
    /// The biller's log: a gateway calls it to pay.
    Called {
        /// For which transaction.
        tr_id: i64,
        /// How much.
        nominal: i64,
    },
    /// It took the money.
    Took {
        /// For which transaction.
        tr_id: i64,
    },
    /// It will never take the money.
    Declined {
        /// For which transaction.
        tr_id: i64,
    },
    /// A gateway heard it say so.
    Told {
        /// About which transaction.
        tr_id: i64,
        /// What it said.
        said: Said,
    },
    /// It says the opposite of what it did.
    Lies {
        /// About which transaction.
        tr_id: i64,
    },
    /// The operators' log: a payment is ended by hand.
    ByHand {
        /// Which payment.
        tr_id: i64,
        /// Whether it was paid, as the biller said on the phone.
        paid: bool,
    },
    /// A deposit is topped up.
    PaidIn {
        /// Whose deposit.
        partner: i64,
        /// How much.
        amount: i64,
        /// The number of the order, which the row's note and its reference repeat.
        order: u64,
    },
    /// An operator is told that a top-up is done.
    Booked {
        /// The number of its order.
        order: u64,
    },
    /// An operator is told that a top-up was done before.
    BookedBefore {
        /// The number of its order.
        order: u64,
        /// The number of the top-up.
        deposit: i64,
    },
    /// A deposit is asked to be taken back.
    TakenBack {
        /// The number of its top-up.
        deposit: i64,
    },
    /// An operator is told that it is.
    TakenBackDone {
        /// The number of the top-up.
        deposit: i64,
    },
    /// A command is sent that must be refused by the schema, and nothing else may be.
    Planted {
        /// Its number, which is taken.
        tr_id: i64,
    },
    /// The store's log: a row was written by the commit that ends next.
    Wrote(Row),
    /// Everything written since the last commit is durable.
    Committed,
    /// The schema refused a batch, and none of it was written.
    Undone {
        /// How many changes it had.
        changes: u64,
        /// Whose key was taken; nothing where a deposit was below its limit.
        tr_id: Option<i64>,
    },
    /// A process died.
    Died {
        /// Which gateway.
        node: u64,
        /// Where.
        at: Box<str>,
    },
    /// A process started.
    Started {
        /// Which gateway.
        node: u64,
    },
    /// A clock jumped.
    Jumped {
        /// Of which gateway.
        node: u64,
        /// How far, in seconds.
        seconds: i64,
    },
    /// No further fault strikes.
    FaultsEnd,
    /// A task panicked.
    Panicked {
        /// Its words.
        words: Box<str>,
    },
}

/// What a partner asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// What a customer owes.
    Inquire {
        /// The partner's number for it.
        ref_id: Box<str>,
        /// The customer.
        customer_no: Box<str>,
    },
    /// That a bill be paid.
    Pay {
        /// The transaction.
        tr_id: i64,
    },
    /// How a transaction stands.
    Status {
        /// The partner's number of it.
        ref_id: Box<str>,
    },
}

/// What a gateway answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A new bill.
    Bill {
        /// Its number.
        tr_id: i64,
        /// What it costs the partner.
        price: i64,
    },
    /// How a transaction stands: the answer 00, 01 or a failure if it is final, 39 if it is open.
    Stands {
        /// Its number.
        tr_id: i64,
        /// The partner's number of it.
        ref_id: Box<str>,
        /// Its state.
        state: &'static str,
        /// The biller's reference number; empty until paid.
        receipt_no: Box<str>,
        /// Why it failed.
        reason: Option<u16>,
        /// The deposit that the answer names, once final.
        balance: Option<i64>,
    },
    /// Nothing was done, and why.
    Refused {
        /// The words.
        why: Box<str>,
    },
    /// Nobody knows.
    Unknown,
}

/// What a biller says about a payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// It was paid.
    Paid,
    /// It was not and will not be.
    Failed,
    /// It does not know it.
    NotFound {
        /// And never will.
        is_final: bool,
    },
    /// Nothing that says what happened.
    Nothing,
}

/// A row of the store, in numbers and words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// A partner, new or changed.
    Partner {
        /// Its number.
        id: i64,
        /// The limit of its deposit.
        min_balance: i64,
    },
    /// A recorded bill.
    Inquiry {
        /// Its number.
        tr_id: i64,
        /// Whose.
        partner: i64,
        /// The partner's number for it.
        ref_id: Box<str>,
        /// Product, customer and period.
        bill: Box<str>,
        /// What the biller gets.
        nominal: i64,
        /// The fee.
        admin: i64,
        /// The partner's part of it.
        commission: i64,
    },
    /// A payment as it stands now.
    Payment {
        /// Its number.
        tr_id: i64,
        /// Whose.
        partner: i64,
        /// Who is paid.
        biller: i64,
        /// Its state.
        state: &'static str,
        /// The biller's reference number.
        receipt_no: Box<str>,
        /// Why it failed.
        reason: Option<u16>,
        /// Why it is open.
        because: Option<Box<str>>,
    },
    /// What is known about a payment whose outcome is not, or is contradicted.
    PendingFollowUp {
        /// Its number.
        tr_id: i64,
        /// Why an operator must look.
        review_reason: Option<&'static str>,
    },
    /// A deposit that was paid in.
    Deposit {
        /// Its number.
        tr_id: i64,
        /// Whose.
        partner: i64,
        /// How much.
        amount: i64,
        /// Its note.
        note: Box<str>,
        /// What it is known by.
        reference: Option<Box<str>>,
    },
    /// A deposit that was taken back.
    Reversal {
        /// Its number.
        tr_id: i64,
        /// Whose.
        partner: i64,
        /// The top-up that it takes back.
        deposit: i64,
        /// How much.
        amount: i64,
    },
    /// A posting. Accounts are numbered as in the schema: the kind in the lowest three bits, the
    /// owner above.
    Posting {
        /// Its transaction.
        tr_id: i64,
        /// 1 for what sets money aside or pays it in, 2 for what ends a payment.
        step: u8,
        /// The account.
        account: i64,
        /// How much.
        amount: i64,
    },
    /// A balance as it is now.
    Balance {
        /// The account.
        account: i64,
        /// How much.
        amount: i64,
    },
}

impl Event {
    /// The transaction that it is about.
    pub fn about(&self) -> Option<i64> {
        match self {
            Event::Sent { ask: Ask::Pay { tr_id }, .. }
            | Event::Answered {
                answer: Answer::Bill { tr_id, .. } | Answer::Stands { tr_id, .. },
                ..
            }
            | Event::CalledBack { tr_id, .. }
            | Event::Called { tr_id, .. }
            | Event::Took { tr_id }
            | Event::Declined { tr_id }
            | Event::Told { tr_id, .. }
            | Event::Lies { tr_id }
            | Event::ByHand { tr_id, .. }
            | Event::Wrote(
                Row::Inquiry { tr_id, .. }
                | Row::Payment { tr_id, .. }
                | Row::PendingFollowUp { tr_id, .. }
                | Row::Deposit { tr_id, .. }
                | Row::Reversal { tr_id, .. }
                | Row::Posting { tr_id, .. },
            ) => Some(*tr_id),
            _ => None,
        }
    }

    /// Whether it concerns everything.
    pub fn is_of_all(&self) -> bool {
        matches!(
            self,
            Event::Died { .. }
                | Event::Started { .. }
                | Event::Jumped { .. }
                | Event::FaultsEnd
                | Event::Panicked { .. }
        )
    }
}

/// Who, and what.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self {
            Event::Sent { .. } | Event::Received { .. } | Event::CalledBack { .. } => "partner",
            Event::Answered { .. } | Event::Died { .. } | Event::Started { .. } => "gateway",
            Event::Jumped { .. } | Event::FaultsEnd | Event::Panicked { .. } => "world",
            Event::Called { .. }
            | Event::Took { .. }
            | Event::Declined { .. }
            | Event::Told { .. }
            | Event::Lies { .. } => "biller",
            Event::ByHand { .. }
            | Event::PaidIn { .. }
            | Event::Booked { .. }
            | Event::BookedBefore { .. }
            | Event::TakenBack { .. }
            | Event::TakenBackDone { .. }
            | Event::Planted { .. } => "operator",
            Event::Wrote(_) | Event::Committed | Event::Undone { .. } => "store",
        };
        match self {
            Event::Wrote(row) => write!(f, "{who:8} {row:?}"),
            event => write!(f, "{who:8} {event:?}"),
        }
    }
}
