//! The rows of the store as the auditor knows them, with its own sums.

mod stored;

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckResult, FINAL, Violation, require};
use crate::event::Row;
use crate::partner::NOT_BELOW_COST;
use stored::{Attempt, Inquiry, Payment, Stored};

pub(super) const BALANCED: &str = "3: the postings of a movement sum to zero";
pub(super) const DERIVED: &str = "3: each balance equals its postings";
pub(super) const FLOOR: &str = "3: no deposit is below its limit";
pub(super) const CURRENT: &str = "1: a payment is at the biller of its current attempt";
pub(super) const STORY: &str =
    "2: a payment moves its price once: held, then debited or given back";
pub(super) const BOOKED: &str =
    "2: a deposit is booked once under its reference, and taken back once and whole";
pub(super) const BILL: &str = "7: of one bill one payment is in process";
pub(super) const KEYS: &str = "4: a row is written once, and its keys are its own";

/// The kinds of accounts, with the numbers of the schema.
const BANK: i64 = 1;
const FEE: i64 = 2;
const COMMISSION: i64 = 3;
const BILLER: i64 = 4;
const AVAILABLE: i64 = 5;
const HELD: i64 = 6;
const MARGIN: i64 = 7;
const ADJUSTMENT: i64 = 8;

/// All rows so far.
#[derive(Debug, Default)]
pub(super) struct Rows {
    stored: Stored,
    sums: BTreeMap<i64, i128>,
    /// Transactions by partner and `ref_id`.
    references: BTreeMap<(i64, Box<str>), i64>,
    /// References of withdrawals.
    withdrawn: BTreeSet<(i64, Box<str>)>,
    /// References of deposits, and the deposits that were reversed.
    reference_users: BTreeSet<(i64, Box<str>)>,
    reversed: BTreeSet<i64>,
    open: BTreeSet<i64>,
    /// The open payment of each bill.
    bills: BTreeMap<Box<str>, i64>,
    /// The rows that the current commit has written.
    touched: BTreeSet<i64>,
    moved: BTreeSet<i64>,
}

