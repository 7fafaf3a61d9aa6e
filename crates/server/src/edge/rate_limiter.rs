//! A rate limiter for many keys: the generic cell rate algorithm. It stores one number for each
//! key, the time of the key's next turn; a request earlier than the burst allows must wait.
//!
//! Clients can invent keys, so their number is limited: a key whose turn has come is forgotten, and
//! when all slots are in use, further keys share one.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The number of locks over which keys are spread, so that requests do not wait for each other.
const SHARDS: usize = 64;

/// The largest number of keys: a few megabytes for each limiter.
const MAX_KEYS: usize = 65_536;

/// A number of events in a period, and a burst.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    pub(crate) times: NonZeroU32,
    pub(crate) within: Duration,
    /// How many may come at the same time.
    pub(crate) burst: NonZeroU32,
}

/// Counts events for each key.
pub(crate) struct RateLimiter<K> {
    /// Nanoseconds between two turns.
    interval: u64,
    /// How many nanoseconds before its turn a request is allowed.
    tolerance: u64,
    began: Instant,
    shards: [Mutex<Shard<K>>; SHARDS],
    hasher: RandomState,
}

/// The next turn of each key, in nanoseconds since the limiter was created.
struct Shard<K> {
    due: HashMap<K, u64>,
    /// The turn that keys without a slot share.
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

    /// Counts one event for the key, or returns how long to wait.
    pub(crate) fn take(&self, key: K) -> Result<(), Duration> {
        self.take_at(key, nanos(self.began.elapsed()))
    }

    /// How long the key must wait, if it must. Counts nothing.
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

    fn limiter<K: Hash + Eq>(times: u32, burst: u32) -> RateLimiter<K> {
        let number = |n| NonZeroU32::new(n).unwrap();
        let quota =
            Quota { times: number(times), within: Duration::from_secs(1), burst: number(burst) };
        RateLimiter::new(quota)
    }

    #[test]
    fn a_key_has_its_own_rate() {
        let limiter = limiter(2, 3);
        for _ in 0..3 {
            assert_eq!(limiter.take_at("one", 0), Ok(()));
        }
        assert_eq!(limiter.take_at("one", 0), Err(Duration::from_millis(500)));
        assert_eq!(limiter.wait_at(&"one", 0), Some(Duration::from_millis(500)));
        assert_eq!(limiter.take_at("two", 0), Ok(()));
        assert_eq!(limiter.wait_at(&"one", SECOND / 2), None);
        assert_eq!(limiter.take_at("one", SECOND / 2), Ok(()));
        assert!(limiter.take_at("one", SECOND / 2).is_err());
        // After a pause the whole burst is available again, and no more.
        for _ in 0..3 {
            assert_eq!(limiter.take_at("one", 60 * SECOND), Ok(()));
        }
        assert!(limiter.take_at("one", 60 * SECOND).is_err());
    }

    #[test]
    fn wait_counts_nothing() {
        let limiter = limiter(1, 1);
        assert!((0..100).all(|_| limiter.wait_at(&1, 0).is_none()));
        assert_eq!(limiter.take_at(1, 0), Ok(()));
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_those_that_are_known_keep_their_count() {
        let limiter = limiter(1, 1);
        let known = u32::MAX;
        assert_eq!(limiter.take_at(known, 0), Ok(()));
        let flood = 4 * MAX_KEYS as u32;
        let passed = (0..flood).filter(|key| limiter.take_at(*key, 0).is_ok()).count();
        assert!(passed <= MAX_KEYS + SHARDS, "the rest shares one count: {passed}");
        let kept = |limiter: &RateLimiter<u32>| -> usize {
            limiter.shards.iter().map(|shard| shard.lock().unwrap().due.len()).sum()
        };
        assert!(kept(&limiter) <= MAX_KEYS);
        assert!(limiter.take_at(known, 0).is_err(), "a flood of others does not make it forget");
        // Keys whose turn has come free their slots.
        assert!((0..1000).all(|key| limiter.take_at(flood + key, 2 * SECOND).is_ok()));
    }
}
