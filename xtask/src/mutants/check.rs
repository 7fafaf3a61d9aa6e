//! Runs a check and interprets its result.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use xtask::process::succeeds;

use super::build::Program;
use super::instrument::ACTIVE;
use super::table::Check;

/// The longest time of a check. A check that hangs has not caught anything, because the cause is
/// unknown.
const TIMEOUT: Duration = Duration::from_secs(400);

/// How many characters of a message are printed.
const LONGEST: usize = 140;

/// A run that has ended.
pub(super) struct Run {
    pub(super) outcome: CheckOutcome,
    pub(super) took: Duration,
}

/// The result of a run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CheckOutcome {
    Passed,
    /// It failed with this message.
    Failed(String),
    /// It failed without a message, or ran no test at all.
    Inconclusive(String),
    Hung,
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckOutcome::Passed => f.write_str("passed"),
            CheckOutcome::Failed(message) => write!(f, "failed: {message}"),
            CheckOutcome::Inconclusive(why) => write!(f, "proves nothing: {why}"),
            CheckOutcome::Hung => f.write_str("did not end"),
        }
    }
}

/// Runs the check with this mutant active, or with none. Its output is kept in `log`.
pub(super) fn run(check: &Check, program: &Program, mutant: Option<&str>, log: &Path) -> Run {
    let begun = Instant::now();
    let outcome = start(check, program, mutant, log).and_then(|child| wait(child, begun));
    let outcome = match outcome {
        Ok(Some(status)) => outcome_of(status, &fs::read_to_string(log).unwrap_or_default()),
        Ok(None) => CheckOutcome::Hung,
        Err(error) => CheckOutcome::Inconclusive(error.to_string()),
    };
    Run { outcome, took: begun.elapsed() }
}

fn start(check: &Check, program: &Program, mutant: Option<&str>, log: &Path) -> io::Result<Child> {
    fs::create_dir_all(log.parent().unwrap_or(log))?;
    let log = File::create(log)?;
    let mut command = Command::new(&program.executable);
    command.args(&check.arguments).envs(&check.environment).env("RUST_BACKTRACE", "0");
    match mutant {
        Some(name) => command.env(ACTIVE, name),
        None => command.env_remove(ACTIVE),
    };
    command.current_dir(&program.package).env("CARGO_MANIFEST_DIR", &program.package);
    // Its own process group, so that all processes that it starts can be ended with it.
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0).spawn()
}

fn wait(mut child: Child, begun: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > TIMEOUT {
            let group = format!("-{}", child.id());
            succeeds(Command::new("kill").args(["-KILL", "--", &group]));
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn outcome_of(status: ExitStatus, output: &str) -> CheckOutcome {
    match (status.success(), message(output)) {
        (true, _) if output.contains("test result: ok. 0 passed") => {
            CheckOutcome::Inconclusive("no test has that name".into())
        }
        (true, _) => CheckOutcome::Passed,
        (false, Some(message)) => CheckOutcome::Failed(message),
        (false, None) => CheckOutcome::Inconclusive(format!("{status}, and it does not say why")),
    }
}

/// The first failure in the output: the message of a panic, or the rule that broke in a simulation.
fn message(output: &str) -> Option<String> {
    let mut lines = output.lines().map(str::trim);
    let finding = lines.find_map(|line| {
        let is_panic = line.starts_with("thread '") && line.contains("panicked at ");
        is_panic.then_some("").or_else(|| line.strip_prefix("sim: rule "))
    })?;
    let rest = lines.take_while(|line| !line.is_empty() && !line.starts_with("note: "));
    let rest = rest.map(|line| line.trim_start_matches("sim: "));
    let words: Vec<&str> = [finding].into_iter().chain(rest).filter(|it| !it.is_empty()).collect();
    Some(words.join(" ").chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::table::Target;
    use std::collections::BTreeMap;

    /// The outcome on a shell that runs `script` with the mutant `b` active.
    fn outcome(script: &str) -> CheckOutcome {
        let check = Check {
            target: Target::Bin("sh".into()),
            arguments: vec!["-c".into(), script.into()],
            environment: BTreeMap::from([("GREETING".into(), "hello".into())]),
        };
        let program = Program { executable: "/bin/sh".into(), package: "/".into() };
        let log = std::env::temp_dir().join(format!("mutants-check-{}.txt", std::process::id()));
        let run = run(&check, &program, Some("b"), &log);
        fs::remove_file(log).unwrap();
        run.outcome
    }

    #[test]
    fn a_check_fails_by_what_it_says_only() {
        let panic =
            r#"printf "thread 'a' (7) panicked at x.rs:1:2:\nnot\n  left: 1\n\nmore\n"; exit 101"#;
        let rule = r#"printf "sim: rule 5: durable\nsim: None: lost\n"; exit 1"#;
        let nothing = "echo 'test result: ok. 0 passed; 0 failed'";
        let active = r#"test "$MUTANT $GREETING" = "b hello""#;
        assert_eq!(outcome(panic), CheckOutcome::Failed("not left: 1".into()));
        assert_eq!(outcome(rule), CheckOutcome::Failed("5: durable None: lost".into()));
        assert_eq!(outcome(active), CheckOutcome::Passed);
        for useless in ["exit 1", "kill -9 $$", nothing] {
            assert!(matches!(outcome(useless), CheckOutcome::Inconclusive(_)), "{useless}");
        }
    }
}
