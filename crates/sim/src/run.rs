//! One run: carries out a plan, turns the faults off, resolves what is open, and checks the end.

use std::sync::Arc;
use std::time::Duration;

use domain::command::ManualOutcome;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::auditor::{Auditor, Violation};
use crate::biller::STOP_POLLING_AFTER;
use crate::cluster::Cluster;
use crate::disk::Reader;
use crate::event::Event;
use crate::node::LONGEST_WAIT;
use crate::partner::PartnerSession;
use crate::plan::{Fault, Plan};
use crate::world::FinishedLog;
use seeded_rng::SeededRng;

/// The most that a clock is set wrong, in seconds: a day.
const MAX_CLOCK_ERROR: u64 = 86_400;

/// After this time every payment is final or too old to be queried, even one that was begun by a
/// clock that was fast.
const UNTIL_RESOLVED: Duration =
    STOP_POLLING_AFTER.saturating_add(Duration::from_secs(MAX_CLOCK_ERROR));

/// How long a partner may wait for a callback that was lost before the faults ended.
const LONGEST_CALLBACK_WAIT: Duration = Duration::from_secs(2 * 3600);

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The plan that was carried out.
    pub plan: Plan,
    /// All log lines, each with its time in microseconds.
    pub story: Vec<(u64, Event)>,
    /// The hash of all lines: two runs of one plan have the same.
    pub hash: u64,
    /// The rule that was broken, if any.
    pub broken: Option<Violation>,
    /// How many payments were begun.
    pub payments: u64,
}

impl Run {
    /// Carries out `plan`.
    ///
    /// # Panics
    ///
    /// If the system cannot create a runtime.
    pub fn of(plan: Plan) -> Run {
        // Time does not advance while a task can run. It jumps to the next timer.
        let built =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        #[expect(clippy::expect_used, reason = "a simulation without a runtime has nothing to say")]
        let runtime = built.expect("a runtime of one thread");
        runtime.block_on(async {
            let cluster = Cluster::new(plan);
            carry_out(&cluster).await;
            finish(&cluster)
        })
    }
}

async fn carry_out(cluster: &Arc<Cluster>) {
    let world = &cluster.world;
    let rng = |who| SeededRng::of(world.plan.seed, &[6, who]);
    Arc::clone(cluster).start(0, 0).await;
    cluster.set_up(&mut rng(0)).await;
    for node in 1..world.plan.nodes {
        Arc::clone(cluster).start(node, 0).await;
    }
    let operator = tokio::spawn(Arc::clone(cluster).operate(rng(1)));
    let chaos = tokio::spawn(Arc::clone(cluster).disrupt_nodes(rng(2)));
    let sessions = buy(cluster).await;
    let _ = (operator.await, chaos.await);
    if world.is_broken() {
        return;
    }
    world.turn_faults_off();
    (0..world.plan.nodes).for_each(|node| cluster.nodes.set_wrong(node, 0));
    cluster.resolve_open_payments(&mut rng(3)).await;
    for (session, refs) in sessions {
        PartnerSession { refs, ..session }.query_all().await;
    }
    cluster.check_at_the_end();
}

impl Cluster {
    /// Kills processes and sets clocks wrong.
    async fn disrupt_nodes(self: Arc<Cluster>, mut rng: SeededRng) {
        while !self.is_over() {
            sleep(Duration::from_millis(rng.in_range(50..20_000))).await;
            let node = rng.in_range(0..self.world.plan.nodes);
            if self.world.should_inject(Fault::Kill, &mut rng) {
                self.kill(node, "killed".into());
            }
            if self.world.should_inject(Fault::ClockJump, &mut rng) {
                let far = *rng.pick(&[1, 60, 3_600, MAX_CLOCK_ERROR]);
                let seconds = rng.in_range(0..2 * far + 1) as i64 - far as i64;
                self.nodes.set_wrong(node, seconds);
            }
        }
    }

    /// Waits until the status queries have resolved what they can; operators resolve the rest.
    async fn resolve_open_payments(self: &Arc<Cluster>, rng: &mut SeededRng) {
        sleep(UNTIL_RESOLVED + 2 * LONGEST_WAIT).await;
        self.world.check(Auditor::check_manual_review);
        for tr_id in self.world.open_payments() {
            self.resolve_by_hand(tr_id, rng).await;
        }
        for tr_id in self.world.contradicted() {
            self.resolve(tr_id, ManualOutcome::Reconciled, rng).await;
        }
        sleep(LONGEST_CALLBACK_WAIT).await;
    }

    fn check_at_the_end(&self) {
        self.world.record_panic();
        self.world.check(|auditor| auditor.check_end(self.disk.dump().into_iter()));
        // The operators' audit must have the same result.
        let report = store::audit::audit(&mut Reader(self.disk.clone()));
        let faults = match report {
            Ok(report) if report.is_clean() => return,
            Ok(report) => format!("{:?}", report.faults),
            Err(error) => error.to_string(),
        };
        self.world.check(|_| {
            Err(Violation { rule: "the audit finds nothing", about: None, how: faults })
        });
    }
}

/// Stops all processes and gives the result.
fn finish(cluster: &Cluster) -> Run {
    let world = &cluster.world;
    // A node and the cluster hold references to each other; this breaks the cycle.
    (0..world.plan.nodes).for_each(|node| drop(cluster.nodes.remove(node)));
    let FinishedLog { story, hash, broken } = world.finish();
    let (plan, payments) = (world.plan.clone(), cluster.disk.payments());
    Run { plan, story, hash, broken, payments }
}

/// Runs every partner's sessions to their end. Returns them with the `ref_id`s that they used.
async fn buy(cluster: &Arc<Cluster>) -> Vec<(PartnerSession, Vec<Box<str>>)> {
    let mut running: Vec<(PartnerSession, JoinHandle<Vec<Box<str>>>)> = Vec::new();
    for partner in 1..=cluster.world.plan.partners {
        let sessions = if partner == 1 { cluster.world.plan.sessions } else { 1 };
        for session in 0..sessions {
            let new = || PartnerSession {
                cluster: Arc::clone(cluster),
                partner: partner as i64,
                rng: SeededRng::of(cluster.world.plan.seed, &[7, partner, session]),
                name: format!("p{partner}.{session}"),
                used: 0,
                refs: Vec::new(),
            };
            running.push((new(), tokio::spawn(new().run())));
        }
    }
    let mut sessions = Vec::new();
    for (session, run) in running {
        sessions.push((session, run.await.unwrap_or_default()));
    }
    sessions
}
