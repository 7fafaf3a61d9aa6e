//! The first minutes with a sandbox: its first output, the browser that it opens, and commands that
//! find it.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::server::{API_KEY, Home, Server, USERNAME, lunas, wait_for};

#[test]
fn the_output_of_a_sandbox_begins_with_its_banner() {
    let home = Home::new();
    let server = home.started(said_together(&home));
    let said = said(&home);
    let first = said.lines().next().unwrap();
    assert!(first.starts_with("lunas ") && first.contains("ready in "), "{said}");
    let lines = [
        format!("  portal    http://127.0.0.1:{}/\n", server.port),
        format!("  username  {USERNAME}\n"),
        format!("  API key   {API_KEY}\n"),
        format!("  data      {}\n", home.data().display()),
    ];
    for line in &lines {
        assert!(said.contains(line), "{line} in {said}");
    }
    assert!(!said.contains("migration"), "{said}");
}

#[test]
fn with_a_lower_log_level_the_log_begins_before_the_banner() {
    let home = Home::new();
    let mut command = said_together(&home);
    command.env("LUNAS_LOG__LEVEL", "debug");
    let _server = home.started(command);
    let said = said(&home);
    assert!(said.split("ready in ").next().unwrap().contains("migration"), "{said}");
}

/// A sandbox that logs to the same place as its first output, as in a terminal.
fn said_together(home: &Home) -> Command {
    let file = File::options().create(true).append(true).open(home.file("said")).unwrap();
    let mut command = home.sandbox(&[]);
    command.stdout(file.try_clone().unwrap()).stderr(file);
    command
}

fn said(home: &Home) -> String {
    fs::read_to_string(home.file("said")).unwrap()
}

#[test]
fn the_portal_is_opened_in_a_browser_if_asked() {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    for asked in [false, true] {
        let home = Home::new();
        let bin = home.file("bin");
        program(&bin, opener, &format!("echo \"$1\" > {}", home.file("opened").display()));
        let mut command = home.sandbox(&[]);
        command.args(asked.then_some("--open")).env("PATH", &bin);
        let server = home.started(command);
        let opened = || fs::read_to_string(home.file("opened")).ok().filter(|url| !url.is_empty());
        if asked {
            let url = wait_for("the browser", opened);
            assert_eq!(url, format!("http://127.0.0.1:{}\n", server.port));
        } else {
            server.partner().get("/livez");
            assert_eq!(opened(), None);
        }
    }
}

#[test]
fn a_browser_that_does_not_open_is_one_warning() {
    for broken in [None, Some("exit 3")] {
        let home = Home::new();
        let bin = home.file("bin");
        fs::create_dir(&bin).unwrap();
        if let Some(body) = broken {
            ["open", "xdg-open"].iter().for_each(|name| program(&bin, name, body));
        }
        let mut command = home.sandbox(&[]);
        command.arg("--open").env("PATH", &bin);
        let server = home.started(command);
        let warned = || Some(home.log()).filter(|log| log.contains("WARN"));
        let log = wait_for("the warning", warned);
        assert!(log.contains(&format!("open http://127.0.0.1:{}", server.port)), "{log}");
        assert_eq!(log.matches("WARN").count(), 1, "{log}");
        assert_eq!(server.partner().get("/livez").status, 200);
    }
}

