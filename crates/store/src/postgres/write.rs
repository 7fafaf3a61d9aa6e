//! Writes and commits the changes of a batch in one round trip.
//!
//! Each statement takes arrays with one element per row. The COMMIT is sent together with the statements: if one
//! of them fails, the server turns it into a rollback. A statement that must find its rows divides by zero if it
//! does not find them, so that the server itself detects the failure before the COMMIT.

use domain::{Books, ExtraField, ProductCode, Reference, Rupiah, TransferReference};

use super::actions::append;
use super::batch_rows::{BatchRows, Key};
use super::biller_balances;
use super::directory::put_directory;
use super::money::{MONEY, money};
use super::session::{Params, Session, column};
use crate::StoreError;

pub(super) const COMMIT: &str = "COMMIT";

const ROLLBACK: &str = "ROLLBACK";

const BATCH: &str = "\
    WITH written AS (UPDATE node SET batch = $2, seen = now() WHERE id = $1 RETURNING 1) \
    SELECT 1 / count(*) FROM written";

const INQUIRIES: &str = "\
    INSERT INTO inquiry (partner, tr_id, ref_id, code, customer_no, customer_name, period, nominal, sheets, admin, \
    commission, details, at, took, family, product, biller, biller_reference, cost, biller_code, reference, \
    extra, passed_over) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], \
    $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], \
    $11::bigint[], $12::text[], $13::bigint[], $14::bigint[], $15::smallint[], $16::text[], \
    $17::bigint[], $18::text[], $19::bigint[], $20::text[], $21::text[], $22::text[], \
    $23::text[])";

/// Deletes inquiries with their exchanges; one with a payment stays in any case.
const DROPPED: &str = "\
    WITH dropped AS (DELETE FROM inquiry i \
        USING unnest($1::bigint[], $2::bigint[]) AS o (partner, tr_id) \
        WHERE i.partner = o.partner AND i.tr_id = o.tr_id AND NOT EXISTS \
            (SELECT FROM payment p WHERE p.partner = o.partner AND p.tr_id = o.tr_id) RETURNING 1), \
    forgotten AS (DELETE FROM inquiry_exchange v \
        USING unnest($1::bigint[], $2::bigint[]) AS o (partner, tr_id) \
        WHERE v.partner = o.partner AND v.tr_id = o.tr_id) \
    SELECT 1 / ((SELECT count(*) FROM dropped) = cardinality($1::bigint[]))::int";

const DEPOSITS: &str = "\
    INSERT INTO deposit (partner, tr_id, amount, note, at, reference) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], \
    $6::text[])";

const REVERSALS: &str = "\
    INSERT INTO reversal (partner, tr_id, deposit, amount, reason, at) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], \
    $6::bigint[])";

const BALANCE_CHANGES: &str = "\
    INSERT INTO balance_change (partner, tr_id, kind, amount, reason, at, reference) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], \
    $6::bigint[], $7::text[])";

const EVIDENCE: &str = "\
    INSERT INTO evidence (partner, tr_id, number, sent, http_status, received) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::integer[], \
    $6::text[])";

const INQUIRY_EXCHANGES: &str = "\
    INSERT INTO inquiry_exchange (partner, tr_id, number, biller, asked_at, took, answer, sent, http_status, \
    received) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], \
    $6::bigint[], $7::text[], $8::text[], $9::integer[], $10::text[])";

const ATTEMPTS: &str = "\
    INSERT INTO attempt (partner, tr_id, number, biller, biller_code, reference, biller_reference, cost, begun_at, \
    after) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], \
    $7::text[], $8::bigint[], $9::bigint[], $10::text[])";

const FOLLOW_UPS: &str = "\
    INSERT INTO follow_up (partner, tr_id, token, until, not_found, review_reason, since) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], \
    $6::text[], $7::bigint[]) ON CONFLICT (partner, tr_id) DO UPDATE SET token = excluded.token, \
    until = excluded.until, not_found = excluded.not_found, review_reason = excluded.review_reason, \
    since = excluded.since";

const ENDED_FOLLOW_UPS: &str = "\
    DELETE FROM follow_up w USING unnest($1::bigint[], $2::bigint[]) AS o (partner, tr_id) \
    WHERE w.partner = o.partner AND w.tr_id = o.tr_id";

const CALLBACKS: &str = "\
    INSERT INTO callback (partner, tr_id, since, state, at, attempts, answer) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], \
    $6::bigint[], $7::text[]) ON CONFLICT (partner, tr_id) DO UPDATE SET since = excluded.since, \
    state = excluded.state, at = excluded.at, attempts = excluded.attempts, \
    answer = excluded.answer";

/// The statements of [`commit`] and [`release`], without those of [`put_directory`].
pub(super) const STATEMENTS: &[&str] = &[
    COMMIT,
    ROLLBACK,
    BATCH,
    DROPPED,
    INQUIRIES,
    MONEY,
    DEPOSITS,
    REVERSALS,
    BALANCE_CHANGES,
    EVIDENCE,
    INQUIRY_EXCHANGES,
    ATTEMPTS,
    FOLLOW_UPS,
    ENDED_FOLLOW_UPS,
    CALLBACKS,
];

