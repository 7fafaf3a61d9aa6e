//! The file that tells a script at which port a server is.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use store::Obstacle;

/// A port file that has its name only once the port is in it: whoever waits for it reads it at once.
/// It is begun before anything else is made, so that a start does not fail by it in the end.
pub(crate) struct PortFile {
    file: PathBuf,
    partial: PathBuf,
    opened: File,
}

impl Drop for PortFile {
    fn drop(&mut self) {
        // It has its own name where it was written.
        let _ = fs::remove_file(&self.partial);
    }
}

impl PortFile {
    /// Begins the file beside its name.
    ///
    /// # Errors
    /// When it cannot be made there.
    pub(crate) fn begin(file: PathBuf) -> anyhow::Result<PortFile> {
        ensure!(!file.is_dir(), "--port-file {} is a directory; name a file", file.display());
        let partial = file.with_extension("partial");
        let opened =
            File::create(&partial).map_err(|error| Obstacle::new(&file, "written", &error));
        let opened = opened.context("--port-file")?;
        Ok(PortFile { file, partial, opened })
    }

    /// Writes the port whole or not at all.
    pub(crate) fn write(mut self, port: u16) -> anyhow::Result<()> {
        let written = writeln!(self.opened, "{port}");
        let named = written.and_then(|()| fs::rename(&self.partial, &self.file));
        named.map_err(|error| Obstacle::new(&self.file, "written", &error)).context("--port-file")
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

    #[test]
    fn what_cannot_be_written_is_said_at_once() {
        let dir = tempfile::tempdir().unwrap();
        for (file, why) in [("none/port", "there is no directory"), ("", "is a directory")] {
            let error = PortFile::begin(dir.path().join(file)).err().unwrap();
            assert!(format!("{error:#}").contains(why), "{error:#}");
        }
        assert_eq!(names(dir.path()), 0);
    }
}
