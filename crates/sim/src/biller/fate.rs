//! What becomes of one payment on its way to the biller, there, and on the way back.

use std::time::Duration;

use crate::node::DEADLINE;
use crate::plan::Fault;
use crate::random::Random;
use crate::world::World;

/// A payment's fate, as the plan and its number have it.
pub(super) struct Fate {
    /// How long it is on its way; it may never arrive.
    pub(super) arrives: Option<Duration>,
    /// How long the biller decides; it may never do so by itself.
    pub(super) decides: Option<Duration>,
    /// Whether it takes the money.
    pub(super) takes: bool,
    /// Whether it says the opposite, once.
    pub(super) lies: bool,
    /// How the call ends.
    pub(super) reply: Reply,
    /// When the answer arrives a second time.
    pub(super) again: Option<Duration>,
}

/// How a call ends for the gateway.
pub(super) enum Reply {
    /// The connector knows that it was not sent.
    NotSent,
    /// There is no answer.
    Never,
    /// The biller's answer, as it is after so long.
    After(Duration),
    /// An answer about another payment, after so long.
    Mismatch(Duration),
    /// Something breaks after so long, in these words.
    Broken(Duration, &'static str),
}

impl Fate {
    /// Draws the fate of a payment.
    pub(super) fn of(world: &World, tr_id: i64) -> Fate {
        let mut random = Random::of(world.plan.seed, &[5, tr_id as u64]);
        let mut millis = |range| Duration::from_millis(random.within(range));
        let (way, delay, moment) = (millis(1..60), millis(1..60), millis(1..60));
        let (late, later) = (millis(2_000..7_200_000), millis(1_000..3_600_000));
        let after_deadline = DEADLINE + millis(1..20_000);
        let takes = !random.strikes(120);
        let mut strikes = |fault| world.strikes(fault, &mut random);
        let arrives = match () {
            () if strikes(Fault::RequestLost) => None,
            () if strikes(Fault::RequestLate) => Some(late),
            () => Some(way),
        };
        let decides = match () {
            () if strikes(Fault::Undecided) => None,
            () if strikes(Fault::InProcess) => Some(later),
            () => Some(Duration::ZERO),
        };
        let reply = match () {
            () if strikes(Fault::NotSent) => Reply::NotSent,
            () if strikes(Fault::AnswerLost) || arrives.is_none() => Reply::Never,
            () if strikes(Fault::AnswerLate) => Reply::After(after_deadline),
            () if strikes(Fault::Reset) => Reply::Broken(moment, "the connection was reset"),
            () if strikes(Fault::HalfAnswer) => Reply::Broken(way + moment, "half an answer"),
            () if strikes(Fault::Mismatch) => Reply::Mismatch(way + moment),
            () => Reply::After(way + delay),
        };
        let lies = strikes(Fault::Contradiction);
        let again = strikes(Fault::AnswerTwice).then_some(later / 4);
        Fate { arrives, decides, takes, lies, reply, again }
    }
}
