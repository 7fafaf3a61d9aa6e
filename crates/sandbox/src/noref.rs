//! Reference numbers of payments.

use domain::TrId;
use domain::splitmix64::splitmix64;

/// The reference number of a payment in the format `form`, in which `#` is a decimal digit and `x`
/// or `X` a hexadecimal one. Two payments never have the same.
///
/// Each digit of the `tr_id`, from the last, is shifted by a hash of its lower digits. This can be
/// reversed from the last digit on, so different numbers stay different while the text looks
/// random. If a `tr_id` has more digits than the form, the rest stays in front.
pub(super) fn noref(form: &str, tr_id: TrId) -> Box<str> {
    let mut rest = tr_id.0.cast_unsigned();
    let mut lower = 0;
    let mut reversed: Vec<char> = Vec::with_capacity(form.len());
    for place in form.chars().rev() {
        let (radix, digits): (u64, &[u8]) = match place {
            '#' => (10, b"0123456789"),
            'x' => (16, b"0123456789abcdef"),
            'X' => (16, b"0123456789ABCDEF"),
            literal => {
                reversed.push(literal);
                continue;
            }
        };
        let digit = rest % radix;
        rest /= radix;
        let shifted = (digit + lower % radix) % radix;
        reversed.push(char::from(digits[shifted as usize]));
        lower = splitmix64(lower ^ digit);
    }
    let text: String = reversed.iter().rev().collect();
    match rest {
        0 => text.into(),
        more => format!("{more}{text}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn it_has_the_form_that_was_asked_for() {
        let number = noref("iakxxxxxxxxxxxxx", TrId(219_342_820));
        let (prefix, hex) = number.split_at(3);
        assert_eq!((prefix, hex.len()), ("iak", 13));
        assert!(hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        let number = noref("#######/07/2019", TrId(24_462));
        assert!(number[..7].bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(&number[7..], "/07/2019");
        let number = noref("XXXXXXXX", TrId(1));
        assert!(number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')));
    }

    #[test]
    fn no_two_payments_share_one() {
        for form in ["##", "#/#", "xX", "#######"] {
            let numbers: HashSet<_> = (0..20_000).map(|id| noref(form, TrId(id))).collect();
            assert_eq!(numbers.len(), 20_000, "{form}");
        }
        let far = [0, 1, 10_000_000, i64::MAX - 1, i64::MAX, i64::MIN, -1];
        let numbers: HashSet<_> = far.map(|id| noref("#######", TrId(id))).into();
        assert_eq!(numbers.len(), far.len());
    }
}
