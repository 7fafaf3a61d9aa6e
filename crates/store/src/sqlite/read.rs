//! A reading connection.

use std::path::Path;
use std::sync::Arc;

use domain::books::TopUp;
use domain::{
    Account, Catalogue, Inquiry, Partner, PartnerId, Payment, RefId, Rupiah, TrId, Transaction,
};
use rusqlite::{Connection, OptionalExtension, Rows, params};

use super::rows;
use super::write::by_number;
use crate::{Entry, Filter, OpenPayment, PostingRow, Read, StoreError, Story};

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
            let payment = reader.payment(tr_id)?;
            let transaction = reader.with_payment(inquiry, payment)?;
            let mut postings = reader.connection.prepare_cached(&by_number(rows::POSTING))?;
            let postings = rows::all(&mut postings, [tr_id.0], rows::posting)?;
            let mut exchanges = reader.connection.prepare_cached(
                "SELECT call, asked_at, took, answer FROM exchange \
                 WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
            )?;
            let ids = [rows::exchange_id(tr_id, 0), rows::exchange_id(tr_id, u32::from(u16::MAX))];
            let exchanges = rows::all(&mut exchanges, ids, rows::exchange)?;
            let postings = postings.into_iter().map(|(_, posting)| posting).collect();
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

    fn ledger(
        &mut self,
        entry: &mut dyn FnMut(Entry),
    ) -> Result<Vec<(Account, Rupiah)>, StoreError> {
        self.at_one_moment(|reader| {
            each_entry(&reader.connection, entry)?;
            rows::balances(&reader.connection)
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

/// Walks all tables that are keyed by `tr_id` side by side, in the order of that number, so that a
/// ledger of any size is audited in constant memory.
fn each_entry(connection: &Connection, see: &mut dyn FnMut(Entry)) -> Result<(), StoreError> {
    let ordered = |query: &str| format!("{query} ORDER BY tr_id");
    let mut inquiries = connection.prepare(&ordered(rows::INQUIRY))?;
    let mut payments = connection.prepare(&ordered(rows::PAYMENT))?;
    let mut top_ups = connection.prepare(&ordered(rows::TOP_UP))?;
    let mut postings = connection.prepare(&format!("{}, step, account", ordered(rows::POSTING)))?;
    let mut inquiries = Cursor::new(inquiries.query([])?, |row| {
        rows::inquiry(row).map(|(inquiry, _)| (inquiry.tr_id, inquiry))
    })?;
    let mut payments = Cursor::new(payments.query([])?, |row| {
        rows::payment(row).map(|payment| (payment.tr_id, payment))
    })?;
    let mut top_ups = Cursor::new(top_ups.query([])?, |row| {
        rows::top_up(row).map(|top_up| (top_up.tr_id, top_up))
    })?;
    let mut postings: Cursor<'_, PostingRow> = Cursor::new(postings.query([])?, rows::posting)?;
    loop {
        let heads = [inquiries.head(), payments.head(), top_ups.head(), postings.head()];
        let Some(tr_id) = heads.into_iter().flatten().min() else {
            return Ok(());
        };
        let inquiry = inquiries.take(tr_id)?;
        let reference = inquiry
            .as_ref()
            .map(|inquiry| rows::find(connection, inquiry.partner, &inquiry.ref_id))
            .transpose()?
            .flatten();
        let mut of_it = Vec::new();
        while let Some(posting) = postings.take(tr_id)? {
            of_it.push(posting);
        }
        see(Entry {
            tr_id,
            inquiry,
            payment: payments.take(tr_id)?,
            top_up: top_ups.take(tr_id)?,
            postings: of_it,
            reference,
        });
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
