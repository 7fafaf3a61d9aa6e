//! What all parts of a run share: the plan, the log with its auditor, the simulated clock, and whether
//! faults are still injected.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use domain::Moment;
use tokio::time::Instant;

use crate::auditor::{Auditor, Violation};
use crate::event::Event;
use crate::plan::{Fault, Plan};
use seeded_rng::SeededRng;

/// Midnight in Jakarta at the beginning of 2019. The clocks start near it.
const NEW_YEAR: i64 = 1_546_275_600_000_000;

/// The shared part of a run.
pub(crate) struct World {
    pub(crate) plan: Plan,
    /// What every clock shows at the beginning.
    start: Moment,
    begun: Instant,
    log: Mutex<Log>,
    faults_off: AtomicBool,
    broken: AtomicBool,
    requests: AtomicU64,
}

/// All lines with their time, checked and hashed as they are recorded.
struct Log {
    story: Vec<(u64, Event)>,
    hash: DefaultHasher,
    auditor: Auditor,
    broken: Option<Violation>,
}

/// The log of a run that has ended.
pub(crate) struct FinishedLog {
    pub(crate) story: Vec<(u64, Event)>,
    pub(crate) hash: u64,
    pub(crate) broken: Option<Violation>,
}

thread_local! {
    /// The message of a panic on this thread: tokio catches a task's panic, so it would be lost.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

impl World {
    /// Must be called inside a runtime, because it reads the runtime's clock.
    pub(crate) fn new(plan: Plan) -> Arc<World> {
        install_panic_hook();
        let mut rng = SeededRng::of(plan.seed, &[1]);
        // Some runs cross the end of a day, month and year at once; the others start at any minute.
        let minutes = match rng.chance(250) {
            true => -5,
            false => rng.in_range(0..24 * 60) as i64,
        };
        let log = Log {
            story: Vec::new(),
            hash: DefaultHasher::new(),
            auditor: Auditor::default(),
            broken: None,
        };
        Arc::new(World {
            plan,
            start: Moment::from_micros(NEW_YEAR + minutes * 60_000_000),
            begun: Instant::now(),
            log: Mutex::new(log),
            faults_off: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            requests: AtomicU64::new(0),
        })
    }

    /// Adds a line to the log and has the auditor check it.
    pub(crate) fn record(&self, event: Event) {
        let at = self.elapsed().as_micros() as u64;
        let mut log = self.log();
        // The line that breaks a rule is the last one.
        if log.broken.is_some() {
            return;
        }
        (at, &event).hash(&mut log.hash);
        if let Err(broken) = log.auditor.see(&event) {
            log.broken = Some(broken);
            self.broken.store(true, Relaxed);
        }
        log.story.push((at, event));
    }

    /// Runs a check of the auditor over everything recorded so far.
    pub(crate) fn check(&self, check: impl FnOnce(&Auditor) -> Result<(), Violation>) {
        let mut log = self.log();
        if log.broken.is_none()
            && let Err(broken) = check(&log.auditor)
        {
            log.broken = Some(broken);
            self.broken.store(true, Relaxed);
        }
    }

    /// Whether to inject `fault` this time.
    pub(crate) fn should_inject(&self, fault: Fault, rng: &mut SeededRng) -> bool {
        let odds = self.plan.odds(fault);
        odds > 0 && rng.chance(odds) && !self.faults_off.load(Relaxed)
    }

    /// Injects no fault from now on.
    pub(crate) fn turn_faults_off(&self) {
        self.faults_off.store(true, Relaxed);
        self.record(Event::FaultsEnd);
    }

    /// Records a panic of any task since the last call.
    pub(crate) fn record_panic(&self) {
        if let Some(words) = PANIC.take() {
            self.record(Event::Panicked { words: words.into() });
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Relaxed)
    }

    /// The number of a new request.
    pub(crate) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Relaxed)
    }

    /// How long the run has lasted, in simulated time.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// What an accurate clock shows.
    pub(crate) fn now(&self) -> Moment {
        self.start.after_micros(self.elapsed().as_micros() as i64)
    }

    /// The payments whose outcome is unknown.
    pub(crate) fn open_payments(&self) -> Vec<i64> {
        self.log().auditor.open().collect()
    }

    /// The biller of the payment's current attempt.
    pub(crate) fn current_biller(&self, tr_id: i64) -> Option<i64> {
        self.log().auditor.current_biller(tr_id)
    }

    /// The payments that a biller contradicts.
    pub(crate) fn contradicted(&self) -> Vec<i64> {
        self.log().auditor.contradicted().collect()
    }

    /// Takes the log at the end of the run.
    pub(crate) fn finish(&self) -> FinishedLog {
        let mut log = self.log();
        FinishedLog {
            story: std::mem::take(&mut log.story),
            hash: log.hash.finish(),
            broken: log.broken.clone(),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the message of a panic for the run in which it happened. A panic ends only its own task, and
/// the gateway answers the partner as if the database were unreachable.
fn install_panic_hook() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANIC.set(Some(panic.to_string()));
            default(panic);
        }));
    });
    PANIC.take();
}
