//! The text of `lunas --version`: the number and, in a git checkout, the commit and its date.
//! Without git or a checkout, only the number.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let number = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    // Without such a line cargo runs this script again after every change of any file.
    println!("cargo::rerun-if-changed=build.rs");
    let version = match Checkout::of(&package.join("../..")) {
        None => number,
        Some(Checkout { commit, date, moves_with }) => {
            for path in moves_with {
                println!("cargo::rerun-if-changed={}", path.display());
            }
            format!("{number} ({commit}, {date})")
        }
    };
    // The name must not start with LUNAS_: cargo passes it to the programs it runs, which would
    // read it as a configuration key.
    println!("cargo::rustc-env=BUILD_VERSION={version}");
}

/// A git checkout.
pub(crate) struct Checkout {
    /// The short hash of the commit.
    pub(crate) commit: String,
    /// The date of the commit in UTC: `2026-01-31`.
    pub(crate) date: String,
    /// The files that change when another commit is checked out.
    pub(crate) moves_with: Vec<PathBuf>,
}

impl Checkout {
    /// The checkout at `root`; `None` if `root` is not the top directory of a checkout, because a
    /// commit of an enclosing project is not ours.
    pub(crate) fn of(root: &Path) -> Option<Checkout> {
        let root = root.canonicalize().ok()?;
        let top = git(&root, &["rev-parse", "--show-toplevel"])?;
        if Path::new(&top).canonicalize().ok()? != root {
            return None;
        }
        let commit = ["--no-show-signature", "--abbrev=12", "--date=format-local:%Y-%m-%d"];
        let shown = git(&root, &[&["log", "-1", "--format=%h %cd"], &commit[..]].concat())?;
        let (commit, date) = shown.split_once(' ')?;
        let path = |name: &str| Some(root.join(git(&root, &["rev-parse", "--git-path", name])?));
        let mut moves_with = vec![path("HEAD")?];
        if let Some(branch) = git(&root, &["symbolic-ref", "--quiet", "HEAD"]) {
            let branch = path(&branch)?;
            match branch.exists() {
                true => moves_with.push(branch),
                // The ref is packed with others; the next commit creates its file.
                false => {
                    moves_with.push(path("packed-refs")?);
                    let there = branch.ancestors().find(|directory| directory.exists());
                    moves_with.extend(there.map(Path::to_path_buf));
                }
            }
        }
        Some(Checkout { commit: commit.to_owned(), date: date.to_owned(), moves_with })
    }
}

/// Runs git in `root`; `None` without git or outside of a checkout.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    // The user who builds may not own the checkout, for example in a container.
    git.args(["-c", "safe.directory=*"]).args(arguments).current_dir(root).env("TZ", "UTC");
    // A git hook that starts a build sets the variables of its own repository.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE"] {
        git.env_remove(variable);
    }
    let done = git.output().ok().filter(|done| done.status.success())?;
    Some(String::from_utf8(done.stdout).ok()?.trim_end().to_owned())
}
