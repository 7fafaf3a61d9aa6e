//! What each of IAK's response codes means for a payer, by the question that it answers.

use domain::FailureReason::{self, *};
use iak_protocol::ResponseCode;

/// What a code means as the answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is done.
    Done,
    /// The request was refused before anything was done. Such an answer may come without the transaction.
    Refused(FailureReason),
    /// Failed, certainly and finally, if the answer names the transaction.
    Failed(FailureReason),
    /// Failed, if the answer names the transaction and its `status` says so, too. Without that it may be the
    /// trouble of the question, or about somebody else's payment of the bill.
    FailedIfStated(FailureReason),
    /// Not decided yet.
    Pending,
    /// It looks like a failure, but the answer may have got lost on the way to IAK or back: only a status
    /// query shows it.
    Verify,
    /// IAK has the inquiry, but no payment of it.
    NotReceived,
    /// The question was refused, or the answer does not fit it: it says nothing.
    Nothing,
}

/// A code, and its meaning after an inquiry, after a payment, and after a status query.
type Row = (ResponseCode, Meaning, Meaning, Meaning);

/// The same reason after all three questions.
const fn fails(code: ResponseCode, reason: FailureReason) -> Row {
    (code, Meaning::Failed(reason), Meaning::Failed(reason), Meaning::Failed(reason))
}

/// A refusal of the question itself. After a status query it says nothing about the payment.
const fn refuses(code: ResponseCode, reason: FailureReason) -> Row {
    (code, Meaning::Refused(reason), Meaning::Refused(reason), Meaning::Nothing)
}

/// IAK's own trouble, or a bill that is paid: by this payment or by somebody else's. After a payment it is
/// verified; after a status query it is final if the answer names the payment and states the failure.
const fn verified(code: ResponseCode, reason: FailureReason) -> Row {
    (code, Meaning::Failed(reason), Meaning::Verify, Meaning::FailedIfStated(reason))
}

/// Not decided. An inquiry has no bill then, and moves no money.
const fn pending(code: ResponseCode, reason: FailureReason) -> Row {
    (code, Meaning::Failed(reason), Meaning::Pending, Meaning::Pending)
}

/// Every documented code. The order is that of the reference.
#[rustfmt::skip]
const TABLE: [Row; 48] = [
    (ResponseCode::Success, Meaning::Done, Meaning::Done, Meaning::Done),
    verified(ResponseCode::InvoicePaid, AlreadyPaid),
    fails(ResponseCode::BillUnpaid, BillUnpaid),
    refuses(ResponseCode::InvalidRefId, BillerUnavailable),
    fails(ResponseCode::BillingIdExpired, InquiryExpired),
    pending(ResponseCode::UndefinedError, UndefinedError),
    // After a status query: another account or another environment.
    (ResponseCode::InquiryNotFound, Meaning::Failed(InquiryUnknown), Meaning::Failed(InquiryUnknown), Meaning::Nothing),
    fails(ResponseCode::TransactionFailed, TransactionRefused),
    fails(ResponseCode::BillingIdBlocked, BillingNumberBlocked),
    fails(ResponseCode::InquiryFailed, InquiryFailed),
    fails(ResponseCode::BillNotAvailable, BillNotAvailable),
    // lunas's reference was used before, which is lunas's fault and not the partner's.
    refuses(ResponseCode::DuplicateRefId, BillerUnavailable),
    fails(ResponseCode::CustomerBlocked, CustomerBlocked),
    fails(ResponseCode::IncorrectDestination, CustomerUnknown),
    fails(ResponseCode::NumberNotSupported, NumberNotSupported),
    fails(ResponseCode::OperatorMismatch, CarrierMismatch),
    // lunas's balance at IAK, not the partner's.
    refuses(ResponseCode::BalanceNotEnough, BillerBalanceTooLow),
    fails(ResponseCode::ProductUnregistered, ProductUnavailable),
    fails(ResponseCode::PayAtCounter, PayAtCounter),
    fails(ResponseCode::TotalBillExceeded, TotalTooHigh),
    fails(ResponseCode::PayAllPeriods, AllPeriodsDue),
    fails(ResponseCode::TryAgainLater, TryAgainLater),
    verified(ResponseCode::BillPaid, PaidElsewhere),
    fails(ResponseCode::AnotherArrear, OtherArrears),
    fails(ResponseCode::DueDateExceeded, PastDueDate),
    fails(ResponseCode::PaymentFailed, PaymentFailed),
    fails(ResponseCode::RequestAgain, PaymentNotProcessed),
    pending(ResponseCode::Pending, InProcess),
    verified(ResponseCode::ArrearPaid, ArrearsPaid),
    fails(ResponseCode::PayAtCompany, PayAtCompany),
    (ResponseCode::PaymentNotReceived, Meaning::Failed(PaymentNotReceived), Meaning::Nothing, Meaning::NotReceived),
    verified(ResponseCode::DatabaseError, BillerDatabaseError),
    verified(ResponseCode::GeneralError, BillerGeneralError),
    fails(ResponseCode::InvalidAmount, InvalidAmount),
    fails(ResponseCode::ServiceExpired, ServiceEnded),
    refuses(ResponseCode::InvalidSignature, BillerAccountRejected),
    refuses(ResponseCode::InvalidCommand, BillerUnavailable),
    refuses(ResponseCode::InvalidIpAddress, BillerAccountRejected),
    verified(ResponseCode::Timeout, BillerTimeout),
    verified(ResponseCode::BillerError, BillerSystemError),
    fails(ResponseCode::ProductOutOfService, ProductUnavailable),
    refuses(ResponseCode::FormatError, BillerUnavailable),
    fails(ResponseCode::IdNotAllowed, ProductNotAllowed),
    fails(ResponseCode::CutOff, OutsideHours),
    verified(ResponseCode::Maintenance, BillerMaintenance),
    refuses(ResponseCode::PageNotFound, BillerUnavailable),
    refuses(ResponseCode::AccountSuspended, BillerAccountRejected),
    pending(ResponseCode::UndefinedResponseCode, UndefinedAnswer),
];

