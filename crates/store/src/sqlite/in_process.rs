//! The writer's cache of payments in process, so that a payment reads no row for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{BillKey, Books, Change, Inquiry, Moment, PendingFollowUp, TrId, Transaction};
use rusqlite::Connection;

use super::rows::{follow_up, inquiry};
use crate::StoreError;

/// The payments in process. Updated after each commit.
pub(super) struct InProcess {
    /// Payments that the biller is being asked to pay; each will be settled soon.
    at_biller: BTreeMap<TrId, Transaction>,
    /// Pending and paying payments by bill, except those whose bill may have several.
    bills: BTreeSet<(BillKey, TrId)>,
    /// The follow-ups.
    follow_ups: BTreeMap<TrId, PendingFollowUp>,
}

impl InProcess {
    /// Reads the state that the last process left.
    pub(super) fn open(connection: &Connection) -> Result<InProcess, StoreError> {
        let open = inquiry::of_open_payments(connection)?.into_iter();
        let bill = |(inquiry, _): (Inquiry, i64)| {
            let tr_id = inquiry.tr_id;
            (BillKey(Arc::new(inquiry)), tr_id)
        };
        Ok(InProcess {
            at_biller: BTreeMap::new(),
            bills: open.map(bill).collect(),
            follow_ups: follow_up::every(connection)?.into_iter().map(without_claim).collect(),
        })
    }

    /// Adds the transaction to `books` if its biller is being asked to pay. Returns whether it was added.
    pub(super) fn enter(&self, tr_id: TrId, books: &mut Books) -> bool {
        let Some(Transaction { inquiry, payment, .. }) = self.at_biller.get(&tr_id) else {
            return false;
        };
        books.inquiries.insert(tr_id, Arc::clone(inquiry));
        books.payments.extend(payment.clone().map(|payment| (tr_id, payment)));
        true
    }

    /// Adds a transaction's follow-up to `books` and, if its payment has not begun, the payment in process of
    /// the same bill, if any.
    pub(super) fn add_related(&self, tr_id: TrId, books: &mut Books) {
        books.follow_ups.extend(self.follow_ups.get(&tr_id).map(|follow_up| (tr_id, *follow_up)));
        if let Some(inquiry) = books.inquiries.get(&tr_id)
            && !books.payments.contains_key(&tr_id)
        {
            let first = (BillKey(Arc::clone(inquiry)), TrId(i64::MIN));
            let of_bill = self.bills.range(&first..).next().filter(|(bill, _)| *bill == first.0);
            books.in_process.extend(of_bill.cloned());
        }
    }

    /// Applies a committed change.
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
            // A pending payment may stay open for long. It is read again when it is needed.
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

/// Ends the claim: its holder was an earlier process, as this process owns the directory.
fn without_claim((tr_id, follow_up): (TrId, PendingFollowUp)) -> (TrId, PendingFollowUp) {
    (tr_id, PendingFollowUp { until: Moment::default(), ..follow_up })
}
