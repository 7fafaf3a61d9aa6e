//! Deletion of unpaid inquiries, also at the same time as payments.

use std::time::Duration;

use domain::command::{Begin, MIN_RETENTION, OpenInquiry, PurgeUnpaidInquiries};
use domain::{FailureReason, Moment, RefId, Refusal};
use store::ScanCursor;

use super::*;

fn drop_at(partner: PartnerId, inquiries: Vec<TrId>, now: Moment) -> PurgeUnpaidInquiries {
    PurgeUnpaidInquiries { partner, inquiries, kept: MIN_RETENTION, now }
}

/// All unpaid inquiries from before that moment, read window by window.
async fn unpaid(database: &Database, before: Moment) -> Vec<(PartnerId, TrId)> {
    let (mut walked, mut found) = (ScanCursor::default(), Vec::new());
    loop {
        let mut next = walked.clone();
        let (unpaid, next) = database
            .read(move |read| Ok((read.unpaid(&mut next, before, 2)?, next)))
            .await
            .unwrap();
        found.extend(unpaid);
        if next == walked {
            return found;
        }
        walked = next;
    }
}

pub(super) async fn only_unpaid_inquiries_are_deleted(bench: &impl Bench) {
    let database = bench.open(strict());
    let owner = with_partner(&database, 1_000_000).await;
    let mut numbers = Vec::new();
    for ref_id in ["never", "paid", "failed", "pending", "begun", "never-either", "newest"] {
        numbers.push(open_inquiry(&database, owner, ref_id).await);
    }
    for tr_id in &numbers[1..5] {
        database.submit(pay(owner, *tr_id)).await.unwrap().unwrap();
    }
    for (tr_id, verdict) in numbers[1..4].iter().zip([
        paid(),
        BillerOutcome::Failed(FailureReason::PaymentFailed),
        BillerOutcome::Unknown,
    ]) {
        database.submit(settle(owner, *tr_id, verdict)).await.unwrap().unwrap();
    }
    let young = NOON.after(3 * MIN_RETENTION);
    let later = OpenInquiry {
        exchange: domain::Exchange::new(domain::payment::Call::Inquire, young, Duration::ZERO, ""),
        ..inquiry(owner, "young")
    };
    let young_one = database.submit(later).await.unwrap().unwrap().inquiry.tr_id;

    let found = unpaid(&database, young).await;
    assert_eq!(found, [(owner, numbers[0]), (owner, numbers[5]), (owner, numbers[6])]);
    assert_eq!(unpaid(&database, NOON).await, [], "they are not old yet");
    let all = [&numbers[..], &[young_one]].concat();
    let dropped = database.submit(drop_at(owner, all.clone(), young)).await.unwrap();
    assert_eq!(dropped, Ok(3), "whatever is asked for");
    let dropped = database.submit(drop_at(owner, all, young)).await.unwrap();
    assert_eq!(dropped, Ok(0), "once");
    database.close();

    let database = bench.open(strict());
    let gone = database.submit(pay(owner, numbers[0])).await.unwrap();
    assert_eq!(gone.map(drop), Err(Refusal::UnknownTransaction));
    let never = RefId::new("never").unwrap();
    assert_eq!(database.find(owner, &never).await.unwrap(), None);
    assert_eq!(database.transaction(numbers[0]).await.unwrap(), None);
    let again = open_inquiry(&database, owner, "never").await;
    assert!(again > young_one, "no number is given out twice");
    assert_eq!(database.find(owner, &never).await.unwrap(), Some(again));
    for kept in ["paid", "failed", "pending", "begun", "young"] {
        let taken = database.submit(inquiry(owner, kept)).await.unwrap();
        assert_eq!(taken.map(drop), Err(Refusal::DuplicateRefId), "{kept}");
    }
    let report = assert_clean(bench);
    assert_eq!((report.inquiries, report.payments, report.open), (6, 4, 2));
    database.close();
}

/// Each inquiry is paid or deleted, whichever comes first. A begun payment is complete.
pub(super) async fn a_payment_racing_with_a_deletion_is_complete_or_unknown(bench: &impl Bench) {
    let database = bench.open(strict());
    let owner = with_partner(&database, 100 * PRICE).await;
    let mut numbers = Vec::new();
    for n in 0..60 {
        numbers.push(open_inquiry(&database, owner, &n.to_string()).await);
    }
    open_inquiry(&database, owner, "newest").await;
    let much_later = NOON.after(10 * MIN_RETENTION);
    let pays: Vec<_> = numbers
        .iter()
        .map(|tr_id| {
            let (database, tr_id) = (database.clone(), *tr_id);
            tokio::spawn(async move { database.submit(pay(owner, tr_id)).await.unwrap() })
        })
        .collect();
    let drops: Vec<_> = numbers
        .chunks(4)
        .map(|few| {
            let (database, few) = (database.clone(), few.to_vec());
            let drop = drop_at(owner, few, much_later);
            tokio::spawn(async move { database.submit(drop).await.unwrap().unwrap() })
        })
        .collect();
    let (mut begun, mut dropped) = (0, 0);
    for pay in pays {
        match pay.await.unwrap() {
            Ok(Begin::Begun(_)) => begun += 1,
            Err(Refusal::UnknownTransaction) => {}
            other => panic!("{other:?}"),
        }
    }
    for drop in drops {
        dropped += drop.await.unwrap();
    }
    assert_eq!(begun + dropped, 60, "each is one or the other");
    let report = assert_clean(bench);
    assert_eq!((report.payments, report.inquiries), (begun, begun + 1));
    database.close();
}
