//! What an answer says about a payment. Status answers and webhooks are read by the same rules.

use biller::{PayError, PaymentRequest, Receipt, Status};
use domain::FailureReason;

use super::answer::Answer;
use super::codes::{self, Meaning};
use super::quote;
use super::request::Subject;

/// How it came to an answer about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// It was asked for, after the payment request was answered or given up.
    StatusQuery,
    /// Digiflazz sent it unasked, perhaps before it answered the payment request.
    Report,
}

/// The answer to the payment request itself.
pub(super) fn of_payment(
    answer: &Answer,
    order: &PaymentRequest,
    subject: &Subject<'_>,
) -> Result<Receipt, PayError> {
    if let Some(why) = answer.names_another(subject) {
        return Err(PayError::Mismatch { why: why.into() });
    }
    let maybe_sent = || PayError::MaybeSent { why: why_nothing(answer) };
    match codes::after_payment(&answer.rc, answer.status.as_deref()) {
        Meaning::Done if answer.ref_id.is_none() => Err(maybe_sent()),
        Meaning::Done => match quote::difference(answer, order) {
            Some(why) => Err(PayError::Mismatch { why: why.into() }),
            None => Ok(quote::receipt(answer, order)),
        },
        // The failure of a transaction names it; the refusal of the request may come without.
        Meaning::Failed(_) if answer.ref_id.is_none() && codes::is_formed(&answer.rc) => {
            Err(maybe_sent())
        }
        Meaning::Failed(reason) => Err(PayError::Refused(closer(reason, answer))),
        Meaning::Pending => Err(PayError::InProcess),
        Meaning::Verify => Err(PayError::Unverified { why: codes::said(&answer.rc) }),
        Meaning::NotFound | Meaning::Nothing => Err(maybe_sent()),
    }
}

/// An answer about the state of a payment.
pub(super) fn of_status(answer: &Answer, order: &PaymentRequest, occasion: Occasion) -> Status {
    let subject = match Subject::of_payment(order) {
        Ok(subject) => subject,
        Err(why) => return Status::Unknown { why: why.into() },
    };
    if let Some(why) = answer.names_another(&subject) {
        return Status::Mismatch { why: why.into() };
    }
    let read = match occasion {
        Occasion::StatusQuery => codes::after_status,
        Occasion::Report => codes::in_report,
    };
    // Only an answer that names the payment says that it is over.
    let names_it = answer.ref_id.is_some();
    match read(&answer.rc, answer.status.as_deref()) {
        Meaning::Done if names_it => match quote::difference(answer, order) {
            Some(why) => Status::Mismatch { why: why.into() },
            None => Status::Paid(quote::receipt(answer, order)),
        },
        // Digiflazz forgets what is older than 90 days, and says so with a code of its choice.
        Meaning::Failed(_) if answer.says_no_data() => Status::NotFound { is_final: false },
        Meaning::Failed(reason) if names_it => Status::Failed(closer(reason, answer)),
        Meaning::Pending => Status::Pending,
        Meaning::NotFound => Status::NotFound { is_final: false },
        Meaning::Nothing if answer.says_no_data() => Status::NotFound { is_final: false },
        Meaning::Done | Meaning::Failed(_) | Meaning::Verify | Meaning::Nothing => {
            Status::Unknown { why: why_nothing(answer) }
        }
    }
}

/// The reason, or the closer one that the message has: one code is for bills that are not there yet and for
/// those that are paid.
pub(super) fn closer(reason: FailureReason, answer: &Answer) -> FailureReason {
    match reason {
        FailureReason::BillNotAvailable if answer.says_paid() => FailureReason::AlreadyPaid,
        reason => reason,
    }
}

/// Why an answer decides nothing, without the biller's own words.
pub(super) fn why_nothing(answer: &Answer) -> Box<str> {
    let said = codes::said(&answer.rc);
    let status = match answer.status.as_deref() {
        Some(status @ ("Sukses" | "Gagal" | "Pending")) => status,
        Some(_) => "of another kind",
        None => "missing",
    };
    let reference = if answer.ref_id.is_some() { "" } else { ", without a ref_id" };
    format!("{said}; its status is {status}{reference}").into()
}

#[cfg(test)]
mod tests;
