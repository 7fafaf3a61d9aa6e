//! Reads bills, receipts and balances from IAK's answers.

use biller::{BalanceError, InquiryRequest, PaymentRequest, Receipt};
use domain::display::is_invisible;
use domain::{Bill, FailureReason, Quote, Reference, Rupiah};
use iak_protocol::BillAnswer;
use outbound::Reply;
use serde_json::Value;

use crate::sheets;

/// The longest name, period or receipt number, in characters.
const MAX_LINE: usize = 100;

/// The bill of a successful inquiry, or why the answer is not a usable bill.
pub(super) fn read(
    answer: &BillAnswer<'_>,
    question: &InquiryRequest,
    reference: &Reference,
) -> Result<Quote, Box<str>> {
    let missing = |field: &str| -> Box<str> { format!("the answer has no {field}").into() };
    let differs = |field: &str| -> Box<str> { format!("the answer has another {field}").into() };
    // It must be there: an answer without it could be another inquiry's.
    if answer.ref_id.as_deref() != Some(reference.as_str()) {
        return Err(differs("ref_id"));
    }
    if answer.code.as_ref().is_some_and(|code| code != question.biller_code.as_str()) {
        return Err(differs("code"));
    }
    if answer.hp.as_ref().is_some_and(|hp| **hp != *question.customer_no) {
        return Err(differs("hp"));
    }
    let tr_id = answer.tr_id.filter(|tr_id| *tr_id > 0).ok_or_else(|| missing("tr_id"))?;
    let nominal = answer.nominal.ok_or_else(|| missing("nominal"))?;
    let cost = answer.selling_price.ok_or_else(|| missing("selling_price"))?;
    let admin = answer.admin.unwrap_or_default();
    let price = nominal.checked_add(admin);
    if answer.price.is_some_and(|told| Some(told) != price) {
        return Err("the answer's price is not nominal and admin".into());
    }
    if nominal <= 0 || cost <= 0 || admin < 0 {
        return Err("the answer has an amount that is not above zero".into());
    }
    let details = answer.desc.as_ref().map_or("[]", |desc| desc.as_str());
    let bill = Bill {
        customer_name: line(answer.tr_name.as_deref()),
        period: line(answer.period.as_deref()),
        nominal: Rupiah::new(nominal),
        sheets: sheets(details, admin),
        details: details.into(),
    };
    Ok(Quote {
        bill,
        biller_reference: Some(tr_id.to_string().into()),
        cost: Some(Rupiah::new(cost)),
        admin: Some(Rupiah::new(admin)),
    })
}

/// The number of bill sheets in the details, in the fields of IAK's examples; 1 where a family has none.
fn sheets(details: &str, admin: i64) -> u32 {
    let details: Value = serde_json::from_str(details).unwrap_or_default();
    let told = ["lembar_tagihan", "jumlah_tagihan", "bill_quantity"].into_iter().find_map(|name| {
        let value = details.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
    });
    sheets::plausible(told.and_then(|sheets| i64::try_from(sheets).ok()), admin)
}

/// A text of the biller as one line that is shown as it is written, at most [`MAX_LINE`] characters.
fn line(text: Option<&str>) -> Box<str> {
    let shown = text.unwrap_or_default().chars().filter(|c| !is_invisible(*c));
    shown.take(MAX_LINE).collect::<String>().into()
}

/// What an answer about a payment names that is not this payment's.
pub(super) fn names_another(
    answer: &BillAnswer<'_>,
    order: &PaymentRequest,
    tr_id: i64,
) -> Option<&'static str> {
    let inquiry = &order.inquiry;
    let reference = inquiry.reference.as_ref().map(Reference::as_str);
    if answer.tr_id.is_some_and(|named| named != tr_id) {
        Some("another tr_id")
    } else if answer.ref_id.as_deref().is_some_and(|ref_id| Some(ref_id) != reference) {
        Some("another ref_id")
    } else if answer.hp.as_deref().is_some_and(|hp| *hp != *inquiry.customer_no) {
        Some("another customer number")
    } else if answer.code.as_deref().is_some_and(|code| code != inquiry.code_at_biller().as_str()) {
        Some("another product")
    } else {
        None
    }
}

/// What a successful answer says that differs from the recorded bill. The cost may differ: IAK's own examples
/// have two figures for one bill.
pub(super) fn difference(
    answer: &BillAnswer<'_>,
    order: &PaymentRequest,
    tr_id: i64,
) -> Option<&'static str> {
    let inquiry = &order.inquiry;
    if answer.tr_id != Some(tr_id) {
        Some("no tr_id")
    } else if answer.nominal.is_some_and(|nominal| nominal != inquiry.bill.nominal.get()) {
        Some("another nominal")
    } else {
        None
    }
}

/// The receipt of a payment that was made.
pub(super) fn receipt(answer: &BillAnswer<'_>) -> Receipt {
    Receipt {
        receipt_no: line(answer.noref.as_deref()),
        details: answer.desc.as_ref().map(|desc| desc.as_str().into()),
    }
}

/// The balance in an answer of the prepaid API: `{"data":{"balance":…,"rc":"00"}}`.
pub(super) fn read_balance(reply: &Reply) -> Result<Rupiah, BalanceError> {
    let unreachable = |why: String| BalanceError::Unreachable { why: why.into() };
    if reply.status == 404 {
        // Such as another lunas: it speaks the postpaid API only.
        return Err(unreachable(
            "there is no prepaid API at this address (HTTP status 404)".to_owned(),
        ));
    }
    let body: Value = serde_json::from_slice(&reply.body)
        .map_err(|_| unreachable(format!("no JSON, but the HTTP status {}", reply.status)))?;
    let data = &body["data"];
    match (data["rc"].as_str(), data["balance"].as_i64()) {
        (Some("00"), Some(balance)) => Ok(Rupiah::new(balance)),
        (Some("102" | "100" | "118" | "107" | "17"), _) => {
            Err(BalanceError::Refused(FailureReason::BillerAccountRejected))
        }
        (rc, _) => {
            Err(unreachable(format!("an answer without a balance, rc {}", rc.unwrap_or("none"))))
        }
    }
}
