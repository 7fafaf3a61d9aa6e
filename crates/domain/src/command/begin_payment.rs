//! Holds the deposit for a payment and records the attempt: the first of a payment's two commits.

use std::sync::Arc;

use super::{Command, Decision, Refusal};
use crate::{
    Account, BillKey, Books, Change, Inquiry, Moment, Movement, PartnerId, Payment, RowSet, Rupiah,
    State, TestNumbers, TrId, Transaction,
};

/// A partner pays the bill of its inquiry.
#[derive(Clone, Debug)]
pub struct BeginPayment {
    /// Who pays.
    pub partner: PartnerId,
    /// Which inquiry.
    pub tr_id: TrId,
    /// When.
    pub now: Moment,
    /// The numbers whose bills may be in process more than once.
    pub test_numbers: Arc<TestNumbers>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Begin {
    /// The deposit is held. Whoever gets this, and nobody else, asks the biller to pay.
    Begun(Transaction),
    /// It was begun before: paid, failed or in process.
    AlreadyStarted(Transaction),
    /// It cannot be paid, and why.
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
    /// The order of these questions is the wire's: which code a partner gets depends on it.
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
            biller: product.biller,
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
        Ok((payment, Movement::hold(self.partner, &inquiry.price)?, bill))
    }
}
