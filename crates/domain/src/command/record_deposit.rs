//! Books a deposit.

use super::{Command, Decision};
use crate::action::{Operation, OperatorCommand, Value, fields};
use crate::books::Deposit;
use crate::ledger::MovementRefusal;
use crate::money::Overflow;
use crate::{Books, Change, Moment, Movement, PartnerId, RowSet, Rupiah, TrId, TransferReference};

/// Books a deposit that the operator received from a partner.
#[derive(Clone, Debug)]
pub struct RecordDeposit {
    pub partner: PartnerId,
    /// Must be above zero.
    pub amount: Rupiah,
    /// The operator's note.
    pub note: Box<str>,
    /// Makes the command idempotent: a reference is booked once for a partner.
    pub reference: Option<TransferReference>,
    /// When.
    pub now: Moment,
}

/// Why a deposit is not booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RecordDepositRefusal {
    /// There is no such partner.
    #[error("there is no such partner")]
    UnknownPartner,
    /// The amount is not above zero.
    #[error("a deposit is above zero")]
    NotPositive,
    /// The partner already has this deposit with that reference.
    #[error("the reference is that of the deposit {0}")]
    ReferenceTaken(TrId),
    /// The ledger refuses the movement.
    #[error(transparent)]
    Movement(#[from] MovementRefusal),
}

impl From<Overflow> for RecordDepositRefusal {
    fn from(_: Overflow) -> RecordDepositRefusal {
        MovementRefusal::Overflow.into()
    }
}

impl Command for RecordDeposit {
    /// The number of the deposit, and the balance after it.
    type Outcome = (TrId, Rupiah);
    type Refusal = RecordDepositRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        let key = |reference: TransferReference| (self.partner, reference.in_capitals());
        touched.deposit_references.extend(self.reference.clone().map(key));
        touched.new_numbers += 1;
    }

    fn decide(&self, books: &Books) -> Result<Decision<(TrId, Rupiah)>, RecordDepositRefusal> {
        if !books.partners.contains_key(&self.partner) {
            return Err(RecordDepositRefusal::UnknownPartner);
        }
        if !self.amount.is_positive() {
            return Err(RecordDepositRefusal::NotPositive);
        }
        let taken = |reference: &TransferReference| {
            books.deposit_references.get(&(self.partner, reference.in_capitals()))
        };
        if let Some(before) = self.reference.as_ref().and_then(taken) {
            return Err(RecordDepositRefusal::ReferenceTaken(*before));
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
        let outcome = (tr_id, books.available(self.partner).plus(self.amount)?);
        Ok(Decision::checked(books, outcome, vec![Change::Deposited(deposit, movement)])?)
    }
}

impl OperatorCommand for RecordDeposit {
    fn operation(&self, books: &Books, decision: &Decision<(TrId, Rupiah)>) -> Option<Operation> {
        let (tr_id, available) = decision.outcome;
        let before = fields([("available", books.available(self.partner).into())]);
        let partner = books.partners.get(&self.partner)?;
        let after = fields([
            ("available", available.into()),
            ("partner", Value::text(&partner.username)),
            ("amount", self.amount.into()),
            ("reference", Value::optional_text(self.reference.as_ref())),
            ("note", Value::text(&self.note)),
        ]);
        Some(Operation::new("deposit.add", &tr_id, Some(before), after))
    }
}
