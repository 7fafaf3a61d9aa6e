//! What all actors of a run share: the plan, the logs with their auditor, the disk, the nodes.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use domain::Moment;
use tokio::time::Instant;

use crate::auditor::{Auditor, Broken};
use crate::biller::Biller;
use crate::disk::Disk;
use crate::event::Event;
use crate::node::Node;
use crate::plan::{Fault, Plan};
use crate::random::Random;

/// Midnight in Jakarta at the beginning of 2019, from which the clocks are set.
const NEW_YEAR: i64 = 1_546_275_600_000_000;

/// The shared part of a run.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) disk: Disk,
    pub(crate) biller: Biller,
    pub(crate) nodes: Vec<Mutex<Option<Node>>>,
    /// What every clock shows at the beginning.
    start: Moment,
    begun: Instant,
    log: Mutex<Log>,
    calm: AtomicBool,
    broken: AtomicBool,
    requests: AtomicU64,
}

/// The lines of all logs, with their time, judged and hashed as they come.
struct Log {
    story: Vec<(u64, Event)>,
    hash: DefaultHasher,
    auditor: Auditor,
    broken: Option<Broken>,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Run {
    /// The plan that was carried out.
    pub plan: Plan,
    /// All logs, each line with its time in microseconds.
    pub story: Vec<(u64, Event)>,
    /// The hash of all lines: two runs of one plan have the same.
    pub hash: u64,
    /// The rule that was broken, if any.
    pub broken: Option<Broken>,
    /// How many payments were begun.
    pub payments: u64,
}

thread_local! {
    /// The words of a panic of this thread, which a task would swallow.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

impl World {
    /// A world before anything has happened, from within a runtime.
    pub(crate) fn new(plan: Plan) -> Arc<World> {
        watch_panics();
        let mut random = Random::of(plan.seed, &[1]);
        // Some runs cross midnight, month and year at once, the others begin at any minute.
        let minutes = match random.strikes(250) {
            true => -5,
            false => random.within(0..24 * 60) as i64,
        };
        let nodes = (0..plan.nodes).map(|_| Mutex::default()).collect();
        let log = Log {
            story: Vec::new(),
            hash: DefaultHasher::new(),
            auditor: Auditor::default(),
            broken: None,
        };
        Arc::new(World {
            biller: Biller::new(plan.seed),
            plan,
            disk: Disk::default(),
            nodes,
            start: Moment::from_micros(NEW_YEAR + minutes * 60_000_000),
            begun: Instant::now(),
            log: Mutex::new(log),
            calm: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            requests: AtomicU64::new(0),
        })
    }

    /// Writes a line into the logs and has it judged.
    pub(crate) fn record(&self, event: Event) {
        let at = self.elapsed().as_micros() as u64;
        let mut log = self.log();
        // A story ends with the line that breaks a rule.
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

    /// Has the auditor look at the whole.
    pub(crate) fn judge(&self, look: impl FnOnce(&Auditor) -> Result<(), Broken>) {
        let mut log = self.log();
        if log.broken.is_none()
            && let Err(broken) = look(&log.auditor)
        {
            log.broken = Some(broken);
            self.broken.store(true, Relaxed);
        }
    }

    /// Whether `fault` strikes at this chance.
    pub(crate) fn strikes(&self, fault: Fault, random: &mut Random) -> bool {
        let odds = self.plan.odds(fault);
        odds > 0 && random.strikes(odds) && !self.is_calm()
    }

    /// From now on no fault strikes.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Relaxed);
        self.record(Event::FaultsEnd);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Relaxed)
    }

    /// Whether the actors are to stop: enough was paid, or a rule was broken.
    pub(crate) fn is_over(&self) -> bool {
        self.hear_panics();
        self.is_broken() || self.disk.payments() >= self.plan.payments
    }

    /// Writes down a panic of any task since the last look.
    pub(crate) fn hear_panics(&self) {
        if let Some(words) = PANIC.take() {
            self.record(Event::Panicked { words: words.into() });
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Relaxed)
    }

    /// The number of a new request.
    pub(crate) fn request(&self) -> u64 {
        self.requests.fetch_add(1, Relaxed)
    }

    /// How long the run lasts, in simulated time.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// What an accurate clock shows.
    pub(crate) fn now(&self) -> Moment {
        self.start.after_micros(self.elapsed().as_micros() as i64)
    }

    /// The payments whose outcome nobody knows.
    pub(crate) fn open(&self) -> Vec<i64> {
        self.log().auditor.open().collect()
    }

    /// The final payments that the biller contradicts.
    pub(crate) fn contradicted(&self) -> Vec<i64> {
        self.log().auditor.contradicted().collect()
    }

    /// Ends the run: the logs, and what they come to.
    pub(crate) fn close(&self) -> Run {
        // The processes hold the world as it holds them, so that one of the two has to let go.
        self.nodes.iter().for_each(|node| drop(Mutex::lock(node).map(|mut node| node.take())));
        let mut log = self.log();
        Run {
            plan: self.plan.clone(),
            story: std::mem::take(&mut log.story),
            hash: log.hash.finish(),
            broken: log.broken.clone(),
            payments: self.disk.payments(),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the words of a panic for the run that it happened in: a panicking task takes only itself
/// down, and a gateway answers its partner as if the database had gone.
fn watch_panics() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANIC.set(Some(panic.to_string()));
            others(panic);
        }));
    });
    PANIC.take();
}
