//! Nodes that share a database, under load, during a failover, and while one node dies and another
//! one is stopped.

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

/// Pending payments succeed soon, and those that the biller never received fail.
const CONFIG: [(&str, &str); 6] = [
    ("sandbox.trust_not_found_after", "0s"),
    ("sandbox.latency", "5ms"),
    ("sandbox.pending_ends", "success"),
    ("sandbox.pending_after", "1s"),
    ("gateway.resolver_first_ask", "100ms"),
    ("gateway.resolver_longest_wait", "500ms"),
];

/// How many partner connections each node has.
const CONNECTIONS: usize = 8;

/// The partners' side of a load on nodes.
#[derive(Default)]
pub(crate) struct Load {
    told: AtomicUsize,
    over: AtomicBool,
}

/// Ends the load, also when the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Load {
    /// Inquires and pays at all nodes during `meanwhile`. Returns everything that the partners saw.
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

    /// Until the load ends or the node stops answering. While the database is away the partner
    /// waits.
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

    /// Waits until partners have completed this many more transactions.
    pub(crate) fn wait_for(&self, more: usize) {
        let goal = self.told.load(Ordering::Relaxed) + more;
        wait_for("the load", || (self.told.load(Ordering::Relaxed) >= goal).then_some(()));
    }
}

/// The primary dies under load, its synchronous standby takes over, and the nodes continue
/// automatically.
#[test]
fn a_promoted_standby_has_every_answered_payment() {
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

/// Where nodes are stopped, and at which pass: with the balance locked, while rows are sent,
/// between hold and biller, between biller and books, and with a claim.
const STAND_STILL: [(Point, u32); 5] = [
    (Point::CommitBegun, 40),
    (Point::Committed, 40),
    (Point::HoldCommitted, 15),
    (Point::AnswerSeen, 15),
    (Point::Claimed, 3),
];

/// One node is killed, and others are stopped for longer than their leases. The remaining node
/// completes their payments, and they do no harm when they continue.
#[test]
fn killed_and_stopped_nodes_lose_no_payment_and_repeat_none() {
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
    // The partners have already waited this long; now the leases have ended too.
    sleep(PAYER_LEASE.saturating_sub(TIMEOUT) + Duration::from_secs(2));
    wait_for("the end of what they had begun", || (home.audit()["open"] == 0).then_some(()));
    for still in &nodes[2..] {
        still.signal("CONT");
        stories.push(Story::whole(&mut still.partner(), PAYS));
    }
    let left = nodes.remove(0);
    // A node that is told to stop first completes its payments.
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
