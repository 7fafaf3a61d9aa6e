//! Books a withdrawal or an adjustment.

use super::{Command, Decision};
use crate::action::{Operation, OperatorCommand, Value, fields};
use crate::books::{BalanceChange, BalanceChangeKind};
use crate::ledger::MovementRefusal;
use crate::money::Overflow;
use crate::{Books, Change, Moment, Movement, PartnerId, RowSet, Rupiah, TrId, TransferReference};

/// Books a withdrawal or an adjustment. It is refused if the balance would be below its minimum.
#[derive(Clone, Debug)]
pub struct ChangeBalance {
    pub partner: PartnerId,
    pub kind: BalanceChangeKind,
    /// What it adds to the balance; a withdrawal adds a negative amount.
    pub amount: Rupiah,
    pub reason: Box<str>,
    /// Makes a withdrawal idempotent: a reference is booked once for a partner. None for an adjustment.
    pub reference: Option<TransferReference>,
    /// When.
    pub now: Moment,
}

/// Why a balance is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ChangeBalanceRefusal {
    /// There is no such partner.
    #[error("there is no such partner")]
    UnknownPartner,
    /// A withdrawal that does not lower the balance, or an adjustment of nothing.
    #[error("the amount is zero or has the wrong sign")]
    WrongAmount,
    /// The partner already has this withdrawal with that reference.
    #[error("the reference is that of the withdrawal {0}")]
    ReferenceTaken(TrId),
    /// Only this part of the balance is above the minimum balance.
    #[error("only {0} rupiah of the balance are free")]
    NotFree(Rupiah),
    /// The ledger refuses the movement.
    #[error(transparent)]
    Movement(#[from] MovementRefusal),
}

impl From<Overflow> for ChangeBalanceRefusal {
    fn from(_: Overflow) -> ChangeBalanceRefusal {
        MovementRefusal::Overflow.into()
    }
}

impl Command for ChangeBalance {
    /// What was booked, and the balance after it.
    type Outcome = (BalanceChange, Rupiah);
    type Refusal = ChangeBalanceRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        let reference = self.reference.as_ref().map(TransferReference::in_capitals);
        touched.withdrawal_references.extend(reference.map(|reference| (self.partner, reference)));
        touched.new_numbers += 1;
    }

    fn decide(
        &self,
        books: &Books,
    ) -> Result<Decision<(BalanceChange, Rupiah)>, ChangeBalanceRefusal> {
        if !books.partners.contains_key(&self.partner) {
            return Err(ChangeBalanceRefusal::UnknownPartner);
        }
        let taken = |reference: &TransferReference| {
            books.withdrawal_references.get(&(self.partner, reference.in_capitals()))
        };
        if let Some(before) = self.reference.as_ref().and_then(taken) {
            return Err(ChangeBalanceRefusal::ReferenceTaken(*before));
        }
        let movement = self.movement()?;
        let free = books.free(self.partner)?;
        if self.amount < Rupiah::ZERO && self.amount.negated()? > free {
            return Err(ChangeBalanceRefusal::NotFree(free));
        }
        let change = BalanceChange {
            tr_id: TrId(books.next_tr_id),
            partner: self.partner,
            kind: self.kind,
            amount: self.amount,
            reason: self.reason.clone(),
            reference: self.reference.clone(),
            at: self.now,
        };
        let available = books.available(self.partner).plus(self.amount)?;
        let changes = vec![Change::BalanceChanged(change.clone(), movement)];
        Ok(Decision::checked(books, (change, available), changes)?)
    }
}

impl ChangeBalance {
    fn movement(&self) -> Result<Movement, ChangeBalanceRefusal> {
        Ok(match self.kind {
            BalanceChangeKind::Withdrawal if self.amount < Rupiah::ZERO => {
                Movement::withdrawal(self.partner, self.amount.negated()?)?
            }
            BalanceChangeKind::Adjustment if self.amount != Rupiah::ZERO => {
                Movement::adjustment(self.partner, self.amount)?
            }
            _ => return Err(ChangeBalanceRefusal::WrongAmount),
        })
    }
}

impl OperatorCommand for ChangeBalance {
    fn operation(
        &self,
        books: &Books,
        decision: &Decision<(BalanceChange, Rupiah)>,
    ) -> Option<Operation> {
        let (change, available) = &decision.outcome;
        let before = fields([("available", books.available(self.partner).into())]);
        let partner = books.partners.get(&self.partner)?;
        let after = fields([
            ("available", (*available).into()),
            ("partner", Value::text(&partner.username)),
            ("amount", change.amount.into()),
            ("reference", Value::optional_text(change.reference.as_ref())),
            ("reason", Value::text(&change.reason)),
        ]);
        let name = match self.kind {
            BalanceChangeKind::Withdrawal => "withdrawal.add",
            BalanceChangeKind::Adjustment => "adjustment.add",
        };
        Some(Operation::new(name, &change.tr_id, Some(before), after))
    }
}
