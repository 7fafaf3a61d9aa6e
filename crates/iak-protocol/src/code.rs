//! The documented response codes: what each means and how final it is.

use std::fmt;

/// What a response code says about the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// It is done.
    Success,
    /// It has definitely failed.
    Failed,
    /// The outcome is unknown; only a later status shows it.
    Pending,
}

macro_rules! response_codes {
    ($($name:ident = $code:literal, $class:ident, $description:literal;)*) => {
        /// A documented response code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ResponseCode {
            $(
                #[doc = concat!("`", $code, "`: ", $description, ".")]
                $name,
            )*
        }

        impl ResponseCode {
            /// Every documented code, in the order of the reference.
            pub const ALL: &'static [ResponseCode] = &[$(ResponseCode::$name),*];

            /// The code on the wire: at least two digits.
            pub const fn as_str(self) -> &'static str {
                match self { $(ResponseCode::$name => $code),* }
            }

            /// The documented description, which is the `message` of a failure.
            pub const fn description(self) -> &'static str {
                match self { $(ResponseCode::$name => $description),* }
            }

            /// How final it is.
            pub const fn class(self) -> Class {
                match self { $(ResponseCode::$name => Class::$class),* }
            }

            /// Parses a code; `None` if the reference does not have it.
            pub fn parse(text: &str) -> Option<ResponseCode> {
                match text {
                    $($code => Some(ResponseCode::$name),)*
                    _ => None,
                }
            }
        }
    };
}

response_codes! {
    Success = "00", Success, "PAYMENT / INQUIRY SUCCESS";
    InvoicePaid = "01", Failed, "INVOICE HAS BEEN PAID";
    BillUnpaid = "02", Failed, "BILL UNPAID";
    InvalidRefId = "03", Failed, "INVALID REF ID";
    BillingIdExpired = "04", Failed, "BILLING ID EXPIRED";
    UndefinedError = "05", Pending, "UNDEFINED ERROR";
    InquiryNotFound = "06", Failed, "INQUIRY ID NOT FOUND";
    TransactionFailed = "07", Failed, "TRANSACTION FAILED";
    BillingIdBlocked = "08", Failed, "BILLING ID BLOCKED";
    InquiryFailed = "09", Failed, "INQUIRY FAILED";
    BillNotAvailable = "10", Failed, "BILL IS NOT AVAILABLE";
    DuplicateRefId = "11", Failed, "DUPLICATE REF ID";
    CustomerBlocked = "13", Failed, "CUSTOMER NUMBER BLOCKED";
    IncorrectDestination = "14", Failed, "INCORRECT DESTINATION NUMBER";
    NumberNotSupported = "15", Failed, "NUMBER THAT YOU ENTERED IS NOT SUPPORTED";
    OperatorMismatch = "16", Failed, "NUMBER DOESN'T MATCH THE OPERATOR";
    BalanceNotEnough = "17", Failed, "BALANCE NOT ENOUGH";
    ProductUnregistered = "20", Failed, "PRODUCT UNREGISTERED";
    PayAtCounter = "30", Failed, "PAYMENT HAVE TO BE DONE VIA COUNTER / PDAM";
    TotalBillExceeded = "31", Failed, "TRANSACTION REJECTED DUE TO EXCEEDING MAXIMAL TOTAL BILL ALLOWED";
    PayAllPeriods = "32", Failed, "TRANSACTION FAILED, PLEASE PAY BILL OF ALL PERIOD";
    TryAgainLater = "33", Failed, "TRANSACTION CAN'T BE PROCESS, PLEASE TRY AGAIN LATER";
    BillPaid = "34", Failed, "BILL HAS BEEN PAID";
    AnotherArrear = "35", Failed, "TRANSACTION REJECTED DUE TO ANOTHER UNPAID ARREAR";
    DueDateExceeded = "36", Failed, "EXCEEDING DUE DATE, PLEASE PAY IN THE COUNTER / PDAM";
    PaymentFailed = "37", Failed, "PAYMENT FAILED";
    RequestAgain = "38", Failed, "PAYMENT FAILED, PLEASE DO ANOTHER REQUEST";
    Pending = "39", Pending, "PENDING / TRANSACTION IN PROCESS";
    ArrearPaid = "40", Failed, "TRANSACTION REJECTED DUE TO ALL OR ONE OF THE ARREAR/INVOICE HAS BEEN PAID";
    PayAtCompany = "41", Failed, "CAN'T BE PAID IN COUNTER, PLEASE PAY TO THE CORRESPONDING COMPANY";
    PaymentNotReceived = "42", Failed, "PAYMENT REQUEST HAVEN'T BEEN RECEIEVED";
    DatabaseError = "91", Failed, "DATABASE CONNECTION ERROR";
    GeneralError = "92", Failed, "GENERAL ERROR";
    InvalidAmount = "93", Failed, "INVALID AMOUNT";
    ServiceExpired = "94", Failed, "SERVICE HAS EXPIRED";
    InvalidSignature = "100", Failed, "INVALID SIGNATURE";
    InvalidCommand = "101", Failed, "INVALID COMMAND";
    InvalidIpAddress = "102", Failed, "INVALID IP ADDRESS";
    Timeout = "103", Failed, "TIMEOUT";
    BillerError = "105", Failed, "MISC ERROR / BILLER SYSTEM ERROR";
    ProductOutOfService = "106", Failed, "PRODUCT IS TEMPORARILY OUT OF SERVICE";
    FormatError = "107", Failed, "XML FORMAT ERROR";
    IdNotAllowed = "108", Failed, "SORRY, YOUR ID CAN'T BE USED FOR THIS PRODUCT TRANSACTION";
    CutOff = "109", Failed, "SYSTEM CUT OFF";
    Maintenance = "110", Failed, "SYSTEM UNDER MAINTENANCE";
    PageNotFound = "117", Failed, "PAGE NOT FOUND";
    AccountSuspended = "118", Failed, "ACCOUNT SUSPENDED";
    UndefinedResponseCode = "201", Pending, "UNDEFINED RESPONSE CODE";
}

/// The `message` of a successful inquiry.
pub const INQUIRY_SUCCESS: &str = "INQUIRY SUCCESS";

/// The `message` of a successful payment, in its own answer and in a status check.
pub const PAYMENT_SUCCESS: &str = "PAYMENT SUCCESS";

impl ResponseCode {
    /// The `message` in an answer to `checkstatus`: Indonesian if the reference has it, otherwise
    /// the description.
    pub const fn status_message(self) -> &'static str {
        match self {
            ResponseCode::Success => PAYMENT_SUCCESS,
            ResponseCode::PaymentFailed => "PEMBAYARAN GAGAL",
            ResponseCode::Pending => "PENDING / TRANSAKSI SEDANG DIPROSES",
            ResponseCode::PaymentNotReceived => "REQUEST PEMBAYARAN BELUM DITERIMA",
            other => other.description(),
        }
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
