//! Payments that go on at another biller.

use super::follow_ups::{claim, granted, told};
use super::*;
use crate::Quote;
use crate::command::{BeginAttempt, BeginAttemptRefusal};

const SECOND: BillerId = BillerId(2);
const THIRD: BillerId = BillerId(3);
const WITH_BILLER: FailureReason = FailureReason::BillerMaintenance;

/// Books with one begun payment of a product that allows failover, or does not.
fn paying(failover_payments: bool) -> (Books, TrId) {
    let (mut books, tr_id) = begun(100_000);
    books.run(&PutProduct(Product { failover_payments, ..product() })).unwrap();
    (books, tr_id)
}

/// A failure of an attempt that the payer sees, with another biller left to ask.
fn fails(tr_id: TrId, attempt: u32, reason: FailureReason) -> SettlePayment {
    let verdict = BillerOutcome::Failed(reason);
    SettlePayment { may_fail_over: true, ..about(attempt, settle(tr_id, verdict)) }
}

/// The answer as one about this attempt.
fn about(attempt: u32, answer: SettlePayment) -> SettlePayment {
    SettlePayment { exchange: Exchange { attempt, ..answer.exchange }, ..answer }
}

fn next(tr_id: TrId, biller: BillerId) -> BeginAttempt {
    BeginAttempt {
        partner: PARTNER,
        tr_id,
        biller,
        biller_code: None,
        reference: None,
        quote: Quote { cost: Some(Rupiah::new(50_700)), ..bill().into() },
        exchange: exchange(Call::Inquire, "success"),
        asked_before: Vec::new(),
    }
}

#[test]
fn a_payment_goes_on_at_the_next_biller_and_costs_what_that_one_takes() {
    let (mut books, tr_id) = paying(true);
    let failed = books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
    assert_eq!((failed.effect, failed.transaction.state()), (Effect::AttemptFailed, State::Paying));
    assert_eq!(books.available(PARTNER), Rupiah::new(100_000 - PRICE), "the hold stays");
    let begun = books.run(&next(tr_id, SECOND)).unwrap();
    let attempt = begun.payment.as_ref().unwrap().attempt.clone().unwrap();
    assert_eq!((attempt.number, attempt.biller, attempt.after), (2, SECOND, WITH_BILLER));
    assert_eq!(begun.inquiry_at_biller().biller, SECOND);
    assert_eq!(begun.inquiry.biller, BillerId(1), "the inquiry never changes");
    let ended = books.run(&about(2, settle(tr_id, paid()))).unwrap();
    assert_eq!((ended.effect, ended.transaction.state()), (Effect::Ended, State::Paid));
    assert_eq!(movements(&books), [MovementKind::Hold, MovementKind::Post]);
    let balance = |account| books.balances.get(&account).copied();
    assert_eq!(balance(Account::Biller(SECOND)), Some(Rupiah::new(50_700)));
    assert_eq!(balance(Account::Margin), Some(Rupiah::new(-700)));
    assert_eq!(balance(Account::Biller(BillerId(1))), None);
}

/// The calls that the journal keeps, with their numbers, and whether money moves with them.
fn kept(books: &Books) -> Vec<(u32, Box<str>, bool)> {
    let kept = books.journal.iter().filter_map(|change| match change {
        Change::Settled { payment, movement, exchange: Some(exchange) } => {
            Some((payment.exchanges, exchange.answer.clone(), movement.is_some()))
        }
        _ => None,
    });
    kept.collect()
}

#[test]
fn calls_to_billers_that_did_not_have_the_bill_are_kept_and_numbered() {
    let before = |answer: &str| {
        let exchange = exchange(Call::Inquire, answer);
        Exchange { biller: Some(BillerId(9)), ..exchange }
    };
    let (mut books, tr_id) = paying(true);
    books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
    let asked_before = vec![before("first"), before("second")];
    let begun = books.run(&BeginAttempt { asked_before, ..next(tr_id, SECOND) }).unwrap();
    assert_eq!(begun.payment.unwrap().exchanges, 4);
    let told: Vec<_> = kept(&books)[1..].to_vec();
    let expected = |number, answer: &str, moves| (number, answer.into(), moves);
    assert_eq!(
        told,
        [expected(2, "first", false), expected(3, "second", false), expected(4, "success", false)]
    );

    let ends = about(2, settle(tr_id, BillerOutcome::Failed(WITH_BILLER)));
    let ends = SettlePayment { asked_before: vec![before("third")], ..ends };
    let ended = books.run(&ends).unwrap();
    assert_eq!((ended.effect, ended.transaction.payment.unwrap().exchanges), (Effect::Ended, 6));
    let told: Vec<_> = kept(&books).into_iter().map(|(number, _, moves)| (number, moves)).collect();
    assert_eq!(told[4..], [(5, false), (6, true)]);

    // After the end nothing of it is kept.
    let again = SettlePayment { asked_before: vec![before("late")], ..ends };
    assert_eq!(books.run(&again).unwrap().effect, Effect::AlreadyEnded);
    assert_eq!(kept(&books).len(), 6);
}

