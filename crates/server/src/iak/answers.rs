//! Converts between wire types and domain types by hand: which code and which fields a partner gets
//! for each result.

use domain::command::{BeginPaymentRefusal, OpenInquiryRefusal};
use domain::payment::State;
use domain::product::{Family, RequiredField};
use domain::{FailureReason, PartnerId, Payment, ProductCode, RefId, Transaction};
use gateway::{InquiryFailure, Paid, PayRefused, Request};
use iak_protocol::{
    BillAnswer, Desc, FieldFault, INQUIRY_SUCCESS, Inquiry, NorefTag, PAYMENT_SUCCESS, Product,
    ResponseCode,
};

/// A partner's inquiry for the gateway, or the code for what is wrong with it.
pub(crate) fn inquiry_request(
    partner: PartnerId,
    inquiry: &Inquiry<'_>,
) -> Result<Request, ResponseCode> {
    let owned = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(Into::into);
    Ok(Request {
        partner,
        ref_id: RefId::new(&inquiry.ref_id).map_err(|_| ResponseCode::InvalidRefId)?,
        code: ProductCode::new(&inquiry.code).map_err(|_| ResponseCode::ProductUnregistered)?,
        customer_no: inquiry.hp.as_ref().into(),
        month: inquiry.month.as_deref().and_then(|month| month.parse().ok()),
        year: inquiry.year.as_deref().and_then(|year| year.parse().ok()),
        identity: owned(&inquiry.nomor_identitas),
        amount: owned(&inquiry.amount),
    })
}

/// The answer with a recorded bill.
pub(crate) fn inquired(transaction: &Transaction) -> BillAnswer<'_> {
    let mut answer = bill(transaction, ResponseCode::Success, INQUIRY_SUCCESS);
    answer.desc = desc(&transaction.inquiry.bill.details);
    answer
}

/// A refused inquiry: its fields and the code.
pub(crate) fn refused_inquiry<'a>(inquiry: &'a Inquiry<'_>, code: ResponseCode) -> BillAnswer<'a> {
    let mut answer = BillAnswer::failure(code);
    answer.code = Some(inquiry.code.as_ref().into());
    answer.hp = Some(inquiry.hp.as_ref().into());
    answer.ref_id = Some(inquiry.ref_id.as_ref().into());
    answer
}

/// An inquiry that found no bill.
pub(crate) fn no_bill<'a>(inquiry: &'a Inquiry<'_>, why: &InquiryFailure) -> BillAnswer<'a> {
    let code = inquiry_code(why);
    let mut answer = refused_inquiry(inquiry, code);
    if let InquiryFailure::Needs(extra) = why {
        answer.error_details = vec![fault_of_needed(inquiry, *extra)];
    }
    answer
}

/// What is wrong with the field that the product requires.
fn fault_of_needed(inquiry: &Inquiry<'_>, extra: RequiredField) -> FieldFault {
    let (field, within) = match extra {
        RequiredField::Month => ("month", "month"),
        RequiredField::Year => ("year", "year"),
        RequiredField::Identity => ("nomor_identitas", "nomor_identitas"),
        RequiredField::Amount => ("desc.amount", "desc"),
    };
    let is_of_it = |fault: &&FieldFault| [field, within].contains(&&*fault.field);
    let given = inquiry.unusable.iter().find(is_of_it).cloned();
    given.unwrap_or(FieldFault::new(field, "is missing; this product needs it"))
}

/// A payment that could not start, with what is known about its transaction.
pub(crate) fn not_begun(tr_id: i64, not_begun: &PayRefused) -> BillAnswer<'_> {
    let code = payment_code(not_begun.why);
    match &not_begun.transaction {
        Some(transaction) => {
            let mut answer = bill(transaction, code, code.description());
            answer.status = Some(2);
            answer.balance = Some(transaction.available.get());
            answer
        }
        None => {
            let mut answer = BillAnswer::failure(code);
            answer.tr_id = Some(tr_id);
            answer
        }
    }
}

/// No transaction of the partner has this `ref_id`.
pub(crate) fn unknown_ref(ref_id: &str) -> BillAnswer<'_> {
    let mut answer = BillAnswer::failure(ResponseCode::InquiryNotFound);
    answer.ref_id = Some(ref_id.into());
    answer
}

/// The result of a request is unknown, so it is answered as in process.
pub(crate) fn unknown() -> BillAnswer<'static> {
    let mut answer = BillAnswer::new(ResponseCode::Pending, ResponseCode::Pending.description());
    answer.status = Some(3);
    answer
}

/// The state of a payment, for the partner that pays: 00 the first time, later 01 with the same
/// fields.
pub(crate) fn paid(paid: &Paid, family: Option<Family>) -> BillAnswer<'_> {
    let transaction = &paid.transaction;
    let code = match transaction.state() {
        State::Paid if paid.repeated => ResponseCode::InvoicePaid,
        _ => state_code(transaction),
    };
    let message = match code {
        ResponseCode::Success => PAYMENT_SUCCESS,
        _ => code.description(),
    };
    let mut answer = current_answer(transaction, code, message);
    if code == ResponseCode::Success {
        answer.status = None;
    }
    answer.noref_tag = family.map_or(NorefTag::Noref, noref_tag);
    answer
}

/// The state of a transaction, for a status request.
pub(crate) fn status(transaction: &Transaction) -> BillAnswer<'_> {
    let code = state_code(transaction);
    let mut answer = current_answer(transaction, code, code.status_message());
    if transaction.state() == State::Inquired {
        answer.datetime = Some(transaction.inquiry.at.compact().into());
    }
    answer
}

