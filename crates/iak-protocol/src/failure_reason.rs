//! The response code of each reason of a failure. This is the only table of both.

use domain::FailureReason::{self, *};

use crate::ResponseCode;

impl ResponseCode {
    /// The code that a partner gets for a reason.
    pub const fn of(reason: FailureReason) -> ResponseCode {
        match reason {
            CustomerUnknown => ResponseCode::IncorrectDestination,
            CustomerBlocked => ResponseCode::CustomerBlocked,
            BillingNumberBlocked => ResponseCode::BillingIdBlocked,
            NumberNotSupported => ResponseCode::NumberNotSupported,
            CarrierMismatch => ResponseCode::OperatorMismatch,
            ServiceEnded => ResponseCode::ServiceExpired,
            BillNotAvailable => ResponseCode::BillNotAvailable,
            AlreadyPaid => ResponseCode::InvoicePaid,
            PaidElsewhere => ResponseCode::BillPaid,
            ArrearsPaid => ResponseCode::ArrearPaid,
            OtherArrears => ResponseCode::AnotherArrear,
            AllPeriodsDue => ResponseCode::PayAllPeriods,
            TotalTooHigh => ResponseCode::TotalBillExceeded,
            PastDueDate => ResponseCode::DueDateExceeded,
            PayAtCounter => ResponseCode::PayAtCounter,
            PayAtCompany => ResponseCode::PayAtCompany,
            InvalidAmount => ResponseCode::InvalidAmount,
            InquiryFailed => ResponseCode::InquiryFailed,
            InquiryExpired => ResponseCode::BillingIdExpired,
            InquiryUnknown => ResponseCode::InquiryNotFound,
            PaymentFailed => ResponseCode::PaymentFailed,
            PaymentNotProcessed => ResponseCode::RequestAgain,
            PaymentNotReceived => ResponseCode::PaymentNotReceived,
            TransactionRefused => ResponseCode::TransactionFailed,
            BillUnpaid => ResponseCode::BillUnpaid,
            TryAgainLater => ResponseCode::TryAgainLater,
            ProductUnknown => ResponseCode::ProductUnregistered,
            ProductUnavailable => ResponseCode::ProductOutOfService,
            ProductNotAllowed => ResponseCode::IdNotAllowed,
            OutsideHours => ResponseCode::CutOff,
            // The partner can do nothing about the last three, and needs not know them.
            BillerSystemError | BillerUnavailable | BillerBalanceTooLow | BillerAccountRejected => {
                ResponseCode::BillerError
            }
            BillerTimeout => ResponseCode::Timeout,
            BillerMaintenance => ResponseCode::Maintenance,
            BillerDatabaseError => ResponseCode::DatabaseError,
            BillerGeneralError => ResponseCode::GeneralError,
            UndefinedError => ResponseCode::UndefinedError,
            InProcess => ResponseCode::Pending,
            UndefinedAnswer => ResponseCode::UndefinedResponseCode,
            BalanceTooLow => ResponseCode::BalanceNotEnough,
            InvalidRefId => ResponseCode::InvalidRefId,
            DuplicateRefId => ResponseCode::DuplicateRefId,
            MalformedRequest => ResponseCode::FormatError,
            InvalidCommand => ResponseCode::InvalidCommand,
            PageNotFound => ResponseCode::PageNotFound,
            InvalidSignature => ResponseCode::InvalidSignature,
            AddressNotAllowed => ResponseCode::InvalidIpAddress,
            AccountSuspended => ResponseCode::AccountSuspended,
        }
    }

    /// The reason that the code gives; of several, the first one. A success has none.
    pub fn reason(self) -> Option<FailureReason> {
        FailureReason::ALL.iter().copied().find(|reason| ResponseCode::of(*reason) == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the partner need not know has the code of another reason.
    const OF_LUNAS_ALONE: [FailureReason; 3] =
        [BillerUnavailable, BillerBalanceTooLow, BillerAccountRejected];

    #[test]
    fn every_reason_has_a_code_that_gives_it_back() {
        for reason in FailureReason::ALL.iter().copied() {
            let expected =
                if OF_LUNAS_ALONE.contains(&reason) { BillerSystemError } else { reason };
            assert_eq!(ResponseCode::of(reason).reason(), Some(expected), "{reason:?}");
        }
    }

    #[test]
    fn every_code_except_success_comes_back_from_its_reason() {
        for code in ResponseCode::ALL.iter().copied() {
            let back = code.reason().map(ResponseCode::of);
            assert_eq!(back, (code != ResponseCode::Success).then_some(code), "{code}");
        }
    }

    #[test]
    fn what_the_reference_does_not_have_is_no_code_and_so_no_reason() {
        for unknown in ["", "5", "12", "037", "104", "202", "999", "customer-unknown"] {
            assert_eq!(ResponseCode::parse(unknown).and_then(ResponseCode::reason), None);
        }
    }
}
