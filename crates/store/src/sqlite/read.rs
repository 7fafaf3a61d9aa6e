//! A reading connection.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use domain::books::BalanceChange;
use domain::{
    Account, Attempt, BillerBalance, BillerDirectory, BillerId, Callback, Catalogue, Exchange,
    Inquiry, Moment, Partner, PartnerId, Payment, RefId, Reference, ReviewItem, Rupiah, TrId,
    Transaction,
};
use rusqlite::{Connection, params};

use super::entries::each_entry;
use super::ref_id_index::{RefIdIndex, find_without_filter, repeated};
use super::rows::{
    account, action, all, attempt, balance_change, biller, biller_balance, callback, damaged,
    deposit, exchange, follow_up, inquiry, inquiry_exchange, movement, partner, payment, product,
    reversal,
};
use crate::movement_row::faults_of_view;
use crate::{
    ActionFilter, ActionRecord, BalanceChangeFilter, BillerBalanceRecord, BookedDeposit,
    CallbackFilter, Filter, LedgerRecord, LedgerTotals, OpenPayment, Read, ScanCursor, StoreError,
    TransactionHistory, Window, inquiry_exchanges,
};

/// A read-only connection.
pub struct SqliteReader {
    connection: Connection,
    /// The writer's index, if the writer is in this process.
    references: Option<Arc<RefIdIndex>>,
}

impl SqliteReader {
    pub(super) fn new(connection: Connection, references: Option<Arc<RefIdIndex>>) -> SqliteReader {
        SqliteReader { connection, references }
    }

    /// Reads several tables in one snapshot.
    fn at_one_moment<T>(
        &mut self,
        read: impl FnOnce(&mut SqliteReader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // A query that panicked has left its transaction open.
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        self.connection.execute_batch("BEGIN")?;
        let answer = read(self);
        self.connection.execute_batch("ROLLBACK")?;
        answer
    }

    fn transaction_now(&self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        let Some((inquiry, _)) = inquiry::find(&self.connection, tr_id)? else { return Ok(None) };
        let payment = payment::find(&self.connection, tr_id)?;
        self.with_payment(inquiry, payment).map(Some)
    }

    fn with_payment(
        &self,
        inquiry: Inquiry,
        payment: Option<Payment>,
    ) -> Result<Transaction, StoreError> {
        let available = account::available(&self.connection, inquiry.partner)?;
        Ok(Transaction { inquiry: Arc::new(inquiry), payment, available })
    }

    /// Copies the database to a new file; writes may go on meanwhile.
    pub fn backup(&mut self, to: &Path) -> Result<(), StoreError> {
        let to = to.to_str().ok_or_else(|| damaged("the path is not UTF-8"))?;
        self.connection.execute("VACUUM INTO ?1", [to])?;
        Ok(())
    }
}

impl Read for SqliteReader {
    fn partners(&mut self) -> Result<Vec<Arc<Partner>>, StoreError> {
        partner::every(&self.connection)
    }

    fn catalogue(&mut self) -> Result<Catalogue, StoreError> {
        product::catalogue(&self.connection)
    }

    fn billers(&mut self) -> Result<BillerDirectory, StoreError> {
        biller::every(&self.connection)
    }

    fn last_biller_balance(
        &mut self,
        biller: BillerId,
    ) -> Result<Option<BillerBalance>, StoreError> {
        biller_balance::last(&self.connection, biller)
    }

