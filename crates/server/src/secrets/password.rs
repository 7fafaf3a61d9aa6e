//! Portal passwords: argon2id with the parameters that OWASP recommends.
//!
//! One hash takes about 20 MiB and tens of milliseconds of CPU time. So hashes are computed outside
//! of the request threads, one at a time, with a short [`Queue`].

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::partner::PasswordHash;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, MutexGuard, Semaphore};

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// How many sign-ins may wait.
const MAX_WAITING: usize = 8;

/// The length of a password, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;

/// A hash of no password. Comparing with it takes the same work as with a real one.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBvd24gc2FsdA$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The text is not an allowed password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password is one line of 12 to 256 characters")]
pub(crate) struct TooWeak;

/// Hashes a new password with a new salt. This is slow on purpose.
///
/// # Errors
/// [`TooWeak`] when it is too short, too long, or not one line.
pub(crate) fn hash(password: &SecretString) -> Result<PasswordHash, TooWeak> {
    let text = password.expose_secret();
    if !LENGTH.contains(&text.chars().count()) || text.contains(char::is_control) {
        return Err(TooWeak);
    }
    #[expect(clippy::expect_used, reason = "the password is short and the salt its own")]
    let hash = argon2().hash_password(text.as_bytes()).expect("a short text");
    Ok(PasswordHash(hash.to_string().into()))
}

/// Whether the password matches. Without a hash it does not, after the same work.
fn fits(password: &SecretString, hash: Option<&PasswordHash>) -> bool {
    let text = hash.map_or(DUMMY_HASH, |hash| &*hash.0);
    let verified = argon2().verify_password(password.expose_secret().as_bytes(), text);
    verified.is_ok() && hash.is_some()
}

fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    #[expect(clippy::expect_used, reason = "these are constants")]
    let params = Params::new(memory, passes, lanes, None).expect("acceptable parameters");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Compares the password on a blocking thread.
pub(crate) async fn compare(password: SecretString, hash: Option<PasswordHash>) -> bool {
    let work = move || fits(&password, hash.as_ref());
    tokio::task::spawn_blocking(work).await.unwrap_or(false)
}

/// The queue of sign-ins.
pub(crate) struct Queue {
    places: Semaphore,
    turn: Mutex<()>,
}

/// Too many sign-ins wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueFull;

impl Queue {
    pub(crate) fn new() -> Queue {
        Queue { places: Semaphore::new(MAX_WAITING), turn: Mutex::default() }
    }

    /// Waits for the turn, unless too many wait. The owner of the turn compares one password and
    /// counts the result before the next turn.
    pub(crate) async fn turn(&self) -> Result<MutexGuard<'_, ()>, QueueFull> {
        let _place = self.places.try_acquire().map_err(|_| QueueFull)?;
        Ok(self.turn.lock().await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn only_the_right_password_matches() {
        let right = secret("correct horse battery");
        let made = hash(&right).unwrap();
        assert!(made.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", made.0);
        assert!(fits(&right, Some(&made)));
        for wrong in ["", "correct horse batter", "Correct horse battery", "correct horse battery "]
        {
            assert!(!fits(&secret(wrong), Some(&made)), "{wrong:?}");
        }
        assert!(!fits(&right, None));
        let damaged = PasswordHash("no hash".into());
        assert!(!fits(&right, Some(&damaged)));
        assert!(hash(&right).unwrap().0 != made.0, "each has a salt of its own");
    }

    /// The time is proportional to the work, and the work follows from the parameters in the hash.
    #[test]
    fn the_dummy_hash_costs_the_same_work() {
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        let made = hash(&secret("correct horse battery")).unwrap();
        assert_eq!(cost(DUMMY_HASH), cost(&made.0));
        assert_eq!(DUMMY_HASH.len(), made.0.len());
        let parsed = argon2::password_hash::phc::PasswordHash::new(DUMMY_HASH).unwrap();
        assert!(parsed.hash.is_some() && parsed.salt.is_some());
    }

    #[test]
    fn short_long_and_multi_line_texts_are_not_passwords() {
        for bad in ["", "eleven char", &"a".repeat(257), "two lines of\ntext"] {
            assert!(hash(&secret(bad)).is_err(), "{bad:?}");
        }
        assert!(hash(&secret("çok gizli şifre")).is_ok());
    }

    #[tokio::test]
    async fn the_queue_is_short_and_one_password_is_compared_at_a_time() {
        let queue = std::sync::Arc::new(Queue::new());
        let first = queue.turn().await.unwrap();
        let waiting: Vec<_> = (0..MAX_WAITING)
            .map(|_| {
                let queue = queue.clone();
                tokio::spawn(async move { queue.turn().await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
        assert_eq!(queue.turn().await.err(), Some(QueueFull));
        drop(first);
        for waited in waiting {
            assert!(waited.await.unwrap());
        }
    }
}
