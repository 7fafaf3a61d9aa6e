//! Nodes that share a database, at work while it fails over, and while one of them dies and another
//! one stands still.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use domain::follow_up::PAYER_LEASE;
use fail_points::Point;

use crate::client::TIMEOUT;
use crate::cluster::Cluster;
use crate::load::{AWAY, PAYS, Story, judge};
use crate::server::{Home, Server, wait_for};

/// Payments in process end in success soon, and those that the biller has never got as failures.
const CONFIG: [(&str, &str); 6] = [
    ("sandbox.trust_not_found_after", "0s"),
    ("sandbox.latency", "5ms"),
    ("sandbox.pending_ends", "success"),
    ("sandbox.pending_after", "1s"),
    ("gateway.resolver_first_ask", "100ms"),
    ("gateway.resolver_longest_wait", "500ms"),
];

/// How many partners' connections each node has.
const CONNECTIONS: usize = 8;

/// A load on nodes, from the side of their partners.
#[derive(Default)]
pub(crate) struct Load {
    told: AtomicUsize,
    over: AtomicBool,
}

/// Ends the load, also where what happened meanwhile is a failure of the test.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Load {
    /// Inquires and pays at all nodes while `meanwhile` happens. Returns all that the partners saw.
    pub(crate) fn run(&self, nodes: &[Server], meanwhile: impl FnOnce()) -> Vec<Story> {
        scope(|scope| {
            let partners = nodes.iter().flat_map(|node| (0..CONNECTIONS).map(move |at| (node, at)));
            let working: Vec<_> =
                partners.map(|(node, at)| scope.spawn(move || self.work(node, at))).collect();
            let over = Over(&self.over);
            meanwhile();
            drop(over);
            working.into_iter().flat_map(|stories| stories.join().unwrap()).collect()
        })
    }

    /// Until the load is over or the node answers no more. While the database is away the partner waits.
    fn work(&self, node: &Server, at: usize) -> Vec<Story> {
        let (mut stories, mut partner) = (Vec::new(), node.partner());
        for round in at.. {
            if self.over.load(Ordering::Relaxed) {
                break;
            }
            let (story, lived) = Story::of_round(round, &mut partner);
            stories.push(story);
            self.told.fetch_add(1, Ordering::Relaxed);
            match lived.map_err(|error| error.kind()) {
                Ok(()) => {}
                Err(AWAY) => sleep(Duration::from_millis(20)),
                Err(_) => break,
            }
        }
        stories
    }

    /// Waits until partners have seen so many more transactions.
    pub(crate) fn wait_for(&self, more: usize) {
        let goal = self.told.load(Ordering::Relaxed) + more;
        wait_for("the load", || (self.told.load(Ordering::Relaxed) >= goal).then_some(()));
    }
}

/// The primary dies under load, its synchronous standby takes over, and the nodes go on there by
/// themselves.
#[test]
fn a_standby_that_takes_over_has_all_that_was_answered() {
    let primary = Cluster::start();
    primary.database();
    let standby = primary.synchronous_standby();
    let home = Home::on(Cluster::url_of(&[&primary, &standby], "lunas0"));
    let first = home.start(&CONFIG);
    let beside = home.beside();
    let nodes = [first, beside.start(&CONFIG)];
    let load = Load::default();
    let stories = load.run(&nodes, || {
        load.wait_for(150);
        primary.kill();
        for node in &nodes {
            let told = "the nodes to know";
            wait_for(told, || (node.partner().get("/readyz").status == 503).then_some(()));
        }
        standby.promote();
        for node in &nodes {
            let told = "the nodes to be back";
            wait_for(told, || (node.partner().get("/readyz").status == 200).then_some(()));
        }
        load.wait_for(150);
    });
    let paid = judge(&home, &nodes[1], &stories);
    assert!(paid > 100, "{paid} of {}", stories.len());
}

/// Where nodes stand still, and at which passing: with the deposit locked, with rows on their way,
/// between the hold and the biller, between the biller and the books, and while they hold a claim.
const STAND_STILL: [(Point, u32); 5] = [
    (Point::CommitBegun, 40),
    (Point::Committed, 40),
    (Point::HoldCommitted, 15),
    (Point::AnswerSeen, 15),
    (Point::Claimed, 3),
];

/// One node is killed, others are stopped for longer than a payment is theirs. What they had begun is
/// ended by the one that is left, and they do no harm when they wake up.
#[test]
fn nodes_that_die_or_stand_still_lose_and_double_nothing() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let left = home.start(&CONFIG);
    let (killed_home, homes) = (home.beside(), STAND_STILL.map(|_| home.beside()));
    let mut nodes = vec![left, killed_home.start(&CONFIG)];
    for (home, (point, passing)) in homes.iter().zip(STAND_STILL) {
        let mut node = home.sandbox(&CONFIG);
        node.env("FAIL_POINT", format!("{}:{passing}", point.name())).env("FAIL_SIGNAL", "STOP");
        nodes.push(home.started(node));
    }
    let load = Load::default();
    let mut stories = load.run(&nodes, || {
        for still in &nodes[2..] {
            wait_for("a node to stand still", || is_stopped(still).then_some(()));
        }
        nodes[1].signal("KILL");
        load.wait_for(50);
    });
    // Its partners have waited for as long as they do, and now the leases are over as well.
    sleep(PAYER_LEASE.saturating_sub(TIMEOUT) + Duration::from_secs(2));
    wait_for("the end of what they had begun", || (home.audit()["open"] == 0).then_some(()));
    for still in &nodes[2..] {
        still.signal("CONT");
        stories.push(Story::whole(&mut still.partner(), PAYS));
    }
    let left = nodes.remove(0);
    // Whoever is told to stop finishes first what it had begun.
    nodes[1..].iter().for_each(|still| still.signal("TERM"));
    for still in nodes.drain(1..) {
        assert!(still.ended().success());
    }
    let paid = judge(&home, &left, &stories);
    assert!(paid > 50, "{paid} of {}", stories.len());
}

fn is_stopped(node: &Server) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", node.child.id())).unwrap();
    stat.rsplit(") ").next().is_some_and(|state| state.starts_with('T'))
}
