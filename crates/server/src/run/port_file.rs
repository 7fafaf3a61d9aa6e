//! The file that tells a script the server's port.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use store::Obstacle;

use crate::atomic_file::AtomicFile;

/// The port file appears only with the port in it, so a script that waits for it can read it at
/// once. It is prepared first, so that a start does not fail on it at the end.
pub(crate) struct PortFile {
    path: PathBuf,
    file: AtomicFile,
}

impl PortFile {
    /// Creates the temporary file next to the final name.
    ///
    /// # Errors
    /// When it cannot be created there, and when the final name is not a regular file.
    pub(crate) fn begin(path: PathBuf) -> anyhow::Result<PortFile> {
        ensure!(!path.is_dir(), "--port-file {} is a directory; name a file", path.display());
        let there = fs::symlink_metadata(&path);
        ensure!(
            there.is_err() || there.is_ok_and(|there| there.is_file()),
            "--port-file {} is there and is no regular file; name another one",
            path.display()
        );
        let file = AtomicFile::begin(path.clone())
            .map_err(|error| Obstacle::new(&path, "written", &error))
            .context("--port-file")?;
        Ok(PortFile { path, file })
    }

    /// Writes the port: completely or not at all.
    pub(crate) fn write(self, port: u16) -> anyhow::Result<()> {
        let written = self.file.write(&format!("{port}\n"));
        written.map_err(|error| Obstacle::new(&self.path, "written", &error)).context("--port-file")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &std::path::Path) -> usize {
        fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn a_port_file_is_whole_or_absent() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("port");
        let begun = PortFile::begin(file.clone()).unwrap();
        assert!(!file.exists());
        drop(begun);
        assert_eq!(names(dir.path()), 0);
        PortFile::begin(file.clone()).unwrap().write(8080).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "8080\n");
        assert_eq!(names(dir.path()), 1);
    }

    /// Servers that start at the same time in one directory, next to a file of another program.
    #[test]
    fn port_files_in_one_directory_do_not_conflict() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("node.partial"), "mine").unwrap();
        let file = |name: &str| dir.path().join(name);
        let begun = ["node.a", "node.b"].map(|name| PortFile::begin(file(name)).unwrap());
        for (begun, port) in begun.into_iter().zip([1, 2]) {
            begun.write(port).unwrap();
        }
        for (name, expected) in [("node.a", "1\n"), ("node.b", "2\n"), ("node.partial", "mine")] {
            assert_eq!(fs::read_to_string(file(name)).unwrap(), expected, "{name}");
        }
        assert_eq!(names(dir.path()), 3);
    }

    #[test]
    fn only_a_regular_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        for there in ["/dev/null".into(), link] {
            let error = PortFile::begin(there).err().unwrap();
            assert!(error.to_string().contains("no regular file"), "{error}");
        }
        assert_eq!(names(dir.path()), 1);
    }

    #[test]
    fn an_unwritable_port_file_is_reported_at_once() {
        let dir = tempfile::tempdir().unwrap();
        for (file, why) in [("none/port", "there is no directory"), ("", "is a directory")] {
            let error = PortFile::begin(dir.path().join(file)).err().unwrap();
            assert!(format!("{error:#}").contains(why), "{error:#}");
        }
        assert_eq!(names(dir.path()), 0);
    }
}