/// After an inquiry.
pub(super) fn after_inquiry(code: ResponseCode) -> Meaning {
    row(code).1
}

/// After a payment.
pub(super) fn after_payment(code: ResponseCode) -> Meaning {
    row(code).2
}

/// After a status query whose answer names the payment.
pub(super) fn after_status(code: ResponseCode) -> Meaning {
    row(code).3
}

fn row(code: ResponseCode) -> Row {
    let found = TABLE.iter().copied().find(|row| row.0 == code);
    found.unwrap_or((code, Meaning::Nothing, Meaning::Nothing, Meaning::Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_documented_code_once() {
        let codes: Vec<ResponseCode> = TABLE.iter().map(|row| row.0).collect();
        assert_eq!(codes, ResponseCode::ALL);
    }

    /// The rows that have cost others money.
    #[test]
    fn a_payment_is_failed_only_by_what_cannot_have_been_paid() {
        use Meaning::*;
        let codes = |texts: &'static [&'static str]| {
            texts.iter().filter_map(|text| ResponseCode::parse(text))
        };
        for code in codes(&["39", "05", "201"]) {
            assert_eq!((after_payment(code), after_status(code)), (Pending, Pending), "{code}");
        }
        for code in codes(&["103", "105", "91", "92", "110", "01", "34", "40"]) {
            assert_eq!(after_payment(code), Verify, "{code}");
        }
        for code in codes(&["100", "102", "117", "118", "101", "107", "17", "06", "03", "11"]) {
            assert_eq!(after_status(code), Nothing, "{code}: the question was refused");
        }
        assert_eq!(after_status(ResponseCode::PaymentNotReceived), NotReceived);
        assert_eq!(after_payment(ResponseCode::PaymentNotReceived), Nothing);
    }

    #[test]
    fn lunas_own_troubles_are_not_the_partners() {
        for (code, reason) in [
            (ResponseCode::BalanceNotEnough, BillerBalanceTooLow),
            (ResponseCode::InvalidSignature, BillerAccountRejected),
            (ResponseCode::InvalidIpAddress, BillerAccountRejected),
            (ResponseCode::AccountSuspended, BillerAccountRejected),
        ] {
            for meaning in [after_inquiry(code), after_payment(code)] {
                assert_eq!(meaning, Meaning::Refused(reason));
            }
            let told = ResponseCode::of(reason);
            assert!([ResponseCode::BillerError, ResponseCode::ProductOutOfService].contains(&told));
        }
    }

    #[test]
    fn an_inquiry_is_passed_on_only_for_what_lies_with_the_biller() {
        for code in ResponseCode::ALL.iter().copied() {
            let (Meaning::Failed(reason) | Meaning::Refused(reason)) = after_inquiry(code) else {
                continue;
            };
            let about_customer = ["02", "08", "10", "13", "14", "15", "16", "34", "35", "36"];
            if about_customer.contains(&code.as_str()) {
                assert!(!reason.lies_with_biller(), "{code}");
            }
            if ["17", "20", "91", "100", "102", "103", "105", "106", "109", "110"]
                .contains(&code.as_str())
            {
                assert!(reason.lies_with_biller(), "{code}");
            }
        }
    }
}
