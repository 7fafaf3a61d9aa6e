//! What happens to one payment: on the way to the biller, at the biller, and on the way back.

use std::time::Duration;

use domain::FailureReason;

use super::{OrderId, REFUSED};
use crate::node::DEADLINE;
use crate::plan::Fault;
use crate::world::World;
use seeded_rng::SeededRng;

/// Reasons that lie with the biller: another one may be asked.
const WITH_BILLER: [FailureReason; 2] =
    [FailureReason::BillerBalanceTooLow, FailureReason::BillerMaintenance];

/// What happens to an order; it depends on the plan, the payment's number and the biller.
pub(super) struct PaymentScript {
    /// The time until it arrives; `None` if it never does.
    pub(super) arrives: Option<Duration>,
    /// The time until the biller decides; `None` if it never does by itself.
    pub(super) decides: Option<Duration>,
    /// Whether the biller takes the money.
    pub(super) takes: bool,
    /// The reason that it is told with, if it is told as failed.
    pub(super) refusal: FailureReason,
    /// Whether the biller once says the opposite.
    pub(super) contradicts: bool,
    /// How the call ends.
    pub(super) reply: Reply,
    /// When the answer arrives a second time, if it does.
    pub(super) again: Option<Duration>,
}

/// How a call ends for the gateway.
pub(super) enum Reply {
    /// The connector knows that the request was not sent.
    NotSent,
    /// There is no answer.
    Never,
    /// The biller's answer, as it is after this time.
    After(Duration),
    /// An answer about another payment, after this time.
    Mismatch(Duration),
    /// An answer that looks like a failure and is not certain, after this time.
    Unverified(Duration),
    /// An error with this text, after this time.
    Error(Duration, &'static str),
}

impl PaymentScript {
    /// Draws what happens to an order. That of the first attempt does not depend on the biller, so that old seeds
    /// give the same runs as before.
    pub(super) fn of(world: &World, id: OrderId, is_first: bool) -> PaymentScript {
        let (tr_id, biller) = (id.tr_id as u64, id.biller.0 as u64);
        let path: &[u64] = if is_first { &[5, tr_id] } else { &[5, tr_id, biller] };
        let mut rng = SeededRng::of(world.plan.seed, path);
        let mut millis = |range| Duration::from_millis(rng.in_range(range));
        let (way, delay, moment) = (millis(1..60), millis(1..60), millis(1..60));
        let (late, later) = (millis(2_000..7_200_000), millis(1_000..3_600_000));
        let after_deadline = DEADLINE + millis(1..20_000);
        let takes = !rng.chance(120);
        let mut inject = |fault| world.should_inject(fault, &mut rng);
        let arrives = match () {
            () if inject(Fault::RequestLost) => None,
            () if inject(Fault::RequestLate) => Some(late),
            () => Some(way),
        };
        let decides = match () {
            () if inject(Fault::Undecided) => None,
            () if inject(Fault::InProcess) => Some(later),
            () => Some(Duration::ZERO),
        };
        let reply = match () {
            () if inject(Fault::NotSent) => Reply::NotSent,
            () if inject(Fault::AnswerLost) || arrives.is_none() => Reply::Never,
            () if inject(Fault::AnswerLate) => Reply::After(after_deadline),
            () if inject(Fault::Reset) => Reply::Error(moment, "the connection was reset"),
            () if inject(Fault::HalfAnswer) => Reply::Error(way + moment, "half an answer"),
            () if inject(Fault::Mismatch) => Reply::Mismatch(way + moment),
            () => Reply::After(way + delay),
        };
        let contradicts = inject(Fault::Contradiction);
        let again = inject(Fault::AnswerTwice).then_some(later / 4);
        let script =
            PaymentScript { arrives, decides, takes, refusal: REFUSED, contradicts, reply, again };
        script.with_faults_of_attempts(world, id, way + delay)
    }

    /// Adds the faults after which a payment may go on at another biller. They have their own generator, so that
    /// all else is the same as without them.
    fn with_faults_of_attempts(mut self, world: &World, id: OrderId, answers: Duration) -> Self {
        let (tr_id, biller) = (id.tr_id as u64, id.biller.0 as u64);
        let mut rng = SeededRng::of(world.plan.seed, &[30, tr_id, biller]);
        if world.should_inject(Fault::BillerRefuses, &mut rng) {
            (self.refusal, self.takes) = (*rng.pick(&WITH_BILLER), false);
        }
        if world.should_inject(Fault::Unverified, &mut rng) && matches!(self.reply, Reply::After(_))
        {
            self.reply = Reply::Unverified(answers);
        }
        if world.should_inject(Fault::FalseRefusal, &mut rng) {
            (self.refusal, self.takes) = (*rng.pick(&WITH_BILLER), true);
            self.contradicts = true;
        }
        self
    }
}