/// Writes the journal as the batch with that number of the node, and commits.
pub(super) async fn commit(
    session: &Session,
    (node, batch): (i64, i64),
    books: &Books,
) -> Result<(), StoreError> {
    let draft = BatchRows::of(books)?;
    // Partners first: their minimum balances are needed for the CHECKs of the balances.
    if let Err(error) = put_directory(session, &draft).await {
        release(session).await?;
        return Err(error);
    }
    Box::pin(rows(session, &draft, BATCH, &[&node, &batch])).await
}

/// Writes the rows of a batch except partners and products, runs `last`, which records the batch, and commits.
pub(super) async fn rows(
    session: &Session,
    draft: &BatchRows<'_>,
    last: &'static str,
    noted: Params<'_>,
) -> Result<(), StoreError> {
    let told = tokio::join!(
        biased;
        // Before the inserts: a new inquiry of this batch may reuse a deleted `ref_id`.
        keys(session, DROPPED, &draft.dropped),
        inquiries(session, draft),
        money(session, draft),
        deposits(session, draft),
        reversals(session, draft),
        balance_changes(session, draft),
        evidence(session, draft),
        inquiry_exchanges(session, draft),
        attempts(session, draft),
        follow_ups(session, draft),
        ended_follow_ups(session, draft),
        callbacks(session, draft),
        append(session, &draft.actions),
        biller_balances::append(session, &draft.biller_balances),
        session.run(last, noted),
        session.run(COMMIT, &[]),
    );
    let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = told;
    // The first error causes the others.
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p].into_iter().collect()
}

/// Ends a transaction in which nothing changed.
pub(super) async fn release(session: &Session) -> Result<(), StoreError> {
    session.run(ROLLBACK, &[]).await
}

async fn inquiries(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let rows = &draft.inquiries;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |(inquiry, _)| inquiry.partner.0),
        &column(rows, |(inquiry, _)| inquiry.tr_id.0),
        &column(rows, |(inquiry, _)| inquiry.ref_id.as_str()),
        &column(rows, |(inquiry, _)| inquiry.code.as_str()),
        &column(rows, |(inquiry, _)| &*inquiry.customer_no),
        &column(rows, |(inquiry, _)| &*inquiry.bill.customer_name),
        &column(rows, |(inquiry, _)| &*inquiry.bill.period),
        &column(rows, |(inquiry, _)| inquiry.bill.nominal.get()),
        &column(rows, |(inquiry, _)| i64::from(inquiry.bill.sheets)),
        &column(rows, |(inquiry, _)| inquiry.price.admin.get()),
        &column(rows, |(inquiry, _)| inquiry.price.commission.get()),
        &column(rows, |(inquiry, _)| &*inquiry.bill.details),
        &column(rows, |(inquiry, _)| inquiry.at.as_micros()),
        &column(rows, |(_, took)| *took),
        &column(rows, |(inquiry, _)| inquiry.sold.family.number()),
        &column(rows, |(inquiry, _)| &*inquiry.sold.name),
        &column(rows, |(inquiry, _)| inquiry.biller.0),
        &column(rows, |(inquiry, _)| inquiry.biller_reference.as_deref()),
        &column(rows, |(inquiry, _)| inquiry.stated_cost.map(Rupiah::get)),
        &column(rows, |(inquiry, _)| inquiry.biller_code.as_ref().map(ProductCode::as_str)),
        &column(rows, |(inquiry, _)| inquiry.reference.as_ref().map(Reference::as_str)),
        &column(rows, |(inquiry, _)| inquiry.extra.as_ref().map(ExtraField::to_string)),
        &column(rows, |(inquiry, _)| inquiry.passed_over.as_deref()),
    ];
    session.run(INQUIRIES, params).await
}

async fn deposits(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let rows = &draft.deposits;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |deposit| deposit.partner.0),
        &column(rows, |deposit| deposit.tr_id.0),
        &column(rows, |deposit| deposit.amount.get()),
        &column(rows, |deposit| &*deposit.note),
        &column(rows, |deposit| deposit.at.as_micros()),
        &column(rows, |deposit| deposit.reference.as_ref().map(TransferReference::as_str)),
    ];
    session.run(DEPOSITS, params).await
}

async fn reversals(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let rows = &draft.reversals;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |reversal| reversal.partner.0),
        &column(rows, |reversal| reversal.tr_id.0),
        &column(rows, |reversal| reversal.deposit.0),
        &column(rows, |reversal| reversal.amount.get()),
        &column(rows, |reversal| &*reversal.reason),
        &column(rows, |reversal| reversal.at.as_micros()),
    ];
    session.run(REVERSALS, params).await
}

