//! A server is killed again and again while it works.

use std::thread::sleep;
use std::time::Duration;

use crate::load::{CONFIG, judge, run};
use crate::server::Home;

/// How long each server works before it is killed: some shorter and some longer than a payment
/// takes.
const LIVES: [u64; 8] = [90, 1_300, 340, 700, 30, 1_100, 520, 200];

#[test]
fn no_kill_loses_an_answer_or_pays_twice() {
    let home = Home::new();
    let mut stories = Vec::new();
    for life in LIVES {
        let server = home.start(&CONFIG);
        stories.extend(run(&server, || {
            sleep(Duration::from_millis(life));
            server.signal("KILL");
        }));
        server.ended();
        home.audit();
    }
    let server = home.start(&CONFIG);
    let paid = judge(&home, &server, &stories);
    assert!(paid > LIVES.len(), "the servers were killed at work: {paid} of {}", stories.len());
}
