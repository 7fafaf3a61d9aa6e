//! Why a biller refuses an inquiry or fails a payment, in the words of the trade.
//!
//! Each dialect maps its codes to these reasons, in one table of its own. A code without a reason stays in the
//! dialect: it says that nothing failed, or nothing that is known.

use std::fmt;

macro_rules! failure_reasons {
    ($($(#[$doc:meta])* $reason:ident = $name:literal;)*) => {
        /// Why a biller refused an inquiry or failed a payment.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FailureReason {
            $($(#[$doc])* $reason,)*
        }

        impl FailureReason {
            /// All reasons.
            pub const ALL: &'static [FailureReason] = &[$(FailureReason::$reason),*];

            /// Its name in the database.
            pub const fn name(self) -> &'static str {
                match self { $(FailureReason::$reason => $name),* }
            }

            /// The reason with that name.
            pub fn named(name: &str) -> Option<FailureReason> {
                match name {
                    $($name => Some(FailureReason::$reason),)*
                    _ => None,
                }
            }
        }
    };
}

failure_reasons! {
    // The customer's number.

    /// The biller does not know the customer's number.
    CustomerUnknown = "customer-unknown";
    /// The customer's number is blocked.
    CustomerBlocked = "customer-blocked";
    /// The number of the bill is blocked.
    BillingNumberBlocked = "billing-number-blocked";
    /// The product does not serve this number or its area.
    NumberNotSupported = "number-not-supported";
    /// The telephone number belongs to another carrier.
    CarrierMismatch = "carrier-mismatch";
    /// The customer's service has ended.
    ServiceEnded = "service-ended";

    // The bill.

    /// There is no bill for this period yet.
    BillNotAvailable = "bill-not-available";
    /// The bill has been paid.
    AlreadyPaid = "already-paid";
    /// The bill has been paid at another place.
    PaidElsewhere = "paid-elsewhere";
    /// Some or all of the arrears have been paid since the inquiry.
    ArrearsPaid = "arrears-paid";
    /// Other arrears must be paid first.
    OtherArrears = "other-arrears";
    /// All periods must be paid together.
    AllPeriodsDue = "all-periods-due";
    /// The total of the bill is above the biller's limit.
    TotalTooHigh = "total-too-high";
    /// The bill is past its due date and can only be paid at the biller's counter.
    PastDueDate = "past-due-date";
    /// The bill can only be paid at the biller's counter.
    PayAtCounter = "pay-at-counter";
    /// The bill can only be paid to its company.
    PayAtCompany = "pay-at-company";
    /// The amount, or the number of months, is not valid.
    InvalidAmount = "invalid-amount";

    // The inquiry or the payment.

    /// The biller could not answer the inquiry.
    InquiryFailed = "inquiry-failed";
    /// The inquiry is too old to be paid.
    InquiryExpired = "inquiry-expired";
    /// The biller does not know the inquiry.
    InquiryUnknown = "inquiry-unknown";
    /// The payment has failed. The biller gives no closer reason.
    PaymentFailed = "payment-failed";
    /// The payment has failed before it was processed; another request may succeed.
    PaymentNotProcessed = "payment-not-processed";
    /// The biller has not received the payment.
    PaymentNotReceived = "payment-not-received";
    /// The biller refused the transaction.
    TransactionRefused = "transaction-refused";
    /// The bill is not paid.
    BillUnpaid = "bill-unpaid";
    /// The biller cannot process it now: a limit of requests, or another request for the same bill.
    TryAgainLater = "try-again-later";

    // The product.

    /// The biller does not have the product.
    ProductUnknown = "product-unknown";
    /// The product is out of service or out of stock.
    ProductUnavailable = "product-unavailable";
    /// The account may not sell the product.
    ProductNotAllowed = "product-not-allowed";
    /// It is outside the service hours.
    OutsideHours = "outside-hours";

    // The biller.

    /// The biller's system has an error.
    BillerSystemError = "biller-system-error";
    /// The biller, or the system behind it, did not answer in time. The biller says that this is final.
    BillerTimeout = "biller-timeout";
    /// The biller's system is under maintenance.
    BillerMaintenance = "biller-maintenance";
    /// The biller cannot reach its database.
    BillerDatabaseError = "biller-database-error";
    /// The biller gives a general error.
    BillerGeneralError = "biller-general-error";
    /// The payment was not sent: there is no connection to the biller.
    BillerUnavailable = "biller-unavailable";
    /// The balance of lunas at the biller is too low.
    BillerBalanceTooLow = "biller-balance-too-low";
    /// The biller refuses the account of lunas: its key, its address or its permissions.
    BillerAccountRejected = "biller-account-rejected";

    // An inquiry without a result, as the sandbox simulates it.

    /// The biller gives an error without a meaning.
    UndefinedError = "undefined-error";
    /// The biller is still processing the inquiry.
    InProcess = "in-process";
    /// The biller gives an answer that its documentation does not have.
    UndefinedAnswer = "undefined-answer";

    // What lunas answers to a partner's own mistakes. Only the sandbox gives these, so that a partner can test
    // them. A connector uses `BillerBalanceTooLow` or `BillerAccountRejected`: the partner did not make the
    // mistake.

    /// The partner's balance is too low.
    BalanceTooLow = "balance-too-low";
    /// The reference of the partner is not valid.
    InvalidRefId = "invalid-ref-id";
    /// The reference of the partner has been used.
    DuplicateRefId = "duplicate-ref-id";
    /// The request is malformed.
    MalformedRequest = "malformed-request";
    /// There is no such command.
    InvalidCommand = "invalid-command";
    /// There is no such page.
    PageNotFound = "page-not-found";
    /// The signature does not fit.
    InvalidSignature = "invalid-signature";
    /// The address is not allowed.
    AddressNotAllowed = "address-not-allowed";
    /// The account is suspended.
    AccountSuspended = "account-suspended";
}

/// Its name in words: `customer unknown`.
impl FailureReason {
    /// Whether the cause lies with the biller or with lunas's account there, so that another biller may be
    /// asked. Otherwise the biller has spoken about the customer, the bill or the inquiry.
    pub const fn lies_with_biller(self) -> bool {
        use FailureReason::*;
        matches!(
            self,
            ProductUnknown
                | ProductUnavailable
                | ProductNotAllowed
                | OutsideHours
                | BillerSystemError
                | BillerTimeout
                | BillerMaintenance
                | BillerDatabaseError
                | BillerGeneralError
                | BillerUnavailable
                | BillerBalanceTooLow
                | BillerAccountRejected
        )
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('-', " "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_parsed_back() {
        for reason in FailureReason::ALL.iter().copied() {
            assert_eq!(FailureReason::named(reason.name()), Some(reason));
        }
        for unknown in ["", "37", "CustomerUnknown", "customer unknown", "customer-unknown "] {
            assert_eq!(FailureReason::named(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn a_reason_is_shown_in_words() {
        assert_eq!(FailureReason::CustomerUnknown.to_string(), "customer unknown");
    }
}
