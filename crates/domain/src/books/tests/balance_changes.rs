//! Withdrawals and adjustments: booked once, and never below the minimum balance.

use super::*;
use crate::TransferReference;
use crate::books::BalanceChangeKind::{self, Adjustment, Withdrawal};
use crate::command::{ChangeBalance, ChangeBalanceRefusal};

fn change(kind: BalanceChangeKind, amount: i64, reference: &str) -> ChangeBalance {
    ChangeBalance {
        partner: PARTNER,
        kind,
        amount: Rupiah::new(amount),
        reason: "as agreed".into(),
        reference: TransferReference::new(reference).ok(),
        now: NOON,
    }
}

#[test]
fn a_withdrawal_goes_to_the_bank_and_an_adjustment_to_its_own_account() {
    let mut books = books(1_000);
    let bank = books.balances[&Account::Bank];
    let (withdrawn, available) = books.run(&change(Withdrawal, -300, "FT 1")).unwrap();
    assert_eq!((withdrawn.amount, available), (Rupiah::new(-300), Rupiah::new(700)));
    assert_eq!(books.balances[&Account::Bank], bank.plus(Rupiah::new(300)).unwrap());
    let (adjusted, available) = books.run(&change(Adjustment, 50, "")).unwrap();
    assert_eq!((adjusted.tr_id.0, available), (withdrawn.tr_id.0 + 1, Rupiah::new(750)));
    books.run(&change(Adjustment, -700, "")).unwrap();
    assert_eq!(books.balances[&Account::Adjustment], Rupiah::new(650));
    assert_eq!(books.available(PARTNER), Rupiah::new(50));
    let kinds: Vec<_> =
        books.journal.iter().filter_map(Change::movement).map(|it| it.kind).collect();
    assert_eq!(
        kinds,
        [MovementKind::Withdrawal, MovementKind::Adjustment, MovementKind::Adjustment]
    );
}

#[test]
fn a_reference_is_withdrawn_once_per_partner() {
    let mut books = books(1_000);
    let (first, _) = books.run(&change(Withdrawal, -300, "FT 1")).unwrap();
    for again in ["FT 1", "ft 1"] {
        let refused = books.run(&change(Withdrawal, -300, again)).unwrap_err();
        assert_eq!(refused, ChangeBalanceRefusal::ReferenceTaken(first.tr_id), "{again}");
    }
    books.run(&change(Withdrawal, -300, "FT 2")).unwrap();
    books.run(&change(Withdrawal, -300, "")).unwrap();
    assert_eq!(books.available(PARTNER), Rupiah::new(100));
}

#[test]
fn no_balance_goes_below_its_minimum() {
    for min_balance in [0, 200, -500] {
        let mut books = books(1_000);
        let limit = PartnerChange::MinBalance(Rupiah::new(min_balance));
        books.run(&ChangePartner { partner: PARTNER, change: limit }).unwrap();
        let free = 1_000 - min_balance;
        for kind in [Withdrawal, Adjustment] {
            let refused = books.run(&change(kind, -free - 1, "")).unwrap_err();
            assert_eq!(refused, ChangeBalanceRefusal::NotFree(Rupiah::new(free)), "{min_balance}");
        }
        books.run(&change(Withdrawal, -free, "")).unwrap();
        assert_eq!(books.available(PARTNER), Rupiah::new(min_balance));
    }
}

#[test]
fn what_changes_nothing_or_has_the_wrong_sign_is_refused() {
    let mut books = books(1_000);
    for wrong in [change(Withdrawal, 0, ""), change(Withdrawal, 5, ""), change(Adjustment, 0, "")] {
        assert_eq!(books.run(&wrong).unwrap_err(), ChangeBalanceRefusal::WrongAmount);
    }
    let nobody = ChangeBalance { partner: PartnerId(9), ..change(Adjustment, 5, "") };
    assert_eq!(books.run(&nobody).unwrap_err(), ChangeBalanceRefusal::UnknownPartner);
    let (kind, lowest) = (Adjustment, i64::MIN);
    assert!(books.run(&change(kind, lowest, "")).is_err());
    assert!(books.journal.is_empty());
}
