//! Books that move from a data directory to PostgreSQL, with the built binary.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::server::{DEPOSIT, Home, lunas};

const BPJS: &str = "8801234560001";
const PENDS: &str = "8801234560007";
const PRICE: i64 = 52_300;

fn command(home: &Home, url: &str, more: &[&str]) -> Command {
    let mut command = lunas();
    command.arg("migrate-store").arg("--from").arg(home.data()).args(["--to", url]).args(more);
    command
}

fn run(home: &Home, url: &str, more: &[&str]) -> Output {
    command(home, url, more).output().unwrap()
}

/// Kills it this long after its first output.
fn kill_after(home: &Home, url: &str, micros: u64) {
    let mut child = command(home, url, &[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let child = child.as_mut().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    said.read_line(&mut String::new()).unwrap();
    sleep(Duration::from_micros(micros));
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn a_move_to_postgres_completes_after_a_kill_at_any_time() {
    let cluster = Cluster::start();
    let (home, url) = (Home::new(), cluster.database());
    let server = home.start(&[]);
    let mut partner = server.partner();
    for n in 0..40 {
        let tr_id = partner.inquire("BPJS", BPJS, &format!("paid-{n}")).tr_id();
        assert_eq!(partner.pay(tr_id).rc(), "00");
    }
    let pending = partner.inquire("BPJS", PENDS, "pending").tr_id();
    assert_eq!(partner.pay(pending).rc(), "39");
    let in_use = run(&home, &url, &[]);
    let said = String::from_utf8_lossy(&in_use.stderr).into_owned();
    assert!(!in_use.status.success() && said.contains("in use by another lunas"), "{said}");
    server.signal("TERM");
    server.ended();
    let audited = home.audit();

    for n in 0..12 {
        kill_after(&home, &url, n * 1500);
        let refused = home.sandbox(&[]).status().unwrap();
        assert!(!refused.success(), "the books that leave are not served");
    }
    let moved = run(&home, &url, &["--json"]);
    let said = String::from_utf8_lossy(&moved.stderr).into_owned();
    assert!(moved.status.success(), "{said}");
    let told: serde_json::Value = serde_json::from_slice(&moved.stdout).unwrap();
    for counted in ["inquiries", "payments", "open", "deposits", "postings"] {
        assert_eq!(told[counted], audited[counted], "{counted}");
    }
    assert!(!home.sandbox(&[]).status().unwrap().success(), "the books have left");
    assert!(home.log().contains("are moved to"), "{}", home.log());

    let refused = Home::not_started(home.production(&[("store.database", &url)]));
    assert!(refused.contains("were made by a sandbox"), "{refused}");

    // The same keys, numbers and balances, with the same directory and the database.
    let server = home.start(&[("store.database", &url)]);
    let mut partner = server.partner();
    assert_eq!(partner.pay(pending).rc(), "39");
    assert_eq!(partner.inquire("BPJS", BPJS, "paid-7").rc(), "11");
    let tr_id = partner.inquire("BPJS", BPJS, "new").tr_id();
    assert!(tr_id > pending);
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let shown = home.operate(&["--database", &url, "partner", "show", crate::server::USERNAME]);
    assert_eq!(shown["available"].as_i64(), Some(DEPOSIT - 42 * PRICE));
    let undone = run(&home, &url, &["--undo"]);
    assert!(!undone.status.success(), "servers have been at work");
}

#[test]
fn a_move_says_what_it_needs() {
    let (home, other) = (Home::new(), Home::new());
    let nowhere = "postgres://lunas:geheim@127.0.0.1:1/lunas";
    let missing = run(&home, nowhere, &[]);
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(said.contains("there are no books in"), "{said}");
    let server = other.start(&[]);
    server.signal("TERM");
    server.ended();
    let unreachable = run(&other, nowhere, &[]);
    let said = String::from_utf8_lossy(&unreachable.stderr).into_owned();
    assert!(!unreachable.status.success() && !said.contains("geheim"), "{said}");
    // Nothing has started, so the directory is served as before.
    drop(other.start(&[]));
    let back =
        lunas().args(["migrate-store", "--from", nowhere, "--to", nowhere]).output().unwrap();
    assert!(String::from_utf8_lossy(&back.stderr).contains("books move to PostgreSQL, not back"));
}
