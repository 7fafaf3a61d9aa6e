//! The command line: every command has a help, and works with a server and without one.

use std::time::Instant;

use crate::client::fresh_ref_id;
use crate::server::{DEPOSIT, Home, USERNAME, lunas};

#[test]
fn every_command_has_a_help_and_prints_the_version() {
    let version = stdout(&["--version".to_owned()]);
    let number = format!("lunas {}", env!("CARGO_PKG_VERSION"));
    let rest = version.trim_end().strip_prefix(&number).unwrap_or_else(|| panic!("{version}"));
    assert!(rest.is_empty() || (rest.starts_with(" (") && rest.ends_with(')')), "{version}");
    for command in every_command() {
        let told = stdout(&[&command[..], &["--version".to_owned()]].concat());
        assert_eq!(told, version, "{command:?}");
    }
}

/// The words of every command and group, found through their help.
pub(crate) fn every_command() -> Vec<Vec<String>> {
    let mut seen = Vec::new();
    let mut unread = vec![Vec::new()];
    while let Some(command) = unread.pop() {
        let help = stdout(&[&command[..], &["--help".to_owned()]].concat());
        assert!(help.contains("Usage: lunas"), "{command:?}: {help}");
        seen.push(command.clone());
        let listed = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
        let listed = listed.lines().take_while(|line| !line.is_empty());
        let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()) {
            if name != "help" {
                unread.push([&command[..], &[name.to_owned()]].concat());
            }
        }
    }
    assert!(seen.len() > 25, "{seen:?}");
    seen
}

#[test]
fn config_show_names_the_source_of_each_value() {
    let shown = lunas()
        .args(["config", "show", "--json"])
        .env("LUNAS_SANDBOX__LATENCY", "50ms")
        .output()
        .unwrap();
    assert!(shown.status.success());
    let entries: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let entry = |key: &str| -> serde_json::Value {
        let entries = entries.as_array().unwrap();
        entries.iter().find(|entry| entry["key"] == key).unwrap().clone()
    };
    let latency = entry("sandbox.latency");
    assert_eq!(latency["value"], "50ms");
    assert!(latency.to_string().contains("LUNAS_SANDBOX__LATENCY"), "{latency}");
    assert!(!entry("sandbox.seed").to_string().contains("LUNAS_"));

    for (key, value) in [("LUNAS_SANDBOX__LATENCE", "50ms"), ("LUNAS_SANDBOX__LATENCY", "50 s")] {
        let refused = lunas().args(["config", "show"]).env(key, value).output().unwrap();
        assert_eq!(refused.status.code(), Some(1));
        let why = String::from_utf8(refused.stderr).unwrap();
        assert!(why.contains(key) || why.contains("sandbox.latency"), "{why}");
    }
}

#[test]
fn completions_know_the_commands() {
    let script = stdout(&["completions".to_owned(), "bash".to_owned()]);
    for command in ["sandbox", "payment", "resolve", "rotate-key", "log"] {
        assert!(script.contains(command), "{command}");
    }
}

