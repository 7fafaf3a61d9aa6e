//! A command acts on the books that were named, or on none.

use std::process::Command;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::server::{DEPOSIT, Home, USERNAME, lunas};

const BPJS: &str = "8801234560001";

/// Every kind of command that changes or shows books.
const COMMANDS: [&[&str]; 12] = [
    &["partner", "list"],
    &["partner", "show", USERNAME],
    &["partner", "suspend", USERNAME],
    &["deposit", "add", USERNAME, "777", "--no-reference"],
    &["deposit", "list"],
    &["product", "set", "BPJS", "--fee", "2501"],
    &["payment", "list"],
    &["callback", "list"],
    &["sandbox", "clock", "show"],
    &["sandbox", "scenario", "on", "maintenance"],
    &["audit"],
    &["backup", "--to", "/nonexistent/copy"],
];

/// Runs a command on this directory and this database.
fn run(home: &Home, database: Option<&str>, arguments: &[&str]) -> (bool, String, String) {
    let mut command: Command = lunas();
    command.args(database.map(|url| ["--database", url]).into_iter().flatten());
    let done = command.args(arguments).arg("--data").arg(home.data()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.success(), text(done.stdout), text(done.stderr))
}

fn has_what_it_had(home: &Home) {
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    assert_eq!(home.operate(&["partner", "show", USERNAME])["suspended"], false);
    let products = home.operate(&["product", "list"]);
    let bpjs = products.as_array().unwrap().iter().find(|product| product["code"] == "BPJS");
    assert_ne!(bpjs.unwrap()["fee"], 1);
}

/// A server owns the directory, and another database is named: nothing is done in either.
#[test]
fn a_command_that_names_other_books_than_the_servers_is_refused() {
    let cluster = Cluster::start();
    let (own, other) = (cluster.database(), Home::on(cluster.database()));
    drop(other.start(&[]));
    let (file, shared) = (Home::new(), Home::new());
    let _servers = [file.start(&[]), shared.start(&[("store.database", &own)])];
    let nowhere = "postgres://lunas:hush-hush@127.0.0.1:1/books";
    for (home, place) in
        [(&file, "keeps its books there"), (&shared, "keeps its books in postgres://")]
    {
        for url in [other.url(), nowhere] {
            for command in COMMANDS {
                let (is_done, _, why) = run(home, Some(url), command);
                assert!(!is_done && why.contains(place), "{command:?}: {why}");
                assert!(why.contains(home.data().to_str().unwrap()), "{why}");
                assert!(why.contains("leave out --database") && !why.contains("hush"), "{why}");
            }
        }
    }
    has_what_it_had(&file);
    has_what_it_had(&other);
    let (is_done, shown, why) = run(&shared, None, &["partner", "show", USERNAME, "--json"]);
    assert!(is_done, "{why}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["available"], &shown["suspended"]), (&DEPOSIT.into(), &false.into()));
}

/// A node on PostgreSQL answers for its directory, with or without the database's name.
#[test]
fn a_nodes_directory_is_enough_to_reach_its_books() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let home = Home::new();
    let server = home.start(&[("store.database", &url)]);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", BPJS).tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let spelled = url.replacen("postgres://", "postgresql://", 1);
    for database in [None, Some(&*url), Some(&*spelled)] {
        for command in COMMANDS.iter().filter(|command| !matches!(command[0], "sandbox" | "backup"))
        {
            let (is_done, _, why) = run(&home, database, command);
            assert!(is_done, "{command:?} {database:?}: {why}");
        }
        let (_, audited, _) = run(&home, database, &["audit", "--json"]);
        let audited: Value = serde_json::from_str(&audited).unwrap();
        assert_eq!((&audited["clean"], &audited["payments"]), (&true.into(), &1.into()));
        let (is_done, _, why) = run(&home, database, &["backup", "--to", "/nonexistent/copy"]);
        assert!(!is_done && why.contains("the books are in postgres://"), "{why}");
    }
    let paid_in = home.operate(&["deposit", "list"]);
    assert_eq!(paid_in.as_array().unwrap().iter().filter(|it| it["amount"] == 777).count(), 3);
    drop(server);
    // Without a server, the directory does not show where the books are.
    let (is_done, _, why) = run(&home, None, &["partner", "list"]);
    assert!(
        !is_done && why.contains("there are no books in") && why.contains("--database"),
        "{why}"
    );
    assert!(run(&home, Some(&url), &["partner", "list"]).0);
}

/// No server runs in the directory, which has books of its own, and a database is named.
#[test]
fn where_nobody_answers_the_named_books_are_opened_and_no_others() {
    let cluster = Cluster::start();
    let (named, file) = (Home::on(cluster.database()), Home::new());
    drop(named.start(&[]));
    drop(file.start(&[]));
    let key = |home: &Home| home.data().join("master.key");
    let own_key = std::fs::read(key(&file)).unwrap();
    std::fs::copy(key(&named), key(&file)).unwrap();
    let add = ["deposit", "add", USERNAME, "777", "--no-reference"];
    let (is_done, _, why) = run(&file, Some(named.url()), &add);
    assert!(is_done, "{why}");
    std::fs::write(key(&file), own_key).unwrap();
    assert_eq!(named.deposit(), (DEPOSIT + 777, 0));
    has_what_it_had(&file);
    // A server that answers is asked, and the directory's books are not opened beside it.
    let server = file.start(&[]);
    assert!(run(&file, None, &add).0);
    assert_eq!(file.deposit(), (DEPOSIT + 777, 0));
    drop(server);
    assert_eq!(file.deposit(), (DEPOSIT + 777, 0));
}
