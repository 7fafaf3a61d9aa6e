//! `cargo xtask mutants-planted`: known bugs are planted in a copy of the sources, and the tests must
//! catch every one of them.
//!
//! The sources know nothing of it. [`table`] says what is planted where and which check is to catch
//! it, [`grow`] makes the copy in which each bug sleeps until the environment names it, [`build`]
//! compiles that once, and [`check`] runs a check with one bug awake.

mod build;
mod check;
mod grow;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use std::{env, thread};

use xtask::process::root;
use xtask::{Outcome, say};

use build::Programs;
use check::{Run, Verdict};
use table::{Plant, Table};

/// Plants the bugs that `arguments` name, or all, and has them caught.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let table = Table::read(root())?;
    if arguments == ["--list"] {
        for Plant { name, breaks, caught_by, .. } in &table.plants {
            say!("{name:<34} {caught_by:<12} {breaks}");
        }
        return Ok(());
    }
    let plants = chosen(&table, arguments)?;
    let begun = Instant::now();
    let nursery = nursery()?;
    grow::tree(&table, root(), &nursery.join("tree"))?;
    let programs = build::programs(&table, &nursery)?;
    let hunt = Hunt { table: &table, programs: &programs, logs: nursery.join("logs") };
    say!("planted: built in {:.1?}", begun.elapsed());
    let named = plants.iter().map(|plant| plant.caught_by.as_str()).collect();
    hunt.are_green(&named)?;
    let missed = hunt.missed(&plants);
    let uncaught = hunt.caught_by_none(&missed, &named)?;
    let (caught, all) = (plants.len() - uncaught.len(), plants.len());
    let took = begun.elapsed();
    say!("planted: {caught} of {all} bug(s) caught by {} check(s) in {took:.1?}", named.len());
    match uncaught.is_empty() {
        true => Ok(()),
        false => Err(format!("nothing catches {}", uncaught.join(", "))),
    }
}

fn chosen<'t>(table: &'t Table, names: &[String]) -> Result<Vec<&'t Plant>, String> {
    if names.is_empty() {
        return Ok(table.plants.iter().collect());
    }
    let plant = |name: &String| {
        let found = table.plants.iter().find(|plant| plant.name == *name);
        found.ok_or(format!("no planted bug is called `{name}`; --list names them"))
    };
    names.iter().map(plant).collect()
}

/// Where the copy grows: beside what cargo has built of the sources.
fn nursery() -> Result<PathBuf, String> {
    let own = env::current_exe().map_err(|error| format!("where am I? {error}"))?;
    let target = own.ancestors().nth(2).ok_or("this tool is in no target directory")?;
    Ok(target.join("planted"))
}

/// All that it takes to run checks.
struct Hunt<'t> {
    table: &'t Table,
    programs: &'t Programs,
    logs: PathBuf,
}

impl Hunt<'_> {
    /// A check that fails anyway proves nothing.
    fn are_green(&self, checks: &BTreeSet<&str>) -> Outcome {
        let names: Vec<&str> = checks.iter().copied().collect();
        let wrong = side_by_side(&names, |name| {
            let Run { verdict, took } = self.run(name, None);
            say!("planted: {name} without a bug: {verdict} in {took:.1?}");
            (!matches!(verdict, Verdict::Passed)).then_some(*name)
        });
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(format!("without a planted bug this must pass: {}", wrong.join(", "))),
        }
    }

    /// Runs each plant's own check, and says which bugs that did not catch.
    fn missed<'p>(&self, plants: &[&'p Plant]) -> Vec<&'p Plant> {
        side_by_side(plants, |plant| {
            let Plant { name, caught_by, .. } = plant;
            let Run { verdict, took } = self.run(caught_by, Some(name));
            match verdict {
                Verdict::Failed(said) => {
                    say!("{name} … caught by {caught_by} in {took:.1?}: {said}");
                    None
                }
                other => {
                    say!("{name} … not caught by {caught_by}: {other} in {took:.1?}");
                    Some(*plant)
                }
            }
        })
    }

    /// Tries every other check on what was missed, and says what no check catches.
    fn caught_by_none<'p>(
        &self,
        missed: &[&'p Plant],
        known_green: &BTreeSet<&str>,
    ) -> Result<Vec<&'p str>, String> {
        if missed.is_empty() {
            return Ok(Vec::new());
        }
        let all: BTreeSet<&str> = self.table.checks.keys().map(String::as_str).collect();
        self.are_green(&all.difference(known_green).copied().collect())?;
        Ok(side_by_side(missed, |Plant { name, caught_by, .. }| {
            for check in all.iter().filter(|check| *check != caught_by) {
                let Run { verdict, took } = self.run(check, Some(name));
                if let Verdict::Failed(said) = verdict {
                    say!("{name} … caught by {check} in {took:.1?}, not by {caught_by}: {said}");
                    return None;
                }
            }
            say!("{name} … NOT CAUGHT");
            Some(name.as_str())
        }))
    }

    fn run(&self, check: &str, plant: Option<&str>) -> Run {
        let log = self.logs.join(format!("{}.{check}.txt", plant.unwrap_or("none")));
        let target = &self.table.checks[check];
        check::run(target, self.programs.of(&target.target), plant, &log)
    }
}

