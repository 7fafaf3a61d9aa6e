//! Records what became of a payment: the second of its two commits.

use super::{Command, Decision, Refusal};
use crate::payment::{Call, Event, Exchange, Step, step};
use crate::{
    Books, Change, Inquiry, Moment, Movement, MovementKind, PartnerId, Payment, Reason, State,
    Touched, TrId, Transaction,
};

/// How many exchanges about one payment are kept; a biller that changes its words for ever is
/// counted in `asks` alone after that.
const MOST_EXCHANGES: u32 = 60_000;

/// An answer about a payment, from the biller or from an operator.
#[derive(Clone, Debug)]
pub struct SettlePayment {
    /// Whose payment.
    pub partner: PartnerId,
    /// Which payment.
    pub tr_id: TrId,
    /// What the answer says.
    pub verdict: Verdict,
    /// Question and answer, as evidence.
    pub exchange: Exchange,
}

/// What an answer says about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The biller was paid.
    Paid {
        /// Its reference number.
        noref: Box<str>,
        /// The details as paid, where they differ from the inquiry's.
        desc: Option<Box<str>>,
    },
    /// The biller definitely was not paid.
    Failed(Reason),
    /// Nobody knows yet.
    Unknown,
}

/// The transaction after an answer.
#[derive(Clone, Debug)]
pub struct Settled {
    /// How it stands now.
    pub transaction: Transaction,
    /// What the answer did to it.
    pub effect: Effect,
}

/// What an answer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The payment ended.
    Ended,
    /// It is open as before.
    StillOpen,
    /// It had ended before, the same way.
    AlreadyEnded,
    /// It had ended the other way. The evidence is recorded; somebody must look.
    Contradiction,
}

impl Command for SettlePayment {
    type Outcome = Settled;

    fn touches(&self, touched: &mut Touched) {
        touched.partners.push(self.partner);
        touched.transactions.push(self.tr_id);
    }

    fn decide(&self, books: &Books) -> Result<Decision<Settled>, Refusal> {
        let mut transaction = books
            .transaction(self.tr_id)
            .filter(|transaction| transaction.inquiry.partner == self.partner)
            .ok_or(Refusal::UnknownTransaction)?;
        let mut payment = transaction.payment.take().ok_or(Refusal::NotBegun)?;
        let (before, known_because) = (payment.state, payment.open_because.clone());
        let mut movement = None;
        let effect = match step(before, self.verdict.event()) {
            Step::Impossible => return Err(Refusal::NotBegun),
            Step::Contradiction => Effect::Contradiction,
            Step::Stay if before.is_final() => Effect::AlreadyEnded,
            Step::Stay => Effect::StillOpen,
            Step::Go(state, kind) => {
                payment.state = state;
                movement = self.movement(kind, &payment, &transaction.inquiry)?;
                if state.is_final() { Effect::Ended } else { Effect::StillOpen }
            }
        };
        self.note(effect, &mut payment);
        if effect == Effect::Ended {
            self.end(books, &transaction.inquiry, &mut payment)?;
        }
        // A payment may stay open for days: the same unchanged answer is counted, not repeated.
        let new = before != payment.state
            || effect == Effect::Contradiction
            || known_because != payment.open_because;
        let new = new && payment.exchanges < MOST_EXCHANGES;
        payment.exchanges += u32::from(new);
        let changes = match effect {
            Effect::AlreadyEnded => Vec::new(),
            _ => {
                let exchange = new.then(|| self.exchange.clone());
                vec![Change::Settled { payment: payment.clone(), movement, exchange }]
            }
        };
        transaction.available = match payment.state {
            State::Failed if effect == Effect::Ended => payment.balance,
            _ => transaction.available,
        };
        transaction.payment = Some(payment);
        Ok(Decision { outcome: Settled { transaction, effect }, changes })
    }
}

impl SettlePayment {
    fn movement(
        &self,
        kind: Option<MovementKind>,
        payment: &Payment,
        inquiry: &Inquiry,
    ) -> Result<Option<Movement>, Refusal> {
        Ok(match kind {
            Some(MovementKind::Post) => {
                Some(Movement::post(self.partner, payment.biller, &inquiry.price)?)
            }
            Some(MovementKind::Void) => Some(Movement::void(self.partner, &inquiry.price)?),
            _ => None,
        })
    }

    /// Counts status questions and keeps the latest answer that left the outcome open.
    fn note(&self, effect: Effect, payment: &mut Payment) {
        payment.asks += u32::from(self.exchange.call == Call::Status);
        if effect == Effect::StillOpen {
            payment.open_because = Some(self.exchange.answer.clone());
        }
    }

    fn end(&self, books: &Books, inquiry: &Inquiry, payment: &mut Payment) -> Result<(), Refusal> {
        payment.settled_at = Some(self.answered_at());
        payment.open_because = None;
        match &self.verdict {
            Verdict::Paid { noref, desc } => {
                payment.noref = noref.clone();
                payment.desc = desc.clone().filter(|desc| *desc != inquiry.bill.desc);
            }
            Verdict::Failed(reason) => {
                payment.reason = Some(*reason);
                payment.balance =
                    books.available(self.partner).plus(inquiry.price.selling_price)?;
            }
            Verdict::Unknown => {}
        }
        Ok(())
    }

    fn answered_at(&self) -> Moment {
        self.exchange.asked_at.after_micros(self.exchange.took_micros)
    }
}

impl Verdict {
    const fn event(&self) -> Event {
        match self {
            Verdict::Paid { .. } => Event::Succeed,
            Verdict::Failed(_) => Event::Fail,
            Verdict::Unknown => Event::LoseTrack,
        }
    }
}
