//! Which books are served, and how new ones are created: only by `lunas init` or `lunas sandbox`,
//! and never next to parts of old ones.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cluster::Cluster;
use crate::server::{API_KEY, Home, USERNAME, lunas};

const NONE: &str = "there are no books in";
const LOST: &str = "but their master key";

/// The names of all files in a directory; empty if it does not exist.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn serve(home: &Home) -> Command {
    home.production(&[])
}

fn sandbox(home: &Home) -> Command {
    home.sandbox(&[])
}

fn init(home: &Home) -> Command {
    let mut command = lunas();
    command.arg("init").arg("--data").arg(home.data());
    command
}

fn add(home: &Home) -> Command {
    let mut command = lunas();
    command.args(["partner", "add", "--username", USERNAME, "--data"]).arg(home.data());
    command
}

/// Incomplete books are not served or extended, and nothing is created next to them.
#[test]
fn incomplete_books_are_refused_and_not_changed() {
    let (some, key) = ("a file of something else", "0".repeat(64));
    let everyone: [fn(&Home) -> Command; 4] = [serve, sandbox, init, add];
    let most: [fn(&Home) -> Command; 2] = [serve, add];
    for (files, by, why) in [
        (&[][..], &most[..], NONE),
        (&[("lunas.db", "")], &most, NONE),
        (&[("notes", some)], &most, NONE),
        (&[("master.key", &*key)], &everyone, LOST),
        (&[("lunas.db", ""), ("master.key", &key)], &everyone, LOST),
        (&[("lunas.db", some)], &most, "is missing"),
    ] {
        for (number, start) in by.iter().enumerate() {
            let home = Home::new();
            for (name, text) in files {
                fs::create_dir_all(home.data()).unwrap();
                fs::write(home.data().join(name), text).unwrap();
            }
            let told = Home::not_started(start(&home));
            assert!(told.contains(why), "{files:?} {number}: {told}");
            assert!(told.contains(home.data().to_str().unwrap()), "{told}");
            let expected: Vec<_> = files.iter().map(|(name, _)| *name).collect();
            assert_eq!(names(&home.data()), expected, "{number}");
            for (name, text) in files {
                assert_eq!(fs::read_to_string(home.data().join(name)).unwrap(), *text);
            }
        }
    }
    let home = Home::new();
    assert!(Home::not_started(serve(&home)).contains("lunas init --data"));
    assert!(!home.data().exists(), "a mistyped directory is not made");
}

/// The books are gone and their key is still there, as when a disk is not mounted.
#[test]
fn missing_books_are_not_replaced_by_new_ones() {
    for lose in [(|file: &Path| fs::remove_file(file).unwrap()) as fn(&Path), |file: &Path| {
        fs::write(file, "").unwrap()
    }] {
        let home = Home::new();
        drop(home.start(&[]));
        home.deposit();
        for name in names(&home.data()).iter().filter(|name| name.starts_with("lunas.db-")) {
            fs::remove_file(home.data().join(name)).unwrap();
        }
        lose(&home.data().join("lunas.db"));
        let before = names(&home.data());
        for start in [serve, sandbox, init, add] {
            let told = Home::not_started(start(&home));
            assert!(told.contains(LOST) && told.contains("restore"), "{told}");
        }
        assert_eq!(names(&home.data()), before);
    }
}

#[test]
fn new_books_are_created_once_and_served() {
    let home = Home::new();
    let made = home.operate(&["init"]);
    assert_eq!(made["master_key"], home.data().join("master.key").to_str().unwrap());
    let key = fs::read(home.data().join("master.key")).unwrap();
    let again = home.refused(&["init"]);
    assert!(again.contains("there are books in") && again.contains("already"), "{again}");
    assert_eq!(fs::read(home.data().join("master.key")).unwrap(), key);
    home.operate(&["partner", "add", "--username", USERNAME]);
    let server = home.started(home.production(&[]));
    let again = home.refused(&["init"]);
    assert!(again.contains("already"), "{again}");
    home.operate(&["deposit", "add", USERNAME, "1000", "--no-reference"]);
    drop(server);
    assert_eq!(home.deposit().0, 1000);
    home.audit();
}

