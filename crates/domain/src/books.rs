//! The rows that a batch of commands touches, and the changes that the commands make to them.
//!
//! A store loads the books, commands are decided on them one after another, and the store writes the journal.
//! So the rules are the same for every database.

mod booking;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ledger::MovementRefusal;
use crate::money::Overflow;
use crate::payment::Exchange;
use crate::{
    Account, Action, Attempt, BillKey, BillerBalance, BillerDirectory, BillerSettings, Callback,
    Catalogue, Command, Inquiry, Movement, Partner, PartnerId, Payment, PendingFollowUp, Product,
    RefId, Rupiah, State, TrId, TransferReference, Username,
};

pub use booking::{BalanceChange, BalanceChangeKind, Deposit, Reversal};

/// The rows that a batch needs. [`RowSet::sort_and_dedup`] brings them into the order in which every node
/// locks them.
#[derive(Debug, Default)]
pub struct RowSet {
    /// Partners and their balances.
    pub partners: Vec<PartnerId>,
    /// User names whose owner, if any, must be known.
    pub usernames: Vec<Username>,
    /// Inquiries and their payments, each with the partner that asks for it.
    pub transactions: Vec<(PartnerId, TrId)>,
    /// `ref_id`s whose inquiry, if any, must be known.
    pub refs: Vec<(PartnerId, RefId)>,
    /// Callbacks, each with its partner.
    pub callbacks: Vec<(PartnerId, TrId)>,
    /// References of deposits whose deposit, if any, must be known; in capitals.
    pub deposit_references: Vec<(PartnerId, TransferReference)>,
    /// References of withdrawals whose withdrawal, if any, must be known; in capitals.
    pub withdrawal_references: Vec<(PartnerId, TransferReference)>,
    /// Deposits and their reversals, each with its partner.
    pub deposits: Vec<(PartnerId, TrId)>,
    /// Whether products or billers are changed, which are read and written as a whole.
    pub directory: bool,
    /// Maximum number of new transaction numbers that the batch takes.
    pub new_numbers: i64,
}

impl RowSet {
    /// Sorts the rows into locking order and removes duplicates.
    pub fn sort_and_dedup(&mut self) {
        self.partners.sort_unstable();
        self.partners.dedup();
        self.usernames.sort_unstable();
        self.usernames.dedup();
        self.transactions.sort_unstable();
        self.transactions.dedup();
        self.refs.sort_unstable();
        self.refs.dedup();
        self.callbacks.sort_unstable();
        self.callbacks.dedup();
        self.deposit_references.sort_unstable();
        self.deposit_references.dedup();
        self.withdrawal_references.sort_unstable();
        self.withdrawal_references.dedup();
        self.deposits.sort_unstable();
        self.deposits.dedup();
    }
}

/// An inquiry with its payment, if any, and the partner's balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub inquiry: Arc<Inquiry>,
    /// Present from the hold on.
    pub payment: Option<Payment>,
    /// What the partner can spend now.
    pub available: Rupiah,
}

impl Transaction {
    /// Its state.
    pub fn state(&self) -> State {
        self.payment.as_ref().map_or(State::Inquired, |payment| payment.state)
    }

    /// The number of the current attempt, or of the first one if none has begun.
    pub fn attempt_number(&self) -> u32 {
        self.payment.as_ref().map_or(1, Payment::attempt_number)
    }

    /// The inquiry as the biller of the current attempt knows it.
    pub fn inquiry_at_biller(&self) -> Arc<Inquiry> {
        let attempt = self.payment.as_ref().and_then(|payment| payment.attempt.as_ref());
        match attempt {
            None => Arc::clone(&self.inquiry),
            Some(attempt) => Arc::new(attempt.inquiry(&self.inquiry)),
        }
    }
}

/// One change of the books. Changes are written in the order in which they were decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new inquiry, with the exchange in which the biller answered the bill, and those before it with billers
    /// that did not.
    Opened(Arc<Inquiry>, Exchange, Vec<Exchange>),
    /// An inquiry without a payment is deleted; its `ref_id` can be used again.
    Dropped(Arc<Inquiry>),
    /// A new payment row, and the hold. The bill is given if no other payment of it may begin meanwhile.
    Begun(Payment, Movement, Option<BillKey>),
    /// A payment in its new state, with its movement of money and the evidence.
    Settled {
        payment: Payment,
        /// The post or the void, if the payment ended.
        movement: Option<Movement>,
        /// The exchange, unless an equal one is stored already.
        exchange: Option<Exchange>,
    },
    /// A payment has a new attempt.
    Attempted(PartnerId, TrId, Arc<Attempt>),
    /// The follow-up of a payment; none deletes it.
    PendingFollowUp(TrId, Option<PendingFollowUp>),
    /// A new or changed callback.
    Callback(Callback),
    /// A new deposit.
    Deposited(Deposit, Movement),
    /// A deposit was reversed.
    Reversed(Reversal, Movement),
    /// A withdrawal or an adjustment.
    BalanceChanged(BalanceChange, Movement),
    /// A new or changed partner.
    Partner(Arc<Partner>),
    /// A new or changed product.
    Product(Arc<Product>),
    /// A new or changed biller on a network.
    Biller(Arc<BillerSettings>),
    /// A biller told lunas's balance there.
    BillerBalance(BillerBalance),
    /// A new entry of the log of actions, beside the changes that it tells of.
    Action(Action),
}

