//! Backup, restore and audit on real databases, intact and modified.

use std::os::unix::fs::PermissionsExt;

use store::Read as _;

use super::*;
use crate::admin::request::{NewDeposit, NewPartner};
use crate::admin::tests::{Bench, at_rest, make_books};
use crate::admin::{Request, execute_anywhere};
use crate::cli::audit;
use crate::config::{Config, Sources};

use clap::Parser;

/// The commands as typed.
#[derive(Parser)]
enum Line {
    Backup(BackupArgs),
    Restore(RestoreArgs),
    Audit(audit::Args),
}

fn load(flags: Vec<Flag>) -> anyhow::Result<Loaded> {
    Ok(Config::load(&Sources { flags, ..Sources::default() })?)
}

fn run(command: &[&str]) -> anyhow::Result<ExitCode> {
    match Line::try_parse_from(["lunas"].iter().chain(command))? {
        Line::Backup(args) => backup(args, load),
        Line::Restore(args) => restore(args),
        Line::Audit(args) => audit::run(args, load),
    }
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A data directory with a partner and deposits, and its parent directory.
fn ledger() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let key = "store.data".to_owned();
    let flag = Flag { name: "--data".to_owned(), key, value: name(&data).to_owned() };
    let config = load(vec![flag]).unwrap().config;
    make_books(&config);
    let username = "081234567890".to_owned();
    let new = NewPartner { username, name: None, api_key: None, allow: Vec::new(), min_balance: 0 };
    execute_anywhere(&config, Request::AddPartner(new)).unwrap();
    for amount in [123_456_789, 1000] {
        let (username, note) = ("081234567890".to_owned(), "transfer".to_owned());
        let deposit = NewDeposit { username, amount, note, reference: None };
        execute_anywhere(&config, Request::AddDeposit(deposit)).unwrap();
    }
    at_rest(&data);
    (parent, data)
}

