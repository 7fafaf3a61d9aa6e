//! `cargo xtask mutants`: puts known bugs (mutants) into a copy of the sources, and checks that the
//! tests catch every one of them.
//!
//! The sources themselves do not change. [`table`] lists the mutants and the check that must catch
//! each of them, [`instrument`] makes a copy in which an environment variable activates a mutant,
//! [`build`] compiles the copy once, and [`check`] runs a check with one active mutant.

mod build;
mod check;
mod instrument;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use xtask::process::{root, target_directory};
use xtask::{Outcome, say};

use build::Programs;
use check::{CheckOutcome, Run};
use table::{Mutant, Table};

/// Builds the mutants that `arguments` name, or all, and runs their checks.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let table = Table::read(root())?;
    if arguments == ["--list"] {
        for Mutant { name, breaks, caught_by, .. } in &table.mutants {
            say!("{name:<34} {caught_by:<12} {breaks}");
        }
        return Ok(());
    }
    let mutants = chosen(&table, arguments)?;
    let begun = Instant::now();
    let directory = directory()?;
    instrument::tree(&table, root(), &directory.join("tree"))?;
    let programs = build::programs(&table, &directory)?;
    let runner = Runner { table: &table, programs: &programs, logs: directory.join("logs") };
    say!("mutants: built in {:.1?}", begun.elapsed());
    let named = mutants.iter().map(|mutant| mutant.caught_by.as_str()).collect();
    let missed = runner.missed(&mutants, &named)?;
    let uncaught = runner.survivors(&missed, &named)?;
    let (caught, all) = (mutants.len() - uncaught.len(), mutants.len());
    let took = begun.elapsed();
    say!("mutants: {caught} of {all} mutant(s) caught by {} check(s) in {took:.1?}", named.len());
    match uncaught.is_empty() {
        true => Ok(()),
        false => Err(format!("nothing catches {}", uncaught.join(", "))),
    }
}

fn chosen<'t>(table: &'t Table, names: &[String]) -> Result<Vec<&'t Mutant>, String> {
    if names.is_empty() {
        return Ok(table.mutants.iter().collect());
    }
    let mutant = |name: &String| {
        let found = table.mutants.iter().find(|mutant| mutant.name == *name);
        found.ok_or(format!("no mutant is called `{name}`; --list names them"))
    };
    names.iter().map(mutant).collect()
}

/// The directory of the copy, beside the build output of the sources.
fn directory() -> Result<PathBuf, String> {
    Ok(target_directory()?.join("mutants"))
}

/// What is needed to run checks.
struct Runner<'t> {
    table: &'t Table,
    programs: &'t Programs,
    logs: PathBuf,
}

impl Runner<'_> {
    /// Runs the check of each mutant, and each of these `checks` without one: if that fails, what
    /// the check has caught proves nothing. Returns the mutants that their checks did not catch.
    ///
    /// All runs are in one queue, so that no processor waits for the longest check.
    fn missed<'p>(
        &self,
        mutants: &[&'p Mutant],
        checks: &BTreeSet<&str>,
    ) -> Result<Vec<&'p Mutant>, String> {
        let unmodified = checks.iter().map(|check| (*check, None));
        let modified = mutants.iter().map(|mutant| (mutant.caught_by.as_str(), Some(*mutant)));
        let runs: Vec<(&str, Option<&Mutant>)> = unmodified.chain(modified).collect();
        let unexpected = in_parallel(&runs, |run @ (check, mutant)| {
            let is_as_expected = match mutant {
                None => self.passes(check),
                Some(mutant) => self.catches(check, mutant),
            };
            (!is_as_expected).then_some(*run)
        });
        let failed = unexpected.iter().filter(|(_, mutant)| mutant.is_none());
        let failed: Vec<&str> = failed.map(|(check, _)| *check).collect();
        match failed.is_empty() {
            true => Ok(unexpected.into_iter().filter_map(|(_, mutant)| mutant).collect()),
            false => Err(format!("without a mutant this must pass: {}", failed.join(", "))),
        }
    }

    /// Whether the check passes without a mutant.
    fn passes(&self, check: &str) -> bool {
        let Run { outcome, took } = self.run(check, None);
        say!("mutants: {check} without a mutant: {outcome} in {took:.1?}");
        matches!(outcome, CheckOutcome::Passed)
    }

    /// Whether the check that is expected to catch the mutant does.
    fn catches(&self, check: &str, Mutant { name, .. }: &Mutant) -> bool {
        let Run { outcome, took } = self.run(check, Some(name));
        match &outcome {
            CheckOutcome::Failed(message) => {
                say!("{name} … caught by {check} in {took:.1?}: {message}");
            }
            other => say!("{name} … not caught by {check}: {other} in {took:.1?}"),
        }
        matches!(outcome, CheckOutcome::Failed(_))
    }

    /// Runs every other check on the missed mutants. Returns those that no check catches.
    fn survivors<'p>(
        &self,
        missed: &[&'p Mutant],
        known_to_pass: &BTreeSet<&str>,
    ) -> Result<Vec<&'p str>, String> {
        if missed.is_empty() {
            return Ok(Vec::new());
        }
        let all: BTreeSet<&str> = self.table.checks.keys().map(String::as_str).collect();
        self.missed(&[], &all.difference(known_to_pass).copied().collect())?;
        Ok(in_parallel(missed, |Mutant { name, caught_by, .. }| {
            for check in all.iter().filter(|check| *check != caught_by) {
                let Run { outcome, took } = self.run(check, Some(name));
                if let CheckOutcome::Failed(message) = outcome {
                    say!("{name} … caught by {check} in {took:.1?}, not by {caught_by}: {message}");
                    return None;
                }
            }
            say!("{name} … NOT CAUGHT");
            Some(name.as_str())
        }))
    }

    fn run(&self, check: &str, mutant: Option<&str>) -> Run {
        let log = self.logs.join(format!("{}.{check}.txt", mutant.unwrap_or("none")));
        let target = &self.table.checks[check];
        check::run(target, self.programs.of(&target.target), mutant, &log)
    }
}