impl Change {
    /// Its movement of money, if any.
    pub fn movement(&self) -> Option<&Movement> {
        match self {
            Change::Begun(_, movement, _)
            | Change::Deposited(_, movement)
            | Change::Reversed(_, movement)
            | Change::BalanceChanged(_, movement) => Some(movement),
            Change::Settled { movement, .. } => movement.as_ref(),
            Change::Opened(..)
            | Change::Dropped(_)
            | Change::Attempted(..)
            | Change::PendingFollowUp(..)
            | Change::Callback(_)
            | Change::Partner(_)
            | Change::Product(_)
            | Change::Biller(_)
            | Change::BillerBalance(_)
            | Change::Action(_) => None,
        }
    }
}

/// The rows of a batch. Rows that were not loaded are missing: a command sees only the rows that it named.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// All products.
    pub catalogue: Arc<Catalogue>,
    /// All billers on a network.
    pub billers: Arc<BillerDirectory>,
    /// The next free transaction number.
    pub next_tr_id: i64,
    /// The next free partner number.
    pub next_partner: i64,
    /// Partners by number.
    pub partners: BTreeMap<PartnerId, Arc<Partner>>,
    /// Partners by name.
    pub usernames: BTreeMap<Username, PartnerId>,
    /// Balances of the partners' accounts and of lunas' own.
    pub balances: BTreeMap<Account, Rupiah>,
    /// Inquiries by number.
    pub inquiries: BTreeMap<TrId, Arc<Inquiry>>,
    /// Payments by number.
    pub payments: BTreeMap<TrId, Payment>,
    /// Follow-ups by the number of their payment.
    pub follow_ups: BTreeMap<TrId, PendingFollowUp>,
    /// Callbacks by the number of their payment.
    pub callbacks: BTreeMap<TrId, Callback>,
    /// For each bill in the batch that may be paid: its payments in process. At most one per bill, except where
    /// several are allowed.
    pub in_process: BTreeSet<(BillKey, TrId)>,
    /// The inquiry of each used `ref_id`.
    pub refs: BTreeMap<(PartnerId, RefId), TrId>,
    /// The deposit of each used reference; in capitals.
    pub deposit_references: BTreeMap<(PartnerId, TransferReference), TrId>,
    /// The withdrawal of each used reference; in capitals.
    pub withdrawal_references: BTreeMap<(PartnerId, TransferReference), TrId>,
    /// Deposits by number.
    pub deposits: BTreeMap<TrId, Deposit>,
    /// The number of the reversal, by the number of its deposit.
    pub reversals: BTreeMap<TrId, TrId>,
    /// The changes of the commands, in order.
    pub journal: Vec<Change>,
    /// The new balances of the accounts that the journal changes.
    pub moved: BTreeMap<Account, Rupiah>,
}

/// The new balance of each account that a command moves money in. They are few, so a list is faster than a map.
pub(crate) type MovedBalances = Vec<(Account, Rupiah)>;

impl Books {
    /// Decides `command` and applies its changes. A refused command changes nothing.
    pub fn run<C: Command>(&mut self, command: &C) -> Result<C::Outcome, C::Refusal> {
        let (outcome, changes, balances) = command.decide(self)?.into_parts();
        self.apply(changes, balances);
        Ok(outcome)
    }

    /// The transaction with that number.
    pub fn transaction(&self, tr_id: TrId) -> Option<Transaction> {
        let inquiry = self.inquiries.get(&tr_id)?;
        Some(Transaction {
            inquiry: Arc::clone(inquiry),
            payment: self.payments.get(&tr_id).cloned(),
            available: self.available(inquiry.partner),
        })
    }

    /// The transaction with that number, if it belongs to `partner`.
    pub fn transaction_of(&self, partner: PartnerId, tr_id: TrId) -> Option<Transaction> {
        self.transaction(tr_id).filter(|transaction| transaction.inquiry.partner == partner)
    }

    /// The follow-up of a payment, or an empty one.
    pub fn follow_up(&self, tr_id: TrId) -> PendingFollowUp {
        self.follow_ups.get(&tr_id).copied().unwrap_or_default()
    }

    /// Whether a payment of the same bill is in process.
    pub fn is_in_process(&self, bill: &BillKey) -> bool {
        let first = (bill.clone(), TrId(i64::MIN));
        self.in_process.range(&first..).next().is_some_and(|(other, _)| other == bill)
    }

    /// What `partner` can spend.
    pub fn available(&self, partner: PartnerId) -> Rupiah {
        self.balances.get(&Account::Available(partner)).copied().unwrap_or_default()
    }

    /// The part of `partner`'s balance above its minimum balance.
    pub fn free(&self, partner: PartnerId) -> Result<Rupiah, Overflow> {
        let account = Account::Available(partner);
        self.available(partner).minus(self.min_balance(account).unwrap_or_default())
    }

