//! Faulty billers, for testing how the gateway reacts.

use biller::{PayError, Receipt, Status};
use domain::FailureReason;

/// A fault in a payment. The last eight digits of the customer's number select it: `99999001` to
/// `99999006`, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The request is lost, and the biller guarantees that it will never execute it.
    NeverCame,
    /// The request is lost; the biller answers "not found" and guarantees nothing.
    NotFound,
    /// The answer to the payment is about another one.
    PaidAnother,
    /// The request is lost, and the answer to a status query is about another payment.
    ToldOfAnother,
    /// The payment is refused; later its status is paid.
    RefusedThenPaid,
    /// The payment is accepted; later its status is failed.
    PaidThenFailed,
}

impl Fault {
    /// The fault that a customer's number selects.
    pub(super) fn of(hp: &str) -> Option<Fault> {
        Some(match hp.get(hp.len().checked_sub(8)?..)? {
            "99999001" => Fault::NeverCame,
            "99999002" => Fault::NotFound,
            "99999003" => Fault::PaidAnother,
            "99999004" => Fault::ToldOfAnother,
            "99999005" => Fault::RefusedThenPaid,
            "99999006" => Fault::PaidThenFailed,
            _ => return None,
        })
    }

    /// The answer to the payment; without the fault it would be this receipt.
    pub(super) fn pay(self, receipt: Receipt) -> Result<Receipt, PayError> {
        match self {
            Fault::NeverCame | Fault::NotFound | Fault::ToldOfAnother => {
                Err(PayError::MaybeSent { why: "the connection was lost".into() })
            }
            Fault::PaidAnother => Err(PayError::Mismatch { why: ANOTHER.into() }),
            Fault::RefusedThenPaid => Err(PayError::Refused(FailureReason::PaymentFailed)),
            Fault::PaidThenFailed => Ok(receipt),
        }
    }

    /// The answer to a status query.
    pub(super) fn status(self, receipt: Receipt) -> Status {
        match self {
            Fault::NeverCame => Status::NotFound { is_final: true },
            Fault::NotFound => Status::NotFound { is_final: false },
            Fault::PaidAnother | Fault::ToldOfAnother => Status::Mismatch { why: ANOTHER.into() },
            Fault::RefusedThenPaid => Status::Paid(receipt),
            Fault::PaidThenFailed => Status::Failed(FailureReason::PaymentFailed),
        }
    }
}

const ANOTHER: &str = "the answer is for another customer's number";
