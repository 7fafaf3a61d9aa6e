//! Converts between wire types and domain types by hand: which code and which fields a partner gets
//! for each result.

use domain::payment::State;
use domain::product::{Family, RequiredField};
use domain::{PartnerId, Payment, ProductCode, RefId, Refusal, Transaction};
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
    let code = match why {
        InquiryFailure::Refused(refusal) => refusal_code(*refusal),
        InquiryFailure::Needs(_) => ResponseCode::FormatError,
        InquiryFailure::Amount => ResponseCode::InvalidAmount,
        InquiryFailure::Biller(reason) => ResponseCode::of(*reason),
        InquiryFailure::TimedOut => ResponseCode::Timeout,
    };
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
    let code = refusal_code(not_begun.why);
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
    let mut answer = standing(transaction, code, message);
    if code == ResponseCode::Success {
        answer.status = None;
    }
    answer.noref_tag = family.map_or(NorefTag::Noref, noref_tag);
    answer
}

/// The state of a transaction, for a status request.
pub(crate) fn status(transaction: &Transaction) -> BillAnswer<'_> {
    let code = state_code(transaction);
    let mut answer = standing(transaction, code, code.status_message());
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
fn standing<'a>(
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

fn refusal_code(refusal: Refusal) -> ResponseCode {
    match refusal {
        Refusal::DuplicateRefId => ResponseCode::DuplicateRefId,
        Refusal::UnknownTransaction => ResponseCode::InquiryNotFound,
        Refusal::Suspended | Refusal::UnknownPartner => ResponseCode::AccountSuspended,
        Refusal::UnknownProduct => ResponseCode::ProductUnregistered,
        Refusal::Expired => ResponseCode::BillingIdExpired,
        Refusal::ProductOff => ResponseCode::ProductOutOfService,
        Refusal::Closed => ResponseCode::CutOff,
        Refusal::DepositTooLow => ResponseCode::BalanceNotEnough,
        Refusal::BillInProcess => ResponseCode::TryAgainLater,
        Refusal::Unpayable | Refusal::Overflow => ResponseCode::InvalidAmount,
        Refusal::NotBegun
        | Refusal::LeaseLost
        | Refusal::UsernameTaken
        | Refusal::TwoKeys
        | Refusal::CodeUsed
        | Refusal::FloorAboveDeposit
        | Refusal::NotEnded
        | Refusal::NoCallbackUrl
        | Refusal::ReferenceTaken(_)
        | Refusal::UnknownDeposit
        | Refusal::AlreadyReversed(_)
        | Refusal::NotFree(_) => ResponseCode::GeneralError,
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
