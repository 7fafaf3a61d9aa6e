//! Writes payments, deposits and reversals: one statement for all their tables, as each statement costs an
//! exchange of messages and two thread switches.

use domain::{FailureReason, MovementKind, Rupiah};

use super::batch_rows::BatchRows;
use super::session::{Params, Session, column};
use crate::StoreError;
use crate::movement_row::Amounts;

/// The statement itself makes sure that a payment is settled once and that a changed balance has a row. Closed
/// payments are counted before new ones are opened, as they free their bills.
pub(super) const MONEY: &str = "\
    WITH begun AS (INSERT INTO payment (partner, tr_id, biller, state, begun_at, settled_at, balance, \
        reason, receipt_no, details, exchanges, asks, open_because, attempt) \
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], \
        $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::bigint[], \
        $12::bigint[], $13::text[], $14::bigint[])), \
    changed AS (UPDATE payment p SET state = c.state, settled_at = c.settled_at, \
        balance = c.balance, reason = c.reason, receipt_no = c.receipt_no, details = c.details, \
        exchanges = c.exchanges, asks = c.asks, open_because = c.open_because, biller = c.biller, \
        attempt = c.attempt \
        FROM unnest($15::bigint[], $16::bigint[], $17::text[], $18::bigint[], $19::bigint[], \
        $20::text[], $21::text[], $22::text[], $23::bigint[], $24::bigint[], $25::text[], \
        $26::bigint[], $27::bigint[]) \
        AS c (partner, tr_id, state, settled_at, balance, reason, receipt_no, details, exchanges, asks, \
        open_because, biller, attempt) WHERE p.partner = c.partner AND p.tr_id = c.tr_id \
        AND (p.settled_at IS NULL OR p.settled_at = c.settled_at) RETURNING 1), \
    closed AS (DELETE FROM open_payment o \
        USING unnest($28::bigint[], $29::bigint[]) AS c (partner, tr_id) \
        WHERE o.partner = c.partner AND o.tr_id = c.tr_id RETURNING 1), \
    opened AS (INSERT INTO open_payment (partner, tr_id, customer_no, code, period) \
        SELECT * FROM unnest($30::bigint[], $31::bigint[], $32::text[], $33::text[], $34::text[]) \
        WHERE (SELECT count(*) FROM closed) >= 0), \
    moved AS (INSERT INTO movement (partner, tr_id, step, kind, at, bank, adjustment, available, held, \
        fee, commission, margin, biller, cost) SELECT * FROM unnest( \
        $35::bigint[], $36::bigint[], $37::bigint[], $38::text[], $39::bigint[], \
        $40::bigint[], $41::bigint[], $42::bigint[], $43::bigint[], $44::bigint[], \
        $45::bigint[], $46::bigint[], $47::bigint[], $48::bigint[])), \
    told AS (INSERT INTO exchange (partner, tr_id, number, call, asked_at, took, answer, \
        attempt, biller) SELECT * FROM unnest( \
        $49::bigint[], $50::bigint[], $51::bigint[], $52::text[], $53::bigint[], \
        $54::bigint[], $55::text[], $56::bigint[], $57::bigint[])), \
    balanced AS (UPDATE partner_balance d SET bank = d.bank + m.bank, \
        adjustment = d.adjustment + m.adjustment, available = d.available + m.available, \
        held = d.held + m.held, fee = d.fee + m.fee, commission = d.commission + m.commission, \
        margin = d.margin + m.margin FROM unnest( \
        $58::bigint[], $59::bigint[], $60::bigint[], $61::bigint[], $62::bigint[], \
        $63::bigint[], $64::bigint[], $65::bigint[]) \
        AS m (partner, bank, adjustment, available, held, fee, commission, margin) \
        WHERE d.partner = m.partner RETURNING 1), \
    cost AS (INSERT INTO biller_account AS b (partner, biller, balance) \
        SELECT * FROM unnest($66::bigint[], $67::bigint[], $68::bigint[]) \
        ON CONFLICT (partner, biller) DO UPDATE SET balance = b.balance + excluded.balance) \
    SELECT 1 / ((SELECT count(*) FROM changed) = cardinality($15::bigint[]) \
        AND (SELECT count(*) FROM balanced) = cardinality($58::bigint[]))::int";

