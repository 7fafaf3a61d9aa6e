//! What is in the way of a file or a directory: which path, why, and what to do about it.

use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A sentence for an operator whose path cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct Obstacle {
    sentence: String,
}

impl Obstacle {
    /// What stands behind `error`, with which `path` could not be `done`, such as "read" or "made".
    pub fn new(path: &Path, done: &str, error: &io::Error) -> Obstacle {
        let shown = path.display();
        let sentence = match error.kind() {
            ErrorKind::PermissionDenied => denied(path, done),
            ErrorKind::NotADirectory => not_a_directory(path),
            ErrorKind::NotFound => missing(path, done),
            ErrorKind::IsADirectory => format!("{shown} is a directory; name a file"),
            ErrorKind::ReadOnlyFilesystem => format!(
                "{shown} cannot be {done}: its file system is mounted read-only; mount it for \
                 writing, or name a path on another one"
            ),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => format!(
                "{shown} cannot be {done}: its disk is full; make room on it, or name a path on \
                 another one"
            ),
            _ => format!("{shown} cannot be {done}: {error}"),
        };
        Obstacle { sentence }
    }

    /// An obstacle that is no error of the system's.
    pub(crate) fn because(sentence: String) -> Obstacle {
        Obstacle { sentence }
    }
}

/// The nearest path on the way that keeps this user out, and whose it is.
fn denied(path: &Path, done: &str) -> String {
    let mut way: Vec<_> = path.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    way.reverse();
    // What cannot be looked at lies in a directory that may not be entered.
    let hidden = way.iter().position(|part| std::fs::symlink_metadata(part).is_err());
    let shut = match hidden {
        None => path.to_owned(),
        Some(0) => PathBuf::from("."),
        Some(place) => way[place - 1].to_owned(),
    };
    let user = name_of(rustix::process::geteuid().as_raw());
    let whose = std::fs::metadata(&shut).map_or_else(
        |_| String::new(),
        |found| {
            format!(", which is {}'s (mode {:03o})", name_of(found.uid()), found.mode() & 0o7777)
        },
    );
    format!(
        "{} cannot be {done}: {user} may not use {}{whose}; run this as a user that may, or name \
         another path",
        path.display(),
        shut.display()
    )
}

fn not_a_directory(path: &Path) -> String {
    let is_file = |part: &&Path| std::fs::metadata(part).is_ok_and(|found| !found.is_dir());
    let file = path.ancestors().find(is_file).unwrap_or(path);
    format!("{} is a file where a directory is needed; name another path", file.display())
}

fn missing(path: &Path, done: &str) -> String {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match parent.filter(|parent| !parent.exists()) {
        Some(parent) => format!(
            "{} cannot be {done}: there is no directory {}; make it, or name another path",
            path.display(),
            parent.display()
        ),
        None => format!("{} does not exist; name another path", path.display()),
    }
}

/// A user's name, or its number where it has none.
fn name_of(user: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| format!("the user {name}"))
    });
    named.unwrap_or_else(|| format!("the user {user}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Each cause is told with the path that is in the way, and with what to do.
    #[test]
    fn an_obstacle_is_told_by_path_cause_and_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let (below, nowhere) = (file.join("below/it"), dir.path().join("none/it"));
        let shown = |path: &Path| path.display().to_string();
        for (path, kind, expected) in [
            (&below, ErrorKind::NotADirectory, format!("{} is a file where", shown(&file))),
            (&nowhere, ErrorKind::NotFound, format!("no directory {}/none;", shown(dir.path()))),
            (&file, ErrorKind::IsADirectory, format!("{} is a directory; name", shown(&file))),
            (&file, ErrorKind::ReadOnlyFilesystem, "is mounted read-only; mount it".to_owned()),
            (&file, ErrorKind::StorageFull, "its disk is full; make room".to_owned()),
            (&file, ErrorKind::PermissionDenied, format!("may not use {}, which is", shown(&file))),
        ] {
            let told = Obstacle::new(path, "written", &kind.into()).to_string();
            assert!(told.contains(&expected), "{told}");
            assert!(!told.contains("os error"), "{told}");
        }
        let odd = io::Error::other("a cable was cut");
        let told = Obstacle::new(&file, "read", &odd).to_string();
        assert_eq!(told, format!("{} cannot be read: a cable was cut", shown(&file)));
    }

    #[test]
    fn a_user_is_told_by_name_where_it_has_one() {
        assert_eq!(name_of(0), "the user root");
        assert_eq!(name_of(4_000_000_000), "the user 4000000000");
    }
}
