//! One run: a plan is carried out from its first command to the rest after the last fault.

use std::sync::Arc;
use std::time::Duration;

use domain::command::ManualOutcome;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::auditor::{Auditor, Broken};
use crate::biller::ASK_UNTIL;
use crate::disk::Reader;
use crate::node::LONGEST_WAIT;
use crate::partner::Lane;
use crate::plan::{Fault, Plan};
use crate::random::Random;
use crate::world::{Run, World};

/// How far a clock jumps at the most, in seconds: a day.
const FARTHEST: u64 = 86_400;

/// How long it takes at the most until every payment has ended or is too old to be asked about, also
/// one that was begun by a clock that was fast.
const AFTERMATH: Duration = ASK_UNTIL.saturating_add(Duration::from_secs(FARTHEST));

/// How long a partner may have to wait for a callback that was lost before the faults ended.
const LONGEST_CALLBACK_WAIT: Duration = Duration::from_secs(2 * 3600);

impl Run {
    /// Carries `plan` out.
    ///
    /// # Panics
    ///
    /// If the system gives no runtime.
    pub fn of(plan: Plan) -> Run {
        // Time stands still while anything can be done, and jumps to whatever is due next.
        let built =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        #[expect(clippy::expect_used, reason = "a simulation without a runtime has nothing to say")]
        let runtime = built.expect("a runtime of one thread");
        runtime.block_on(async {
            let world = World::new(plan);
            carry_out(&world).await;
            world.close()
        })
    }
}

async fn carry_out(world: &Arc<World>) {
    let random = |who| Random::of(world.plan.seed, &[6, who]);
    Arc::clone(world).start(0, 0).await;
    world.set_up(&mut random(0)).await;
    for node in 1..world.plan.nodes {
        Arc::clone(world).start(node, 0).await;
    }
    let operator = tokio::spawn(Arc::clone(world).operate(random(1)));
    let weather = tokio::spawn(Arc::clone(world).weather(random(2)));
    let lanes = buy(world).await;
    let _ = (operator.await, weather.await);
    if world.is_broken() {
        return;
    }
    world.calm_down();
    (0..world.plan.nodes).for_each(|node| world.set_wrong(node, 0));
    world.come_to_rest(&mut random(3)).await;
    for (lane, refs) in lanes {
        Lane { refs, ..lane }.look_back().await;
    }
    world.look_at_the_end();
}

impl World {
    /// Kills processes and turns clocks.
    async fn weather(self: Arc<World>, mut random: Random) {
        while !self.is_over() {
            sleep(Duration::from_millis(random.within(50..20_000))).await;
            let node = random.within(0..self.plan.nodes);
            if self.strikes(Fault::Kill, &mut random) {
                self.die(node, "killed".into());
            }
            if self.strikes(Fault::ClockJump, &mut random) {
                let far = *random.pick(&[1, 60, 3_600, FARTHEST]);
                let seconds = random.within(0..2 * far + 1) as i64 - far as i64;
                self.set_wrong(node, seconds);
            }
        }
    }

    /// Waits until what the billers know is settled, and has the rest ended by hand.
    async fn come_to_rest(self: &Arc<World>, random: &mut Random) {
        sleep(AFTERMATH + 2 * LONGEST_WAIT).await;
        self.judge(Auditor::waits_for_operators);
        for tr_id in self.open() {
            self.end_by_hand(tr_id, random).await;
        }
        for tr_id in self.contradicted() {
            self.resolve(tr_id, ManualOutcome::Reconciled, random).await;
        }
        sleep(LONGEST_CALLBACK_WAIT).await;
    }

    fn look_at_the_end(&self) {
        self.hear_panics();
        self.judge(|auditor| auditor.at_the_end(self.disk.dump().into_iter()));
        // The audit that operators run must come to the same end.
        let report = store::audit::audit(&mut Reader(self.disk.clone()));
        let faults = match report {
            Ok(report) if report.is_clean() => return,
            Ok(report) => format!("{:?}", report.faults),
            Err(error) => error.to_string(),
        };
        self.judge(|_| Err(Broken { rule: "the audit finds nothing", about: None, how: faults }));
    }
}

/// Runs every partner's lanes to their end, and gives them back with the `ref_id`s that they used.
async fn buy(world: &Arc<World>) -> Vec<(Lane, Vec<Box<str>>)> {
    let mut running: Vec<(Lane, JoinHandle<Vec<Box<str>>>)> = Vec::new();
    for partner in 1..=world.plan.partners {
        let lanes = if partner == 1 { world.plan.lanes } else { 1 };
        for lane in 0..lanes {
            let new = || Lane {
                world: Arc::clone(world),
                partner: partner as i64,
                random: Random::of(world.plan.seed, &[7, partner, lane]),
                name: format!("p{partner}.{lane}"),
                used: 0,
                refs: Vec::new(),
            };
            running.push((new(), tokio::spawn(new().run())));
        }
    }
    let mut lanes = Vec::new();
    for (lane, run) in running {
        lanes.push((lane, run.await.unwrap_or_default()));
    }
    lanes
}
