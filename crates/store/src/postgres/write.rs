//! What a batch changed, written and committed in one round trip.
//!
//! One statement a table, over arrays with an element a row. The COMMIT is sent with them: after any
//! statement that fails the server makes it a rollback. A statement that must find its rows divides
//! by zero where it does not, so that the server itself sees the failure in time.

use domain::{Books, MovementKind};

use super::directory::put_directory;
use super::draft::{Draft, Key};
use super::session::{Params, Session};
use crate::StoreError;

const COMMIT: &str = "COMMIT";

const ROLLBACK: &str = "ROLLBACK";

const BATCH: &str = "\
    WITH written AS (UPDATE node SET batch = $2, seen = now() WHERE id = $1 RETURNING 1) \
    SELECT 1 / count(*) FROM written";

const INQUIRIES: &str = "\
    INSERT INTO inquiry (partner, tr_id, ref_id, code, hp, tr_name, period, nominal, sheets, admin, \
    commission, details, at, took) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], \
    $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], \
    $11::bigint[], $12::text[], $13::bigint[], $14::bigint[])";

const BEGUN: &str = "\
    INSERT INTO payment (partner, tr_id, biller, state, begun_at, settled_at, balance, reason, \
    noref, details, exchanges, asks, open_because) SELECT * FROM unnest($1::bigint[], \
    $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], \
    $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::text[])";

/// Whatever the journal says, a payment is settled once.
const CHANGED: &str = "\
    WITH written AS (UPDATE payment p SET state = c.state, settled_at = c.settled_at, \
    balance = c.balance, reason = c.reason, noref = c.noref, details = c.details, \
    exchanges = c.exchanges, asks = c.asks, open_because = c.open_because \
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], \
    $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::text[]) \
    AS c (partner, tr_id, state, settled_at, balance, reason, noref, details, exchanges, asks, \
    open_because) WHERE p.partner = c.partner AND p.tr_id = c.tr_id \
    AND (p.settled_at IS NULL OR p.settled_at = c.settled_at) RETURNING 1) \
    SELECT 1 / (count(*) = cardinality($1::bigint[]))::int FROM written";

const OPENED: &str = "\
    INSERT INTO open_payment (partner, tr_id, hp, code, period) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])";

const CLOSED: &str = "\
    DELETE FROM open_payment o USING unnest($1::bigint[], $2::bigint[]) AS c (partner, tr_id) \
    WHERE o.partner = c.partner AND o.tr_id = c.tr_id";

/// The postings of all movements come as one array, of which each movement has a piece.
const MOVEMENTS: &str = "\
    INSERT INTO movement (partner, tr_id, step, kind, at, accounts, amounts) \
    SELECT m.partner, m.tr_id, m.step, m.kind, m.at, \
    ($8::bigint[])[m.first:m.last], ($9::bigint[])[m.first:m.last] \
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::int[], \
    $7::int[]) AS m (partner, tr_id, step, kind, at, first, last)";

const EXCHANGES: &str = "\
    INSERT INTO exchange (partner, tr_id, number, call, asked_at, took, answer) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], \
    $6::bigint[], $7::text[])";

const DEPOSITS: &str = "\
    WITH written AS (UPDATE deposit d SET available = d.available + m.available, \
    held = d.held + m.held, bank = d.bank + m.bank, fee = d.fee + m.fee, \
    commission = d.commission + m.commission \
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) \
    AS m (partner, available, held, bank, fee, commission) \
    WHERE d.partner = m.partner RETURNING 1) \
    SELECT 1 / (count(*) = cardinality($1::bigint[]))::int FROM written";

const FLOATS: &str = "\
    INSERT INTO float_account AS f (partner, biller, balance) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) \
    ON CONFLICT (partner, biller) DO UPDATE SET balance = f.balance + excluded.balance";

const TOP_UPS: &str = "\
    INSERT INTO top_up (partner, tr_id, amount, note, at) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])";

const WATCHES: &str = "\
    INSERT INTO watch (partner, tr_id, token, until, not_found, attention, since) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], \
    $6::text[], $7::bigint[]) ON CONFLICT (partner, tr_id) DO UPDATE SET token = excluded.token, \
    until = excluded.until, not_found = excluded.not_found, attention = excluded.attention, \
    since = excluded.since";

const UNWATCHED: &str = "\
    DELETE FROM watch w USING unnest($1::bigint[], $2::bigint[]) AS o (partner, tr_id) \
    WHERE w.partner = o.partner AND w.tr_id = o.tr_id";

/// What [`commit`] and [`release`] send, beside what [`put_directory`] does.
pub(super) const STATEMENTS: &[&str] = &[
    COMMIT, ROLLBACK, BATCH, INQUIRIES, BEGUN, CHANGED, OPENED, CLOSED, MOVEMENTS, EXCHANGES,
    DEPOSITS, FLOATS, TOP_UPS, WATCHES, UNWATCHED,
];

