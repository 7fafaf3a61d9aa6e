//! The build script, in checkouts that the tests make.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::VERSION;
use super::build::Checkout;

/// Just after midnight in Jakarta; in UTC it is the day before.
const COMMITTED_AT: &str = "2026-02-01T00:30:00+07:00";

fn git(dir: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=lunas", "-c", "user.email=lunas@example.com"]).args(arguments);
    git.current_dir(dir).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    git.env("GIT_COMMITTER_DATE", COMMITTED_AT).env("GIT_AUTHOR_DATE", COMMITTED_AT);
    let done = git.output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
}

fn repository() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "--quiet", "--initial-branch", "a/branch"]);
    commit(dir.path(), "the first");
    dir
}

fn commit(dir: &Path, message: &str) {
    git(dir, &["commit", "--quiet", "--allow-empty", "--message", message]);
}

/// The files by which cargo decides whether to run the build script again.
fn seen(paths: &[PathBuf]) -> Vec<(PathBuf, Option<std::time::SystemTime>)> {
    let changed = |path: &PathBuf| {
        let files = match path.is_dir() {
            true => std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect(),
            false => vec![path.clone()],
        };
        let times = files.iter().filter_map(|file| file.metadata().ok()?.modified().ok());
        (path.clone(), times.max())
    };
    paths.iter().map(changed).collect()
}

#[test]
fn a_checkout_has_its_commit_and_the_day_of_that_in_utc() {
    let attached: fn(&Path) = |_| {};
    let detached: fn(&Path) = |dir| drop(git(dir, &["checkout", "--quiet", "--detach"]));
    let packed: fn(&Path) = |dir| drop(git(dir, &["pack-refs", "--all"]));
    for (name, state) in [("attached", attached), ("detached", detached), ("packed", packed)] {
        let dir = repository();
        state(dir.path());
        let before = Checkout::of(dir.path()).unwrap();
        assert_eq!(before.date, "2026-01-31", "{name}");
        assert_eq!(before.commit, git(dir.path(), &["rev-parse", "--short=12", "HEAD"]), "{name}");

        // The same commit does not cause a new build.
        let looked_at = seen(&before.moves_with);
        std::fs::write(dir.path().join("file"), "changed").unwrap();
        if name != "packed" {
            git(dir.path(), &["branch", "b/other"]);
        }
        assert_eq!(seen(&before.moves_with), looked_at, "{name}");
        // File times have a coarse resolution.
        std::thread::sleep(std::time::Duration::from_millis(20));
        commit(dir.path(), "another");
        assert_ne!(seen(&before.moves_with), looked_at, "{name}");
        assert_ne!(Checkout::of(dir.path()).unwrap().commit, before.commit, "{name}");
    }
}

#[test]
fn only_the_top_of_a_checkout_has_a_commit() {
    let unpacked = tempfile::tempdir().unwrap();
    assert!(Checkout::of(unpacked.path()).is_none(), "an archive of the sources");
    let within = repository();
    let vendored = within.path().join("vendored");
    std::fs::create_dir(&vendored).unwrap();
    assert!(Checkout::of(&vendored).is_none(), "the sources in another project's checkout");
    let empty = tempfile::tempdir().unwrap();
    git(empty.path(), &["init", "--quiet"]);
    assert!(Checkout::of(empty.path()).is_none(), "nothing is committed");
}

#[test]
fn a_linked_worktree_has_the_commit_of_its_own_branch() {
    let dir = repository();
    let linked = dir.path().join("linked");
    git(dir.path(), &["worktree", "add", "--quiet", "-b", "its/own", linked.to_str().unwrap()]);
    commit(&linked, "another");
    let checkout = Checkout::of(&linked).unwrap();
    assert_eq!(checkout.commit, git(&linked, &["rev-parse", "--short=12", "HEAD"]));
    assert!(checkout.moves_with.iter().all(|path| path.exists()), "{:?}", checkout.moves_with);
}

#[test]
fn the_version_is_a_number_and_perhaps_a_commit_with_its_day() {
    let (number, commit) = VERSION.split_once(' ').unwrap_or((VERSION, ""));
    assert_eq!(number, env!("CARGO_PKG_VERSION"));
    if let Some(commit) = commit.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let (hash, day) = commit.split_once(", ").unwrap();
        assert!(hash.len() >= 12 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{VERSION}");
        assert!(day.len() == 10 && day.split('-').count() == 3, "{VERSION}");
    } else {
        assert_eq!(commit, "");
    }
}
