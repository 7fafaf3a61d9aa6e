//! Paths without permission, full or read-only disks, and missing databases: one sentence with the
//! path, the cause and what to do. A file that only cannot be read is never reported as missing.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cluster::Cluster;
use crate::server::{Home, lunas, one_sentence};

/// The owner of files that a test makes for a user without privileges.
const NOBODY: u32 = 65_534;

/// Whether the tests run as root, which no file mode restricts.
fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The command as a user without privileges.
fn unprivileged(command: Command) -> Command {
    if !is_root() {
        return command;
    }
    let id = NOBODY.to_string();
    let mut other = Command::new("setpriv");
    other.args(["--reuid", &id, "--regid", &id, "--clear-groups"]);
    other.arg(command.get_program()).args(command.get_args()).env_clear();
    other.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    other
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A home whose books belong to a user without privileges.
fn given_away() -> Home {
    let home = Home::new();
    set_mode(&home.file(""), 0o777);
    let mut init = lunas();
    init.arg("init").arg("--data").arg(home.data());
    let done = unprivileged(init).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    home
}

/// Runs a command as that user on the home's books; it must fail with one sentence.
fn refused(home: &Home, arguments: &[&str]) -> String {
    let mut command = lunas();
    command.args(arguments).env("LUNAS_STORE__DATA", home.data());
    command.env("LUNAS_SERVER__LISTEN", "127.0.0.1:0").stdin(Stdio::null());
    let done = unprivileged(command).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{arguments:?}: {said}");
    one_sentence(&said)
}

#[test]
fn missing_permissions_are_reported_with_the_path_and_its_owner() {
    let rows: [(&str, u32, &[&[&str]]); 6] = [
        ("data", 0o000, &[&["partner", "list"], &["serve"], &["sandbox"], &["audit"], &["init"]]),
        ("data", 0o555, &[&["serve"], &["partner", "list"], &["sandbox"]]),
        ("data/lunas.db", 0o444, &[&["serve"], &["partner", "list"]]),
        ("data/lunas.lock", 0o000, &[&["serve"], &["partner", "list"]]),
        ("data/master.key", 0o000, &[&["serve"], &["partner", "list"]]),
        ("data/lunas.db", 0o000, &[&["audit"], &["backup", "--to", "copy"]]),
    ];
    for (name, mode, commands) in rows {
        let home = given_away();
        let path = home.file(name);
        let before = fs::metadata(&path).unwrap().mode();
        set_mode(&path, mode);
        for command in commands {
            let told = refused(&home, command);
            let shut = format!("may not use {}", path.display());
            assert!(told.contains(&shut), "{name} {command:?}: {told}");
            assert!(told.contains("the user ") && told.contains("mode"), "{told}");
            assert!(!told.contains("there are no") && !told.contains("init"), "{told}");
        }
        set_mode(&path, before & 0o777);
        assert!(home.data().exists());
    }
}

/// The other files of an operator.
#[test]
fn unreadable_and_unwritable_files_are_reported_with_their_path() {
    let home = given_away();
    let shut = home.file("shut");
    fs::create_dir(&shut).unwrap();
    let file = home.file("file");
    fs::write(&file, "x").unwrap();
    set_mode(&shut, 0o000);
    set_mode(&file, 0o000);
    if is_root() {
        chown(&shut, Some(NOBODY), None).unwrap();
        chown(&file, Some(NOBODY), None).unwrap();
    }
    let (inside, file) = (shut.join("it"), file.to_str().unwrap());
    let inside = inside.to_str().unwrap();
    let (new, data) = (home.file("new"), home.data());
    let (new, data) = (new.to_str().unwrap(), data.to_str().unwrap());
    for (arguments, path) in [
        (&["partner", "list", "--config", file][..], file),
        (&["config", "show", "--config", inside], inside),
        (&["sandbox", "--port-file", inside], inside),
        (&["serve", "--port-file", inside], inside),
        (&["backup", "--to", inside], inside),
        (&["restore", "--from", inside, "--data", new], inside),
        (&["restore", "--from", data, "--data", inside], inside),
        (&["partner", "add", "--username", "u", "--api-key-file", file], file),
        (&["init", "--data", inside], inside),
    ] {
        let told = refused(&home, arguments);
        assert!(told.contains(path) && told.contains("may not use"), "{arguments:?}: {told}");
    }
    set_mode(&shut, 0o700);
    assert_eq!(fs::read_dir(&shut).unwrap().count(), 0);
}

/// The socket of another user's server: it exists, but this user may not use it.
#[test]
fn a_server_of_another_user_is_not_mistaken_for_a_stopped_one() {
    if !is_root() {
        return eprintln!("not run: only root can have a server that another user may not ask");
    }
    let home = Home::new();
    set_mode(&home.file(""), 0o755);
    let _server = home.start(&[]);
    set_mode(&home.data(), 0o755);
    for arguments in [&["partner", "list"][..], &["audit"]] {
        let told = refused(&home, arguments);
        assert!(told.contains("lunas.sock") && told.contains("may not use"), "{told}");
        assert!(told.contains("the user root"), "{told}");
    }
}

/// Starts a command on a small file system that a script has prepared; `None` if this is not
/// allowed here.
fn on_its_own_disk(home: &Home, script: &str, arguments: &[&str]) -> Option<String> {
    let may = Command::new("unshare").args(["-rm", "true"]).status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("not run: file systems of one's own are not allowed here");
        return None;
    }
    let data = home.data();
    let script = format!(
        "D='{}'; {script}; C=0; \"$0\" \"$@\" || C=$?; ls -A \"$D\" > \"$D.left\"; exit $C",
        data.display()
    );
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-ec", &script, env!("CARGO_BIN_EXE_lunas")]).args(arguments);
    // The variables of the tests are not settings.
    command.env_clear().env("PATH", env::var_os("PATH").unwrap());
    command.env("LUNAS_STORE__DATA", &data).env("LUNAS_SERVER__LISTEN", "127.0.0.1:0");
    let done = command.output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(done.stdout.is_empty());
    Some(one_sentence(&said))
}