/// Writes the journal as the node's batch of that number, and commits.
pub(super) async fn commit(
    session: &Session,
    (node, batch): (i64, i64),
    books: &Books,
) -> Result<(), StoreError> {
    let draft = Draft::of(books)?;
    // Partners carry the limits that the balances are checked against.
    if let Err(error) = put_directory(session, &draft).await {
        release(session).await?;
        return Err(error);
    }
    let batch: Params<'_> = &[&node, &batch];
    // What closes makes room for what opens.
    let told = tokio::join!(
        biased;
        inquiries(session, &draft),
        keys(session, CLOSED, &draft.closed),
        begun(session, &draft),
        changed(session, &draft),
        opened(session, &draft),
        movements(session, &draft),
        exchanges(session, &draft),
        top_ups(session, &draft),
        deposits(session, &draft),
        floats(session, &draft),
        watches(session, &draft),
        unwatched(session, &draft),
        session.run(BATCH, batch),
        session.run(COMMIT, &[]),
    );
    let (a, b, c, d, e, f, g, h, i, j, k, l, m, n) = told;
    // The first error is the cause of the others.
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n].into_iter().collect()
}

/// Ends a transaction in which nothing changed.
pub(super) async fn release(session: &Session) -> Result<(), StoreError> {
    session.run(ROLLBACK, &[]).await
}

/// One value of each row.
pub(super) fn column<R, T>(rows: impl IntoIterator<Item = R>, of: impl FnMut(R) -> T) -> Vec<T> {
    rows.into_iter().map(of).collect()
}

async fn inquiries(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let rows = &draft.inquiries;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |(inquiry, _)| inquiry.partner.0),
        &column(rows, |(inquiry, _)| inquiry.tr_id.0),
        &column(rows, |(inquiry, _)| inquiry.ref_id.as_str()),
        &column(rows, |(inquiry, _)| inquiry.code.as_str()),
        &column(rows, |(inquiry, _)| &*inquiry.hp),
        &column(rows, |(inquiry, _)| &*inquiry.bill.tr_name),
        &column(rows, |(inquiry, _)| &*inquiry.bill.period),
        &column(rows, |(inquiry, _)| inquiry.bill.nominal.get()),
        &column(rows, |(inquiry, _)| i64::from(inquiry.bill.sheets)),
        &column(rows, |(inquiry, _)| inquiry.price.admin.get()),
        &column(rows, |(inquiry, _)| inquiry.price.commission.get()),
        &column(rows, |(inquiry, _)| &*inquiry.bill.desc),
        &column(rows, |(inquiry, _)| inquiry.at.as_micros()),
        &column(rows, |(_, took)| *took),
    ];
    session.run(INQUIRIES, params).await
}

async fn begun(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let rows = || draft.begun.values();
    if draft.begun.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows(), |payment| payment.partner.0),
        &column(rows(), |payment| payment.tr_id.0),
        &column(rows(), |payment| payment.biller.0),
        &column(rows(), |payment| payment.state.name()),
        &column(rows(), |payment| payment.begun_at.as_micros()),
        &column(rows(), |payment| payment.settled_at.map(|at| at.as_micros())),
        &column(rows(), |payment| payment.balance.get()),
        &column(rows(), |payment| payment.reason.map(|reason| i64::from(reason.0))),
        &column(rows(), |payment| &*payment.noref),
        &column(rows(), |payment| payment.desc.as_deref()),
        &column(rows(), |payment| i64::from(payment.exchanges)),
        &column(rows(), |payment| i64::from(payment.asks)),
        &column(rows(), |payment| payment.open_because.as_deref()),
    ];
    session.run(BEGUN, params).await
}

async fn changed(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let rows = || draft.changed.values();
    if draft.changed.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows(), |payment| payment.partner.0),
        &column(rows(), |payment| payment.tr_id.0),
        &column(rows(), |payment| payment.state.name()),
        &column(rows(), |payment| payment.settled_at.map(|at| at.as_micros())),
        &column(rows(), |payment| payment.balance.get()),
        &column(rows(), |payment| payment.reason.map(|reason| i64::from(reason.0))),
        &column(rows(), |payment| &*payment.noref),
        &column(rows(), |payment| payment.desc.as_deref()),
        &column(rows(), |payment| i64::from(payment.exchanges)),
        &column(rows(), |payment| i64::from(payment.asks)),
        &column(rows(), |payment| payment.open_because.as_deref()),
    ];
    session.run(CHANGED, params).await
}

