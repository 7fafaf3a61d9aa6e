//! Random workloads from many callers. The audit must be clean after each.

use domain::FailureReason;
use domain::command::Begin;

use super::*;
use seeded_rng::SeededRng;

pub(super) async fn any_workload_ends_in_a_clean_audit<B: Bench>(fresh: &impl Fn() -> B) {
    for seed in 1..=8 {
        let bench = fresh();
        let database = bench.open(strict());
        let partner_id = with_partner(&database, 30 * PRICE).await;
        let callers: Vec<_> = (0..8)
            .map(|caller| {
                let rng = SeededRng::new(seed * 1000 + caller + 1);
                tokio::spawn(call(database.clone(), partner_id, rng))
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        database.close();
        let report = assert_clean(&bench);
        assert!(report.payments > 0 && report.inquiries > 0, "seed {seed}: {report:?}");
    }
}

async fn call(database: Database, partner: PartnerId, mut rng: SeededRng) {
    let (mut begun, mut booked) = (Vec::new(), Vec::new());
    for _ in 0..25 {
        match rng.below(4) {
            0 | 1 => {
                let ref_id = rng.below(60).to_string();
                let Ok(opened) = database.submit(inquiry(partner, &ref_id)).await.unwrap() else {
                    continue;
                };
                let tr_id = opened.inquiry.tr_id;
                let begin = database.submit(pay(partner, tr_id)).await.unwrap().unwrap();
                if matches!(begin, Begin::Begun(_)) {
                    begun.push(tr_id);
                }
            }
            2 => {
                let Some(tr_id) = begun.pop() else { continue };
                let verdict = match rng.below(3) {
                    0 => paid(),
                    1 => BillerOutcome::Failed(FailureReason::PaymentFailed),
                    _ => BillerOutcome::Unknown,
                };
                database.submit(settle(partner, tr_id, verdict)).await.unwrap().unwrap();
            }
            _ if rng.below(4) == 0 => {
                let Some(deposit) = booked.pop() else { continue };
                // The deposit may already be spent.
                let _ = database.submit(deposits::reverse(partner, deposit)).await.unwrap();
            }
            _ => {
                let amount = 1 + i64::try_from(rng.below(1000)).unwrap();
                // Some callers know theirs by the same reference.
                let reference = rng.below(40).to_string();
                let add = deposits::add(partner, amount, &reference);
                let added = database.submit(add).await.unwrap();
                booked.extend(added.map(|(tr_id, _)| tr_id));
            }
        }
    }
}
