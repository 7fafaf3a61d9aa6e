//! Holds the price of a payment and records the attempt: the first of a payment's two commits.

use std::sync::Arc;

use super::{Command, Decision};
use crate::ledger::MovementRefusal;
use crate::money::Overflow;
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
    Refused(BeginPaymentRefusal, Transaction),
}

/// Why a payment does not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BeginPaymentRefusal {
    /// The partner has no such inquiry.
    #[error("there is no such transaction")]
    UnknownTransaction,
    /// The inquiry is of another day.
    #[error("the inquiry is of another day")]
    Expired,
    /// The product is not sold at present.
    #[error("the product is not sold at present")]
    ProductOff,
    /// It is outside the product's hours.
    #[error("the product cannot be paid at this time of day")]
    Closed,
    /// There is no such partner.
    #[error("there is no such partner")]
    UnknownPartner,
    /// The partner is suspended.
    #[error("the partner is suspended")]
    Suspended,
    /// Another payment of the same bill is in process.
    #[error("another payment of the same bill is in process")]
    BillInProcess,
    /// The partner's balance above its minimum does not cover the price.
    #[error("the balance does not cover it")]
    BalanceTooLow,
    /// An amount does not fit the ledger.
    #[error("an amount leaves the range of the ledger")]
    Overflow,
}

impl Command for BeginPayment {
    type Outcome = Begin;
    type Refusal = BeginPaymentRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.push((self.partner, self.tr_id));
    }

    fn decide(&self, books: &Books) -> Result<Decision<Begin>, BeginPaymentRefusal> {
        let transaction = books.transaction_of(self.partner, self.tr_id);
        let transaction = transaction.ok_or(BeginPaymentRefusal::UnknownTransaction)?;
        if transaction.payment.is_some() {
            return Ok(Decision::unchanged(Begin::AlreadyStarted(transaction)));
        }
        match self.hold(books, &transaction.inquiry) {
            Err(refusal) => Ok(Decision::unchanged(Begin::Refused(refusal, transaction))),
            Ok((payment, hold, bill)) => {
                let outcome = Begin::Begun(Transaction {
                    available: payment.balance,
                    payment: Some(payment.clone()),
                    ..transaction
                });
                let changes = vec![Change::Begun(payment, hold, bill)];
                Ok(Decision::checked(books, outcome, changes)?)
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
    ) -> Result<(Payment, Movement, Option<BillKey>), BeginPaymentRefusal> {
        let biller = books.billers.get(&inquiry.biller);
        let is_of_old_account = biller.is_some_and(|biller| inquiry.at < biller.account_since);
        if !inquiry.at.same_day(self.now) || is_of_old_account {
            return Err(BeginPaymentRefusal::Expired);
        }
        let product = books.catalogue.get(&inquiry.code).ok_or(BeginPaymentRefusal::ProductOff)?;
        if !product.active {
            return Err(BeginPaymentRefusal::ProductOff);
        }
        if !product.open_at(self.now) {
            return Err(BeginPaymentRefusal::Closed);
        }
        let partner =
            books.partners.get(&self.partner).ok_or(BeginPaymentRefusal::UnknownPartner)?;
        if partner.suspended {
            return Err(BeginPaymentRefusal::Suspended);
        }
        let bill = match self.test_numbers.may_repeat(inquiry, product) {
            true => None,
            false => Some(BillKey(Arc::clone(inquiry))),
        };
        if bill.as_ref().is_some_and(|bill| books.is_in_process(bill)) {
            return Err(BeginPaymentRefusal::BillInProcess);
        }
        let balance = books.available(self.partner).minus(inquiry.price.selling_price)?;
        let lowest = books.min_balance(Account::Available(self.partner)).unwrap_or(Rupiah::ZERO);
        if balance < lowest {
            return Err(BeginPaymentRefusal::BalanceTooLow);
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
            attempt: None,
        };
        Ok((payment, Movement::hold(inquiry)?, bill))
    }
}

impl From<MovementRefusal> for BeginPaymentRefusal {
    fn from(refusal: MovementRefusal) -> BeginPaymentRefusal {
        match refusal {
            MovementRefusal::BalanceTooLow => BeginPaymentRefusal::BalanceTooLow,
            MovementRefusal::Overflow => BeginPaymentRefusal::Overflow,
        }
    }
}

impl From<Overflow> for BeginPaymentRefusal {
    fn from(_: Overflow) -> BeginPaymentRefusal {
        BeginPaymentRefusal::Overflow
    }
}
