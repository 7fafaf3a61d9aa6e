//! The meaning and cause of each response code, and what to do.

mod means;
mod todo;

use iak_protocol::{Class, ResponseCode};

use crate::commands::Text;
use crate::lang::Lang;

use ResponseCode::*;
use Side::*;

/// Who can remove the cause of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Nobody,
    /// The developer of the client.
    Client,
    /// The customer: a number, a bill, an amount.
    Customer,
    Biller,
    Gateway,
}

impl Side {
    pub(crate) const fn name(self, lang: Lang) -> &'static str {
        match self {
            Nobody => lang.say("tidak ada", "nobody"),
            Client => lang.say("program Anda", "your program"),
            Customer => lang.say("pelanggan atau tagihannya", "the customer or the bill"),
            Biller => lang.say("biller", "the biller"),
            Gateway => lang.say("gateway ini", "this gateway"),
        }
    }
}

/// The texts about a code.
pub(crate) struct Advice {
    pub(crate) side: Side,
    means: Text,
    todo: Text,
}

impl Advice {
    pub(crate) const fn means(&self, lang: Lang) -> &'static str {
        lang.say(self.means.0, self.means.1)
    }

    pub(crate) const fn todo(&self, lang: Lang) -> &'static str {
        lang.say(self.todo.0, self.todo.1)
    }
}

/// How final a code is, in a sentence.
pub(crate) const fn finality(class: Class, lang: Lang) -> &'static str {
    match class {
        Class::Success => lang.say("Selesai.", "It is done."),
        Class::Failed => lang.say(
            "Pasti tidak jadi. Deposit tidak berkurang.",
            "It has definitely failed. The balance is unchanged.",
        ),
        Class::Pending => lang.say(
            "Belum pasti. Perlakukan sebagai sedang diproses sampai cek status memberi respons akhir.",
            "Not known yet. Treat it as in process until checkstatus gives a final result.",
        ),
    }
}

/// The name of a class; also its CSS class.
pub(crate) const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Success => "success",
        Class::Failed => "failed",
        Class::Pending => "pending",
    }
}

/// The class in words.
pub(crate) const fn class_word(class: Class, lang: Lang) -> &'static str {
    match class {
        Class::Success => lang.say("berhasil", "success"),
        Class::Failed => lang.say("gagal", "failed"),
        Class::Pending => lang.say("belum pasti", "pending"),
    }
}

/// The texts and side of a code.
pub(crate) const fn about(code: ResponseCode) -> Advice {
    Advice { side: side(code), means: means::means(code), todo: todo::todo(code) }
}

/// Who can remove the cause of a code.
const fn side(code: ResponseCode) -> Side {
    match code {
        Success => Nobody,
        InvoicePaid | BillingIdBlocked | InquiryFailed | BillNotAvailable | CustomerBlocked
        | IncorrectDestination | NumberNotSupported | OperatorMismatch | PayAtCounter
        | TotalBillExceeded | PayAllPeriods | BillPaid | AnotherArrear | DueDateExceeded
        | ArrearPaid | PayAtCompany | ServiceExpired => Customer,
        BillUnpaid | InvalidRefId | BillingIdExpired | InquiryNotFound | DuplicateRefId
        | BalanceNotEnough | ProductUnregistered | PaymentNotReceived | InvalidAmount
        | InvalidSignature | InvalidCommand | InvalidIpAddress | FormatError | IdNotAllowed
        | PageNotFound | AccountSuspended => Client,
        UndefinedError
        | TransactionFailed
        | PaymentFailed
        | RequestAgain
        | Pending
        | Timeout
        | BillerError
        | CutOff
        | Maintenance
        | UndefinedResponseCode => Biller,
        TryAgainLater | DatabaseError | GeneralError | ProductOutOfService => Gateway,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page of a code names every cause for which lunas answers it.
    #[test]
    fn every_cause_of_a_code_is_named() {
        for (code, side, parts) in [
            (ProductOutOfService, Gateway, &["not on sale", "no biller is connected"][..]),
            (BalanceNotEnough, Client, &["Your own balance at this gateway", "minimum"]),
            (
                TryAgainLater,
                Gateway,
                &["HTTP 200: another payment", "HTTP 429: requests", "HTTP 503: the gateway"],
            ),
            (Maintenance, Biller, &["The biller's system", "only passes the code on"]),
        ] {
            let advice = about(code);
            assert_eq!(advice.side, side, "{code}");
            for part in parts {
                assert!(advice.means(Lang::En).contains(part), "{code}: {part}");
            }
        }
        assert!(about(ProductOutOfService).means(Lang::Id).contains("belum ada biller"));
    }

    #[test]
    fn pending_codes_advise_checkstatus_and_no_other_code_does() {
        for code in ResponseCode::ALL.iter().copied() {
            let asks = about(code).todo.1.contains("checkstatus until");
            assert_eq!(asks, code.class() == Class::Pending, "{code}");
        }
    }
}
