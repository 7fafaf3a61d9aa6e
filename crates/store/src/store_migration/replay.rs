//! Turns records of the source into changes that the target's writer writes.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{
    BillKey, Books, Catalogue, Change, Exchange, Inquiry, Movement, MovementKind, Payment,
    TestNumbers,
};

use crate::{LedgerRecord, MigrationRecord, PostingRow, Read, StoreError, inquiry_exchanges};

/// Makes the journal of a batch from records.
pub(crate) struct Replayer<'c> {
    catalogue: &'c Catalogue,
    /// Bills with several payments in process; none of these payments blocks others of its bill.
    repeated: BTreeSet<BillKey>,
}

impl Replayer<'_> {
    /// Reads the payments in process from `reader`.
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

    /// The batch that writes these records.
    pub(crate) fn books(&self, records: Vec<MigrationRecord>) -> Result<Books, StoreError> {
        let mut books = Books::default();
        for MigrationRecord { entry, inquiry_exchanges, exchanges, attempts } in records {
            let key = entry.payment.as_ref().map(|payment| (payment.partner, payment.tr_id));
            self.enter(entry, inquiry_exchanges, exchanges, &mut books)?;
            books.journal.extend(key.into_iter().flat_map(|(partner, tr_id)| {
                let attempts = attempts.iter().cloned().map(Arc::new);
                attempts.map(move |attempt| Change::Attempted(partner, tr_id, attempt))
            }));
        }
        Ok(books)
    }

    fn enter(
        &self,
        entry: LedgerRecord,
        inquiry_exchanges: Vec<Exchange>,
        exchanges: Vec<Exchange>,
        books: &mut Books,
    ) -> Result<(), StoreError> {
        let LedgerRecord {
            tr_id,
            inquiry,
            inquiry_took,
            payment,
            deposit,
            reversal,
            balance_change,
            postings,
            ..
        } = entry;
        if let Some(deposit) = deposit {
            let paid_in = movement(&postings, 1).ok_or_else(|| without(&deposit))?;
            books.journal.push(Change::Deposited(deposit, paid_in));
        }
        if let Some(reversal) = reversal {
            let taken_back = movement(&postings, 1).ok_or_else(|| without(&reversal))?;
            books.journal.push(Change::Reversed(reversal, taken_back));
        }
        if let Some(change) = balance_change {
            let moved = movement(&postings, 1).ok_or_else(|| without(&change))?;
            books.journal.push(Change::BalanceChanged(change, moved));
        }
        if let Some(inquiry) = inquiry {
            let inquiry = Arc::new(inquiry);
            books.inquiries.insert(tr_id, Arc::clone(&inquiry));
            let took = inquiry_took.unwrap_or_default();
            let mut asked_before = inquiry_exchanges::all(&inquiry, took, inquiry_exchanges);
            if let Some(exchange) = asked_before.pop() {
                let opened = Change::Opened(Arc::clone(&inquiry), exchange, asked_before);
                books.journal.push(opened);
            }
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

    /// The bill, if no other payment of it may begin while this one is in process.
    fn bill(&self, inquiry: &Arc<Inquiry>) -> Option<BillKey> {
        let product = self.catalogue.get(&inquiry.code)?;
        let bill = BillKey(Arc::clone(inquiry));
        let may_repeat = TestNumbers::default().may_repeat(inquiry, product);
        (!may_repeat && !self.repeated.contains(&bill)).then_some(bill)
    }
}

/// The changes of a payment's exchanges, the last one with the payment's present state. Exchanges that are not
/// stored any more were the first ones.
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

fn without(what: &impl std::fmt::Debug) -> StoreError {
    StoreError::Damaged(format!("no money moved with {what:?}"))
}
