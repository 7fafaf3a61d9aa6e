//! Numbers on the command line.

use std::str::FromStr;

/// A whole number. What is none is told what would be one, which the standard library does not.
pub(super) fn whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a whole number in digits alone, such as 1000000")
}