/// An interrupted creation is resumed: the key gets its final name last, and nothing is encrypted
/// before.
#[test]
fn an_interrupted_creation_of_books_is_resumed() {
    for (start, is_served) in [(init as fn(&Home) -> Command, false), (sandbox, true)] {
        for empty in [true, false] {
            let home = Home::new();
            home.init();
            fs::remove_file(home.data().join("master.key")).unwrap();
            fs::write(home.data().join("master.key.partial"), "cut").unwrap();
            if empty {
                fs::write(home.data().join("lunas.db"), "").unwrap();
                for name in names(&home.data()).iter().filter(|name| name.starts_with("lunas.db-"))
                {
                    fs::remove_file(home.data().join(name)).unwrap();
                }
            }
            assert!(!Home::not_started(serve(&home)).is_empty());
            match is_served {
                true => drop(home.started(start(&home))),
                false => assert!(start(&home).output().unwrap().status.success()),
            }
            assert!(!names(&home.data()).contains(&"master.key.partial".to_owned()));
            let starts: [fn(&Home) -> Command; 2] = [serve, sandbox];
            let (served, refused) =
                (starts[usize::from(is_served)], starts[usize::from(!is_served)]);
            assert!(Home::not_started(refused(&home)).contains("were made"));
            drop(home.started(served(&home)));
        }
    }
    // Without the temporary key of an interrupted creation, the books' own key is missing.
    let home = Home::new();
    home.init();
    fs::remove_file(home.data().join("master.key")).unwrap();
    for start in [init, sandbox, serve, add] {
        let told = Home::not_started(start(&home));
        let key = home.data().join("master.key").display().to_string();
        for part in [&*key, "is missing", "restore it", "never had a partner can be removed"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!names(&home.data()).iter().any(|name| name.starts_with("master.key")));
    }
    // Once there is a partner, its key is encrypted with the missing master key.
    let home = Home::new();
    drop(home.start(&[]));
    home.deposit();
    fs::remove_file(home.data().join("master.key")).unwrap();
    for start in [init, sandbox, serve] {
        let told = Home::not_started(start(&home));
        assert!(told.contains("is missing, and the API keys"), "{told}");
    }
    assert!(!names(&home.data()).iter().any(|name| name.starts_with("master.key")));
}

/// The same on PostgreSQL, where a node of existing books needs only their key.
#[test]
fn books_in_postgres_are_created_once_and_shared() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let url = home.url().to_owned();
    let on = [("store.database", &*url)];
    let tables = include_str!("../../../store/tests/tables_made.sql");
    let told = Home::not_started(home.production(&on));
    assert!(told.contains(NONE) && told.contains("lunas init"), "{told}");
    assert!(home.refused(&["partner", "add", "--username", USERNAME]).contains(NONE));
    assert_eq!(cluster.sql("lunas0", tables), "0");
    assert!(!home.data().exists());

    home.init();
    assert!(home.refused(&["init"]).contains("already"));
    home.fed(&["partner", "add", "--username", USERNAME, "--api-key-stdin"], API_KEY);
    let strange = Home::on(url.clone());
    assert!(strange.refused(&["init"]).contains("is missing"));
    assert!(Home::not_started(strange.production(&on)).contains("is missing"));
    assert!(!strange.data().exists(), "a node that is refused leaves no directory");
    let key = home.data().join("master.key");
    let with_key = [on[0], ("security.master_key_file", key.to_str().unwrap())];
    let second = strange.started(strange.production(&with_key));
    assert_eq!(second.partner().status("nothing").rc(), "06");
    drop(second);

    // The key, and an empty database instead of its own.
    let other = home.beside_on(cluster.database());
    for start in [other.production(&[("store.database", other.url())]), other.sandbox(&[])] {
        let told = Home::not_started(start);
        assert!(told.contains(LOST) && told.contains("store.database"), "{told}");
    }
    assert_eq!(cluster.sql("lunas1", tables), "0");
}
