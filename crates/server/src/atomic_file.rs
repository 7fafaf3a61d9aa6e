//! Writes a file atomically and durably: with its whole content, or not at all.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file under a temporary name, next to its final one. It is removed if it is dropped unwritten.
pub(crate) struct AtomicFile {
    target: PathBuf,
    temporary: NamedTempFile,
}

impl AtomicFile {
    /// Creates the temporary file. Other users may read it, if the umask allows it.
    pub(crate) fn begin(target: PathBuf) -> io::Result<AtomicFile> {
        let temporary = tempfile::Builder::new()
            .prefix(".lunas-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(directory_of(&target))?;
        Ok(AtomicFile { target, temporary })
    }

    /// Writes the content and gives the file its final name; an existing file is replaced. Content
    /// and name are durable afterwards.
    pub(crate) fn write(mut self, content: &str) -> io::Result<()> {
        self.temporary.write_all(content.as_bytes())?;
        self.temporary.as_file().sync_all()?;
        self.temporary.persist(&self.target)?;
        sync_directory_of(&self.target)
    }
}

/// Syncs the directory of `path`: a name in it that was created or replaced is durable afterwards.
pub(crate) fn sync_directory_of(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

fn directory_of(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_unwritten_file_leaves_nothing_and_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("value");
        let names = || fs::read_dir(dir.path()).unwrap().count();
        drop(AtomicFile::begin(file.clone()).unwrap());
        assert_eq!(names(), 0);
        AtomicFile::begin(file.clone()).unwrap().write("one").unwrap();
        let begun = AtomicFile::begin(file.clone()).unwrap();
        assert_eq!(names(), 2);
        drop(begun);
        assert_eq!((fs::read_to_string(&file).unwrap(), names()), ("one".to_owned(), 1));
        AtomicFile::begin(file.clone()).unwrap().write("two").unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap(), names()), ("two".to_owned(), 1));
    }

    #[test]
    fn a_file_whose_name_is_taken_by_a_directory_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(AtomicFile::begin(taken.clone()).unwrap().write("x").is_err());
        assert!(AtomicFile::begin(dir.path().join("none/x")).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(taken.is_dir());
    }
}
