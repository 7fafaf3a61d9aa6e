//! Callbacks.

use std::time::Duration;

use domain::callback::{Callback, CallbackUrl, DeliveryState};
use domain::command::{
    ChangePartner, ClaimCallback, PartnerChange, RecordCallback, SendCallback, SettlePayment,
};
use domain::{FailureReason, Moment};
use store::CallbackFilter;

use super::batches::together;
use super::*;

const AGAIN: Duration = Duration::from_secs(60);
const URL: &str = "https://example.com/callback?token=1";

pub(crate) async fn set_url(database: &Database, partner: PartnerId, url: Option<&str>) {
    let url = url.map(|url| CallbackUrl::new(url).unwrap());
    let change = PartnerChange::Callback(url);
    database.submit(ChangePartner { partner, change }).await.unwrap();
}

/// A failed payment whose partner got no answer.
pub(crate) async fn failed_without_answer(
    database: &Database,
    partner: PartnerId,
    ref_id: &str,
) -> TrId {
    let tr_id = open_inquiry(database, partner, ref_id).await;
    database.submit(pay(partner, tr_id)).await.unwrap();
    let failed = settle(partner, tr_id, BillerOutcome::Failed(FailureReason::PaymentFailed));
    database.submit(SettlePayment { answered_synchronously: false, ..failed }).await.unwrap();
    tr_id
}

fn claim(partner: PartnerId, tr_id: TrId) -> ClaimCallback {
    ClaimCallback { partner, tr_id, now: LATER, again_after: AGAIN }
}

async fn due(database: &Database, now: Moment, each: u32) -> Vec<TrId> {
    let waiting = database.read(move |read| read.waiting_callbacks(each)).await.unwrap();
    let due = waiting.iter().filter(|callback| callback.is_due(now));
    due.map(|callback| callback.tr_id).collect()
}

async fn listed(database: &Database, filter: CallbackFilter) -> Vec<TrId> {
    let listed = database.read(move |read| read.callbacks(&filter)).await.unwrap();
    listed.iter().map(|callback| callback.tr_id).collect()
}

async fn told(database: &Database, tr_id: TrId) -> Callback {
    let story = database.read(move |read| read.story(tr_id)).await.unwrap();
    story.unwrap().callback.unwrap()
}

/// After every payment of these tests has ended.
const LATER: Moment = NOON.after_micros(10_000_000);

pub(super) async fn a_callback_survives_a_restart(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, 1_000_000).await;
    set_url(&database, partner, Some(URL)).await;
    let tr_id = failed_without_answer(&database, partner, "a").await;
    let (claimed, about) = database.submit(claim(partner, tr_id)).await.unwrap().unwrap();
    assert_eq!((claimed.attempts, about.inquiry.tr_id), (1, tr_id));
    database.close();

    let database = bench.open(strict());
    assert_eq!(due(&database, LATER, 9).await, []);
    assert_eq!(due(&database, LATER.after(AGAIN), 9).await, [tr_id]);
    assert_eq!(told(&database, tr_id).await, claimed);
    let record = RecordCallback {
        partner,
        tr_id,
        attempt: 1,
        is_taken: true,
        answer: "HTTP status 200".into(),
        now: LATER,
        again_after: AGAIN,
        give_up_after: AGAIN,
    };
    let delivered = database.submit(record).await.unwrap();
    assert_eq!(delivered.state, DeliveryState::Delivered);
    assert_eq!(told(&database, tr_id).await, delivered);
    assert_eq!(due(&database, LATER.after(AGAIN), 9).await, []);
    let again = SendCallback { partner, tr_id, now: LATER };
    database.submit(again).await.unwrap();
    assert_eq!(due(&database, LATER, 9).await, [tr_id]);
    assert_clean(bench);

    set_url(&database, partner, None).await;
    let unwanted = failed_without_answer(&database, partner, "b").await;
    let story = database.read(move |read| read.story(unwanted)).await.unwrap().unwrap();
    assert_eq!(story.callback, None);
    database.close();
    let database = bench.open(strict());
    let partners = database.read(|read| read.partners()).await.unwrap();
    assert!(partners[0].callback.is_none());
    database.close();
}

pub(super) async fn one_of_many_sends_a_callback(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 1_000_000).await;
    set_url(&database, partner_id, Some(URL)).await;
    let tr_id = failed_without_answer(&database, partner_id, "a").await;
    let answers = together(&database, (0..20).map(|_| claim(partner_id, tr_id))).await;
    let claimed = |answer: &&Result<_, _>| matches!(answer, Ok(Some(_)));
    assert_eq!(answers.iter().filter(claimed).count(), 1);
    database.close();
}

pub(super) async fn a_partner_with_many_callbacks_does_not_block_others(bench: &impl Bench) {
    let database = bench.open(strict());
    let many = with_partner(&database, 1_000_000).await;
    let other = database.submit(partner("089999999999")).await.unwrap().id;
    let deposit = RecordDeposit {
        partner: other,
        amount: Rupiah::new(100_000),
        note: "".into(),
        reference: None,
        now: NOON,
    };
    database.submit(deposit).await.unwrap();
    for partner in [many, other] {
        set_url(&database, partner, Some(URL)).await;
    }
    let mut first = Vec::new();
    for number in 0..5 {
        first.push(failed_without_answer(&database, many, &format!("a{number}")).await);
    }
    let single = failed_without_answer(&database, other, "b").await;
    let found = due(&database, LATER, 2).await;
    assert_eq!(found.len(), 3);
    assert!(found.contains(&single));
    let filter = CallbackFilter { partner: None, state: None, limit: 3 };
    assert_eq!(listed(&database, filter).await, [single, first[4], first[3]]);
    let of_other = CallbackFilter { partner: Some(other), ..filter };
    assert_eq!(listed(&database, of_other).await, [single]);
    let given_up = CallbackFilter { state: Some(DeliveryState::GivenUp), ..filter };
    assert_eq!(listed(&database, given_up).await, []);
    database.close();
}
