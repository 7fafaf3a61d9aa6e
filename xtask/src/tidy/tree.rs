//! The files of the workspace that are, or would be, under version control.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::policy::{WRITTEN_ELSEWHERE, WRITTEN_HERE};

/// Every file by its path from the root, with `/` as separator.
pub(super) struct Tree {
    /// The text; `None` for a binary file.
    files: BTreeMap<String, Option<String>>,
}

impl Tree {
    /// The tree below `root`.
    pub(super) fn read(root: &Path) -> Result<Tree, String> {
        let paths = paths(root)?;
        let read = |path: String| {
            // A file that git lists and that does not exist was deleted.
            let bytes = fs::read(root.join(&path)).ok()?;
            let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
            Some((path, text))
        };
        Ok(Tree { files: paths.into_iter().filter_map(read).collect() })
    }

    /// A tree from `files`, each a path and its text.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Tree {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), Some((*text).to_owned()));
        Tree { files: files.iter().map(own).collect() }
    }

    /// The texts, by path.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The texts that we write, by path; no data, no files of others.
    pub(super) fn written_here(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| {
            WRITTEN_HERE.iter().any(|end| path.ends_with(end))
                && !WRITTEN_ELSEWHERE.iter().any(|directory| path.starts_with(directory))
        })
    }

    /// The Rust sources, by path.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| path.ends_with(".rs"))
    }

    /// Whether a file, or a directory with files, exists at `path`; the root is the empty path.
    pub(super) fn has(&self, path: &str) -> bool {
        let directory = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&directory))
    }
}

/// The paths of the files below `root`.
pub(crate) fn paths(root: &Path) -> Result<Vec<String>, String> {
    match listed_by_git(root) {
        Some(paths) => Ok(paths),
        None => files_on_disk(root),
    }
}

/// The files that git lists, including untracked files that it does not ignore. `None` without a
/// clone or without git. The directory may belong to another user: listing is harmless.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .current_dir(root)
        .args(["-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let listing = String::from_utf8(output.stdout).ok()?;
    Some(listing.split_terminator('\0').map(str::to_owned).collect())
}

/// For a source archive: all files except those that builds and servers leave behind.
pub(crate) fn files_on_disk(root: &Path) -> Result<Vec<String>, String> {
    let mut paths = Vec::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        let cannot_read = |error| format!("cannot read the directory `{directory}`: {error}");
        for entry in fs::read_dir(root.join(&directory)).map_err(cannot_read)? {
            let entry = entry.map_err(cannot_read)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if matches!(name.as_str(), ".git" | "target" | "lunas-data") {
                continue;
            }
            let path = format!("{directory}{name}");
            match entry.file_type() {
                Ok(kind) if kind.is_file() => paths.push(path),
                Ok(kind) if kind.is_dir() => directories.push(format!("{path}/")),
                _ => {}
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use xtask::process::root;

    #[test]
    fn this_file_is_listed_with_and_without_git() {
        let path = "xtask/src/tidy/tree.rs";
        assert!(files_on_disk(root()).unwrap().iter().any(|it| it == path));
        let tree = Tree::read(root()).unwrap();
        assert!(tree.has(path) && tree.has("xtask/src") && tree.has(""));
        assert!(!tree.has("xtask/sr") && !tree.has(".git") && !tree.has("target"));
    }
}
