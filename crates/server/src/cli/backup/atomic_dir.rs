//! Creates a directory atomically: with all its files, or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use store::{Obstacle, find_file};

use crate::atomic_file::sync_directory_of;

/// A directory that only its owner can read. It has a temporary name until it is finished.
pub(super) struct AtomicDir {
    partial: PathBuf,
    target: PathBuf,
}

impl Drop for AtomicDir {
    /// Removes an unfinished directory.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.partial);
    }
}

impl AtomicDir {
    /// Starts to create `target`, which must not exist, or be empty.
    pub(super) fn begin(target: &Path) -> anyhow::Result<AtomicDir> {
        match fs::read_dir(target) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Obstacle::new(target, "made", &error).into()),
            Ok(mut entries) => {
                let what = "is not empty; name a directory that does not exist";
                ensure!(entries.next().is_none(), "{} {what}", target.display());
            }
        }
        let name = target.file_name();
        let name = name.with_context(|| format!("{} has no name", target.display()))?;
        let mut partial = name.to_owned();
        partial.push(".partial");
        let partial = target.with_file_name(partial);
        let made = fs::DirBuilder::new().mode(0o700).create(&partial);
        made.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => anyhow::anyhow!(
                "{} exists: another run was interrupted or is still active; remove it if none is \
                 active",
                partial.display()
            ),
            _ => Obstacle::new(&partial, "made", &error).into(),
        })?;
        Ok(AtomicDir { partial, target: target.to_owned() })
    }

    /// The temporary path.
    pub(super) fn path(&self) -> &Path {
        &self.partial
    }

    /// Copies a file into it.
    pub(super) fn add(&self, from: &Path, name: &str) -> anyhow::Result<()> {
        let to = self.partial.join(name);
        find_file(from)?;
        File::open(from).map_err(|error| Obstacle::new(from, "read", &error))?;
        fs::copy(from, &to).map_err(|error| Obstacle::new(&to, "written", &error))?;
        self.secure(name)?;
        Ok(())
    }

    /// Syncs a file and makes it readable only by its owner. Returns its size in bytes.
    pub(super) fn secure(&self, name: &str) -> anyhow::Result<u64> {
        let path = self.partial.join(name);
        let secured = || {
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            let file = File::open(&path)?;
            file.sync_all()?;
            Ok::<_, io::Error>(file.metadata()?.len())
        };
        Ok(secured().map_err(|error| Obstacle::new(&path, "written", &error))?)
    }

    /// Gives the directory its final name, durably.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let named = || {
            File::open(&self.partial)?.sync_all()?;
            fs::rename(&self.partial, &self.target)?;
            sync_directory_of(&self.target)
        };
        Ok(named().map_err(|error| Obstacle::new(&self.target, "made", &error))?)
    }
}