    fn biller_balances(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<BillerBalanceRecord>, StoreError> {
        biller_balance::after(&self.connection, after, limit)
    }

    fn balances(&mut self) -> Result<Vec<(Account, Rupiah)>, StoreError> {
        account::balances(&self.connection)
    }

    fn transaction(&mut self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        self.at_one_moment(|reader| reader.transaction_now(tr_id))
    }

    fn find(&mut self, partner: PartnerId, ref_id: &RefId) -> Result<Option<TrId>, StoreError> {
        match &self.references {
            Some(references) => references.find(&self.connection, partner, ref_id),
            None => find_without_filter(&self.connection, partner, ref_id),
        }
    }

    fn at_biller(
        &mut self,
        biller: BillerId,
        reference: &Reference,
    ) -> Result<Option<TrId>, StoreError> {
        inquiry::at_biller(&self.connection, biller, reference)
    }

    fn story(&mut self, tr_id: TrId) -> Result<Option<TransactionHistory>, StoreError> {
        self.at_one_moment(|reader| {
            let Some((inquiry, took)) = inquiry::find(&reader.connection, tr_id)? else {
                return Ok(None);
            };
            let stored = inquiry_exchange::of(&reader.connection, tr_id)?;
            let inquiry_exchanges = inquiry_exchanges::all(&inquiry, took, stored);
            let (payment, trail) = payment::find_with_trail(&reader.connection, tr_id)?.unzip();
            let transaction = reader.with_payment(inquiry, payment)?;
            let (mut postings, mut exchanges) = (Vec::new(), Vec::new());
            if let Some(trail) = trail {
                postings = movement::of_trail(&reader.connection, tr_id, &trail)?;
                exchanges = exchange::chain(&reader.connection, trail.last_exchange)?;
            }
            let follow_up = follow_up::find(&reader.connection, tr_id)?;
            let callback = callback::find(&reader.connection, tr_id)?;
            let attempts = attempt::of(&reader.connection, tr_id)?;
            Ok(Some(TransactionHistory {
                transaction,
                follow_up,
                callback,
                attempts,
                inquiry_exchanges,
                postings,
                exchanges,
            }))
        })
    }

    fn unpaid(
        &mut self,
        walked: &mut ScanCursor,
        before: Moment,
        window: u32,
    ) -> Result<Vec<(PartnerId, TrId)>, StoreError> {
        let mut unpaid = Vec::new();
        // One cursor serves all partners: their inquiries are in one table in the order of `tr_id`.
        let walked = walked.0.entry(PartnerId(0)).or_insert(TrId(0));
        let start = *walked;
        inquiry::walk(&self.connection, start, window, |tr_id, partner, at, is_begun| {
            if at >= before {
                return ControlFlow::Break(());
            }
            *walked = tr_id;
            unpaid.extend((!is_begun).then_some((partner, tr_id)));
            ControlFlow::Continue(())
        })?;
        Ok(unpaid)
    }

    fn transactions(
        &mut self,
        partner: PartnerId,
        before: Option<TrId>,
        window: u32,
    ) -> Result<Window, StoreError> {
        self.at_one_moment(|reader| {
            // There is no index of inquiries by partner: it would cost one more row per inquiry.
            let numbers = inquiry::below(&reader.connection, before, window)?;
            let is_full = numbers.len() == window as usize;
            let end = numbers.last().map(|(tr_id, _)| *tr_id).filter(|_| is_full);
            let own = numbers.into_iter().filter(|(_, of)| *of == partner);
            let found = own.filter_map(|(tr_id, _)| reader.transaction_now(tr_id).transpose());
            Ok(Window { transactions: found.collect::<Result<_, _>>()?, end })
        })
    }

    fn payments(&mut self, filter: &Filter) -> Result<Vec<Transaction>, StoreError> {
        // These are fixed names of states, never text from a caller.
        let states: Vec<_> = filter.states.iter().map(|s| format!("'{}'", s.name())).collect();
        let states = match states.is_empty() {
            true => String::new(),
            false => format!("AND p.state IN ({})", states.join(",")),
        };
        let sql = format!(
            "{} WHERE p.tr_id < ?1 AND (?2 IS NULL OR p.partner = ?2) {states} \
             ORDER BY p.tr_id DESC LIMIT ?3",
            payment::SELECT
        );
        self.at_one_moment(|reader| {
            let before = filter.before.map_or(i64::MAX, |tr_id| tr_id.0);
            let partner = filter.partner.map(|partner| partner.0);
            let mut statement = reader.connection.prepare_cached(&sql)?;
            let payments =
                all(&mut statement, params![before, partner, filter.limit], payment::read)?;
            let with_inquiry = payments.into_iter().map(|payment| {
                let missing = || damaged(format_args!("payment {} alone", payment.tr_id));
                let (inquiry, _) =
                    inquiry::find(&reader.connection, payment.tr_id)?.ok_or_else(missing)?;
                reader.with_payment(inquiry, Some(payment))
            });
            with_inquiry.collect()
        })
    }

    fn open_payments(&mut self) -> Result<Vec<OpenPayment>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT tr_id, partner, begun_at, review_reason, biller \
             FROM payment INDEXED BY payment_open LEFT JOIN follow_up USING (tr_id) \
             WHERE settled_at IS NULL ORDER BY tr_id",
        )?;
        all(&mut statement, [], |row| {
            let attended = row.get_ref(3)?.as_str_or_null().map_err(damaged)?.is_some();
            Ok(OpenPayment {
                tr_id: TrId(row.get(0)?),
                partner: PartnerId(row.get(1)?),
                biller: BillerId(row.get(4)?),
                begun_at: domain::Moment::from_micros(row.get(2)?),
                review_reason: attended.then(|| follow_up::review_reason(row, 3)).transpose()?,
            })
        })
    }

