//! Records as the changes that a writer of the target writes.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::payment::Call;
use domain::{
    BillKey, Books, Catalogue, Change, Exchange, Inquiry, Moment, Movement, MovementKind, Payment,
    TestNumbers,
};

use crate::{LedgerRecord, MigrationRecord, PostingRow, Read, StoreError};

/// Turns records into the journal of a batch.
pub(crate) struct Replayer<'c> {
    catalogue: &'c Catalogue,
    /// Bills of which several payments are in process. None of them is the only one of its bill.
    repeated: BTreeSet<BillKey>,
}

impl Replayer<'_> {
    /// Looks at the payments in process that `reader` has.
    pub(crate) fn new<'c>(
        reader: &mut dyn Read,
        catalogue: &'c Catalogue,
    ) -> Result<Replayer<'c>, StoreError> {
        let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
        for open in reader.open_payments()? {
            let transaction = reader.transaction(open.tr_id)?;
            let bill = transaction.map(|transaction| BillKey(transaction.inquiry));
            repeated.extend(bill.filter(|bill| !seen.insert(bill.clone())));
        }
        Ok(Replayer { catalogue, repeated })
    }

    /// A batch that writes these records.
    pub(crate) fn books(&self, records: Vec<MigrationRecord>) -> Result<Books, StoreError> {
        let mut books = Books::default();
        for MigrationRecord { entry, exchanges } in records {
            self.enter(entry, exchanges, &mut books)?;
        }
        Ok(books)
    }

    fn enter(
        &self,
        entry: LedgerRecord,
        exchanges: Vec<Exchange>,
        books: &mut Books,
    ) -> Result<(), StoreError> {
        let LedgerRecord {
            tr_id, inquiry, inquiry_took, payment, deposit, reversal, postings, ..
        } = entry;
        if let Some(deposit) = deposit {
            let paid_in = movement(&postings, 1).ok_or_else(|| without(&deposit))?;
            books.journal.push(Change::ToppedUp(deposit, paid_in));
        }
        if let Some(reversal) = reversal {
            let taken_back = movement(&postings, 1).ok_or_else(|| without(&reversal))?;
            books.journal.push(Change::Reversed(reversal, taken_back));
        }
        if let Some(inquiry) = inquiry {
            let inquiry = Arc::new(inquiry);
            books.inquiries.insert(tr_id, Arc::clone(&inquiry));
            let took = inquiry_took.unwrap_or_default();
            books.journal.push(Change::Opened(Arc::clone(&inquiry), brought(inquiry.at, took)));
            if let Some(payment) = payment {
                let hold = movement(&postings, 1).ok_or_else(|| without(&payment))?;
                let bill = self.bill(&inquiry);
                books.journal.push(Change::Begun(payment.clone(), hold, bill));
                books.journal.extend(told(payment, movement(&postings, 2), exchanges));
            }
        }
        books.journal.extend(
            entry.follow_up.map(|follow_up| Change::PendingFollowUp(tr_id, Some(follow_up))),
        );
        books.journal.extend(entry.callback.map(Change::Callback));
        Ok(())
    }

    /// The bill, where no other payment of it may begin while one is in process.
    fn bill(&self, inquiry: &Arc<Inquiry>) -> Option<BillKey> {
        let product = self.catalogue.get(&inquiry.code)?;
        let bill = BillKey(Arc::clone(inquiry));
        let may_repeat = TestNumbers::default().may_repeat(inquiry, product);
        (!may_repeat && !self.repeated.contains(&bill)).then_some(bill)
    }
}

/// What was told about a payment, one exchange after the other, the last with what it came to. Those
/// that are kept no more were the first.
fn told(
    payment: Payment,
    settlement: Option<Movement>,
    exchanges: Vec<Exchange>,
) -> impl Iterator<Item = Change> {
    let kept = u32::try_from(exchanges.len()).unwrap_or(u32::MAX);
    let first = payment.exchanges.saturating_sub(kept) + 1;
    let ends = settlement.map(|movement| (payment.clone(), Some(movement), None));
    let told = (first..).zip(exchanges).map(move |(number, exchange)| {
        (Payment { exchanges: number, ..payment.clone() }, None, Some(exchange))
    });
    told.chain(ends).map(|(payment, movement, exchange)| Change::Settled {
        payment,
        movement,
        exchange,
    })
}

/// The postings of one step as a movement.
fn movement(postings: &[PostingRow], step: u8) -> Option<Movement> {
    let of_step = || postings.iter().filter(|posting| posting.kind.step() == step);
    let kind: MovementKind = of_step().next()?.kind;
    let posting = |row: &PostingRow| domain::Posting { account: row.account, amount: row.amount };
    Some(Movement { kind, postings: of_step().map(posting).collect() })
}

/// Of the exchange that brought a bill nothing is kept but how long it took.
fn brought(at: Moment, took_micros: i64) -> Exchange {
    Exchange { call: Call::Inquire, asked_at: at, took_micros, answer: "".into() }
}

fn without(what: &impl std::fmt::Debug) -> StoreError {
    StoreError::Damaged(format!("no money moved with {what:?}"))
}