fn stdout(arguments: &[String]) -> String {
    let done = lunas().args(arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn a_new_sandbox_answers_from_an_empty_directory() {
    let home = Home::new();
    let begun = Instant::now();
    let server = home.start(&[]);
    let inquired = server.partner().inquired("BPJS", "8801234560001");
    let took = begun.elapsed();
    assert_eq!(inquired.rupiah("price"), 52_500);
    eprintln!("from an empty directory to the first answer: {took:?}");
}

#[test]
fn a_command_does_the_same_with_a_server_and_without_one() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let paid = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(paid).rc(), "00");
    home.operate(&["deposit", "add", USERNAME, "500", "--note", "while it runs", "--no-reference"]);
    // Without a server the biller has no name, so its number is shown.
    let told = |arguments: &&[&str]| {
        let told = home.operate(arguments).to_string();
        told.replace(r#""name":null,"number":1"#, r#""name":"sandbox","number":1"#)
    };
    let paid = paid.to_string();
    let asked: [&[&str]; 6] = [
        &["partner", "list"],
        &["deposit", "list"],
        &["product", "list"],
        &["payment", "list"],
        &["payment", "show", &paid],
        &["audit"],
    ];
    let while_it_runs: Vec<_> = asked.iter().map(told).collect();
    drop(server);
    let at_rest: Vec<_> = asked.iter().map(told).collect();
    assert_eq!(while_it_runs, at_rest);
    assert_eq!(home.deposit().0, DEPOSIT + 500 - 52_300);

    home.operate(&["deposit", "add", USERNAME, "1500", "--note", "at rest", "--no-reference"]);
    home.operate(&["product", "set", "BPJS", "--fee", "2000"]);
    let server = home.start(&[]);
    let inquired = server.partner().inquire("BPJS", "8801234560001", &fresh_ref_id());
    assert_eq!(inquired.rupiah("admin"), 2_000);
    assert_eq!(home.deposit().0, DEPOSIT + 2_000 - 52_300);
    let amounts: Vec<i64> = home
        .operate(&["deposit", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|deposit| deposit["amount"].as_i64().unwrap())
        .collect();
    assert_eq!(amounts, [1_500, 500, DEPOSIT]);
}

#[test]
fn a_partner_is_paid_back_and_its_balance_corrected() {
    let home = Home::new();
    let _server = home.start(&[]);
    let take = ["withdrawal", "add", USERNAME, "500", "--reason", "closing", "--reference", "FT 9"];
    let withdrawn = home.operate(&take);
    assert_eq!(withdrawn["change"]["amount"], -500);
    assert_eq!(home.command(&take).status.code(), Some(1));
    let undecided = ["withdrawal", "add", USERNAME, "500", "--reason", "closing"];
    assert_eq!(home.command(&undecided).status.code(), Some(2));
    home.operate(&["adjustment", "add", USERNAME, "-200", "--reason", "a fee of the bank"]);
    home.operate(&["adjustment", "add", USERNAME, "50", "--reason", "goodwill"]);
    assert_eq!(home.deposit(), (DEPOSIT - 650, 0));
    let listed = home.operate(&["adjustment", "list"]);
    let amounts: Vec<_> = listed.as_array().unwrap().iter().map(|it| &it["amount"]).collect();
    assert_eq!(amounts, [50, -200]);
    assert_eq!(home.operate(&["withdrawal", "list"])[0]["reference"], "FT 9");
    assert_eq!(home.audit()["balance_changes"], 3);
}

#[test]
fn a_deposit_that_was_booked_twice_can_be_reversed() {
    let home = Home::new();
    let _server = home.start(&[]);
    let add = ["deposit", "add", USERNAME, "500", "--reference", "FT 17"];
    let first = home.operate(&add);
    let again = home.command(&add);
    assert_eq!(again.status.code(), Some(1));
    let why = String::from_utf8(again.stderr).unwrap();
    let before = first["deposit"]["tr_id"].as_i64().unwrap();
    assert!(why.contains(&format!("already booked as TR {before} on ")), "{why}");
    let twice = home.operate(&["deposit", "add", USERNAME, "500", "--no-reference"]);
    let twice = twice["deposit"]["tr_id"].as_i64().unwrap().to_string();
    home.operate(&["deposit", "reverse", &twice, "--reason", "booked twice"]);
    assert_eq!(home.deposit(), (DEPOSIT + 500, 0));
    let audit = home.audit();
    assert_eq!((&audit["deposits"], &audit["reversals"]), (&3.into(), &1.into()));
}

#[test]
fn the_history_of_a_payment_shows_postings_that_sum_to_zero() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let story = home.operate(&["payment", "show", &tr_id.to_string()]);
    let steps = story["steps"].as_array().unwrap();
    let names: Vec<_> = steps.iter().map(|step| step["what"].as_str().unwrap()).collect();
    assert_eq!(names, ["inquire", "hold", "pay", "post"]);
    for step in steps {
        let postings = step["postings"].as_array().unwrap();
        let sum: i64 = postings.iter().map(|posting| posting["amount"].as_i64().unwrap()).sum();
        assert_eq!(sum, 0, "{step}");
    }
}

#[test]
fn an_impossible_command_is_refused_and_changes_nothing() {
    let home = Home::new();
    let why = home.refused(&["partner", "list"]);
    assert!(why.contains("there are no books in"), "{why}");
    assert!(!home.data().exists(), "a mistyped directory is not made");
    let _server = home.start(&[]);
    for refused in [
        &["deposit", "add", "nobody", "1000", "--no-reference"][..],
        &["deposit", "add", USERNAME, "0", "--no-reference"],
        &["deposit", "add", USERNAME, "1000000000001", "--no-reference"],
        &["deposit", "reverse", "999999999", "--reason", "booked twice"],
        &["product", "set", "BPJS", "--commission", "2501"],
        &["product", "set", "BPJS", "--fee", "9223372036854775807"],
        &["product", "set", "NOPE", "--fee", "1"],
        &["product", "set", "BPJS", "--fee", "-1"],
        &["product", "set", "BPJS", "--hours", "25:00-26:00"],
        &["partner", "add", "--username", USERNAME],
        &["partner", "set", USERNAME, "--allow", "somewhere"],
        &["payment", "show", "999999999"],
    ] {
        let code = home.command(refused).status.code();
        assert!(matches!(code, Some(1 | 2)), "{refused:?}: {code:?}");
    }
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    assert_eq!(home.audit()["deposits"], 1);
}
