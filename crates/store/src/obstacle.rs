//! Messages for an operator about a path that cannot be used: which path, why, and what to do.

use std::fs::{FileType, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Why a path cannot be used, as a sentence for an operator.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct Obstacle {
    sentence: String,
}

impl Obstacle {
    /// Explains `error`, which occurred when `path` was to be `done`, for example "read" or "made".
    pub fn new(path: &Path, done: &str, error: &io::Error) -> Obstacle {
        let shown = path.display();
        let sentence = match error.kind() {
            ErrorKind::PermissionDenied => denied(path, done),
            ErrorKind::NotFound | ErrorKind::AlreadyExists if dead_link(path).is_some() => {
                dead_link(path).unwrap_or_default()
            }
            ErrorKind::AlreadyExists => format!(
                "{shown} cannot be {done}: there is something of that name; remove it, or name another \
                 path"
            ),
            _ if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                format!(
                    "{shown} is a link that leads back to itself; remove it, or name another path"
                )
            }
            ErrorKind::NotADirectory => not_a_directory(path),
            ErrorKind::NotFound => missing(path, done),
            ErrorKind::IsADirectory => is_no_file(path, "a directory"),
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

    /// Explains `error`, which occurred when the directory `path` and its parents were to be created.
    pub(crate) fn no_directory(path: &Path, error: &io::Error) -> Obstacle {
        if error.kind() != ErrorKind::NotFound || dead_link(path).is_some() {
            return Obstacle::new(path, "made", error);
        }
        // The parent exists, but its file system allows no new directories, such as /proc.
        let above = path.ancestors().skip(1).find(|part| part.exists());
        Obstacle::because(format!(
            "{} cannot be made: the file system of {} allows no new directories; name a path on another one",
            path.display(),
            above.unwrap_or(path).display()
        ))
    }

    /// An obstacle that is not an error of the operating system.
    pub(crate) fn because(sentence: String) -> Obstacle {
        Obstacle { sentence }
    }
}

/// The metadata of the file `path`; none only if it certainly does not exist.
///
/// # Errors
/// When it cannot be found out, and when the path is not a regular file. Opening a named pipe, for example,
/// would block.
pub fn find_file(path: &Path) -> Result<Option<Metadata>, Obstacle> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(Some(found)),
        Ok(found) => Err(Obstacle::because(is_no_file(path, kind(found.file_type())))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            dead_link(path).map_or(Ok(None), |told| Err(Obstacle::because(told)))
        }
        Err(error) => Err(Obstacle::new(path, "read", &error)),
    }
}

fn kind(found: FileType) -> &'static str {
    match found {
        found if found.is_dir() => "a directory",
        found if found.is_fifo() => "a named pipe",
        found if found.is_socket() => "a socket",
        _ => "a device",
    }
}

fn is_no_file(path: &Path, kind: &str) -> String {
    let shown = path.display();
    format!("{shown} is {kind}, not a file; move it away, or name another path")
}

/// The first dangling link in the path, if there is one.
fn dead_link(path: &Path) -> Option<String> {
    let mut way: Vec<_> = path.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    way.reverse();
    let leads_nowhere = |part: &&Path| {
        std::fs::metadata(part).is_err_and(|error| error.kind() == ErrorKind::NotFound)
    };
    let link = way.into_iter().filter(|part| part.is_symlink()).find(leads_nowhere)?;
    let target = std::fs::read_link(link).ok()?;
    Some(format!(
        "{} is a link to nowhere: {} does not exist; make or mount that, or remove the link",
        link.display(),
        target.display()
    ))
}

/// The first part of the path that this user may not use, and its owner.
fn denied(path: &Path, done: &str) -> String {
    let mut way: Vec<_> = path.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    way.reverse();
    // A path that cannot be examined is in a directory that may not be entered.
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

/// A user's name, or its number if it has none.
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

    /// Each message names the path that is the cause, and what to do.
    #[test]
    fn an_obstacle_is_told_by_path_cause_and_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let (below, nowhere) = (file.join("below/it"), dir.path().join("none/it"));
        let shown = |path: &Path| path.display().to_string();
        let (dead, below_dead) = (dir.path().join("dead"), dir.path().join("dead/it"));
        std::os::unix::fs::symlink(&nowhere, &dead).unwrap();
        let dead_told = format!("{} is a link to nowhere: {} does", shown(&dead), shown(&nowhere));
        for (path, kind, expected) in [
            (&below, ErrorKind::NotADirectory, format!("{} is a file where", shown(&file))),
            (&nowhere, ErrorKind::NotFound, format!("no directory {}/none;", shown(dir.path()))),
            (&file, ErrorKind::IsADirectory, format!("{} is a directory, not", shown(&file))),
            (&file, ErrorKind::AlreadyExists, "something of that name; remove it".to_owned()),
            (&dead, ErrorKind::AlreadyExists, dead_told.clone()),
            (&below_dead, ErrorKind::NotFound, dead_told),
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

    /// A path that exists is never reported as missing, and only regular files are opened.
    #[test]
    fn what_is_no_file_is_neither_a_file_nor_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert!(find_file(&at("none")).unwrap().is_none());
        fs::write(at("file"), "four").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        for file in ["file", "link"] {
            assert_eq!(find_file(&at(file)).unwrap().unwrap().len(), 4, "{file}");
        }
        fs::create_dir(at("directory")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink("none", at("dead")).unwrap();
        std::os::unix::fs::symlink("round", at("round")).unwrap();
        for (name, why) in [
            ("directory", "is a directory, not a file; move it away"),
            ("pipe", "is a named pipe, not a file; move it away"),
            ("socket", "is a socket, not a file; move it away"),
            ("dead", "is a link to nowhere: none does not exist; make"),
            ("round", "is a link that leads back to itself; remove it"),
        ] {
            let told = find_file(&at(name)).unwrap_err().to_string();
            assert_eq!(told.find(why), Some(at(name).display().to_string().len() + 1), "{told}");
        }
    }

    #[test]
    fn a_user_is_told_by_name_where_it_has_one() {
        assert_eq!(name_of(0), "the user root");
        assert_eq!(name_of(4_000_000_000), "the user 4000000000");
    }
}
