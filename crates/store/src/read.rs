//! The read models: the queries of the gateway, the operator and the audit.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::books::{BalanceChange, BalanceChangeKind, Deposit, Reversal};
use domain::callback::DeliveryState;
use domain::{
    Account, Action, Attempt, BillerBalance, BillerDirectory, BillerId, Callback, Catalogue,
    Exchange, Inquiry, Moment, MovementKind, Partner, PartnerId, Payment, PendingFollowUp, RefId,
    Reference, ReviewItem, ReviewReason, Rupiah, State, TrId, Transaction,
};

use crate::StoreError;

/// A reading connection.
pub trait Read: Send {
    /// All partners, in the order of their numbers.
    fn partners(&mut self) -> Result<Vec<Arc<Partner>>, StoreError>;

    /// All products.
    fn catalogue(&mut self) -> Result<Catalogue, StoreError>;

    /// All billers on a network.
    fn billers(&mut self) -> Result<BillerDirectory, StoreError>;

    /// The last answer of a biller about lunas's balance there.
    fn last_biller_balance(
        &mut self,
        biller: BillerId,
    ) -> Result<Option<BillerBalance>, StoreError>;

    /// The oldest answers of billers about lunas's balance with a number above `after`.
    fn biller_balances(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<BillerBalanceRecord>, StoreError>;

    /// All accounts with their balances.
    fn balances(&mut self) -> Result<Vec<(Account, Rupiah)>, StoreError>;

    /// The transaction with that number.
    fn transaction(&mut self, tr_id: TrId) -> Result<Option<Transaction>, StoreError>;

    /// The `tr_id` of a partner's `ref_id`.
    fn find(&mut self, partner: PartnerId, ref_id: &RefId) -> Result<Option<TrId>, StoreError>;

    /// The `tr_id` of lunas's reference at a biller.
    fn at_biller(
        &mut self,
        biller: BillerId,
        reference: &Reference,
    ) -> Result<Option<TrId>, StoreError>;

    /// The history of a transaction.
    fn story(&mut self, tr_id: TrId) -> Result<Option<TransactionHistory>, StoreError>;

    /// Inquiries without a payment from before `before`, among about `window` inquiries after the cursor
    /// `walked`. Moves the cursor past them, but never past a younger inquiry. If the cursor does not move,
    /// there are no more such inquiries for now.
    fn unpaid(
        &mut self,
        walked: &mut ScanCursor,
        before: Moment,
        window: u32,
    ) -> Result<Vec<(PartnerId, TrId)>, StoreError>;

    /// A partner's inquiries with their payments, newest first, among about `window` numbers below `before`.
    /// Some of these numbers may belong to other partners.
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

    /// The payments in manual review, the oldest entry first.
    fn needs_review(&mut self) -> Result<Vec<ReviewItem>, StoreError>;

    /// Waiting callbacks: for each partner the `each` that are due first.
    fn waiting_callbacks(&mut self, each: u32) -> Result<Vec<Callback>, StoreError>;

    /// Callbacks, those of the newest inquiries first.
    fn callbacks(&mut self, filter: &CallbackFilter) -> Result<Vec<Callback>, StoreError>;

    /// Deposits, newest first.
    fn deposits(
        &mut self,
        of: Option<PartnerId>,
        limit: u32,
    ) -> Result<Vec<BookedDeposit>, StoreError>;

    /// The deposit with that number.
    fn deposit(&mut self, tr_id: TrId) -> Result<Option<BookedDeposit>, StoreError>;

    /// The log of actions, newest first.
    fn actions(&mut self, filter: &ActionFilter) -> Result<Vec<ActionRecord>, StoreError>;

    /// Withdrawals or adjustments, newest first.
    fn balance_changes(
        &mut self,
        filter: &BalanceChangeFilter,
    ) -> Result<Vec<BalanceChange>, StoreError>;

    /// Passes every record of the ledger to `see`, in the order of numbers, and then returns the totals. All of
    /// it is from one snapshot.
    fn ledger(&mut self, entry: &mut dyn FnMut(LedgerRecord)) -> Result<LedgerTotals, StoreError>;

    /// Passes every exchange to `see`, with its payment; those of one payment in their order.
    fn exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError>;

    /// Passes the calls of inquiries to billers to `see`, those of one inquiry in their order. A single call
    /// without evidence may be left out.
    fn inquiry_exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError>;

    /// Passes every attempt after the first ones to `see`, with its payment; those of one payment in their order.
    fn attempts(&mut self, see: &mut dyn FnMut(TrId, Attempt)) -> Result<(), StoreError>;

    /// Errors that the database itself finds in its pages, indexes and derived rows, as text.
    fn self_check(&mut self) -> Result<Vec<String>, StoreError>;
}

/// A payment whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPayment {
    /// Its number.
    pub tr_id: TrId,
    /// Whose it is.
    pub partner: PartnerId,
    /// The biller that it is paid at.
    pub biller: BillerId,
    /// Since when.
    pub begun_at: Moment,
    /// Why it is in manual review, if it is.
    pub review_reason: Option<ReviewReason>,
}

/// A deposit, and its reversal if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedDeposit {
    /// The deposit.
    pub deposit: Deposit,
    /// Its reversal, if any.
    pub reversal: Option<Reversal>,
}

