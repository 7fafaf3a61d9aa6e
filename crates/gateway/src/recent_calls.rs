//! How many calls to each biller had an answer in the last hour, and how long they took.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{BillerId, Moment};

/// How far back calls are counted, in minutes.
const MINUTES: i64 = 60;

/// One minute in microseconds.
const MINUTE: i64 = 60_000_000;

/// Calls to one biller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecentCalls {
    /// All calls: inquiries, payments and status queries.
    pub calls: u64,
    /// Those with an answer that could be read.
    pub answered: u64,
    /// The time that all calls took together, in microseconds.
    pub took_micros: u64,
}

impl RecentCalls {
    /// The share of answered calls in hundredths; `None` without calls.
    pub fn answered_percent(self) -> Option<u64> {
        (self.answered * 100).checked_div(self.calls)
    }

    /// The mean time of a call in milliseconds; `None` without calls.
    pub fn mean_millis(self) -> Option<u64> {
        self.took_micros.checked_div(self.calls).map(|micros| micros / 1000)
    }

    fn add(&mut self, other: RecentCalls) {
        self.calls += other.calls;
        self.answered += other.answered;
        self.took_micros = self.took_micros.saturating_add(other.took_micros);
    }
}

/// The counts of each minute, by biller.
#[derive(Default)]
pub(crate) struct CallCounts(Mutex<BTreeMap<BillerId, VecDeque<(i64, RecentCalls)>>>);

impl CallCounts {
    /// Counts a call.
    pub(crate) fn count(&self, biller: BillerId, is_answered: bool, took: Duration, now: Moment) {
        let minute = now.as_micros().div_euclid(MINUTE);
        let call = RecentCalls {
            calls: 1,
            answered: is_answered.into(),
            took_micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minutes = counts.entry(biller).or_default();
        while minutes.front().is_some_and(|(first, _)| *first <= minute - MINUTES) {
            minutes.pop_front();
        }
        match minutes.back_mut() {
            Some((last, count)) if *last >= minute => count.add(call),
            _ => minutes.push_back((minute, call)),
        }
    }

    /// The calls of the last hour.
    pub(crate) fn recent(&self, biller: BillerId, now: Moment) -> RecentCalls {
        let minute = now.as_micros().div_euclid(MINUTE);
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minutes = counts.get(&biller).into_iter().flatten();
        let mut sum = RecentCalls::default();
        for (_, count) in minutes.filter(|(counted, _)| *counted > minute - MINUTES) {
            sum.add(*count);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_hour_counts() {
        let counts = CallCounts::default();
        let biller = BillerId(2);
        let at = |minute: i64| Moment::from_micros(minute * MINUTE);
        counts.count(biller, true, Duration::from_millis(100), at(0));
        counts.count(biller, false, Duration::from_millis(300), at(0));
        counts.count(biller, true, Duration::from_millis(200), at(59));
        let hour = counts.recent(biller, at(59));
        assert_eq!((hour.calls, hour.answered), (3, 2));
        assert_eq!((hour.answered_percent(), hour.mean_millis()), (Some(66), Some(200)));
        assert_eq!(counts.recent(biller, at(60)).calls, 1);
        assert_eq!(counts.recent(biller, at(200)), RecentCalls::default());
        assert_eq!(RecentCalls::default().mean_millis(), None);
    }

    #[test]
    fn a_clock_that_goes_back_loses_no_call() {
        let counts = CallCounts::default();
        let at = |minute: i64| Moment::from_micros(minute * MINUTE);
        counts.count(BillerId(2), true, Duration::ZERO, at(10));
        counts.count(BillerId(2), true, Duration::ZERO, at(5));
        assert_eq!(counts.recent(BillerId(2), at(10)).calls, 2);
    }
}
