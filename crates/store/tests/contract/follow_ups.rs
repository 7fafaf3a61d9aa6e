//! Pending payments: claims, one payment per bill, and restarts.

use std::time::Duration;

use domain::command::{Begin, Claim, ClaimPayment, Effect, OpenInquiry, SettlePayment, Settled};
use domain::{FailureReason, FencingToken, Moment, Refusal, ReviewItem, ReviewReason, State};

use super::batches::together;
use super::*;

const LEASE: Duration = Duration::from_secs(30);

fn claim(partner: PartnerId, tr_id: TrId, now: Moment) -> ClaimPayment {
    ClaimPayment {
        partner,
        tr_id,
        now,
        lease: LEASE,
        orphaned_before: now,
        stop_polling_after: Some(Duration::from_secs(24 * 3600)),
    }
}

async fn claimed(database: &Database, partner: PartnerId, tr_id: TrId, now: Moment) -> Claim {
    database.submit(claim(partner, tr_id, now)).await.unwrap().unwrap()
}

async fn told(
    database: &Database,
    partner: PartnerId,
    (tr_id, token): (TrId, FencingToken),
    verdict: BillerOutcome,
) -> Result<Settled, Refusal> {
    let settle = SettlePayment { token, ..settle(partner, tr_id, verdict) };
    database.submit(settle).await.unwrap()
}

/// Opens an inquiry and begins its payment, whose outcome becomes unknown.
async fn pending(database: &Database, partner: PartnerId, ref_id: &str) -> TrId {
    let tr_id = open_inquiry(database, partner, ref_id).await;
    database.submit(pay(partner, tr_id)).await.unwrap().unwrap();
    told(database, partner, (tr_id, FencingToken::PAYER), BillerOutcome::Unknown).await.unwrap();
    tr_id
}

pub(super) async fn a_follow_up_survives_a_restart(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 1_000_000).await;
    let tr_id = pending(&database, partner_id, "a").await;
    let granted = claimed(&database, partner_id, tr_id, NOON).await;
    let Claim::Granted(_, first) = granted else { panic!("not granted: {granted:?}") };
    database.close();

    let database = bench.open(strict());
    let later = NOON.after(LEASE);
    let granted = claimed(&database, partner_id, tr_id, later).await;
    let Claim::Granted(_, second) = granted else { panic!("not granted: {granted:?}") };
    let stale = told(&database, partner_id, (tr_id, first), paid()).await;
    assert_eq!(stale.map(|settled| settled.effect), Err(Refusal::LeaseLost));
    let ended = told(&database, partner_id, (tr_id, second), paid()).await.unwrap();
    assert_eq!(ended.effect, Effect::Ended);
    let follow_up =
        database.read(move |read| Ok(read.story(tr_id)?.unwrap().follow_up)).await.unwrap();
    assert_eq!(follow_up, None, "what has ended is no longer watched");
    assert_clean(bench);
    database.close();
}

pub(super) async fn one_of_many_claims_is_granted(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 1_000_000).await;
    let tr_id = pending(&database, partner_id, "a").await;
    let answers = together(&database, (0..40).map(|_| claim(partner_id, tr_id, NOON))).await;
    let granted = |answer: &&Result<_, _>| matches!(answer, Ok(Ok(Claim::Granted(..))));
    let held = |answer: &&Result<_, _>| matches!(answer, Ok(Ok(Claim::Held(_))));
    assert_eq!(answers.iter().filter(granted).count(), 1);
    assert_eq!(answers.iter().filter(held).count(), 39);
    database.close();
}

pub(super) async fn one_payment_of_a_bill_is_in_process(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 10_000_000).await;
    let mut numbers = Vec::new();
    for n in 0..20 {
        let inquiry =
            OpenInquiry { customer_no: "the same".into(), ..inquiry(partner_id, &n.to_string()) };
        numbers.push(database.submit(inquiry).await.unwrap().unwrap().inquiry.tr_id);
    }
    let begin = numbers.iter().map(|tr_id| pay(partner_id, *tr_id));
    let answers = together(&database, begin).await;
    let begun = |answer: &&Result<_, _>| matches!(answer, Ok(Ok(Begin::Begun(_))));
    assert_eq!(answers.iter().filter(begun).count(), 1);
    let first = answers.into_iter().find_map(|answer| match answer.unwrap().unwrap() {
        Begin::Begun(transaction) => Some(transaction.inquiry.tr_id),
        Begin::AlreadyStarted(_) => None,
        Begin::Refused(why, _) => {
            assert_eq!(why, Refusal::BillInProcess);
            None
        }
    });
    let first = first.unwrap();
    let second = numbers.into_iter().find(|tr_id| *tr_id != first).unwrap();
    // At the biller, unknown, or left by another process.
    for restart in [false, true] {
        if restart {
            told(&database, partner_id, (first, FencingToken::PAYER), BillerOutcome::Unknown)
                .await
                .unwrap();
        }
        let refused = database.submit(pay(partner_id, second)).await.unwrap().unwrap();
        assert!(matches!(refused, Begin::Refused(Refusal::BillInProcess, _)), "{refused:?}");
    }
    database.close();
    let database = bench.open(strict());
    let refused = database.submit(pay(partner_id, second)).await.unwrap().unwrap();
    assert!(matches!(refused, Begin::Refused(Refusal::BillInProcess, _)), "{refused:?}");
    let failed = BillerOutcome::Failed(FailureReason::PaymentFailed);
    told(&database, partner_id, (first, FencingToken::PAYER), failed).await.unwrap();
    let begun = database.submit(pay(partner_id, second)).await.unwrap().unwrap();
    assert!(matches!(begun, Begin::Begun(_)), "{begun:?}");
    assert_eq!(assert_clean(bench).payments, 2);
    database.close();
}

pub(super) async fn manual_review_lists_the_oldest_entry_first(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 1_000_000).await;
    let second = pending(&database, partner_id, "b").await;
    let first = pending(&database, partner_id, "a").await;
    let plain = pending(&database, partner_id, "c").await;
    let day = Duration::from_secs(24 * 3600);
    let over = claimed(&database, partner_id, second, NOON.after(day)).await;
    assert!(matches!(over, Claim::Over(_)), "{over:?}");
    told(&database, partner_id, (first, FencingToken::PAYER), BillerOutcome::Mismatch)
        .await
        .unwrap();
    let (queue, open) =
        database.read(|read| Ok((read.needs_review()?, read.open_payments()?))).await.unwrap();
    let at = NOON.after_micros(1500);
    let expected = [
        ReviewItem { tr_id: first, why: ReviewReason::Mismatch, since: at },
        ReviewItem { tr_id: second, why: ReviewReason::TooOld, since: NOON.after(day) },
    ];
    assert_eq!(queue, expected);
    let open: Vec<_> = open.iter().map(|open| (open.tr_id, open.review_reason)).collect();
    let expected = [
        (second, Some(ReviewReason::TooOld)),
        (first, Some(ReviewReason::Mismatch)),
        (plain, None),
    ];
    assert_eq!(open, expected);
    let stands = database.read(move |read| read.transaction(first)).await.unwrap().unwrap();
    assert_eq!(stands.state(), State::Pending);
    assert_clean(bench);
    database.close();
}
