//! The double-entry ledger: postings, and one function for each kind of movement.
//!
//! A posting adds its amount to its account; the postings of a movement sum to zero. Partners' balances,
//! lunas' fees and what billers are owed are positive. The bank and the commission are their negative
//! counterparts.

use crate::money::Overflow;
use crate::{Account, Inquiry, PartnerId, Rupiah};

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
    /// Money is paid back to a partner.
    Withdrawal,
    /// A partner's balance is corrected.
    Adjustment,
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
            MovementKind::Withdrawal => "withdrawal",
            MovementKind::Adjustment => "adjustment",
            MovementKind::Hold => "hold",
            MovementKind::Post => "post",
            MovementKind::Void => "void",
        }
    }

    /// The kind with that name.
    pub fn named(name: &str) -> Option<MovementKind> {
        use MovementKind::*;
        [Deposit, Reversal, Withdrawal, Adjustment, Hold, Post, Void]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// Its step in a transaction. A transaction has each step at most once, so the database itself refuses a
    /// second hold, a second post, and a post beside a void.
    pub const fn step(self) -> u8 {
        match self {
            MovementKind::Deposit
            | MovementKind::Reversal
            | MovementKind::Withdrawal
            | MovementKind::Adjustment
            | MovementKind::Hold => 1,
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

    /// Pays `amount` back to a partner.
    pub fn withdrawal(partner: PartnerId, amount: Rupiah) -> Result<Movement, Overflow> {
        let available = Account::Available(partner);
        Movement::transfer(MovementKind::Withdrawal, available, Account::Bank, amount)
    }

    /// Corrects a partner's balance by `amount`, which is negative to lower it.
    pub fn adjustment(partner: PartnerId, amount: Rupiah) -> Result<Movement, Overflow> {
        let available = Account::Available(partner);
        Movement::transfer(MovementKind::Adjustment, Account::Adjustment, available, amount)
    }

    /// Sets the selling price aside.
    pub fn hold(inquiry: &Inquiry) -> Result<Movement, Overflow> {
        let partner = inquiry.partner;
        let (available, held) = (Account::Available(partner), Account::Held(partner));
        Movement::transfer(MovementKind::Hold, available, held, inquiry.price.selling_price)
    }

    /// Makes the hold final: the biller gets the cost; fee, commission and margin are what is left.
    pub fn post(inquiry: &Inquiry) -> Result<Movement, Overflow> {
        let (price, cost) = (&inquiry.price, inquiry.cost());
        let postings = [
            (Account::Held(inquiry.partner), price.selling_price.negated()?),
            (Account::Biller(inquiry.biller), cost),
            (Account::Fee, price.admin),
            (Account::Commission, price.commission.negated()?),
            (Account::Margin, inquiry.bill.nominal.minus(cost)?),
        ];
        Ok(Movement::new(MovementKind::Post, &postings))
    }

    /// Gives the hold back in full.
    pub fn void(inquiry: &Inquiry) -> Result<Movement, Overflow> {
        let partner = inquiry.partner;
        let (available, held) = (Account::Available(partner), Account::Held(partner));
        Movement::transfer(MovementKind::Void, held, available, inquiry.price.selling_price)
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

/// Why a movement of money cannot be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MovementRefusal {
    /// A balance would be below its minimum.
    #[error("the balance does not cover it")]
    BalanceTooLow,
    /// An amount does not fit the ledger.
    #[error("an amount leaves the range of the ledger")]
    Overflow,
}

impl From<Overflow> for MovementRefusal {
    fn from(_: Overflow) -> MovementRefusal {
        MovementRefusal::Overflow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::samples;
    use crate::{Bill, Price};
    use proptest::prelude::*;

    /// An inquiry with this nominal, fee, commission and cost.
    fn inquiry(nominal: i64, admin: i64, commission: i64, cost: Option<i64>) -> Inquiry {
        let [nominal, admin, commission] = [nominal, admin, commission].map(Rupiah::new);
        let price = nominal.plus(admin).unwrap();
        let selling_price = price.minus(commission).unwrap();
        Inquiry {
            bill: Bill { nominal, ..samples::bill() },
            price: Price { admin, commission, price, selling_price },
            stated_cost: cost.map(Rupiah::new),
            ..samples::inquiry()
        }
    }

    proptest! {
        #[test]
        fn every_movement_is_balanced(
            nominal in 1..=1_000_000_000_000i64,
            admin in 0..=1_000_000i64,
            commission in 0..=1_000_000i64,
            cost in proptest::option::of(1..=1_000_000_000_000i64),
        ) {
            let inquiry = inquiry(nominal, admin, commission, cost);
            let partner = inquiry.partner;
            let hold = Movement::hold(&inquiry).unwrap();
            let post = Movement::post(&inquiry).unwrap();
            let void = Movement::void(&inquiry).unwrap();
            let amount = inquiry.price.price;
            let deposit = Movement::deposit(partner, amount).unwrap();
            let reversal = Movement::reversal(partner, amount).unwrap();
            let withdrawal = Movement::withdrawal(partner, amount).unwrap();
            let up = Movement::adjustment(partner, amount).unwrap();
            let down = Movement::adjustment(partner, amount.negated().unwrap()).unwrap();
            for movement in [&hold, &post, &void, &deposit, &reversal, &withdrawal, &up, &down] {
                prop_assert!(movement.is_balanced(), "{:?}", movement);
                prop_assert!(movement.postings.iter().all(|p| p.amount != Rupiah::ZERO));
            }
            for (done, undone) in [(&hold, &void), (&deposit, &reversal), (&deposit, &withdrawal), (&up, &down)] {
                for undo in &done.postings {
                    let opposite = undo.amount.negated().unwrap();
                    let redo = Posting { amount: opposite, ..*undo };
                    prop_assert!(undone.postings.contains(&redo), "{undone:?}");
                }
            }
        }
    }

    #[test]
    fn the_biller_gets_its_cost_and_the_margin_is_what_is_left_of_the_nominal() {
        let amounts = |cost| {
            let post = Movement::post(&inquiry(50_000, 2_500, 200, cost)).unwrap();
            let of = |account| {
                let posting = post.postings.iter().find(|posting| posting.account == account);
                posting.map(|posting| posting.amount.get())
            };
            [
                Account::Biller(samples::inquiry().biller),
                Account::Fee,
                Account::Commission,
                Account::Margin,
            ]
            .map(of)
        };
        assert_eq!(amounts(Some(49_300)), [Some(49_300), Some(2_500), Some(-200), Some(700)]);
        assert_eq!(amounts(Some(52_200)), [Some(52_200), Some(2_500), Some(-200), Some(-2_200)]);
        assert_eq!(amounts(None), [Some(50_000), Some(2_500), Some(-200), None]);
    }

    #[test]
    fn a_kind_has_its_name() {
        use MovementKind::*;
        for (kind, name) in [
            (Deposit, "deposit"),
            (Reversal, "reversal"),
            (Withdrawal, "withdrawal"),
            (Adjustment, "adjustment"),
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
