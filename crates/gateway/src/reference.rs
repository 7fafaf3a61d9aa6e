//! lunas's references at billers.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::Reference;

/// Base32 without letters that look like digits.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Makes references: a random prefix of this process, and a counter. As each process has a prefix of its own, no
/// reference is used twice, also after the books are restored from a backup.
pub(crate) struct References {
    prefix: u64,
    made: AtomicU64,
}

impl References {
    pub(crate) fn new(prefix: u64) -> References {
        References { prefix, made: AtomicU64::new(0) }
    }

    /// A reference that was never used.
    #[expect(clippy::expect_used, reason = "at most 26 letters and digits")]
    pub(crate) fn next(&self) -> Reference {
        let mut text = String::with_capacity(26);
        write(self.prefix, 13, &mut text);
        write(self.made.fetch_add(1, Ordering::Relaxed), 1, &mut text);
        Reference::new(&text).expect("letters and digits")
    }
}

/// Appends a number with at least so many digits.
fn write(number: u64, least: usize, text: &mut String) {
    let digit = |place: u32| {
        let value = number.checked_shr(place * 5).unwrap_or(0) & 31;
        char::from(DIGITS[value as usize])
    };
    let needed = (64 - number.leading_zeros()).div_ceil(5) as usize;
    let places = u32::try_from(needed.max(least)).unwrap_or(13);
    text.extend((0..places).rev().map(digit));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_reference_is_made_twice_by_any_process() {
        let mut made = BTreeSet::new();
        for prefix in [0, 1, 31, 32, 7 << 40, u64::MAX - 1, u64::MAX] {
            let references = References::new(prefix);
            for _ in 0..2000 {
                let reference = references.next();
                assert!(reference.as_str().len() <= 32, "{reference}");
                assert!(made.insert(reference), "made twice");
            }
        }
    }

    #[test]
    fn the_prefix_has_one_length_so_that_two_cannot_meet() {
        for prefix in [0, 5, u64::MAX] {
            assert_eq!(References::new(prefix).next().as_str().len(), 14);
        }
        assert_eq!(References::new(0).next().as_str(), "00000000000000");
        assert_eq!(References::new(33).next().as_str(), "00000000000110");
    }
}
