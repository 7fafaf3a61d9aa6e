//! The simulated store: rows in memory, in ordered maps, that survive the processes.
//!
//! A commit is one step under one lock, so two gateways on one disk behave like two nodes on one
//! database. It refuses what the schema of a real database refuses.

mod log_rows;
mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::books::{BalanceChange, Deposit, Reversal};
use domain::{
    Account, Attempt, BillKey, BillerDirectory, BillerId, Books, Callback, Catalogue, Change,
    Exchange, Inquiry, Moment, Movement, MovementKind, Partner, PartnerId, Payment,
    PendingFollowUp, RefId, Reference, Rupiah, TrId, TransferReference,
};

use store::{ActionRecord, BillerBalanceRecord};

use crate::event::{Event, Row};
use log_rows::{
    attempt_row, balance_change_row, balance_row, deposit_row, follow_up_row, inquiry_row,
    partner_row, payment_row, posting_row, reversal_row,
};
pub(crate) use read::Reader;
pub(crate) use write::Writer;

/// The first transaction number, as in a real database.
pub(crate) const FIRST_TR_ID: i64 = 10_000_001;

/// The rows, shared by all nodes.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    partners: BTreeMap<PartnerId, Arc<Partner>>,
    catalogue: Arc<Catalogue>,
    billers: Arc<BillerDirectory>,
    balances: BTreeMap<Account, Rupiah>,
    inquiries: BTreeMap<TrId, (Arc<Inquiry>, Vec<Exchange>)>,
    references: BTreeMap<(PartnerId, RefId), TrId>,
    /// By lunas's reference at the biller.
    at_billers: BTreeMap<(BillerId, Reference), TrId>,
    payments: BTreeMap<TrId, Payment>,
    /// The attempts of payments after their first ones.
    attempts: BTreeMap<TrId, Vec<Attempt>>,
    deposits: BTreeMap<TrId, Deposit>,
    /// By the number of the deposit that each reverses.
    reversals: BTreeMap<TrId, Reversal>,
    deposit_references: BTreeMap<(PartnerId, TransferReference), TrId>,
    balance_changes: BTreeMap<TrId, BalanceChange>,
    withdrawal_references: BTreeMap<(PartnerId, TransferReference), TrId>,
    postings: BTreeMap<TrId, Vec<Posted>>,
    exchanges: BTreeMap<TrId, Vec<Exchange>>,
    follow_ups: BTreeMap<TrId, PendingFollowUp>,
    callbacks: BTreeMap<TrId, Callback>,
    biller_balances: Vec<BillerBalanceRecord>,
    actions: Vec<ActionRecord>,
    /// The bills of the open payments.
    bills: BTreeSet<(BillKey, TrId)>,
    next_tr_id: i64,
}

#[derive(Clone, Copy)]
struct Posted {
    kind: MovementKind,
    account: Account,
    amount: Rupiah,
    at: Moment,
}

impl Disk {
    /// Every row, in the auditor's form.
    pub(crate) fn dump(&self) -> Vec<Row> {
        let rows = self.rows();
        let mut dump: Vec<Row> = Vec::new();
        dump.extend(rows.partners.values().map(|partner| partner_row(partner)));
        dump.extend(rows.inquiries.values().map(|(inquiry, _)| inquiry_row(inquiry)));
        dump.extend(rows.payments.values().map(payment_row));
        for (tr_id, attempts) in &rows.attempts {
            dump.extend(attempts.iter().map(|attempt| attempt_row(*tr_id, attempt)));
        }
        dump.extend(
            rows.follow_ups.iter().map(|(tr_id, follow_up)| follow_up_row(*tr_id, Some(follow_up))),
        );
        dump.extend(rows.deposits.values().map(deposit_row));
        dump.extend(rows.reversals.values().map(reversal_row));
        dump.extend(rows.balance_changes.values().map(balance_change_row));
        for (tr_id, postings) in &rows.postings {
            dump.extend(postings.iter().map(|posting| posting_row(*tr_id, posting)));
        }
        dump.extend(rows.balances.iter().map(|(account, amount)| balance_row(*account, *amount)));
        dump
    }

    /// Releases all claims: a starting process without other nodes is the only user of the store.
    pub(crate) fn release_claims(&self) {
        let mut rows = self.rows();
        rows.follow_ups.values_mut().for_each(|follow_up| follow_up.until = Moment::default());
    }

