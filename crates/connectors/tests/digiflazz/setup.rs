//! The connector, its questions and its orders.

use std::sync::Arc;
use std::time::Duration;

use biller::{Biller, InquiryRequest, PaymentRequest};
use connectors::connect;
use domain::partner::SealedKey;
use domain::product::RequiredField;
use domain::{
    BillerId, BillerKind, BillerName, BillerSettings, Family, Inquiry, Moment, PartnerId, Price,
    ProductCode, Quote, RefId, Reference, Rupiah, SoldProduct, TrId, Username,
};

use crate::numbers::IDENTITY;
use crate::server::{KEY, USERNAME};

pub(crate) const NOW: Moment = Moment::from_micros(1_546_275_600_000_000);

/// A connector with the right key.
pub(crate) fn connector(url: &str) -> Arc<dyn Biller> {
    connector_with(url, KEY)
}

pub(crate) fn connector_with(url: &str, key: &str) -> Arc<dyn Biller> {
    let settings = BillerSettings {
        id: BillerId(2),
        name: BillerName::new("digiflazz").unwrap(),
        kind: BillerKind::Digiflazz,
        url: url.into(),
        prepaid_url: None,
        account_since: domain::Moment::default(),
        username: Username::new(USERNAME).unwrap(),
        api_key: SealedKey(Box::default()),
        webhook_secret: None,
        testing: true,
        deadline: Duration::from_secs(2),
        concurrency: 4,
        paused: false,
        created_at: NOW,
    };
    connect(&settings, key.to_owned().into()).unwrap()
}

/// An inquiry with the fields that its family needs.
pub(crate) fn question(
    product: &str,
    family: Family,
    customer_no: &str,
    reference: &str,
) -> InquiryRequest {
    let needs = |field| family.required_field() == Some(field);
    InquiryRequest {
        code: ProductCode::new("ANYCODE").unwrap(),
        biller_code: ProductCode::new(product).unwrap(),
        reference: Some(Reference::new(reference).unwrap()),
        family,
        customer_no: customer_no.into(),
        month: needs(RequiredField::Month).then_some(1),
        year: needs(RequiredField::Year).then_some(2019),
        identity: needs(RequiredField::Identity).then(|| IDENTITY.into()),
        amount: needs(RequiredField::Amount).then(|| Rupiah::new(100_000)),
    }
}

/// The payment of a quote.
pub(crate) fn order(question: &InquiryRequest, quote: Quote) -> PaymentRequest {
    let (nominal, admin) = (quote.bill.nominal, quote.admin.unwrap());
    let price = nominal.plus(admin).unwrap();
    let inquiry = Inquiry {
        tr_id: TrId(1),
        partner: PartnerId(1),
        ref_id: RefId::new("r1").unwrap(),
        code: question.code.clone(),
        customer_no: question.customer_no.clone(),
        bill: quote.bill,
        price: Price { admin, commission: Rupiah::ZERO, price, selling_price: price },
        biller: BillerId(2),
        extra: None,
        passed_over: None,
        biller_code: Some(question.biller_code.clone()),
        reference: question.reference.clone(),
        biller_reference: quote.biller_reference,
        stated_cost: quote.cost,
        at: NOW,
        sold: SoldProduct { name: "A product".into(), family: question.family },
    };
    PaymentRequest { inquiry: Arc::new(inquiry), family: question.family, begun_at: NOW }
}

/// The payment of PLN's first test number under that reference, after its inquiry.
pub(crate) async fn pln_order(biller: &dyn Biller, reference: &str) -> PaymentRequest {
    let question = question("pln", Family::PlnPostpaid, "530000000001", reference);
    let quote = biller.inquire(&question).await.answer.unwrap();
    order(&question, quote)
}
