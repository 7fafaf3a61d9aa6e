//! Counts, sums and a hash of books, independent of their tables.

use std::collections::BTreeMap;
use std::hash::Hash;

use domain::{Account, Rupiah};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::{ActionFilter, LedgerRecord, Read, StoreError};

/// Entries of the log of actions, or answers about balances, that are read at a time.
const LINES: u32 = 1024;

/// Counts, sums and a hash of everything. Two databases with equal digests contain the same books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Inquiries.
    pub inquiries: u64,
    /// Payments.
    pub payments: u64,
    /// Follow-ups of payments.
    pub follow_ups: u64,
    /// Deposits.
    pub deposits: u64,
    /// Reversals.
    pub reversals: u64,
    /// Withdrawals and adjustments.
    pub balance_changes: u64,
    /// Postings.
    pub postings: u64,
    /// Exchanges with billers.
    pub exchanges: u64,
    /// Attempts after the first ones of their payments.
    pub attempts: u64,
    /// Entries of the log of actions.
    pub actions: u64,
    /// Answers of billers about lunas's balances.
    pub biller_balances: u64,
    /// Sum of the nominals of all inquiries, in whole rupiah.
    pub nominal: i128,
    /// Sum of all deposits, also the reversed ones, in whole rupiah.
    pub paid_in: i128,
    /// The balances that are not zero.
    pub balances: BTreeMap<Account, Rupiah>,
    /// The sum of the hashes of all rows. It does not depend on their order.
    pub hash: u128,
}

impl Digest {
    /// Reads all books.
    ///
    /// # Errors
    /// Errors of reading.
    pub fn of(read: &mut dyn Read) -> Result<Digest, StoreError> {
        let mut digest = Digest::default();
        for partner in read.partners()? {
            let keys = (&partner.keys, &partner.allow_list, partner.suspended);
            let rest =
                (partner.min_balance, partner.created_at, &partner.sign_in, &partner.callback);
            digest.add(&("partner", partner.id, &partner.username, &partner.name, keys, rest));
        }
        for (code, product) in read.catalogue()? {
            let sold = (product.active, product.hours, &product.province, &product.routes);
            let price = (product.fee, product.commission, product.fee_of_biller);
            let price = (price, product.below_cost, product.failover_payments);
            digest.add(&("product", code, &product.name, product.family, price, sold));
        }
        read.billers()?.values().for_each(|biller| digest.add(&("biller", biller)));
        let beside = read.ledger(&mut |entry| {
            digest.count(&entry);
            let known = (&entry.inquiry, entry.inquiry_took, &entry.payment, &entry.follow_up);
            let booked = (&entry.deposit, &entry.reversal, &entry.balance_change);
            let told = &entry.callback;
            digest.add(&("entry", entry.tr_id, known, told, booked, &entry.postings));
        })?;
        let nonzero = beside.balances.into_iter().filter(|(_, at)| *at != Rupiah::ZERO);
        digest.balances = nonzero.collect();
        read.exchanges(&mut |tr_id, exchange| {
            digest.exchanges += 1;
            digest.add(&("exchange", tr_id, exchange));
        })?;
        read.inquiry_exchanges(&mut |tr_id, exchange| {
            digest.add(&("inquiry exchange", tr_id, exchange));
        })?;
        read.attempts(&mut |tr_id, attempt| {
            digest.attempts += 1;
            digest.add(&("attempt", tr_id, attempt));
        })?;
        digest.add_actions(read)?;
        digest.add_biller_balances(read)?;
        Ok(digest)
    }

    fn add_actions(&mut self, read: &mut dyn Read) -> Result<(), StoreError> {
        let mut filter = ActionFilter { limit: LINES, ..ActionFilter::default() };
        loop {
            let page = read.actions(&filter)?;
            let Some(last) = page.last() else { return Ok(()) };
            filter.before = Some(last.id);
            self.actions += page.len() as u64;
            page.iter().for_each(|record| self.add(&("action", record)));
        }
    }

    fn add_biller_balances(&mut self, read: &mut dyn Read) -> Result<(), StoreError> {
        let mut last = 0;
        loop {
            let page = read.biller_balances(last, LINES)?;
            let Some(record) = page.last() else { return Ok(()) };
            last = record.id;
            self.biller_balances += page.len() as u64;
            page.iter().for_each(|record| self.add(&("biller balance", record)));
        }
    }

    fn count(&mut self, entry: &LedgerRecord) {
        self.inquiries += u64::from(entry.inquiry.is_some());
        self.payments += u64::from(entry.payment.is_some());
        self.follow_ups += u64::from(entry.follow_up.is_some());
        self.deposits += u64::from(entry.deposit.is_some());
        self.reversals += u64::from(entry.reversal.is_some());
        self.balance_changes += u64::from(entry.balance_change.is_some());
        self.postings += entry.postings.len() as u64;
        let nominal = entry.inquiry.as_ref().map(|inquiry| inquiry.bill.nominal);
        let paid_in = entry.deposit.as_ref().map(|deposit| deposit.amount);
        self.nominal += i128::from(nominal.unwrap_or_default().get());
        self.paid_in += i128::from(paid_in.unwrap_or_default().get());
    }

    /// Adds a row. The hash need not be stable over versions: one program hashes both databases.
    fn add(&mut self, row: &impl Hash) {
        let mut hasher = SipHasher13::new();
        row.hash(&mut hasher);
        self.hash = self.hash.wrapping_add(hasher.finish128().as_u128());
    }
}
