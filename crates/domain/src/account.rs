//! The accounts of the ledger.

use std::fmt;

use crate::{BillerId, PartnerId};

/// A ledger account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The outside world. Deposits come from here, withdrawals go there.
    Bank,
    /// Fees that customers pay.
    Fee,
    /// Commission granted to partners.
    Commission,
    /// What is left of a bill's nominal after the cost at the biller. It is negative where the biller takes
    /// more than the nominal, for example a fee of its own. Fee, commission and margin together are what the
    /// operator earns.
    Margin,
    /// Corrections of partners' balances.
    Adjustment,
    /// What a biller takes for the payments made through it.
    Biller(BillerId),
    /// What a partner can spend.
    Available(PartnerId),
    /// Holds of a partner's payments in process.
    Held(PartnerId),
}

impl Account {
    /// Its number in the database: the kind in the lowest four bits, the owner in the others.
    pub const fn number(self) -> i64 {
        match self {
            Account::Bank => 1,
            Account::Fee => 2,
            Account::Commission => 3,
            Account::Biller(BillerId(owner)) => owner << 4 | 4,
            Account::Available(PartnerId(owner)) => owner << 4 | 5,
            Account::Held(PartnerId(owner)) => owner << 4 | 6,
            Account::Margin => 7,
            Account::Adjustment => 8,
        }
    }

    /// The account with that number.
    pub const fn numbered(number: i64) -> Option<Account> {
        let owner = number >> 4;
        match (number & 15, owner) {
            (1, 0) => Some(Account::Bank),
            (2, 0) => Some(Account::Fee),
            (3, 0) => Some(Account::Commission),
            (4, 1..) => Some(Account::Biller(BillerId(owner))),
            (5, 1..) => Some(Account::Available(PartnerId(owner))),
            (6, 1..) => Some(Account::Held(PartnerId(owner))),
            (7, 0) => Some(Account::Margin),
            (8, 0) => Some(Account::Adjustment),
            _ => None,
        }
    }

    /// The account with that name, as [`Display`](fmt::Display) writes it.
    pub fn named(name: &str) -> Option<Account> {
        let (kind, owner) = match name.split_once('/') {
            None => (name, None),
            Some((kind, owner)) => (kind, Some(owner.parse().ok()?)),
        };
        match (kind, owner) {
            ("bank", None) => Some(Account::Bank),
            ("fee", None) => Some(Account::Fee),
            ("commission", None) => Some(Account::Commission),
            ("margin", None) => Some(Account::Margin),
            ("adjustment", None) => Some(Account::Adjustment),
            ("biller", Some(owner)) => Some(Account::Biller(BillerId(owner))),
            ("available", Some(owner)) => Some(Account::Available(PartnerId(owner))),
            ("held", Some(owner)) => Some(Account::Held(PartnerId(owner))),
            _ => None,
        }
    }
}

/// For example `available/12`.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Bank => f.write_str("bank"),
            Account::Fee => f.write_str("fee"),
            Account::Commission => f.write_str("commission"),
            Account::Margin => f.write_str("margin"),
            Account::Adjustment => f.write_str("adjustment"),
            Account::Biller(biller) => write!(f, "biller/{biller}"),
            Account::Available(partner) => write!(f, "available/{partner}"),
            Account::Held(partner) => write!(f, "held/{partner}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_account_has_its_number_and_its_name(owner in 1i64..=1 << 40) {
            for account in [
                Account::Bank,
                Account::Fee,
                Account::Commission,
                Account::Margin,
                Account::Adjustment,
                Account::Biller(BillerId(owner)),
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
        for number in [0, -3, 9, 4, 5, 6, 15, 17, 23, 24] {
            assert_eq!(Account::numbered(number), None, "{number}");
        }
        for name in ["", "bank/1", "held", "held/", "held/x", "available/1/2", "deposit/1"] {
            assert_eq!(Account::named(name), None, "{name:?}");
        }
    }
}
