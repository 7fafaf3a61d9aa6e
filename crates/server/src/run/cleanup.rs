//! Removes the files that a start created, if the start fails.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Name prefixes of the files that lunas creates in a data directory.
const OWN_PREFIXES: [&str; 3] = ["lunas.", "master.key", "sandbox-clock"];

/// Everything that this start creates in a data directory; dropping it removes the files unless it
/// was kept.
pub(crate) struct Fresh {
    data: PathBuf,
    /// The directories that do not exist yet, the outermost first.
    absent: Vec<PathBuf>,
    /// The files that already exist in the directory.
    before: HashSet<OsString>,
    /// The master key file, if it is outside of the directory and was created.
    key: Option<PathBuf>,
    is_kept: bool,
}

impl Fresh {
    /// Records what exists before anything is created in `data`.
    pub(crate) fn watch(data: &Path) -> Fresh {
        let named = data.ancestors().filter(|part| !part.as_os_str().is_empty());
        let mut absent: Vec<_> =
            named.take_while(|part| is_absent(part)).map(Path::to_owned).collect();
        absent.reverse();
        let before = names(data).collect();
        Fresh { data: data.to_owned(), absent, before, key: None, is_kept: false }
    }

    /// Whether the directory itself does not exist yet.
    pub(crate) fn is_absent(&self) -> bool {
        !self.absent.is_empty()
    }

    /// Adds a master key that was created outside of the directory.
    pub(crate) fn has_made(&mut self, key: &Path) {
        self.key = Some(key.to_owned());
    }

    /// Keeps the created files.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Fresh {
    /// Removes only files that lunas creates, and a directory only if it is then empty.
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let is_new = |name: &OsString| {
            let text = name.to_string_lossy();
            !self.before.contains(name) && OWN_PREFIXES.iter().any(|ours| text.starts_with(ours))
        };
        for name in names(&self.data).filter(is_new) {
            let _ = fs::remove_file(self.data.join(name));
        }
        if let Some(key) = &self.key {
            let _ = fs::remove_file(key);
        }
        for made in self.absent.iter().rev() {
            let _ = fs::remove_dir(made);
        }
    }
}

fn is_absent(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn names(directory: &Path) -> impl Iterator<Item = OsString> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_files_are_removed_and_existing_ones_stay() {
        let place = tempfile::tempdir().unwrap();
        let made = |data: &Path| {
            fs::create_dir_all(data).unwrap();
            ["lunas.db", "lunas.db-wal", "lunas.lock", "master.key"]
                .iter()
                .for_each(|name| fs::write(data.join(name), "x").unwrap());
        };
        let deep = place.path().join("a/b");
        let fresh = Fresh::watch(&deep);
        assert!(fresh.is_absent());
        made(&deep);
        drop(fresh);
        assert!(!place.path().join("a").exists());

        let data = place.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::write(data.join("lunas.db"), "").unwrap();
        let mut fresh = Fresh::watch(&data);
        made(&data);
        let elsewhere = place.path().join("key");
        fs::write(&elsewhere, "k").unwrap();
        fs::write(data.join("notes"), "somebody else's").unwrap();
        fresh.has_made(&elsewhere);
        drop(fresh);
        let mut left: Vec<_> = names(&data).collect();
        left.sort();
        assert_eq!(left, ["lunas.db", "notes"]);
        assert!(!elsewhere.exists());

        let fresh = Fresh::watch(&deep);
        made(&deep);
        fresh.keep();
        assert_eq!(names(&deep).count(), 4);
    }
}
