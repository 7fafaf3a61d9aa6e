//! Takes a top-up back that was booked by mistake.

use super::{Command, Decision, Refusal};
use crate::books::Reversal;
use crate::{Books, Change, Moment, Movement, PartnerId, Rupiah, Touched, TrId};

/// An operator takes a top-up back, whole and once. What the partner has spent of it, or must keep, does
/// not come back.
#[derive(Clone, Debug)]
pub struct ReverseDeposit {
    /// Whose deposit.
    pub partner: PartnerId,
    /// Which top-up.
    pub top_up: TrId,
    /// Why.
    pub reason: Box<str>,
    /// When.
    pub now: Moment,
}

impl Command for ReverseDeposit {
    /// The reversal, and the deposit after it.
    type Outcome = (Reversal, Rupiah);

    fn touches(&self, touched: &mut Touched) {
        touched.partners.push(self.partner);
        touched.top_ups.push((self.partner, self.top_up));
        touched.new_numbers += 1;
    }

    fn decide(&self, books: &Books) -> Result<Decision<(Reversal, Rupiah)>, Refusal> {
        let top_up = books.top_ups.get(&self.top_up).filter(|it| it.partner == self.partner);
        let top_up = top_up.ok_or(Refusal::UnknownDeposit)?;
        if let Some(before) = books.reversals.get(&self.top_up) {
            return Err(Refusal::AlreadyReversed(*before));
        }
        let free = books.free(self.partner)?;
        if top_up.amount > free {
            return Err(Refusal::NotFree(free));
        }
        let reversal = Reversal {
            tr_id: TrId(books.next_tr_id),
            partner: self.partner,
            top_up: self.top_up,
            amount: top_up.amount,
            reason: self.reason.clone(),
            at: self.now,
        };
        let movement = Movement::reversal(self.partner, top_up.amount)?;
        let available = books.available(self.partner).minus(top_up.amount)?;
        let changes = vec![Change::Reversed(reversal.clone(), movement)];
        Ok(Decision { outcome: (reversal, available), changes })
    }
}
