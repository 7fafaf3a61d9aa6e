//! The parts of a soak: the suite, its settings, and which of its output is the figure.

use std::process::Command;
use std::time::Duration;

use xtask::process::cargo;

use super::figures::{number_after, sum_before};
use super::{Soak, slow};
use crate::{bench, sim};

/// A suite with its long settings.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// Its name in the table.
    pub(super) what: &'static str,
    /// Its share of the time, relative to the others.
    pub(super) weight: u32,
    pub(super) work: Work,
}

pub(super) enum Work {
    /// Batch after batch, while there is time.
    Counted(Counted),
    /// One run that takes about its share of the time.
    Once { goal: &'static str, run: Run },
}

/// What is counted over batches.
pub(super) struct Counted {
    pub(super) unit: &'static str,
    pub(super) goal: u64,
    /// The command of the batch with this number.
    pub(super) batch: fn(u64) -> Result<Command, String>,
    /// The figure in a batch's output.
    pub(super) count: fn(&str) -> Option<u64>,
}

/// Runs for about this time. Returns the figure and whether it reaches the goal.
type Run = fn(&Soak, &str, Duration) -> Result<(String, bool), String>;

pub(super) const PARTS: &[Part] = &[
    Part {
        name: "recovery",
        what: "first payment after a kill with 10,000 in process",
        weight: 1,
        work: Work::Once { goal: "2s", run: |soak, name, _| recovery(soak, name, None) },
    },
    Part {
        name: "recovery-full",
        what: "the same on a full database",
        weight: 8,
        work: Work::Once { goal: "10s with 10 million stored", run: recovery_on_a_full_database },
    },
    Part {
        name: "attack",
        what: "attack cases answered as required",
        weight: 1,
        work: Work::Once { goal: "300 cases", run: attack },
    },
    Part {
        name: "slow",
        what: "slowhttptest: slow heads, bodies, ranges, readers",
        weight: 3,
        work: Work::Once { goal: "no honest payment is disturbed", run: slow::run },
    },
    Part {
        name: "overload",
        what: "goodput at ten times the capacity",
        weight: 12,
        work: Work::Once { goal: "85 % of the peak, normal after 5000 ms, 3600 s", run: overload },
    },
    Part {
        name: "kill",
        what: "kills at named points, nothing lost or doubled",
        weight: 10,
        work: Work::Counted(Counted {
            unit: "kills",
            goal: 5_000,
            batch: |number| {
                let mut test = test("e2e", &["kills"]);
                test.env("LUNAS_KILLS", "240").env("LUNAS_KILL_SEED", number.to_string());
                Ok(test)
            },
            count: |text| sum_before(text, " kills in "),
        }),
    },
    Part {
        name: "disk-errors",
        what: "images after a failed operation of the disk, nothing lost",
        weight: 6,
        work: Work::Counted(Counted {
            unit: "images",
            goal: 100_000,
            batch: |number| {
                let mut test = test("power_cut", &["with_any_disk_error"]);
                // Three processes follow one another on one disk.
                let seed = 1_000_000 + 3 * number;
                test.env("DISK_ERROR_LIVES", "3").env("POWER_CUT_SEED", seed.to_string());
                Ok(test)
            },
            count: |text| sum_before(text, " images"),
        }),
    },
    Part {
        name: "power-cuts",
        what: "images of power cuts, no answer lost",
        weight: 20,
        work: Work::Counted(Counted {
            unit: "images",
            goal: 2_000_000,
            batch: |number| {
                let mut test = test("power_cut", &["every_image_after_a_power_cut"]);
                // Fewer than a thousand processes are one batch.
                let seed = 1_000 * number;
                test.env("POWER_CUT_IMAGES", "50000").env("POWER_CUT_SEED", seed.to_string());
                Ok(test)
            },
            count: |text| number_after(text, " images: "),
        }),
    },
    Part {
        name: "fuzz",
        what: "fuzz executions, no failure",
        weight: 20,
        work: Work::Counted(Counted {
            unit: "executions",
            goal: 500_000_000,
            batch: |number| {
                let mut test = test("fuzz", &[]);
                test.env("LUNAS_FUZZ_EXECUTIONS", "2000000");
                test.env("LUNAS_FUZZ_SEED", number.to_string());
                Ok(test)
            },
            count: |text| sum_before(text, " executions from seed"),
        }),
    },
    Part {
        name: "sim",
        what: "simulated payments, no rule broken",
        weight: 20,
        work: Work::Counted(Counted {
            unit: "payments",
            goal: 20_000_000,
            batch: |number| {
                let mut run = sim::optimised()?;
                let first = 500 * number;
                run.args(["--seed", &first.to_string(), "--seeds", "500"]);
                Ok(run)
            },
            count: |text| sum_before(text, " payments, "),
        }),
    },
];

/// A test of the workspace, built as in continuous integration.
fn test(target: &str, filters: &[&str]) -> Command {
    let mut test = cargo(&["test", "--workspace", "--locked", "--test", target, "--"]);
    test.args(filters).arg("--nocapture");
    test
}

fn recovery(soak: &Soak, name: &str, stored: Option<u32>) -> Result<(String, bool), String> {
    let mut bench = bench::build()?;
    bench.args(["--recovery", "--check", "--rounds", "3"]);
    bench.args(stored.iter().flat_map(|stored| ["--stored".to_owned(), stored.to_string()]));
    let text = soak.run_logged(name, &mut bench)?;
    let slowest = text.split_once("slowest ").and_then(|(_, rest)| rest.split_once(','));
    slowest.map(|(took, _)| (took.to_owned(), true)).ok_or_else(|| "it reports no time".to_owned())
}

/// With ten million transactions, if there is time to store them.
fn recovery_on_a_full_database(
    soak: &Soak,
    name: &str,
    share: Duration,
) -> Result<(String, bool), String> {
    const GOAL: u32 = 10_000_000;
    const TIME: Duration = Duration::from_secs(600);
    let stored = if share < TIME { GOAL / 10 } else { GOAL };
    let (took, _) = recovery(soak, name, Some(stored))?;
    Ok((format!("{took} with {stored} stored"), stored == GOAL))
}

fn attack(soak: &Soak, name: &str, _: Duration) -> Result<(String, bool), String> {
    let text = soak.run_logged(name, &mut test("attack", &["--skip", "overload"]))?;
    let cases = sum_before(&text, " cases: ").ok_or("it counts nothing")?;
    Ok((format!("{cases} cases"), cases >= 300))
}

fn overload(soak: &Soak, name: &str, share: Duration) -> Result<(String, bool), String> {
    const HOUR: u64 = 3600;
    // Two phases; then every payment is queried.
    let seconds = (share.as_secs() / 3).clamp(30, HOUR);
    let mut test = test("attack", &["overload::what_is_too_much"]);
    let text = soak.run_logged(name, test.env("LUNAS_OVERLOAD_SECONDS", seconds.to_string()))?;
    let percent = sum_before(&text, " %), shed").ok_or("it reports no goodput")?;
    let normal =
        number_after(&text, "normal after ").ok_or("it does not report when it was over")?;
    let figure = format!("{percent} % of the peak, normal after {normal} ms, {seconds} s");
    Ok((figure, percent >= 85 && normal <= 5_000 && seconds == HOUR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_names_of_their_own() {
        let names: std::collections::BTreeSet<&str> = PARTS.iter().map(|part| part.name).collect();
        assert_eq!(names.len(), PARTS.len());
    }
}
