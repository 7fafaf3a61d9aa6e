//! Nodes that share a database, at work while it fails over, and while one of them dies and another
//! one stands still.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use domain::watch::PAYER_LEASE;

use crate::cluster::Cluster;
use crate::load::{AWAY, Story, judge};
use crate::server::{Home, Server, wait_for};

/// Payments in process end in success soon, and those that the biller has never got as failures.
const CONFIG: [(&str, &str); 6] = [
    ("sandbox.not_found_counts_from", "0s"),
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
struct Load {
    told: AtomicUsize,
    over: AtomicBool,
}

impl Load {
    /// Inquires and pays at all nodes while `meanwhile` happens. Returns all that the partners saw.
    fn run(&self, nodes: &[Server], meanwhile: impl FnOnce()) -> Vec<Story> {
        scope(|scope| {
            let partners = nodes.iter().flat_map(|node| (0..CONNECTIONS).map(move |at| (node, at)));
            let working: Vec<_> =
                partners.map(|(node, at)| scope.spawn(move || self.work(node, at))).collect();
            meanwhile();
            self.over.store(true, Ordering::Relaxed);
            working.into_iter().flat_map(|stories| stories.join().unwrap()).collect()
        })
    }

    /// Until the load is over or the node is gone. While the database is away the partner waits.
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
                Err(ErrorKind::WouldBlock) => panic!("a node does not answer"),
                Err(_) => break,
            }
        }
        stories
    }

    /// Waits until partners have seen so many more transactions.
    fn wait_for(&self, more: usize) {
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
