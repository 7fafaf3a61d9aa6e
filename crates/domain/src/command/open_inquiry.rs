//! Records a bill under a new `tr_id`. No money moves.

use std::sync::Arc;

use super::{Command, Decision, Refusal};
use crate::payment::Exchange;
use crate::{
    BillerId, Books, Change, Inquiry, PartnerId, Price, ProductCode, Quote, RefId, RowSet,
    SoldProduct, TrId, Transaction,
};

/// Records a bill that the biller answered.
#[derive(Clone, Debug)]
pub struct OpenInquiry {
    pub partner: PartnerId,
    /// The partner's number for it.
    pub ref_id: RefId,
    pub code: ProductCode,
    pub customer_no: Box<str>,
    /// The biller that answered.
    pub biller: BillerId,
    /// Its answer.
    pub quote: Quote,
    /// The call to the biller. The time of its answer is the time of the inquiry.
    pub exchange: Exchange,
}

impl Command for OpenInquiry {
    type Outcome = Transaction;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.refs.push((self.partner, self.ref_id.clone()));
        touched.new_numbers += 1;
    }

    fn decide(&self, books: &Books) -> Result<Decision<Transaction>, Refusal> {
        if books.refs.contains_key(&(self.partner, self.ref_id.clone())) {
            return Err(Refusal::DuplicateRefId);
        }
        let product = books.catalogue.get(&self.code).ok_or(Refusal::UnknownProduct)?;
        let inquiry = Arc::new(Inquiry {
            tr_id: TrId(books.next_tr_id),
            partner: self.partner,
            ref_id: self.ref_id.clone(),
            code: self.code.clone(),
            customer_no: self.customer_no.clone(),
            price: Price::of(product, &self.quote)?,
            bill: self.quote.bill.clone(),
            biller: self.biller,
            biller_reference: self.quote.biller_reference.clone(),
            stated_cost: self.quote.cost,
            at: self.exchange.answered_at(),
            sold: SoldProduct { name: product.name.clone(), family: product.family },
        });
        let available = books.available(self.partner);
        Ok(Decision {
            outcome: Transaction { inquiry: Arc::clone(&inquiry), payment: None, available },
            changes: vec![Change::Opened(inquiry, self.exchange.clone())],
        })
    }
}
