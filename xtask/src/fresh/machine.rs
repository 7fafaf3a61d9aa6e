//! The settings of this machine that the new system needs to download: mirrors, proxies,
//! certificates, names.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use xtask::Outcome;
use xtask::process::run as run_command;

/// Debian 12.
pub(super) const RELEASE: &str = "bookworm";

/// The Debian mirror, unless this machine uses another.
const MIRROR: &str = "http://deb.debian.org/debian";

/// The files to copy, besides apt's sources and proxies.
const FILES: [&str; 5] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/ssl/certs",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
];

/// Environment variables of programs that download, in lower case: the ends or beginnings of their
/// names.
const ENDS: [&str; 4] = ["_proxy", "ssl_cert_file", "ssl_cert_dir", "ssl_cainfo"];
const BEGINS: [&str; 2] = ["cargo_http_", "cargo_net_"];

/// The variables that define how this machine downloads.
pub(super) fn environment() -> Vec<(OsString, OsString)> {
    env::vars_os().filter(|(name, _)| affects_downloads(&name.to_string_lossy())).collect()
}

fn affects_downloads(variable: &str) -> bool {
    let name = variable.to_lowercase();
    ENDS.iter().any(|end| name.ends_with(end)) || BEGINS.iter().any(|begin| name.starts_with(begin))
}

/// The directory of cargo's downloads.
pub(super) fn cargo_home() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// The mirror of this machine's Debian, if it is the same release.
pub(super) fn mirror() -> String {
    sources()
        .into_iter()
        .find(|(_, suite)| suite == RELEASE)
        .map_or(MIRROR.to_owned(), |(url, _)| url)
}

/// Makes the system in `root` download as this machine does.
pub(super) fn configure_downloads(root: &Path) -> Outcome {
    let mut lines: String =
        sources().iter().map(|(url, suite)| format!("deb {url} {suite} main\n")).collect();
    if lines.is_empty() {
        lines = format!("deb {MIRROR} {RELEASE} main\n");
    }
    write(&root.join("etc/apt/sources.list"), &lines)?;
    for (name, text) in files_in("/etc/apt/apt.conf.d") {
        if text.contains("Acquire::") {
            write(&root.join("etc/apt/apt.conf.d").join(name), &text)?;
        }
    }
    let named = environment().into_iter().map(|(_, value)| PathBuf::from(value));
    let files: BTreeSet<PathBuf> = FILES.iter().map(PathBuf::from).chain(named).collect();
    for file in files.iter().filter(|file| file.is_absolute() && file.exists()) {
        let to = root.join(file.strip_prefix("/").unwrap_or(file));
        let above = to.parent().unwrap_or(root);
        fs::create_dir_all(above).map_err(|error| format!("{above:?}: {error}"))?;
        // Symbolic links are copied as files.
        run_command(Command::new("cp").args(["-rL", "--remove-destination"]).arg(file).arg(above))?;
    }
    Ok(())
}

/// The archives of the release that apt knows here, each with its suite.
fn sources() -> Vec<(String, String)> {
    let list = fs::read_to_string("/etc/apt/sources.list").unwrap_or_default();
    let mut sources = in_lines(&list);
    for (name, text) in files_in("/etc/apt/sources.list.d") {
        match name.rsplit_once('.') {
            Some((_, "list")) => sources.extend(in_lines(&text)),
            Some((_, "sources")) => sources.extend(in_stanzas(&text)),
            _ => {}
        }
    }
    sources.retain(|(_, suite)| suite.starts_with(RELEASE));
    sources
}

/// `deb [signed-by=…] http://example.org/debian bookworm main`
fn in_lines(text: &str) -> Vec<(String, String)> {
    let source = |line: &str| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let rest =
            rest.strip_prefix('[').map_or(Some(rest), |rest| Some(rest.split_once(']')?.1))?;
        let mut words = rest.split_whitespace();
        let (url, suite) = (words.next()?, words.next()?);
        words.any(|component| component == "main").then(|| (url.to_owned(), suite.to_owned()))
    };
    text.lines().filter_map(source).collect()
}

/// The same as fields of a deb822 paragraph: `URIs`, `Suites`, `Components`.
fn in_stanzas(text: &str) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for stanza in text.split("\n\n") {
        let words = |field: &str| -> Vec<String> {
            let line = stanza.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
            line.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
        };
        if words("Components").contains(&"main".to_owned())
            && words("Types").contains(&"deb".to_owned())
        {
            for url in words("URIs") {
                sources.extend(words("Suites").into_iter().map(|suite| (url.clone(), suite)));
            }
        }
    }
    sources
}

/// The names and contents of the files in a directory, which may be missing.
fn files_in(directory: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let read = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, fs::read_to_string(&path).ok()?))
    };
    entries.filter_map(|entry| read(entry.path())).collect()
}

fn write(file: &Path, text: &str) -> Outcome {
    fs::write(file, text).map_err(|error| format!("{file:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archives_of_a_machine_are_read_in_both_forms() {
        let of = |url: &str, suite: &str| (url.to_owned(), suite.to_owned());
        let lines = "# deb http://old.example bookworm main\n\
                     deb http://a.example/debian bookworm main contrib\n\
                     deb [arch=amd64 signed-by=/key] http://b.example/debian bookworm-updates main\n\
                     deb-src http://a.example/debian bookworm main\n\
                     deb http://c.example/other bookworm extra\n";
        let a = of("http://a.example/debian", "bookworm");
        assert_eq!(in_lines(lines), [a.clone(), of("http://b.example/debian", "bookworm-updates")]);
        let stanzas = "Types: deb\n# a remark\nURIs: http://a.example/debian\n\
                       Suites: bookworm bookworm-updates\nComponents: main\n\n\
                       Types: deb-src\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\n";
        assert_eq!(in_stanzas(stanzas), [a, of("http://a.example/debian", "bookworm-updates")]);
        assert_eq!((in_lines(""), in_stanzas("")), (Vec::new(), Vec::new()));
    }

    #[test]
    fn only_variables_that_say_how_to_fetch_are_taken_over() {
        for (variable, expected) in [
            ("https_proxy", true),
            ("NO_PROXY", true),
            ("SSL_CERT_FILE", true),
            ("CARGO_HTTP_CAINFO", true),
            ("CARGO_NET_GIT_FETCH_WITH_CLI", true),
            ("CARGO_REGISTRY_TOKEN", false),
            ("HOME", false),
            ("LUNAS_API_KEY", false),
        ] {
            assert_eq!(affects_downloads(variable), expected, "{variable}");
        }
    }
}
