//! What `lunas --version` says: the number, and the commit and its date where the sources are a
//! checkout of git. Sources without git, or a machine without it, have the number alone.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let number = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    // Without a line of this kind cargo runs this again for every file that changes.
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
    // Its name must not begin with LUNAS_: cargo hands it on to what it runs, where that would be a
    // key of the configuration.
    println!("cargo::rustc-env=BUILD_VERSION={version}");
}

/// The commit that the sources are a checkout of.
pub(crate) struct Checkout {
    /// Its hash, short.
    pub(crate) commit: String,
    /// When it was made, in UTC: `2026-01-31`.
    pub(crate) date: String,
    /// What changes when another commit is checked out.
    pub(crate) moves_with: Vec<PathBuf>,
}

impl Checkout {
    /// Looks at `root`, which must be the top of a checkout: what lies within another project's is not
    /// of that project's commit.
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
                // It is packed with others, and its next commit makes the file.
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

/// What git answers about the checkout in `root`, if it is one and git is here.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    // Whoever builds may be another user than the one who owns the checkout, as in a container.
    git.args(["-c", "safe.directory=*"]).args(arguments).current_dir(root).env("TZ", "UTC");
    // A hook of git that builds names its own repository.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE"] {
        git.env_remove(variable);
    }
    let done = git.output().ok().filter(|done| done.status.success())?;
    Some(String::from_utf8(done.stdout).ok()?.trim_end().to_owned())
}
