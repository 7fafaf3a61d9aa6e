//! A reading connection.

use std::path::Path;
use std::sync::Arc;

use domain::books::TopUp;
use domain::{
    Account, Catalogue, Exchange, Inquiry, Partner, PartnerId, Payment, RefId, Rupiah, TrId,
    Transaction,
};
use rusqlite::{Connection, OptionalExtension, Rows, params};

use super::rows;
use super::write::by_number;
use crate::{Beside, Entry, Filter, OpenPayment, PostingRow, Read, StoreError, Story};

/// A connection that cannot write.
pub struct SqliteReader {
    connection: Connection,
}

impl SqliteReader {
    pub(super) fn new(connection: Connection) -> SqliteReader {
        SqliteReader { connection }
    }

    fn available(&self, partner: PartnerId) -> Result<Rupiah, StoreError> {
        let sql = "SELECT balance FROM account WHERE id = ?1";
        let number = Account::Available(partner).number();
        let found = self.connection.prepare_cached(sql)?.query_row([number], |row| row.get(0));
        Ok(Rupiah::new(found.optional()?.unwrap_or(0)))
    }

    /// Reads several tables as of one moment.
    fn at_one_moment<T>(
        &mut self,
        read: impl FnOnce(&mut SqliteReader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.connection.execute_batch("BEGIN")?;
        let answer = read(self);
        self.connection.execute_batch("ROLLBACK")?;
        answer
    }

    fn inquiry(&self, tr_id: TrId) -> Result<Option<(Inquiry, i64)>, StoreError> {
        rows::one(&self.connection, &by_number(rows::INQUIRY), [tr_id.0], rows::inquiry)
    }

    fn payment(&self, tr_id: TrId) -> Result<Option<Payment>, StoreError> {
        rows::one(&self.connection, &by_number(rows::PAYMENT), [tr_id.0], rows::payment)
    }

    fn with_payment(
        &self,
        inquiry: Inquiry,
        payment: Option<Payment>,
    ) -> Result<Transaction, StoreError> {
        let available = self.available(inquiry.partner)?;
        Ok(Transaction { inquiry: Arc::new(inquiry), payment, available })
    }
}

impl Read for SqliteReader {
    fn partners(&mut self) -> Result<Vec<Arc<Partner>>, StoreError> {
        rows::partners(&self.connection)
    }

    fn catalogue(&mut self) -> Result<Catalogue, StoreError> {
        rows::catalogue(&self.connection)
    }

    fn balances(&mut self) -> Result<Vec<(Account, Rupiah)>, StoreError> {
        rows::balances(&self.connection)
    }

    fn transaction(&mut self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        self.at_one_moment(|reader| {
            let Some((inquiry, _)) = reader.inquiry(tr_id)? else {
                return Ok(None);
            };
            let payment = reader.payment(tr_id)?;
            reader.with_payment(inquiry, payment).map(Some)
        })
    }

    fn find(&mut self, partner: PartnerId, ref_id: &RefId) -> Result<Option<TrId>, StoreError> {
        rows::find(&self.connection, partner, ref_id)
    }

    fn story(&mut self, tr_id: TrId) -> Result<Option<Story>, StoreError> {
        self.at_one_moment(|reader| {
            let Some((inquiry, inquiry_took)) = reader.inquiry(tr_id)? else {
                return Ok(None);
            };
            let sql = by_number(rows::PAYMENT);
            let found = rows::one(&reader.connection, &sql, [tr_id.0], rows::payment_with_trail)?;
            let (payment, trail) = found.unzip();
            let transaction = reader.with_payment(inquiry, payment)?;
            let (mut postings, mut exchanges) = (Vec::new(), Vec::new());
            if let Some(trail) = trail {
                postings = trail_postings(&reader.connection, tr_id, &trail)?;
                exchanges = chain(&reader.connection, trail.last_exchange)?;
            }
            Ok(Some(Story { transaction, inquiry_took, postings, exchanges }))
        })
    }

    fn payments(&mut self, filter: &Filter) -> Result<Vec<Transaction>, StoreError> {
        // The states are our own words, never a caller's.
        let states: Vec<_> = filter.states.iter().map(|s| format!("'{}'", s.name())).collect();
        let states = match states.is_empty() {
            true => String::new(),
            false => format!("AND state IN ({})", states.join(",")),
        };
        let sql = format!(
            "{} WHERE tr_id < ?1 AND (?2 IS NULL OR partner = ?2) {states} \
             ORDER BY tr_id DESC LIMIT ?3",
            rows::PAYMENT
        );
        self.at_one_moment(|reader| {
            let before = filter.before.map_or(i64::MAX, |tr_id| tr_id.0);
            let partner = filter.partner.map(|partner| partner.0);
            let mut statement = reader.connection.prepare_cached(&sql)?;
            let payments =
                rows::all(&mut statement, params![before, partner, filter.limit], rows::payment)?;
            let with_inquiry = payments.into_iter().map(|payment| {
                let missing = || rows::damaged(format_args!("payment {} alone", payment.tr_id));
                let (inquiry, _) = reader.inquiry(payment.tr_id)?.ok_or_else(missing)?;
                reader.with_payment(inquiry, Some(payment))
            });
            with_inquiry.collect()
        })
    }

