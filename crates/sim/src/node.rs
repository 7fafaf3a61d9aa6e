//! The gateway processes that are running: the real gateway, its clock, and a power switch.
//!
//! A process that dies loses everything in its memory. A runtime cannot remove its tasks by force, so
//! they are cut off instead: the committer is aborted, the biller ignores the process, and no partner
//! waits for it. What these tasks still do has no effect.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Moment;
use gateway::{Clock, Gateway, Supervisor};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::event::Event;
use crate::world::World;
use seeded_rng::SeededRng;

/// After this time without an answer from the biller the outcome is unknown.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);
/// The longest time between two status queries.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// A running process.
pub(crate) struct Node {
    pub(crate) gateway: Gateway,
    pub(crate) power: CancellationToken,
    pub(crate) clock: Arc<NodeClock>,
    pub(crate) committing: AbortHandle,
    /// Dropping it stops the background tasks.
    pub(crate) _supervisor: Supervisor,
    /// How many processes had this number before.
    pub(crate) life: u64,
}

/// A clock that follows the simulated time and can be set wrong.
pub(crate) struct NodeClock {
    world: Arc<World>,
    /// Microseconds.
    wrong_by: AtomicI64,
}

/// The processes by number. A number without a running process has `None`.
pub(crate) struct Nodes {
    world: Arc<World>,
    slots: Vec<Mutex<Option<Node>>>,
}

impl NodeClock {
    pub(crate) fn new(world: &Arc<World>) -> NodeClock {
        NodeClock { world: Arc::clone(world), wrong_by: AtomicI64::new(0) }
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Moment {
        self.world.now().after_micros(self.wrong_by.load(Relaxed))
    }
}

impl Nodes {
    pub(crate) fn new(world: &Arc<World>) -> Arc<Nodes> {
        let slots = (0..world.plan.nodes).map(|_| Mutex::default()).collect();
        Arc::new(Nodes { world: Arc::clone(world), slots })
    }

    /// The process with this number, if it is running.
    pub(crate) fn get(&self, number: u64) -> Option<(Gateway, CancellationToken)> {
        self.slot(number).as_ref().map(|node| (node.gateway.clone(), node.power.clone()))
    }

    /// A process chosen at random, if it is running.
    pub(crate) fn any(&self, rng: &mut SeededRng) -> Option<(Gateway, CancellationToken)> {
        self.get(rng.in_range(0..self.world.plan.nodes))
    }

    /// Sets the clock of a process wrong by `seconds`.
    pub(crate) fn set_wrong(&self, number: u64, seconds: i64) {
        if let Some(node) = self.slot(number).as_ref() {
            node.clock.wrong_by.store(seconds * 1_000_000, Relaxed);
            self.world.record(Event::Jumped { node: number, seconds });
        }
    }

    pub(crate) fn insert(&self, number: u64, node: Node) {
        *self.slot(number) = Some(node);
    }

    pub(crate) fn remove(&self, number: u64) -> Option<Node> {
        self.slot(number).take()
    }

    fn slot(&self, number: u64) -> MutexGuard<'_, Option<Node>> {
        self.slots[number as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
