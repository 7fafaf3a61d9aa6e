//! A reading connection for queries that may take long.

use std::sync::Arc;

use domain::books::BalanceChange;
use domain::callback::DeliveryState;
use domain::{
    Account, Attempt, BillerBalance, BillerDirectory, BillerId, Callback, Catalogue, Exchange,
    Moment, Partner, PartnerId, RefId, Reference, ReviewItem, Rupiah, TrId, Transaction,
};
use tokio_postgres::{IsolationLevel, Row};

use super::address::Address;
use super::biller_balances;
use super::entries::{each_attempt, each_entry, each_exchange, each_inquiry_exchange};
use super::look_up::{BY_NUMBER, FIND};
use super::rows::{
    BILLERS, PARTNERS, PRODUCTS, RowReader, action, billers, callback, catalogue, columns, damaged,
    deposit, join_attempt, partner, transaction,
};
use super::session::{BlockingRuntime, Params, Session};
use super::totals::{balances, self_check, totals};
use crate::{
    ActionFilter, ActionRecord, BalanceChangeFilter, BillerBalanceRecord, BookedDeposit,
    CallbackFilter, Filter, LedgerRecord, LedgerTotals, OpenPayment, Read, ScanCursor, StoreError,
    TransactionHistory, Window, inquiry_exchanges,
};

/// Both indexes are unique, and a new reference is made for each call, so there is at most one row.
const AT_BILLER: &str = "\
    SELECT tr_id FROM inquiry WHERE biller = $1 AND reference = $2 \
    UNION ALL SELECT tr_id FROM attempt WHERE biller = $1 AND reference = $2";

const HISTORY: &str = concat!(
    "SELECT i.took, ",
    columns!(follow_up),
    ", ",
    columns!(callback),
    ", ",
    columns!(movement "h"),
    ", ",
    columns!(movement "s"),
    " FROM inquiry i \
     LEFT JOIN follow_up w ON w.partner = i.partner AND w.tr_id = i.tr_id \
     LEFT JOIN callback c ON c.partner = i.partner AND c.tr_id = i.tr_id \
     LEFT JOIN movement h ON h.partner = i.partner AND h.tr_id = i.tr_id AND h.step = 1 \
     LEFT JOIN movement s ON s.partner = i.partner AND s.tr_id = i.tr_id AND s.step = 2 \
     WHERE i.partner = $1 AND i.tr_id = $2"
);

const EXCHANGES: &str = concat!(
    "SELECT ",
    columns!(exchange),
    " FROM exchange e LEFT JOIN evidence v USING (partner, tr_id, number) \
     WHERE e.partner = $1 AND e.tr_id = $2 ORDER BY e.number"
);

const INQUIRY_EXCHANGES: &str = concat!(
    "SELECT ",
    columns!(inquiry_exchange),
    " FROM inquiry_exchange v WHERE v.partner = $1 AND v.tr_id = $2 ORDER BY v.number"
);

const ATTEMPTS: &str = concat!(
    "SELECT ",
    columns!(attempt),
    " FROM attempt a WHERE a.partner = $1 AND a.tr_id = $2 ORDER BY a.number"
);

const TRANSACTIONS: &str = concat!(
    "SELECT ",
    columns!(inquiry),
    ", ",
    columns!(payment),
    ", d.available FROM partner_balance d JOIN inquiry i ON i.partner = d.partner \
     LEFT JOIN payment p ON p.partner = i.partner AND p.tr_id = i.tr_id",
    join_attempt!(),
    "WHERE d.partner = $1 AND i.partner = $1 AND i.tr_id < $2 ORDER BY i.tr_id DESC LIMIT $3"
);

