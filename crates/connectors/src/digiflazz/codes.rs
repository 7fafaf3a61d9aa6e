//! What each of Digiflazz's response codes (`rc`) means for a payer, by the question that it answers.
//!
//! The column that decides is whether a transaction was formed. A refusal without a transaction is a safe
//! failure of the first payment request. After a status query the same refusal says nothing about the payment.

use domain::FailureReason::{self, *};

/// What a code means as the answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is done.
    Done,
    /// Refused or failed, certainly and finally.
    Failed(FailureReason),
    /// Not decided yet.
    Pending,
    /// It looks like a failure, but the payment may have been made: only a status query shows it.
    Verify,
    /// Digiflazz has no such transaction. It forgets old ones, so this is no evidence of a failure.
    NotFound,
    /// The question was refused, or the answer does not fit it: it says nothing.
    Nothing,
}

/// The field `status`, which accompanies every code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TransactionStatus {
    Sukses,
    Pending,
    Gagal,
}

impl TransactionStatus {
    fn as_str(self) -> &'static str {
        match self {
            TransactionStatus::Sukses => "Sukses",
            TransactionStatus::Pending => "Pending",
            TransactionStatus::Gagal => "Gagal",
        }
    }
}

/// A code.
struct Row {
    rc: &'static str,
    /// What it means, for messages.
    text: &'static str,
    /// The `status` that belongs to it.
    stated: TransactionStatus,
    /// Whether a transaction was formed.
    formed: bool,
    /// After an inquiry.
    inquiry: Meaning,
    /// After the first and only payment request.
    payment: Meaning,
    /// After a status query.
    status: Meaning,
}

use Meaning::{Done, Failed, NotFound, Nothing, Pending, Verify};

/// A failed transaction. The same reason after all three questions.
const fn fails(rc: &'static str, reason: FailureReason, text: &'static str) -> Row {
    let failed = Failed(reason);
    let (inquiry, payment, status) = (failed, failed, failed);
    Row { rc, text, stated: TransactionStatus::Gagal, formed: true, inquiry, payment, status }
}

/// A refusal of the request itself. After a status query it says nothing about the payment.
const fn refuses(rc: &'static str, reason: FailureReason, text: &'static str) -> Row {
    let failed = Failed(reason);
    let (inquiry, payment, status) = (failed, failed, Nothing);
    Row { rc, text, stated: TransactionStatus::Gagal, formed: false, inquiry, payment, status }
}

/// A time-out behind Digiflazz. After a payment it is verified; the status query is the verification.
const fn times_out(rc: &'static str, text: &'static str) -> Row {
    Row { payment: Verify, ..fails(rc, BillerTimeout, text) }
}

/// A limit of requests, though the table says that a transaction was formed.
const fn limits(rc: &'static str, text: &'static str) -> Row {
    Row { payment: Verify, status: Nothing, ..fails(rc, TryAgainLater, text) }
}

/// The reference was used before. After a payment that may be this payment, so its status is asked for.
const fn repeats(rc: &'static str, text: &'static str) -> Row {
    Row { payment: Verify, status: Nothing, ..fails(rc, BillerUnavailable, text) }
}

/// Not decided. An inquiry is never pending.
const fn pends(rc: &'static str, text: &'static str) -> Row {
    let (inquiry, payment, status) = (Nothing, Pending, Pending);
    Row { rc, text, stated: TransactionStatus::Pending, formed: true, inquiry, payment, status }
}

