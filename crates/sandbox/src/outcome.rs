//! The outcome of an inquiry and of its payment.

use domain::FailureCode;

use super::fault::Fault;

/// The outcome of a customer's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is a bill, and its payment succeeds.
    Pays,
    /// There is a bill, and its payment stays pending.
    Pends,
    /// There is a bill, and its payment is refused.
    PaymentFails(FailureCode),
    /// There is no bill.
    InquiryFails(FailureCode),
    /// There is a bill, and its payment has this fault.
    Faults(Fault),
}

const SUCCESS: FailureCode = FailureCode(0);

/// The response codes of the public reference.
const DOCUMENTED: [u16; 48] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 20, 30, 31, 32, 33, 34, 35, 36, 37,
    38, 39, 40, 41, 42, 91, 92, 93, 94, 100, 101, 102, 103, 105, 106, 107, 108, 109, 110, 117, 118,
    201,
];
/// The codes that the reference lists as pending: they are not a definite failure.
const PENDING: [u16; 3] = [5, 39, 201];

impl Outcome {
    /// The outcome for these response codes of the inquiry and of its payment.
    pub(super) fn of(inquiry: FailureCode, payment: Option<FailureCode>) -> Outcome {
        match payment {
            _ if inquiry != SUCCESS => Outcome::InquiryFails(inquiry),
            None | Some(SUCCESS) => Outcome::Pays,
            Some(FailureCode(code)) if PENDING.contains(&code) => Outcome::Pends,
            Some(reason) => Outcome::PaymentFails(reason),
        }
    }

    /// The outcome that the last four digits of the number select, if any.
    pub(super) fn of_last_four_digits(hp: &str) -> Option<Outcome> {
        let digits = hp.as_bytes().last_chunk::<4>()?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let [whose, code @ ..] = digits.map(|digit| u16::from(digit - b'0'));
        let reason = code.into_iter().fold(0, |code, digit| code * 10 + digit);
        if !DOCUMENTED.contains(&reason) {
            return None;
        }
        match whose {
            0 => Some(Outcome::of(FailureCode(reason), None)),
            1 => Some(Outcome::of(SUCCESS, Some(FailureCode(reason)))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::*;

    #[test]
    fn the_last_four_digits_name_a_response_code() {
        for (hp, expected) in [
            ("0000", Some(Pays)),
            ("5550000", Some(Pays)),
            ("5551000", Some(Pays)),
            ("5550014", Some(InquiryFails(FailureCode(14)))),
            ("5550103", Some(InquiryFails(FailureCode(103)))),
            ("5550039", Some(InquiryFails(FailureCode(39)))),
            ("5551037", Some(PaymentFails(FailureCode(37)))),
            ("5551105", Some(PaymentFails(FailureCode(105)))),
            ("5551039", Some(Pends)),
            ("5551005", Some(Pends)),
            ("5551201", Some(Pends)),
        ] {
            assert_eq!(Outcome::of_last_four_digits(hp), expected, "{hp}");
        }
    }

    #[test]
    fn other_digits_say_nothing() {
        for hp in ["", "014", "5552014", "5550012", "5551999", "555x014", "555 014", "555٣٣"] {
            assert_eq!(Outcome::of_last_four_digits(hp), None, "{hp:?}");
        }
    }
}