/// The newest payments of each partner, and of these the newest: there is no index over all partners.
const PAYMENTS: &str = concat!(
    "SELECT ",
    columns!(inquiry),
    ", ",
    columns!(payment),
    ", d.available FROM partner_balance d CROSS JOIN LATERAL (SELECT * FROM payment \
        WHERE partner = d.partner AND tr_id < $1 AND (cardinality($3::text[]) = 0 OR state = ANY($3)) \
        ORDER BY tr_id DESC LIMIT $4) p \
     JOIN inquiry i ON i.partner = p.partner AND i.tr_id = p.tr_id",
    join_attempt!(),
    "WHERE $2::bigint IS NULL OR d.partner = $2 ORDER BY p.tr_id DESC LIMIT $4"
);

/// The next inquiries of each partner, whether each has a payment, and the new cursor of each partner.
const WALK: &str = "\
    SELECT i.partner, i.tr_id, i.at, \
    EXISTS (SELECT FROM payment p WHERE p.partner = i.partner AND p.tr_id = i.tr_id) \
    FROM partner_balance d LEFT JOIN unnest($1::bigint[], $2::bigint[]) AS w (partner, tr_id) \
        ON w.partner = d.partner \
    CROSS JOIN LATERAL (SELECT partner, tr_id, at FROM inquiry WHERE partner = d.partner \
        AND tr_id > coalesce(w.tr_id, 0) ORDER BY tr_id LIMIT $3) i ORDER BY i.partner, i.tr_id";

const OPEN_PAYMENTS: &str = "\
    SELECT o.tr_id, o.partner, p.biller, p.begun_at, w.review_reason FROM open_payment o \
    JOIN payment p ON p.partner = o.partner AND p.tr_id = o.tr_id \
    LEFT JOIN follow_up w ON w.partner = o.partner AND w.tr_id = o.tr_id ORDER BY o.tr_id";

const ATTENTION: &str = "\
    SELECT tr_id, review_reason, since FROM follow_up WHERE review_reason IS NOT NULL ORDER BY since, tr_id";

const WAITING_CALLBACKS: &str = concat!(
    "SELECT c.partner, c.tr_id, ",
    columns!(callback),
    " FROM (SELECT *, row_number() OVER (PARTITION BY partner ORDER BY at) AS place \
        FROM callback WHERE state = 'waiting') c WHERE c.place <= $1 ORDER BY c.at"
);

const CALLBACKS: &str = concat!(
    "SELECT c.partner, c.tr_id, ",
    columns!(callback),
    " FROM callback c WHERE ($1::bigint IS NULL OR c.partner = $1) \
     AND ($2::text IS NULL OR c.state = $2) ORDER BY c.tr_id DESC LIMIT $3"
);

/// Deposits, each with its reversal.
macro_rules! deposits {
    ($which:literal) => {
        concat!(
            "SELECT ",
            columns!(deposit),
            ", ",
            columns!(reversal),
            " FROM deposit t LEFT JOIN reversal r ON r.partner = t.partner AND r.deposit = t.tr_id \
             WHERE ",
            $which
        )
    };
}

const DEPOSITS: &str =
    deposits!("$1::bigint IS NULL OR t.partner = $1 ORDER BY t.tr_id DESC LIMIT $2");

const DEPOSIT: &str = deposits!("t.tr_id = $1 ORDER BY r.tr_id LIMIT 1");

const BALANCE_CHANGES: &str = concat!(
    "SELECT ",
    columns!(balance_change),
    " FROM balance_change b WHERE b.kind = $1 AND ($2::bigint IS NULL OR b.partner = $2) \
     ORDER BY b.tr_id DESC LIMIT $3"
);

const ACTIONS: &str = "\
    SELECT id, at, actor_kind, actor, name, subject, before, after FROM action \
    WHERE id < $1 AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR subject = $3) \
    AND ($4::text IS NULL OR name = $4) AND at >= $5 ORDER BY id DESC LIMIT $6";

/// A read-only connection.
///
/// It blocks the calling thread, so do not use it on a thread that runs async tasks.
pub struct PostgresReader {
    address: Address,
    session: Option<Session>,
    thread: BlockingRuntime,
}

