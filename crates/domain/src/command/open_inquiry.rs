//! Records a bill under a new `tr_id`. No money moves.

use std::sync::Arc;

use super::{Command, Decision};
use crate::bill::Unpayable;
use crate::payment::Exchange;
use crate::{
    BillerId, Books, Change, ExtraField, Inquiry, PartnerId, Price, ProductCode, Quote, RefId,
    Reference, RowSet, SoldProduct, TrId, Transaction,
};

/// Records a bill that the biller answered.
#[derive(Clone, Debug)]
pub struct OpenInquiry {
    pub partner: PartnerId,
    /// The partner's number for it.
    pub ref_id: RefId,
    pub code: ProductCode,
    pub customer_no: Box<str>,
    /// What it had beside the customer's number.
    pub extra: Option<ExtraField>,
    /// The biller that answered.
    pub biller: BillerId,
    /// The product's code there, if it is not the same.
    pub biller_code: Option<ProductCode>,
    /// lunas's reference there, if the biller needs one.
    pub reference: Option<Reference>,
    /// The billers before it that did not give the bill, and why, as text.
    pub passed_over: Option<Box<str>>,
    /// Its answer.
    pub quote: Quote,
    /// The call to the biller. The time of its answer is the time of the inquiry.
    pub exchange: Exchange,
    /// The calls to billers before it that did not give the bill.
    pub asked_before: Vec<Exchange>,
}

/// Why an inquiry is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum OpenInquiryRefusal {
    /// The partner has used this `ref_id` before.
    #[error("the ref_id is already used")]
    DuplicateRefId,
    /// There is no such product.
    #[error("there is no such product")]
    UnknownProduct,
    /// The biller's bill, with the product's fee, has no price that can be paid.
    #[error("the bill is not payable")]
    Unpayable,
    /// The biller takes more for the bill than the partner pays, and the product does not allow that.
    #[error("the bill would be sold below cost")]
    BelowCost,
}

impl From<Unpayable> for OpenInquiryRefusal {
    fn from(_: Unpayable) -> OpenInquiryRefusal {
        OpenInquiryRefusal::Unpayable
    }
}

impl Command for OpenInquiry {
    type Outcome = Transaction;
    type Refusal = OpenInquiryRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.refs.push((self.partner, self.ref_id.clone()));
        touched.new_numbers += 1;
    }

    fn decide(&self, books: &Books) -> Result<Decision<Transaction>, OpenInquiryRefusal> {
        if books.refs.contains_key(&(self.partner, self.ref_id.clone())) {
            return Err(OpenInquiryRefusal::DuplicateRefId);
        }
        let product = books.catalogue.get(&self.code);
        let product = product.ok_or(OpenInquiryRefusal::UnknownProduct)?;
        let price = Price::of(product, &self.quote)?;
        if product.refuses_cost(self.quote.cost, &price) {
            return Err(OpenInquiryRefusal::BelowCost);
        }
        let inquiry = Arc::new(Inquiry {
            tr_id: TrId(books.next_tr_id),
            partner: self.partner,
            ref_id: self.ref_id.clone(),
            code: self.code.clone(),
            customer_no: self.customer_no.clone(),
            price,
            bill: self.quote.bill.clone(),
            biller: self.biller,
            extra: self.extra.clone(),
            passed_over: self.passed_over.clone(),
            biller_code: self.biller_code.clone(),
            reference: self.reference.clone(),
            biller_reference: self.quote.biller_reference.clone(),
            stated_cost: self.quote.cost,
            at: self.exchange.answered_at(),
            sold: SoldProduct { name: product.name.clone(), family: product.family },
        });
        let available = books.available(self.partner);
        let (exchange, asked_before) = (self.exchange.clone(), self.asked_before.clone());
        let changes = vec![Change::Opened(Arc::clone(&inquiry), exchange, asked_before)];
        let transaction = Transaction { inquiry, payment: None, available };
        Ok(Decision::without_movement(transaction, changes))
    }
}
