//! Records a biller's bill under a new `tr_id`. No money moves.

use std::sync::Arc;

use super::{Command, Decision, Refusal};
use crate::payment::Exchange;
use crate::{
    Bill, Books, Change, Inquiry, PartnerId, Price, ProductCode, RefId, RowSet, SoldProduct, TrId,
    Transaction,
};

/// A bill that the biller has answered.
#[derive(Clone, Debug)]
pub struct OpenInquiry {
    /// Whose inquiry.
    pub partner: PartnerId,
    /// The partner's number for it.
    pub ref_id: RefId,
    /// Which product.
    pub code: ProductCode,
    /// The customer's number.
    pub customer_no: Box<str>,
    /// What is owed.
    pub bill: Bill,
    /// How the biller was asked; the inquiry's time is when the answer came.
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
            price: Price::of(product, &self.bill)?,
            bill: self.bill.clone(),
            at: self.exchange.answered_at(),
            sold: Some(SoldProduct { name: product.name.clone(), family: product.family }),
        });
        let available = books.available(self.partner);
        Ok(Decision {
            outcome: Transaction { inquiry: Arc::clone(&inquiry), payment: None, available },
            changes: vec![Change::Opened(inquiry, self.exchange.clone())],
        })
    }
}