impl PostgresReader {
    pub(super) fn new(address: Address) -> Result<PostgresReader, StoreError> {
        Ok(PostgresReader { address, session: None, thread: BlockingRuntime::new()? })
    }

    /// Runs a query on the present connection, or on a new one if that has ended.
    fn ask<T>(
        &mut self,
        question: impl AsyncFn(&mut Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(session) = &mut self.session {
            match self.thread.wait(question(session)) {
                Err(StoreError::Unreachable(_)) => self.session = None,
                answer => return answer,
            }
        }
        let mut session = self.thread.wait(Session::by_scan(&self.address))?;
        let answer = self.thread.wait(question(&mut session));
        self.session = Some(session).filter(|_| answer.is_ok());
        answer
    }

    fn rows(&mut self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, StoreError> {
        self.ask(async |session| Ok(session.client().query(sql, params).await?))
    }
}

impl Read for PostgresReader {
    fn partners(&mut self) -> Result<Vec<Arc<Partner>>, StoreError> {
        self.rows(PARTNERS, &[])?.iter().map(partner).collect()
    }

    fn catalogue(&mut self) -> Result<Catalogue, StoreError> {
        catalogue(&self.rows(PRODUCTS, &[])?)
    }

    fn billers(&mut self) -> Result<BillerDirectory, StoreError> {
        billers(&self.rows(BILLERS, &[])?)
    }

    fn last_biller_balance(
        &mut self,
        biller: BillerId,
    ) -> Result<Option<BillerBalance>, StoreError> {
        let rows = self.rows(biller_balances::LAST, &[&biller.0])?;
        let last = rows.first().map(biller_balances::read).transpose()?;
        Ok(last.map(|record| record.told))
    }

    fn biller_balances(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<BillerBalanceRecord>, StoreError> {
        let rows = self.rows(biller_balances::AFTER, &[&after, &i64::from(limit)])?;
        rows.iter().map(biller_balances::read).collect()
    }

    fn balances(&mut self) -> Result<Vec<(Account, Rupiah)>, StoreError> {
        self.ask(async |session| {
            let moment = at_one_moment(session).await?;
            balances(&moment).await
        })
    }

    fn transaction(&mut self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        self.rows(BY_NUMBER, &[&tr_id.0])?.first().map(transaction).transpose()
    }

    fn find(&mut self, partner: PartnerId, ref_id: &RefId) -> Result<Option<TrId>, StoreError> {
        let found = self.rows(FIND, &[&partner.0, &ref_id.as_str()])?;
        found.first().map(|row| RowReader::of(row).take().map(TrId)).transpose()
    }

    fn at_biller(
        &mut self,
        biller: BillerId,
        reference: &Reference,
    ) -> Result<Option<TrId>, StoreError> {
        let found = self.rows(AT_BILLER, &[&biller.0, &reference.as_str()])?;
        found.first().map(|row| RowReader::of(row).take().map(TrId)).transpose()
    }

    fn story(&mut self, tr_id: TrId) -> Result<Option<TransactionHistory>, StoreError> {
        self.ask(async |session| {
            let moment = at_one_moment(session).await?;
            let Some(row) = moment.query_opt(BY_NUMBER, &[&tr_id.0]).await? else {
                return Ok(None);
            };
            let transaction = transaction(&row)?;
            let key: Params<'_> = &[&transaction.inquiry.partner.0, &tr_id.0];
            let row = moment.query_one(HISTORY, key).await?;
            let mut cells = RowReader::of(&row);
            let (took, follow_up) = (cells.take()?, cells.follow_up()?);
            let callback = cells.callback(transaction.inquiry.partner, tr_id)?;
            let mut postings = cells.postings()?;
            postings.extend(cells.postings()?);
            let stored = moment.query(INQUIRY_EXCHANGES, key).await?;
            let stored = stored.iter().map(|row| RowReader::of(row).inquiry_exchange());
            let stored = stored.collect::<Result<_, _>>()?;
            let inquiry_exchanges = inquiry_exchanges::all(&transaction.inquiry, took, stored);
            let exchanges = moment.query(EXCHANGES, key).await?;
            let exchanges = exchanges.iter().map(|row| RowReader::of(row).exchange());
            let exchanges = exchanges.collect::<Result<_, _>>()?;
            let attempts = moment.query(ATTEMPTS, key).await?;
            let attempts = attempts.iter().map(|row| RowReader::of(row).attempt());
            let attempts = attempts.collect::<Result<Vec<_>, _>>()?;
            Ok(Some(TransactionHistory {
                transaction,
                follow_up,
                callback,
                attempts: attempts.into_iter().flatten().collect(),
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
        let partners: Vec<i64> = walked.0.keys().map(|partner| partner.0).collect();
        let places: Vec<i64> = walked.0.values().map(|tr_id| tr_id.0).collect();
        let (mut unpaid, mut young) = (Vec::new(), None);
        for row in self.rows(WALK, &[&partners, &places, &i64::from(window)])? {
            let mut cells = RowReader::of(&row);
            let (partner, tr_id) = (PartnerId(cells.take()?), TrId(cells.take()?));
            // Inquiries of a partner after a younger one are left for later.
            if young == Some(partner) || cells.moment()? >= before {
                young = Some(partner);
                continue;
            }
            walked.0.insert(partner, tr_id);
            let is_begun: bool = cells.take()?;
            unpaid.extend((!is_begun).then_some((partner, tr_id)));
        }
        Ok(unpaid)
    }

    fn transactions(
        &mut self,
        partner: PartnerId,
        before: Option<TrId>,
        window: u32,
    ) -> Result<Window, StoreError> {
        let before = before.map_or(i64::MAX, |tr_id| tr_id.0);
        let params: Params<'_> = &[&partner.0, &before, &i64::from(window)];
        let rows = self.rows(TRANSACTIONS, params)?;
        let transactions = rows.iter().map(transaction).collect::<Result<Vec<_>, _>>()?;
        let is_full = transactions.len() == window as usize;
        let end = transactions.last().map(|last| last.inquiry.tr_id).filter(|_| is_full);
        Ok(Window { transactions, end })
    }

    fn payments(&mut self, filter: &Filter) -> Result<Vec<Transaction>, StoreError> {
        let before = filter.before.map_or(i64::MAX, |tr_id| tr_id.0);
        let partner = filter.partner.map(|partner| partner.0);
        let states: Vec<&str> = filter.states.iter().map(|state| state.name()).collect();
        let params: Params<'_> = &[&before, &partner, &states, &i64::from(filter.limit)];
        self.rows(PAYMENTS, params)?.iter().map(transaction).collect()
    }

    fn open_payments(&mut self) -> Result<Vec<OpenPayment>, StoreError> {
        let open = |row: &Row| {
            let mut cells = RowReader::of(row);
            Ok(OpenPayment {
                tr_id: TrId(cells.take()?),
                partner: PartnerId(cells.take()?),
                biller: BillerId(cells.take()?),
                begun_at: cells.moment()?,
                review_reason: cells.review_reason()?,
            })
        };
        self.rows(OPEN_PAYMENTS, &[])?.iter().map(open).collect()
    }

    fn needs_review(&mut self) -> Result<Vec<ReviewItem>, StoreError> {
        let review_items = |row: &Row| {
            let mut cells = RowReader::of(row);
            let tr_id = TrId(cells.take()?);
            let why = cells
                .review_reason()?
                .ok_or_else(|| damaged("an review_reason without a reason"))?;
            Ok(ReviewItem { tr_id, why, since: cells.moment()? })
        };
        self.rows(ATTENTION, &[])?.iter().map(review_items).collect()
    }

    fn waiting_callbacks(&mut self, each: u32) -> Result<Vec<Callback>, StoreError> {
        self.rows(WAITING_CALLBACKS, &[&i64::from(each)])?.iter().map(callback).collect()
    }

    fn callbacks(&mut self, filter: &CallbackFilter) -> Result<Vec<Callback>, StoreError> {
        let partner = filter.partner.map(|partner| partner.0);
        let state = filter.state.map(DeliveryState::name);
        let params: Params<'_> = &[&partner, &state, &i64::from(filter.limit)];
        self.rows(CALLBACKS, params)?.iter().map(callback).collect()
    }

    fn deposits(
        &mut self,
        of: Option<PartnerId>,
        limit: u32,
    ) -> Result<Vec<BookedDeposit>, StoreError> {
        let of = of.map(|partner| partner.0);
        self.rows(DEPOSITS, &[&of, &i64::from(limit)])?.iter().map(deposit).collect()
    }

    fn deposit(&mut self, tr_id: TrId) -> Result<Option<BookedDeposit>, StoreError> {
        self.rows(DEPOSIT, &[&tr_id.0])?.first().map(deposit).transpose()
    }

    fn actions(&mut self, filter: &ActionFilter) -> Result<Vec<ActionRecord>, StoreError> {
        let params: Params<'_> = &[
            &filter.before.unwrap_or(i64::MAX),
            &filter.actor.as_deref(),
            &filter.subject.as_deref(),
            &filter.name.as_deref(),
            &filter.since.map_or(i64::MIN, Moment::as_micros),
            &i64::from(filter.limit),
        ];
        self.rows(ACTIONS, params)?.iter().map(action).collect()
    }

    fn balance_changes(
        &mut self,
        filter: &BalanceChangeFilter,
    ) -> Result<Vec<BalanceChange>, StoreError> {
        let partner = filter.partner.map(|partner| partner.0);
        let rows =
            self.rows(BALANCE_CHANGES, &[&filter.kind.name(), &partner, &i64::from(filter.limit)])?;
        let missing = || damaged("a balance change without its columns");
        rows.iter().map(|row| RowReader::of(row).balance_change()?.ok_or_else(missing)).collect()
    }

    fn ledger(&mut self, entry: &mut dyn FnMut(LedgerRecord)) -> Result<LedgerTotals, StoreError> {
        // On a new connection: a retry would pass records on twice.
        self.thread.wait(async {
            let mut session = Session::by_scan(&self.address).await?;
            let moment = at_one_moment(&mut session).await?;
            each_entry(&moment, entry).await?;
            totals(&moment).await
        })
    }

    fn exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError> {
        self.thread.wait(async {
            let mut session = Session::by_scan(&self.address).await?;
            let moment = at_one_moment(&mut session).await?;
            each_exchange(&moment, see).await
        })
    }

    fn inquiry_exchanges(&mut self, see: &mut dyn FnMut(TrId, Exchange)) -> Result<(), StoreError> {
        self.thread.wait(async {
            let mut session = Session::by_scan(&self.address).await?;
            let moment = at_one_moment(&mut session).await?;
            each_inquiry_exchange(&moment, see).await
        })
    }

    fn attempts(&mut self, see: &mut dyn FnMut(TrId, Attempt)) -> Result<(), StoreError> {
        self.thread.wait(async {
            let mut session = Session::by_scan(&self.address).await?;
            let moment = at_one_moment(&mut session).await?;
            each_attempt(&moment, see).await
        })
    }

    fn self_check(&mut self) -> Result<Vec<String>, StoreError> {
        self.ask(async |session| self_check(&at_one_moment(session).await?).await)
    }
}

/// Begins a transaction that reads one snapshot.
async fn at_one_moment(
    session: &mut Session,
) -> Result<tokio_postgres::Transaction<'_>, StoreError> {
    let begin = session.client_mut().build_transaction();
    Ok(begin.isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?)
}
