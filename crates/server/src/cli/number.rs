//! Numbers on the command line.

use std::str::FromStr;

/// Parses a whole number. The error says what is expected, unlike the standard library's.
pub(super) fn whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a whole number in digits alone, such as 1000000")
}
