//! How often something may happen for each of many keys: the generic cell rate algorithm. A key has
//! one number, when its next turn is due; whoever comes earlier than the burst allows waits.
//!
//! Whatever comes from outside may be a key, so that their number is bounded: a key that is due
//! no more is forgotten, and when all places are taken by keys that are, the rest share one.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Keys are spread over so many locks, so that requests do not wait for each other.
const SHARDS: usize = 64;

/// How many keys are remembered at most, a few megabytes for each meter.
const MAX_KEYS: usize = 65_536;

/// So many times in that time, and as many at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    pub(crate) times: NonZeroU32,
    pub(crate) within: Duration,
    /// How many may come at once.
    pub(crate) burst: NonZeroU32,
}

/// Counts by key.
pub(crate) struct RateLimiter<K> {
    /// Nanoseconds from one turn to the next.
    interval: u64,
    /// How many nanoseconds before its turn somebody may come.
    tolerance: u64,
    began: Instant,
    shards: [Mutex<Shard<K>>; SHARDS],
    hasher: RandomState,
}

/// When the next turn of each key is due, in nanoseconds since the meter began.
struct Shard<K> {
    due: HashMap<K, u64>,
    /// The turn that all share who found no place.
    shared: u64,
}

impl<K: Hash + Eq> RateLimiter<K> {
    pub(crate) fn new(Quota { times, within, burst }: Quota) -> RateLimiter<K> {
        let interval = nanos(within / times.get()).max(1);
        RateLimiter {
            interval,
            tolerance: interval.saturating_mul(u64::from(burst.get() - 1)),
            began: Instant::now(),
            shards: std::array::from_fn(|_| Mutex::new(Shard { due: HashMap::new(), shared: 0 })),
            hasher: RandomState::new(),
        }
    }

    /// Counts one for the key; how long to wait, if it is one too many.
    pub(crate) fn take(&self, key: K) -> Result<(), Duration> {
        self.take_at(key, nanos(self.began.elapsed()))
    }

    /// How long the key has to wait until it may come again, if it has; it counts nothing.
    pub(crate) fn wait(&self, key: &K) -> Option<Duration> {
        self.wait_at(key, nanos(self.began.elapsed()))
    }

    fn take_at(&self, key: K, now: u64) -> Result<(), Duration> {
        let mut shard = self.shard(&key);
        let due = shard.due_of(key, now);
        match early(*due, now, self.tolerance) {
            Some(wait) => Err(wait),
            None => {
                *due = (*due).max(now).saturating_add(self.interval);
                Ok(())
            }
        }
    }

    fn wait_at(&self, key: &K, now: u64) -> Option<Duration> {
        let shard = self.shard(key);
        let due = shard.due.get(key).copied().unwrap_or(match shard.is_full() {
            true => shard.shared,
            false => 0,
        });
        early(due, now, self.tolerance)
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K>> {
        let hash = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        self.shards[hash].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> Shard<K> {
    fn is_full(&self) -> bool {
        self.due.len() >= MAX_KEYS / SHARDS
    }

    fn due_of(&mut self, key: K, now: u64) -> &mut u64 {
        if self.is_full() && !self.due.contains_key(&key) {
            self.due.retain(|_, due| *due > now);
            if self.is_full() {
                return &mut self.shared;
            }
        }
        self.due.entry(key).or_default()
    }
}

/// How much too early `now` is.
fn early(due: u64, now: u64, tolerance: u64) -> Option<Duration> {
    let wait = due.saturating_sub(tolerance).saturating_sub(now);
    (wait > 0).then(|| Duration::from_nanos(wait))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn meter<K: Hash + Eq>(times: u32, burst: u32) -> RateLimiter<K> {
        let number = |n| NonZeroU32::new(n).unwrap();
        let quota =
            Quota { times: number(times), within: Duration::from_secs(1), burst: number(burst) };
        RateLimiter::new(quota)
    }

    #[test]
    fn a_key_comes_as_often_as_it_may_and_others_do_not_matter() {
        let meter = meter(2, 3);
        for _ in 0..3 {
            assert_eq!(meter.take_at("one", 0), Ok(()));
        }
        assert_eq!(meter.take_at("one", 0), Err(Duration::from_millis(500)));
        assert_eq!(meter.wait_at(&"one", 0), Some(Duration::from_millis(500)));
        assert_eq!(meter.take_at("two", 0), Ok(()));
        assert_eq!(meter.wait_at(&"one", SECOND / 2), None);
        assert_eq!(meter.take_at("one", SECOND / 2), Ok(()));
        assert!(meter.take_at("one", SECOND / 2).is_err());
        // After a rest the whole burst is there again, and no more than that.
        for _ in 0..3 {
            assert_eq!(meter.take_at("one", 60 * SECOND), Ok(()));
        }
        assert!(meter.take_at("one", 60 * SECOND).is_err());
    }

    #[test]
    fn asking_how_long_counts_nothing() {
        let meter = meter(1, 1);
        assert!((0..100).all(|_| meter.wait_at(&1, 0).is_none()));
        assert_eq!(meter.take_at(1, 0), Ok(()));
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_those_that_are_known_keep_their_count() {
        let meter = meter(1, 1);
        let known = u32::MAX;
        assert_eq!(meter.take_at(known, 0), Ok(()));
        let flood = 4 * MAX_KEYS as u32;
        let passed = (0..flood).filter(|key| meter.take_at(*key, 0).is_ok()).count();
        assert!(passed <= MAX_KEYS + SHARDS, "the rest shares one count: {passed}");
        let kept = |meter: &RateLimiter<u32>| -> usize {
            meter.shards.iter().map(|shard| shard.lock().unwrap().due.len()).sum()
        };
        assert!(kept(&meter) <= MAX_KEYS);
        assert!(meter.take_at(known, 0).is_err(), "a flood of others does not make it forget");
        // What is due no more makes room.
        assert!((0..1000).all(|key| meter.take_at(flood + key, 2 * SECOND).is_ok()));
    }
}