    fn open_payments(&mut self) -> Result<Vec<OpenPayment>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT tr_id, partner, begun_at FROM payment INDEXED BY payment_open \
             WHERE settled_at IS NULL ORDER BY tr_id",
        )?;
        rows::all(&mut statement, [], |row| {
            Ok(OpenPayment {
                tr_id: TrId(row.get(0)?),
                partner: PartnerId(row.get(1)?),
                begun_at: domain::Moment::from_micros(row.get(2)?),
            })
        })
    }

    fn top_ups(&mut self, of: Option<PartnerId>, limit: u32) -> Result<Vec<TopUp>, StoreError> {
        let sql = format!(
            "{} WHERE ?1 IS NULL OR partner = ?1 ORDER BY tr_id DESC LIMIT ?2",
            rows::TOP_UP
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        rows::all(&mut statement, params![of.map(|partner| partner.0), limit], rows::top_up)
    }

    fn ledger(&mut self, entry: &mut dyn FnMut(Entry)) -> Result<Beside, StoreError> {
        self.at_one_moment(|reader| {
            each_entry(&reader.connection, entry)?;
            let count = "SELECT count(*) FROM posting";
            let postings: i64 = reader.connection.query_row(count, [], |row| row.get(0))?;
            Ok(Beside {
                balances: rows::balances(&reader.connection)?,
                postings: u64::try_from(postings).unwrap_or(0),
            })
        })
    }

    fn self_check(&mut self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check(100)")?;
        let lines = rows::all(&mut statement, [], |row| Ok(row.get::<_, String>(0)?))?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    fn backup(&mut self, to: &Path) -> Result<(), StoreError> {
        let to = to.to_str().ok_or_else(|| rows::damaged("the path is not UTF-8"))?;
        self.connection.execute("VACUUM INTO ?1", [to])?;
        Ok(())
    }
}

/// The postings of a payment's hold and settlement.
fn trail_postings(
    connection: &Connection,
    tr_id: TrId,
    trail: &rows::Trail,
) -> Result<Vec<PostingRow>, StoreError> {
    let mut postings = rows::postings(connection, tr_id, trail.hold)?;
    if let Some(settlement) = trail.settlement {
        postings.extend(rows::postings(connection, tr_id, settlement)?);
    }
    Ok(postings)
}

/// The exchanges of a payment, oldest first.
fn chain(connection: &Connection, last: Option<i64>) -> Result<Vec<Exchange>, StoreError> {
    let sql = "SELECT call, asked_at, took, answer, previous FROM exchange WHERE id = ?1";
    let mut exchanges = Vec::new();
    let mut next = last;
    while let Some(id) = next {
        let found = rows::one(connection, sql, [id], rows::exchange)?;
        let missing = || rows::damaged(format_args!("exchange {id} is missing"));
        let (exchange, previous) = found.ok_or_else(missing)?;
        exchanges.push(exchange);
        // An exchange follows only older ones, so that a damaged chain ends as well.
        next = previous.filter(|previous| *previous < id);
    }
    exchanges.reverse();
    Ok(exchanges)
}

/// Walks all tables that are keyed by `tr_id` side by side, in the order of that number, so that a
/// ledger of any size is audited in constant memory.
fn each_entry(connection: &Connection, see: &mut dyn FnMut(Entry)) -> Result<(), StoreError> {
    let ordered = |query: &str| format!("{query} ORDER BY tr_id");
    let mut inquiries = connection.prepare(&ordered(rows::INQUIRY))?;
    let mut payments = connection.prepare(&ordered(rows::PAYMENT))?;
    let mut top_ups = connection.prepare(&ordered(rows::TOP_UP))?;
    let mut inquiries = Cursor::new(inquiries.query([])?, |row| {
        rows::inquiry(row).map(|(inquiry, _)| (inquiry.tr_id, inquiry))
    })?;
    let mut payments = Cursor::new(payments.query([])?, |row| {
        rows::payment_with_trail(row).map(|found| (found.0.tr_id, found))
    })?;
    let mut top_ups = Cursor::new(top_ups.query([])?, |row| {
        Ok((rows::top_up(row)?, row.get(5)?)).map(|found: (TopUp, i64)| (found.0.tr_id, found))
    })?;
    loop {
        let heads = [inquiries.head(), payments.head(), top_ups.head()];
        let Some(tr_id) = heads.into_iter().flatten().min() else { return Ok(()) };
        let inquiry = inquiries.take(tr_id)?;
        let reference = match &inquiry {
            Some(inquiry) => rows::find(connection, inquiry.partner, &inquiry.ref_id)?,
            None => None,
        };
        let (payment, trail) = payments.take(tr_id)?.unzip();
        let (top_up, movement) = top_ups.take(tr_id)?.unzip();
        let mut postings = Vec::new();
        if let Some(trail) = trail {
            postings = trail_postings(connection, tr_id, &trail)?;
        }
        if let Some(movement) = movement {
            postings.extend(rows::postings(connection, tr_id, movement)?);
        }
        see(Entry { tr_id, inquiry, payment, top_up, postings, reference });
    }
}

/// A query in the order of `tr_id`, with its next row at hand.
struct Cursor<'s, T> {
    rows: Rows<'s>,
    read: fn(&rusqlite::Row<'_>) -> Result<(TrId, T), StoreError>,
    next: Option<(TrId, T)>,
}

impl<'s, T> Cursor<'s, T> {
    fn new(
        rows: Rows<'s>,
        read: fn(&rusqlite::Row<'_>) -> Result<(TrId, T), StoreError>,
    ) -> Result<Cursor<'s, T>, StoreError> {
        let mut cursor = Cursor { rows, read, next: None };
        cursor.advance()?;
        Ok(cursor)
    }

    fn head(&self) -> Option<TrId> {
        self.next.as_ref().map(|next| next.0)
    }

    /// The row of that number, if it is the next one.
    fn take(&mut self, tr_id: TrId) -> Result<Option<T>, StoreError> {
        if self.head() != Some(tr_id) {
            return Ok(None);
        }
        let taken = self.next.take();
        self.advance()?;
        Ok(taken.map(|(_, row)| row))
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        self.next = self.rows.next()?.map(self.read).transpose()?;
        Ok(())
    }
}
