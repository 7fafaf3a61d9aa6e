//! Holds the price of a payment and records the attempt: the first of a payment's two commits.

use std::sync::Arc;

use super::{Command, Decision, Refusal};
use crate::{
    Account, BillKey, Books, Change, Inquiry, Moment, Movement, PartnerId, Payment, RowSet, Rupiah,
    State, TestNumbers, TrId, Transaction,
};

/// Begins the payment of an inquiry's bill.
#[derive(Clone, Debug)]
pub struct BeginPayment {
    pub partner: PartnerId,
    /// The inquiry.
    pub tr_id: TrId,
    /// When.
    pub now: Moment,
    /// Customer numbers whose bills may have several payments in process.
    pub test_numbers: Arc<TestNumbers>,
}

/// The result of [`BeginPayment`].
#[derive(Clone, Debug)]
pub enum Begin {
    /// The price is held. Only the caller that gets this result may ask the biller to pay.
    Begun(Transaction),
    /// The payment was begun before. It is paid, failed or in process.
    AlreadyStarted(Transaction),
    /// The inquiry cannot be paid.
    Refused(Refusal, Transaction),
}

impl Command for BeginPayment {
    type Outcome = Begin;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Begin>, Refusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id)?;
        if transaction.payment.is_some() {
            return Ok(Decision {
                outcome: Begin::AlreadyStarted(transaction),
                changes: Vec::new(),
            });
        }
        match self.hold(books, &transaction.inquiry) {
            Err(refusal) => {
                let outcome = Begin::Refused(refusal, transaction);
                Ok(Decision { outcome, changes: Vec::new() })
            }
            Ok((payment, hold, bill)) => {
                let outcome = Begin::Begun(Transaction {
                    available: payment.balance,
                    payment: Some(payment.clone()),
                    ..transaction
                });
                Ok(Decision { outcome, changes: vec![Change::Begun(payment, hold, bill)] })
            }
        }
    }
}

impl BeginPayment {
    /// The order of these checks is part of the API: it decides which code a partner gets.
    fn hold(
        &self,
        books: &Books,
        inquiry: &Arc<Inquiry>,
    ) -> Result<(Payment, Movement, Option<BillKey>), Refusal> {
        if !inquiry.at.same_day(self.now) {
            return Err(Refusal::Expired);
        }
        let product = books.catalogue.get(&inquiry.code).ok_or(Refusal::ProductOff)?;
        if !product.active {
            return Err(Refusal::ProductOff);
        }
        if !product.open_at(self.now) {
            return Err(Refusal::Closed);
        }
        let partner = books.partners.get(&self.partner).ok_or(Refusal::UnknownPartner)?;
        if partner.suspended {
            return Err(Refusal::Suspended);
        }
        let bill = match self.test_numbers.may_repeat(inquiry, product) {
            true => None,
            false => Some(BillKey(Arc::clone(inquiry))),
        };
        if bill.as_ref().is_some_and(|bill| books.is_in_process(bill)) {
            return Err(Refusal::BillInProcess);
        }
        let balance = books.available(self.partner).minus(inquiry.price.selling_price)?;
        let lowest = books.min_balance(Account::Available(self.partner)).unwrap_or(Rupiah::ZERO);
        if balance < lowest {
            return Err(Refusal::DepositTooLow);
        }
        let payment = Payment {
            tr_id: self.tr_id,
            partner: self.partner,
            biller: inquiry.biller,
            state: State::Paying,
            begun_at: self.now,
            settled_at: None,
            balance,
            reason: None,
            receipt_no: "".into(),
            details: None,
            exchanges: 0,
            asks: 0,
            open_because: None,
        };
        Ok((payment, Movement::hold(inquiry)?, bill))
    }
}