    /// The number of payments.
    pub(crate) fn payments(&self) -> u64 {
        self.rows().payments.len() as u64
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// lunas's reference of an inquiry at its biller, if it has one.
fn at_biller(inquiry: &Inquiry) -> Option<(BillerId, Reference)> {
    Some((inquiry.biller, inquiry.reference.clone()?))
}

impl Rows {
    /// Refuses what a schema refuses, before anything is written. The error is the transaction
    /// whose key is taken, or `None` if a balance would be below its limit.
    fn check(&self, books: &Books) -> Result<(), Option<TrId>> {
        let (mut new, mut reference_users) = (BTreeSet::new(), BTreeSet::new());
        let (mut withdrawn, mut at_billers) = (BTreeSet::new(), BTreeSet::new());
        for change in &books.journal {
            let allowed = match change {
                Change::Opened(inquiry, ..) => {
                    let key = (inquiry.partner, inquiry.ref_id.clone());
                    let is_taken =
                        |key| self.at_billers.contains_key(&key) || !at_billers.insert(key);
                    !self.references.contains_key(&key)
                        && !at_biller(inquiry).is_some_and(is_taken)
                        && !self.inquiries.contains_key(&inquiry.tr_id)
                        && new.insert(("inquiry", inquiry.tr_id))
                }
                Change::Begun(payment, ..) => {
                    !self.payments.contains_key(&payment.tr_id)
                        && new.insert(("payment", payment.tr_id))
                }
                Change::Settled { payment, movement, .. } => {
                    let before = self.payments.get(&payment.tr_id);
                    let settled = before.is_some_and(|before| before.settled_at.is_some());
                    movement.is_none() || !settled && new.insert(("settlement", payment.tr_id))
                }
                Change::Deposited(deposit, _) => {
                    let taken = |reference: &TransferReference| {
                        let key = (deposit.partner, reference.in_capitals());
                        self.deposit_references.contains_key(&key) || !reference_users.insert(key)
                    };
                    !self.deposits.contains_key(&deposit.tr_id)
                        && new.insert(("deposit", deposit.tr_id))
                        && !deposit.reference.as_ref().is_some_and(taken)
                }
                Change::BalanceChanged(change, _) => {
                    let taken = |reference: &TransferReference| {
                        let key = (change.partner, reference.in_capitals());
                        self.withdrawal_references.contains_key(&key) || !withdrawn.insert(key)
                    };
                    !self.balance_changes.contains_key(&change.tr_id)
                        && new.insert(("balance change", change.tr_id))
                        && !change.reference.as_ref().is_some_and(taken)
                }
                Change::Reversed(reversal, _) => {
                    !self.reversals.contains_key(&reversal.deposit)
                        && new.insert(("reversal of", reversal.deposit))
                }
                Change::Partner(partner) => {
                    let same_name = |other: &&Arc<Partner>| other.username == partner.username;
                    self.partners.values().find(same_name).is_none_or(|it| it.id == partner.id)
                }
                Change::Dropped(inquiry) => !self.payments.contains_key(&inquiry.tr_id),
                Change::Attempted(_, tr_id, attempt) => {
                    let key = |reference| (attempt.biller, reference);
                    let is_taken =
                        |key| self.at_billers.contains_key(&key) || !at_billers.insert(key);
                    let known = self.attempts.get(tr_id).map_or(0, Vec::len);
                    !attempt.reference.clone().map(key).is_some_and(is_taken)
                        && attempt.number as usize >= known + 2
                        && new.insert(("attempt", TrId(tr_id.0 << 8 | i64::from(attempt.number))))
                }
                Change::Product(_)
                | Change::Biller(_)
                | Change::BillerBalance(_)
                | Change::PendingFollowUp(..)
                | Change::Callback(_)
                | Change::Action(_) => true,
            };
            if !allowed {
                return Err(number(change));
            }
        }
        let overdrawn = books.moved.iter().any(|(account, balance)| {
            let min_balance = books.min_balance(*account);
            min_balance.is_some_and(|min_balance| *balance < min_balance)
        });
        match overdrawn {
            true => Err(None),
            false => Ok(()),
        }
    }

    /// Writes the journal. Returns the rows that it wrote.
    fn write(&mut self, books: &Books) -> Vec<Event> {
        let mut written = Vec::new();
        for change in &books.journal {
            match change {
                Change::Opened(inquiry, exchange, asked_before) => {
                    let (tr_id, key) = (inquiry.tr_id, (inquiry.partner, inquiry.ref_id.clone()));
                    written.push(inquiry_row(inquiry));
                    self.references.insert(key, tr_id);
                    self.at_billers.extend(at_biller(inquiry).map(|key| (key, tr_id)));
                    let exchanges = asked_before.iter().chain([exchange]).cloned().collect();
                    self.inquiries.insert(tr_id, (Arc::clone(inquiry), exchanges));
                }
                Change::Dropped(inquiry) => {
                    self.references.remove(&(inquiry.partner, inquiry.ref_id.clone()));
                    at_biller(inquiry).and_then(|key| self.at_billers.remove(&key));
                    self.inquiries.remove(&inquiry.tr_id);
                }
                Change::Begun(payment, hold, bill) => {
                    self.put_payment(payment, &mut written);
                    self.bills.extend(bill.clone().map(|bill| (bill, payment.tr_id)));
                    self.post(payment.tr_id, payment.begun_at, hold, &mut written);
                }
                Change::Settled { payment, movement, exchange } => {
                    self.put_payment(payment, &mut written);
                    if let Some(movement) = movement {
                        let at = payment.settled_at.unwrap_or(payment.begun_at);
                        self.post(payment.tr_id, at, movement, &mut written);
                    }
                    if let Some(inquiry) = books.inquiries.get(&payment.tr_id)
                        && payment.state.is_final()
                    {
                        self.bills.remove(&(BillKey(Arc::clone(inquiry)), payment.tr_id));
                    }
                    let exchanges = self.exchanges.entry(payment.tr_id).or_default();
                    exchanges.extend(exchange.iter().cloned());
                }
                Change::Attempted(_, tr_id, attempt) => {
                    written.push(attempt_row(*tr_id, attempt));
                    let key = |reference| (attempt.biller, reference);
                    let reference = attempt.reference.clone().map(key);
                    self.at_billers.extend(reference.map(|key| (key, *tr_id)));
                    self.attempts.entry(*tr_id).or_default().push(Attempt::clone(attempt));
                }
                Change::PendingFollowUp(tr_id, follow_up) => {
                    written.push(follow_up_row(*tr_id, follow_up.as_ref()));
                    match follow_up {
                        Some(follow_up) => self.follow_ups.insert(*tr_id, *follow_up),
                        None => self.follow_ups.remove(tr_id),
                    };
                }
                Change::Callback(callback) => {
                    self.callbacks.insert(callback.tr_id, callback.clone());
                }
                Change::Deposited(deposit, movement) => {
                    written.push(deposit_row(deposit));
                    let key =
                        |reference: TransferReference| (deposit.partner, reference.in_capitals());
                    let reference_users = deposit.reference.clone().map(key);
                    self.deposit_references.extend(reference_users.map(|key| (key, deposit.tr_id)));
                    self.deposits.insert(deposit.tr_id, deposit.clone());
                    self.post(deposit.tr_id, deposit.at, movement, &mut written);
                }
                Change::Reversed(reversal, movement) => {
                    written.push(reversal_row(reversal));
                    self.reversals.insert(reversal.deposit, reversal.clone());
                    self.post(reversal.tr_id, reversal.at, movement, &mut written);
                }
                Change::BalanceChanged(change, movement) => {
                    written.push(balance_change_row(change));
                    let reference = change.reference.as_ref().map(TransferReference::in_capitals);
                    let key = reference.map(|reference| (change.partner, reference));
                    self.withdrawal_references.extend(key.map(|key| (key, change.tr_id)));
                    self.balance_changes.insert(change.tr_id, change.clone());
                    self.post(change.tr_id, change.at, movement, &mut written);
                }
                Change::Partner(partner) => {
                    written.push(partner_row(partner));
                    for account in [Account::Available(partner.id), Account::Held(partner.id)] {
                        let balance = *self.balances.entry(account).or_default();
                        written.push(balance_row(account, balance));
                    }
                    self.partners.insert(partner.id, Arc::clone(partner));
                }
                Change::Product(_) => self.catalogue = Arc::clone(&books.catalogue),
                Change::Biller(_) => self.billers = Arc::clone(&books.billers),
                Change::BillerBalance(told) => {
                    let id = self.biller_balances.len() as i64 + 1;
                    self.biller_balances.push(BillerBalanceRecord { id, told: *told });
                }
                Change::Action(action) => {
                    let id = self.actions.len() as i64 + 1;
                    self.actions.push(ActionRecord { id, action: action.clone() });
                }
            }
        }
        for (account, balance) in &books.moved {
            written.push(balance_row(*account, *balance));
            self.balances.insert(*account, *balance);
        }
        self.next_tr_id = books.next_tr_id;
        written.into_iter().map(Event::Wrote).collect()
    }

    fn put_payment(&mut self, payment: &Payment, written: &mut Vec<Row>) {
        written.push(payment_row(payment));
        self.payments.insert(payment.tr_id, payment.clone());
    }

    fn post(&mut self, tr_id: TrId, at: Moment, movement: &Movement, written: &mut Vec<Row>) {
        for posting in &movement.postings {
            let (account, amount) = (posting.account, posting.amount);
            let posted = Posted { kind: movement.kind, account, amount, at };
            written.push(posting_row(tr_id, &posted));
            self.postings.entry(tr_id).or_default().push(posted);
        }
    }
}

/// The transaction number of a change.
fn number(change: &Change) -> Option<TrId> {
    match change {
        Change::Opened(inquiry, ..) | Change::Dropped(inquiry) => Some(inquiry.tr_id),
        Change::Begun(payment, ..) | Change::Settled { payment, .. } => Some(payment.tr_id),
        Change::PendingFollowUp(tr_id, _) | Change::Attempted(_, tr_id, _) => Some(*tr_id),
        Change::Callback(callback) => Some(callback.tr_id),
        Change::Deposited(deposit, _) => Some(deposit.tr_id),
        Change::Reversed(reversal, _) => Some(reversal.tr_id),
        Change::BalanceChanged(change, _) => Some(change.tr_id),
        Change::Partner(_)
        | Change::Product(_)
        | Change::Biller(_)
        | Change::BillerBalance(_)
        | Change::Action(_) => None,
    }
}