/// A partner's transactions in a window of numbers.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The transactions, newest first.
    pub transactions: Vec<Transaction>,
    /// The lowest number of the window; the next window is below it. None if this is the last one.
    pub end: Option<TrId>,
}

/// Cursor of a scan through the inquiries: the last number, per partner if the database keeps them apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanCursor(pub BTreeMap<PartnerId, TrId>);

/// Which payments to list.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only of this partner.
    pub partner: Option<PartnerId>,
    /// Only in these states; in any state if empty.
    pub states: Vec<State>,
    /// Only with a lower number.
    pub before: Option<TrId>,
    /// Maximum number of rows.
    pub limit: u32,
}

/// Which withdrawals or adjustments to list.
#[derive(Clone, Copy, Debug)]
pub struct BalanceChangeFilter {
    /// Only these.
    pub kind: BalanceChangeKind,
    /// Only of this partner.
    pub partner: Option<PartnerId>,
    /// Maximum number of rows.
    pub limit: u32,
}

/// Which callbacks to list.
#[derive(Clone, Copy, Debug)]
pub struct CallbackFilter {
    /// Only of this partner.
    pub partner: Option<PartnerId>,
    /// Only in this delivery state.
    pub state: Option<DeliveryState>,
    /// Maximum number of rows.
    pub limit: u32,
}

/// Which entries of the log of actions to list.
#[derive(Clone, Debug, Default)]
pub struct ActionFilter {
    /// Only of actors with this name.
    pub actor: Option<Box<str>>,
    /// Only about this subject.
    pub subject: Option<Box<str>>,
    /// Only with this name.
    pub name: Option<Box<str>>,
    /// Only from this time on.
    pub since: Option<Moment>,
    /// Only with a lower number.
    pub before: Option<i64>,
    /// Maximum number of rows.
    pub limit: u32,
}

/// An entry of the log of actions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActionRecord {
    /// Its number in the log.
    pub id: i64,
    /// Who did what.
    pub action: Action,
}

/// A biller's answer about lunas's balance there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BillerBalanceRecord {
    /// Its number.
    pub id: i64,
    /// The answer.
    pub told: BillerBalance,
}

/// The history of a transaction.
#[derive(Clone, Debug)]
pub struct TransactionHistory {
    /// The transaction in its present state.
    pub transaction: Transaction,
    /// Its follow-up, while it is pending or contradicted.
    pub follow_up: Option<PendingFollowUp>,
    /// Its callback, if any.
    pub callback: Option<Callback>,
    /// Its attempts after the first one, in order.
    pub attempts: Vec<Attempt>,
    /// The calls of the inquiry to billers, in order: the last one gave the bill.
    pub inquiry_exchanges: Vec<Exchange>,
    /// Its postings, in order.
    pub postings: Vec<PostingRow>,
    /// The exchanges about the payment, in order.
    pub exchanges: Vec<Exchange>,
}

/// Totals of the ledger, and errors that concern several records.
#[derive(Clone, Debug)]
pub struct LedgerTotals {
    /// All accounts with their balances.
    pub balances: Vec<(Account, Rupiah)>,
    /// Number of all movements, also those that belong to no record.
    pub movements: u64,
    /// Inquiries that share a `ref_id` of one partner.
    pub repeated: Vec<(TrId, TrId)>,
    /// Deposits of one partner that share a reference.
    pub repeated_deposits: Vec<(TrId, TrId)>,
    /// Reversals without a deposit of their partner and amount, or not the only one of their deposit.
    pub astray: Vec<TrId>,
    /// Number of the attempts after the first ones of their payments.
    pub later_attempts: u64,
    /// Payments with an attempt that does not follow the one before, or is at the same biller.
    pub attempts_astray: Vec<TrId>,
}

/// A posting as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PostingRow {
    /// The kind of its movement.
    pub kind: MovementKind,
    /// Its account.
    pub account: Account,
    /// Its amount.
    pub amount: Rupiah,
    /// When.
    pub at: Moment,
}

/// Everything in the ledger with one number.
#[derive(Clone, Debug)]
pub struct LedgerRecord {
    /// The number.
    pub tr_id: TrId,
    /// The inquiry, if it is one.
    pub inquiry: Option<Inquiry>,
    /// How long the biller took to answer the inquiry, in microseconds.
    pub inquiry_took: Option<i64>,
    /// Its payment.
    pub payment: Option<Payment>,
    /// The follow-up of the payment.
    pub follow_up: Option<PendingFollowUp>,
    /// The callback of the payment.
    pub callback: Option<Callback>,
    /// The deposit, if it is one.
    pub deposit: Option<Deposit>,
    /// The reversal, if it is one.
    pub reversal: Option<Reversal>,
    /// The withdrawal or adjustment, if it is one.
    pub balance_change: Option<BalanceChange>,
    /// The postings.
    pub postings: Vec<PostingRow>,
    /// Whether the index finds the inquiry by its `ref_id`.
    pub found: bool,
}

/// A record of the ledger with its exchanges.
#[derive(Debug)]
pub struct MigrationRecord {
    /// The record.
    pub entry: LedgerRecord,
    /// The stored calls of its inquiry to billers, in order.
    pub inquiry_exchanges: Vec<Exchange>,
    /// The exchanges about its payment, in order.
    pub exchanges: Vec<Exchange>,
    /// The attempts of its payment after the first one, in order.
    pub attempts: Vec<Attempt>,
}