/// Modifies the last occurrence of `from` in the database file.
fn tamper(file: &Path, from: &[u8], to: &[u8]) {
    let mut bytes = fs::read(file).unwrap();
    let place = bytes.windows(from.len()).rposition(|window| window == from);
    let place = place.expect("there is something to tamper with");
    bytes[place..place + to.len()].copy_from_slice(to);
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_backup_is_restored_with_all_that_was_in_it() {
    let (parent, data) = ledger();
    let (copy, restored) = (parent.path().join("copy"), parent.path().join("restored"));
    run(&["backup", "--data", name(&data), "--to", name(&copy), "--with-master-key"]).unwrap();
    assert_eq!(mode(&copy), 0o700);
    assert_eq!((mode(&copy.join("lunas.db")), mode(&copy.join(MASTER_KEY))), (0o600, 0o600));
    assert_eq!(run(&["audit", "--data", name(&copy)]).unwrap(), ExitCode::SUCCESS);

    run(&["restore", "--from", name(&copy), "--data", name(&restored)]).unwrap();
    assert_eq!((mode(&restored), mode(&restored.join(MASTER_KEY))), (0o700, 0o600));
    let key = |dir: &Path| fs::read(dir.join(MASTER_KEY)).unwrap();
    assert_eq!(key(&restored), key(&data));
    let balances = |dir: &Path| reader(dir).unwrap().balances().unwrap();
    assert_eq!(balances(&restored), balances(&data));
    let filter = store::ActionFilter { limit: 10, ..store::ActionFilter::default() };
    let log = |dir: &Path| reader(dir).unwrap().actions(&filter).unwrap();
    assert_eq!((log(&restored), log(&data).len()), (log(&data), 3));
    assert!(!parent.path().join("copy.partial").exists());
    assert!(!parent.path().join("restored.partial").exists());
}

#[test]
fn the_master_key_is_copied_only_when_asked_for() {
    let (parent, data) = ledger();
    let copy = parent.path().join("copy");
    run(&["backup", "--data", name(&data), "--to", name(&copy)]).unwrap();
    let inside: Vec<_> = fs::read_dir(&copy).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(inside, ["lunas.db"]);
}

#[test]
fn existing_files_are_not_overwritten() {
    let (parent, data) = ledger();
    let (copy, full) = (parent.path().join("copy"), parent.path().join("full"));
    fs::create_dir(&full).unwrap();
    fs::write(full.join("mine"), "x").unwrap();
    assert!(run(&["backup", "--data", name(&data), "--to", name(&full)]).is_err());
    run(&["backup", "--data", name(&data), "--to", name(&copy)]).unwrap();
    assert!(run(&["restore", "--from", name(&copy), "--data", name(&full)]).is_err());
    assert!(run(&["restore", "--from", name(&copy), "--data", name(&data)]).is_err());
    assert_eq!(fs::read_to_string(full.join("mine")).unwrap(), "x");
    let empty = parent.path().join("empty");
    fs::create_dir(&empty).unwrap();
    run(&["restore", "--from", name(&copy), "--data", name(&empty)]).unwrap();
    assert_eq!(mode(&empty), 0o700);
}

#[test]
fn a_tampered_backup_is_found_out_and_not_restored() {
    let (parent, data) = ledger();
    let (copy, restored) = (parent.path().join("copy"), parent.path().join("restored"));
    run(&["backup", "--data", name(&data), "--to", name(&copy)]).unwrap();
    let amount = 123_456_789_i32.to_be_bytes();
    tamper(&database(&copy), &amount, &123_456_790_i32.to_be_bytes());
    assert_eq!(run(&["audit", "--data", name(&copy)]).unwrap(), ExitCode::FAILURE);
    let report = Report::of(&copy).unwrap();
    assert!(report.text().contains("BROKEN RULE"), "{}", report.text());

    let error = run(&["restore", "--from", name(&copy), "--data", name(&restored)]).unwrap_err();
    assert!(error.to_string().contains("nothing was restored"), "{error}");
    assert!(!restored.exists() && !parent.path().join("restored.partial").exists());
}

#[test]
fn only_a_backup_is_restored() {
    let parent = tempfile::tempdir().unwrap();
    let restored = parent.path().join("restored");
    let empty = parent.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let restore = |from: &Path| run(&["restore", "--from", name(from), "--data", name(&restored)]);
    assert!(restore(&empty).unwrap_err().to_string().contains("there is no backup in"));
    let garbage = parent.path().join("garbage");
    fs::create_dir(&garbage).unwrap();
    fs::write(database(&garbage), "this is no database".repeat(1000)).unwrap();
    assert!(restore(&garbage).is_err());
    assert!(!restored.exists() && !parent.path().join("restored.partial").exists());
}

#[tokio::test]
async fn a_running_server_is_audited_and_backed_up() {
    let bench = Bench::funded(&[]).await;
    let data = &bench.config.store.data;
    let parent = tempfile::tempdir().unwrap();
    let (copy, restored) = (parent.path().join("copy"), parent.path().join("restored"));
    assert_eq!(run(&["audit", "--data", name(data)]).unwrap(), ExitCode::SUCCESS);
    run(&["backup", "--data", name(data), "--to", name(&copy)]).unwrap();
    run(&["restore", "--from", name(&copy), "--data", name(&restored)]).unwrap();
    let balances = |dir: &Path| reader(dir).unwrap().balances().unwrap();
    assert_eq!(balances(&restored), balances(data));

    // The rows are in the write-ahead log: a copy of the file alone would lose them.
    let error = run(&["restore", "--from", name(data), "--data", name(&parent.path().join("x"))]);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("is a data directory, not a backup"), "{error}");
}

#[test]
fn without_a_database_nothing_is_created() {
    let parent = tempfile::tempdir().unwrap();
    let (data, copy) = (parent.path().join("none"), parent.path().join("copy"));
    for command in [
        ["audit", "--data", name(&data)].as_slice(),
        &["backup", "--data", name(&data), "--to", name(&copy)],
    ] {
        let error = run(command).unwrap_err();
        assert!(error.to_string().contains("there are no books in"), "{error}");
    }
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}