/// Writes payments, deposits and reversals, if there are any.
pub(super) async fn money(session: &Session, draft: &BatchRows<'_>) -> Result<(), StoreError> {
    if draft.begun.is_empty() && draft.changed.is_empty() && draft.movements.is_empty() {
        return Ok(());
    }
    let begun = || draft.begun.values();
    let changed = || draft.changed.values();
    // In the order of the bills, so that two nodes cannot deadlock on each other's bills.
    let mut opened: Vec<_> = draft.opened.iter().collect();
    opened.sort_by_key(|(_, bill)| {
        bill.map(|bill| (&bill.customer_no, &bill.code, &bill.bill.period))
    });
    let (closed, moved, told) = (&draft.closed, &draft.movements, &draft.exchanges);
    let (balances, costs) = (&draft.balances, &draft.costs);
    let amount = |of: fn(&Amounts) -> Rupiah| column(moved, |(_, row)| of(&row.amounts).get());
    let sum = |of: fn(&Amounts) -> Rupiah| column(balances.values(), |sums| of(sums).get());
    let params: Params<'_> = &[
        &column(begun(), |payment| payment.partner.0),
        &column(begun(), |payment| payment.tr_id.0),
        &column(begun(), |payment| payment.biller.0),
        &column(begun(), |payment| payment.state.name()),
        &column(begun(), |payment| payment.begun_at.as_micros()),
        &column(begun(), |payment| payment.settled_at.map(|at| at.as_micros())),
        &column(begun(), |payment| payment.balance.get()),
        &column(begun(), |payment| payment.reason.map(FailureReason::name)),
        &column(begun(), |payment| &*payment.receipt_no),
        &column(begun(), |payment| payment.details.as_deref()),
        &column(begun(), |payment| i64::from(payment.exchanges)),
        &column(begun(), |payment| i64::from(payment.asks)),
        &column(begun(), |payment| payment.open_because.as_deref()),
        &column(begun(), |payment| i64::from(payment.attempt_number())),
        &column(changed(), |payment| payment.partner.0),
        &column(changed(), |payment| payment.tr_id.0),
        &column(changed(), |payment| payment.state.name()),
        &column(changed(), |payment| payment.settled_at.map(|at| at.as_micros())),
        &column(changed(), |payment| payment.balance.get()),
        &column(changed(), |payment| payment.reason.map(FailureReason::name)),
        &column(changed(), |payment| &*payment.receipt_no),
        &column(changed(), |payment| payment.details.as_deref()),
        &column(changed(), |payment| i64::from(payment.exchanges)),
        &column(changed(), |payment| i64::from(payment.asks)),
        &column(changed(), |payment| payment.open_because.as_deref()),
        &column(changed(), |payment| payment.biller.0),
        &column(changed(), |payment| i64::from(payment.attempt_number())),
        &column(closed, |(partner, _)| partner.0),
        &column(closed, |(_, tr_id)| tr_id.0),
        &column(&opened, |(key, _)| key.0.0),
        &column(&opened, |(key, _)| key.1.0),
        &column(&opened, |(_, bill)| bill.map(|bill| &*bill.customer_no)),
        &column(&opened, |(_, bill)| bill.map(|bill| bill.code.as_str())),
        &column(&opened, |(_, bill)| bill.map(|bill| &*bill.bill.period)),
        &column(moved, |(_, row)| row.partner.0),
        &column(moved, |(tr_id, _)| tr_id.0),
        &column(moved, |(_, row)| i64::from(row.kind.step())),
        &column(moved, |(_, row)| MovementKind::name(row.kind)),
        &column(moved, |(_, row)| row.at.as_micros()),
        &amount(|amounts| amounts.bank),
        &amount(|amounts| amounts.adjustment),
        &amount(|amounts| amounts.available),
        &amount(|amounts| amounts.held),
        &amount(|amounts| amounts.fee),
        &amount(|amounts| amounts.commission),
        &amount(|amounts| amounts.margin),
        &column(moved, |(_, row)| row.cost.map(|(biller, _)| biller.0)),
        &column(moved, |(_, row)| row.cost.map(|(_, cost)| cost.get())),
        &column(told, |(key, _, _)| key.0.0),
        &column(told, |(key, _, _)| key.1.0),
        &column(told, |(_, number, _)| i64::from(*number)),
        &column(told, |(_, _, exchange)| exchange.call.name()),
        &column(told, |(_, _, exchange)| exchange.asked_at.as_micros()),
        &column(told, |(_, _, exchange)| exchange.took_micros),
        &column(told, |(_, _, exchange)| &*exchange.answer),
        &column(told, |(_, _, exchange)| i64::from(exchange.attempt)),
        &column(told, |(_, _, exchange)| exchange.biller.map(|biller| biller.0)),
        &column(balances.keys(), |partner| partner.0),
        &sum(|sums| sums.bank),
        &sum(|sums| sums.adjustment),
        &sum(|sums| sums.available),
        &sum(|sums| sums.held),
        &sum(|sums| sums.fee),
        &sum(|sums| sums.commission),
        &sum(|sums| sums.margin),
        &column(costs.keys(), |(partner, _)| partner.0),
        &column(costs.keys(), |(_, biller)| biller.0),
        &column(costs.values(), |cost| cost.get()),
    ];
    session.run(MONEY, params).await
}