    fn needs_review(&mut self) -> Result<Vec<ReviewItem>, StoreError> {
        follow_up::queue(&self.connection)
    }

    fn waiting_callbacks(&mut self, each: u32) -> Result<Vec<Callback>, StoreError> {
        callback::waiting(&self.connection, each)
    }

    fn callbacks(&mut self, filter: &CallbackFilter) -> Result<Vec<Callback>, StoreError> {
        callback::newest(&self.connection, filter)
    }

    fn deposits(
        &mut self,
        of: Option<PartnerId>,
        limit: u32,
    ) -> Result<Vec<BookedDeposit>, StoreError> {
        self.at_one_moment(|reader| deposit::newest(&reader.connection, of, limit))
    }

    fn deposit(&mut self, tr_id: TrId) -> Result<Option<BookedDeposit>, StoreError> {
        self.at_one_moment(|reader| deposit::find(&reader.connection, tr_id))
    }

    fn actions(&mut self, filter: &ActionFilter) -> Result<Vec<ActionRecord>, StoreError> {
        action::newest(&self.connection, filter)
    }

    fn balance_changes(
        &mut self,
        filter: &BalanceChangeFilter,
    ) -> Result<Vec<BalanceChange>, StoreError> {
        balance_change::newest(&self.connection, filter)
    }

    fn ledger(&mut self, entry: &mut dyn FnMut(LedgerRecord)) -> Result<LedgerTotals, StoreError> {
        self.at_one_moment(|reader| {
            each_entry(&reader.connection, TrId(i64::MIN), &mut |found, _| {
                entry(found);
                Ok(())
            })?;
            Ok(LedgerTotals {
                balances: account::balances(&reader.connection)?,
                movements: movement::count(&reader.connection)?,
                repeated: repeated(&reader.connection)?,
                repeated_deposits: deposit::repeated(&reader.connection)?,
                astray: reversal::astray(&reader.connection)?,
                later_attempts: attempt::count(&reader.connection)?,
                attempts_astray: attempt::astray(&reader.connection)?,
            })
        })
    }

    fn exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError> {
        exchange::every(&self.connection, see)
    }

    fn inquiry_exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError> {
        inquiry_exchange::every(&self.connection, see)
    }

    fn attempts(&mut self, see: &mut dyn FnMut(TrId, Attempt)) -> Result<(), StoreError> {
        attempt::every(&self.connection, see)
    }

    fn self_check(&mut self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check(100)")?;
        let lines = all(&mut statement, [], |row| Ok(row.get::<_, String>(0)?))?;
        drop(statement);
        let mut faults: Vec<_> = lines.into_iter().filter(|line| line != "ok").collect();
        faults.extend(self.at_one_moment(|reader| {
            let sums = movement::sums_of_view(&reader.connection)?;
            Ok(faults_of_view(&sums, account::balances(&reader.connection)?))
        })?);
        Ok(faults)
    }
}