/// Every documented code.
#[rustfmt::skip]
static TABLE: [Row; 48] = [
    Row { rc: "00", text: "success", stated: TransactionStatus::Sukses, formed: true, inquiry: Done, payment: Done, status: Done },
    times_out("01", "timeout"),
    Row { inquiry: Failed(InquiryFailed), ..fails("02", PaymentFailed, "transaction failed") },
    pends("03", "pending"),
    refuses("40", BillerUnavailable, "the request has a wrong field"),
    refuses("41", BillerAccountRejected, "wrong signature, or a key of the other mode"),
    refuses("42", BillerAccountRejected, "wrong user name"),
    refuses("43", ProductUnavailable, "product code not found or inactive"),
    // lunas's deposit at Digiflazz, not the partner's.
    refuses("44", BillerBalanceTooLow, "lunas's deposit is too low"),
    refuses("45", BillerAccountRejected, "address of lunas not allowed"),
    repeats("46", "transaction happened before"),
    refuses("47", TryAgainLater, "same transaction made by another buyer"),
    Row { formed: false, ..repeats("49", "reference used before") },
    Row { inquiry: Nothing, payment: Verify, status: NotFound, ..fails("50", PaymentNotReceived, "transaction not found") },
    fails("51", CustomerBlocked, "customer's number blocked"),
    fails("52", CarrierMismatch, "number of another operator"),
    fails("53", ProductUnavailable, "seller's product not available"),
    fails("54", CustomerUnknown, "wrong customer's number"),
    fails("55", ProductUnavailable, "product disturbed"),
    refuses("56", ProductUnavailable, "seller's balance used up"),
    fails("57", CustomerUnknown, "wrong number of digits"),
    fails("58", OutsideHours, "in cut-off"),
    fails("59", NumberNotSupported, "number outside the area"),
    fails("60", BillNotAvailable, "no bill, or none any more"),
    refuses("61", BillerBalanceTooLow, "lunas has made no deposit"),
    refuses("62", ProductUnavailable, "seller disturbed"),
    refuses("63", TryAgainLater, "same number again not supported"),
    refuses("64", BillerGeneralError, "deposit ticket refused"),
    refuses("65", TryAgainLater, "limit of the same number"),
    refuses("66", ProductUnavailable, "maintenance of the seller"),
    refuses("67", ProductUnavailable, "seller not verified"),
    refuses("68", ProductUnavailable, "out of stock"),
    refuses("69", BillerSystemError, "seller's price above the limit"),
    times_out("70", "timeout behind the seller"),
    fails("71", ProductUnavailable, "product unstable"),
    fails("72", TransactionRefused, "another package must be ended first"),
    fails("73", TotalTooHigh, "energy above the limit"),
    // The money of an earlier payment came back.
    Row { inquiry: Nothing, ..fails("74", PaymentFailed, "refunded") },
    refuses("80", ProductUnavailable, "lunas is blocked by the seller"),
    refuses("81", ProductUnavailable, "seller is blocked by lunas"),
    refuses("82", BillerAccountRejected, "account of lunas not verified"),
    refuses("83", TryAgainLater, "limit of price lists reached"),
    fails("84", InvalidAmount, "invalid amount"),
    limits("85", "limit of transactions reached"),
    limits("86", "limit of PLN checks reached"),
    refuses("87", InvalidAmount, "amount is not a multiple of 1,000"),
    refuses("88", BillerAccountRejected, "account of lunas may not do this"),
    pends("99", "routing trouble at Digiflazz"),
];

/// After an inquiry.
pub(super) fn after_inquiry(rc: &str, status: Option<&str>) -> Meaning {
    meaning(rc, status, |row| row.inquiry)
}

/// After a payment.
pub(super) fn after_payment(rc: &str, status: Option<&str>) -> Meaning {
    meaning(rc, status, |row| row.payment)
}

/// After a status query whose answer names the payment.
pub(super) fn after_status(rc: &str, status: Option<&str>) -> Meaning {
    meaning(rc, status, |row| row.status)
}

/// In a report that nobody asked for. It may be the first answer to the payment as well as a later one, so it
/// says only what would be said in both.
pub(super) fn in_report(rc: &str, status: Option<&str>) -> Meaning {
    let first = after_payment(rc, status);
    if first == after_status(rc, status) { first } else { Nothing }
}

/// Whether the answer with that code is about a transaction.
pub(super) fn is_formed(rc: &str) -> bool {
    row(rc).is_none_or(|row| row.formed)
}

/// The code and its meaning, for messages. The message of the answer may hold personal data.
pub(super) fn said(rc: &str) -> Box<str> {
    match row(rc) {
        Some(row) => format!("{rc}: {}", row.text).into(),
        None if rc.len() <= 3 && rc.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{rc}: an unknown code").into()
        }
        None => "an unknown code".into(),
    }
}

fn meaning(rc: &str, status: Option<&str>, column: fn(&Row) -> Meaning) -> Meaning {
    match (row(rc), status) {
        (Some(row), Some(status)) if status == row.stated.as_str() => column(row),
        // An answer about a transaction has its status. A refusal of the request may come without.
        (Some(row), None) if !row.formed => column(row),
        (Some(_), _) => Nothing,
        (None, status) if status == Some(TransactionStatus::Pending.as_str()) => Pending,
        (None, _) => Nothing,
    }
}

fn row(rc: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.rc == rc)
}

#[cfg(test)]
mod tests;
