//! Background tasks, each of which works as long as the process runs: one that fails or panics is
//! logged, counted and started again, and is named where readiness is asked for if it stays away.

use std::fmt::Display;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::complete_on_drop::CatchUnwind;
use crate::{Gateway, Observer};

/// The wait before a task is started again for the first time. It doubles with each failure in a row.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait: what the task does is late by so much at the most once it can work again.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A task counts as away from so many failures in a row on.
const AWAY_FROM: u32 = 3;

/// How long a task goes on after a round before its earlier failures are over. One that panics right
/// after each first round is away.
const STEADY_AFTER: Duration = Duration::from_secs(1);

/// Work beside the requests.
pub trait BackgroundTask: Send + 'static {
    /// Its name in the log, in metrics and in `/readyz`.
    const NAME: &'static str;

    /// Why it stops before its work is done.
    type Error: Display + Send;

    /// Works until there is nothing left to do, which most tasks never come to, and reports its
    /// rounds to `health`. After an error or a panic it is called again.
    fn run(&mut self, health: &Health) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// How a background task is doing.
pub struct Health {
    name: &'static str,
    condition: Mutex<Condition>,
}

#[derive(Clone, Copy, Default)]
struct Condition {
    /// In a row.
    failures: u32,
    /// When the present run did its first round.
    works_since: Option<Instant>,
}

impl Condition {
    fn is_steady(self) -> bool {
        self.works_since.is_some_and(|since| STEADY_AFTER <= since.elapsed())
    }
}

impl Health {
    fn new(name: &'static str) -> Health {
        Health { name, condition: Mutex::default() }
    }

    /// Notes how a round of the work went, and gives that back.
    ///
    /// # Errors
    /// That of the round.
    pub fn round<T, E: From<io::Error>>(&self, done: Result<T, E>) -> Result<T, E> {
        fail_points::round(self.name)?;
        if done.is_ok() {
            self.condition().works_since.get_or_insert_with(Instant::now);
        }
        done
    }

    /// Notes that a run has failed, and says how many have in a row.
    fn failed(&self) -> u32 {
        let mut condition = self.condition();
        let before = if condition.is_steady() { 0 } else { condition.failures };
        let failures = before.saturating_add(1);
        *condition = Condition { failures, works_since: None };
        failures
    }

    /// How many runs have failed in a row, if that is too many.
    fn is_away_after(&self) -> Option<u32> {
        let condition = *self.condition();
        (AWAY_FROM <= condition.failures && !condition.is_steady()).then_some(condition.failures)
    }

    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A background task that does not work at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwayTask {
    /// Its name.
    pub name: &'static str,
    /// How often it has failed in a row.
    pub failures: u32,
}

/// The background tasks of a gateway. Dropping it stops them.
pub struct Supervisor {
    gateway: Gateway,
    tasks: JoinSet<()>,
}

impl Gateway {
    /// What the gateway's background tasks are to run under, and those of its server.
    pub fn supervisor(&self) -> Supervisor {
        Supervisor { gateway: self.clone(), tasks: JoinSet::new() }
    }

    /// The background tasks that have failed several times in a row and do not work yet.
    pub fn tasks_away(&self) -> Vec<AwayTask> {
        let away = |health: &Arc<Health>| {
            let failures = health.is_away_after()?;
            Some(AwayTask { name: health.name, failures })
        };
        self.supervised().iter().filter_map(away).collect()
    }

    fn supervised(&self) -> MutexGuard<'_, Vec<Arc<Health>>> {
        self.shared.supervised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervisor {
    /// Runs a task beside the others until its work is done.
    pub fn run<T: BackgroundTask>(&mut self, task: T) {
        let health = Arc::new(Health::new(T::NAME));
        self.gateway.supervised().push(Arc::clone(&health));
        let observer = Arc::clone(&self.gateway.shared.observer);
        self.tasks.spawn(supervise(task, health, observer));
    }
}

async fn supervise<T: BackgroundTask>(
    mut task: T,
    health: Arc<Health>,
    observer: Arc<dyn Observer>,
) {
    loop {
        let why = match CatchUnwind(pin!(task.run(&health))).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            // The panic itself has been reported with its place.
            Err(_) => "it panicked".to_owned(),
        };
        let failures = health.failed();
        let again_in = wait(failures);
        observer.task_failed(T::NAME);
        let task = T::NAME;
        tracing::error!(task, why, failures, ?again_in, "a background task failed");
        tokio::time::sleep(again_in).await;
    }
}

/// How long to wait after so many failures in a row.
fn wait(failures: u32) -> Duration {
    let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
    FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_longest() {
        for (failures, millis) in [(1, 100), (2, 200), (5, 1600), (6, 2000), (u32::MAX, 2000)] {
            assert_eq!(wait(failures), Duration::from_millis(millis), "{failures}");
        }
    }

    /// What happens to a task, and whether it is away after it.
    #[tokio::test(start_paused = true)]
    async fn a_task_is_away_from_its_third_failure_until_it_goes_on() {
        enum Step {
            Fails,
            DoesARound,
            GoesOn,
        }
        use Step::{DoesARound, Fails, GoesOn};
        let health = Health::new("tested");
        for (step, is_away_after) in [
            (Fails, None),
            (Fails, None),
            (Fails, Some(3)),
            (DoesARound, Some(3)),
            (Fails, Some(4)),
            (GoesOn, Some(4)),
            (DoesARound, Some(4)),
            (GoesOn, None),
            (Fails, None),
            (Fails, None),
            (DoesARound, None),
            (Fails, Some(3)),
        ] {
            match step {
                Fails => drop(health.failed()),
                DoesARound => health.round(io::Result::Ok(())).unwrap(),
                GoesOn => tokio::time::advance(STEADY_AFTER).await,
            }
            assert_eq!(health.is_away_after(), is_away_after);
        }
        let failed = health.round(Err::<(), _>(io::Error::other("no")));
        assert_eq!(failed.unwrap_err().to_string(), "no");
        tokio::time::advance(STEADY_AFTER).await;
        assert_eq!(health.is_away_after(), Some(3), "a failed round is none");
    }
}