#[test]
fn a_failure_that_does_not_lie_with_the_biller_or_without_a_next_one_ends_the_payment() {
    for (reason, may_fail_over) in [
        (FailureReason::PaymentFailed, true),
        (WITH_BILLER, false),
        (FailureReason::AlreadyPaid, true),
    ] {
        let (mut books, tr_id) = paying(true);
        let failure = SettlePayment { may_fail_over, ..fails(tr_id, 1, reason) };
        assert_eq!(books.run(&failure).unwrap().effect, Effect::Ended, "{reason}");
        assert_eq!(
            books.run(&next(tr_id, SECOND)).unwrap_err(),
            BeginAttemptRefusal::NotFailed,
            "{reason}"
        );
        assert_eq!(movements(&books), [MovementKind::Hold, MovementKind::Void]);
    }
}

#[test]
fn nobody_else_is_asked_after_an_unknown_outcome() {
    let (mut books, tr_id) = paying(true);
    books.run(&settle(tr_id, BillerOutcome::Unknown)).unwrap();
    assert_eq!(books.run(&next(tr_id, SECOND)).unwrap_err(), BeginAttemptRefusal::NotFailed);
    let failed = books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
    assert_eq!((failed.effect, failed.transaction.state()), (Effect::Ended, State::Failed));
    assert_eq!(books.run(&next(tr_id, SECOND)).unwrap_err(), BeginAttemptRefusal::NotFailed);
}

#[test]
fn a_failure_that_is_made_certain_at_once_leaves_the_next_biller_open() {
    let (mut books, tr_id) = paying(true);
    let looks = books.run(&settle(tr_id, BillerOutcome::LooksFailed)).unwrap();
    assert_eq!((looks.effect, looks.transaction.state()), (Effect::StillOpen, State::Paying));
    assert_eq!(books.run(&next(tr_id, SECOND)).unwrap_err(), BeginAttemptRefusal::NotFailed);
    let failed = books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
    assert_eq!(failed.effect, Effect::AttemptFailed);
    assert!(books.run(&next(tr_id, SECOND)).is_ok());
}

#[test]
fn an_attempt_that_does_not_fit_what_the_partner_was_told_does_not_begin() {
    use BeginAttemptRefusal::*;
    let (mut books, tr_id) = paying(true);
    books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
    let more = Bill { nominal: Rupiah::new(50_001), ..bill() };
    let dear = Quote { cost: Some(Rupiah::new(PRICE + 1)), ..bill().into() };
    for (attempt, refusal) in [
        (BeginAttempt { partner: PartnerId(2), ..next(tr_id, SECOND) }, UnknownPayment),
        (next(tr_id, BillerId(1)), SameBiller),
        (BeginAttempt { quote: more.into(), ..next(tr_id, SECOND) }, OtherNominal),
        (BeginAttempt { quote: dear, ..next(tr_id, SECOND) }, BelowCost),
    ] {
        assert_eq!(books.run(&attempt).unwrap_err(), refusal);
    }
    let (mut books, tr_id) = paying(false);
    books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
    assert_eq!(books.run(&next(tr_id, SECOND)).unwrap_err(), NotAllowed);
}

#[test]
fn whoever_takes_a_payment_over_between_two_attempts_ends_it() {
    for verdict in [BillerOutcome::Unknown, BillerOutcome::Mismatch] {
        let (mut books, tr_id) = paying(true);
        books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
        let later = NOON.after(Duration::from_secs(120));
        let token = granted(&mut books, &claim(tr_id, later));
        assert_eq!(books.run(&next(tr_id, SECOND)).unwrap_err(), BeginAttemptRefusal::LeaseLost);
        let settled = books.run(&told(tr_id, token, later, verdict)).unwrap();
        let payment = settled.transaction.payment.unwrap();
        assert_eq!((payment.state, payment.reason), (State::Failed, Some(WITH_BILLER)));
    }
}

