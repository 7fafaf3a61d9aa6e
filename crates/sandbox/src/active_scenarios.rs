//! The scenarios of the next requests, whatever their customer numbers are: for how many requests each is on.
//!
//! The state is in memory only: after a restart no scenario is on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::scenario_table::RequestScenario;

/// The additional delay of a slow answer.
pub const SLOW: Duration = Duration::from_secs(10);

/// For how many requests a scenario is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// For this many requests; zero is off.
    Next(u16),
    /// Until it is switched off.
    UntilOff,
}

/// For how many requests each scenario was on at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Left(u64);

impl Left {
    /// For how many requests this one was on.
    pub const fn of(self, scenario: RequestScenario) -> Times {
        Times::of((self.0 >> lane(scenario)) & UNTIL_OFF)
    }
}

/// The scenarios with their remaining requests.
#[derive(Debug, Default)]
pub struct Scenarios {
    /// Sixteen bits for each scenario, so that one load shows whether any is on.
    left: AtomicU64,
}

const LANE: u32 = 16;
const UNTIL_OFF: u64 = u16::MAX as u64;
const _: () =
    assert!(RequestScenario::ALL.len() as u32 * LANE <= u64::BITS, "each has its own bits");

/// The first bit of a scenario's count.
const fn lane(scenario: RequestScenario) -> u32 {
    scenario as u32 * LANE
}

impl Times {
    /// The highest count.
    pub const MOST: u16 = 1000;

    const fn of(lane: u64) -> Times {
        match lane {
            UNTIL_OFF => Times::UntilOff,
            next => Times::Next((next & UNTIL_OFF) as u16),
        }
    }

    fn lane(self) -> u64 {
        match self {
            Times::Next(next) => u64::from(next.min(Times::MOST)),
            Times::UntilOff => UNTIL_OFF,
        }
    }
}

impl Scenarios {
    /// Switches a scenario on for this many requests, or off. It replaces the earlier count.
    pub fn switch(&self, scenario: RequestScenario, times: Times) {
        self.change(scenario, |_| Some(times));
    }

    /// For how many requests a scenario is on.
    pub fn left(&self, scenario: RequestScenario) -> Times {
        self.all().of(scenario)
    }

    /// For how many requests each scenario is on.
    pub fn all(&self) -> Left {
        Left(self.left.load(Ordering::Relaxed))
    }

    /// Whether it has applied to a request since `before`, or may have.
    pub fn has_happened(&self, scenario: RequestScenario, before: Left) -> bool {
        match before.of(scenario) {
            Times::UntilOff => true,
            Times::Next(left) => self.left(scenario) != Times::Next(left),
        }
    }

    /// Whether it applies to this request; if so, its count goes down by one.
    pub fn happens(&self, scenario: RequestScenario) -> bool {
        self.left.load(Ordering::Relaxed) != 0
            && self.change(scenario, |left| match left {
                Times::Next(0) => None,
                Times::Next(left) => Some(Times::Next(left - 1)),
                Times::UntilOff => Some(Times::UntilOff),
            })
    }

    fn change(&self, scenario: RequestScenario, to: impl Fn(Times) -> Option<Times>) -> bool {
        let changed = |all: u64| {
            let left = to(Times::of((all >> lane(scenario)) & UNTIL_OFF))?;
            Some(all & !(UNTIL_OFF << lane(scenario)) | left.lane() << lane(scenario))
        };
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_happens_as_often_as_it_was_switched_on_and_touches_no_other() {
        for &scenario in RequestScenario::ALL {
            let scenarios = Scenarios::default();
            assert!(!scenarios.happens(scenario));
            scenarios.switch(scenario, Times::Next(2));
            assert_eq!([(); 3].map(|()| scenarios.happens(scenario)), [true, true, false]);
            scenarios.switch(scenario, Times::UntilOff);
            assert!((0..70_000).all(|_| scenarios.happens(scenario)));
            for &other in RequestScenario::ALL.iter().filter(|&&other| other != scenario) {
                assert!(!scenarios.happens(other), "{other:?} beside {scenario:?}");
            }
            scenarios.switch(scenario, Times::Next(0));
            assert!(!scenarios.happens(scenario));
        }
    }

    #[test]
    fn what_has_happened_since_is_what_was_used_up_or_may_have_been() {
        let (scenario, other) = (RequestScenario::Maintenance, RequestScenario::LateSuccess);
        for (times, before, after) in [
            (Times::Next(0), false, false),
            (Times::Next(1), false, true),
            (Times::Next(2), false, true),
            (Times::UntilOff, true, true),
        ] {
            let scenarios = Scenarios::default();
            scenarios.switch(scenario, times);
            let then = scenarios.all();
            assert_eq!(scenarios.has_happened(scenario, then), before, "{times:?}");
            scenarios.happens(scenario);
            assert_eq!(scenarios.has_happened(scenario, then), after, "{times:?}");
            assert!(!scenarios.has_happened(other, then), "{times:?}");
        }
    }

    #[test]
    fn no_number_is_taken_for_until_it_is_switched_off() {
        let scenarios = Scenarios::default();
        scenarios.switch(RequestScenario::Maintenance, Times::Next(u16::MAX));
        assert_eq!(scenarios.left(RequestScenario::Maintenance), Times::Next(Times::MOST));
    }

    #[test]
    fn of_many_requests_at_once_as_many_are_hit_as_was_said() {
        let scenarios = Scenarios::default();
        scenarios.switch(RequestScenario::LostAnswer, Times::Next(500));
        let hit = |_| (0..400).filter(|_| scenarios.happens(RequestScenario::LostAnswer)).count();
        let hits: usize = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| hit(())));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(hits, 500);
    }
}
