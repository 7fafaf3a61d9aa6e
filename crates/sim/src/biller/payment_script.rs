//! What happens to one payment: on the way to the biller, at the biller, and on the way back.

use std::time::Duration;

use crate::node::DEADLINE;
use crate::plan::Fault;
use crate::world::World;
use seeded_rng::SeededRng;

/// What happens to a payment; it depends on the plan and its number.
pub(super) struct PaymentScript {
    /// The time until it arrives; `None` if it never does.
    pub(super) arrives: Option<Duration>,
    /// The time until the biller decides; `None` if it never does by itself.
    pub(super) decides: Option<Duration>,
    /// Whether the biller takes the money.
    pub(super) takes: bool,
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
    /// An error with this text, after this time.
    Error(Duration, &'static str),
}

impl PaymentScript {
    /// Draws what happens to a payment.
    pub(super) fn of(world: &World, tr_id: i64) -> PaymentScript {
        let mut rng = SeededRng::of(world.plan.seed, &[5, tr_id as u64]);
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
        PaymentScript { arrives, decides, takes, contradicts, reply, again }
    }
}
