//! The read models: what the gateway, the operator and the audit ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::books::{Deposit, Reversal};
use domain::callback::DeliveryState;
use domain::{
    Account, Callback, Catalogue, Exchange, Inquiry, Moment, MovementKind, Partner, PartnerId,
    Payment, PendingFollowUp, RefId, ReviewItem, ReviewReason, Rupiah, State, TrId, Transaction,
};

use crate::StoreError;

/// A reading connection.
pub trait Read: Send {
    /// All partners, in the order of their numbers.
    fn partners(&mut self) -> Result<Vec<Arc<Partner>>, StoreError>;

    /// All products.
    fn catalogue(&mut self) -> Result<Catalogue, StoreError>;

    /// All accounts with their balances.
    fn balances(&mut self) -> Result<Vec<(Account, Rupiah)>, StoreError>;

    /// The transaction of that number.
    fn transaction(&mut self, tr_id: TrId) -> Result<Option<Transaction>, StoreError>;

    /// The number of a partner's transaction.
    fn find(&mut self, partner: PartnerId, ref_id: &RefId) -> Result<Option<TrId>, StoreError>;

    /// All that is known about a transaction.
    fn story(&mut self, tr_id: TrId) -> Result<Option<TransactionHistory>, StoreError>;

    /// Inquiries from before `before` whose payment was never begun, among the next `window` or so
    /// inquiries that `walked` has not passed. It passes them, but no inquiry that is younger. Where
    /// it passes none there is nothing more to find for now.
    fn unpaid(
        &mut self,
        walked: &mut ScanCursor,
        before: Moment,
        window: u32,
    ) -> Result<Vec<(PartnerId, TrId)>, StoreError>;

    /// A partner's transactions, newest first, among the `window` numbers or so that come next below
    /// `before`: its inquiries, each with its payment if that has begun. Others' may lie between them.
    fn transactions(
        &mut self,
        partner: PartnerId,
        before: Option<TrId>,
        window: u32,
    ) -> Result<Window, StoreError>;

    /// Payments, newest first.
    fn payments(&mut self, filter: &Filter) -> Result<Vec<Transaction>, StoreError>;

    /// Every payment whose outcome is unknown, oldest first.
    fn open_payments(&mut self) -> Result<Vec<OpenPayment>, StoreError>;

    /// The operators' queue: payments at which somebody must look, the longest in it first.
    fn needs_review(&mut self) -> Result<Vec<ReviewItem>, StoreError>;

    /// The callbacks that are to be sent, at once or later: of each partner the `each` that are due first.
    fn waiting_callbacks(&mut self, each: u32) -> Result<Vec<Callback>, StoreError>;

    /// Callbacks, those of the newest inquiries first.
    fn callbacks(&mut self, filter: &CallbackFilter) -> Result<Vec<Callback>, StoreError>;

    /// Deposits, newest first.
    fn deposits(
        &mut self,
        of: Option<PartnerId>,
        limit: u32,
    ) -> Result<Vec<BookedDeposit>, StoreError>;

    /// The deposit of that number.
    fn deposit(&mut self, tr_id: TrId) -> Result<Option<BookedDeposit>, StoreError>;

    /// Shows every entry of the ledger in the order of its number, and then what stands beside
    /// them, all of one moment.
    fn ledger(&mut self, entry: &mut dyn FnMut(LedgerRecord)) -> Result<LedgerTotals, StoreError>;

    /// Shows every exchange with the payment that it is about, those of one payment in their order.
    fn exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError>;

    /// What the database itself finds wrong with its pages, its indexes or what it derives, in words.
    fn self_check(&mut self) -> Result<Vec<String>, StoreError>;
}

/// A payment whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPayment {
    /// Its number.
    pub tr_id: TrId,
    /// Whose it is.
    pub partner: PartnerId,
    /// Since when.
    pub begun_at: Moment,
    /// Why it stands in the operators' queue, if it does.
    pub review_reason: Option<ReviewReason>,
}