/// Creates a program with this name in `folder`.
fn program(folder: &Path, name: &str, body: &str) {
    fs::create_dir_all(folder).unwrap();
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A sandbox in `./lunas-data` of its home; commands run in that home.
fn in_its_own_directory() -> (Home, Server) {
    let home = Home::new();
    let server = home.start(&[]);
    symlink(home.data(), home.file("lunas-data")).unwrap();
    (home, server)
}

fn run(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = lunas();
    command.args(arguments).current_dir(home.file("")).envs(variables.iter().copied());
    command.output().unwrap()
}

const INQUIRE: [&str; 8] =
    ["inquire", "--code", "BPJS", "--hp", "8801234560001", "--month", "2", "--json"];

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn commands_find_the_sandbox_of_their_directory() {
    let (home, server) = in_its_own_directory();
    let inquired = run(&home, &[&INQUIRE[..], &["--ref-id", "first"]].concat(), &[]);
    assert!(inquired.status.success(), "{}", text(&inquired.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&inquired.stdout).unwrap();
    let tr_id = answer["data"]["tr_id"].to_string();
    let url = format!("http://127.0.0.1:{}", server.port);
    for arguments in [
        &["pay", &tr_id][..],
        &["status", "first"],
        &["price-list", "pdam"],
        &["sign", "checkstatus"],
    ] {
        let done = run(&home, arguments, &[]);
        let told = text(&done.stderr);
        assert!(done.status.success(), "{arguments:?}: {told}");
        // It names the sandbox and shows no key.
        let which = format!("sandbox: ./lunas-data, {url}, as {USERNAME}\n");
        assert!(told.contains(&which), "{arguments:?}: {told}");
        assert!(!told.contains(API_KEY) && !text(&done.stdout).contains(API_KEY));
    }
    let partner = server.partner();
    let signed = run(&home, &["sign", "checkstatus"], &[]);
    assert!(text(&signed.stdout).contains(&partner.sign("cs")), "{}", text(&signed.stdout));
    drop((partner, server));
    home.audit();
}

#[test]
fn explicit_options_take_precedence_over_the_local_sandbox() {
    let (home, server) = in_its_own_directory();
    home.operate(&["partner", "add", "--username", "082200001111"]);
    let data = home.data().display().to_string();
    let url = format!("http://127.0.0.1:{}", server.port);
    let nowhere = "http://127.0.0.1:1";
    let key = ("LUNAS_API_KEY", API_KEY);
    let name = ("LUNAS_USERNAME", USERNAME);
    // Arguments and environment; the exit code and part of the message.
    type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32, &'a str);
    let table: [Row<'_>; 9] = [
        // Another partner of the sandbox, with its own key; it has no balance, but may inquire.
        (&["--username", "082200001111"], &[], 0, "as 082200001111"),
        (&["--username", "nobody"], &[], 1, "there is no partner \"nobody\" in this sandbox"),
        // A given key is used, right or wrong.
        (&[], &[key], 0, "as 081234567890"),
        (&[], &[("LUNAS_API_KEY", "wrong")], 1, "as 081234567890"),
        // Another directory.
        (&["--data", &data], &[name], 0, &data),
        // A named server does not get a sandbox's key.
        (&["--url", &url], &[], 1, "there is no API key"),
        (&[], &[("LUNAS_URL", nowhere), name], 1, "there is no API key"),
        (&["--url", &url, "--data", &data], &[name, key], 1, "give one of them"),
        (&["--url", &url], &[name, key], 0, ""),
    ];
    for (given, variables, code, part) in table {
        let done = run(&home, &[&INQUIRE[..], given].concat(), variables);
        let told = text(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{given:?} {variables:?}: {told}");
        assert!(told.contains(part), "{given:?} {variables:?}: {told}");
    }
}

#[test]
fn a_client_says_what_happened_and_what_to_do() {
    let (home, server) = in_its_own_directory();
    let inquired = run(&home, &INQUIRE, &[]);
    let answer: serde_json::Value = serde_json::from_slice(&inquired.stdout).unwrap();
    let made_up = format!("ref_id: {}\n", answer["data"]["ref_id"].as_str().unwrap());
    assert!(text(&inquired.stderr).contains(&made_up), "{}", text(&inquired.stderr));
    let tr_id = answer["data"]["tr_id"].to_string();
    let unknown = ["inquire", "--code", "BPJS", "--hp", "8801234560001"];
    let given = [("LUNAS_USERNAME", USERNAME), ("LUNAS_API_KEY", API_KEY)];
    let at = |url| [given[0], given[1], ("LUNAS_URL", url)];
    type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32, &'a [&'a str]);
    let table: [Row<'_>; 8] = [
        (&["pay", &tr_id], &[], 0, &["PAYMENT SUCCESS"]),
        (&["pay", &tr_id], &[], 4, &["already paid; nothing was paid now"]),
        (&["status", &tr_id], &[], 1, &["no such transaction", "not the tr_id"]),
        (&["pay", "abc"], &[], 2, &["expected the tr_id", "such as 10000001"]),
        (&unknown, &[], 1, &["error_details.month  is missing", "ref_id: lunas-"]),
        (&["price-list"], &at(""), 1, &["LUNAS_URL or --url is empty", "unset LUNAS_URL"]),
        (&["price-list"], &at("foo"), 1, &["write http://foo"]),
        (&INQUIRE, &at("http://127.0.0.1:1"), 3, &["refused the connection: start the server"]),
    ];
    for (arguments, variables, code, parts) in table {
        let done = run(&home, arguments, variables);
        let told = text(&done.stdout) + &text(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{arguments:?} {variables:?}: {told}");
        for part in parts {
            assert!(told.contains(part), "{part} in {arguments:?} {variables:?}: {told}");
        }
        for not in ["relative URL", "invalid digit", "error sending", "outcome is unknown"] {
            assert!(!told.contains(not), "{not} in {arguments:?} {variables:?}: {told}");
        }
        // A request that was never sent has no ref_id for a status query.
        assert!(code != 3 || !told.contains("ref_id:"), "{told}");
    }
    drop(server);
    home.audit();
}

#[test]
fn without_a_running_sandbox_a_command_says_what_to_do() {
    let home = Home::new();
    for started_before in [false, true] {
        if started_before {
            drop(home.start(&[]));
        }
        let data = home.data().display().to_string();
        for arguments in [&["price-list"][..], &["sign", "checkstatus"]] {
            let done = run(&home, &[arguments, &["--data", &data]].concat(), &[]);
            let told = text(&done.stderr);
            assert_eq!(done.status.code(), Some(1), "{told}");
            for part in ["no sandbox runs in", &data, "`lunas sandbox`", "--data", "LUNAS_URL"] {
                assert!(told.contains(part), "{part} in {told}");
            }
        }
        assert_eq!(home.data().exists(), started_before, "nothing is made");
    }
}

#[test]
fn a_production_server_reveals_no_key() {
    let home = Home::new();
    drop(home.start(&[]));
    let server = home.started(home.production_after_sandbox(&[]));
    let data = home.data().display().to_string();
    for arguments in [&["price-list", "--json"][..], &["sign", "checkstatus", "--reveal"]] {
        for name in [&[][..], &["--username", USERNAME]] {
            let done = run(&home, &[arguments, name, &["--data", &data]].concat(), &[]);
            let told = text(&done.stderr) + &text(&done.stdout);
            assert_eq!(done.status.code(), Some(1), "{told}");
            assert!(told.contains("is not a sandbox"), "{told}");
            assert!(!told.contains(API_KEY), "{told}");
        }
    }
    drop(server);
    // A command that opens the books itself does not either, with any configuration.
    let sandbox = [("LUNAS_SANDBOX__ENABLED", "true")];
    let done = run(&home, &["price-list", "--data", &data], &sandbox);
    assert!(text(&done.stderr).contains("no sandbox runs in"), "{}", text(&done.stderr));
}