/// In the order of the bills, so that two nodes that wait for each other's bills wait in one direction.
async fn opened(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    if draft.opened.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<_> = draft.opened.iter().collect();
    rows.sort_by_key(|(_, bill)| bill.map(|bill| (&bill.hp, &bill.code, &bill.bill.period)));
    let params: Params<'_> = &[
        &column(&rows, |(key, _)| key.0.0),
        &column(&rows, |(key, _)| key.1.0),
        &column(&rows, |(_, bill)| bill.map(|bill| &*bill.hp)),
        &column(&rows, |(_, bill)| bill.map(|bill| bill.code.as_str())),
        &column(&rows, |(_, bill)| bill.map(|bill| &*bill.bill.period)),
    ];
    session.run(OPENED, params).await
}

async fn movements(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let rows = &draft.movements;
    if rows.is_empty() {
        return Ok(());
    }
    let mut end = 0;
    let pieces = column(rows, |(_, _, movement)| {
        let first = end + 1;
        end += i32::try_from(movement.postings.len()).unwrap_or(i32::MAX);
        (first, end)
    });
    let postings = || rows.iter().flat_map(|(_, _, movement)| &movement.postings);
    let params: Params<'_> = &[
        &column(rows, |(key, _, _)| key.0.0),
        &column(rows, |(key, _, _)| key.1.0),
        &column(rows, |(_, _, movement)| i64::from(movement.kind.step())),
        &column(rows, |(_, _, movement)| MovementKind::name(movement.kind)),
        &column(rows, |(_, at, _)| at.as_micros()),
        &column(&pieces, |(first, _)| *first),
        &column(&pieces, |(_, last)| *last),
        &column(postings(), |posting| posting.account.number()),
        &column(postings(), |posting| posting.amount.get()),
    ];
    session.run(MOVEMENTS, params).await
}

async fn exchanges(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let rows = &draft.exchanges;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |(key, _, _)| key.0.0),
        &column(rows, |(key, _, _)| key.1.0),
        &column(rows, |(_, number, _)| i64::from(*number)),
        &column(rows, |(_, _, exchange)| exchange.call.name()),
        &column(rows, |(_, _, exchange)| exchange.asked_at.as_micros()),
        &column(rows, |(_, _, exchange)| exchange.took_micros),
        &column(rows, |(_, _, exchange)| &*exchange.answer),
    ];
    session.run(EXCHANGES, params).await
}

async fn top_ups(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let rows = &draft.top_ups;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |top_up| top_up.partner.0),
        &column(rows, |top_up| top_up.tr_id.0),
        &column(rows, |top_up| top_up.amount.get()),
        &column(rows, |top_up| &*top_up.note),
        &column(rows, |top_up| top_up.at.as_micros()),
    ];
    session.run(TOP_UPS, params).await
}

async fn deposits(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let rows = &draft.deposits;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows.keys(), |partner| partner.0),
        &column(rows.values(), |moved| moved.available.get()),
        &column(rows.values(), |moved| moved.held.get()),
        &column(rows.values(), |moved| moved.bank.get()),
        &column(rows.values(), |moved| moved.fee.get()),
        &column(rows.values(), |moved| moved.commission.get()),
    ];
    session.run(DEPOSITS, params).await
}

async fn floats(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let rows = &draft.floats;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows.keys(), |(partner, _)| partner.0),
        &column(rows.keys(), |(_, biller)| biller.0),
        &column(rows.values(), |balance| balance.get()),
    ];
    session.run(FLOATS, params).await
}

async fn watches(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let kept = draft.watches.iter().filter_map(|(key, watch)| watch.map(|watch| (key, watch)));
    let rows: Vec<_> = kept.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(&rows, |(key, _)| key.0.0),
        &column(&rows, |(key, _)| key.1.0),
        &column(&rows, |(_, watch)| i64::from(watch.token.0)),
        &column(&rows, |(_, watch)| watch.until.as_micros()),
        &column(&rows, |(_, watch)| i64::from(watch.not_found)),
        &column(&rows, |(_, watch)| watch.attention.map(|(why, _)| why.name())),
        &column(&rows, |(_, watch)| watch.attention.map(|(_, since)| since.as_micros())),
    ];
    session.run(WATCHES, params).await
}

async fn unwatched(session: &Session, draft: &Draft<'_>) -> Result<(), StoreError> {
    let over = draft.watches.iter().filter(|(_, watch)| watch.is_none());
    let over: Vec<Key> = over.map(|(key, _)| *key).collect();
    keys(session, UNWATCHED, &over).await
}

/// Runs a statement over keys alone.
async fn keys(session: &Session, sql: &'static str, rows: &[Key]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let partners = column(rows, |(partner, _)| partner.0);
    let numbers = column(rows, |(_, tr_id)| tr_id.0);
    session.run(sql, &[&partners, &numbers]).await
}
