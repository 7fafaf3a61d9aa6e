//! What the writer keeps in memory of payments in process, so that a payment reads no row for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{BillKey, Books, Change, Inquiry, Moment, PendingFollowUp, TrId, Transaction};
use rusqlite::Connection;

use super::rows::{follow_up, inquiry};
use crate::StoreError;

/// The payments in process. It follows the database at each commit.
pub(super) struct InProcess {
    /// Those at the biller: each is about to be settled.
    at_biller: BTreeMap<TrId, Transaction>,
    /// Those without an outcome, by their bills, unless others of the bill may be in process as well.
    bills: BTreeSet<(BillKey, TrId)>,
    /// The watches over payments.
    follow_ups: BTreeMap<TrId, PendingFollowUp>,
}

impl InProcess {
    /// Reads what the last process left.
    pub(super) fn open(connection: &Connection) -> Result<InProcess, StoreError> {
        let open = inquiry::of_open_payments(connection)?.into_iter();
        let bill = |(inquiry, _): (Inquiry, i64)| {
            let tr_id = inquiry.tr_id;
            (BillKey(Arc::new(inquiry)), tr_id)
        };
        Ok(InProcess {
            at_biller: BTreeMap::new(),
            bills: open.map(bill).collect(),
            follow_ups: follow_up::every(connection)?.into_iter().map(given_back).collect(),
        })
    }

    /// Enters a transaction that is at the biller, and says whether it is.
    pub(super) fn enter(&self, tr_id: TrId, books: &mut Books) -> bool {
        let Some(Transaction { inquiry, payment, .. }) = self.at_biller.get(&tr_id) else {
            return false;
        };
        books.inquiries.insert(tr_id, Arc::clone(inquiry));
        books.payments.extend(payment.clone().map(|payment| (tr_id, payment)));
        true
    }

    /// Enters what stands beside a transaction: its watch and, before its payment begins, a payment in
    /// process of its bill, of which there is one at the most where it matters.
    pub(super) fn enter_beside(&self, tr_id: TrId, books: &mut Books) {
        books.follow_ups.extend(self.follow_ups.get(&tr_id).map(|follow_up| (tr_id, *follow_up)));
        if let Some(inquiry) = books.inquiries.get(&tr_id)
            && !books.payments.contains_key(&tr_id)
        {
            let first = (BillKey(Arc::clone(inquiry)), TrId(i64::MIN));
            let of_bill = self.bills.range(&first..).next().filter(|(bill, _)| *bill == first.0);
            books.in_process.extend(of_bill.cloned());
        }
    }

    /// Follows what was committed.
    pub(super) fn follow(&mut self, change: &Change, books: &Books) {
        match change {
            Change::Begun(payment, _, bill) => {
                self.bills.extend(bill.clone().map(|bill| (bill, payment.tr_id)));
                if let Some(inquiry) = books.inquiries.get(&payment.tr_id) {
                    let inquiry = Arc::clone(inquiry);
                    let (payment, available) = (Some(payment.clone()), payment.balance);
                    let begun = Transaction { inquiry, payment, available };
                    self.at_biller.insert(begun.inquiry.tr_id, begun);
                }
            }
            // One that stays open may do so for long, and is read again when it is needed.
            Change::Settled { payment, .. } => {
                self.at_biller.remove(&payment.tr_id);
                if payment.state.is_final()
                    && let Some(inquiry) = books.inquiries.get(&payment.tr_id)
                {
                    self.bills.remove(&(BillKey(Arc::clone(inquiry)), payment.tr_id));
                }
            }
            Change::PendingFollowUp(tr_id, Some(follow_up)) => {
                self.follow_ups.insert(*tr_id, *follow_up);
            }
            Change::PendingFollowUp(tr_id, None) => {
                self.follow_ups.remove(tr_id);
            }
            _ => {}
        }
    }
}

/// Nobody has claimed the payment any more: whoever did is gone, as this process owns the directory.
fn given_back((tr_id, follow_up): (TrId, PendingFollowUp)) -> (TrId, PendingFollowUp) {
    (tr_id, PendingFollowUp { until: Moment::default(), ..follow_up })
}
