//! Limits of the amounts that a person enters: an operator, or a customer who chooses what to pay.
//!
//! They catch typing errors, and keep every sum of the ledger far from the limits of 64 bits. Stored amounts
//! are not checked against them.

use crate::Rupiah;

/// The largest amount: one trillion rupiah.
pub const MOST: i64 = 1_000_000_000_000;

/// One deposit.
pub const DEPOSIT: Bounds = Bounds { least: 1, most: MOST };

/// One adjustment of a balance. A negative one lowers the balance.
pub const ADJUSTMENT: Bounds = Bounds { least: -MOST, most: MOST };

/// The first deposit of a new partner. It may be zero.
pub const FIRST_DEPOSIT: Bounds = Bounds { least: 0, most: MOST };

/// A partner's minimum balance. A negative one grants credit.
pub const MIN_BALANCE: Bounds = Bounds { least: -MOST, most: MOST };

/// A fee or a commission per bill sheet. The highest one in the published price list is 5,000.
pub const A_SHEET: Bounds = Bounds { least: 0, most: 1_000_000 };

/// A range of whole rupiah; both ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    least: i64,
    most: i64,
}

/// The amount is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("whole rupiah from {} to {}", .0.least, .0.most)]
pub struct OutOfBounds(Bounds);

impl Bounds {
    /// Returns the amount if it is in range.
    pub fn check(self, amount: i64) -> Result<Rupiah, OutOfBounds> {
        let within = (self.least..=self.most).contains(&amount);
        within.then_some(Rupiah::new(amount)).ok_or(OutOfBounds(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_included() {
        for (bounds, least, most) in [
            (DEPOSIT, 1, 1_000_000_000_000),
            (ADJUSTMENT, -1_000_000_000_000, 1_000_000_000_000),
            (FIRST_DEPOSIT, 0, 1_000_000_000_000),
            (MIN_BALANCE, -1_000_000_000_000, 1_000_000_000_000),
            (A_SHEET, 0, 1_000_000),
        ] {
            for good in [least, most] {
                assert_eq!(bounds.check(good), Ok(Rupiah::new(good)), "{bounds:?}");
            }
            for bad in [least - 1, most + 1, i64::MIN, i64::MAX] {
                assert_eq!(bounds.check(bad), Err(OutOfBounds(bounds)), "{bad}");
            }
        }
        assert_eq!(OutOfBounds(A_SHEET).to_string(), "whole rupiah from 0 to 1000000");
    }
}
