//! A sandbox does not open production books, and production does not serve a sandbox's books.

use std::fs;

use crate::books::names;
use crate::cluster::Cluster;
use crate::server::{API_KEY, Home, USERNAME, lunas};

const PRODUCTIONS: &str = "were made for production";
const SANDBOXS: &str = "were made by a sandbox";

/// Production books with a partner, whose key must stay secret.
fn production(home: &Home) {
    home.init();
    home.fed(&["partner", "add", "--username", USERNAME, "--api-key-stdin"], API_KEY);
}

/// Everything that a sandbox would add to, as an operator sees it.
fn content(home: &Home) -> Vec<serde_json::Value> {
    [["partner", "list"], ["product", "list"], ["deposit", "list"]]
        .map(|command| home.operate(&command))
        .to_vec()
}

/// The files in the directory, except those that SQLite creates and removes when it opens and
/// closes.
fn files(home: &Home) -> Vec<String> {
    names(&home.data()).into_iter().filter(|name| !name.starts_with("lunas.db-")).collect()
}

#[test]
fn a_sandbox_refuses_production_books_and_does_not_change_them() {
    let home = Home::new();
    production(&home);
    let before = (content(&home), files(&home));
    let mut at_rest = lunas();
    at_rest.args(["product", "list"]).env("LUNAS_SANDBOX__ENABLED", "true");
    at_rest.arg("--data").arg(home.data());
    for command in [home.sandbox(&[]), home.sandbox_with_key("another key"), at_rest] {
        let told = Home::not_started(command);
        for part in [PRODUCTIONS, home.data().to_str().unwrap(), "`lunas serve`", "--data"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains(API_KEY), "{told}");
        assert_eq!((content(&home), files(&home)), before);
    }
    let told = Home::not_started(home.production(&[("sandbox.enabled", "true")]));
    assert!(told.contains("sandbox.enabled = true"), "{told}");
    drop(home.started(home.production(&[])));
    assert_eq!(content(&home), before.0);
}

#[test]
fn production_refuses_sandbox_books_also_after_a_restore() {
    let home = Home::new();
    drop(home.start(&[]));
    let before = content(&home);
    let copy = home.file("copy").display().to_string();
    assert!(home.command(&["backup", "--with-master-key", "--to", &copy]).status.success());
    let restored = Home::new();
    assert!(restored.command(&["restore", "--from", &copy]).status.success());
    for home in [&home, &restored] {
        let told = Home::not_started(home.production(&[]));
        for part in [SANDBOXS, home.data().to_str().unwrap(), "no real money", "`lunas init`"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(content(home), before, "an operator's commands go on");
        drop(home.start(&[]));
    }
}

/// `lunas init` never marks books as a sandbox's.
#[test]
fn init_creates_no_books_for_a_sandbox() {
    let home = Home::new();
    let mut init = lunas();
    init.arg("init").arg("--data").arg(home.data()).env("LUNAS_SANDBOX__ENABLED", "true");
    let told = Home::not_started(init);
    assert!(told.contains("sandbox.enabled = true") && told.contains("`lunas sandbox`"), "{told}");
    assert!(!home.data().exists());
}

#[test]
fn books_in_postgres_are_for_one_purpose_too() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    production(&home);
    let before = content(&home);
    let told = Home::not_started(home.sandbox(&[]));
    assert!(told.contains(PRODUCTIONS) && told.contains("store.database"), "{told}");
    assert_eq!(content(&home), before);
    drop(home.started(home.production(&[("store.database", home.url())])));

    let home = Home::on(cluster.database());
    drop(home.start(&[]));
    let told = Home::not_started(home.production(&[("store.database", home.url())]));
    assert!(told.contains(SANDBOXS) && told.contains("in another database"), "{told}");
    drop(home.start(&[]));
}

/// The books may be of either kind, so both commands are named.
#[test]
fn init_on_existing_books_names_the_command_that_serves_them() {
    let home = Home::new();
    drop(home.start(&[]));
    let told = home.refused(&["init"]);
    assert!(told.contains("already") && told.contains("a sandbox with `lunas sandbox`"), "{told}");
    drop(home.start(&[]));
}

/// A failed start that has created tables and their key keeps both, so that the next start can
/// continue.
#[test]
fn tables_of_a_failed_start_keep_their_master_key() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    home.init();
    let key = home.data().join("master.key");
    fs::rename(&key, home.data().join("master.key.partial")).unwrap();
    cluster.sql("lunas0", include_str!("../../../store/tests/products_refused.sql"));
    assert!(!Home::not_started(home.sandbox(&[])).contains("is missing"));
    assert!(key.exists());
    cluster.sql("lunas0", include_str!("../../../store/tests/products_taken.sql"));
    drop(home.start(&[]));
}
