//! The double-entry ledger: accounts, postings, and one function for each kind of movement.
//!
//! A posting adds its amount to its account; the postings of a movement sum to zero. Partners' balances,
//! lunas' fees and the payments through a biller are positive. The bank and the commission are their negative
//! counterparts.

use crate::money::Overflow;
use crate::{BillerId, PartnerId, Price, Rupiah};

/// A ledger account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The outside world. Deposits come from here.
    Bank,
    /// Fees earned.
    Fee,
    /// Commission granted to partners.
    Commission,
    /// Bills paid through a biller.
    Float(BillerId),
    /// What a partner can spend.
    Available(PartnerId),
    /// Holds of a partner's payments in process.
    Held(PartnerId),
}

impl Account {
    /// Its number in the database: the kind in the lowest three bits, the owner in the others.
    pub const fn number(self) -> i64 {
        match self {
            Account::Bank => 1,
            Account::Fee => 2,
            Account::Commission => 3,
            Account::Float(BillerId(owner)) => owner << 3 | 4,
            Account::Available(PartnerId(owner)) => owner << 3 | 5,
            Account::Held(PartnerId(owner)) => owner << 3 | 6,
        }
    }

    /// The account with that number.
    pub const fn numbered(number: i64) -> Option<Account> {
        let owner = number >> 3;
        match (number & 7, owner) {
            (1, 0) => Some(Account::Bank),
            (2, 0) => Some(Account::Fee),
            (3, 0) => Some(Account::Commission),
            (4, 1..) => Some(Account::Float(BillerId(owner))),
            (5, 1..) => Some(Account::Available(PartnerId(owner))),
            (6, 1..) => Some(Account::Held(PartnerId(owner))),
            _ => None,
        }
    }

    /// The account with that name, as [`Display`](std::fmt::Display) writes it.
    pub fn named(name: &str) -> Option<Account> {
        let (kind, owner) = match name.split_once('/') {
            None => (name, None),
            Some((kind, owner)) => (kind, Some(owner.parse().ok()?)),
        };
        match (kind, owner) {
            ("bank", None) => Some(Account::Bank),
            ("fee", None) => Some(Account::Fee),
            ("commission", None) => Some(Account::Commission),
            ("float", Some(owner)) => Some(Account::Float(BillerId(owner))),
            ("available", Some(owner)) => Some(Account::Available(PartnerId(owner))),
            ("held", Some(owner)) => Some(Account::Held(PartnerId(owner))),
            _ => None,
        }
    }
}

/// For example `available/12`.
impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Account::Bank => f.write_str("bank"),
            Account::Fee => f.write_str("fee"),
            Account::Commission => f.write_str("commission"),
            Account::Float(biller) => write!(f, "float/{biller}"),
            Account::Available(partner) => write!(f, "available/{partner}"),
            Account::Held(partner) => write!(f, "held/{partner}"),
        }
    }
}

/// An amount added to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    pub account: Account,
    /// Negative for a debit.
    pub amount: Rupiah,
}

/// The kind of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MovementKind {
    /// A partner's deposit.
    Deposit,
    /// A deposit that was booked by mistake is reversed.
    Reversal,
    /// Sets the selling price of a payment aside.
    Hold,
    /// The biller was paid: makes the hold final.
    Post,
    /// The payment failed: gives the hold back.
    Void,
}

impl MovementKind {
    /// Its name in reports and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            MovementKind::Deposit => "deposit",
            MovementKind::Reversal => "reversal",
            MovementKind::Hold => "hold",
            MovementKind::Post => "post",
            MovementKind::Void => "void",
        }
    }

    /// The kind with that name.
    pub fn named(name: &str) -> Option<MovementKind> {
        use MovementKind::*;
        [Deposit, Reversal, Hold, Post, Void].into_iter().find(|kind| kind.name() == name)
    }

    /// Its step in a transaction. A transaction has each step at most once, so the database itself refuses a
    /// second hold, a second post, and a post beside a void.
    pub const fn step(self) -> u8 {
        match self {
            MovementKind::Deposit | MovementKind::Reversal | MovementKind::Hold => 1,
            MovementKind::Post | MovementKind::Void => 2,
        }
    }
}

/// One balanced set of postings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub kind: MovementKind,
    /// They sum to zero, none of them is zero, and no account occurs twice.
    pub postings: Vec<Posting>,
}

impl Movement {
    /// Books a deposit.
    pub fn deposit(partner: PartnerId, amount: Rupiah) -> Result<Movement, Overflow> {
        Movement::transfer(
            MovementKind::Deposit,
            Account::Bank,
            Account::Available(partner),
            amount,
        )
    }

    /// Reverses a deposit of `amount`.
    pub fn reversal(partner: PartnerId, amount: Rupiah) -> Result<Movement, Overflow> {
        let available = Account::Available(partner);
        Movement::transfer(MovementKind::Reversal, available, Account::Bank, amount)
    }

