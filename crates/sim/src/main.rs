//! `sim`: runs one seed after another, and prints the log of the first that breaks a rule.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, Result as Written, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use sim::event::Event;
use sim::{Plan, Run, seeds, shrink};

/// The last lines of a log that are printed.
const MAX_LINES: usize = 200;

const USAGE: &str =
    "usage: sim [--seed FIRST] [--seeds COUNT] [--payments M] [--commit HASH] [--story]";

/// The arguments of the command line.
struct Options {
    first: u64,
    seeds: u64,
    /// Payments per seed.
    payments: u64,
    /// The commit of the sources, for the report of a failure.
    commit: String,
    /// Whether to print the log of every run.
    story: bool,
}

/// How often a long series of runs tells how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(60);

/// The sums over all runs.
#[derive(Default)]
struct Totals {
    runs: u64,
    payments: u64,
    lines: u64,
    deaths: u64,
    by_hand: u64,
    traces: DefaultHasher,
}

fn main() -> ExitCode {
    let wanted = match read(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(wrong) => {
            eprintln!("sim: {wrong}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let mut broken = false;
    #[expect(clippy::disallowed_methods, reason = "this is the one place that takes it")]
    let told = run(&wanted, &mut broken, &mut std::io::stdout().lock());
    match told {
        // A reader such as `head` has closed the pipe.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("sim: the standard output cannot be written: {error}");
            ExitCode::FAILURE
        }
        _ if broken => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Runs the seeds up to the first that breaks a rule, and prints a summary.
fn run(wanted: &Options, broken: &mut bool, out: &mut impl Write) -> Written<()> {
    let begun = Instant::now();
    let (mut sum, mut told) = (Totals::default(), begun);
    let seeds = wanted.first..wanted.first.saturating_add(wanted.seeds);
    let run = |seed| Run::of(Plan::of(seed, wanted.payments));
    let end = seeds::in_order(seeds, run, |run| {
        if wanted.story
            && let Err(error) = print_story(&run, None, out)
        {
            return ControlFlow::Break(Err(error));
        }
        if run.broken.is_some() {
            return ControlFlow::Break(Ok(run));
        }
        sum.add(&run);
        if told.elapsed() >= PROGRESS_EVERY {
            told = Instant::now();
            tell_progress(&sum, wanted, begun.elapsed());
        }
        ControlFlow::Continue(())
    });
    if let ControlFlow::Break(end) = end {
        let failed = end?;
        *broken = true;
        return report(failed, wanted, out);
    }
    let Totals { runs: _, payments, lines, deaths, by_hand, traces } = sum;
    writeln!(
        out,
        "sim: {} seed(s) from {}, {payments} payments, {lines} lines of logs, {deaths} crashes, \
         {by_hand} payments ended by hand, 0 rules broken; trace {:016x}; {:.1?}",
        wanted.seeds,
        wanted.first,
        traces.finish(),
        begun.elapsed()
    )
}

/// Tells on the standard error how far the series is and when it will end.
fn tell_progress(sum: &Totals, wanted: &Options, lasted: Duration) {
    let left = lasted.as_secs() * (wanted.seeds - sum.runs) / sum.runs;
    eprintln!(
        "sim: {} of {} seeds, {} payments, no rule broken; {} min, about {} min left",
        sum.runs,
        wanted.seeds,
        sum.payments,
        lasted.as_secs() / 60,
        left.div_ceil(60)
    );
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut first, mut seeds, mut payments) = (None, None, 300);
    let (mut commit, mut story) = (String::from("unknown"), false);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
        let number =
            |text: String| text.parse::<u64>().map_err(|_| format!("{text:?} is no whole number"));
        match name.as_str() {
            "--seed" => first = Some(number(value()?)?),
            "--seeds" => seeds = Some(number(value()?)?),
            "--payments" => payments = number(value()?)?.max(1),
            "--commit" => commit = value()?,
            "--story" => story = true,
            _ => return Err(format!("there is no {name}")),
        }
    }
    // `--seed` without `--seeds` runs one seed.
    let seeds = seeds.unwrap_or(if first.is_some() { 1 } else { 1000 });
    Ok(Options { first: first.unwrap_or(1), seeds, payments, commit, story })
}

impl Totals {
    fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.payments += run.payments;
        self.lines += run.story.len() as u64;
        for (_, event) in &run.story {
            self.deaths += u64::from(matches!(event, Event::Died { .. }));
            self.by_hand += u64::from(matches!(event, Event::ByHand { .. }));
        }
        run.hash.hash(&mut self.traces);
    }
}

/// Reports what went wrong, how to repeat it, and the shortest log that was found.
fn report(
    run: Run,
    Options { payments, commit, .. }: &Options,
    out: &mut impl Write,
) -> Written<()> {
    let seed = run.plan.seed;
    writeln!(out, "sim: a rule is broken; commit {commit}, trace {:016x}", run.hash)?;
    writeln!(out, "sim: {}", run.plan)?;
    writeln!(out, "sim: to see it again: cargo xtask sim --seed {seed} --payments {payments}")?;
    let smallest = shrink(run, Run::of);
    writeln!(out, "sim: the shortest story that breaks it: {}", smallest.plan)?;
    let about = smallest.broken.as_ref().and_then(|broken| broken.about);
    print_story(&smallest, about, out)?;
    if let Some(broken) = &smallest.broken {
        writeln!(out, "sim: rule {}", broken.rule)?;
        writeln!(out, "sim: {about:?}: {}", broken.how)?;
    }
    Ok(())
}

/// Prints a log. Of a long one, only lines about one transaction and about everything.
fn print_story(run: &Run, about: Option<i64>, out: &mut impl Write) -> Written<()> {
    let is_long = run.story.len() > MAX_LINES;
    let told =
        |event: &Event| !is_long || about.is_none() || event.about() == about || event.is_of_all();
    let lines: Vec<_> = run.story.iter().filter(|(_, event)| told(event)).collect();
    let from = if about.is_some() { lines.len().saturating_sub(MAX_LINES) } else { 0 };
    for (micros, event) in &lines[from..] {
        writeln!(out, "{:>8}.{:06} {event}", micros / 1_000_000, micros % 1_000_000)?;
    }
    Ok(())
}
