//! Generated bills, for customer numbers that are not documented.

use domain::ProductCode;
use domain::splitmix64::splitmix64;

/// A customer generated from a seed, a product and a number.
pub(super) struct MadeUp(u64);

impl MadeUp {
    /// The same arguments always give the same customer.
    pub(super) fn customer(seed: u64, code: &ProductCode, hp: &str) -> MadeUp {
        // A code contains no space, so product and number cannot be confused.
        let text = code.as_str().bytes().chain([b' ']).chain(hp.bytes());
        MadeUp(text.fold(splitmix64(seed), |hash, byte| splitmix64(hash ^ u64::from(byte))))
    }

    /// A neutral name such as `PELANGGAN 4F2A`.
    pub(super) fn tr_name(&self) -> String {
        format!("PELANGGAN {:04X}", self.0 >> 48)
    }

    /// The amount owed: whole hundreds of rupiah from `least` to `greatest`.
    pub(super) fn nominal(&self, (least, greatest): (i64, i64)) -> i64 {
        let steps = (greatest - least) / 100 + 1;
        let step = self.0 % steps.cast_unsigned();
        least + step.cast_signed() * 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn seed_product_and_number_each_make_another_customer() {
        let customers = [(1, "PGAS", "1"), (2, "PGAS", "1"), (1, "PGA", "S1"), (1, "PGAS", "2")];
        let distinct: HashSet<_> = customers
            .map(|(seed, code, hp)| MadeUp::customer(seed, &ProductCode::new(code).unwrap(), hp).0)
            .into();
        assert_eq!(distinct.len(), customers.len());
    }

    #[test]
    fn what_is_owed_is_whole_hundreds_within_the_range() {
        let nominals: HashSet<_> =
            (0..1000).map(|hash| MadeUp(splitmix64(hash)).nominal((20_000, 21_000))).collect();
        let expected: HashSet<_> = (200..=210).map(|hundreds| hundreds * 100).collect();
        assert_eq!(nominals, expected);
    }
}
