//! Full and failing disks, and damaged books.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::client::{Partner, Reply};
use crate::load::{CONFIG, judge, run};
use crate::server::{Home, Server, wait_for};

const BPJS: &str = "8801234560001";

/// A server with its data on a small file system, which only this server can see.
struct Small {
    home: Home,
    server: Server,
}

impl Small {
    /// `None` if this user may not create a file system.
    fn start(config: &[(&str, &str)]) -> Option<Small> {
        let may = Command::new("unshare").args(["-rm", "true"]).status();
        if !may.is_ok_and(|status| status.success()) {
            eprintln!("not run: file systems of one's own are not allowed here");
            return None;
        }
        let home = Home::new();
        fs::create_dir(home.data()).unwrap();
        let mount = format!("mount -t tmpfs -o size=64m tmpfs '{}'", home.data().display());
        let command = home.sandbox_under(&["unshare", "-rm"], &mount, config);
        let server = home.started(command);
        Some(Small { home, server })
    }

    /// Its path as seen from here.
    fn data(&self) -> PathBuf {
        let data = self.home.data();
        let within = data.strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", self.server.child.id())).join(within)
    }

    fn operate(&self, arguments: &[&str]) -> Value {
        let id = self.server.child.id().to_string();
        let mut command = Command::new("nsenter");
        command.args(["-t", &id, "-U", "-m", "--preserve-credentials"]);
        command.arg(env!("CARGO_BIN_EXE_lunas")).args(arguments).env_clear();
        let done = command.args(["--json", "--data"]).arg(self.home.data()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    fn ballast(&self) -> PathBuf {
        self.data().join("ballast")
    }

    /// Fills the disk completely.
    fn fill(&self) {
        let mut ballast = fs::File::create(self.ballast()).unwrap();
        let error = loop {
            if let Err(error) = ballast.write_all(&[1; 4096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

fn is_ready(partner: &mut Partner) -> bool {
    partner.get("/readyz").status == 200
}

fn why_not_ready(partner: &mut Partner) -> String {
    let reply = partner.get("/readyz");
    assert_eq!(reply.status, 503);
    String::from_utf8(reply.body).unwrap()
}

fn assert_turned_away(reply: &Reply) {
    assert_eq!((reply.status, &*reply.rc()), (503, "33"));
    assert!(reply.header("retry-after").is_some());
}

#[test]
fn a_full_disk_refuses_new_payments_and_completes_running_ones() {
    // The biller takes longer than the interval of the disk check.
    let config = [("store.least_free_space", "8MiB"), ("sandbox.latency", "3s")];
    let Some(small) = Small::start(&config) else { return };
    let mut partner = small.server.partner();
    let tr_id = partner.inquire("BPJS", BPJS, "begun").tr_id();
    let waiting = partner.inquire("BPJS", BPJS, "waiting").tr_id();
    let mut paying = small.server.partner();
    let paid = thread::spawn(move || paying.pay(tr_id));
    wait_for("the payment to begin", || {
        let shown = small.operate(&["partner", "show", crate::server::USERNAME]);
        (shown["held"].as_i64().unwrap() > 0).then_some(())
    });
    small.fill();
    wait_for("the disk to be seen as full", || (!is_ready(&mut partner)).then_some(()));
    assert_eq!(why_not_ready(&mut partner), "not ready: the disk is full\n");
    assert_turned_away(&partner.inquire("BPJS", BPJS, "new"));
    assert_turned_away(&partner.pay(waiting));
    let (on, off) = (r#"{why="disk-full"} 1"#, r#"{why="damaged"} 0"#);
    let metrics = small.server.metrics();
    assert!(metrics.contains(on) && metrics.contains(off), "{metrics}");

    // The outcome needs space that only the reserve file has.
    let paid = paid.join().unwrap();
    assert_eq!(paid.rc(), "00", "{}", small.home.log());
    assert_eq!(partner.status("begun").text("noref"), paid.text("noref"));
    assert_eq!(partner.status("waiting").rc(), "42");
    assert_eq!(partner.status("new").rc(), "06", "nothing of it was recorded");
    assert!(!small.data().join("lunas.reserve").exists(), "{}", small.home.log());
    assert!(small.home.log().contains("the reserve is given up"));

    fs::remove_file(small.ballast()).unwrap();
    wait_for("the disk to be seen as free", || is_ready(&mut partner).then_some(()));
    assert!(small.data().join("lunas.reserve").exists(), "there is a reserve again");
    assert_eq!(partner.pay(waiting).rc(), "00");
    assert_eq!(partner.inquire("BPJS", BPJS, "new").rc(), "00");
    let audit = small.operate(&["audit"]);
    assert_eq!((&audit["clean"], &audit["payments"]), (&true.into(), &2.into()));
}

#[test]
fn a_disk_error_ends_the_process_with_74_and_loses_no_answer() {
    let home = Home::new();
    // A write beyond the file size limit is an error; the signal for it is ignored. There is no
    // reserve file and no disk check that would notice it before.
    let config = [&CONFIG[..], &[("store.least_free_space", "0B")]].concat();
    let server = home.started(home.sandbox_under(&[], "trap '' XFSZ; ulimit -f 1024", &config));
    let stories = run(&server, || {});
    assert_eq!(server.ended().code(), Some(74), "{}", home.log());
    let log = home.log();
    assert!(log.contains("the database failed; the process stops"), "{log}");
    home.audit();
    let server = home.start(&CONFIG);
    assert!(judge(&home, &server, &stories) > 0);
}

/// A home with two transactions, one of them paid.
fn with_payment() -> (Home, Reply) {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    partner.inquire("BPJS", BPJS, "open");
    let tr_id = partner.inquire("BPJS", BPJS, "paid").tr_id();
    let paid = partner.pay(tr_id);
    assert_eq!(paid.rc(), "00");
    server.signal("TERM");
    assert!(server.ended().success());
    home.audit();
    // A command of an operator empties the WAL.
    home.deposit();
    (home, paid)
}

/// Replaces `old` with `new` everywhere in the database; returns how often.
fn damage(home: &Home, old: &[u8], new: &[u8]) -> usize {
    let file = home.data().join("lunas.db");
    let mut bytes = fs::read(&file).unwrap();
    let places: Vec<_> =
        bytes.windows(old.len()).enumerate().filter(|(_, it)| *it == old).map(|it| it.0).collect();
    for place in &places {
        bytes[*place..place + old.len()].copy_from_slice(new);
    }
    fs::write(&file, bytes).unwrap();
    places.len()
}

/// The first byte of a page with rows of a table.
const ROWS: u8 = 0x0d;

/// Modifies the one page that contains all of these rows.
fn damage_page(home: &Home, marks: &[&[u8]], change: impl Fn(&mut [u8])) {
    let file = home.data().join("lunas.db");
    let mut bytes = fs::read(&file).unwrap();
    let has = |page: &[u8], mark: &[u8]| page.windows(mark.len()).any(|it| it == mark);
    // The first page is the schema.
    let mut marked: Vec<_> = bytes
        .chunks_mut(4096)
        .skip(1)
        .filter(|page| page[0] == ROWS && !has(page, b"CREATE"))
        .filter(|page| marks.iter().all(|mark| has(page, mark)))
        .collect();
    assert_eq!(marked.len(), 1, "{marks:?}");
    change(marked[0]);
    fs::write(&file, bytes).unwrap();
}

/// Damages the page of the one payment.
fn damage_payment(home: &Home, paid: &Reply) {
    let noref = paid.text("noref").unwrap();
    let balance = i32::try_from(paid.rupiah("balance")).unwrap().to_be_bytes();
    damage_page(home, &[noref.as_bytes(), &balance], |page| page[0] = 0xff);
}

/// New requests and operators' changes are refused, and the operator is told.
fn assert_read_only(home: &Home, server: &Server, partner: &mut Partner) {
    wait_for("the damage to be found", || (!is_ready(partner)).then_some(()));
    assert_eq!(why_not_ready(partner), "not ready: the database is damaged\n");
    assert_turned_away(&partner.inquire("BPJS", BPJS, "new"));
    assert_turned_away(&partner.pay(10_000_001));
    let refused = home.refused(&[
        "deposit",
        "add",
        crate::server::USERNAME,
        "1000",
        "--note",
        "x",
        "--no-reference",
    ]);
    assert!(refused.contains("damaged"), "{refused}");
    home.operate(&["partner", "list"]);
    assert!(server.metrics().contains(r#"lunas_closed{why="damaged"} 1"#));
    assert!(home.log().contains("the database is damaged"), "{}", home.log());
}

#[test]
fn a_balance_that_differs_from_its_postings_is_found_at_the_start() {
    let (home, paid) = with_payment();
    let available = i32::try_from(home.deposit().0).unwrap();
    let changed = damage(&home, &available.to_be_bytes(), &(available + 1).to_be_bytes());
    assert!(changed > 0);
    let server = home.start(&[("store.audit_at_start", "false")]);
    let mut partner = server.partner();
    assert!(!is_ready(&mut partner), "it is found before anybody is served");
    assert_read_only(&home, &server, &mut partner);
    assert_eq!(partner.status("paid").text("noref"), paid.text("noref"));
    assert_eq!(partner.status("open").rc(), "42");
}

#[test]
fn a_damaged_unread_row_is_found_by_an_audit_of_a_running_server() {
    let (home, paid) = with_payment();
    damage_page(&home, &[b"hold", b"post"], |page| {
        let place = page.windows(4).position(|it| it == b"hold").unwrap();
        page[place] = b'b';
    });
    let server = home.start(&[]);
    let mut partner = server.partner();
    assert_read_only(&home, &server, &mut partner);
    assert_eq!(partner.status("paid").text("noref"), paid.text("noref"));
}

/// Only a request for an audit reads all books.
const READ_BY_NOBODY: [(&str, &str); 2] =
    [("store.audit_at_start", "false"), ("store.drop_unpaid_after", "0s")];

#[test]
fn a_damaged_page_gives_no_answer() {
    let (home, paid) = with_payment();
    damage_payment(&home, &paid);
    let server = home.start(&READ_BY_NOBODY);
    let mut partner = server.partner();
    assert!(is_ready(&mut partner), "nobody has read it yet");
    for _ in 0..3 {
        let told = partner.status("paid");
        assert_eq!((told.status, &*told.rc()), (500, "39"), "it is not guessed");
    }
    assert_read_only(&home, &server, &mut partner);
}

#[test]
fn writing_to_a_damaged_page_stops_writing_but_not_the_server() {
    let (home, paid) = with_payment();
    damage_payment(&home, &paid);
    let server = home.start(&READ_BY_NOBODY);
    let mut partner = server.partner();
    let again = partner.pay(paid.tr_id());
    assert_eq!((again.status, &*again.rc()), (500, "39"));
    assert_read_only(&home, &server, &mut partner);
    assert_eq!(partner.get("/livez").status, 200);
}
