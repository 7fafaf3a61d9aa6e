//! The client's choices in an inquiry.

use domain::FailureReason::{self, InquiryFailed, InvalidAmount};
use domain::Rupiah;
use domain::product::RequiredField;

use biller::InquiryRequest;

/// The choices of a request, checked against what its family requires.
pub(super) struct Choices {
    /// How many months are paid, 1 to 12; 1 if the client cannot choose.
    pub(super) months: u32,
    /// The tax year; 0 if there is none.
    pub(super) year: u16,
    /// The owner's identity number, escaped for a JSON string.
    pub(super) identity: String,
    /// The amount to pay, if the client chooses it.
    pub(super) amount: Option<Rupiah>,
}

impl Choices {
    /// Reads the choices. A missing choice is code 09. An amount of zero is code 93, and so are
    /// months outside 1 to 12, because the months set the amount.
    pub(super) fn of(question: &InquiryRequest) -> Result<Choices, FailureReason> {
        let mut choices = Choices { months: 1, year: 0, identity: String::new(), amount: None };
        match question.family.required_field() {
            Some(RequiredField::Month) => choices.months = question.month.ok_or(InquiryFailed)?,
            Some(RequiredField::Year) => choices.year = question.year.ok_or(InquiryFailed)?,
            Some(RequiredField::Identity) => {
                choices.identity = escaped(question.identity.as_deref().ok_or(InquiryFailed)?);
            }
            Some(RequiredField::Amount) => {
                choices.amount = Some(question.amount.ok_or(InquiryFailed)?)
            }
            None => {}
        }
        let months_fit = (1..=12).contains(&choices.months);
        let amount_fits = choices.amount.is_none_or(Rupiah::is_positive);
        (months_fit && amount_fits).then_some(choices).ok_or(InvalidAmount)
    }
}

/// Escapes `text` for a JSON string.
pub(super) fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
