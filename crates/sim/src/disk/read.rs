//! Reads of the current rows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use domain::books::{BalanceChange, Deposit, Reversal};
use domain::callback::DeliveryState;
use domain::{
    Account, Attempt, BillerBalance, BillerDirectory, BillerId, Callback, Catalogue, Exchange,
    Inquiry, Moment, Partner, PartnerId, Payment, RefId, Reference, ReviewItem, ReviewReason,
    Rupiah, TrId, Transaction,
};
use store::{
    ActionFilter, ActionRecord, BalanceChangeFilter, BillerBalanceRecord, BookedDeposit,
    CallbackFilter, Filter, LedgerRecord, LedgerTotals, OpenPayment, PostingRow, Read, ScanCursor,
    StoreError, TransactionHistory, Window,
};

use super::{Disk, Posted, Rows};

/// A reading connection.
pub(crate) struct Reader(pub(crate) Disk);

impl Read for Reader {
    fn partners(&mut self) -> Result<Vec<Arc<Partner>>, StoreError> {
        Ok(self.0.rows().partners.values().cloned().collect())
    }

    fn catalogue(&mut self) -> Result<Catalogue, StoreError> {
        Ok(Catalogue::clone(&self.0.rows().catalogue))
    }

    fn billers(&mut self) -> Result<BillerDirectory, StoreError> {
        Ok(BillerDirectory::clone(&self.0.rows().billers))
    }

    fn last_biller_balance(
        &mut self,
        biller: BillerId,
    ) -> Result<Option<BillerBalance>, StoreError> {
        let rows = self.0.rows();
        let mut newest = rows.biller_balances.iter().rev();
        Ok(newest.find(|record| record.told.biller == biller).map(|record| record.told))
    }

