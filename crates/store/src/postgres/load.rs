//! Locks and reads the rows of a batch in one round trip.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{
    Account, BillKey, BillerDirectory, Books, Catalogue, Partner, PartnerId, RefId, RowSet, TrId,
    TransferReference,
};
use tokio_postgres::Row;

use super::rows::{
    BILLERS, PARTNERS, PRODUCTS, RowReader, billers, callback, catalogue, columns, damaged,
    deposit, join_attempt, partner,
};
use super::session::Session;
use crate::{BookedDeposit, StoreError};

pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Locks the node's own row, so that a query for its last batch waits for the end of this one, and the balances
/// of the batch in the order of their partners. All other rows of a partner are written only under the lock of
/// its balance row, and each later statement sees what the last holder of the lock wrote.
const LOCK: &str = "\
    WITH own AS (SELECT id FROM node WHERE id = $1 FOR NO KEY UPDATE), \
    locked AS (SELECT partner, available, held FROM partner_balance WHERE partner = ANY($2::bigint[]) \
        ORDER BY partner FOR NO KEY UPDATE) \
    SELECT locked.* FROM own LEFT JOIN locked ON true";

/// The version of partners, products and billers, and each transaction with its payment, its follow-up and, before its
/// payment begins, the payment in process of its bill. Two indexes begin with the partner; only one has the
/// required order, so that the server uses that one even if its statistics say that the table is empty.
const TRANSACTIONS: &str = concat!(
    "SELECT v.value, ",
    columns!(inquiry),
    ", ",
    columns!(payment),
    ", ",
    columns!(follow_up),
    ", o.tr_id FROM counter v LEFT JOIN (unnest($1::bigint[], $2::bigint[]) AS t (partner, tr_id) \
     CROSS JOIN LATERAL (SELECT * FROM inquiry \
        WHERE partner = t.partner AND tr_id >= t.tr_id ORDER BY tr_id LIMIT 1) i \
     LEFT JOIN payment p ON p.partner = t.partner AND p.tr_id = t.tr_id",
    join_attempt!(),
    "LEFT JOIN follow_up w ON w.partner = t.partner AND w.tr_id = t.tr_id \
     LEFT JOIN open_payment o ON p.tr_id IS NULL \
        AND o.customer_no = i.customer_no AND o.code = i.code AND o.period = i.period) ON i.tr_id = t.tr_id \
     WHERE v.name = 'directory'"
);

const REFERENCES: &str = "\
    SELECT i.partner, i.ref_id, i.tr_id \
    FROM unnest($1::bigint[], $2::text[]) AS r (partner, ref_id) \
    CROSS JOIN LATERAL (SELECT * FROM inquiry \
        WHERE partner = r.partner AND ref_id >= r.ref_id ORDER BY ref_id LIMIT 1) i \
    WHERE i.ref_id = r.ref_id";

const CALLBACKS: &str = concat!(
    "SELECT c.partner, c.tr_id, ",
    columns!(callback),
    " FROM unnest($1::bigint[], $2::bigint[]) AS t (partner, tr_id) \
     JOIN callback c ON c.partner = t.partner AND c.tr_id = t.tr_id"
);

/// The deposits that use these references (given in capitals).
const DEPOSIT_REFERENCES: &str = "\
    SELECT t.partner, r.reference, t.tr_id \
    FROM unnest($1::bigint[], $2::text[]) AS r (partner, reference) \
    JOIN deposit t ON t.partner = r.partner AND upper(t.reference) = r.reference";

/// The withdrawals that use these references (given in capitals).
const WITHDRAWAL_REFERENCES: &str = "\
    SELECT b.partner, r.reference, b.tr_id \
    FROM unnest($1::bigint[], $2::text[]) AS r (partner, reference) \
    JOIN balance_change b ON b.partner = r.partner AND upper(b.reference) = r.reference";

const DEPOSITS: &str = concat!(
    "SELECT ",
    columns!(deposit),
    ", ",
    columns!(reversal),
    " FROM unnest($1::bigint[], $2::bigint[]) AS k (partner, tr_id) \
     JOIN deposit t ON t.partner = k.partner AND t.tr_id = k.tr_id \
     LEFT JOIN reversal r ON r.partner = t.partner AND r.deposit = t.tr_id"
);

/// Locks the counter of partners, and so the creation of user names.
const NEXT_PARTNER: &str = "SELECT value FROM counter WHERE name = 'partner' FOR NO KEY UPDATE";

/// Locks the version of partners, products and billers, so that a change of a product or a biller is decided on
/// what the last change by any node left.
const DIRECTORY: &str = "SELECT value FROM counter WHERE name = 'directory' FOR NO KEY UPDATE";

