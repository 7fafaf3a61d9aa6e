//! Callbacks: to whom, how often, and until when.

use super::*;
use crate::callback::DeliveryState;
use crate::command::{
    ClaimCallback, RecordCallback, ResolvePayment, SendCallback, SendCallbackRefusal,
};
use crate::{Callback, CallbackUrl};

const DEADLINE: Duration = Duration::from_secs(10);
const GIVE_UP: Duration = Duration::from_secs(60);

fn set_callback_url(books: &mut Books) {
    let url = Some(CallbackUrl::new("https://example.com/callback").unwrap());
    let change = PartnerChange::Callback(url);
    books.run(&ChangePartner { partner: PARTNER, change }).unwrap();
}

fn settle_without_answer(tr_id: TrId, verdict: BillerOutcome) -> SettlePayment {
    SettlePayment { answered_synchronously: false, ..settle(tr_id, verdict) }
}

fn claim(books: &mut Books, tr_id: TrId, now: Moment) -> Option<Callback> {
    let claim = ClaimCallback { partner: PARTNER, tr_id, now, again_after: DEADLINE };
    books.run(&claim).unwrap().map(|(callback, _)| callback)
}

fn record(books: &mut Books, tr_id: TrId, attempt: u32, is_taken: bool, now: Moment) -> Callback {
    let (partner, answer) = (PARTNER, format!("{attempt}").into());
    let (again_after, give_up_after) = (DEADLINE, GIVE_UP);
    let record = RecordCallback {
        partner,
        tr_id,
        attempt,
        is_taken,
        answer,
        now,
        again_after,
        give_up_after,
    };
    books.run(&record).unwrap()
}

/// Books with a payment that ended without an answer to the partner.
fn due() -> (Books, TrId) {
    let (mut books, tr_id) = begun(100_000);
    set_callback_url(&mut books);
    books.run(&settle_without_answer(tr_id, BillerOutcome::Unknown)).unwrap();
    assert!(books.callbacks.is_empty(), "there is nothing to tell yet");
    books.run(&settle_without_answer(tr_id, paid())).unwrap();
    (books, tr_id)
}

#[test]
fn a_result_without_an_answer_gets_one_callback() {
    let (mut books, tr_id) = due();
    assert_eq!(books.callbacks[&tr_id], Callback::due(PARTNER, tr_id, NOON));
    assert_eq!(claim(&mut books, tr_id, NOON).unwrap().attempts, 1);
    assert_eq!(claim(&mut books, tr_id, NOON), None, "somebody is at it");
    let told = record(&mut books, tr_id, 1, true, NOON);
    assert_eq!((told.state, told.answer.as_deref()), (DeliveryState::Delivered, Some("1")));
    assert_eq!(claim(&mut books, tr_id, NOON.after(GIVE_UP)), None);
    // The same answer again makes no second callback.
    books.run(&settle_without_answer(tr_id, paid())).unwrap();
    assert_eq!(books.callbacks[&tr_id].state, DeliveryState::Delivered);
}

#[test]
fn an_answered_partner_and_one_without_an_address_get_no_callback() {
    let (mut heard, tr_id) = begun(100_000);
    set_callback_url(&mut heard);
    heard.run(&settle(tr_id, paid())).unwrap();
    let (mut unwanted, tr_id) = begun(100_000);
    unwanted
        .run(&settle_without_answer(tr_id, BillerOutcome::Failed(FailureReason::PaymentFailed)))
        .unwrap();
    assert!(heard.callbacks.is_empty() && unwanted.callbacks.is_empty());
}

#[test]
fn a_manual_resolution_gets_a_callback() {
    let (mut books, tr_id) = begun(100_000);
    set_callback_url(&mut books);
    books.run(&settle_without_answer(tr_id, BillerOutcome::Unknown)).unwrap();
    let (word, now) = (ManualOutcome::Failed(FailureReason::PaymentFailed), NOON.after_micros(DAY));
    let resolve = ResolvePayment { partner: PARTNER, tr_id, word, answer: "told".into(), now };
    assert!(matches!(books.run(&resolve), Ok(Resolved::Done(_))));
    assert_eq!(books.callbacks[&tr_id], Callback::due(PARTNER, tr_id, now));
}

#[test]
fn a_refused_callback_is_sent_again_and_given_up_in_the_end() {
    let (mut books, tr_id) = due();
    let mut now = NOON;
    for attempt in 1..=7 {
        assert_eq!(claim(&mut books, tr_id, now).unwrap().attempts, attempt);
        let not_taken = record(&mut books, tr_id, attempt, false, now);
        let state = if attempt < 7 { DeliveryState::Waiting } else { DeliveryState::GivenUp };
        assert_eq!(not_taken.state, state, "attempt {attempt}");
        now = now.after(DEADLINE);
    }
    assert_eq!(claim(&mut books, tr_id, now), None);
    // The partner accepted an early attempt, whose result arrives late.
    assert_eq!(record(&mut books, tr_id, 2, true, now).state, DeliveryState::Delivered);
}

#[test]
fn a_late_failure_of_an_older_attempt_changes_nothing() {
    let (mut books, tr_id) = due();
    claim(&mut books, tr_id, NOON);
    claim(&mut books, tr_id, NOON.after(DEADLINE)).unwrap();
    let entries = books.journal.len();
    assert_eq!(record(&mut books, tr_id, 1, false, NOON.after(DEADLINE)).answer, None);
    assert_eq!(books.journal.len(), entries);
}

#[test]
fn an_operator_can_have_it_sent_again() {
    let (mut books, tr_id) = due();
    claim(&mut books, tr_id, NOON);
    record(&mut books, tr_id, 1, true, NOON);
    let now = NOON.after_micros(9 * DAY);
    let send = SendCallback { partner: PARTNER, tr_id, now };
    let again = books.run(&send).unwrap();
    assert_eq!((again.attempts, again.since, again.is_due(now)), (1, now, true));
    assert_eq!(claim(&mut books, tr_id, now).unwrap().attempts, 2);

    let (mut open, tr_id) = begun(100_000);
    let send = SendCallback { partner: PARTNER, tr_id, now };
    assert_eq!(open.run(&send), Err(SendCallbackRefusal::NotEnded));
    open.run(&settle(tr_id, paid())).unwrap();
    assert_eq!(open.run(&send), Err(SendCallbackRefusal::NoCallbackUrl));
    let other = SendCallback { partner: PartnerId(2), ..send };
    assert_eq!(open.run(&other), Err(SendCallbackRefusal::UnknownTransaction));
}
