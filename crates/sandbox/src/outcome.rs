//! The outcome of an inquiry and of its payment.

use domain::FailureReason;
use iak_protocol::{Class, ResponseCode};

use super::fault::Fault;

/// The outcome of a customer's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is a bill, and its payment succeeds.
    Pays,
    /// There is a bill, and its payment stays pending.
    Pends,
    /// There is a bill, and its payment is refused.
    PaymentFails(FailureReason),
    /// There is no bill.
    InquiryFails(FailureReason),
    /// There is a bill, and its payment has this fault.
    Faults(Fault),
}

impl Outcome {
    /// The outcome for these response codes of the inquiry and of its payment.
    pub(super) fn of(inquiry: ResponseCode, payment: ResponseCode) -> Outcome {
        match (inquiry.reason(), payment.class(), payment.reason()) {
            (Some(reason), _, _) => Outcome::InquiryFails(reason),
            // The reference lists it as pending: it is not a definite failure.
            (None, Class::Pending, _) => Outcome::Pends,
            (None, _, Some(reason)) => Outcome::PaymentFails(reason),
            (None, _, None) => Outcome::Pays,
        }
    }

    /// The outcome that the last four digits of the number select, if any.
    pub(super) fn of_last_four_digits(hp: &str) -> Option<Outcome> {
        let digits = hp.as_bytes().last_chunk::<4>()?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let code = &hp[hp.len() - 3..];
        let code = ResponseCode::parse(code.strip_prefix('0').unwrap_or(code))?;
        match digits[0] {
            b'0' => Some(Outcome::of(code, ResponseCode::Success)),
            b'1' => Some(Outcome::of(ResponseCode::Success, code)),
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
            ("5550014", Some(InquiryFails(FailureReason::CustomerUnknown))),
            ("5550103", Some(InquiryFails(FailureReason::BillerTimeout))),
            ("5550039", Some(InquiryFails(FailureReason::InProcess))),
            ("5551037", Some(PaymentFails(FailureReason::PaymentFailed))),
            ("5551105", Some(PaymentFails(FailureReason::BillerSystemError))),
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