/// The statements of [`load`].
pub(super) const STATEMENTS: &[&str] = &[
    BEGIN,
    LOCK,
    TRANSACTIONS,
    REFERENCES,
    CALLBACKS,
    DEPOSIT_REFERENCES,
    WITHDRAWAL_REFERENCES,
    DEPOSITS,
    NEXT_PARTNER,
    DIRECTORY,
    PARTNERS,
    PRODUCTS,
    BILLERS,
];

/// A copy of partners, products and billers, valid as long as its version is that of the database.
#[derive(Default)]
pub(super) struct Directory {
    /// The version; 0 if the copy must be read.
    pub(super) version: i64,
    partners: BTreeMap<PartnerId, Arc<Partner>>,
    catalogue: Arc<Catalogue>,
    billers: Arc<BillerDirectory>,
}

impl Directory {
    async fn follow(&mut self, session: &Session, version: i64) -> Result<(), StoreError> {
        if self.version == version {
            return Ok(());
        }
        let (partners, products, set_up) = tokio::try_join!(
            session.query(PARTNERS, &[]),
            session.query(PRODUCTS, &[]),
            session.query(BILLERS, &[])
        )?;
        let keyed = |row| partner(row).map(|partner| (partner.id, partner));
        self.partners = partners.iter().map(keyed).collect::<Result<_, _>>()?;
        self.catalogue = Arc::new(catalogue(&products)?);
        self.billers = Arc::new(billers(&set_up)?);
        self.version = version;
        Ok(())
    }
}

/// Begins a transaction and reads what the batch touches, except for the next transaction number.
pub(super) async fn load(
    session: &Session,
    node: i64,
    directory: &mut Directory,
    touched: &RowSet,
) -> Result<Books, StoreError> {
    let locked = async {
        let partners: Vec<i64> = touched.partners.iter().map(|id| id.0).collect();
        session.query(LOCK, &[&node, &partners]).await
    };
    let transactions = async {
        let partners: Vec<i64> = touched.transactions.iter().map(|(id, _)| id.0).collect();
        let numbers: Vec<i64> = touched.transactions.iter().map(|(_, tr_id)| tr_id.0).collect();
        session.query(TRANSACTIONS, &[&partners, &numbers]).await
    };
    let references = async {
        if touched.refs.is_empty() {
            return Ok(Vec::new());
        }
        let partners: Vec<i64> = touched.refs.iter().map(|(id, _)| id.0).collect();
        let ref_ids: Vec<&str> = touched.refs.iter().map(|(_, ref_id)| ref_id.as_str()).collect();
        session.query(REFERENCES, &[&partners, &ref_ids]).await
    };
    let callbacks = async {
        if touched.callbacks.is_empty() {
            return Ok(Vec::new());
        }
        let partners: Vec<i64> = touched.callbacks.iter().map(|(id, _)| id.0).collect();
        let numbers: Vec<i64> = touched.callbacks.iter().map(|(_, tr_id)| tr_id.0).collect();
        session.query(CALLBACKS, &[&partners, &numbers]).await
    };
    let deposit_references =
        with_references(session, DEPOSIT_REFERENCES, &touched.deposit_references);
    let withdrawal_references =
        with_references(session, WITHDRAWAL_REFERENCES, &touched.withdrawal_references);
    let deposits = async {
        if touched.deposits.is_empty() {
            return Ok(Vec::new());
        }
        let partners: Vec<i64> = touched.deposits.iter().map(|(id, _)| id.0).collect();
        let numbers: Vec<i64> = touched.deposits.iter().map(|(_, tr_id)| tr_id.0).collect();
        session.query(DEPOSITS, &[&partners, &numbers]).await
    };
    let next_partner = async {
        match touched.usernames.is_empty() {
            true => Ok(Vec::new()),
            false => session.query(NEXT_PARTNER, &[]).await,
        }
    };
    let directory_locked = async {
        match touched.directory {
            false => Ok(Vec::new()),
            true => session.query(DIRECTORY, &[]).await,
        }
    };
    // In this order, which is the order of locks: the first poll of each future sends its statement.
    let (
        begun,
        locked,
        next_partner,
        directory_locked,
        transactions,
        references,
        callbacks,
        known_by,
        withdrawals,
        deposits,
    ) = tokio::join!(
        biased;
        session.run(BEGIN, &[]),
        locked,
        next_partner,
        directory_locked,
        transactions,
        references,
        callbacks,
        deposit_references,
        withdrawal_references,
        deposits,
    );
    begun?;
    directory_locked?;
    let (locked, next_partner, transactions) = (locked?, next_partner?, transactions?);
    let mut books = Books::default();
    if locked.is_empty() {
        return Err(damaged("this node's row is gone"));
    }
    locked.iter().try_for_each(|row| enter_balances(&mut books, row))?;
    let version = transactions.first().ok_or_else(|| damaged("the directory has no version"))?;
    directory.follow(session, RowReader::of(version).take()?).await?;
    transactions.iter().try_for_each(|row| enter_transaction(&mut books, row))?;
    references?.iter().try_for_each(|row| enter_reference(&mut books, row))?;
    callbacks?.iter().try_for_each(|row| enter_callback(&mut books, row))?;
    let known_by = known_by?.iter().map(used_reference).collect::<Result<Vec<_>, _>>()?;
    books.deposit_references.extend(known_by);
    let withdrawals = withdrawals?.iter().map(used_reference).collect::<Result<Vec<_>, _>>()?;
    books.withdrawal_references.extend(withdrawals);
    deposits?.iter().try_for_each(|row| enter_deposit(&mut books, row))?;
    if let Some(row) = next_partner.first() {
        books.next_partner = RowReader::of(row).take()?;
    }
    enter_directory(&mut books, directory, touched);
    Ok(books)
}