impl Rows {
    /// Adds a row.
    pub(super) fn see(&mut self, row: &Row) -> CheckResult {
        let stored = &mut self.stored;
        match row {
            Row::Partner { id, min_balance } => {
                stored.floors.insert(*id, *min_balance);
                self.moved.insert(*id << 4 | AVAILABLE);
            }
            Row::Inquiry {
                tr_id,
                partner,
                ref_id,
                bill,
                nominal,
                admin,
                commission,
                biller,
                reference,
                ours,
                cost,
            } => {
                let inquiry = Inquiry {
                    partner: *partner,
                    ref_id: ref_id.clone(),
                    bill: bill.clone(),
                    nominal: *nominal,
                    admin: *admin,
                    commission: *commission,
                    first: Attempt::new(*biller, reference, ours, *cost),
                };
                let taken = stored.inquiries.insert(*tr_id, inquiry).is_some();
                let reference = self.references.insert((*partner, ref_id.clone()), *tr_id);
                require(!taken && reference.is_none(), KEYS, *tr_id, || format!("{row:?} again"))?;
            }
            Row::Attempt { tr_id, number, biller, reference, ours, cost, .. } => {
                let attempts = stored.attempts.entry(*tr_id).or_default();
                attempts.push(Attempt::new(*biller, reference, ours, *cost));
                let place = attempts.len() + 1;
                require(*number as usize == place, KEYS, *tr_id, || format!("{row:?}: {place}"))?;
                self.touched.insert(*tr_id);
            }
            Row::Payment { tr_id, partner, biller, state, receipt_no, reason, because } => {
                let payment = Payment {
                    partner: *partner,
                    biller: *biller,
                    state,
                    receipt_no: receipt_no.clone(),
                    reason: *reason,
                    because: because.clone(),
                };
                let bill = stored.inquiries.get(tr_id).map_or("", |inquiry| &*inquiry.bill);
                if is_final(state) {
                    self.open.remove(tr_id);
                    if self.bills.get(bill) == Some(tr_id) {
                        self.bills.remove(bill);
                    }
                } else {
                    self.open.insert(*tr_id);
                    let other = *self.bills.entry(bill.into()).or_insert(*tr_id);
                    require(other == *tr_id, BILL, *tr_id, || format!("{other} is too: {bill}"))?;
                }
                let before = stored.payments.get(tr_id);
                let stays = before.is_none_or(|before| {
                    !is_final(before.state)
                        || (before.state, &before.receipt_no, before.reason)
                            == (*state, receipt_no, *reason)
                });
                require(stays, FINAL, *tr_id, || format!("{before:?} became {payment:?}"))?;
                stored.payments.insert(*tr_id, payment);
                self.touched.insert(*tr_id);
            }
            Row::PendingFollowUp { tr_id, review_reason } => {
                match review_reason {
                    Some(why) => stored.review_reason.insert(*tr_id, why),
                    None => stored.review_reason.remove(tr_id),
                };
            }
            Row::Deposit { tr_id, partner, amount, reference, .. } => {
                let taken = stored.deposits.insert(*tr_id, (*partner, *amount)).is_some();
                require(!taken, KEYS, *tr_id, || format!("{row:?} again"))?;
                let key = |reference: &str| (*partner, reference.to_ascii_uppercase().into());
                let is_new = |reference: &str| self.reference_users.insert(key(reference));
                let once = reference.as_deref().is_none_or(is_new);
                require(once, BOOKED, *tr_id, || format!("{row:?}, and its reference again"))?;
                self.touched.insert(*tr_id);
            }
            Row::BalanceChange { tr_id, partner, kind, amount, reference, .. } => {
                let is_withdrawal = *kind == "withdrawal";
                let change = (is_withdrawal, *partner, *amount);
                let taken = stored.balance_changes.insert(*tr_id, change).is_some();
                require(!taken, KEYS, *tr_id, || format!("{row:?} again"))?;
                let key = |reference: &str| (*partner, reference.to_ascii_uppercase().into());
                let is_new = |reference: &str| self.withdrawn.insert(key(reference));
                let once = reference.as_deref().is_none_or(is_new);
                require(once, BOOKED, *tr_id, || format!("{row:?}, and its reference again"))?;
                self.touched.insert(*tr_id);
            }
            Row::Reversal { tr_id, partner, deposit, amount } => {
                let reversal = (*partner, *deposit, *amount);
                let taken = stored.reversals.insert(*tr_id, reversal).is_some();
                require(!taken, KEYS, *tr_id, || format!("{row:?} again"))?;
                let once = self.reversed.insert(*deposit);
                require(once, BOOKED, *tr_id, || format!("{row:?}, and its deposit again"))?;
                self.touched.insert(*tr_id);
            }
            Row::Posting { tr_id, step, account, amount } => {
                stored.postings.entry(*tr_id).or_default().push((*step, *account, *amount));
                *self.sums.entry(*account).or_default() += i128::from(*amount);
                self.touched.insert(*tr_id);
                self.moved.insert(*account);
            }
            Row::Balance { account, amount } => {
                stored.balances.insert(*account, *amount);
                self.moved.insert(*account);
            }
        }
        Ok(())
    }

    /// Checks what a commit has changed, now that it is complete.
    pub(super) fn settle(&mut self) -> CheckResult {
        for tr_id in std::mem::take(&mut self.touched) {
            self.settle_one(tr_id)?;
        }
        for account in std::mem::take(&mut self.moved) {
            let sum = self.sums.get(&account).copied().unwrap_or(0);
            let balance = self.stored.balances.get(&account).copied().unwrap_or(0);
            require(sum == i128::from(balance), DERIVED, account, || {
                format!("account {account} has {balance}, its postings give {sum}")
            })?;
            let min_balance = match account & 15 {
                AVAILABLE => self.stored.floors.get(&(account >> 4)).copied().unwrap_or(0),
                HELD => 0,
                _ => continue,
            };
            require(balance >= min_balance, FLOOR, account, || {
                format!("account {account} has {balance}, below {min_balance}")
            })?;
        }
        Ok(())
    }

