//! Whole rupiah. There is no smaller unit on the wire or in the ledger, and no floating point.

use std::fmt;
use std::str::FromStr;

use crate::bounds;

/// An amount of whole rupiah, negative for a debit.
///
/// The arithmetic is checked: an amount that does not fit is an error of the command, never a wrapped
/// balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rupiah(i64);

/// A sum or product that does not fit 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amount does not fit")]
pub struct Overflow;

/// The text is not a valid amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected whole rupiah from 1 to {}, digits only, such as 50000", bounds::MOST)]
pub struct NotAnAmount;

impl Rupiah {
    /// Zero rupiah.
    pub const ZERO: Rupiah = Rupiah(0);

    /// `rupiah` whole rupiah.
    pub const fn new(rupiah: i64) -> Rupiah {
        Rupiah(rupiah)
    }

    /// The amount as a plain number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum.
    pub fn plus(self, other: Rupiah) -> Result<Rupiah, Overflow> {
        self.0.checked_add(other.0).map(Rupiah).ok_or(Overflow)
    }

    /// The difference.
    pub fn minus(self, other: Rupiah) -> Result<Rupiah, Overflow> {
        self.0.checked_sub(other.0).map(Rupiah).ok_or(Overflow)
    }

    /// The amount times `sheets`: fee and commission are per bill sheet.
    pub fn times(self, sheets: u32) -> Result<Rupiah, Overflow> {
        self.0.checked_mul(i64::from(sheets)).map(Rupiah).ok_or(Overflow)
    }

    /// The amount with the opposite sign.
    pub fn negated(self) -> Result<Rupiah, Overflow> {
        self.0.checked_neg().map(Rupiah).ok_or(Overflow)
    }

    /// The amount with dots as thousands separators, as in Indonesia: `1.250.000`.
    pub fn dotted(self) -> String {
        let digits = self.0.unsigned_abs().to_string();
        let mut text = String::from(if self.0 < 0 { "-" } else { "" });
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push('.');
            }
            text.push(digit);
        }
        text
    }

    /// Whether it is above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }
}

impl fmt::Display for Rupiah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Parses an amount that a person enters: digits only, from 1 to [`bounds::MOST`], no sign, fraction or
/// exponent.
impl FromStr for Rupiah {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Rupiah, NotAnAmount> {
        let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(amount) if digits_only => bounds::DEPOSIT.check(amount).map_err(|_| NotAnAmount),
            _ => Err(NotAnAmount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_digits_above_zero() {
        assert_eq!("50000".parse(), Ok(Rupiah::new(50_000)));
        assert_eq!("0050".parse(), Ok(Rupiah::new(50)));
        assert_eq!("1000000000000".parse(), Ok(Rupiah::new(bounds::MOST)));
        for bad in ["", "0", "-1", "+1", "1.0", "1e4", "1e400", " 1", "٣"] {
            assert_eq!(bad.parse::<Rupiah>(), Err(NotAnAmount), "{bad:?}");
        }
        for bad in ["1000000000001", "9223372036854775807", "9223372036854775808"] {
            assert_eq!(bad.parse::<Rupiah>(), Err(NotAnAmount), "{bad:?}");
        }
    }

    #[test]
    fn thousands_are_separated_by_dots() {
        for (amount, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1.000"),
            (-52_300, "-52.300"),
            (1_250_000, "1.250.000"),
            (i64::MIN, "-9.223.372.036.854.775.808"),
        ] {
            assert_eq!(Rupiah::new(amount).dotted(), text);
        }
    }

    #[test]
    fn arithmetic_never_wraps() {
        let most = Rupiah::new(i64::MAX);
        assert_eq!(most.plus(Rupiah::new(1)), Err(Overflow));
        assert_eq!(Rupiah::new(i64::MIN).minus(Rupiah::new(1)), Err(Overflow));
        assert_eq!(Rupiah::new(i64::MIN).negated(), Err(Overflow));
        assert_eq!(most.times(2), Err(Overflow));
        assert_eq!(Rupiah::new(2500).times(3), Ok(Rupiah::new(7500)));
    }
}