/// Does `work` on each item, with as many threads as there are processors. Returns the results in
/// the order of the items.
fn in_parallel<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> Option<T> + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let turns = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        let mine = turns.map_while(|turn| Some((turn, items.get(turn)?)));
        mine.filter_map(|(turn, item)| Some((turn, work(item)?))).collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    done.sort_unstable_by_key(|(turn, _)| *turn);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The package of a crate's source file.
fn package_of(file: &Path) -> Option<PathBuf> {
    let package = file.ancestors().find(|dir| dir.ends_with("src"))?.parent()?;
    Some(package.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_mutant_is_refused() {
        let table = Table::read(root()).unwrap();
        let error = chosen(&table, &["no-such-bug".to_owned()]).err().unwrap();
        assert!(error.contains("`no-such-bug`"), "{error}");
        let first = table.mutants[0].name.clone();
        assert_eq!(chosen(&table, std::slice::from_ref(&first)).unwrap()[0].name, first);
        assert_eq!(chosen(&table, &[]).unwrap().len(), table.mutants.len());
    }

    /// A check that catches the mutant `seen` only, one that catches nothing, and one that always fails.
    const CHECKS: &str = r#"
        [checks.keen]
        target.bin = "sh"
        arguments = ["-c", """
            test "$MUTANT" != seen && exit 0; echo "thread 'x' panicked at y:\nwrong"; exit 101"""]
        [checks.blind]
        target.bin = "sh"
        arguments = ["-c", "exit 0"]
        [checks.red]
        target.bin = "sh"
        arguments = ["-c", "exit 1"]
        [[mutants]]
        name = "seen"
        breaks = "something"
        caught_by = "blind"
        edits = []
        [[mutants]]
        name = "unseen"
        breaks = "something"
        caught_by = "keen"
        edits = []
        "#;

    #[test]
    fn a_mutant_that_nothing_catches_is_reported_and_so_is_a_check_that_always_fails() {
        let table: Table = toml::from_str(CHECKS).unwrap();
        let mut sound: Table = toml::from_str(CHECKS).unwrap();
        sound.checks.remove("red");
        let shell = || build::Program { executable: "/bin/sh".into(), package: "/".into() };
        let programs = Programs(vec![(table::Target::Bin("sh".into()), shell())]);
        let logs = std::env::temp_dir().join(format!("mutants-{}", std::process::id()));
        let green = BTreeSet::from(["blind", "keen"]);
        let runner = |table| Runner { table, programs: &programs, logs: logs.clone() };
        let error = runner(&table).missed(&[], &BTreeSet::from(["red", "keen"])).unwrap_err();
        assert!(error.ends_with(": red"), "{error}");
        let mutants: Vec<&Mutant> = sound.mutants.iter().collect();
        let missed = runner(&sound).missed(&mutants, &green).unwrap();
        assert_eq!(missed.len(), 2, "the table names the wrong check for each");
        assert_eq!(runner(&sound).survivors(&missed, &green), Ok(vec!["unseen"]));
        std::fs::remove_dir_all(logs).unwrap();
    }

    #[test]
    fn work_side_by_side_keeps_its_order() {
        let items: Vec<u32> = (0..100).collect();
        let even = in_parallel(&items, |item| item.is_multiple_of(2).then_some(*item));
        assert_eq!(even, (0..100).step_by(2).collect::<Vec<_>>());
    }
}
