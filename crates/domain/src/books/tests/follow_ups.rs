//! Pending payments: claims, and what answers mean.

use super::*;
use crate::command::{ClaimPayment, ClaimPaymentRefusal, ResolvePayment, SettlePaymentRefusal};
use crate::follow_up::PAYER_LEASE;

const LEASE: Duration = Duration::from_secs(30);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn claim(tr_id: TrId, now: Moment) -> ClaimPayment {
    ClaimPayment {
        partner: PARTNER,
        tr_id,
        now,
        lease: LEASE,
        orphaned_before: now.after_micros(-crate::moment::micros(PAYER_LEASE)),
        stop_polling_after: Some(DAY),
    }
}

pub(super) fn granted(books: &mut Books, claim: &ClaimPayment) -> FencingToken {
    match books.run(claim).unwrap() {
        Claim::Granted(_, token) => token,
        other => panic!("not granted: {other:?}"),
    }
}

/// A status query at `now`, answered at once.
pub(super) fn told(
    tr_id: TrId,
    token: FencingToken,
    now: Moment,
    verdict: BillerOutcome,
) -> SettlePayment {
    let answer = format!("{verdict:?}");
    let exchange = Exchange::new(Call::Status, now, Duration::ZERO, answer);
    SettlePayment {
        may_fail_over: false,
        partner: PARTNER,
        tr_id,
        token,
        verdict,
        exchange,
        answered_synchronously: true,
        asked_before: Vec::new(),
    }
}

pub(super) fn by_hand(tr_id: TrId, word: ManualOutcome, now: Moment) -> ResolvePayment {
    ResolvePayment { partner: PARTNER, tr_id, word, answer: "by phone".into(), now }
}

/// Books with one payment whose outcome became unknown at noon.
fn pending() -> (Books, TrId) {
    let (mut books, tr_id) = begun(100_000);
    books.run(&settle(tr_id, BillerOutcome::Unknown)).unwrap();
    (books, tr_id)
}

/// Makes one status query after `minutes`, and returns the effect of the answer.
fn ask(books: &mut Books, tr_id: TrId, minutes: u32, verdict: BillerOutcome) -> Effect {
    let now = NOON.after(MINUTE * minutes);
    let token = granted(books, &claim(tr_id, now));
    books.run(&told(tr_id, token, now, verdict)).unwrap().effect
}

fn not_found(is_final: bool) -> BillerOutcome {
    BillerOutcome::NotFound { is_final, counts_from: MINUTE * 5 }
}

#[test]
fn a_payment_that_is_answered_at_once_has_no_follow_up() {
    for verdict in [paid(), BillerOutcome::Failed(FailureReason::PaymentFailed)] {
        let (mut books, tr_id) = begun(100_000);
        books.run(&settle(tr_id, verdict)).unwrap();
        assert!(!books.journal.iter().any(|change| matches!(change, Change::PendingFollowUp(..))));
    }
    let (books, tr_id) = pending();
    assert_eq!(
        books.follow_up(tr_id),
        PendingFollowUp::default(),
        "nor one whose outcome is unknown at first"
    );
}

#[test]
fn only_one_claim_of_a_payment_is_valid_at_a_time() {
    let (mut books, tr_id) = pending();
    let first = granted(&mut books, &claim(tr_id, NOON));
    let before = books.journal.len();
    let held = books.run(&claim(tr_id, NOON.after(LEASE / 2))).unwrap();
    assert!(matches!(held, Claim::Held(until) if until == NOON.after(LEASE)), "{held:?}");
    assert_eq!(books.journal.len(), before, "a claim that is not granted writes nothing");
    let second = granted(&mut books, &claim(tr_id, NOON.after(LEASE)));
    assert!(second > first);
}

#[test]
fn an_answer_after_the_claim_has_ended_or_been_taken_is_refused() {
    for verdict in [
        paid(),
        BillerOutcome::Failed(FailureReason::PaymentFailed),
        BillerOutcome::Unknown,
        BillerOutcome::Mismatch,
    ] {
        let (mut books, tr_id) = pending();
        let first = granted(&mut books, &claim(tr_id, NOON));
        let late = NOON.after(LEASE).after_micros(1);
        let refused = books.run(&told(tr_id, first, late, verdict.clone()));
        assert_eq!(refused.unwrap_err(), SettlePaymentRefusal::LeaseLost, "over: {verdict:?}");

        let second = granted(&mut books, &claim(tr_id, late));
        for token in [FencingToken::PAYER, first] {
            let refused = books.run(&told(tr_id, token, late, verdict.clone()));
            assert_eq!(refused.unwrap_err(), SettlePaymentRefusal::LeaseLost, "taken: {verdict:?}");
        }
        assert_eq!(books.payments[&tr_id].state, State::Pending);
        books.run(&told(tr_id, second, late, verdict)).unwrap();
    }
}