    fn apply(&mut self, changes: Vec<Change>, moved: MovedBalances) {
        for change in &changes {
            self.apply_one(change);
        }
        for (account, balance) in moved {
            self.balances.insert(account, balance);
            self.moved.insert(account, balance);
        }
        self.journal.extend(changes);
    }

    /// The balances after the changes, or the refusal. Every movement of money is checked here.
    pub(crate) fn balances_after(
        &self,
        changes: &[Change],
    ) -> Result<MovedBalances, MovementRefusal> {
        let mut after = MovedBalances::new();
        for change in changes {
            let Some(movement) = change.movement() else { continue };
            assert!(movement.is_balanced(), "a movement's postings sum to zero: {movement:?}");
            for posting in &movement.postings {
                let account = posting.account;
                let moved = after.iter().position(|(moved, _)| *moved == account);
                let before = match moved {
                    Some(place) => after[place].1,
                    None => self.balances.get(&account).copied().unwrap_or_default(),
                };
                let balance = before.plus(posting.amount)?;
                let lowest = self.min_balance(account);
                if posting.amount < Rupiah::ZERO
                    && lowest.is_some_and(|min_balance| balance < min_balance)
                {
                    return Err(MovementRefusal::BalanceTooLow);
                }
                match moved {
                    Some(place) => after[place].1 = balance,
                    None => after.push((account, balance)),
                }
            }
        }
        Ok(after)
    }

    /// The minimum balance of an account, if it has one.
    pub fn min_balance(&self, account: Account) -> Option<Rupiah> {
        match account {
            Account::Available(partner) => Some(
                self.partners.get(&partner).map_or(Rupiah::ZERO, |partner| partner.min_balance),
            ),
            Account::Held(_) => Some(Rupiah::ZERO),
            Account::Bank
            | Account::Fee
            | Account::Commission
            | Account::Margin
            | Account::Adjustment
            | Account::Biller(_) => None,
        }
    }

    fn apply_one(&mut self, change: &Change) {
        match change {
            Change::Opened(inquiry, ..) => {
                self.next_tr_id = inquiry.tr_id.0 + 1;
                self.refs.insert((inquiry.partner, inquiry.ref_id.clone()), inquiry.tr_id);
                self.inquiries.insert(inquiry.tr_id, Arc::clone(inquiry));
            }
            Change::Dropped(inquiry) => {
                self.refs.remove(&(inquiry.partner, inquiry.ref_id.clone()));
                self.inquiries.remove(&inquiry.tr_id);
            }
            Change::Begun(payment, _, bill) => {
                self.payments.insert(payment.tr_id, payment.clone());
                self.in_process.extend(bill.clone().map(|bill| (bill, payment.tr_id)));
            }
            Change::Settled { payment, .. } => {
                self.payments.insert(payment.tr_id, payment.clone());
                if payment.state.is_final()
                    && let Some(inquiry) = self.inquiries.get(&payment.tr_id)
                {
                    self.in_process.remove(&(BillKey(Arc::clone(inquiry)), payment.tr_id));
                }
            }
            Change::PendingFollowUp(tr_id, Some(follow_up)) => {
                self.follow_ups.insert(*tr_id, *follow_up);
            }
            Change::PendingFollowUp(tr_id, None) => {
                self.follow_ups.remove(tr_id);
            }
            Change::Callback(callback) => {
                self.callbacks.insert(callback.tr_id, callback.clone());
            }
            Change::Deposited(deposit, _) => {
                self.next_tr_id = deposit.tr_id.0 + 1;
                let key = |reference: TransferReference| (deposit.partner, reference.in_capitals());
                let reference = deposit.reference.clone().map(key);
                self.deposit_references.extend(reference.map(|key| (key, deposit.tr_id)));
                self.deposits.insert(deposit.tr_id, deposit.clone());
            }
            Change::Reversed(reversal, _) => {
                self.next_tr_id = reversal.tr_id.0 + 1;
                self.reversals.insert(reversal.deposit, reversal.tr_id);
            }
            Change::BalanceChanged(change, _) => {
                self.next_tr_id = change.tr_id.0 + 1;
                let reference = change.reference.as_ref().map(TransferReference::in_capitals);
                let key = reference.map(|reference| (change.partner, reference));
                self.withdrawal_references.extend(key.map(|key| (key, change.tr_id)));
            }
            Change::Partner(partner) => {
                self.next_partner = self.next_partner.max(partner.id.0 + 1);
                self.usernames.insert(partner.username.clone(), partner.id);
                self.partners.insert(partner.id, Arc::clone(partner));
            }
            Change::Product(product) => {
                let catalogue = Arc::make_mut(&mut self.catalogue);
                catalogue.insert(product.code.clone(), Arc::clone(product));
            }
            Change::Biller(biller) => {
                Arc::make_mut(&mut self.billers).insert(biller.id, Arc::clone(biller));
            }
            // No command reads them.
            Change::Action(_) | Change::BillerBalance(_) | Change::Attempted(..) => {}
        }
    }
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