fn enter_directory(books: &mut Books, directory: &Directory, touched: &RowSet) {
    books.catalogue = Arc::clone(&directory.catalogue);
    books.billers = Arc::clone(&directory.billers);
    for id in &touched.partners {
        if let Some(partner) = directory.partners.get(id) {
            books.partners.insert(*id, Arc::clone(partner));
        }
    }
    for username in &touched.usernames {
        let holder = directory.partners.values().find(|partner| partner.username == *username);
        books.usernames.extend(holder.map(|partner| (username.clone(), partner.id)));
    }
}

fn enter_balances(books: &mut Books, row: &Row) -> Result<(), StoreError> {
    let mut cells = RowReader::of(row);
    let Some(partner) = cells.take::<Option<i64>>()? else { return Ok(()) };
    let partner = PartnerId(partner);
    books.balances.insert(Account::Available(partner), cells.rupiah()?);
    books.balances.insert(Account::Held(partner), cells.rupiah()?);
    Ok(())
}

fn enter_transaction(books: &mut Books, row: &Row) -> Result<(), StoreError> {
    let mut cells = RowReader::of(row);
    let _version: i64 = cells.take()?;
    let Some((inquiry, _)) = cells.inquiry()? else { return Ok(()) };
    let (partner, tr_id) = (inquiry.partner, inquiry.tr_id);
    let inquiry = Arc::new(inquiry);
    books.payments.extend(cells.payment(partner, tr_id)?.map(|payment| (tr_id, payment)));
    books.follow_ups.extend(cells.follow_up()?.map(|follow_up| (tr_id, follow_up)));
    let of_bill = cells.take::<Option<i64>>()?;
    books.in_process.extend(of_bill.map(|other| (BillKey(Arc::clone(&inquiry)), TrId(other))));
    books.inquiries.insert(tr_id, inquiry);
    Ok(())
}

fn enter_reference(books: &mut Books, row: &Row) -> Result<(), StoreError> {
    let mut cells = RowReader::of(row);
    let partner = PartnerId(cells.take()?);
    let ref_id = RefId::new(cells.take()?).map_err(damaged)?;
    books.refs.insert((partner, ref_id), TrId(cells.take()?));
    Ok(())
}

/// The rows that use these references; no query if there are none.
async fn with_references(
    session: &Session,
    sql: &'static str,
    keys: &[(PartnerId, TransferReference)],
) -> Result<Vec<Row>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let partners: Vec<i64> = keys.iter().map(|(id, _)| id.0).collect();
    let references: Vec<&str> = keys.iter().map(|(_, reference)| reference.as_str()).collect();
    session.query(sql, &[&partners, &references]).await
}

/// A reference with the number of the row that uses it.
fn used_reference(row: &Row) -> Result<((PartnerId, TransferReference), TrId), StoreError> {
    let mut cells = RowReader::of(row);
    let partner = PartnerId(cells.take()?);
    let reference = TransferReference::new(cells.take()?).map_err(damaged)?;
    Ok(((partner, reference), TrId(cells.take()?)))
}

fn enter_deposit(books: &mut Books, row: &Row) -> Result<(), StoreError> {
    let BookedDeposit { deposit, reversal } = deposit(row)?;
    books.reversals.extend(reversal.map(|reversal| (deposit.tr_id, reversal.tr_id)));
    books.deposits.insert(deposit.tr_id, deposit);
    Ok(())
}

fn enter_callback(books: &mut Books, row: &Row) -> Result<(), StoreError> {
    let callback = callback(row)?;
    books.callbacks.insert(callback.tr_id, callback);
    Ok(())
}
