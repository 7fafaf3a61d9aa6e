//! Runs background tasks for as long as the process runs. A task that fails or panics is logged,
//! counted and restarted. A task that keeps failing is reported by the readiness probe.

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

/// The wait before the first restart of a task. It doubles with each consecutive failure.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait before a restart.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A task counts as down after this many consecutive failures.
const AWAY_FROM: u32 = 3;

/// A task must run for this time after its first round before its earlier failures are forgotten.
/// So a task that always panics after its first round counts as down.
const STEADY_AFTER: Duration = Duration::from_secs(1);

/// A background task.
pub trait BackgroundTask: Send + 'static {
    /// Its name in logs, metrics and `/readyz`.
    const NAME: &'static str;

    /// The error with which it can fail.
    type Error: Display + Send;

    /// Runs until there is nothing left to do; most tasks never return. Reports its rounds to
    /// `health`. After an error or a panic it is called again.
    fn run(&mut self, health: &Health) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The health of a background task.
pub struct Health {
    name: &'static str,
    condition: Mutex<Condition>,
}

#[derive(Clone, Copy, Default)]
struct Condition {
    /// Consecutive failures.
    failures: u32,
    /// When the current run finished its first round.
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

    /// Records the result of a round, and returns it.
    ///
    /// # Errors
    /// The error of the round.
    pub fn round<T, E: From<io::Error>>(&self, done: Result<T, E>) -> Result<T, E> {
        fail_points::round(self.name)?;
        if done.is_ok() {
            self.condition().works_since.get_or_insert_with(Instant::now);
        }
        done
    }

    /// Records that a run has failed. Returns the number of consecutive failures.
    fn failed(&self) -> u32 {
        let mut condition = self.condition();
        let before = if condition.is_steady() { 0 } else { condition.failures };
        let failures = before.saturating_add(1);
        *condition = Condition { failures, works_since: None };
        failures
    }

    /// The number of consecutive failed runs, if it is too high.
    fn is_failing_after(&self) -> Option<u32> {
        let condition = *self.condition();
        (AWAY_FROM <= condition.failures && !condition.is_steady()).then_some(condition.failures)
    }

    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A background task that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailingTask {
    /// Its name.
    pub name: &'static str,
    /// Its consecutive failures.
    pub failures: u32,
}

/// The background tasks of a gateway. Dropping it stops them.
pub struct Supervisor {
    gateway: Gateway,
    tasks: JoinSet<()>,
}

impl Gateway {
    /// A supervisor for the background tasks of the gateway and of its server.
    pub fn supervisor(&self) -> Supervisor {
        Supervisor { gateway: self.clone(), tasks: JoinSet::new() }
    }

    /// The background tasks that are down: several runs failed in a row and none works yet.
    pub fn failing_tasks(&self) -> Vec<FailingTask> {
        let away = |health: &Arc<Health>| {
            let failures = health.is_failing_after()?;
            Some(FailingTask { name: health.name, failures })
        };
        self.supervised().iter().filter_map(away).collect()
    }

    fn supervised(&self) -> MutexGuard<'_, Vec<Arc<Health>>> {
        self.shared.supervised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervisor {
    /// Runs a task until its work is done.
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
            // The panic hook has already logged the panic.
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

/// The wait after this many consecutive failures.
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

    /// The steps of a task, and whether it is down after each.
    #[tokio::test(start_paused = true)]
    async fn a_task_is_away_from_its_third_failure_until_it_goes_on() {
        enum Step {
            Fails,
            DoesARound,
            GoesOn,
        }
        use Step::{DoesARound, Fails, GoesOn};
        let health = Health::new("tested");
        for (step, is_failing_after) in [
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
            assert_eq!(health.is_failing_after(), is_failing_after);
        }
        let failed = health.round(Err::<(), _>(io::Error::other("no")));
        assert_eq!(failed.unwrap_err().to_string(), "no");
        tokio::time::advance(STEADY_AFTER).await;
        assert_eq!(health.is_failing_after(), Some(3), "a failed round is none");
    }
}
