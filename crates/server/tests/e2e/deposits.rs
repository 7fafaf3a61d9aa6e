//! `lunas deposit add` and the reference that prevents booking a payment twice.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::server::{DEPOSIT, Home, USERNAME};

#[test]
fn a_deposit_needs_a_reference_unless_no_reference_is_requested() {
    let home = Home::new();
    let _server = home.start(&[]);
    let add = ["deposit", "add", USERNAME, "500"];
    // There is no terminal.
    for given in [&[][..], &["--reference", ""], &["--reference", " "]] {
        let why = home.refused(&[&add[..], given].concat());
        for part in ["--reference TEXT", "--no-reference", "nothing was booked"] {
            assert!(why.contains(part), "{given:?}: {why}");
        }
    }
    assert_eq!(home.deposit(), (DEPOSIT, 0));
    let both = [&add[..], &["--reference", "FT 17", "--no-reference"]].concat();
    assert_eq!(home.command(&both).status.code(), Some(2));
    for _ in 0..2 {
        home.operate(&[&add[..], &["--no-reference"]].concat());
    }
    assert_eq!(home.deposit(), (DEPOSIT + 1_000, 0));
    home.audit();
}

#[test]
fn at_a_terminal_the_reference_is_asked_for() {
    let home = Home::new();
    let _server = home.start(&[]);
    // `script` gives the command a terminal and types its own standard input there.
    let typed = |answer: &str| {
        let data = home.data().display().to_string();
        let command =
            format!("{} deposit add {USERNAME} 500 --data {data}", env!("CARGO_BIN_EXE_lunas"));
        let mut script = Command::new("script");
        script.env_clear().env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh");
        script.args(["--quiet", "--return", "--command", &command]).arg(home.file("typed"));
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = script.spawn().unwrap();
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, shown) = typed("ft 4711\n");
    assert!(code == Some(0) && shown.contains("Reference of the payment"), "{code:?}: {shown}");
    assert_eq!(home.operate(&["deposit", "list"])[0]["reference"], "ft 4711");
    let (code, shown) = typed("FT 4711 \n");
    assert!(code == Some(1) && shown.contains("already booked as TR"), "{code:?}: {shown}");
    // An empty line means: no reference.
    assert_eq!(typed("\n").0, Some(0));
    assert_eq!(home.deposit(), (DEPOSIT + 1_000, 0));
    home.audit();
}
