//! The nodes with what they work on, the disk and the biller: starts processes and kills them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use biller::Billers;
use domain::payment::Call;
use gateway::{Alert, Clock, Gateway, Observer, Settings};
use store::{CommitLoop, Committer, Connections, Database, Limits, PointReads, Read};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::biller::{BillerLink, PLAIN, PROMISING, SimBiller, UNEQUAL};
use crate::callback_endpoint::SimCallbackEndpoint;
use crate::disk::{Disk, Reader, Writer};
use crate::event::Event;
use crate::node::{DEADLINE, LONGEST_WAIT, Node, NodeClock, Nodes};
use crate::plan::{Fault, Plan};
use crate::world::World;
use seeded_rng::SeededRng;

/// Small enough that the batches of the hot partner fill it.
const LIMITS: Limits = Limits { batch: 48, queue: 4096 };

/// Everything that a run works on.
pub(crate) struct Cluster {
    pub(crate) world: Arc<World>,
    pub(crate) disk: Disk,
    pub(crate) nodes: Arc<Nodes>,
    pub(crate) biller: Arc<SimBiller>,
}

/// Records the circuits of a node.
struct CircuitObserver {
    world: Arc<World>,
    node: u64,
}

impl Observer for CircuitObserver {
    fn called(&self, _: &str, _: Call, _: &'static str, _: Duration) {}

    fn alert(&self, alert: Alert) {
        let is_open = match alert {
            Alert::CircuitOpened { .. } => true,
            Alert::CircuitClosed { .. } => false,
            _ => return,
        };
        self.world.record(Event::Circuit { node: self.node, is_open });
    }
}

impl Cluster {
    /// A cluster without running processes. Must be called inside a runtime.
    pub(crate) fn new(plan: Plan) -> Arc<Cluster> {
        let world = World::new(plan);
        let nodes = Nodes::new(&world);
        let biller = SimBiller::new(&world, &nodes);
        Arc::new(Cluster { world, disk: Disk::default(), nodes, biller })
    }

    /// Whether the actors must stop: enough payments were begun, or a rule was broken.
    pub(crate) fn is_over(&self) -> bool {
        self.world.record_panic();
        self.world.is_broken() || self.disk.payments() >= self.world.plan.payments
    }

    /// Starts the process `number` on what is on the disk, after `life` earlier ones.
    pub(crate) async fn start(self: Arc<Cluster>, number: u64, life: u64) {
        let rng = |what| SeededRng::of(self.world.plan.seed, &[2, number, life, what]);
        let power = CancellationToken::new();
        let writer = Writer::new(&self.world, &self.disk, rng(0));
        let (committer, commit_loop) = Committer::queue(writer, LIMITS, Box::new(|_| {}));
        let reader = || vec![Box::new(Reader(self.disk.clone())) as Box<dyn Read>];
        let connections =
            Connections { point_reads: PointReads::embedded(reader()), questions: reader() };
        let database = Database::driven(committer, connections);
        let clock = Arc::new(NodeClock::new(&self.world));
        let shown: Arc<dyn Clock> = clock.clone();
        let billers = self.billers(&power);
        let settings = Settings {
            biller_deadline: DEADLINE,
            first_ask: Duration::from_secs(5),
            longest_wait: LONGEST_WAIT,
            shares_store: self.world.plan.nodes > 1,
            // Each process draws one of its own.
            reference_prefix: number << 32 | life,
            low_biller_balance: domain::Rupiah::ZERO,
        };
        let observer = Arc::new(CircuitObserver { world: Arc::clone(&self.world), node: number });
        let opened = Gateway::open(database, billers, shown, observer, settings).await;
        let (gateway, resolver) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                return self.world.record(Event::Panicked { words: error.to_string().into() });
            }
        };
        let committing = tokio::spawn(Arc::clone(&self).commit(number, commit_loop, rng(1)));
        let committing = committing.abort_handle();
        let mut supervisor = gateway.supervisor();
        supervisor.run(resolver);
        supervisor.run(gateway.circuit_probe());
        let endpoint = SimCallbackEndpoint {
            world: Arc::clone(&self.world),
            power: power.clone(),
            rng: Mutex::new(rng(2)),
        };
        supervisor.run(gateway.callbacks(Arc::new(endpoint)));
        let node = Node { gateway, power, clock, committing, _supervisor: supervisor, life };
        self.nodes.insert(number, node);
        self.world.record(Event::Started { node: number });
    }

    /// Kills the process, and starts another after some time.
    pub(crate) fn kill(self: &Arc<Cluster>, number: u64, at: String) {
        let Some(node) = self.nodes.remove(number) else { return };
        node.power.cancel();
        node.committing.abort();
        self.world.record(Event::Died { node: number, at: at.into() });
        let cluster = Arc::clone(self);
        let mut rng = SeededRng::of(self.world.plan.seed, &[3, number, node.life]);
        tokio::spawn(async move {
            sleep(Duration::from_millis(rng.in_range(1..5000))).await;
            cluster.start(number, node.life + 1).await;
        });
    }

    /// Commits batches, as the commit thread of a real process does.
    async fn commit(
        self: Arc<Cluster>,
        number: u64,
        mut commit_loop: CommitLoop<Writer>,
        mut rng: SeededRng,
    ) {
        while commit_loop.wait().await {
            sleep(Duration::from_millis(rng.in_range(0..4))).await;
            let mut durable = Vec::new();
            let committed = commit_loop.commit(&mut |batch| durable.push(batch));
            if self.world.should_inject(Fault::CrashBeforeAnswers, &mut rng) {
                return self.kill(number, "before the answers".into());
            }
            if rng.chance(200) {
                sleep(Duration::from_millis(rng.in_range(1..3))).await;
            }
            durable.into_iter().for_each(|batch| batch.answer());
            if let Err(error) = committed {
                // Answers that were already given still leave the process before it dies.
                sleep(Duration::from_millis(rng.in_range(1..4))).await;
                return self.kill(number, error.to_string());
            }
        }
    }

    fn billers(&self, power: &CancellationToken) -> Billers {
        let mut billers = Billers::default();
        for id in [PLAIN, PROMISING, UNEQUAL] {
            let (biller, power) = (Arc::clone(&self.biller), power.clone());
            let link = BillerLink { biller, power, id };
            billers.insert(id, "simulated", Arc::new(link));
        }
        billers
    }
}
