//! Finds the programs that tests and examples start: each must be installed before the tests, or be
//! one that every Debian has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use xtask::needs::Need;
use xtask::process::root;

use super::{BROWSER, LANGUAGES, NEEDS};

/// What the smallest Debian has: its essential packages, and `mount`.
const IN_EVERY_DEBIAN: &[&str] = &[
    "apt-get", "cat", "chroot", "cp", "cut", "date", "echo", "false", "grep", "head", "id",
    "md5sum", "mkdir", "mkfifo", "mount", "nsenter", "printf", "prlimit", "rm", "script", "sed",
    "seq", "setpriv", "setsid", "sh", "sleep", "sort", "stat", "sync", "tail", "tar", "tr", "true",
    "umount", "unshare",
];

/// Languages of tutorials, whose programs are not run if they are missing; and programs that only a
/// tool of the project starts, which installs them itself.
const OPTIONAL: &[&str] =
    &["debootstrap", "go", "java", "no-such-program", "python3", "rustup", "valgrind"];

/// Rust is always there.
const TOOLCHAIN: &[&str] = &["cargo", "rustc"];

/// The beginnings of literals that name a program in Rust.
const STARTS: &[&str] =
    &["Command::new(\"", "probe: &[\"", "run: &[\"", "sandbox_under(&[\"", "install: &[\""];

/// The shell's own keywords and commands.
const OF_THE_SHELL: &[&str] = &[
    "cd", "case", "do", "done", "elif", "else", "esac", "exec", "exit", "export", "fi", "for",
    "if", "in", "read", "return", "set", "shift", "test", "then", "trap", "ulimit", "until",
    "wait", "while",
];

/// The programs that a Rust source starts.
fn in_rust(text: &str) -> Vec<String> {
    let mut started = Vec::new();
    for start in STARTS {
        let literals = text.split(start).skip(1).filter_map(|rest| rest.split('"').next());
        started.extend(literals.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    let shells = ["\"sh\", \"-c\", \"", "args([\"-c\", \"", "args([\"-ec\", \""];
    for script in shells.iter().flat_map(|shell| text.split(shell).skip(1)) {
        started.extend(in_shell(&literal(script)));
    }
    started.iter().map(|name| name.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

/// The content of a literal, from its opening quote on.
fn literal(text: &str) -> String {
    let mut whole = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => whole.extend(chars.next()),
            c => whole.push(c),
        }
    }
    whole
}

/// The programs that a script starts.
fn in_shell(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let code = without_texts(&code.join("\n"));
    let lines: Vec<&str> = code.lines().collect();
    let functions: Vec<&str> =
        lines.iter().filter_map(|line| line.trim().strip_suffix("() {")).collect();
    let mut started = Vec::new();
    for part in lines.iter().flat_map(|line| line.split(['|', ';', '&', '('])) {
        let words = part.split_whitespace().skip_while(|word| {
            OF_THE_SHELL.contains(word)
                || *word == "!"
                || (word.contains('=') && !word.contains('"'))
        });
        let Some(word) = words.into_iter().next() else { continue };
        let is_name = word.len() > 1
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if is_name && !functions.contains(&word) {
            started.push(word.to_owned());
        }
    }
    started
}

/// A script without its quoted texts, except those that contain a command.
fn without_texts(script: &str) -> String {
    let mut code = String::new();
    let mut rest = script;
    while let Some(at) = rest.find(['\'', '"']) {
        let quote = &rest[at..=at];
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let (text, behind) = after.split_once(quote).unwrap_or((after, ""));
        code.push_str(before);
        if quote == "\"" && text.contains("$(") {
            code.push_str(text);
        }
        rest = behind;
    }
    code + rest
}

/// The files below `directory` with this ending.
fn files(directory: &Path, ends: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| match path.is_dir() {
        true if path.ends_with("target") => Vec::new(),
        true => files(&path, ends),
        false => vec![path],
    };
    let is_one = |path: &PathBuf| ends.iter().any(|end| path.to_string_lossy().ends_with(end));
    paths.flat_map(below).filter(is_one).collect()
}

#[test]
fn whatever_a_test_or_an_example_starts_is_seen_to() {
    let mut started: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in ["crates", "examples", "xtask"]
        .iter()
        .flat_map(|it| files(&root().join(it), &[".rs", ".sh"]))
    {
        if file.ends_with("test/started.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let is_script = file.to_string_lossy().ends_with(".sh");
        let programs = if is_script { in_shell(&text) } else { in_rust(&text) };
        started.extend(programs.into_iter().map(|program| (program, file.clone())));
    }
    for found in ["curl", "md5sum", "kill", "openssl", "pdftotext", "unshare", "node"] {
        assert!(started.contains_key(found), "{found} is not found any more: {started:?}");
    }
    let all: Vec<&Need> = NEEDS.iter().chain(&BROWSER).chain(&LANGUAGES).collect();
    started.retain(|program, _| {
        !all.iter().any(|need| need.program == program)
            && !IN_EVERY_DEBIAN.contains(&&**program)
            && !OPTIONAL.contains(&&**program)
            && !TOOLCHAIN.contains(&&**program)
    });
    assert!(started.is_empty(), "neither in NEEDS nor in every Debian: {started:#?}");
}

#[test]
fn what_a_source_starts_is_found() {
    for (text, expected) in [
        ("Command::new(\"curl\").arg(\"x\")", &["curl"][..]),
        ("Program { probe: &[\"php\", \"-r\"], run: &[\"php\"] }", &["php", "php"]),
        ("args([\"-c\", \"kill -9 \\\"$0\\\"; jq . | tar x\"])", &["kill", "jq", "tar"]),
        ("Command::new(\"/usr/bin/openssl\")", &["openssl"]),
        ("Command::new(path)", &[]),
    ] {
        assert_eq!(in_rust(text), expected, "{text}");
    }
    let script = "#!/bin/sh\nset -eu\nsign() {\n  X=1 md5sum | cut -c1\n}\nA=$(sign x) || exit 1\n\
                  if ! curl -s; then jq .; fi\n";
    assert_eq!(in_shell(script), ["md5sum", "cut", "curl", "jq"]);
    assert_eq!(in_shell("echo 'a; b' \"c; d $(cat e)\" | tr x y"), ["echo", "cat", "tr"]);
}
