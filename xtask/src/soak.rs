//! `cargo xtask soak`: runs every suite with its long settings for a given time, and prints a table
//! of the results.
//!
//! A suite that counts runs in batches, each with its own seeds, until its share of the time is
//! over. If a part fails, the others still run. Ctrl-C ends the current batch; the table still
//! shows the results before it.

#![expect(clippy::float_arithmetic, reason = "shares of time, no money")]

mod figures;
mod parts;
mod slow;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use xtask::process::root;
use xtask::{Outcome, say};

use parts::{Counted, PARTS, Part, Work};

/// The default length of a soak.
const HOURS: f64 = 3.0;

#[derive(Debug, PartialEq)]
struct Options {
    time: Duration,
    /// The first seed; another number tests seeds that were not tested before.
    seed: u64,
    /// The parts to run; all if empty.
    names: Vec<String>,
}

/// Runs the parts that `arguments` name, or all.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = parse(arguments)?;
    let logs = root().join("target/soak");
    fs::create_dir_all(&logs).map_err(|error| format!("{}: {error}", logs.display()))?;
    let soak = Soak { seed: options.seed, logs, stop: until_ctrl_c()? };
    let is_named =
        |part: &&Part| options.names.is_empty() || options.names.contains(&part.name.into());
    let parts: Vec<&Part> = PARTS.iter().filter(is_named).collect();
    let end = Instant::now() + options.time;
    let mut rows = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        if soak.is_stopped() {
            break;
        }
        let weights: u32 = parts[number..].iter().map(|part| part.weight).sum();
        let left = end.saturating_duration_since(Instant::now());
        let share = left.mul_f64(f64::from(part.weight) / f64::from(weights));
        say!("soak: {} for {share:.0?}", part.name);
        let row = soak.row(part, share);
        say!("soak: {}: {}, {}", part.name, row.figure, row.result);
        rows.push(row);
    }
    print(&rows);
    match rows.iter().filter(|row| row.has_failed).count() {
        0 => Ok(()),
        failed => {
            Err(format!("{failed} part(s) failed; their output is in {}", soak.logs.display()))
        }
    }
}

/// A line of the table.
struct Row {
    what: &'static str,
    figure: String,
    goal: String,
    result: String,
    has_failed: bool,
}

/// Shared by all parts.
struct Soak {
    seed: u64,
    logs: PathBuf,
    stop: Arc<AtomicBool>,
}

impl Soak {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn row(&self, part: &Part, share: Duration) -> Row {
        let begun = Instant::now();
        let (figure, goal, reached) = match &part.work {
            Work::Counted(counted) => {
                let (sum, ended) = self.count_up(part.name, counted, share);
                let Counted { unit, goal, .. } = counted;
                (format!("{sum} {unit}"), format!("{goal} {unit}"), ended.map(|()| sum >= *goal))
            }
            Work::Once { goal, run } => match run(self, part.name, share) {
                Ok((figure, reached)) => (figure, (*goal).to_owned(), Ok(reached)),
                Err(error) => ("none".to_owned(), (*goal).to_owned(), Err(error)),
            },
        };
        let has_failed = reached.is_err() && !self.is_stopped();
        let result = match reached {
            Ok(true) => "reached".to_owned(),
            Ok(false) => format!("not in {:.0?}", begun.elapsed()),
            Err(_) if self.is_stopped() => "interrupted".to_owned(),
            Err(error) => format!("FAILED: {error}"),
        };
        Row { what: part.what, figure, goal, result, has_failed }
    }

    /// Runs batches until the time is over or one fails; the results of the others count either
    /// way.
    fn count_up(&self, name: &str, counted: &Counted, share: Duration) -> (u64, Outcome) {
        let begun = Instant::now();
        let mut sum = 0;
        for number in self.seed.. {
            let output =
                (counted.batch)(number).and_then(|mut batch| self.run_logged(name, &mut batch));
            match output.map(|text| (counted.count)(&text)) {
                Ok(Some(more)) => sum += more,
                Ok(None) => return (sum, Err("it counts nothing".to_owned())),
                Err(error) => return (sum, Err(error)),
            }
            say!("soak: {name}: {sum} {} after {:.0?}", counted.unit, begun.elapsed());
            if begun.elapsed() >= share || self.is_stopped() {
                break;
            }
        }
        (sum, Ok(()))
    }

