//! A deposit is booked once under its reference, and reversed at most once.

use super::*;
use crate::TransferReference;
use crate::command::ReverseDepositRefusal;

/// A deposit with that reference; without one if the text is empty.
pub(super) fn add(amount: i64, reference: &str) -> RecordDeposit {
    let reference = TransferReference::new(reference).ok();
    RecordDeposit {
        partner: PARTNER,
        amount: Rupiah::new(amount),
        note: "".into(),
        reference,
        now: NOON,
    }
}

pub(super) fn reverse(deposit: TrId) -> ReverseDeposit {
    ReverseDeposit { partner: PARTNER, deposit, reason: "booked twice".into(), now: NOON }
}

/// Checks on the journal that no reference has two deposits, and that no deposit has two reversals or one of another
/// amount.
pub(super) fn check(books: &Books) -> Result<(), TestCaseError> {
    let (mut references, mut not_reversed) = (BTreeSet::new(), BTreeMap::new());
    for change in &books.journal {
        match change {
            Change::Deposited(deposit, movement) => {
                let is_new = deposit.reference.iter().all(|it| references.insert(it.in_capitals()));
                prop_assert!(is_new, "{:?} again", deposit.reference);
                prop_assert_eq!(movement.kind, MovementKind::Deposit);
                not_reversed.insert(deposit.tr_id, deposit.amount);
            }
            Change::Reversed(reversal, movement) => {
                let amount = not_reversed.remove(&reversal.deposit);
                prop_assert_eq!(amount, Some(reversal.amount), "{}", reversal.deposit);
                prop_assert_eq!(movement.kind, MovementKind::Reversal);
                let taken = movement.postings[0];
                prop_assert_eq!(taken.account, Account::Available(PARTNER));
                prop_assert_eq!(taken.amount.negated(), Ok(reversal.amount));
            }
            _ => {}
        }
    }
    Ok(())
}

fn limit(books: &mut Books, min_balance: i64) {
    let change = PartnerChange::MinBalance(Rupiah::new(min_balance));
    books.run(&ChangePartner { partner: PARTNER, change }).unwrap();
}

#[test]
fn a_reference_is_booked_once_per_partner() {
    let mut books = books(0);
    let other = Arc::new(Partner { id: PartnerId(2), ..partner() });
    books.partners.insert(other.id, other);
    let (first, _) = books.run(&add(500, "FT 17")).unwrap();
    // References that differ only in case are equal: banks print capitals.
    for (amount, again) in [(500, "FT 17"), (501, "FT 17"), (500, "ft 17"), (500, "Ft 17")] {
        let refused = books.run(&add(amount, again));
        assert_eq!(
            refused.unwrap_err(),
            RecordDepositRefusal::ReferenceTaken(first),
            "{amount} {again}"
        );
    }
    assert_eq!(books.available(PARTNER), Rupiah::new(500));
    // Deposits without a reference are all different, and so are references of different partners.
    for fine in [
        add(500, ""),
        add(500, ""),
        add(500, "FT 18"),
        RecordDeposit { partner: PartnerId(2), ..add(500, "FT 17") },
    ] {
        books.run(&fine).unwrap();
    }
    books.run(&reverse(first)).unwrap();
    assert_eq!(
        books.run(&add(500, "FT 17")).unwrap_err(),
        RecordDepositRefusal::ReferenceTaken(first)
    );
    assert_eq!(movements(&books).len(), 6);
}

#[test]
fn a_deposit_is_reversed_once_by_a_reversal_movement() {
    let mut books = books(1_000);
    let (deposit, _) = books.run(&add(700, "")).unwrap();
    let (reversal, available) = books.run(&reverse(deposit)).unwrap();
    assert_eq!((reversal.tr_id, available), (TrId(deposit.0 + 1), Rupiah::new(1_000)));
    assert_eq!(movements(&books), [MovementKind::Deposit, MovementKind::Reversal]);
    assert_eq!(books.balances[&Account::Bank], Rupiah::new(-1_000));
    assert_eq!(books.next_tr_id, reversal.tr_id.0 + 1);

    let stranger = ReverseDeposit { partner: PartnerId(2), ..reverse(deposit) };
    for (refused, why) in [
        (reverse(deposit), ReverseDepositRefusal::AlreadyReversed(reversal.tr_id)),
        (reverse(reversal.tr_id), ReverseDepositRefusal::UnknownDeposit),
        (reverse(TrId(99)), ReverseDepositRefusal::UnknownDeposit),
        (stranger, ReverseDepositRefusal::UnknownDeposit),
    ] {
        assert_eq!(books.run(&refused).map(drop), Err(why));
    }
    assert_eq!(movements(&books).len(), 2);
}

/// Balance and minimum balance, and whether the deposit can be reversed.
#[test]
fn only_the_free_balance_is_reversed() {
    for (available, min_balance, amount, free) in [
        (500, 0, 500, None),
        (499, 0, 500, Some(499)),
        (0, 0, 1, Some(0)),
        (500, 1, 500, Some(499)),
        (500, 500, 1, Some(0)),
        (0, -500, 500, None),
        (0, -499, 500, Some(499)),
        (-499, -500, 2, Some(1)),
    ] {
        let mut books = books(0);
        let (deposit, _) = books.run(&add(amount, "")).unwrap();
        books.balances.insert(Account::Available(PARTNER), Rupiah::new(available));
        limit(&mut books, min_balance);
        let reversed = books.run(&reverse(deposit)).map(|(_, after)| after.get());
        let expected = match free {
            None => Ok(available - amount),
            Some(free) => Err(ReverseDepositRefusal::NotFree(Rupiah::new(free))),
        };
        assert_eq!(reversed, expected, "{available} with the limit {min_balance}: {amount}");
    }
}

#[test]
fn a_hold_is_not_free() {
    let mut books = books(0);
    let (deposit, _) = books.run(&add(PRICE + 10, "")).unwrap();
    let tr_id = books.run(&inquiry("a")).unwrap().inquiry.tr_id;
    assert!(matches!(books.run(&pay(tr_id)), Ok(Begin::Begun(_))));
    let refused = books.run(&reverse(deposit));
    assert_eq!(refused.unwrap_err(), ReverseDepositRefusal::NotFree(Rupiah::new(10)));
    books.run(&settle(tr_id, BillerOutcome::Failed(FailureReason::PaymentFailed))).unwrap();
    assert!(books.run(&reverse(deposit)).is_ok());
}
