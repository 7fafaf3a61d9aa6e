//! The double-entry ledger: accounts, postings, and one function a movement.
//!
//! A posting adds its amount to its account; the postings of a movement sum to zero. What belongs to
//! a partner is positive, and so is what lunas has earned or has paid out of a float: the bank and
//! the commission stand against it.

use crate::money::Overflow;
use crate::{BillerId, PartnerId, Price, Rupiah};

/// Where money stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The outside world: deposits come from here.
    Bank,
    /// Fees earned.
    Fee,
    /// Commission granted to partners.
    Commission,
    /// What was paid through a biller.
    Float(BillerId),
    /// What a partner can spend.
    Available(PartnerId),
    /// What is set aside for a partner's payments in process.
    Held(PartnerId),
}

impl Account {
    /// Its number in the database: the kind in the lowest three bits, the owner above.
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

    /// The account of that number.
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

    /// The partner whose money it holds.
    pub const fn owner(self) -> Option<PartnerId> {
        match self {
            Account::Available(partner) | Account::Held(partner) => Some(partner),
            Account::Bank | Account::Fee | Account::Commission | Account::Float(_) => None,
        }
    }

    /// The account that people read as this.
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

/// As people read it: `available/12`.
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
    /// Which account.
    pub account: Account,
    /// How much, negative for a debit.
    pub amount: Rupiah,
}

/// What a movement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MovementKind {
    /// A partner paid in.
    Deposit,
    /// A top-up that was booked by mistake is taken back.
    Reversal,
    /// The selling price is set aside for a payment.
    Hold,
    /// The biller was paid; the hold becomes a debit.
    Post,
    /// The payment failed; the hold goes back.
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

    /// The kind of that name.
    pub fn named(name: &str) -> Option<MovementKind> {
        use MovementKind::*;
        [Deposit, Reversal, Hold, Post, Void].into_iter().find(|kind| kind.name() == name)
    }

    /// Which step of its transaction it is. A transaction has each step once at most: that is how
    /// the database itself refuses a second hold, a second post, and a post beside a void.
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
    /// What it does.
    pub kind: MovementKind,
    /// Its postings. They sum to zero, none of them is zero, and no account occurs twice.
    pub postings: Vec<Posting>,
}

impl Movement {
    /// A partner paid `amount` in.
    pub fn deposit(partner: PartnerId, amount: Rupiah) -> Result<Movement, Overflow> {
        Movement::transfer(
            MovementKind::Deposit,
            Account::Bank,
            Account::Available(partner),
            amount,
        )
    }

    /// A top-up of `amount` was a mistake: it leaves the deposit again, as it came.
    pub fn reversal(partner: PartnerId, amount: Rupiah) -> Result<Movement, Overflow> {
        let available = Account::Available(partner);
        Movement::transfer(MovementKind::Reversal, available, Account::Bank, amount)
    }

    /// Sets the selling price aside.
    pub fn hold(partner: PartnerId, price: &Price) -> Result<Movement, Overflow> {
        let (available, held) = (Account::Available(partner), Account::Held(partner));
        Movement::transfer(MovementKind::Hold, available, held, price.selling_price)
    }

    /// Turns the hold into a debit: the biller got the nominal, lunas the fee, of which the
    /// partner keeps its commission.
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
