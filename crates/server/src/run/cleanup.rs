//! What a start makes that finds nothing there, and takes away again if it does not succeed.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Files that lunas makes in a data directory.
const OURS: [&str; 3] = ["lunas.", "master.key", "sandbox-clock"];

/// Everything that is made in a data directory, and removed when this is dropped before it is kept.
pub(crate) struct Fresh {
    data: PathBuf,
    /// The directories that are not there yet, the outermost first.
    absent: Vec<PathBuf>,
    /// What is in the directory already.
    before: HashSet<OsString>,
    /// A master key that lies elsewhere, once it is made.
    key: Option<PathBuf>,
    is_kept: bool,
}

impl Fresh {
    /// Remembers what there is before anything is made in `data`.
    pub(crate) fn watch(data: &Path) -> Fresh {
        let named = data.ancestors().filter(|part| !part.as_os_str().is_empty());
        let mut absent: Vec<_> =
            named.take_while(|part| is_absent(part)).map(Path::to_owned).collect();
        absent.reverse();
        let before = names(data).collect();
        Fresh { data: data.to_owned(), absent, before, key: None, is_kept: false }
    }

    /// Whether the directory itself is to be made.
    pub(crate) fn is_absent(&self) -> bool {
        !self.absent.is_empty()
    }

    /// Takes a master key in that was made outside of the directory.
    pub(crate) fn has_made(&mut self, key: &Path) {
        self.key = Some(key.to_owned());
    }

    /// What was made stays.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Fresh {
    /// Only what is known as lunas's is removed, and a directory only when it is empty then.
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let is_new = |name: &OsString| {
            let text = name.to_string_lossy();
            !self.before.contains(name) && OURS.iter().any(|ours| text.starts_with(ours))
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
    fn what_was_made_goes_and_what_was_there_stays() {
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