    fn biller_balances(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<BillerBalanceRecord>, StoreError> {
        let rows = self.0.rows();
        let later = rows.biller_balances.iter().filter(|record| record.id > after);
        Ok(later.take(limit as usize).copied().collect())
    }

    fn balances(&mut self) -> Result<Vec<(Account, Rupiah)>, StoreError> {
        Ok(self.0.rows().balances.iter().map(|(account, balance)| (*account, *balance)).collect())
    }

    fn transaction(&mut self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        Ok(self.0.rows().transaction(tr_id))
    }

    fn find(&mut self, partner: PartnerId, ref_id: &RefId) -> Result<Option<TrId>, StoreError> {
        Ok(self.0.rows().references.get(&(partner, ref_id.clone())).copied())
    }

    fn at_biller(
        &mut self,
        biller: BillerId,
        reference: &Reference,
    ) -> Result<Option<TrId>, StoreError> {
        Ok(self.0.rows().at_billers.get(&(biller, reference.clone())).copied())
    }

    fn story(&mut self, tr_id: TrId) -> Result<Option<TransactionHistory>, StoreError> {
        let rows = self.0.rows();
        let Some(transaction) = rows.transaction(tr_id) else { return Ok(None) };
        let Some((_, inquiry_exchanges)) = rows.inquiries.get(&tr_id) else { return Ok(None) };
        Ok(Some(TransactionHistory {
            follow_up: rows.follow_ups.get(&tr_id).copied(),
            callback: rows.callbacks.get(&tr_id).cloned(),
            inquiry_exchanges: inquiry_exchanges.clone(),
            postings: rows.postings(tr_id),
            exchanges: rows.exchanges.get(&tr_id).cloned().unwrap_or_default(),
            attempts: rows.attempts.get(&tr_id).cloned().unwrap_or_default(),
            transaction,
        }))
    }

    fn unpaid(
        &mut self,
        walked: &mut ScanCursor,
        before: Moment,
        window: u32,
    ) -> Result<Vec<(PartnerId, TrId)>, StoreError> {
        let rows = self.0.rows();
        let walked = walked.0.entry(PartnerId(0)).or_insert(TrId(0));
        let next = rows.inquiries.range((Bound::Excluded(*walked), Bound::Unbounded));
        let old = next.take(window as usize).take_while(|(_, (inquiry, _))| inquiry.at < before);
        let old: Vec<_> = old.map(|(tr_id, (inquiry, _))| (inquiry.partner, *tr_id)).collect();
        *walked = old.last().map_or(*walked, |(_, tr_id)| *tr_id);
        Ok(old.into_iter().filter(|(_, tr_id)| !rows.payments.contains_key(tr_id)).collect())
    }

    fn transactions(
        &mut self,
        partner: PartnerId,
        before: Option<TrId>,
        window: u32,
    ) -> Result<Window, StoreError> {
        let rows = self.0.rows();
        let below = rows.inquiries.range(..before.unwrap_or(TrId(i64::MAX))).rev();
        let numbers: Vec<_> = below.take(window as usize).collect();
        let is_full = numbers.len() == window as usize;
        let own = numbers.iter().filter(|(_, (inquiry, _))| inquiry.partner == partner);
        Ok(Window {
            transactions: own.filter_map(|(tr_id, _)| rows.transaction(**tr_id)).collect(),
            end: numbers.last().map(|(tr_id, _)| **tr_id).filter(|_| is_full),
        })
    }

    fn payments(&mut self, filter: &Filter) -> Result<Vec<Transaction>, StoreError> {
        let rows = self.0.rows();
        let wanted = |payment: &&Payment| {
            filter.partner.is_none_or(|partner| payment.partner == partner)
                && (filter.states.is_empty() || filter.states.contains(&payment.state))
                && filter.before.is_none_or(|before| payment.tr_id < before)
        };
        let newest_first = rows.payments.values().rev().filter(wanted).take(filter.limit as usize);
        Ok(newest_first.filter_map(|payment| rows.transaction(payment.tr_id)).collect())
    }

    fn open_payments(&mut self) -> Result<Vec<OpenPayment>, StoreError> {
        let rows = self.0.rows();
        let open = rows.payments.values().filter(|payment| payment.settled_at.is_none());
        let open = open.map(|payment| OpenPayment {
            tr_id: payment.tr_id,
            biller: payment.biller,
            partner: payment.partner,
            begun_at: payment.begun_at,
            review_reason: rows.review_reason(payment.tr_id).map(|(why, _)| why),
        });
        Ok(open.collect())
    }

    fn needs_review(&mut self) -> Result<Vec<ReviewItem>, StoreError> {
        let rows = self.0.rows();
        let review_items = |tr_id: &TrId| {
            rows.review_reason(*tr_id).map(|(why, since)| ReviewItem { tr_id: *tr_id, why, since })
        };
        let mut queue: Vec<ReviewItem> = rows.follow_ups.keys().filter_map(review_items).collect();
        queue.sort_by_key(|review_items| (review_items.since, review_items.tr_id));
        Ok(queue)
    }

    fn waiting_callbacks(&mut self, each: u32) -> Result<Vec<Callback>, StoreError> {
        let rows = self.0.rows();
        let waiting = rows.callbacks.values().filter(|it| it.state == DeliveryState::Waiting);
        let mut waiting: Vec<_> = waiting.cloned().collect();
        waiting.sort_by_key(|callback| (callback.at, callback.tr_id));
        let mut taken = BTreeMap::<PartnerId, u32>::new();
        waiting.retain(|callback| {
            let of_partner = taken.entry(callback.partner).or_default();
            *of_partner += 1;
            *of_partner <= each
        });
        Ok(waiting)
    }

    fn callbacks(&mut self, filter: &CallbackFilter) -> Result<Vec<Callback>, StoreError> {
        let rows = self.0.rows();
        let wanted = |callback: &&Callback| {
            filter.partner.is_none_or(|partner| callback.partner == partner)
                && filter.state.is_none_or(|state| callback.state == state)
        };
        let newest_first = rows.callbacks.values().rev().filter(wanted);
        Ok(newest_first.take(filter.limit as usize).cloned().collect())
    }

    fn deposits(
        &mut self,
        of: Option<PartnerId>,
        limit: u32,
    ) -> Result<Vec<BookedDeposit>, StoreError> {
        let rows = self.0.rows();
        let wanted = |deposit: &&Deposit| of.is_none_or(|partner| deposit.partner == partner);
        let newest_first = rows.deposits.values().rev().filter(wanted);
        Ok(newest_first.take(limit as usize).map(|deposit| rows.deposit(deposit)).collect())
    }

    fn deposit(&mut self, tr_id: TrId) -> Result<Option<BookedDeposit>, StoreError> {
        let rows = self.0.rows();
        Ok(rows.deposits.get(&tr_id).map(|deposit| rows.deposit(deposit)))
    }

    fn actions(&mut self, filter: &ActionFilter) -> Result<Vec<ActionRecord>, StoreError> {
        let rows = self.0.rows();
        let is = |wanted: &Option<Box<str>>, text: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == text)
        };
        let wanted = |record: &&ActionRecord| {
            let action = &record.action;
            is(&filter.actor, action.actor.name())
                && is(&filter.subject, &action.operation.subject)
                && is(&filter.name, &action.operation.name)
                && filter.since.is_none_or(|since| action.at >= since)
                && filter.before.is_none_or(|before| record.id < before)
        };
        let newest = rows.actions.iter().rev().filter(wanted).take(filter.limit as usize);
        Ok(newest.cloned().collect())
    }

    fn balance_changes(
        &mut self,
        filter: &BalanceChangeFilter,
    ) -> Result<Vec<BalanceChange>, StoreError> {
        let rows = self.0.rows();
        let wanted = |change: &&BalanceChange| {
            change.kind == filter.kind
                && filter.partner.is_none_or(|partner| change.partner == partner)
        };
        let newest_first = rows.balance_changes.values().rev().filter(wanted);
        Ok(newest_first.take(filter.limit as usize).cloned().collect())
    }

    fn ledger(&mut self, entry: &mut dyn FnMut(LedgerRecord)) -> Result<LedgerTotals, StoreError> {
        let rows = self.0.rows();
        let mut numbers: Vec<TrId> = rows.inquiries.keys().copied().collect();
        numbers.extend(rows.deposits.keys());
        let reversals: BTreeMap<TrId, &Reversal> =
            rows.reversals.values().map(|reversal| (reversal.tr_id, reversal)).collect();
        numbers.extend(reversals.keys());
        numbers.extend(rows.balance_changes.keys());
        numbers.sort_unstable();
        for tr_id in numbers {
            let inquiry = rows.inquiries.get(&tr_id).map(|(inquiry, _)| Inquiry::clone(inquiry));
            let found = inquiry.as_ref().is_some_and(|inquiry| {
                let key = (inquiry.partner, inquiry.ref_id.clone());
                rows.references.get(&key) == Some(&tr_id)
            });
            entry(LedgerRecord {
                tr_id,
                inquiry_took: rows
                    .inquiries
                    .get(&tr_id)
                    .and_then(|(_, asked)| Some(asked.last()?.took_micros)),
                payment: rows.payments.get(&tr_id).cloned(),
                follow_up: rows.follow_ups.get(&tr_id).copied(),
                callback: rows.callbacks.get(&tr_id).cloned(),
                deposit: rows.deposits.get(&tr_id).cloned(),
                reversal: reversals.get(&tr_id).map(|reversal| Reversal::clone(reversal)),
                balance_change: rows.balance_changes.get(&tr_id).cloned(),
                postings: rows.postings(tr_id),
                inquiry,
                found,
            });
        }
        let steps = |postings: &Vec<Posted>| {
            postings.iter().map(|posted| posted.kind.step()).collect::<BTreeSet<_>>().len() as u64
        };
        let movements = rows.postings.values().map(steps).sum();
        let balances = rows.balances.iter().map(|(account, balance)| (*account, *balance));
        // The keys of a map are unique, so no two inquiries, deposits or reversals share one. The
        // auditor checks what each reversal reverses.
        Ok(LedgerTotals {
            balances: balances.collect(),
            movements,
            repeated: Vec::new(),
            repeated_deposits: Vec::new(),
            astray: Vec::new(),
            later_attempts: rows.attempts.values().map(|attempts| attempts.len() as u64).sum(),
            attempts_astray: Vec::new(),
        })
    }

    fn exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError> {
        for (tr_id, exchanges) in &self.0.rows().exchanges {
            exchanges.iter().for_each(|exchange| see(*tr_id, exchange.clone()));
        }
        Ok(())
    }

    fn inquiry_exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError> {
        for (tr_id, (_, exchanges)) in &self.0.rows().inquiries {
            exchanges.iter().for_each(|exchange| see(*tr_id, exchange.clone()));
        }
        Ok(())
    }

    fn attempts(&mut self, see: &mut dyn FnMut(TrId, Attempt)) -> Result<(), StoreError> {
        for (tr_id, attempts) in &self.0.rows().attempts {
            attempts.iter().for_each(|attempt| see(*tr_id, attempt.clone()));
        }
        Ok(())
    }

    fn self_check(&mut self) -> Result<Vec<String>, StoreError> {
        // There are no pages that could be damaged.
        Ok(Vec::new())
    }
}

impl Rows {
    fn transaction(&self, tr_id: TrId) -> Option<Transaction> {
        let (inquiry, _) = self.inquiries.get(&tr_id)?;
        let deposit = self.balances.get(&Account::Available(inquiry.partner));
        Some(Transaction {
            inquiry: Arc::clone(inquiry),
            payment: self.payments.get(&tr_id).cloned(),
            available: deposit.copied().unwrap_or_default(),
        })
    }

    fn deposit(&self, deposit: &Deposit) -> BookedDeposit {
        let reversal = self.reversals.get(&deposit.tr_id).cloned();
        BookedDeposit { deposit: deposit.clone(), reversal }
    }

    fn review_reason(&self, tr_id: TrId) -> Option<(ReviewReason, Moment)> {
        self.follow_ups.get(&tr_id).and_then(|follow_up| follow_up.review_reason)
    }

    fn postings(&self, tr_id: TrId) -> Vec<PostingRow> {
        let row = |&Posted { kind, account, amount, at }: &Posted| PostingRow {
            kind,
            account,
            amount,
            at,
        };
        self.postings
            .get(&tr_id)
            .map_or_else(Vec::new, |postings| postings.iter().map(row).collect())
    }
}
