//! Begins another attempt of a payment, at the next biller, after the attempt before it certainly failed.

use std::sync::Arc;

use super::{Command, Decision};
use crate::follow_up::FencingToken;
use crate::payment::Exchange;
use crate::{
    Attempt, BillerId, Books, Change, Inquiry, PartnerId, Payment, ProductCode, Quote, Reference,
    RowSet, TrId, Transaction,
};

/// Begins an attempt at a biller that has answered the same bill. Only the payer begins one.
#[derive(Clone, Debug)]
pub struct BeginAttempt {
    pub partner: PartnerId,
    pub tr_id: TrId,
    /// The biller that is asked to pay.
    pub biller: BillerId,
    /// The product's code there, if it is not the same.
    pub biller_code: Option<ProductCode>,
    /// lunas's reference there, if the biller needs one.
    pub reference: Option<Reference>,
    /// Its answer to the inquiry.
    pub quote: Quote,
    /// The call in which it answered. The time of its answer is the time of the attempt.
    pub exchange: Exchange,
    /// The calls to billers before it that did not give the bill.
    pub asked_before: Vec<Exchange>,
}

/// Why an attempt does not begin. The payment then ends with the attempt before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BeginAttemptRefusal {
    /// The partner has no such payment.
    #[error("there is no such payment")]
    UnknownPayment,
    /// Its current attempt has not certainly failed, or the payment has ended.
    #[error("the attempt before has not failed")]
    NotFailed,
    /// Another caller has claimed the payment.
    #[error("the payment was taken over by another")]
    LeaseLost,
    /// A biller said that it took an earlier attempt after all.
    #[error("an earlier attempt was taken after all")]
    Contradicted,
    /// The product does not allow a second attempt.
    #[error("the product does not allow payments to go on at another biller")]
    NotAllowed,
    /// The biller of the attempt that failed cannot be the next one.
    #[error("the biller is the one that failed")]
    SameBiller,
    /// The biller answered another amount. The partner was told the first one.
    #[error("the bill has another nominal there")]
    OtherNominal,
    /// The biller takes more for the bill than the partner pays, and the product does not allow that.
    #[error("the bill would be sold below cost")]
    BelowCost,
}

impl Command for BeginAttempt {
    type Outcome = Transaction;
    type Refusal = BeginAttemptRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Transaction>, BeginAttemptRefusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id);
        let Some(Transaction { inquiry, payment: Some(mut payment), available }) = transaction
        else {
            return Err(BeginAttemptRefusal::UnknownPayment);
        };
        let after = payment.failed_attempt().ok_or(BeginAttemptRefusal::NotFailed)?;
        let follow_up = books.follow_up(self.tr_id);
        if follow_up.token != FencingToken::PAYER {
            return Err(BeginAttemptRefusal::LeaseLost);
        }
        if follow_up.is_contradicted() {
            return Err(BeginAttemptRefusal::Contradicted);
        }
        self.check(books, &inquiry, &payment)?;
        let attempt = Arc::new(Attempt {
            number: payment.attempt_number() + 1,
            biller: self.biller,
            biller_code: self.biller_code.clone(),
            reference: self.reference.clone(),
            biller_reference: self.quote.biller_reference.clone(),
            stated_cost: self.quote.cost,
            begun_at: self.exchange.answered_at(),
            after,
        });
        let mut changes: Vec<_> = asked_before(&self.asked_before, &mut payment).collect();
        payment.biller = self.biller;
        payment.reason = None;
        payment.open_because = None;
        payment.exchanges += 1;
        payment.attempt = Some(Arc::clone(&attempt));
        let exchange = Some(Exchange { attempt: attempt.number, ..self.exchange.clone() });
        changes.push(Change::Settled { payment: payment.clone(), movement: None, exchange });
        changes.push(Change::Attempted(self.partner, self.tr_id, attempt));
        let transaction = Transaction { inquiry, payment: Some(payment), available };
        Ok(Decision::without_movement(transaction, changes))
    }
}

/// Records calls to billers that did not give the bill of a payment whose attempt has failed.
pub(super) fn asked_before(
    exchanges: &[Exchange],
    payment: &mut Payment,
) -> impl Iterator<Item = Change> {
    exchanges.iter().map(|exchange| {
        payment.exchanges += 1;
        let exchange = Some(exchange.clone());
        Change::Settled { payment: payment.clone(), movement: None, exchange }
    })
}

impl BeginAttempt {
    /// Checks what another biller answered against what the partner was told.
    fn check(
        &self,
        books: &Books,
        inquiry: &Inquiry,
        payment: &Payment,
    ) -> Result<(), BeginAttemptRefusal> {
        let product = books.catalogue.get(&inquiry.code);
        let product = product.filter(|product| product.failover_payments);
        let product = product.ok_or(BeginAttemptRefusal::NotAllowed)?;
        if self.biller == payment.biller || self.biller == inquiry.biller {
            return Err(BeginAttemptRefusal::SameBiller);
        }
        if self.quote.bill.nominal != inquiry.bill.nominal {
            return Err(BeginAttemptRefusal::OtherNominal);
        }
        match product.refuses_cost(self.quote.cost, &inquiry.price) {
            true => Err(BeginAttemptRefusal::BelowCost),
            false => Ok(()),
        }
    }
}
