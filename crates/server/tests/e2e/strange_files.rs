//! Files of the wrong kind instead of a file or the data directory: one sentence with the path, the
//! kind and what to do. No command blocks on a pipe, and nothing is created.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::books::names;
use crate::server::{Home, lunas};

/// All commands that open books, and those of them that create none.
const EVERY: [&[&str]; 5] = [&["init"], &["serve"], &["sandbox"], &["partner", "list"], &["audit"]];

/// Creates a file of some kind with this name.
type Make = fn(&Path);

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = lunas();
    command.args(arguments).env("LUNAS_STORE__DATA", data);
    command.env("LUNAS_SERVER__LISTEN", "127.0.0.1:0");
    command
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn directory(path: &Path) {
    fs::create_dir(path).unwrap();
}

fn dead_link(path: &Path) {
    symlink("/nowhere/at/all", path).unwrap();
}

fn round_link(path: &Path) {
    symlink(path, path).unwrap();
}

fn remove(path: &Path) {
    match path.is_dir() {
        true => fs::remove_dir(path).unwrap(),
        false => fs::remove_file(path).unwrap(),
    }
}

const PIPE: &str = "is a named pipe, not a file; move it away";
const DIRECTORY: &str = "is a directory, not a file; move it away";
const DEAD: &str = "is a link to nowhere: /nowhere/at/all does not exist; make or mount that";
const ROUND: &str = "is a link that leads back to itself; remove it";

/// How to create it, and the message about it.
const STRANGE: [(Make, &str); 4] =
    [(pipe, PIPE), (directory, DIRECTORY), (dead_link, DEAD), (round_link, ROUND)];

fn is_told(data: &Path, arguments: &[&str], path: &Path, why: &str) {
    let told = Home::not_started(command(data, arguments));
    let expected = format!("{} {why}", path.display());
    assert!(told.contains(&expected), "{arguments:?}: {told}");
    assert!(!told.contains("os error") && !told.contains("there are no books"), "{told}");
}

#[test]
fn a_dangling_link_as_data_directory_is_reported_as_such() {
    let home = Home::new();
    dead_link(&home.data());
    for arguments in EVERY {
        is_told(&home.data(), arguments, &home.data(), DEAD);
        is_told(&home.data().join("below"), arguments, &home.data(), DEAD);
    }
    assert!(home.data().is_symlink() && !home.data().exists());
}

#[test]
fn a_wrong_kind_of_file_as_database_or_master_key_is_reported() {
    for (make, why) in STRANGE {
        for name in ["lunas.db", "master.key"] {
            let home = Home::new();
            directory(&home.data());
            let path = home.data().join(name);
            make(&path);
            for arguments in EVERY {
                // The audit does not use the key.
                if (name, arguments) != ("master.key", &["audit"][..]) {
                    is_told(&home.data(), arguments, &path, why);
                }
            }
            assert_eq!(names(&home.data()), [name]);
            remove(&path);
        }
    }
}

/// The same for the files next to intact books.
#[test]
fn a_wrong_kind_of_file_next_to_the_books_is_reported() {
    let home = Home::new();
    home.init();
    let serve: [&[&str]; 2] = [&["serve"], &["partner", "list"]];
    for name in ["master.key", "lunas.lock", "lunas.reserve", "lunas.db-wal"] {
        let (path, aside) = (home.data().join(name), home.file("aside"));
        let was_there = fs::rename(&path, &aside).is_ok();
        for (make, why) in STRANGE {
            make(&path);
            for arguments in serve {
                is_told(&home.data(), arguments, &path, why);
            }
            remove(&path);
        }
        if was_there {
            fs::rename(&aside, &path).unwrap();
        }
    }
    home.audit();

    let sandbox = Home::new();
    drop(sandbox.start(&[]));
    let clock = sandbox.data().join("sandbox-clock");
    pipe(&clock);
    is_told(&sandbox.data(), &["sandbox"], &clock, PIPE);
}

/// A file system that cannot hold files.
#[test]
fn a_file_system_that_allows_no_directories_is_reported() {
    for place in ["/proc/x", "/proc/x/y"] {
        for arguments in [&["init"][..], &["sandbox"]] {
            let told = Home::not_started(command(place.as_ref(), arguments));
            let why = format!("{place} cannot be made: the file system of /proc allows no new");
            assert!(told.contains(&why) && told.contains("name a path"), "{told}");
        }
    }
}
