//! How large the amounts may be that people give: an operator, or a customer who chooses what to pay.
//!
//! They catch an amount that was typed wrong, and keep every sum of the ledger far from the end of its
//! range. What is stored already is not held against them.

use crate::Rupiah;

/// The most that one amount may be: a trillion rupiah.
pub const MOST: i64 = 1_000_000_000_000;

/// What is paid into a deposit at one time.
pub const DEPOSIT: Bounds = Bounds { least: 1, most: MOST };

/// What a deposit begins with, which may be nothing.
pub const FIRST_DEPOSIT: Bounds = Bounds { least: 0, most: MOST };

/// What a deposit never goes below; below zero where credit is granted.
pub const LIMIT: Bounds = Bounds { least: -MOST, most: MOST };

/// A fee or a commission, for each sheet of a bill. The dearest that is published is 5,000.
pub const A_SHEET: Bounds = Bounds { least: 0, most: 1_000_000 };

/// A range of whole rupiah, with both its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    least: i64,
    most: i64,
}

/// An amount that is not in its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("whole rupiah from {} to {}", .0.least, .0.most)]
pub struct OutOfBounds(Bounds);

impl Bounds {
    /// The amount, if it is within.
    pub fn check(self, amount: i64) -> Result<Rupiah, OutOfBounds> {
        let within = (self.least..=self.most).contains(&amount);
        within.then_some(Rupiah::new(amount)).ok_or(OutOfBounds(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_within() {
        for (bounds, least, most) in [
            (DEPOSIT, 1, 1_000_000_000_000),
            (FIRST_DEPOSIT, 0, 1_000_000_000_000),
            (LIMIT, -1_000_000_000_000, 1_000_000_000_000),
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