    /// Runs `command` and returns its output, which stays in the log of the part until the next
    /// batch.
    fn run_logged(&self, name: &str, command: &mut Command) -> Result<String, String> {
        let path = self.logs.join(format!("{name}.log"));
        let unwritable = |error| format!("{}: {error}", path.display());
        let log = File::create(&path).map_err(unwritable)?;
        command.stdout(log.try_clone().map_err(unwritable)?).stderr(log);
        let ended = xtask::process::run(command);
        let text = String::from_utf8_lossy(&fs::read(&path).map_err(unwritable)?).into_owned();
        ended.map(|()| text)
    }
}

/// A flag that Ctrl-C sets. The children get the signal as well, and it ends them.
fn until_ctrl_c() -> Result<Arc<AtomicBool>, String> {
    let stop = Arc::new(AtomicBool::new(false));
    let registered = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&stop));
    registered.map_err(|error| format!("Ctrl-C cannot be handled: {error}"))?;
    Ok(stop)
}

fn print(rows: &[Row]) {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).len()).max().unwrap_or(0);
    let what = width(|row| row.what);
    let (figure, goal) = (width(|row| &row.figure), width(|row| &row.goal));
    say!("\n{:what$}  {:figure$}  {:goal$}  result", "what", "figure", "goal");
    for row in rows {
        say!("{:what$}  {:figure$}  {:goal$}  {}", row.what, row.figure, row.goal, row.result);
    }
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let (mut hours, mut seed, mut names) = (HOURS, 1, Vec::new());
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--hours" => {
                hours = value()?.parse().map_err(|_| "--hours takes a number such as 0.5")?
            }
            "--seed" => seed = value()?.parse().map_err(|_| "--seed takes a whole number")?,
            name if PARTS.iter().any(|part| part.name == name) => names.push(name.to_owned()),
            unknown => {
                let known: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
                return Err(format!("soak has no part `{unknown}`; it has {}", known.join(", ")));
            }
        }
    }
    if !(0.0..=1000.0).contains(&hours) {
        return Err("--hours takes a number from 0 to 1000".to_owned());
    }
    Ok(Options { time: Duration::from_secs_f64(hours * 3600.0), seed, names })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        parse(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn time_seed_and_parts_can_be_given() {
        let all = parsed(&[]).unwrap();
        assert_eq!((all.time, all.seed, all.names.len()), (Duration::from_secs(3 * 3600), 1, 0));
        let some = parsed(&["kill", "--hours", "0.5", "sim", "--seed", "7"]).unwrap();
        let names = vec!["kill".to_owned(), "sim".to_owned()];
        assert_eq!(some, Options { time: Duration::from_secs(1800), seed: 7, names });
        for bad in
            [&["--hours"] as &[&str], &["--hours", "x"], &["--hours", "-1"], &["kil"], &["--x"]]
        {
            assert!(parsed(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_part_that_fails_says_so_and_one_that_was_interrupted_has_not_failed() {
        let stop = Arc::new(AtomicBool::new(false));
        let logs = std::env::temp_dir().join(format!("xtask-soak-{}", std::process::id()));
        fs::create_dir_all(&logs).unwrap();
        let soak = Soak { seed: 1, logs: logs.clone(), stop: Arc::clone(&stop) };
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        assert_eq!(
            soak.run_logged("part", &mut shell("echo 7 kills; echo more >&2")).unwrap(),
            "7 kills\nmore\n"
        );
        let part = |batch: fn(u64) -> Result<Command, String>| {
            let count = |text: &str| text.split(' ').next()?.parse().ok();
            let work = Work::Counted(Counted { unit: "kills", goal: 7, batch, count });
            Part { name: "part", what: "kills", weight: 1, work }
        };
        let count = part(|_| {
            let mut command = Command::new("echo");
            command.arg("7 kills");
            Ok(command)
        });
        let failure = part(|_| Ok(Command::new("false")));
        let row = soak.row(&count, Duration::ZERO);
        assert_eq!((&*row.figure, &*row.result, row.has_failed), ("7 kills", "reached", false));
        let row = soak.row(&failure, Duration::ZERO);
        assert!(row.has_failed && row.result.contains("FAILED"), "{}", row.result);
        stop.store(true, Ordering::Relaxed);
        let row = soak.row(&failure, Duration::ZERO);
        assert!(!row.has_failed && row.result == "interrupted", "{}", row.result);
        fs::remove_dir_all(&logs).unwrap();
    }
}
