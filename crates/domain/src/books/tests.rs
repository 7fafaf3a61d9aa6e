//! Sequences of commands on the books.

mod attempts;
mod balance_changes;
mod callbacks;
mod follow_ups;
mod in_process;
mod reversals;

use std::time::Duration;

use proptest::prelude::*;

use super::samples::{NOON, PARTNER, bill, books, partner, product};
use super::*;
use crate::command::{
    AddPartner, AddPartnerRefusal, Begin, BeginPayment, BeginPaymentRefusal, BillerOutcome,
    ChangePartner, ChangePartnerRefusal, Claim, Effect, ManualOutcome, OpenInquiry,
    OpenInquiryRefusal, PartnerChange, PutProduct, RecordDeposit, RecordDepositRefusal, Resolved,
    ReverseDeposit, SettlePayment, SettlementRefusal,
};
use crate::partner::SealedKey;
use crate::payment::Call;
use crate::{
    Bill, BillerId, FailureReason, Family, FencingToken, Hours, Moment, MovementKind, ReviewReason,
};

const PRICE: i64 = 52_300;
const DAY: i64 = 24 * 3_600_000_000;

fn exchange(call: Call, answer: &str) -> Exchange {
    Exchange::new(call, NOON, Duration::ZERO, answer)
}

fn inquiry(ref_id: &str) -> OpenInquiry {
    OpenInquiry {
        partner: PARTNER,
        ref_id: RefId::new(ref_id).unwrap(),
        code: product().code,
        customer_no: "8801234560001".into(),
        biller: BillerId(1),
        extra: None,
        passed_over: None,
        biller_code: None,
        reference: None,
        quote: bill().into(),
        exchange: exchange(Call::Inquire, "success"),
        asked_before: Vec::new(),
    }
}

fn pay(tr_id: TrId) -> BeginPayment {
    BeginPayment { partner: PARTNER, tr_id, now: NOON, test_numbers: Arc::default() }
}

fn settle(tr_id: TrId, verdict: BillerOutcome) -> SettlePayment {
    let answer = format!("{verdict:?}");
    let exchange = exchange(Call::Pay, &answer);
    SettlePayment {
        may_fail_over: false,
        partner: PARTNER,
        tr_id,
        token: FencingToken::PAYER,
        verdict,
        exchange,
        answered_synchronously: true,
        asked_before: Vec::new(),
    }
}

fn paid() -> BillerOutcome {
    BillerOutcome::Paid { receipt_no: "148732328035714773".into(), details: None }
}

/// Books with one open inquiry.
fn opened(deposit: i64) -> (Books, TrId) {
    let mut books = books(deposit);
    let tr_id = books.run(&inquiry("a")).unwrap().inquiry.tr_id;
    (books, tr_id)
}

/// Books with one begun payment.
fn begun(deposit: i64) -> (Books, TrId) {
    let (mut books, tr_id) = opened(deposit);
    assert!(matches!(books.run(&pay(tr_id)), Ok(Begin::Begun(_))));
    (books, tr_id)
}

fn movements(books: &Books) -> Vec<MovementKind> {
    books.journal.iter().filter_map(Change::movement).map(|movement| movement.kind).collect()
}

