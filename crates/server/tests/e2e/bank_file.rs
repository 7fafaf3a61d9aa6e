//! `lunas deposit read`: what a bank's file says.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::server::lunas;

/// An invented file of KlikBCA Bisnis: one credit, one fee, and one credit that is pending.
const BCA: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../bank-statements/tests/files/bca-business.csv");

fn read(arguments: &[&str]) -> Output {
    lunas().args(["deposit", "read"]).args(arguments).output().unwrap()
}

fn shown(arguments: &[&str]) -> Value {
    let output = read(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refusal(arguments: &[&str]) -> String {
    let output = read(arguments);
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_credits_of_a_file_are_shown_and_what_is_pending_is_said() {
    let file = shown(&[BCA, "--json"]);
    assert_eq!(
        (&file["layout"], &file["account"], &file["from"], &file["to"]),
        (
            &json!("BCA KlikBCA Bisnis"),
            &json!("0000000001"),
            &json!("2026-09-01"),
            &json!("2026-09-02")
        )
    );
    assert_eq!(file["closing_balance_cents"], 798_557_900);
    assert_eq!((&file["credits"], &file["pending_credits"]), (&json!(1), &json!(1)));
    let rows: Vec<_> = file["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["state"].as_str().unwrap(), row["amount_cents"].as_i64().unwrap()))
        .collect();
    assert_eq!(rows, [("booked", 100_012_300), ("pending", 200_045_600)]);
    let all = shown(&[BCA, "--json", "--all"]);
    assert_eq!(all["rows"][1]["amount_cents"], -1_500_000);

    let text = String::from_utf8(read(&[BCA]).stdout).unwrap();
    assert!(
        text.contains("1.000.123") && text.contains("1 pending, not to be booked yet"),
        "{text}"
    );
    assert!(text.contains("Nothing is booked"), "{text}");
}

#[test]
fn a_file_that_does_not_fit_is_refused_as_a_whole() {
    assert!(refusal(&[BCA, "--account", "2"]).contains("of the account 0000000001, not of 2"));
    assert!(refusal(&["/nowhere/file.csv"]).contains("cannot be read"));
    let (directory, text) = (tempfile::tempdir().unwrap(), fs::read_to_string(BCA).unwrap());
    for (changed, why) in [
        (text.replace("1,000,123.00 CR", "1,000,124.00 CR"), "line 8: the balance is"),
        (text.replace("02/09/2026\"", "31/02/2026\""), "line 8, column Tanggal Transaksi"),
        (text.replace("Mata Uang : Rp", "Mata Uang : USD"), "only rupiah"),
        (String::new(), "the file is empty"),
        ("a,b\n1,2\n".to_owned(), "no line among the first"),
    ] {
        let file = directory.path().join("file.csv");
        fs::write(&file, changed).unwrap();
        let told = refusal(&[file.to_str().unwrap()]);
        assert!(told.contains(why) && told.contains("nothing of it is used"), "{told}");
    }
}

#[test]
fn the_standard_input_is_read_and_a_text_cannot_control_the_terminal() {
    let text = fs::read_to_string(BCA).unwrap().replace("MITRA UJI SATU", "MITRA \u{1b}[31mSATU");
    let mut command = lunas();
    command.args(["deposit", "read", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("SATU") && !shown.contains('\u{1b}'), "{shown:?}");
}