async fn balance_changes(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let rows = &draft.balance_changes;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |change| change.partner.0),
        &column(rows, |change| change.tr_id.0),
        &column(rows, |change| change.kind.name()),
        &column(rows, |change| change.amount.get()),
        &column(rows, |change| &*change.reason),
        &column(rows, |change| change.at.as_micros()),
        &column(rows, |change| change.reference.as_ref().map(TransferReference::as_str)),
    ];
    session.run(BALANCE_CHANGES, params).await
}

async fn evidence(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let rows = &draft.evidence;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |(key, ..)| key.0.0),
        &column(rows, |(key, ..)| key.1.0),
        &column(rows, |(_, number, _)| i64::from(*number)),
        &column(rows, |(_, _, evidence)| &*evidence.sent),
        &column(rows, |(_, _, evidence)| evidence.http_status.map(i32::from)),
        &column(rows, |(_, _, evidence)| &*evidence.received),
    ];
    session.run(EVIDENCE, params).await
}

async fn inquiry_exchanges(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let rows = &draft.inquiry_exchanges;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |(key, ..)| key.0.0),
        &column(rows, |(key, ..)| key.1.0),
        &column(rows, |(_, number, _)| *number),
        &column(rows, |(_, _, exchange)| exchange.biller.map(|biller| biller.0)),
        &column(rows, |(_, _, exchange)| exchange.asked_at.as_micros()),
        &column(rows, |(_, _, exchange)| exchange.took_micros),
        &column(rows, |(_, _, exchange)| &*exchange.answer),
        &column(rows, |(_, _, exchange)| exchange.evidence.as_ref().map(|it| &*it.sent)),
        &column(rows, |(_, _, exchange)| {
            exchange.evidence.as_ref().and_then(|it| it.http_status).map(i32::from)
        }),
        &column(rows, |(_, _, exchange)| exchange.evidence.as_ref().map(|it| &*it.received)),
    ];
    session.run(INQUIRY_EXCHANGES, params).await
}

async fn attempts(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let rows = &draft.attempts;
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(rows, |(key, _)| key.0.0),
        &column(rows, |(key, _)| key.1.0),
        &column(rows, |(_, attempt)| i64::from(attempt.number)),
        &column(rows, |(_, attempt)| attempt.biller.0),
        &column(rows, |(_, attempt)| attempt.biller_code.as_ref().map(ProductCode::as_str)),
        &column(rows, |(_, attempt)| attempt.reference.as_ref().map(Reference::as_str)),
        &column(rows, |(_, attempt)| attempt.biller_reference.as_deref()),
        &column(rows, |(_, attempt)| attempt.stated_cost.map(Rupiah::get)),
        &column(rows, |(_, attempt)| attempt.begun_at.as_micros()),
        &column(rows, |(_, attempt)| attempt.after.name()),
    ];
    session.run(ATTEMPTS, params).await
}

async fn follow_ups(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let kept = draft
        .follow_ups
        .iter()
        .filter_map(|(key, follow_up)| follow_up.map(|follow_up| (key, follow_up)));
    let rows: Vec<_> = kept.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[
        &column(&rows, |(key, _)| key.0.0),
        &column(&rows, |(key, _)| key.1.0),
        &column(&rows, |(_, follow_up)| i64::from(follow_up.token.0)),
        &column(&rows, |(_, follow_up)| follow_up.until.as_micros()),
        &column(&rows, |(_, follow_up)| i64::from(follow_up.not_found)),
        &column(&rows, |(_, follow_up)| follow_up.review_reason.map(|(why, _)| why.name())),
        &column(&rows, |(_, follow_up)| {
            follow_up.review_reason.map(|(_, since)| since.as_micros())
        }),
    ];
    session.run(FOLLOW_UPS, params).await
}

async fn ended_follow_ups(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    let over = draft.follow_ups.iter().filter(|(_, follow_up)| follow_up.is_none());
    let over: Vec<Key> = over.map(|(key, _)| *key).collect();
    keys(session, ENDED_FOLLOW_UPS, &over).await
}

async fn callbacks(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    if draft.callbacks.is_empty() {
        return Ok(());
    }
    let rows = || draft.callbacks.values();
    let params: Params<'_> = &[
        &column(rows(), |callback| callback.partner.0),
        &column(rows(), |callback| callback.tr_id.0),
        &column(rows(), |callback| callback.since.as_micros()),
        &column(rows(), |callback| callback.state.name()),
        &column(rows(), |callback| callback.at.as_micros()),
        &column(rows(), |callback| i64::from(callback.attempts)),
        &column(rows(), |callback| callback.answer.as_deref()),
    ];
    session.run(CALLBACKS, params).await
}

/// Runs a statement whose only parameters are keys.
async fn keys(session: &Session, sql: &'static str, rows: &[Key]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let partners = column(rows, |(partner, _)| partner.0);
    let numbers = column(rows, |(_, tr_id)| tr_id.0);
    session.run(sql, &[&partners, &numbers]).await
}
