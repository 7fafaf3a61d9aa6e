//! Background tasks that fail or panic: each is restarted, reported, and still does its work.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use crate::callbacks::pending;
use crate::callbacks::receiver::{Answers, Receiver};
use crate::client::{Partner, fresh_ref_id, inquiry};
use crate::cluster::Cluster;
use crate::server::{API_KEY, Home, Server, USERNAME, wait_for};

/// Every background task of a server on SQLite.
const TASKS: [&str; 7] =
    ["resolver", "callbacks", "retention", "disk", "audit", "operator-socket", "connections"];

/// Pending payments end soon, and old inquiries are dropped. At the default level a sandbox leaves lines out until it has
/// welcomed its user, and a quick audit ends before that.
const CONFIG: [(&str, &str); 6] = [
    ("log.level", "debug"),
    ("sandbox.pending_ends", "success"),
    ("sandbox.pending_after", "100ms"),
    ("gateway.resolver_first_ask", "100ms"),
    ("gateway.resolver_longest_wait", "500ms"),
    ("store.drop_unpaid_after", "720h"),
];

/// The task fails every time.
const ALWAYS: u32 = u32::MAX;

const SIGABRT: i32 = 6;

/// A server whose task fails in its first rounds.
fn start(home: &Home, task: &str, how: &str, rounds: u32) -> Server {
    let mut command = home.sandbox(&CONFIG);
    command.env("FAIL_TASK", format!("{task}:{how}:{rounds}"));
    home.started(command)
}

fn failures(server: &Server, task: &str) -> u64 {
    server.counted("lunas_task_failures_total", &format!("task=\"{task}\""))
}

fn ready(server: &Server) -> (u16, String) {
    let reply = server.partner().get("/readyz");
    (reply.status, String::from_utf8(reply.body).unwrap())
}

/// An operator is answered, a pending payment ends, its callback is sent, and the books are
/// audited.
fn assert_all_is_done(home: &Home, server: &Server) {
    let receiver = Receiver::new(&[Answers::Status(200)]);
    home.operate(&["partner", "callback", USERNAME, &receiver.url()]);
    let mut partner = server.partner();
    pending(&mut partner, "pending");
    wait_for("the end", || (partner.status("pending").rc() == "00").then_some(()));
    receiver.wait(1);
    wait_for("the audit", || home.log().contains("the books are audited and clean").then_some(()));
    wait_for("readiness", || (ready(server) == (200, "ready\n".into())).then_some(()));
}

fn assert_told(home: &Home, server: &Server, task: &str, rounds: u64) {
    wait_for("the failures", || (failures(server, task) == rounds).then_some(()));
    let told = |line: &&str| line.contains("a background task failed") && line.contains(task);
    let log = home.log();
    assert_eq!(log.lines().filter(told).count() as u64, rounds, "{log}");
}

#[test]
fn a_failed_task_is_restarted_and_does_its_work() {
    for (task, how) in TASKS.into_iter().zip(["panic", "error"].into_iter().cycle()) {
        let home = Home::new();
        let server = start(&home, task, how, 2);
        assert_all_is_done(&home, &server);
        assert_told(&home, &server, task, 2);
        for other in TASKS.into_iter().filter(|other| *other != task) {
            assert_eq!(failures(&server, other), 0, "{task} has taken {other} along");
        }
        home.audit();
    }
}

#[test]
fn a_task_that_keeps_failing_is_named_by_readyz() {
    for task in TASKS.into_iter().filter(|task| *task != "connections") {
        let home = Home::new();
        let server = start(&home, task, "panic", ALWAYS);
        let told = wait_for("unreadiness", || {
            let (status, told) = ready(&server);
            (status == 503).then_some(told)
        });
        let begins = format!("not ready: the background task {task} has failed ");
        assert!(told.starts_with(&begins) && told.ends_with("; the log says why\n"), "{told}");
        assert!(failures(&server, task) >= 3);
        assert_eq!(server.partner().get("/livez").status, 200);
    }
}

#[test]
fn the_watch_for_changes_of_other_nodes_is_restarted() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let server = start(&home, "directory", "panic", 2);
    assert_told(&home, &server, "directory", 2);
    let beside = home.beside();
    let _other = beside.start(&CONFIG);
    beside.operate(&["partner", "suspend", USERNAME]);
    let mut partner = server.partner();
    wait_for("the suspension", || (partner.status("none").rc() == "118").then_some(()));
}

/// Without these threads nothing could be answered, or the WAL would grow without limit.
#[test]
fn a_panic_of_a_thread_that_writes_the_books_ends_the_process() {
    for (task, signal, code) in [
        ("committer", Some(SIGABRT), None),
        ("answers", Some(SIGABRT), None),
        ("copier", None, Some(74)),
    ] {
        let home = Home::new();
        drop(home.start(&CONFIG));
        fs::remove_file(home.file("port")).unwrap();
        let mut command = home.sandbox(&CONFIG);
        // If the point is not reached, the WAL is soon full.
        command.env("FAIL_TASK", format!("{task}:panic:1")).env("FAIL_POINT", "stop-asked:1");
        let mut child = command.spawn().unwrap();
        let status = wait_for("the end of the server", || {
            let port = fs::read_to_string(home.file("port")).ok();
            if let Some(port) = port.and_then(|port| port.trim().parse().ok())
                && let Ok(mut partner) = Partner::connect(port, USERNAME, API_KEY)
            {
                let ref_id = fresh_ref_id();
                let _ = partner.try_ask(inquiry("BPJS", "8801234560001", &ref_id));
            }
            child.try_wait().unwrap()
        });
        assert_eq!((status.signal(), status.code()), (signal, code), "{task}: {}", home.log());
    }
}