#[test]
fn an_answer_ends_the_claim() {
    let (mut books, tr_id) = pending();
    assert_eq!(ask(&mut books, tr_id, 1, BillerOutcome::Unknown), Effect::StillOpen);
    assert_eq!(ask(&mut books, tr_id, 1, BillerOutcome::Unknown), Effect::StillOpen);
    assert_eq!(ask(&mut books, tr_id, 1, paid()), Effect::Ended);
    assert!(books.follow_ups.is_empty(), "nothing is left to follow_up");
    let over = books.run(&claim(tr_id, NOON.after(DAY))).unwrap();
    assert!(matches!(over, Claim::Over(of) if of.state() == State::Paid));
}

/// The hold is the payer's lease. It expires, or ends when the payer is known to be dead.
#[test]
fn a_payment_at_the_biller_cannot_be_claimed() {
    let (mut books, tr_id) = begun(100_000);
    let soon = claim(tr_id, NOON.after(PAYER_LEASE / 2));
    let held = books.run(&soon).unwrap();
    assert!(matches!(held, Claim::Held(until) if until == NOON.after(PAYER_LEASE)), "{held:?}");
    let orphan = ClaimPayment { orphaned_before: NOON.after_micros(1), ..soon };
    let token = granted(&mut books, &orphan);
    // The payer continues after a long pause: its token is no longer valid.
    assert_eq!(books.run(&settle(tr_id, paid())).unwrap_err(), SettlePaymentRefusal::LeaseLost);
    assert_eq!(books.run(&told(tr_id, token, soon.now, paid())).unwrap().effect, Effect::Ended);
}

#[test]
fn not_found_ends_a_payment_only_if_final_old_enough_and_repeated() {
    for (minutes, is_final, effects) in [
        ([1, 2], true, [Effect::StillOpen, Effect::StillOpen]),
        ([1, 5], true, [Effect::StillOpen, Effect::Ended]),
        ([5, 6], true, [Effect::StillOpen, Effect::Ended]),
        ([1, 2], false, [Effect::StillOpen, Effect::StillOpen]),
        ([5, 6], false, [Effect::StillOpen, Effect::NeedsAttention(ReviewReason::NotFound)]),
    ] {
        let (mut books, tr_id) = pending();
        let [first, second] =
            minutes.map(|minute| ask(&mut books, tr_id, minute, not_found(is_final)));
        assert_eq!([first, second], effects, "{minutes:?} {is_final}");
        let payment = &books.payments[&tr_id];
        if second == Effect::Ended {
            assert_eq!(
                (payment.state, payment.reason),
                (State::Failed, Some(FailureReason::PaymentFailed))
            );
            assert_eq!(books.available(PARTNER), Rupiah::new(100_000));
        } else {
            assert_eq!(payment.state, State::Pending);
            assert_eq!(books.available(PARTNER), Rupiah::new(100_000 - PRICE));
        }
    }
}

#[test]
fn any_other_answer_resets_the_count_of_not_found() {
    let (mut books, tr_id) = pending();
    for verdict in [not_found(true), BillerOutcome::Unknown, not_found(true)] {
        assert_eq!(ask(&mut books, tr_id, 9, verdict), Effect::StillOpen);
    }
    assert_eq!(ask(&mut books, tr_id, 9, not_found(true)), Effect::Ended);
}

#[test]
fn a_payment_in_manual_review_is_queried_until_it_is_too_old() {
    let (mut books, tr_id) = pending();
    ask(&mut books, tr_id, 5, not_found(false));
    ask(&mut books, tr_id, 6, not_found(false));
    assert_eq!(ask(&mut books, tr_id, 7, not_found(false)), Effect::StillOpen, "told once");
    let old = claim(tr_id, NOON.after(DAY));
    assert!(matches!(books.run(&old).unwrap(), Claim::Over(of) if of.state() == State::Pending));
    let since = NOON.after(MINUTE * 6);
    assert_eq!(books.follow_up(tr_id).review_reason, Some((ReviewReason::TooOld, since)));
    let before = books.journal.len();
    assert!(matches!(books.run(&old).unwrap(), Claim::Over(_)));
    assert_eq!(books.journal.len(), before, "it is put there once");
    let insisted = ClaimPayment { stop_polling_after: None, ..old };
    let token = granted(&mut books, &insisted);
    assert_eq!(books.run(&told(tr_id, token, old.now, paid())).unwrap().effect, Effect::Ended);
    assert!(books.follow_ups.is_empty());
}