fn refusal(outcome: Result<Begin, BeginPaymentRefusal>) -> BeginPaymentRefusal {
    match outcome {
        Ok(Begin::Refused(refusal, _)) | Err(refusal) => refusal,
        Ok(other) => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_inquiry_is_priced_and_numbered_and_moves_no_money() {
    let (books, tr_id) = opened(100_000);
    let transaction = books.transaction(tr_id).unwrap();
    assert_eq!(transaction.inquiry.price.selling_price, Rupiah::new(PRICE));
    assert_eq!(transaction.state(), State::Inquired);
    assert_eq!(movements(&books), []);
}

#[test]
fn a_ref_id_is_used_once() {
    let (mut books, _) = opened(100_000);
    let before = books.journal.len();
    assert_eq!(books.run(&inquiry("a")).unwrap_err(), OpenInquiryRefusal::DuplicateRefId);
    assert_eq!(books.journal.len(), before);
    assert!(books.run(&inquiry("b")).is_ok());
}

#[test]
fn a_payment_holds_then_posts() {
    let (mut books, tr_id) = begun(100_000);
    assert_eq!(books.available(PARTNER), Rupiah::new(100_000 - PRICE));
    let settled = books.run(&settle(tr_id, paid())).unwrap();
    assert_eq!(settled.effect, Effect::Ended);
    assert_eq!(settled.transaction.state(), State::Paid);
    assert_eq!(settled.transaction.payment.unwrap().balance, Rupiah::new(100_000 - PRICE));
    assert_eq!(movements(&books), [MovementKind::Hold, MovementKind::Post]);
    assert_eq!(books.balances[&Account::Held(PARTNER)], Rupiah::ZERO);
}

#[test]
fn a_failed_payment_gives_the_hold_back_in_full() {
    let (mut books, tr_id) = begun(100_000);
    let settled =
        books.run(&settle(tr_id, BillerOutcome::Failed(FailureReason::PaymentFailed))).unwrap();
    let payment = settled.transaction.payment.unwrap();
    assert_eq!(
        (payment.state, payment.reason),
        (State::Failed, Some(FailureReason::PaymentFailed))
    );
    assert_eq!(payment.balance, Rupiah::new(100_000));
    assert_eq!(books.available(PARTNER), Rupiah::new(100_000));
    assert_eq!(movements(&books), [MovementKind::Hold, MovementKind::Void]);
}

#[test]
fn an_unknown_outcome_keeps_the_hold_and_is_stored_once() {
    let (mut books, tr_id) = begun(100_000);
    let ask = || SettlePayment {
        exchange: exchange(Call::Status, "no answer"),
        ..settle(tr_id, BillerOutcome::Unknown)
    };
    for _ in 0..3 {
        assert_eq!(books.run(&ask()).unwrap().effect, Effect::StillOpen);
    }
    let payment = &books.payments[&tr_id];
    assert_eq!((payment.state, payment.asks, payment.exchanges), (State::Pending, 3, 1));
    assert_eq!(books.available(PARTNER), Rupiah::new(100_000 - PRICE));
    assert_eq!(books.run(&settle(tr_id, paid())).unwrap().effect, Effect::Ended);
    assert_eq!(movements(&books), [MovementKind::Hold, MovementKind::Post]);
}

#[test]
fn paying_again_returns_the_present_state() {
    let (mut books, tr_id) = begun(100_000);
    for verdict in [None, Some(BillerOutcome::Unknown), Some(paid())] {
        if let Some(verdict) = verdict {
            books.run(&settle(tr_id, verdict)).unwrap();
        }
        let before = books.journal.len();
        assert!(matches!(books.run(&pay(tr_id)), Ok(Begin::AlreadyStarted(_))));
        assert_eq!(books.journal.len(), before);
    }
}

#[test]
fn a_contradiction_does_not_change_a_final_result() {
    for (first, second) in [
        (paid(), BillerOutcome::Failed(FailureReason::PaymentFailed)),
        (BillerOutcome::Failed(FailureReason::PaymentFailed), paid()),
    ] {
        let (mut books, tr_id) = begun(100_000);
        let state = books.run(&settle(tr_id, first.clone())).unwrap().transaction.state();
        let balances = books.balances.clone();
        let again = books.run(&settle(tr_id, first)).unwrap();
        assert_eq!(again.effect, Effect::AlreadyEnded);
        let flipped = books.run(&settle(tr_id, second)).unwrap();
        assert_eq!(flipped.effect, Effect::Contradiction);
        assert_eq!(flipped.transaction.state(), state);
        assert_eq!(books.balances, balances);
        let kept = |change: &Change| matches!(change, Change::Settled { exchange: Some(_), .. });
        assert_eq!(books.journal.iter().filter(|change| kept(change)).count(), 2);
        assert_eq!(books.payments[&tr_id].exchanges, 2);
        assert_eq!(books.follow_up(tr_id).review_reason, Some((ReviewReason::Contradiction, NOON)));
    }
}

#[test]
fn a_payment_that_never_began_has_no_result() {
    let (mut books, tr_id) = opened(100_000);
    for verdict in
        [paid(), BillerOutcome::Failed(FailureReason::PaymentFailed), BillerOutcome::Unknown]
    {
        let refused = books.run(&settle(tr_id, verdict)).unwrap_err();
        assert_eq!(refused, SettlementRefusal::NotBegun.into());
    }
}

#[test]
fn another_partners_transaction_is_unknown() {
    let (mut books, tr_id) = opened(100_000);
    let other = BeginPayment { partner: PartnerId(2), ..pay(tr_id) };
    assert_eq!(refusal(books.run(&other)), BeginPaymentRefusal::UnknownTransaction);
    assert_eq!(refusal(books.run(&pay(TrId(99)))), BeginPaymentRefusal::UnknownTransaction);
    let other = SettlePayment { partner: PartnerId(2), ..settle(tr_id, paid()) };
    let refused = books.run(&other).unwrap_err();
    assert_eq!(refused, SettlementRefusal::UnknownTransaction.into());
}

/// The checks of `pay-pasca` are in the order of the API: if there are several reasons to refuse, the first one is
/// returned.
#[test]
fn refusals_come_in_the_order_of_the_contract() {
    let (mut books, tr_id) = opened(0);
    let tomorrow = BeginPayment { now: NOON.after_micros(DAY), ..pay(tr_id) };
    let closed = Product { hours: Hours::parse("01:00-11:00"), ..product() };
    let off = Product { active: false, ..closed.clone() };
    let suspend = ChangePartner { partner: PARTNER, change: PartnerChange::Suspend(true) };

    assert_eq!(refusal(books.run(&pay(tr_id))), BeginPaymentRefusal::BalanceTooLow);
    books.run(&suspend).unwrap();
    assert_eq!(refusal(books.run(&pay(tr_id))), BeginPaymentRefusal::Suspended);
    books.run(&PutProduct(closed)).unwrap();
    assert_eq!(refusal(books.run(&pay(tr_id))), BeginPaymentRefusal::Closed);
    books.run(&PutProduct(off)).unwrap();
    assert_eq!(refusal(books.run(&pay(tr_id))), BeginPaymentRefusal::ProductOff);
    assert_eq!(refusal(books.run(&tomorrow)), BeginPaymentRefusal::Expired);
    assert_eq!(movements(&books), []);
}

#[test]
fn an_inquiry_keeps_what_was_sold() {
    let (mut books, tr_id) = opened(PRICE);
    let renamed = Product { name: "BPJS".into(), family: Family::Pdam, ..product() };
    books.run(&PutProduct(renamed)).unwrap();
    let sold = &books.inquiries[&tr_id].sold;
    assert_eq!((&*sold.name, sold.family), ("BPJS Kesehatan", Family::BpjsKesehatan));
}

#[test]
fn the_balance_may_reach_its_minimum_but_not_go_below() {
    let (mut exact, tr_id) = opened(PRICE);
    assert!(matches!(exact.run(&pay(tr_id)), Ok(Begin::Begun(_))));
    let (mut short, tr_id) = opened(PRICE - 1);
    assert_eq!(refusal(short.run(&pay(tr_id))), BeginPaymentRefusal::BalanceTooLow);

    let credit =
        ChangePartner { partner: PARTNER, change: PartnerChange::MinBalance(Rupiah::new(-1)) };
    short.run(&credit).unwrap();
    assert!(matches!(short.run(&pay(tr_id)), Ok(Begin::Begun(_))));
}

#[test]
fn a_deposit_raises_the_balance_and_takes_a_number() {
    let mut books = books(0);
    let deposit = RecordDeposit {
        partner: PARTNER,
        amount: Rupiah::new(5),
        note: "".into(),
        reference: None,
        now: NOON,
    };
    assert_eq!(books.run(&deposit).unwrap(), (TrId(1), Rupiah::new(5)));
    assert_eq!(books.run(&inquiry("a")).unwrap().inquiry.tr_id, TrId(2));
    for amount in [0, -5] {
        let bad = RecordDeposit { amount: Rupiah::new(amount), ..deposit.clone() };
        assert_eq!(books.run(&bad).unwrap_err(), RecordDepositRefusal::NotPositive);
    }
    let too_much = RecordDeposit { amount: Rupiah::new(i64::MAX), ..deposit };
    assert_eq!(books.run(&too_much).unwrap_err(), MovementRefusal::Overflow.into());
    assert_eq!(books.available(PARTNER), Rupiah::new(5));
}

#[test]
fn a_partner_has_one_key_or_two() {
    let mut books = books(0);
    let key = |byte| SealedKey(vec![byte].into());
    let change = |change| ChangePartner { partner: PARTNER, change };
    books.run(&change(PartnerChange::AddKey(key(1)))).unwrap();
    books.run(&change(PartnerChange::AddKey(key(2)))).unwrap();
    let third = books.run(&change(PartnerChange::AddKey(key(3))));
    assert_eq!(third.unwrap_err(), ChangePartnerRefusal::TwoKeys);
    let kept = books.run(&change(PartnerChange::DropOldKeys)).unwrap();
    assert!(kept.keys == [key(2)]);
}

#[test]
fn a_username_belongs_to_one_partner() {
    let mut books = books(0);
    let add = |username: &str| AddPartner {
        username: Username::new(username).unwrap(),
        name: "Warung".into(),
        key: SealedKey(vec![1].into()),
        allow_list: Vec::new(),
        min_balance: Rupiah::ZERO,
        now: NOON,
    };
    let taken = books.run(&add(partner().username.as_str()));
    assert_eq!(taken.unwrap_err(), AddPartnerRefusal::UsernameTaken);
    assert_eq!(books.run(&add("0811")).unwrap().id, PartnerId(2));
    let limit = AddPartner { min_balance: Rupiah::new(1), ..add("0812") };
    assert_eq!(books.run(&limit).unwrap_err(), AddPartnerRefusal::BalanceBelowMinimum);
}

/// A random action of a partner, a biller or an operator.
#[derive(Clone, Debug)]
enum Act {
    Open { ref_id: u8, nominal: i64 },
    Pay { tr_id: i64, days_later: i64 },
    Settle { tr_id: i64, verdict: u8 },
    Ask { tr_id: i64, hours_later: i64, verdict: u8 },
    Resolve { tr_id: i64, word: u8 },
    Deposit { amount: i64, reference: u8 },
    Reverse { deposit: i64 },
    Limit { min_balance: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..12u8, -5..200_000i64).prop_map(|(ref_id, nominal)| Act::Open { ref_id, nominal }),
        (1..14i64, 0..8i64).prop_map(|(tr_id, days)| Act::Pay { tr_id, days_later: days / 7 }),
        (1..14i64, 0..5u8).prop_map(|(tr_id, verdict)| Act::Settle { tr_id, verdict }),
        (1..14i64, 0..30i64, 0..5u8).prop_map(|(tr_id, hours_later, verdict)| Act::Ask {
            tr_id,
            hours_later,
            verdict
        }),
        (1..14i64, 0..3u8).prop_map(|(tr_id, word)| Act::Resolve { tr_id, word }),
        (-5..300_000i64, 0..6u8).prop_map(|(amount, reference)| Act::Deposit { amount, reference }),
        (1..14i64).prop_map(|deposit| Act::Reverse { deposit }),
        (-100_000..200_000i64).prop_map(|min_balance| Act::Limit { min_balance }),
    ]
}

fn verdict_of(number: u8) -> BillerOutcome {
    match number {
        0 => paid(),
        1 => BillerOutcome::Failed(FailureReason::PaymentFailed),
        2 => BillerOutcome::NotFound { is_final: true, counts_from: Duration::from_secs(3600) },
        3 => BillerOutcome::Mismatch,
        _ => BillerOutcome::Unknown,
    }
}

/// Performs it, and returns whether it was refused.
fn perform(books: &mut Books, act: &Act) -> bool {
    match *act {
        Act::Open { ref_id, nominal } => {
            // Every third inquiry is about the same bill.
            let period = format!("{:02}", ref_id % 3).into();
            let bill = Bill { nominal: Rupiah::new(nominal), period, ..bill() };
            books.run(&OpenInquiry { quote: bill.into(), ..inquiry(&ref_id.to_string()) }).is_err()
        }
        Act::Pay { tr_id, days_later } => {
            let now = NOON.after_micros(days_later * DAY);
            let begin = books.run(&BeginPayment { now, ..pay(TrId(tr_id)) });
            !matches!(begin, Ok(Begin::Begun(_)))
        }
        Act::Settle { tr_id, verdict } => {
            books.run(&settle(TrId(tr_id), verdict_of(verdict))).is_err()
        }
        Act::Ask { tr_id, hours_later, verdict } => {
            let now = NOON.after_micros(hours_later * DAY / 24);
            match books.run(&follow_ups::claim(TrId(tr_id), now)) {
                Ok(Claim::Granted(_, token)) => {
                    let told = follow_ups::told(TrId(tr_id), token, now, verdict_of(verdict));
                    books.run(&told).unwrap();
                    false
                }
                // A payment that is too old is put into manual review.
                Ok(Claim::Over(_)) => false,
                Ok(Claim::Held(_)) | Err(_) => true,
            }
        }
        Act::Resolve { tr_id, word } => {
            let word = match word {
                0 => ManualOutcome::Paid("NR-7".into()),
                1 => ManualOutcome::Failed(FailureReason::PaymentFailed),
                _ => ManualOutcome::Reconciled,
            };
            let now = NOON.after_micros(DAY);
            !matches!(
                books.run(&follow_ups::by_hand(TrId(tr_id), word, now)),
                Ok(Resolved::Done(_))
            )
        }
        Act::Deposit { amount, reference } => {
            let add = reversals::add(amount, ["", "", "", "a", "A", "b"][usize::from(reference)]);
            books.run(&add).is_err()
        }
        Act::Reverse { deposit } => books.run(&reversals::reverse(TrId(deposit))).is_err(),
        Act::Limit { min_balance } => {
            let change = PartnerChange::MinBalance(Rupiah::new(min_balance));
            books.run(&ChangePartner { partner: PARTNER, change }).is_err()
        }
    }
}

proptest! {
    /// After any sequence of actions: the books add up, nothing is overdrawn, a payment moves its price once, a
    /// final state stays, and a refusal changes nothing.
    #[test]
    fn the_books_always_add_up(acts in prop::collection::vec(act(), 1..60)) {
        let mut books = books(150_000);
        for act in &acts {
            let before = (books.balances.clone(), books.payments.clone(), books.journal.len());
            if perform(&mut books, act) {
                prop_assert_eq!(&before.0, &books.balances);
                prop_assert_eq!(&before.1, &books.payments);
                prop_assert_eq!(before.2, books.journal.len());
            }
            for (tr_id, old) in before.1.iter().filter(|(_, old)| old.state.is_final()) {
                prop_assert_eq!(old.state, books.payments[tr_id].state);
            }
            for (tr_id, follow_up) in &books.follow_ups {
                let contradicted = matches!(follow_up.review_reason, Some((ReviewReason::Contradiction, _)));
                prop_assert_eq!(contradicted, books.payments[tr_id].state.is_final());
            }
            let total: i64 = books.balances.values().map(|balance| balance.get()).sum();
            prop_assert_eq!(total, 0);
            prop_assert!(books.free(PARTNER).unwrap() >= Rupiah::ZERO);
            let held: i64 = books.payments.values().filter(|p| !p.state.is_final())
                .map(|p| books.inquiries[&p.tr_id].price.selling_price.get()).sum();
            let in_process: Vec<_> = books.payments.values().filter(|p| !p.state.is_final())
                .map(|p| books.inquiries[&p.tr_id].bill.period.clone()).collect();
            let bills: BTreeSet<_> = in_process.iter().collect();
            prop_assert_eq!(bills.len(), in_process.len());
            let account = books.balances.get(&Account::Held(PARTNER));
            prop_assert_eq!(account.map_or(0, |balance| balance.get()), held);
        }
        reversals::check(&books)?;
        for payment in books.payments.values() {
            let of_it = |change: &&Change| match change {
                Change::Begun(of, ..) | Change::Settled { payment: of, .. } => {
                    of.tr_id == payment.tr_id
                }
                _ => false,
            };
            let steps: Vec<_> = books.journal.iter().filter(of_it)
                .filter_map(Change::movement).map(|movement| movement.kind).collect();
            let expected: &[MovementKind] = match payment.state {
                State::Paid => &[MovementKind::Hold, MovementKind::Post],
                State::Failed => &[MovementKind::Hold, MovementKind::Void],
                _ => &[MovementKind::Hold],
            };
            prop_assert_eq!(steps.as_slice(), expected);
        }
    }
}