    /// Sets the selling price aside.
    pub fn hold(partner: PartnerId, price: &Price) -> Result<Movement, Overflow> {
        let (available, held) = (Account::Available(partner), Account::Held(partner));
        Movement::transfer(MovementKind::Hold, available, held, price.selling_price)
    }

    /// Makes the hold final: the biller gets the nominal and lunas the fee, of which the partner keeps its
    /// commission.
    pub fn post(partner: PartnerId, biller: BillerId, price: &Price) -> Result<Movement, Overflow> {
        let postings = [
            (Account::Held(partner), price.selling_price.negated()?),
            (Account::Float(biller), price.price.minus(price.admin)?),
            (Account::Fee, price.admin),
            (Account::Commission, price.commission.negated()?),
        ];
        Ok(Movement::new(MovementKind::Post, &postings))
    }

    /// Gives the hold back in full.
    pub fn void(partner: PartnerId, price: &Price) -> Result<Movement, Overflow> {
        let (available, held) = (Account::Available(partner), Account::Held(partner));
        Movement::transfer(MovementKind::Void, held, available, price.selling_price)
    }

    fn transfer(
        kind: MovementKind,
        from: Account,
        to: Account,
        amount: Rupiah,
    ) -> Result<Movement, Overflow> {
        Ok(Movement::new(kind, &[(from, amount.negated()?), (to, amount)]))
    }

    fn new(kind: MovementKind, postings: &[(Account, Rupiah)]) -> Movement {
        let postings = postings.iter().map(|&(account, amount)| Posting { account, amount });
        Movement { kind, postings: postings.filter(|p| p.amount != Rupiah::ZERO).collect() }
    }

    /// Whether the postings sum to zero.
    pub fn is_balanced(&self) -> bool {
        let sum = self.postings.iter().try_fold(Rupiah::ZERO, |sum, p| sum.plus(p.amount));
        sum == Ok(Rupiah::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PARTNER: PartnerId = PartnerId(7);

    proptest! {
        #[test]
        fn every_movement_is_balanced(
            nominal in 1..=1_000_000_000_000i64,
            admin in 0..=1_000_000i64,
            commission in 0..=1_000_000i64,
        ) {
            let [admin, commission] = [admin, commission].map(Rupiah::new);
            let price = Rupiah::new(nominal).plus(admin).unwrap();
            let selling_price = price.minus(commission).unwrap();
            let price = Price { admin, commission, price, selling_price };
            let hold = Movement::hold(PARTNER, &price).unwrap();
            let post = Movement::post(PARTNER, BillerId(1), &price).unwrap();
            let void = Movement::void(PARTNER, &price).unwrap();
            for movement in [&hold, &post, &void] {
                prop_assert!(movement.is_balanced(), "{:?}", movement);
                prop_assert!(movement.postings.iter().all(|p| p.amount != Rupiah::ZERO));
            }
            let deposit = Movement::deposit(PARTNER, price.price).unwrap();
            let reversal = Movement::reversal(PARTNER, price.price).unwrap();
            for (done, undone) in [(&hold, &void), (&deposit, &reversal)] {
                for (undo, redo) in done.postings.iter().zip(undone.postings.iter().rev()) {
                    prop_assert_eq!(undo.account, redo.account);
                    prop_assert_eq!(undo.amount.plus(redo.amount), Ok(Rupiah::ZERO));
                }
            }
        }

        #[test]
        fn an_account_has_its_number_and_its_name(owner in 1i64..=1 << 40) {
            for account in [
                Account::Bank,
                Account::Fee,
                Account::Commission,
                Account::Float(BillerId(owner)),
                Account::Available(PartnerId(owner)),
                Account::Held(PartnerId(owner)),
            ] {
                prop_assert_eq!(Account::numbered(account.number()), Some(account));
                prop_assert_eq!(Account::named(&account.to_string()), Some(account));
            }
        }
    }

    #[test]
    fn a_number_or_name_of_no_account_is_refused() {
        for number in [0, -3, 7, 9, 5, 6, 4] {
            assert_eq!(Account::numbered(number), None, "{number}");
        }
        for name in ["", "bank/1", "held", "held/", "held/x", "available/1/2", "deposit/1"] {
            assert_eq!(Account::named(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_kind_has_its_name() {
        use MovementKind::*;
        for (kind, name) in [
            (Deposit, "deposit"),
            (Reversal, "reversal"),
            (Hold, "hold"),
            (Post, "post"),
            (Void, "void"),
        ] {
            assert_eq!((kind.name(), MovementKind::named(name)), (name, Some(kind)));
        }
        assert_eq!(MovementKind::named("refund"), None);
    }

    #[test]
    fn the_steps_exclude_each_other() {
        assert_eq!(MovementKind::Post.step(), MovementKind::Void.step());
        assert_ne!(MovementKind::Hold.step(), MovementKind::Post.step());
    }
}