/// What a partner paid in, and whether it was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedDeposit {
    /// The top-up.
    pub deposit: Deposit,
    /// What took it back, if anything did.
    pub reversal: Option<Reversal>,
}

/// A partner's transactions in a window of numbers.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// What is in it, newest first.
    pub transactions: Vec<Transaction>,
    /// Its lowest number, below which the next window lies; none if there is nothing below.
    pub end: Option<TrId>,
}

/// How far a walk through the inquiries has come: for each partner, where they lie apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanCursor(pub BTreeMap<PartnerId, TrId>);

/// Which payments to list.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Of one partner only.
    pub partner: Option<PartnerId>,
    /// In these states only; in any, if empty.
    pub states: Vec<State>,
    /// Older than this number.
    pub before: Option<TrId>,
    /// At most so many.
    pub limit: u32,
}

/// Which callbacks to list.
#[derive(Clone, Copy, Debug)]
pub struct CallbackFilter {
    /// To one partner only.
    pub partner: Option<PartnerId>,
    /// That stand so only.
    pub standing: Option<DeliveryState>,
    /// At most so many.
    pub limit: u32,
}

/// All that is known about a transaction.
#[derive(Clone, Debug)]
pub struct TransactionHistory {
    /// The transaction as it stands.
    pub transaction: Transaction,
    /// What is known while its outcome is not, or is contradicted.
    pub follow_up: Option<PendingFollowUp>,
    /// How its partner is told of an end that it has not heard.
    pub callback: Option<Callback>,
    /// How long the biller took to answer the inquiry, in microseconds.
    pub inquiry_took: i64,
    /// Its postings, in order.
    pub postings: Vec<PostingRow>,
    /// The exchanges about the payment, in order.
    pub exchanges: Vec<Exchange>,
}

/// What stands beside the entries of a ledger.
#[derive(Clone, Debug)]
pub struct LedgerTotals {
    /// All accounts with their balances.
    pub balances: Vec<(Account, Rupiah)>,
    /// How many postings there are, whether or not an entry names them.
    pub postings: u64,
    /// Inquiries that share a `ref_id` of one partner.
    pub repeated: Vec<(TrId, TrId)>,
    /// Top-ups that share a reference of one partner.
    pub repeated_deposits: Vec<(TrId, TrId)>,
    /// Reversals that are not the one of a top-up of their partner, of its whole amount.
    pub astray: Vec<TrId>,
}

/// A posting as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PostingRow {
    /// What moved.
    pub kind: MovementKind,
    /// Where.
    pub account: Account,
    /// How much.
    pub amount: Rupiah,
    /// When.
    pub at: Moment,
}

/// What the ledger knows under one number.
#[derive(Clone, Debug)]
pub struct LedgerRecord {
    /// The number.
    pub tr_id: TrId,
    /// The bill, where it is an inquiry.
    pub inquiry: Option<Inquiry>,
    /// How long the biller took to answer the inquiry, in microseconds.
    pub inquiry_took: Option<i64>,
    /// Its payment.
    pub payment: Option<Payment>,
    /// The watch over the payment.
    pub follow_up: Option<PendingFollowUp>,
    /// The callback about its end.
    pub callback: Option<Callback>,
    /// The top-up, where it is one.
    pub deposit: Option<Deposit>,
    /// The reversal, where it is one.
    pub reversal: Option<Reversal>,
    /// The postings.
    pub postings: Vec<PostingRow>,
    /// Whether the partner's `ref_id` leads to the inquiry.
    pub found: bool,
}

/// An entry of the ledger with all that was asked and answered about it.
#[derive(Debug)]
pub struct MigrationRecord {
    /// The entry.
    pub entry: LedgerRecord,
    /// The exchanges about its payment, in order.
    pub exchanges: Vec<Exchange>,
}
