//! Output of commands: to a reader that closes, and to a full disk.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Output, Stdio};

use crate::operator::every_command;
use crate::server::{API_KEY, Home, USERNAME, lunas};

/// The only message on standard error if the answer does not fit on the disk.
const FULL: &str = "lunas: the answer cannot be written to the standard output: \
                    No space left on device (os error 28)\n";

/// Commands that print in different ways. `UNIQUE` is a name that nothing else has.
const PRINT: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["help"],
    &["help", "partner"],
    &["completions", "bash"],
    &["config", "default"],
    &["config", "show"],
    &["config", "show", "--json"],
    &["sign", "checkstatus"],
    &["sign", "checkstatus", "--json"],
    &["partner", "list"],
    &["partner", "show", USERNAME],
    &["deposit", "list"],
    &["product", "list", "--json"],
    &["payment", "list"],
    &["payment", "list", "--needs-review"],
    &["callback", "list"],
    &["sandbox", "clock", "show"],
    &["sandbox", "scenario", "list"],
    &["audit"],
    &["backup", "--to", "UNIQUE"],
    &["inquire", "--code", "BPJS", "--hp", "8801234560001", "--month", "2", "--ref-id", "UNIQUE"],
    &["price-list"],
];

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

fn printing(mut command: Command, out: impl Into<Stdio>) -> Output {
    let done = command.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped());
    done.spawn().unwrap().wait_with_output().unwrap()
}

/// The exit status and the text on standard error.
fn ended(done: &Output) -> (Option<i32>, String) {
    (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
}

#[test]
fn a_closed_pipe_is_no_error_and_a_full_disk_is_one_line() {
    let home = Home::new();
    let server = home.start(&[]);
    let command = |words: &[&str], unique: &str| {
        let mut command = lunas();
        for word in words {
            let place = home.file(unique);
            let place = if words[0] == "inquire" { unique.into() } else { place };
            command.arg(if *word == "UNIQUE" { place.as_os_str() } else { word.as_ref() });
        }
        let of_a_client = ["inquire", "pay", "price-list"].contains(&words[0]);
        let has_no_data =
            ["--help", "--version", "help", "completions", "sign"].contains(&words[0]);
        if !of_a_client && !has_no_data && words != ["config", "default"] {
            command.arg("--data").arg(home.data());
        }
        command.env("LUNAS_URL", format!("http://127.0.0.1:{}", server.port));
        command.env("LUNAS_USERNAME", USERNAME).env("LUNAS_API_KEY", API_KEY);
        command
    };
    for (number, words) in PRINT.iter().enumerate() {
        let seen = printing(command(words, &format!("seen-{number}")), Stdio::piped());
        assert_eq!(ended(&seen), (Some(0), String::new()), "{words:?}");
        assert!(!seen.stdout.is_empty(), "{words:?} prints nothing");
        let (reader, gone) = pipe().unwrap();
        drop(reader);
        let done = printing(command(words, &format!("gone-{number}")), gone);
        assert_eq!(ended(&done), (Some(0), String::new()), "{words:?}");
        let done = printing(command(words, &format!("full-{number}")), full());
        assert_eq!(ended(&done), (Some(1), FULL.to_owned()), "{words:?}");
    }
    // The payment does not depend on the disk.
    let tr_id = server.partner().inquired("BPJS", "8801234560001").tr_id().to_string();
    let done = printing(command(&["pay", &tr_id], ""), full());
    assert_eq!(ended(&done), (Some(0), FULL.to_owned()));
    assert_eq!(home.journal().len(), 1);
    // Nobody can read why it is refused.
    let mut refused = command(&["partner", "show", "nobody"], "");
    let status = refused.stdout(Stdio::null()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn the_help_of_every_command_can_be_piped_to_head() {
    for words in every_command() {
        let help = || {
            let mut command = lunas();
            command.args(&words).arg("--help");
            command
        };
        let (reader, gone) = pipe().unwrap();
        drop(reader);
        assert_eq!(ended(&printing(help(), gone)), (Some(0), String::new()), "{words:?}");
        assert_eq!(ended(&printing(help(), full())), (Some(1), FULL.to_owned()), "{words:?}");
    }
}

#[test]
fn a_sandbox_that_cannot_print_its_key_does_not_serve() {
    let home = Home::new();
    let mut sandbox = home.sandbox(&[]);
    let done =
        sandbox.stdout(full()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).ends_with(FULL));
    assert!(!home.file("port").exists());
}
