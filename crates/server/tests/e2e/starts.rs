//! Refused starts: errors are found before anything is created, and nothing is left.

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;

use crate::books::names;
use crate::server::{API_KEY, Home, USERNAME, lunas, one_sentence};

/// Arguments, variables, and the required message.
type Row<'a, V> = (&'a [&'a str], &'a [(&'a str, V)], &'a [&'a str]);

/// A sandbox reports every error before its banner and before it creates anything.
#[test]
fn a_refused_start_says_why_and_leaves_no_files() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let home = Home::new();
    let at = |name: &str| home.file(name).to_str().unwrap().to_owned();
    let long = at(&"d".repeat(120));
    let tls = [
        ("LUNAS_SERVER__TLS_CERTIFICATE_FILE", at("none.pem")),
        ("LUNAS_SERVER__TLS_KEY_FILE", at("none.key")),
    ];
    let nowhere = [("LUNAS_STORE__DATABASE", "postgres://u:hush@127.0.0.1:1/d".to_owned())];
    let rows: [Row<'_, String>; 12] = [
        (&["--port-file", &at("none/port")], &[], &["none/port", "there is no directory"]),
        (&["--port-file", &at("")], &[], &["is a directory"]),
        (&["--data", &long], &[], &["has a path of", "107", "shorter path"]),
        (&["--listen", &taken], &[], &[&taken, "another program listens there", "--listen"]),
        (&["--listen", "203.0.113.7:0"], &[], &["203.0.113.7:0", "does not have that address"]),
        (&["--username", "not a name"], &[], &["--username"]),
        (&["--username", ""], &[], &["--username"]),
        (&["--api-key", ""], &[], &["--api-key"]),
        (&["--balance", "-5"], &[], &["--balance -5", "from 0 to"]),
        (&[], &tls, &["none.pem", "does not exist"]),
        (&[], &nowhere, &["127.0.0.1:1/d", "cannot be reached", "is it started"]),
        (&["--data", &at("file/below")], &[], &["is a file where a directory is needed"]),
    ];
    fs::write(home.file("file"), "").unwrap();
    let before = names(&home.file(""));
    for (arguments, variables, why) in rows {
        let mut start = lunas();
        start
            .arg("sandbox")
            .args(arguments)
            .envs(variables.iter().map(|(key, value)| (key, value)));
        for (flag, value) in [("--listen", "127.0.0.1:0"), ("--data", &at("made/data"))] {
            if !arguments.contains(&flag) {
                start.args([flag, value]);
            }
        }
        let told = Home::not_started(start);
        for part in why {
            assert!(told.contains(part), "{arguments:?}: {told}");
        }
        assert!(!told.contains("hush"), "{told}");
        assert_eq!(names(&home.file("")), before, "{arguments:?}");
    }
}

/// An invalid clock file is found after the books were created: they are removed again.
#[test]
fn a_failed_start_removes_the_files_that_it_created() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    fs::write(home.data().join("notes"), "an operator's").unwrap();
    fs::write(home.data().join("sandbox-clock"), "late").unwrap();
    for _ in 0..2 {
        let told = Home::not_started(home.sandbox(&[]));
        assert!(told.contains("sandbox-clock: expected microseconds"), "{told}");
        assert_eq!(names(&home.data()), ["notes", "sandbox-clock"]);
    }
    fs::remove_file(home.data().join("sandbox-clock")).unwrap();
    let server = home.start(&[]);
    assert_eq!(server.partner().status("nothing").rc(), "06");
    // Existing books stay, even if a start on them fails.
    drop(server);
    let sandbox = home.sandbox_with_key("another key");
    assert!(Home::not_started(sandbox).contains("has another API key here"));
    assert_eq!(home.deposit().0, crate::server::DEPOSIT);
}

/// `lunas init` creates no books that no server could serve, and gives the same message as a
/// server.
#[test]
fn without_a_place_for_the_socket_nothing_is_created() {
    for (name, taken, why) in [
        ("d".repeat(120), None, "has a path of"),
        ("plain".to_owned(), Some("lunas.sock"), "lunas.sock is not a socket; remove it"),
    ] {
        let home = Home::new();
        let data = home.file(&name);
        if let Some(name) = taken {
            fs::create_dir(&data).unwrap();
            fs::write(data.join(name), "somebody else's").unwrap();
        }
        let before = names(&data);
        let told = ["init", "sandbox", "serve"].map(|command| {
            let mut start = lunas();
            start.arg(command).arg("--data").arg(&data);
            start.env("LUNAS_SERVER__LISTEN", "127.0.0.1:0");
            Home::not_started(start)
        });
        assert!(told[0].contains(why), "{}", told[0]);
        assert!(told.iter().all(|other| *other == told[0]), "{told:?}");
        assert_eq!((names(&data), data.exists()), (before, taken.is_some()));
    }
}

/// The socket's path may be short enough only in the server's working directory: from there
/// commands reach the server, from elsewhere its directory is in use.
#[test]
fn a_server_with_a_long_path_is_reached_from_within_its_directory() {
    let home = Home::new();
    let deep = home.file(&"d".repeat(120));
    fs::create_dir(&deep).unwrap();
    let mut start = lunas();
    start.current_dir(&deep).args(["sandbox", "--listen", "127.0.0.1:0", "--data", "here"]);
    start.arg("--port-file").arg(home.file("port")).stdout(Stdio::null()).stderr(Stdio::null());
    let _server = home.started(start);
    let list = |data: &str| {
        let mut command = lunas();
        command.current_dir(&deep).args(["partner", "list", "--data", data]).output().unwrap()
    };
    assert!(list("here").status.success());
    let told = list(deep.join("here").to_str().unwrap());
    let told = one_sentence(&String::from_utf8(told.stderr).unwrap());
    assert!(told.contains("too long from here") && told.contains("within the directory"), "{told}");
}

/// The banner means that it is ready.
#[test]
fn the_banner_appears_when_the_server_is_ready() {
    let home = Home::new();
    let shown = home.file("shown");
    let mut command = home.sandbox(&[]);
    command.stdout(fs::File::create(&shown).unwrap());
    let server = home.started(command);
    let text = crate::server::wait_for("the banner", || {
        let text = fs::read_to_string(&shown).unwrap();
        text.contains(API_KEY).then_some(text)
    });
    assert!(text.contains(&server.port.to_string()) && text.contains(USERNAME), "{text}");
}

/// Each message says what was given and what would be right.
#[test]
fn a_wrong_value_is_reported_with_an_example_of_a_right_one() {
    let home = Home::new();
    let file = home.file("lunas.toml");
    fs::write(&file, "server = 3\n").unwrap();
    let file = file.to_str().unwrap();
    let number = ["'x'", "a whole number in digits"];
    let nowhere = home.file("no.toml").display().to_string();
    let rows: [Row<'_, &str>; 13] = [
        (&["price-list"], &[("LUNAS_URL", "127.0.0.1:1")], &["127.0.0.1:1", "http://127.0.0.1:1"]),
        (&["price-list", "--url", "localhost:80"], &[], &["localhost:80", "http://localhost:80"]),
        (
            &["sandbox", "--listen", "localhost:0"],
            &[],
            &["\"localhost:0\"", "--listen", "IP address and port", "127.0.0.1:8080"],
        ),
        (&["serve"], &[("LUNAS_SERVER__LISTEN", "8080")], &["8080", "127.0.0.1:8080"]),
        (&["config", "show", "--config", file], &[], &["server", "an integer", "a section", file]),
        (&["partner", "list"], &[("LUNAS_STORE__DATABASE", "books")], &["books", "postgres://"]),
        (&["sandbox", "--balance", "x"], &[], &number),
        (&["payment", "show", "x"], &[], &number),
        (&["payment", "list", "--limit", "x"], &[], &number),
        (&["partner", "set", "u", "--min-balance", "x"], &[], &number),
        (&["sandbox", "scenario", "on", "maintenance", "--times", "x"], &[], &number),
        (&["partner", "list", "--config", "no.toml"], &[], &[&nowhere, "--config", "LUNAS_CONFIG"]),
        (
            &["restore", "--from", "none", "--data", "new"],
            &[],
            &["there is no backup in none", "`lunas backup --to`"],
        ),
    ];
    for (arguments, variables, why) in rows {
        let mut command = lunas();
        command.args(arguments).envs(variables.iter().copied()).current_dir(home.file(""));
        command.env("LUNAS_USERNAME", "u").env("LUNAS_API_KEY", "k");
        let done = command.output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(matches!(done.status.code(), Some(1 | 2)), "{arguments:?}: {said}");
        for part in why {
            assert!(said.contains(part), "{arguments:?}: {said}");
        }
        if said.starts_with("lunas: ") && said.lines().count() == 1 {
            one_sentence(&said);
        }
    }
    assert_eq!(names(&home.file("")), ["lunas.toml"]);
}
