//! Too few file descriptors or too little memory: nothing is half done, and the server recovers.

use std::process::Command;
use std::thread;

use crate::client::Connection;
use crate::load::{CONFIG, judge, run};
use crate::server::{Home, wait_for};

const BPJS: &str = "8801234560001";

#[test]
fn without_free_descriptors_new_connections_wait_and_open_ones_are_served() {
    let home = Home::new();
    let config = [("sandbox.latency", "500ms")];
    let server = home.started(home.sandbox_under(&[], "ulimit -n 64", &config));
    let mut inside = server.partner();
    let tr_id = inside.inquired("BPJS", BPJS).tr_id();
    let crowd: Vec<_> = (0..100).map(|_| Connection::open(server.port).unwrap()).collect();
    let alarm = "Too many open files";
    wait_for("the last descriptor to be taken", || home.log().contains(alarm).then_some(()));
    assert_eq!(inside.pay(tr_id).rc(), "00");
    drop(crowd);
    let mut outside = server.partner();
    let tr_id = outside.inquired("BPJS", BPJS).tr_id();
    assert_eq!(outside.pay(tr_id).rc(), "00");
    assert_eq!(home.audit()["payments"], 2);
}

/// Whether it ends by a failed allocation or is killed: nothing is half done.
#[test]
fn a_process_without_memory_leaves_no_partial_payment() {
    let home = Home::new();
    let server = home.start(&CONFIG);
    let id = server.child.id().to_string();
    let stories = run(&server, || {
        thread::sleep(std::time::Duration::from_millis(500));
        // No more memory for the process; then kill it if it has not ended.
        let limited = Command::new("prlimit").args(["--pid", &id, "--as=1"]).status();
        assert!(limited.unwrap().success());
        thread::sleep(std::time::Duration::from_secs(2));
        let _ = Command::new("kill").args(["-KILL", &id]).status();
    });
    let ended = server.ended();
    eprintln!("without memory: {ended}");
    assert!(!ended.success());
    home.audit();
    let server = home.start(&CONFIG);
    assert!(judge(&home, &server, &stories) > 0);
}
