//! Adds to a partner's deposit.

use super::{Command, Decision, Refusal};
use crate::books::Deposit;
use crate::{Books, Change, DepositReference, Moment, Movement, PartnerId, RowSet, Rupiah, TrId};

/// A partner's payment into its deposit, as the operator saw it arrive.
#[derive(Clone, Debug)]
pub struct RecordDeposit {
    /// Whose deposit.
    pub partner: PartnerId,
    /// How much; above zero.
    pub amount: Rupiah,
    /// What the operator notes about it.
    pub note: Box<str>,
    /// What it is known by; with one it is booked once, however often it is asked for.
    pub reference: Option<DepositReference>,
    /// When.
    pub now: Moment,
}

impl Command for RecordDeposit {
    /// The number of the top-up and the deposit after it.
    type Outcome = (TrId, Rupiah);

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        let key = |reference: DepositReference| (self.partner, reference.in_capitals());
        touched.deposit_references.extend(self.reference.clone().map(key));
        touched.new_numbers += 1;
    }

    fn decide(&self, books: &Books) -> Result<Decision<(TrId, Rupiah)>, Refusal> {
        if !books.partners.contains_key(&self.partner) {
            return Err(Refusal::UnknownPartner);
        }
        if !self.amount.is_positive() {
            return Err(Refusal::Unpayable);
        }
        let taken = |reference: &DepositReference| {
            books.deposit_references.get(&(self.partner, reference.in_capitals()))
        };
        if let Some(before) = self.reference.as_ref().and_then(taken) {
            return Err(Refusal::ReferenceTaken(*before));
        }
        let tr_id = TrId(books.next_tr_id);
        let deposit = Deposit {
            tr_id,
            partner: self.partner,
            amount: self.amount,
            note: self.note.clone(),
            reference: self.reference.clone(),
            at: self.now,
        };
        let movement = Movement::deposit(self.partner, self.amount)?;
        Ok(Decision {
            outcome: (tr_id, books.available(self.partner).plus(self.amount)?),
            changes: vec![Change::ToppedUp(deposit, movement)],
        })
    }
}
