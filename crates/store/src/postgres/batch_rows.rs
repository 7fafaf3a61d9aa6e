//! Converts the journal of a batch to rows, table by table.

use std::collections::BTreeMap;

use domain::books::{BalanceChange, Deposit, Reversal};
use domain::{
    Action, Attempt, BillerBalance, BillerId, BillerSettings, Books, Callback, Change, Evidence,
    Exchange, Inquiry, Moment, Movement, Partner, PartnerId, Payment, PendingFollowUp, Product,
    Rupiah, TrId,
};

use crate::error::damaged;
use crate::movement_row::{Amounts, MovementRow};
use crate::{StoreError, inquiry_exchanges};

/// The key of the rows of a transaction.
pub(super) type Key = (PartnerId, TrId);

/// The rows that a batch writes. A row that changes twice is here once, in its final state.
#[derive(Default)]
pub(super) struct BatchRows<'b> {
    /// New inquiries, each with the time that its biller took.
    pub(super) inquiries: Vec<(&'b Inquiry, i64)>,
    /// Deleted inquiries.
    pub(super) dropped: Vec<Key>,
    /// New payments.
    pub(super) begun: BTreeMap<Key, &'b Payment>,
    /// Changed payments.
    pub(super) changed: BTreeMap<Key, &'b Payment>,
    /// Payments that begin, with their bill if no other payment of it may be in process.
    pub(super) opened: BTreeMap<Key, Option<&'b Inquiry>>,
    /// Payments that ended.
    pub(super) closed: Vec<Key>,
    /// Movements, each with the number of its transaction.
    pub(super) movements: Vec<(TrId, MovementRow)>,
    /// New exchanges, each with its number in its payment.
    pub(super) exchanges: Vec<(Key, u32, &'b Exchange)>,
    /// Calls of new inquiries, each with its number in its inquiry.
    pub(super) inquiry_exchanges: Vec<(Key, i64, &'b Exchange)>,
    /// Evidence of new exchanges, each with their number.
    pub(super) evidence: Vec<(Key, u32, &'b Evidence)>,
    /// New attempts after the first ones of their payments.
    pub(super) attempts: Vec<(Key, &'b Attempt)>,
    /// New, changed and ended follow-ups.
    pub(super) follow_ups: BTreeMap<Key, Option<&'b PendingFollowUp>>,
    /// New or changed callbacks.
    pub(super) callbacks: BTreeMap<Key, &'b Callback>,
    pub(super) deposits: Vec<&'b Deposit>,
    pub(super) reversals: Vec<&'b Reversal>,
    pub(super) balance_changes: Vec<&'b BalanceChange>,
    /// Changes of the balances, to be added.
    pub(super) balances: BTreeMap<PartnerId, Amounts>,
    /// Changes of the billers' accounts, to be added; kept for each partner.
    pub(super) costs: BTreeMap<(PartnerId, BillerId), Rupiah>,
    pub(super) partners: Vec<&'b Partner>,
    pub(super) products: Vec<&'b Product>,
    pub(super) billers: Vec<&'b BillerSettings>,
    pub(super) biller_balances: Vec<&'b BillerBalance>,
    pub(super) actions: Vec<&'b Action>,
}

impl<'b> BatchRows<'b> {
    /// Makes the rows from the journal of `books`.
    pub(super) fn of(books: &'b Books) -> Result<BatchRows<'b>, StoreError> {
        let mut draft = BatchRows::default();
        for change in &books.journal {
            draft.enter(change, books)?;
        }
        Ok(draft)
    }

    fn enter(&mut self, change: &'b Change, books: &'b Books) -> Result<(), StoreError> {
        match change {
            Change::Opened(inquiry, exchange, asked_before) => {
                self.inquiries.push((inquiry, exchange.took_micros));
                let key = (inquiry.partner, inquiry.tr_id);
                let stored = (1..).zip(inquiry_exchanges::stored(exchange, asked_before));
                self.inquiry_exchanges.extend(stored.map(|(number, it)| (key, number, it)));
            }
            Change::Dropped(inquiry) => self.dropped.push((inquiry.partner, inquiry.tr_id)),
            Change::Begun(payment, hold, bill) => {
                let key = key(payment);
                self.begun.insert(key, payment);
                self.opened.insert(key, bill.as_ref().map(|bill| bill.0.as_ref()));
                self.move_money(key, payment.begun_at, hold)?;
            }
            Change::Settled { payment, movement, exchange } => {
                let key = key(payment);
                match self.begun.get_mut(&key) {
                    Some(begun) => *begun = payment,
                    None => drop(self.changed.insert(key, payment)),
                }
                let number = payment.exchanges;
                if let Some(exchange) = exchange {
                    self.exchanges.push((key, number, exchange));
                    let evidence = exchange.evidence.iter();
                    self.evidence.extend(evidence.map(|evidence| (key, number, evidence)));
                }
                if let Some(movement) = movement {
                    let at = payment.settled_at.unwrap_or(payment.begun_at);
                    self.move_money(key, at, movement)?;
                    if self.opened.remove(&key).is_none() {
                        self.closed.push(key);
                    }
                }
            }
            Change::Attempted(partner, tr_id, attempt) => {
                self.attempts.push(((*partner, *tr_id), attempt));
            }
            Change::PendingFollowUp(tr_id, follow_up) => {
                let inquiry = books.inquiries.get(tr_id);
                let inquiry =
                    inquiry.ok_or_else(|| damaged(format_args!("a follow_up over {tr_id}")))?;
                self.follow_ups.insert((inquiry.partner, *tr_id), follow_up.as_ref());
            }
            Change::Callback(callback) => {
                self.callbacks.insert((callback.partner, callback.tr_id), callback);
            }
            Change::Deposited(deposit, movement) => {
                self.deposits.push(deposit);
                self.move_money((deposit.partner, deposit.tr_id), deposit.at, movement)?;
            }
            Change::Reversed(reversal, movement) => {
                self.reversals.push(reversal);
                self.move_money((reversal.partner, reversal.tr_id), reversal.at, movement)?;
            }
            Change::BalanceChanged(change, movement) => {
                self.balance_changes.push(change);
                self.move_money((change.partner, change.tr_id), change.at, movement)?;
            }
            Change::Partner(partner) => self.partners.push(partner),
            Change::Product(product) => self.products.push(product),
            Change::Biller(biller) => self.billers.push(biller),
            Change::BillerBalance(told) => self.biller_balances.push(told),
            Change::Action(action) => self.actions.push(action),
        }
        Ok(())
    }

    /// Adds a movement to the balances. Changes of lunas' own accounts are kept in the partner's row, so that
    /// partners do not share a row.
    fn move_money(
        &mut self,
        (partner, tr_id): Key,
        at: Moment,
        movement: &Movement,
    ) -> Result<(), StoreError> {
        let row = MovementRow::new(partner, at, movement)?;
        self.balances.entry(partner).or_default().add(&row.amounts)?;
        if let Some((biller, cost)) = row.cost {
            let sum = self.costs.entry((partner, biller)).or_default();
            *sum = sum.plus(cost).map_err(damaged)?;
        }
        self.movements.push((tr_id, row));
        Ok(())
    }
}

fn key(payment: &Payment) -> Key {
    (payment.partner, payment.tr_id)
}
