//! `cargo xtask instructions`: counts the instructions of each step of a payment with callgrind and
//! compares them with the committed numbers. Unlike a time, a count does not change when the
//! machine is busy.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use xtask::needs::{Need, ensure_installed};
use xtask::process::{SHIPPED, cargo, root, run as run_command, target_directory};
use xtask::{Outcome, say};

const VALGRIND: Need =
    Need { program: "valgrind", package: "valgrind", purpose: "counts instructions" };

/// The committed numbers, one line for each step.
const COUNTS: &str = "crates/steps/instructions.toml";

/// How often the program runs its step.
const TIMES: u64 = 100;

/// The counted functions: everything within them.
const COUNTED: &str = "steps::measured::*_counted*";

/// The allowed difference in percent: the C library uses other code on other processors.
const TOLERANCE: u64 = 5;

type Counts = BTreeMap<String, u64>;

/// Counts, prints, and compares; `--bless` writes the new numbers.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let bless = match arguments {
        [] => false,
        [only] if only == "--bless" => true,
        _ => return Err("instructions takes nothing but --bless".to_owned()),
    };
    ensure_installed(&[VALGRIND])?;
    let mut build = cargo(&["build", "--profile", SHIPPED, "--locked", "-p", "steps"]);
    // The counted functions are found by their names.
    run_command(build.env("CARGO_PROFILE_DIST_STRIP", "none"))?;
    let program = program()?;
    let counts = names(&program)?.into_iter().map(|name| {
        let count = count(&program, &name)?;
        Ok((name, count))
    });
    let counts: Counts = counts.collect::<Result<_, String>>()?;
    let file = root().join(COUNTS);
    if bless {
        return write(&file, &counts);
    }
    let committed = fs::read_to_string(&file).map_err(|error| format!("{COUNTS}: {error}"))?;
    let committed: Counts =
        toml::from_str(&committed).map_err(|error| format!("{COUNTS}: {error}"))?;
    for (name, count) in &counts {
        let committed = committed.get(name).copied().unwrap_or_default();
        say!("{name:<20}{count:>8} instructions, committed {committed:>8}");
    }
    match differing(&counts, &committed) {
        differing if differing.is_empty() => Ok(()),
        differing => Err(format!(
            "more than {TOLERANCE} % from {COUNTS}: {}; if it has to be, say why in the commit of \
             `cargo xtask instructions --bless`",
            differing.join(", ")
        )),
    }
}

/// Fewer instructions are no fault, but they must be committed, or a later increase up to the old
/// number is not noticed.
fn differing(counts: &Counts, committed: &Counts) -> Vec<String> {
    let of = |counts: &Counts, name: &str| counts.get(name).copied().unwrap_or_default();
    let names = counts.keys().chain(committed.keys().filter(|name| !counts.contains_key(*name)));
    let is_far = |name: &&String| {
        let (now, then) = (of(counts, name), of(committed, name));
        now.abs_diff(then) * 100 > then * TOLERANCE
    };
    names.filter(is_far).cloned().collect()
}

fn program() -> Result<PathBuf, String> {
    Ok(target_directory()?.join(SHIPPED).join("steps"))
}

fn names(program: &Path) -> Result<Vec<String>, String> {
    let output = Command::new(program).output().map_err(|error| format!("{program:?}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// The instructions of one step.
fn count(program: &Path, name: &str) -> Result<u64, String> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]);
    let output = valgrind
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(program)
        .arg(name)
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|error| format!("valgrind: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    match collected(&report) {
        Some(count) if output.status.success() && count >= TIMES => Ok(count / TIMES),
        _ => Err(format!("valgrind counted nothing of `{name}`; its output:\n{report}")),
    }
}

/// `==12== Collected : 123456`
fn collected(report: &str) -> Option<u64> {
    report.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

fn write(file: &Path, counts: &Counts) -> Outcome {
    let mut text = String::from(
        "# Instructions of each step of a payment, by `cargo xtask instructions --bless`.\n",
    );
    for (name, count) in counts {
        text.push_str(&format!("{name} = {count}\n"));
    }
    fs::write(file, text).map_err(|error| format!("{file:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, u64)]) -> Counts {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn what_callgrind_says_is_read() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 25100\n"), Some(25_100));
        assert_eq!(collected("==7== Collected :\n"), None);
    }

    #[test]
    fn more_fewer_missing_and_new_ones_differ() {
        let committed = counts(&[("same", 1000), ("more", 1000), ("fewer", 1000), ("gone", 10)]);
        let now = counts(&[("same", 1050), ("more", 1051), ("fewer", 949), ("new", 10)]);
        assert_eq!(differing(&now, &committed), ["fewer", "more", "new", "gone"]);
    }
}
