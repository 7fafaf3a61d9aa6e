//! The simulated store: rows in memory, in ordered maps, that outlive the processes.
//!
//! A commit is one step under one lock, so that two gateways on one disk are two nodes on one
//! database. What the schema of a real database refuses, this refuses too.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::books::{Reversal, TopUp};
use domain::{
    Account, Books, Callback, Catalogue, Change, DepositReference, Exchange, Inquiry, Moment,
    Movement, MovementKind, Partner, PartnerId, Payment, RefId, Rupiah, SameBill, TrId, Watch,
};

use crate::event::{Event, Row};
pub(crate) use read::Reader;
pub(crate) use write::Writer;

/// Transaction numbers start here, as they do on a real database.
pub(crate) const FIRST_TR_ID: i64 = 10_000_001;

/// The rows, shared by all nodes.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    partners: BTreeMap<PartnerId, Arc<Partner>>,
    catalogue: Arc<Catalogue>,
    balances: BTreeMap<Account, Rupiah>,
    inquiries: BTreeMap<TrId, (Arc<Inquiry>, i64)>,
    references: BTreeMap<(PartnerId, RefId), TrId>,
    payments: BTreeMap<TrId, Payment>,
    top_ups: BTreeMap<TrId, TopUp>,
    /// By the number of the top-up that each takes back.
    reversals: BTreeMap<TrId, Reversal>,
    deposit_references: BTreeMap<(PartnerId, DepositReference), TrId>,
    postings: BTreeMap<TrId, Vec<Posted>>,
    exchanges: BTreeMap<TrId, Vec<Exchange>>,
    watches: BTreeMap<TrId, Watch>,
    callbacks: BTreeMap<TrId, Callback>,
    /// The bills of the payments in process.
    bills: BTreeSet<(SameBill, TrId)>,
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
    /// Every row, as the auditor reads them.
    pub(crate) fn dump(&self) -> Vec<Row> {
        let rows = self.rows();
        let mut dump: Vec<Row> = Vec::new();
        dump.extend(rows.partners.values().map(|partner| partner_row(partner)));
        dump.extend(rows.inquiries.values().map(|(inquiry, _)| inquiry_row(inquiry)));
        dump.extend(rows.payments.values().map(payment_row));
        dump.extend(rows.watches.iter().map(|(tr_id, watch)| watch_row(*tr_id, Some(watch))));
        dump.extend(rows.top_ups.values().map(top_up_row));
        dump.extend(rows.reversals.values().map(reversal_row));
        for (tr_id, postings) in &rows.postings {
            dump.extend(postings.iter().map(|posting| posting_row(*tr_id, posting)));
        }
        dump.extend(rows.balances.iter().map(|(account, amount)| balance_row(*account, *amount)));
        dump
    }

    /// Whoever had claimed a payment is gone: the process that starts has the store for itself.
    pub(crate) fn give_back_claims(&self) {
        let mut rows = self.rows();
        rows.watches.values_mut().for_each(|watch| watch.until = Moment::default());
    }

    /// How many payments there are.
    pub(crate) fn payments(&self) -> u64 {
        self.rows().payments.len() as u64
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    /// Refuses what a schema refuses, before anything is written: whose key is taken, or nobody's
    /// where a deposit is below its limit.
    fn check(&self, books: &Books) -> Result<(), Option<TrId>> {
        let (mut new, mut known_by) = (BTreeSet::new(), BTreeSet::new());
        for change in &books.journal {
            let allowed = match change {
                Change::Opened(inquiry, _) => {
                    let key = (inquiry.partner, inquiry.ref_id.clone());
                    !self.references.contains_key(&key)
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
                Change::ToppedUp(top_up, _) => {
                    let taken = |reference: &DepositReference| {
                        let key = (top_up.partner, reference.in_capitals());
                        self.deposit_references.contains_key(&key) || !known_by.insert(key)
                    };
                    !self.top_ups.contains_key(&top_up.tr_id)
                        && new.insert(("top-up", top_up.tr_id))
                        && !top_up.reference.as_ref().is_some_and(taken)
                }
                Change::Reversed(reversal, _) => {
                    !self.reversals.contains_key(&reversal.top_up)
                        && new.insert(("reversal of", reversal.top_up))
                }
                Change::Partner(partner) => {
                    let same_name = |other: &&Arc<Partner>| other.username == partner.username;
                    self.partners.values().find(same_name).is_none_or(|it| it.id == partner.id)
                }
                Change::Dropped(inquiry) => !self.payments.contains_key(&inquiry.tr_id),
                Change::Product(_) | Change::Watched(..) | Change::Callback(_) => true,
            };
            if !allowed {
                return Err(number(change));
            }
        }
        let overdrawn = books.moved.iter().any(|(account, balance)| {
            let floor = books.floor(*account);
            floor.is_some_and(|floor| *balance < floor)
        });
        match overdrawn {
            true => Err(None),
            false => Ok(()),
        }
    }

    /// Writes the journal, and says which rows it wrote.
    fn write(&mut self, books: &Books) -> Vec<Event> {
        let mut written = Vec::new();
        for change in &books.journal {
            match change {
                Change::Opened(inquiry, exchange) => {
                    let (tr_id, key) = (inquiry.tr_id, (inquiry.partner, inquiry.ref_id.clone()));
                    written.push(inquiry_row(inquiry));
                    self.references.insert(key, tr_id);
                    self.inquiries.insert(tr_id, (Arc::clone(inquiry), exchange.took_micros));
                }
                Change::Dropped(inquiry) => {
                    self.references.remove(&(inquiry.partner, inquiry.ref_id.clone()));
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
                        self.bills.remove(&(SameBill(Arc::clone(inquiry)), payment.tr_id));
                    }
                    let exchanges = self.exchanges.entry(payment.tr_id).or_default();
                    exchanges.extend(exchange.iter().cloned());
                }
                Change::Watched(tr_id, watch) => {
                    written.push(watch_row(*tr_id, watch.as_ref()));
                    match watch {
                        Some(watch) => self.watches.insert(*tr_id, *watch),
                        None => self.watches.remove(tr_id),
                    };
                }
                Change::Callback(callback) => {
                    self.callbacks.insert(callback.tr_id, callback.clone());
                }
                Change::ToppedUp(top_up, movement) => {
                    written.push(top_up_row(top_up));
                    let key =
                        |reference: DepositReference| (top_up.partner, reference.in_capitals());
                    let known_by = top_up.reference.clone().map(key);
                    self.deposit_references.extend(known_by.map(|key| (key, top_up.tr_id)));
                    self.top_ups.insert(top_up.tr_id, top_up.clone());
                    self.post(top_up.tr_id, top_up.at, movement, &mut written);
                }
                Change::Reversed(reversal, movement) => {
                    written.push(reversal_row(reversal));
                    self.reversals.insert(reversal.top_up, reversal.clone());
                    self.post(reversal.tr_id, reversal.at, movement, &mut written);
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

/// The number that a change is about.
fn number(change: &Change) -> Option<TrId> {
    match change {
        Change::Opened(inquiry, _) | Change::Dropped(inquiry) => Some(inquiry.tr_id),
        Change::Begun(payment, ..) | Change::Settled { payment, .. } => Some(payment.tr_id),
        Change::Watched(tr_id, _) => Some(*tr_id),
        Change::Callback(callback) => Some(callback.tr_id),
        Change::ToppedUp(top_up, _) => Some(top_up.tr_id),
        Change::Reversed(reversal, _) => Some(reversal.tr_id),
        Change::Partner(_) | Change::Product(_) => None,
    }
}

fn partner_row(partner: &Partner) -> Row {
    Row::Partner { id: partner.id.0, floor: partner.floor.get() }
}

fn inquiry_row(inquiry: &Inquiry) -> Row {
    Row::Inquiry {
        tr_id: inquiry.tr_id.0,
        partner: inquiry.partner.0,
        ref_id: inquiry.ref_id.as_str().into(),
        bill: format!("{} {} {}", inquiry.code, inquiry.hp, inquiry.bill.period).into(),
        nominal: inquiry.bill.nominal.get(),
        admin: inquiry.price.admin.get(),
        commission: inquiry.price.commission.get(),
    }
}

fn payment_row(payment: &Payment) -> Row {
    Row::Payment {
        tr_id: payment.tr_id.0,
        partner: payment.partner.0,
        biller: payment.biller.0,
        state: payment.state.name(),
        noref: payment.noref.clone(),
        reason: payment.reason.map(|reason| reason.0),
        because: payment.open_because.clone(),
    }
}

fn watch_row(tr_id: TrId, watch: Option<&Watch>) -> Row {
    let attention = watch.and_then(|watch| watch.attention).map(|(why, _)| why.name());
    Row::Watch { tr_id: tr_id.0, attention }
}

fn top_up_row(top_up: &TopUp) -> Row {
    Row::TopUp {
        tr_id: top_up.tr_id.0,
        partner: top_up.partner.0,
        amount: top_up.amount.get(),
        note: top_up.note.clone(),
        reference: top_up.reference.as_ref().map(|reference| reference.as_str().into()),
    }
}

fn reversal_row(reversal: &Reversal) -> Row {
    Row::Reversal {
        tr_id: reversal.tr_id.0,
        partner: reversal.partner.0,
        top_up: reversal.top_up.0,
        amount: reversal.amount.get(),
    }
}

fn posting_row(tr_id: TrId, posted: &Posted) -> Row {
    Row::Posting {
        tr_id: tr_id.0,
        step: posted.kind.step(),
        account: posted.account.number(),
        amount: posted.amount.get(),
    }
}

fn balance_row(account: Account, amount: Rupiah) -> Row {
    Row::Balance { account: account.number(), amount: amount.get() }
}