    fn settle_one(&self, tr_id: i64) -> CheckResult {
        if let Some((partner, deposit, amount)) = self.stored.reversals.get(&tr_id) {
            let of = self.stored.deposits.get(deposit);
            require(of == Some(&(*partner, *amount)), BOOKED, tr_id, || {
                format!("{amount} of the partner {partner} is taken back, of {deposit}: {of:?}")
            })?;
        }
        if let Some(payment) = self.stored.payments.get(&tr_id) {
            let current = self.current_biller(tr_id);
            require(current == Some(payment.biller), CURRENT, tr_id, || {
                format!("{payment:?}, and its last attempt is at {current:?}")
            })?;
        }
        let none = Vec::new();
        let found = self.stored.postings.get(&tr_id).unwrap_or(&none);
        for step in [1, 2] {
            let of_step = found.iter().filter(|posting| posting.0 == step);
            let sum: i128 = of_step.map(|posting| i128::from(posting.2)).sum();
            require(sum == 0, BALANCED, tr_id, || format!("step {step} sums to {sum}"))?;
        }
        let mut expected = self.expected(tr_id);
        expected.retain(|posting| posting.2 != 0);
        expected.sort_unstable();
        let mut found = found.clone();
        found.sort_unstable();
        require(found == expected, STORY, tr_id, || {
            let state = self.state(tr_id);
            format!("{state:?} with the postings {found:?}, not {expected:?}")
        })
    }

    /// The expected postings, as (step, account, amount).
    fn expected(&self, tr_id: i64) -> Vec<(u8, i64, i64)> {
        if let Some((partner, amount)) = self.stored.deposits.get(&tr_id) {
            return vec![(1, BANK, -amount), (1, partner << 4 | AVAILABLE, *amount)];
        }
        if let Some((partner, _, amount)) = self.stored.reversals.get(&tr_id) {
            return vec![(1, BANK, *amount), (1, partner << 4 | AVAILABLE, -amount)];
        }
        if let Some((is_withdrawal, partner, amount)) = self.stored.balance_changes.get(&tr_id) {
            let other = if *is_withdrawal { BANK } else { ADJUSTMENT };
            return vec![(1, other, -amount), (1, partner << 4 | AVAILABLE, *amount)];
        }
        let payment = self.stored.payments.get(&tr_id);
        let inquiry = self.stored.inquiries.get(&tr_id);
        let (Some(inquiry), Some(payment), Some(attempt)) = (inquiry, payment, self.current(tr_id))
        else {
            return Vec::new();
        };
        let price = inquiry.nominal + inquiry.admin - inquiry.commission;
        let cost = attempt.cost.unwrap_or(inquiry.nominal);
        let (available, held) = (inquiry.partner << 4 | AVAILABLE, inquiry.partner << 4 | HELD);
        let mut expected = vec![(1, available, -price), (1, held, price)];
        match payment.state {
            "paid" => expected.extend([
                (2, held, -price),
                (2, attempt.biller << 4 | BILLER, cost),
                (2, FEE, inquiry.admin),
                (2, COMMISSION, -inquiry.commission),
                (2, MARGIN, inquiry.nominal - cost),
            ]),
            "failed" => expected.extend([(2, held, -price), (2, available, price)]),
            _ => {}
        }
        expected
    }

    /// Checks that another reading found the same rows.
    pub(super) fn same_as(&self, other: &Rows) -> CheckResult {
        if self.stored == other.stored && self.sums == other.sums {
            return Ok(());
        }
        let how = "the rows at the end are not those that were committed".into();
        Err(Violation { rule: KEYS, about: None, how })
    }

    /// Whether this deposit was reversed.
    pub(super) fn is_reversed(&self, deposit: i64) -> bool {
        self.reversed.contains(&deposit)
    }

    pub(super) fn open(&self) -> impl Iterator<Item = i64> {
        self.open.iter().copied()
    }