/// A product as the price list shows it.
pub(crate) fn listed(product: &domain::Product) -> Product<'_> {
    Product {
        code: product.code.as_str().into(),
        name: product.name.as_ref().into(),
        status: if product.active { 1 } else { 4 },
        fee: product.fee.get(),
        komisi: product.commission.get(),
        product_type: product.family.price_list_type().into(),
        category: "postpaid".into(),
        province: product.province.as_deref().map(Into::into),
    }
}

/// The fields of every answer about a recorded bill.
fn bill<'a>(
    transaction: &'a Transaction,
    code: ResponseCode,
    message: &'static str,
) -> BillAnswer<'a> {
    let inquiry = &*transaction.inquiry;
    let mut answer = BillAnswer::new(code, message);
    answer.tr_id = Some(inquiry.tr_id.0);
    answer.code = Some(inquiry.code.as_str().into());
    answer.hp = Some(inquiry.customer_no.as_ref().into());
    answer.tr_name = Some(inquiry.bill.customer_name.as_ref().into());
    answer.period = Some(inquiry.bill.period.as_ref().into());
    answer.nominal = Some(inquiry.bill.nominal.get());
    answer.admin = Some(inquiry.price.admin.get());
    answer.ref_id = Some(inquiry.ref_id.as_str().into());
    answer.price = Some(inquiry.price.price.get());
    answer.selling_price = Some(inquiry.price.selling_price.get());
    answer
}

/// The bill with its payment. A final payment always gives the same answer, including its balance;
/// an open one gives the current balance.
fn current_answer<'a>(
    transaction: &'a Transaction,
    code: ResponseCode,
    message: &'static str,
) -> BillAnswer<'a> {
    let mut answer = bill(transaction, code, message);
    let ended: Option<&Payment> =
        transaction.payment.as_ref().filter(|payment| payment.state.is_final());
    answer.status = Some(state_number(transaction.state()));
    answer.balance = Some(ended.map_or(transaction.available, |payment| payment.balance).get());
    answer.datetime = ended.map(|payment| payment.begun_at.compact().into());
    answer.noref = ended.map(|payment| payment.receipt_no.as_ref().into());
    let paid_desc = ended.and_then(|payment| payment.details.as_deref());
    answer.desc = desc(paid_desc.unwrap_or(&transaction.inquiry.bill.details));
    answer
}

/// `status` on the wire.
const fn state_number(state: State) -> u8 {
    match state {
        State::Inquired => 0,
        State::Paid => 1,
        State::Failed => 2,
        State::Paying | State::Pending => 3,
    }
}

fn state_code(transaction: &Transaction) -> ResponseCode {
    let reason = transaction.payment.as_ref().and_then(|payment| payment.reason);
    match transaction.state() {
        State::Inquired => ResponseCode::PaymentNotReceived,
        State::Paying | State::Pending => ResponseCode::Pending,
        State::Paid => ResponseCode::Success,
        State::Failed => reason.map_or(ResponseCode::PaymentFailed, ResponseCode::of),
    }
}

/// The code of a payment that could not start.
const fn payment_code(refusal: BeginPaymentRefusal) -> ResponseCode {
    match refusal {
        BeginPaymentRefusal::UnknownTransaction => ResponseCode::InquiryNotFound,
        BeginPaymentRefusal::Expired => ResponseCode::BillingIdExpired,
        BeginPaymentRefusal::ProductOff => ResponseCode::ProductOutOfService,
        BeginPaymentRefusal::Closed => ResponseCode::CutOff,
        BeginPaymentRefusal::UnknownPartner | BeginPaymentRefusal::Suspended => {
            ResponseCode::AccountSuspended
        }
        BeginPaymentRefusal::BillInProcess => ResponseCode::TryAgainLater,
        BeginPaymentRefusal::BalanceTooLow => ResponseCode::BalanceNotEnough,
        BeginPaymentRefusal::Overflow => ResponseCode::InvalidAmount,
    }
}

/// The code of an inquiry that has no bill.
const fn inquiry_code(failure: &InquiryFailure) -> ResponseCode {
    match failure {
        InquiryFailure::Refused(OpenInquiryRefusal::DuplicateRefId) => ResponseCode::DuplicateRefId,
        InquiryFailure::Refused(OpenInquiryRefusal::UnknownProduct) => {
            ResponseCode::ProductUnregistered
        }
        InquiryFailure::Refused(OpenInquiryRefusal::Unpayable) | InquiryFailure::Amount => {
            ResponseCode::InvalidAmount
        }
        InquiryFailure::ProductOff | InquiryFailure::Refused(OpenInquiryRefusal::BelowCost) => {
            ResponseCode::ProductOutOfService
        }
        InquiryFailure::Needs(_) => ResponseCode::FormatError,
        InquiryFailure::Biller(reason) => ResponseCode::of(*reason),
        InquiryFailure::BalanceThereTooLow { .. } => {
            ResponseCode::of(FailureReason::BillerBalanceTooLow)
        }
        InquiryFailure::Unreachable(_) => ResponseCode::Timeout,
    }
}

/// Recorded details were validated when they arrived; details that can no longer be parsed are
/// omitted.
fn desc(text: &str) -> Option<Desc<'_>> {
    Desc::new(text).inspect_err(|error| tracing::error!(%error, "recorded details")).ok()
}

const fn noref_tag(family: Family) -> NorefTag {
    match family {
        Family::Pdam
        | Family::PlnPostpaid
        | Family::InternetTelkom
        | Family::TelcoPostpaid
        | Family::TvNonTelkomvision
        | Family::TvTelkomvision => NorefTag::NoUnderscoreRef,
        _ => NorefTag::Noref,
    }
}

#[cfg(test)]
mod tests;
