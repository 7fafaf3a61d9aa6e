//! Reverses a deposit that was booked by mistake.

use super::{Command, Decision};
use crate::action::{Operation, OperatorCommand, Value, fields};
use crate::books::Reversal;
use crate::ledger::MovementRefusal;
use crate::money::Overflow;
use crate::{Books, Change, Moment, Movement, PartnerId, RowSet, Rupiah, TrId};

/// Reverses a deposit, once and in full. It is refused if the partner's balance above its minimum is too low
/// for that.
#[derive(Clone, Debug)]
pub struct ReverseDeposit {
    pub partner: PartnerId,
    /// The number of the deposit.
    pub deposit: TrId,
    pub reason: Box<str>,
    /// When.
    pub now: Moment,
}

/// Why a deposit is not reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ReverseDepositRefusal {
    /// The partner has no such deposit.
    #[error("there is no such deposit")]
    UnknownDeposit,
    /// The deposit was reversed by this reversal.
    #[error("the deposit was reversed by {0}")]
    AlreadyReversed(TrId),
    /// Only this part of the balance is above the minimum balance.
    #[error("only {0} rupiah of the balance are free")]
    NotFree(Rupiah),
    /// The ledger refuses the movement.
    #[error(transparent)]
    Movement(#[from] MovementRefusal),
}

impl From<Overflow> for ReverseDepositRefusal {
    fn from(_: Overflow) -> ReverseDepositRefusal {
        MovementRefusal::Overflow.into()
    }
}

impl Command for ReverseDeposit {
    /// The reversal, and the balance after it.
    type Outcome = (Reversal, Rupiah);
    type Refusal = ReverseDepositRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.deposits.push((self.partner, self.deposit));
        touched.new_numbers += 1;
    }

    fn decide(&self, books: &Books) -> Result<Decision<(Reversal, Rupiah)>, ReverseDepositRefusal> {
        let deposit = books.deposits.get(&self.deposit).filter(|it| it.partner == self.partner);
        let deposit = deposit.ok_or(ReverseDepositRefusal::UnknownDeposit)?;
        if let Some(before) = books.reversals.get(&self.deposit) {
            return Err(ReverseDepositRefusal::AlreadyReversed(*before));
        }
        let free = books.free(self.partner)?;
        if deposit.amount > free {
            return Err(ReverseDepositRefusal::NotFree(free));
        }
        let reversal = Reversal {
            tr_id: TrId(books.next_tr_id),
            partner: self.partner,
            deposit: self.deposit,
            amount: deposit.amount,
            reason: self.reason.clone(),
            at: self.now,
        };
        let movement = Movement::reversal(self.partner, deposit.amount)?;
        let available = books.available(self.partner).minus(deposit.amount)?;
        let changes = vec![Change::Reversed(reversal.clone(), movement)];
        Ok(Decision::checked(books, (reversal, available), changes)?)
    }
}

impl OperatorCommand for ReverseDeposit {
    fn operation(
        &self,
        books: &Books,
        decision: &Decision<(Reversal, Rupiah)>,
    ) -> Option<Operation> {
        let (reversal, available) = &decision.outcome;
        let before = fields([("available", books.available(self.partner).into())]);
        let partner = books.partners.get(&self.partner)?;
        let after = fields([
            ("available", (*available).into()),
            ("partner", Value::text(&partner.username)),
            ("amount", reversal.amount.into()),
            ("reversal", reversal.tr_id.0.into()),
            ("reason", Value::text(&self.reason)),
        ]);
        Some(Operation::new("deposit.reverse", &self.deposit, Some(before), after))
    }
}
