//! The sandbox biller against the public reference and against hostile input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod choices;
mod documented;
mod faults;
mod made_up;
mod outcomes;
mod pending;
mod registry;
mod scenarios;

use std::sync::Arc;

use biller::{Biller, BoxFuture, InquiryError, InquiryRequest, PayError, PaymentRequest, Receipt};
use domain::{
    Bill, FailureReason, Inquiry, Moment, PartnerId, Price, Product, ProductCode, RefId, Rupiah,
    SoldProduct, TrId,
};
use iak_protocol::ResponseCode;
use sandbox::{Sandbox, Settings, catalogue};

const BEGUN_AT: Moment = Moment::from_micros(1_533_290_870_000_000);

fn sandbox() -> Sandbox {
    sandbox_with(Settings::default())
}

fn sandbox_with(settings: Settings) -> Sandbox {
    Sandbox::new(settings, |time| Box::pin(tokio::time::sleep(time)))
}

fn product(code: &str) -> Product {
    let product = catalogue().into_iter().find(|product| product.code.as_str() == code);
    product.unwrap_or_else(|| panic!("{code} is no product"))
}

/// Requests the bill of `hp`, with every choice that a family may require.
fn question(code: &str, hp: &str) -> InquiryRequest {
    InquiryRequest {
        code: ProductCode::new(code).unwrap(),
        biller_code: ProductCode::new(code).unwrap(),
        reference: None,
        family: product(code).family,
        customer_no: hp.into(),
        month: Some(1),
        year: Some(2019),
        identity: Some("0212502110170100".into()),
        amount: Some(Rupiah::new(100_000)),
    }
}

/// Orders the payment of the `bill` that the `question` was answered with.
fn order(question: &InquiryRequest, bill: Bill, tr_id: i64) -> PaymentRequest {
    let product = product(question.code.as_str());
    PaymentRequest {
        inquiry: Arc::new(Inquiry {
            tr_id: TrId(tr_id),
            partner: PartnerId(1),
            ref_id: RefId::new("09128374651").unwrap(),
            code: question.code.clone(),
            customer_no: question.customer_no.clone(),
            price: Price::of(&product, &bill.clone().into()).unwrap(),
            bill,
            biller: sandbox::BILLER_ID,
            extra: None,
            passed_over: None,
            biller_code: None,
            reference: None,
            biller_reference: None,
            stated_cost: None,
            at: BEGUN_AT,
            sold: SoldProduct { name: product.name.clone(), family: product.family },
        }),
        family: question.family,
        begun_at: BEGUN_AT,
    }
}

fn bill(sandbox: &Sandbox, code: &str, hp: &str) -> Result<Bill, InquiryError> {
    wait(sandbox.inquire(&question(code, hp))).map(|quote| quote.bill)
}

/// Pays the bill of a success number of that product, under the number `hp`.
fn pay(sandbox: &Sandbox, code: &str, hp: &str, tr_id: i64) -> Result<Receipt, PayError> {
    wait(sandbox.pay(&some_order(sandbox, code, hp, tr_id)))
}

fn some_order(sandbox: &Sandbox, code: &str, hp: &str, tr_id: i64) -> PaymentRequest {
    let owed = bill(sandbox, code, "0000").unwrap();
    order(&question(code, hp), owed, tr_id)
}

fn wait<T>(reply: BoxFuture<'_, biller::Reply<T>>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(reply).answer
}

/// The reason of a documented response code.
fn reason(code: u16) -> FailureReason {
    ResponseCode::parse(&format!("{code:02}")).and_then(ResponseCode::reason).unwrap()
}

fn refused_inquiry(code: u16) -> Result<Bill, InquiryError> {
    Err(InquiryError::Refused(reason(code)))
}

fn refused_payment(code: u16) -> Result<Receipt, PayError> {
    Err(PayError::Refused(reason(code)))
}

/// JSON text without the spaces between its parts.
fn compacted(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let significant = json.chars().filter(|&c| {
        let blank = !inside && c.is_ascii_whitespace();
        if c == '"' && !escaped {
            inside = !inside;
        }
        escaped = c == '\\' && !escaped;
        !blank
    });
    significant.collect()
}