    /// The reason for its manual review.
    pub(super) fn review_reason(&self, tr_id: i64) -> Option<&'static str> {
        self.stored.review_reason.get(&tr_id).copied()
    }

    /// The payments in manual review, and why.
    pub(super) fn queue(&self) -> impl Iterator<Item = (i64, &'static str)> {
        self.stored.review_reason.iter().map(|(tr_id, why)| (*tr_id, *why))
    }

    pub(super) fn state(&self, tr_id: i64) -> Option<&'static str> {
        self.stored.payments.get(&tr_id).map(|payment| payment.state)
    }

    /// The receipt number of a payment, and why it failed.
    pub(super) fn ending(&self, tr_id: i64) -> Option<(&str, Option<&'static str>)> {
        self.stored.payments.get(&tr_id).map(|payment| (&*payment.receipt_no, payment.reason))
    }

    /// The partner, the `ref_id` and the price of an inquiry.
    pub(super) fn bill(&self, tr_id: i64) -> Option<(i64, &str, i64)> {
        self.stored.inquiries.get(&tr_id).map(|inquiry| {
            let price = inquiry.nominal + inquiry.admin - inquiry.commission;
            (inquiry.partner, &*inquiry.ref_id, price)
        })
    }

    pub(super) fn is_inquiry(&self, tr_id: i64, partner: i64, ref_id: &str) -> bool {
        self.bill(tr_id).is_some_and(|bill| (bill.0, bill.1) == (partner, ref_id))
    }

    pub(super) fn owner(&self, tr_id: i64) -> Option<i64> {
        self.bill(tr_id).map(|bill| bill.0)
    }

    /// The biller of the payment's current attempt.
    pub(super) fn current_biller(&self, tr_id: i64) -> Option<i64> {
        self.current(tr_id).map(|attempt| attempt.biller)
    }

    /// The current attempt of a payment, or what the inquiry says about the first one.
    fn current(&self, tr_id: i64) -> Option<&Attempt> {
        let first = self.stored.inquiries.get(&tr_id).map(|inquiry| &inquiry.first);
        self.stored.attempts.get(&tr_id).and_then(|later| later.last()).or(first)
    }

    /// What may be ordered: at which biller, with which handle, under which reference of lunas, and the amount.
    pub(super) fn order(&self, tr_id: i64) -> Option<(i64, &str, &str, i64)> {
        let nominal = self.stored.inquiries.get(&tr_id)?.nominal;
        let Attempt { biller, reference, ours, .. } = self.current(tr_id)?;
        Some((*biller, reference, ours, nominal))
    }

    /// What the biller of the current attempt takes, if that is more than the partner pays and the product may not
    /// be sold so.
    pub(super) fn refused_cost(&self, tr_id: i64) -> Option<i64> {
        let bill = &self.stored.inquiries.get(&tr_id)?.bill;
        let (_, _, price) = self.bill(tr_id)?;
        let is_refused = bill.split(' ').next() == Some(NOT_BELOW_COST);
        self.current(tr_id)?.cost.filter(|cost| is_refused && *cost > price)
    }

    /// Whether a row of the transaction is written and not committed.
    pub(super) fn is_uncommitted(&self, tr_id: i64) -> bool {
        self.touched.contains(&tr_id)
    }

    /// The payments that are written and not committed, each with the reason if its attempt has failed and another
    /// one may begin.
    pub(super) fn written_payments(&self) -> Vec<(i64, Option<&'static str>)> {
        let payment = |tr_id: &i64| Some((*tr_id, self.stored.payments.get(tr_id)?));
        let failure = |(tr_id, payment): (i64, &Payment)| {
            (tr_id, payment.reason.filter(|_| payment.state == "paying"))
        };
        self.touched.iter().filter_map(payment).map(failure).collect()
    }

    pub(super) fn reference(&self, partner: i64, ref_id: &str) -> Option<i64> {
        self.references.get(&(partner, ref_id.into())).copied()
    }
}

fn is_final(state: &str) -> bool {
    matches!(state, "paid" | "failed")
}
