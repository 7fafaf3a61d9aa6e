//! A gateway process: the real gateway, its resolver and committer, and a power switch.
//!
//! A process that dies takes everything in its memory along. Tasks cannot be taken out of a runtime
//! by force, so those of a dead process are cut off instead: its committer is gone, the biller does
//! not hear it, and no partner listens. What it can still do nobody sees.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use biller::Billers;
use domain::Moment;
use domain::payment::Call;
use gateway::{Clock, Gateway, Observer, Settings, Supervisor};
use store::{CommitLoop, Committer, Connections, Database, Limits, PointReads, Read};
use tokio::task::AbortHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::biller::{BillerLink, PLAIN, PROMISING};
use crate::callback_endpoint::SimCallbackEndpoint;
use crate::disk::{Reader, Writer};
use crate::event::Event;
use crate::plan::Fault;
use crate::random::Random;
use crate::world::World;

/// How long a biller may take before the outcome is unknown.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);
/// The longest time between two questions for a status.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Small enough that the batches of a hot deposit fill it.
const LIMITS: Limits = Limits { batch: 48, queue: 4096 };

/// A process while it lives.
pub(crate) struct Node {
    gateway: Gateway,
    power: CancellationToken,
    clock: Arc<NodeClock>,
    committing: AbortHandle,
    /// Stops its tasks with it.
    _supervisor: Supervisor,
    /// How many processes there were before it.
    life: u64,
}

/// A clock that follows the simulated time and can be set wrong.
struct NodeClock {
    world: Arc<World>,
    wrong_by: AtomicI64,
}

impl Clock for NodeClock {
    fn now(&self) -> Moment {
        self.world.now().after_micros(self.wrong_by.load(Relaxed))
    }
}

struct Unwatched;

impl Observer for Unwatched {
    fn called(&self, _: &str, _: Call, _: &'static str, _: Duration) {}
}

impl World {
    /// The process of that number, if it lives.
    pub(crate) fn node(&self, number: u64) -> Option<(Gateway, CancellationToken)> {
        self.slot(number).as_ref().map(|node| (node.gateway.clone(), node.power.clone()))
    }

    /// One of the processes, if that one lives.
    pub(crate) fn any_node(&self, random: &mut Random) -> Option<(Gateway, CancellationToken)> {
        self.node(random.within(0..self.plan.nodes))
    }

    /// Starts the process of that number on what is on the disk, after `life` earlier ones.
    pub(crate) async fn start(self: Arc<World>, number: u64, life: u64) {
        let random = |what| Random::of(self.plan.seed, &[2, number, life, what]);
        let power = CancellationToken::new();
        let writer = Writer::new(&self, random(0));
        let (committer, rounds) = Committer::queue(writer, LIMITS, Box::new(|_| {}));
        let reader = || vec![Box::new(Reader(self.disk.clone())) as Box<dyn Read>];
        let connections =
            Connections { point_reads: PointReads::embedded(reader()), questions: reader() };
        let database = Database::driven(committer, connections);
        let clock = Arc::new(NodeClock { world: Arc::clone(&self), wrong_by: AtomicI64::new(0) });
        let shown: Arc<dyn Clock> = clock.clone();
        let billers = self.billers(&power);
        let settings = Settings {
            biller_deadline: DEADLINE,
            first_ask: Duration::from_secs(5),
            longest_wait: LONGEST_WAIT,
            shares_store: self.plan.nodes > 1,
        };
        let opened = Gateway::open(database, billers, shown, Arc::new(Unwatched), settings).await;
        let (gateway, resolver) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.record(Event::Panicked { words: error.to_string().into() }),
        };
        let committing = tokio::spawn(Arc::clone(&self).commit(number, rounds, random(1)));
        let committing = committing.abort_handle();
        let mut supervisor = gateway.supervisor();
        supervisor.run(resolver);
        let ear = SimCallbackEndpoint {
            world: Arc::clone(&self),
            power: power.clone(),
            random: Mutex::new(random(2)),
        };
        supervisor.run(gateway.callbacks(Arc::new(ear)));
        let node = Node { gateway, power, clock, committing, _supervisor: supervisor, life };
        *self.slot(number) = Some(node);
        self.record(Event::Started { node: number });
    }

    /// The process dies, and another starts after a while.
    pub(crate) fn die(self: &Arc<World>, number: u64, at: String) {
        let Some(node) = self.slot(number).take() else { return };
        node.power.cancel();
        node.committing.abort();
        self.record(Event::Died { node: number, at: at.into() });
        let world = Arc::clone(self);
        let mut random = Random::of(self.plan.seed, &[3, number, node.life]);
        tokio::spawn(async move {
            sleep(Duration::from_millis(random.within(1..5000))).await;
            world.start(number, node.life + 1).await;
        });
    }

    /// Sets the clock of a process by so many seconds wrong.
    pub(crate) fn set_wrong(&self, number: u64, seconds: i64) {
        if let Some(node) = self.slot(number).as_ref() {
            node.clock.wrong_by.store(seconds * 1_000_000, Relaxed);
            self.record(Event::Jumped { node: number, seconds });
        }
    }

    /// Runs the committer's rounds, as its thread does in a real process.
    async fn commit(
        self: Arc<World>,
        number: u64,
        mut rounds: CommitLoop<Writer>,
        mut random: Random,
    ) {
        while rounds.wait().await {
            sleep(Duration::from_millis(random.within(0..4))).await;
            let mut durable = Vec::new();
            let committed = rounds.commit(&mut |batch| durable.push(batch));
            if self.strikes(Fault::CrashBeforeAnswers, &mut random) {
                return self.die(number, "before the answers".into());
            }
            if random.strikes(200) {
                sleep(Duration::from_millis(random.within(1..3))).await;
            }
            durable.into_iter().for_each(|batch| batch.answer());
            if let Err(error) = committed {
                // What was given away before still leaves the process in its last moments.
                sleep(Duration::from_millis(random.within(1..4))).await;
                return self.die(number, error.to_string());
            }
        }
    }

    fn billers(self: &Arc<World>, power: &CancellationToken) -> Billers {
        let mut billers = Billers::default();
        for id in [PLAIN, PROMISING] {
            let (world, power) = (Arc::clone(self), power.clone());
            let line = BillerLink { world, power, promises: id == PROMISING };
            billers.insert(id, "simulated", Arc::new(line));
        }
        billers
    }

    fn slot(&self, number: u64) -> MutexGuard<'_, Option<Node>> {
        self.nodes[number as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