/// Does `work` on each item, on as many threads as there are processors, and keeps what comes of it
/// in the order of the items.
fn side_by_side<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> Option<T> + Sync) -> Vec<T> {
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

/// The package that a file of a crate's sources belongs to.
fn package_of(file: &Path) -> Option<PathBuf> {
    let package = file.ancestors().find(|dir| dir.ends_with("src"))?.parent()?;
    Some(package.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_bug_is_refused() {
        let table = Table::read(root()).unwrap();
        let error = chosen(&table, &["no-such-bug".to_owned()]).err().unwrap();
        assert!(error.contains("`no-such-bug`"), "{error}");
        let first = table.plants[0].name.clone();
        assert_eq!(chosen(&table, std::slice::from_ref(&first)).unwrap()[0].name, first);
        assert_eq!(chosen(&table, &[]).unwrap().len(), table.plants.len());
    }

    /// A check that fails on the bug `seen`, and one that sees nothing.
    const CHECKS: &str = r#"
        [checks.keen]
        target.bin = "sh"
        arguments = ["-c", """
            test "$PLANTED" != seen && exit 0; echo "thread 'x' panicked at y:\nwrong"; exit 101"""]
        [checks.blind]
        target.bin = "sh"
        arguments = ["-c", "exit 0"]
        [checks.red]
        target.bin = "sh"
        arguments = ["-c", "exit 1"]
        [[plants]]
        name = "seen"
        breaks = "something"
        caught_by = "blind"
        edits = []
        [[plants]]
        name = "unseen"
        breaks = "something"
        caught_by = "keen"
        edits = []
        "#;

    #[test]
    fn a_bug_that_nothing_catches_is_told_and_so_is_a_check_that_fails_anyway() {
        let table: Table = toml::from_str(CHECKS).unwrap();
        let mut sound: Table = toml::from_str(CHECKS).unwrap();
        sound.checks.remove("red");
        let shell = || build::Program { executable: "/bin/sh".into(), package: "/".into() };
        let programs = Programs(vec![(table::Target::Bin("sh".into()), shell())]);
        let logs = env::temp_dir().join(format!("planted-hunt-{}", std::process::id()));
        let green = BTreeSet::from(["blind", "keen"]);
        let hunt = |table| Hunt { table, programs: &programs, logs: logs.clone() };
        let error = hunt(&table).are_green(&BTreeSet::from(["red", "keen"])).unwrap_err();
        assert!(error.ends_with(": red"), "{error}");
        let plants: Vec<&Plant> = sound.plants.iter().collect();
        let missed = hunt(&sound).missed(&plants);
        assert_eq!(missed.len(), 2, "each is expected of the wrong check");
        assert_eq!(hunt(&sound).caught_by_none(&missed, &green), Ok(vec!["unseen"]));
        std::fs::remove_dir_all(logs).unwrap();
    }

    #[test]
    fn work_side_by_side_keeps_its_order() {
        let items: Vec<u32> = (0..100).collect();
        let even = side_by_side(&items, |item| item.is_multiple_of(2).then_some(*item));
        assert_eq!(even, (0..100).step_by(2).collect::<Vec<_>>());
    }
}