#[test]
fn a_biller_that_took_an_earlier_attempt_after_all_is_a_contradiction() {
    for is_final in [false, true] {
        let (mut books, tr_id) = paying(true);
        books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
        books.run(&next(tr_id, SECOND)).unwrap();
        let end = about(2, settle(tr_id, paid()));
        if is_final {
            books.run(&end).unwrap();
        }
        let unknown = books.run(&settle(tr_id, BillerOutcome::Unknown)).unwrap();
        assert_eq!(unknown.effect, Effect::AlreadyEnded);
        let failed = books.run(&settle(tr_id, BillerOutcome::Failed(WITH_BILLER))).unwrap();
        assert_eq!(failed.effect, Effect::AlreadyEnded);
        assert_eq!(books.follow_up(tr_id).review_reason, None);
        let taken = books.run(&settle(tr_id, paid())).unwrap();
        assert_eq!(taken.effect, Effect::Contradiction);
        if !is_final {
            assert_eq!(taken.transaction.state(), State::Paying, "the second attempt decides");
            assert_eq!(books.run(&end).unwrap().effect, Effect::Ended);
        }
        let why = books.follow_up(tr_id).review_reason.map(|(why, _)| why);
        assert_eq!(why, Some(ReviewReason::Contradiction), "it stays for the operator");
        assert_eq!(movements(&books), [MovementKind::Hold, MovementKind::Post]);
    }
}

#[test]
fn every_later_attempt_follows_the_failure_of_the_one_before() {
    let (mut books, tr_id) = paying(true);
    for (attempt, biller) in [(1, SECOND), (2, THIRD)] {
        assert_eq!(books.run(&next(tr_id, biller)).unwrap_err(), BeginAttemptRefusal::NotFailed);
        books.run(&fails(tr_id, attempt, WITH_BILLER)).unwrap();
        let begun = books.run(&next(tr_id, biller)).unwrap();
        assert_eq!(begun.attempt_number(), attempt + 1);
    }
    assert_eq!(books.run(&next(tr_id, SECOND)).unwrap_err(), BeginAttemptRefusal::NotFailed);
    let last = books.run(&SettlePayment { may_fail_over: false, ..fails(tr_id, 3, WITH_BILLER) });
    assert_eq!(last.unwrap().transaction.state(), State::Failed);
    assert_eq!(movements(&books), [MovementKind::Hold, MovementKind::Void]);
}

/// Pitfall: a third biller was asked to pay a bill that the first one had reported as paid meanwhile.
#[test]
fn no_attempt_begins_after_an_earlier_one_turned_out_to_be_taken() {
    let (mut books, tr_id) = paying(true);
    books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
    books.run(&next(tr_id, SECOND)).unwrap();
    books.run(&fails(tr_id, 2, WITH_BILLER)).unwrap();
    assert_eq!(books.run(&settle(tr_id, paid())).unwrap().effect, Effect::Contradiction);
    let refused = books.run(&next(tr_id, THIRD)).unwrap_err();
    assert_eq!(refused, BeginAttemptRefusal::Contradicted);
    // The payer ends it with the last failure, and an operator sees to it.
    let last = SettlePayment { may_fail_over: false, ..fails(tr_id, 2, WITH_BILLER) };
    let ended = books.run(&last).unwrap();
    assert_eq!((ended.effect, ended.transaction.state()), (Effect::Ended, State::Failed));
    let why = books.follow_up(tr_id).review_reason.map(|(why, _)| why);
    assert_eq!(why, Some(ReviewReason::Contradiction));
}

/// Pitfall: no status query was made any more, so that the payment stayed open though its biller knew the outcome.
#[test]
fn the_current_attempt_is_still_asked_about_after_a_contradiction_of_an_earlier_one() {
    let (mut books, tr_id) = paying(true);
    books.run(&fails(tr_id, 1, WITH_BILLER)).unwrap();
    books.run(&next(tr_id, SECOND)).unwrap();
    books.run(&about(2, settle(tr_id, BillerOutcome::Unknown))).unwrap();
    assert_eq!(books.run(&settle(tr_id, paid())).unwrap().effect, Effect::Contradiction);
    let later = NOON.after(Duration::from_secs(120));
    for (verdict, effect) in [(BillerOutcome::Mismatch, Effect::StillOpen), (paid(), Effect::Ended)]
    {
        let token = granted(&mut books, &claim(tr_id, later));
        let answer = about(2, told(tr_id, token, later, verdict));
        assert_eq!(books.run(&answer).unwrap().effect, effect);
    }
    let why = books.follow_up(tr_id).review_reason.map(|(why, _)| why);
    assert_eq!(why, Some(ReviewReason::Contradiction));
}
