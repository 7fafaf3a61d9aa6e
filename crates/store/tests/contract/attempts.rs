//! Payments that go on at another biller.

use domain::command::{BeginAttempt, PutProduct, SettlePayment};
use domain::payment::Call;
use domain::{
    Account, Attempt, BillerId, Exchange, FailureReason, Product, Quote, Reference, Transaction,
};

use super::*;

pub(crate) const SECOND: BillerId = BillerId(2);
const THIRD: BillerId = BillerId(3);
/// One that is asked and does not have the bill.
const OTHER: BillerId = BillerId(4);
/// What the later billers take.
const OTHER_COST: i64 = 50_700;
const AWAY: FailureReason = FailureReason::BillerUnavailable;

/// Fails the current attempt of a payment, and begins one at this biller.
pub(crate) async fn go_on(
    database: &Database,
    partner: PartnerId,
    tr_id: TrId,
    (attempt, biller): (u32, BillerId),
) -> Transaction {
    let failed = settle(partner, tr_id, BillerOutcome::Failed(AWAY));
    let exchange = Exchange { attempt, ..failed.exchange };
    let failed = SettlePayment { exchange, may_fail_over: true, ..failed };
    database.submit(failed).await.unwrap();
    database.submit(next(partner, tr_id, biller)).await.unwrap()
}

/// Books with one payment that went on at another biller.
pub(crate) async fn gone_on(database: &Database) {
    let (partner, tr_id) = begun(database).await;
    go_on(database, partner, tr_id, (1, SECOND)).await;
}

fn next(partner: PartnerId, tr_id: TrId, biller: BillerId) -> BeginAttempt {
    let Quote { bill, .. } = inquiry(partner, "any").quote;
    let cost = Some(Rupiah::new(OTHER_COST));
    BeginAttempt {
        partner,
        tr_id,
        biller,
        biller_code: Some(domain::ProductCode::new("other").unwrap()),
        reference: Some(reference(tr_id, biller)),
        quote: Quote { bill, biller_reference: Some("Q-other".into()), cost, admin: None },
        exchange: exchange(Call::Inquire, "success"),
        asked_before: vec![Exchange { biller: Some(OTHER), ..exchange(Call::Inquire, "no bill") }],
    }
}

fn reference(tr_id: TrId, biller: BillerId) -> Reference {
    Reference::new(&format!("R{tr_id}x{biller}")).unwrap()
}

/// One product that allows it, one partner, and one begun payment.
async fn begun(database: &Database) -> (PartnerId, TrId) {
    let partner = with_partner(database, 2 * PRICE).await;
    let allowed = Product { failover_payments: true, ..product() };
    database.submit(PutProduct(allowed)).await.unwrap();
    let tr_id = database.submit(inquiry(partner, "a")).await.unwrap().inquiry.tr_id;
    database.submit(pay(partner, tr_id)).await.unwrap();
    (partner, tr_id)
}

pub(super) async fn attempts_are_read_back_after_a_restart(bench: &impl Bench) {
    let database = bench.open(strict());
    let (partner, tr_id) = begun(&database).await;
    go_on(&database, partner, tr_id, (1, SECOND)).await;
    let third = go_on(&database, partner, tr_id, (2, THIRD)).await;
    database.close();
    assert_clean(bench);

    let database = bench.open(strict());
    let found = database.transaction(tr_id).await.unwrap().unwrap();
    assert_eq!(found, third, "with its current attempt");
    let end = settle(partner, tr_id, paid());
    let exchange = Exchange { attempt: 3, ..end.exchange };
    let end = SettlePayment { exchange, ..end };
    let ended = database.submit(end).await.unwrap().transaction;
    let read = database
        .read(move |read| {
            let mut all = Vec::new();
            read.attempts(&mut |tr_id, attempt| all.push((tr_id, attempt)))?;
            let found = [SECOND, THIRD].map(|it| read.at_biller(it, &reference(tr_id, it)));
            let astray = read.at_biller(SECOND, &reference(tr_id, THIRD))?;
            Ok((read.story(tr_id)?.unwrap(), all, found.map(Result::unwrap), astray))
        })
        .await;
    let (story, all, found, astray) = read.unwrap();
    assert_eq!(story.transaction, ended);
    let expected = |number, biller| Attempt {
        number,
        biller,
        biller_code: Some(domain::ProductCode::new("other").unwrap()),
        reference: Some(reference(tr_id, biller)),
        biller_reference: Some("Q-other".into()),
        stated_cost: Some(Rupiah::new(OTHER_COST)),
        begun_at: NOON.after_micros(1500),
        after: AWAY,
    };
    assert_eq!(story.attempts, [expected(2, SECOND), expected(3, THIRD)]);
    let numbered: Vec<_> = story.attempts.iter().map(|it| (tr_id, it.clone())).collect();
    assert_eq!(all, numbered);
    assert_eq!((found, astray), ([Some(tr_id); 2], None));
    let calls = story.exchanges.iter().map(|it| (it.call, it.attempt, it.biller));
    let ([asked, paid], [none, other]) = ([Call::Inquire, Call::Pay], [None, Some(OTHER)]);
    let expected = [
        (paid, 1, none),
        (asked, 1, other),
        (asked, 2, none),
        (paid, 2, none),
        (asked, 1, other),
        (asked, 3, none),
        (paid, 3, none),
    ];
    assert_eq!(calls.collect::<Vec<_>>(), expected);
    let cost = story.postings.iter().find(|posting| posting.account == Account::Biller(THIRD));
    assert_eq!(cost.unwrap().amount, Rupiah::new(OTHER_COST));
    database.close();
    let report = assert_clean(bench);
    assert_eq!((report.payments, report.open), (1, 0));
}

pub(super) async fn a_reference_of_an_attempt_is_used_once(bench: &impl Bench) {
    let database = bench.open(strict());
    let (partner, first) = begun(&database).await;
    let open = inquiry(partner, "b");
    let second = database.submit(open).await.unwrap().inquiry.tr_id;
    database.submit(pay(partner, second)).await.unwrap();
    go_on(&database, partner, first, (1, SECOND)).await;
    let failed = settle(partner, second, BillerOutcome::Failed(AWAY));
    let failed = SettlePayment { may_fail_over: true, ..failed };
    database.submit(failed).await.unwrap();
    let again =
        BeginAttempt { reference: Some(reference(first, SECOND)), ..next(partner, second, SECOND) };
    let error = database.submit(again).await.unwrap_err();
    assert!(matches!(error, CommandError::Store(_)), "{error:?}");
    let stands = database.transaction(second).await.unwrap().unwrap();
    assert_eq!((stands.attempt_number(), stands.state()), (1, domain::State::Paying));
    database.close();
    assert_clean(bench);
}
