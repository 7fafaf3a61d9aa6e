//! The log of a run: what partners, the biller and operators saw, and the rows of the store.
//!
//! It contains only numbers and texts, and none of the gateway's types. It is all that the auditor
//! reads, and what a failure prints.

mod row;

use std::fmt;

pub use row::Row;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Partner: a request is sent.
    Sent {
        /// The number of the request.
        request: u64,
        /// The partner; 0 is an unknown one.
        partner: i64,
        /// The request.
        ask: PartnerRequest,
    },
    /// A gateway answered a request.
    Answered {
        /// The request.
        request: u64,
        /// The answer.
        answer: Answer,
    },
    /// The answer reached the partner.
    Received {
        /// The request.
        request: u64,
    },
    /// A callback reached the partner.
    CalledBack {
        /// The transaction.
        tr_id: i64,
        /// The state in the callback.
        state: &'static str,
    },
    /// Biller: an answer to an inquiry.
    Quoted {
        /// The biller.
        biller: i64,
        /// Its handle of the inquiry.
        reference: Box<str>,
        /// lunas's reference, under which it was asked.
        ours: Box<str>,
        /// The amount.
        nominal: i64,
        /// What it will take, if it says so.
        cost: Option<i64>,
    },
    /// Biller: a gateway calls it to pay.
    Called {
        /// The transaction.
        tr_id: i64,
        /// The biller that is called.
        biller: i64,
        /// The handle that the gateway presents.
        reference: Box<str>,
        /// lunas's reference that it presents.
        ours: Box<str>,
        /// The amount.
        nominal: i64,
    },
    /// The biller took the money.
    Took {
        /// The transaction.
        tr_id: i64,
        /// The biller.
        biller: i64,
    },
    /// The biller will never take the money.
    Declined {
        /// The transaction.
        tr_id: i64,
        /// The biller.
        biller: i64,
    },
    /// The biller answered a gateway, or told it the outcome without being asked.
    BillerAnswered {
        /// The transaction.
        tr_id: i64,
        /// The biller.
        biller: i64,
        /// The answer.
        said: BillerReply,
    },
    /// The biller says the opposite of what it did.
    Contradicted {
        /// The transaction.
        tr_id: i64,
        /// The biller.
        biller: i64,
    },
    /// A gateway took a biller's report about an order, or refused it.
    Reported {
        /// The transaction.
        tr_id: i64,
        /// The biller of the order.
        biller: i64,
        /// Whether the report says that it was paid.
        is_paid: bool,
        /// Whether the report names something else than the order.
        is_misfit: bool,
        /// What became of it.
        result: &'static str,
    },
    /// Operator: a payment is resolved by hand.
    ByHand {
        /// The payment.
        tr_id: i64,
        /// The biller of its current attempt, which was asked by phone.
        biller: i64,
        /// Whether the biller said that it was paid.
        paid: bool,
    },
    /// A deposit, a withdrawal or an adjustment is ordered.
    BookingOrdered {
        /// Which of them.
        kind: &'static str,
        /// The partner.
        partner: i64,
        /// What it adds to the balance.
        amount: i64,
        /// The number of the order; it is also the row's note or reason, and part of its reference.
        order: u64,
    },
    /// The operator was told that it is booked.
    BookingConfirmed {
        /// The number of its order.
        order: u64,
    },
    /// The operator was told that it was booked before.
    BookingKnown {
        /// The number of its order.
        order: u64,
        /// Its transaction number.
        tr_id: i64,
    },
    /// A reversal of a deposit is ordered.
    ReversalOrdered {
        /// The transaction number of the deposit.
        deposit: i64,
    },
    /// The operator was told that the deposit is reversed.
    ReversalConfirmed {
        /// The transaction number of the deposit.
        deposit: i64,
    },
    /// A command is sent that only the schema can refuse, and must refuse.
    BadCommand {
        /// Its transaction number, which is taken.
        tr_id: i64,
    },
    /// Store: the next commit writes this row.
    Wrote(Row),
    /// Everything written since the last commit is durable.
    Committed,
    /// The schema refused a batch; none of it was written.
    BatchRefused {
        /// The number of its changes.
        changes: u64,
        /// The transaction whose key was taken; `None` if a balance would be below its limit.
        tr_id: Option<i64>,
    },
    /// A process died.
    Died {
        /// The gateway.
        node: u64,
        /// At which step.
        at: Box<str>,
    },
    /// A process started.
    Started {
        /// The gateway.
        node: u64,
    },
    /// A gateway's circuit of a biller opened or closed.
    Circuit {
        /// The gateway.
        node: u64,
        /// Whether the biller is not asked any more.
        is_open: bool,
    },
    /// A clock was set wrong.
    Jumped {
        /// The gateway.
        node: u64,
        /// By how many seconds.
        seconds: i64,
    },
    /// No fault is injected from here on.
    FaultsEnd,
    /// A task panicked.
    Panicked {
        /// The message.
        words: Box<str>,
    },
}