#[test]
fn an_answer_about_another_payment_ends_the_queries_but_not_the_payment() {
    for payers in [true, false] {
        let (mut books, tr_id) = begun(100_000);
        let effect = if payers {
            books.run(&settle(tr_id, BillerOutcome::Mismatch)).unwrap().effect
        } else {
            books.run(&settle(tr_id, BillerOutcome::Unknown)).unwrap();
            ask(&mut books, tr_id, 1, BillerOutcome::Mismatch)
        };
        assert_eq!(effect, Effect::NeedsAttention(ReviewReason::Mismatch));
        assert_eq!(books.payments[&tr_id].state, State::Pending);
        assert_eq!(books.available(PARTNER), Rupiah::new(100_000 - PRICE));
        let again = books.run(&claim(tr_id, NOON.after(MINUTE * 2))).unwrap();
        assert!(matches!(again, Claim::Over(_)), "{again:?}");
    }
}

#[test]
fn a_manual_resolution_ends_any_claim() {
    for (word, state) in [
        (ManualOutcome::Paid("NR-7".into()), State::Paid),
        (ManualOutcome::Failed(FailureReason::PaymentFailed), State::Failed),
    ] {
        let (mut books, tr_id) = pending();
        let token = granted(&mut books, &claim(tr_id, NOON));
        let done = books.run(&by_hand(tr_id, word.clone(), NOON)).unwrap();
        assert!(matches!(done, Resolved::Done(of) if of.state() == state));
        assert!(books.follow_ups.is_empty());
        // The resolver's answer comes too late and changes nothing.
        let late = books.run(&told(tr_id, token, NOON, BillerOutcome::Unknown)).unwrap();
        assert_eq!(late.effect, Effect::AlreadyEnded);
        let before = books.journal.len();
        for again in [
            word,
            ManualOutcome::Paid("NR-8".into()),
            ManualOutcome::Failed(FailureReason::AlreadyPaid),
        ] {
            let ended = books.run(&by_hand(tr_id, again, NOON)).unwrap();
            assert!(matches!(ended, Resolved::Ended(of) if of.state() == state));
        }
        assert_eq!(books.journal.len(), before, "a word that comes too late changes nothing");
    }
}

#[test]
fn a_payment_at_the_biller_cannot_be_resolved_manually() {
    let (mut books, tr_id) = begun(100_000);
    let word = || ManualOutcome::Failed(FailureReason::PaymentFailed);
    let now = NOON.after(PAYER_LEASE).after_micros(-1);
    let refused = books.run(&by_hand(tr_id, word(), now)).unwrap();
    assert!(matches!(refused, Resolved::AtTheBiller(_)));
    assert_eq!(books.payments[&tr_id].state, State::Paying);
    let done = books.run(&by_hand(tr_id, word(), NOON.after(PAYER_LEASE))).unwrap();
    assert!(matches!(done, Resolved::Done(_)));
}

#[test]
fn a_contradiction_stays_in_manual_review_until_it_is_reconciled() {
    for (first, second) in [
        (paid(), BillerOutcome::Failed(FailureReason::PaymentFailed)),
        (BillerOutcome::Failed(FailureReason::PaymentFailed), paid()),
    ] {
        let (mut books, tr_id) = begun(100_000);
        books.run(&settle(tr_id, first)).unwrap();
        let nothing = books.run(&by_hand(tr_id, ManualOutcome::Reconciled, NOON)).unwrap();
        assert!(matches!(nothing, Resolved::NotContradicted(_)));
        let stale = told(tr_id, FencingToken(9), NOON.after(DAY), second);
        assert_eq!(books.run(&stale).unwrap().effect, Effect::Contradiction, "whoever brings it");
        let (state, balances) = (books.payments[&tr_id].state, books.balances.clone());

        let word = books.run(&by_hand(tr_id, ManualOutcome::Paid("NR-7".into()), NOON)).unwrap();
        assert!(matches!(word, Resolved::Contradicted(_)));
        assert!(!books.follow_ups.is_empty());
        let done = books.run(&by_hand(tr_id, ManualOutcome::Reconciled, NOON)).unwrap();
        assert!(matches!(done, Resolved::Done(_)));
        assert!(books.follow_ups.is_empty());
        assert_eq!(books.payments[&tr_id].exchanges, 3, "both answers and the word are kept");
        assert_eq!((books.payments[&tr_id].state, &books.balances), (state, &balances));
    }
}

#[test]
fn a_payment_not_begun_or_of_another_partner_is_not_claimed_or_resolved() {
    let (mut books, tr_id) = opened(100_000);
    assert_eq!(books.run(&claim(tr_id, NOON)).unwrap_err(), ClaimPaymentRefusal::NotBegun);
    let word = by_hand(tr_id, ManualOutcome::Reconciled, NOON);
    assert_eq!(books.run(&word).unwrap_err(), SettlementRefusal::NotBegun);
    let others = ClaimPayment { partner: PartnerId(2), ..claim(tr_id, NOON) };
    assert_eq!(books.run(&others).unwrap_err(), ClaimPaymentRefusal::UnknownTransaction);
    let others = ResolvePayment { partner: PartnerId(2), ..word };
    assert_eq!(books.run(&others).unwrap_err(), SettlementRefusal::UnknownTransaction);
}
