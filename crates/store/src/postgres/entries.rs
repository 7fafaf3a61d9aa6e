//! A scan of the ledger, record by record.

use std::pin::pin;

use domain::{Attempt, Exchange, PartnerId, TrId};
use tokio_postgres::{Row, Transaction};

use super::rows::{RowReader, columns, join_attempt};
use super::session::Params;
use crate::{LedgerRecord, StoreError};

/// Every row of every number, also rows that should not exist.
const ENTRIES: &str = concat!(
    "SELECT k.partner, k.tr_id, ",
    columns!(inquiry),
    ", ",
    columns!(payment),
    ", ",
    columns!(follow_up),
    ", ",
    columns!(callback),
    ", ",
    columns!(deposit),
    ", ",
    columns!(reversal),
    ", ",
    columns!(balance_change),
    ", ",
    columns!(movement "h"),
    ", ",
    columns!(movement "s"),
    " FROM (SELECT partner, tr_id FROM inquiry UNION SELECT partner, tr_id FROM payment \
        UNION SELECT partner, tr_id FROM deposit UNION SELECT partner, tr_id FROM reversal \
        UNION SELECT partner, tr_id FROM balance_change UNION SELECT partner, tr_id FROM movement \
        UNION SELECT partner, tr_id FROM follow_up UNION SELECT partner, tr_id FROM callback) k \
     LEFT JOIN inquiry i ON i.partner = k.partner AND i.tr_id = k.tr_id \
     LEFT JOIN payment p ON p.partner = k.partner AND p.tr_id = k.tr_id",
    join_attempt!(),
    "LEFT JOIN follow_up w ON w.partner = k.partner AND w.tr_id = k.tr_id \
     LEFT JOIN callback c ON c.partner = k.partner AND c.tr_id = k.tr_id \
     LEFT JOIN deposit t ON t.partner = k.partner AND t.tr_id = k.tr_id \
     LEFT JOIN reversal r ON r.partner = k.partner AND r.tr_id = k.tr_id \
     LEFT JOIN balance_change b ON b.partner = k.partner AND b.tr_id = k.tr_id \
     LEFT JOIN movement h ON h.partner = k.partner AND h.tr_id = k.tr_id AND h.step = 1 \
     LEFT JOIN movement s ON s.partner = k.partner AND s.tr_id = k.tr_id AND s.step = 2 \
     ORDER BY k.tr_id, k.partner"
);

/// Passes on every record of the transaction's snapshot as the rows arrive, so that a ledger of any size is
/// audited in constant memory.
pub(super) async fn each_entry(
    moment: &Transaction<'_>,
    see: &mut dyn FnMut(LedgerRecord),
) -> Result<(), StoreError> {
    each_row(moment, ENTRIES, |row| {
        see(entry(row)?);
        Ok(())
    })
    .await
}

const EXCHANGES: &str = concat!(
    "SELECT ",
    columns!(exchange),
    ", e.tr_id FROM exchange e LEFT JOIN evidence v USING (partner, tr_id, number) \
     ORDER BY e.partner, e.tr_id, e.number"
);

/// Passes on every exchange as the rows arrive.
pub(super) async fn each_exchange(
    moment: &Transaction<'_>,
    see: &mut dyn FnMut(TrId, Exchange),
) -> Result<(), StoreError> {
    each_row(moment, EXCHANGES, |row| {
        let mut cells = RowReader::of(row);
        let exchange = cells.exchange()?;
        see(TrId(cells.take()?), exchange);
        Ok(())
    })
    .await
}

const INQUIRY_EXCHANGES: &str = concat!(
    "SELECT ",
    columns!(inquiry_exchange),
    ", v.tr_id FROM inquiry_exchange v ORDER BY v.partner, v.tr_id, v.number"
);

/// Passes on the stored calls of every inquiry as the rows arrive.
pub(super) async fn each_inquiry_exchange(
    moment: &Transaction<'_>,
    see: &mut dyn FnMut(TrId, Exchange),
) -> Result<(), StoreError> {
    each_row(moment, INQUIRY_EXCHANGES, |row| {
        let mut cells = RowReader::of(row);
        let exchange = cells.inquiry_exchange()?;
        see(TrId(cells.take()?), exchange);
        Ok(())
    })
    .await
}

const ATTEMPTS: &str = concat!(
    "SELECT ",
    columns!(attempt),
    ", a.tr_id FROM attempt a ORDER BY a.partner, a.tr_id, a.number"
);

/// Passes on every attempt after the first one of its payment, as the rows arrive.
pub(super) async fn each_attempt(
    moment: &Transaction<'_>,
    see: &mut dyn FnMut(TrId, Attempt),
) -> Result<(), StoreError> {
    each_row(moment, ATTEMPTS, |row| {
        let mut cells = RowReader::of(row);
        if let Some(attempt) = cells.attempt()? {
            see(TrId(cells.take()?), attempt);
        }
        Ok(())
    })
    .await
}

/// Passes on the rows of a query as they arrive.
async fn each_row(
    moment: &Transaction<'_>,
    sql: &str,
    mut see: impl FnMut(&Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let nothing: Params<'_> = &[];
    let mut rows = pin!(moment.query_raw(sql, nothing.iter().copied()).await?);
    while let Some(row) = next(rows.as_mut()).await? {
        see(&row)?;
    }
    Ok(())
}

async fn next(
    mut rows: std::pin::Pin<&mut tokio_postgres::RowStream>,
) -> Result<Option<Row>, StoreError> {
    use futures_core::Stream;
    let row = std::future::poll_fn(|context| rows.as_mut().poll_next(context)).await;
    Ok(row.transpose()?)
}

fn entry(row: &Row) -> Result<LedgerRecord, StoreError> {
    let mut cells = RowReader::of(row);
    let (partner, tr_id) = (PartnerId(cells.take()?), TrId(cells.take()?));
    let (inquiry, inquiry_took) = cells.inquiry()?.unzip();
    let payment = cells.payment(partner, tr_id)?;
    let (follow_up, callback) = (cells.follow_up()?, cells.callback(partner, tr_id)?);
    let (deposit, reversal) = (cells.deposit()?, cells.reversal()?);
    let balance_change = cells.balance_change()?;
    let mut postings = cells.postings()?;
    postings.extend(cells.postings()?);
    // A look-up by `ref_id` uses an index of the same rows, so it always finds them.
    let found = inquiry.is_some();
    Ok(LedgerRecord {
        tr_id,
        inquiry,
        inquiry_took,
        payment,
        follow_up,
        callback,
        deposit,
        reversal,
        balance_change,
        postings,
        found,
    })
}