#[test]
fn a_full_or_read_only_disk_is_reported_as_such() {
    const FULL: &str = "\
        cp -a \"$D\" \"$D.copy\"; rm -f \"$D.copy\"/*-wal \"$D.copy\"/*-shm \"$D.copy/lunas.reserve\"; mount -t tmpfs -o size=2m tmpfs \"$D\"; cp -a \"$D.copy/.\" \"$D\"; \
        cat /dev/zero > \"$D/ballast\" 2>/dev/null || true";
    const TINY: &str = "mount -t tmpfs -o size=8k tmpfs \"$D\"";
    const SMALL: &str = "mount -t tmpfs -o size=1m tmpfs \"$D\"";
    const READ_ONLY: &str = "mount --bind \"$D\" \"$D\"; mount -o remount,ro,bind \"$D\"";
    let every: &[&[&str]] = &[&["serve"], &["sandbox"], &["partner", "list"]];
    let makers: &[&[&str]] = &[&["sandbox"], &["init"]];
    for (script, has_books, commands, why, remedy) in [
        (FULL, true, every, "its disk is full", "make room"),
        (TINY, false, makers, "its disk is full", "make room"),
        (SMALL, false, &makers[..1], "its disk is full", "make room"),
        (READ_ONLY, true, every, "is mounted read-only", "mount it for writing"),
        (READ_ONLY, false, makers, "is mounted read-only", "mount it for writing"),
    ] {
        for command in commands {
            let home = Home::new();
            match has_books {
                // The next process that opens them empties the WAL, which is not copied.
                true => {
                    home.init();
                    home.operate(&["partner", "list"]);
                }
                false => fs::create_dir(home.data()).unwrap(),
            }
            let Some(told) = on_its_own_disk(&home, script, command) else { return };
            assert!(told.contains(why) && told.contains(remedy), "{command:?}: {told}");
            assert!(told.contains(home.data().to_str().unwrap()), "{told}");
            if !has_books {
                let left = fs::read_to_string(home.file("data.left")).unwrap();
                assert_eq!(left, "", "{command:?}: {told}");
            }
        }
    }
}

/// The same for a PostgreSQL database.
#[test]
fn an_unusable_database_is_reported_with_what_to_do() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    home.init();
    // One user needs a password, the others do not.
    cluster.sql("postgres", "CREATE ROLE keeper LOGIN SUPERUSER PASSWORD 'right'");
    let rules = cluster.sql("postgres", "SHOW hba_file");
    let lines = "VALUES ('local all keeper scram-sha-256'), ('local all all trust')";
    cluster.sql("postgres", &format!("COPY ({lines}) TO '{rules}'"));
    cluster.set("log_connections", "on");
    let keeper = |password: &str| home.url().replace("lunas@", &format!("keeper{password}@"));
    let right = home.command(&["--database", &keeper(":right"), "partner", "list"]);
    assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));
    for (url, why, remedy) in [
        (keeper(":hush"), "password authentication failed", "check the user and the password"),
        (keeper(""), "password missing", "check the user and the password"),
        (home.url().replace("lunas0", "none"), "does not exist", "CREATE DATABASE"),
        (home.url().replace("lunas@", "nobody:hush@"), "nobody", "check the user and the password"),
        ("postgres://u:hush@127.0.0.1:1/d".to_owned(), "Connection refused", "is it started"),
    ] {
        for arguments in [&["serve"][..], &["sandbox"], &["partner", "list"], &["audit"], &["init"]]
        {
            let mut command = lunas();
            command.args(arguments).env("LUNAS_STORE__DATABASE", &url);
            command
                .env("LUNAS_SERVER__LISTEN", "127.0.0.1:0")
                .env("LUNAS_STORE__DATA", home.data());
            let told = Home::not_started(command);
            assert!(told.contains(why) && told.contains(remedy), "{arguments:?}: {told}");
            let place = url.replace(":hush", "").replace("%2F", "/");
            assert!(told.contains(&place) && !told.contains("hush"), "{told}");
        }
    }
}