/// A partner's request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PartnerRequest {
    /// An inquiry.
    Inquire {
        /// The partner's reference.
        ref_id: Box<str>,
        /// The customer.
        customer_no: Box<str>,
    },
    /// A payment.
    Pay {
        /// The transaction.
        tr_id: i64,
    },
    /// A status request.
    Status {
        /// The partner's reference.
        ref_id: Box<str>,
    },
}

/// A gateway's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A new bill.
    Bill {
        /// The transaction number.
        tr_id: i64,
        /// The price for the partner.
        price: i64,
    },
    /// The state of a transaction. A final one is answered 00, 01 or a failure code, an open one
    /// 39.
    State {
        /// The transaction number.
        tr_id: i64,
        /// The partner's reference.
        ref_id: Box<str>,
        /// Its state.
        state: &'static str,
        /// The biller's receipt number; empty until paid.
        receipt_no: Box<str>,
        /// Why it failed.
        reason: Option<&'static str>,
        /// The balance in the answer, once final.
        balance: Option<i64>,
    },
    /// The request was refused; nothing changed.
    Refused {
        /// The message.
        why: Box<str>,
    },
    /// There was no answer, so what happened is unknown.
    Unknown,
}

/// A biller's answer about a payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BillerReply {
    /// It was paid.
    Paid,
    /// It was not paid and will not be.
    Failed,
    /// The biller does not know it.
    NotFound {
        /// Whether the biller guarantees that it will never execute it.
        is_final: bool,
    },
    /// An answer from which the result is not known.
    Nothing,
}

impl Event {
    /// The transaction that the line is about.
    pub fn about(&self) -> Option<i64> {
        match self {
            Event::Sent { ask: PartnerRequest::Pay { tr_id }, .. }
            | Event::Answered {
                answer: Answer::Bill { tr_id, .. } | Answer::State { tr_id, .. },
                ..
            }
            | Event::CalledBack { tr_id, .. }
            | Event::Called { tr_id, .. }
            | Event::Took { tr_id, .. }
            | Event::Declined { tr_id, .. }
            | Event::BillerAnswered { tr_id, .. }
            | Event::Contradicted { tr_id, .. }
            | Event::Reported { tr_id, .. }
            | Event::ByHand { tr_id, .. }
            | Event::Wrote(
                Row::Inquiry { tr_id, .. }
                | Row::Attempt { tr_id, .. }
                | Row::Payment { tr_id, .. }
                | Row::PendingFollowUp { tr_id, .. }
                | Row::Deposit { tr_id, .. }
                | Row::Reversal { tr_id, .. }
                | Row::BalanceChange { tr_id, .. }
                | Row::Posting { tr_id, .. },
            ) => Some(*tr_id),
            _ => None,
        }
    }

    /// Whether the line concerns all transactions.
    pub fn is_of_all(&self) -> bool {
        matches!(
            self,
            Event::Died { .. }
                | Event::Started { .. }
                | Event::Circuit { .. }
                | Event::Jumped { .. }
                | Event::FaultsEnd
                | Event::Panicked { .. }
        )
    }
}

/// The actor, and the event.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self {
            Event::Sent { .. } | Event::Received { .. } | Event::CalledBack { .. } => "partner",
            Event::Answered { .. }
            | Event::Reported { .. }
            | Event::Died { .. }
            | Event::Started { .. }
            | Event::Circuit { .. } => "gateway",
            Event::Jumped { .. } | Event::FaultsEnd | Event::Panicked { .. } => "world",
            Event::Quoted { .. }
            | Event::Called { .. }
            | Event::Took { .. }
            | Event::Declined { .. }
            | Event::BillerAnswered { .. }
            | Event::Contradicted { .. } => "biller",
            Event::ByHand { .. }
            | Event::BookingOrdered { .. }
            | Event::BookingConfirmed { .. }
            | Event::BookingKnown { .. }
            | Event::ReversalOrdered { .. }
            | Event::ReversalConfirmed { .. }
            | Event::BadCommand { .. } => "operator",
            Event::Wrote(_) | Event::Committed | Event::BatchRefused { .. } => "store",
        };
        match self {
            Event::Wrote(row) => write!(f, "{who:8} {row:?}"),
            event => write!(f, "{who:8} {event:?}"),
        }
    }
}
