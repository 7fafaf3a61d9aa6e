//! `cargo xtask ci`: all checks, each a step that can be run alone.
//!
//! Clippy, doc and test use the same profile and target directory, so each dependency is checked
//! once and built once. The tests come last, so that their results end the output.

use std::process::Command;
use std::time::Instant;

use xtask::process::{cargo, run as run_command, succeeds};
use xtask::{Outcome, say};

use crate::{instructions, mutants, sim, test, tidy};

struct Step {
    name: &'static str,
    /// The cargo command that it needs, unless every toolchain includes it.
    needs: Option<&'static Tool>,
    run: fn() -> Outcome,
}

/// A cargo command that may be missing on a fresh machine.
struct Tool {
    subcommand: &'static str,
    install: &'static [&'static str],
    note: &'static str,
}

const RUSTFMT: Tool = Tool {
    subcommand: "fmt",
    install: &["rustup", "component", "add", "rustfmt"],
    note: "a small download",
};
const CLIPPY: Tool = Tool {
    subcommand: "clippy",
    install: &["rustup", "component", "add", "clippy"],
    note: "a small download",
};
const CARGO_DENY: Tool = Tool {
    subcommand: "deny",
    install: &["cargo", "install", "cargo-deny", "--locked", "--version", "0.20.2"],
    note: "built from source, once; this takes a few minutes",
};

const STEPS: &[Step] = &[
    Step { name: "fmt", needs: Some(&RUSTFMT), run: fmt },
    Step { name: "tidy", needs: None, run: || tidy::run(&[]) },
    Step { name: "clippy", needs: Some(&CLIPPY), run: clippy },
    Step { name: "doc", needs: None, run: doc },
    Step { name: "deny", needs: Some(&CARGO_DENY), run: deny },
    Step { name: ADVISORIES, needs: Some(&CARGO_DENY), run: advisories },
    Step { name: "sim", needs: None, run: simulate },
    Step { name: "mutants", needs: None, run: || mutants::run(&[]) },
    Step { name: "instructions", needs: None, run: || instructions::run(&[]) },
    Step { name: "test", needs: None, run: test },
];

/// Runs on request only: it needs the network, and its result may change without a change here.
const ADVISORIES: &str = "advisories";

/// Runs the steps that `arguments` name, or all; stops at the first that fails.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if arguments == ["--list"] {
        STEPS.iter().for_each(|step| say!("{}", step.name));
        return Ok(());
    }
    for Step { name, needs, run } in chosen(arguments)? {
        say!("ci: {name} …");
        let start = Instant::now();
        needs.map_or(Ok(()), ensure_installed).and_then(|()| run()).map_err(|error| {
            let after = start.elapsed();
            format!(
                "{error}\nci: {name} failed after {after:.1?}; to see it alone: cargo xtask ci {name}"
            )
        })?;
        say!("ci: {name} passed in {:.1?}", start.elapsed());
    }
    Ok(())
}

/// The steps to run, in the order of [`STEPS`] whatever the order of the arguments.
fn chosen(arguments: &[String]) -> Result<Vec<&'static Step>, String> {
    let (options, names): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with('-'));
    if let Some(option) = options.iter().find(|option| **option != "--advisories") {
        return Err(format!("ci has no option `{option}`; it has --list and --advisories"));
    }
    if let Some(name) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err(format!("ci has no step `{name}`; `cargo xtask ci --list` names them"));
    }
    let is_chosen = |step: &&Step| {
        let by_default =
            if step.name == ADVISORIES { !options.is_empty() } else { names.is_empty() };
        by_default || names.contains(&step.name)
    };
    Ok(STEPS.iter().filter(is_chosen).collect())
}

/// Installs `tool` if it is missing.
fn ensure_installed(tool: &Tool) -> Outcome {
    if succeeds(&mut gate(&[tool.subcommand, "--version"])) {
        return Ok(());
    }
    say!("ci: `{}`: {}", tool.install.join(" "), tool.note);
    run_command(Command::new(tool.install[0]).args(&tool.install[1..]))
}

fn fmt() -> Outcome {
    run_command(&mut gate(&["fmt", "--all", "--check"]))
}

fn clippy() -> Outcome {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    run_command(&mut gate(&arguments))
}

fn doc() -> Outcome {
    let mut command = gate(&["doc", "--workspace", "--no-deps", "--locked"]);
    run_command(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny() -> Outcome {
    let mut command = gate(&["deny", "--locked", "check", "--hide-inclusion-graph"]);
    run_command(command.args(["bans", "licenses", "sources"]))
}

fn advisories() -> Outcome {
    run_command(&mut gate(&["deny", "--locked", "check", "advisories"]))
}

fn simulate() -> Outcome {
    run_command(&mut as_gate(sim::build()))?;
    run_command(&mut sim::simulation()?)
}

/// The overload test runs as long as its figure in `docs/reliability.md` requires.
fn test() -> Outcome {
    run_command(as_gate(test::prepared()?).env("LUNAS_OVERLOAD_SECONDS", "30"))
}

fn gate(arguments: &[&str]) -> Command {
    as_gate(cargo(arguments))
}

/// Incremental compilation only costs time if everything is compiled once. A snapshot that differs
/// or is missing fails, and nothing is written in its place.
fn as_gate(mut command: Command) -> Command {
    command.env("CARGO_INCREMENTAL", "0").env("INSTA_UPDATE", "no").env_remove("INSTA_FORCE_PASS");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Result<Vec<&'static str>, String> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        Ok(chosen(&arguments)?.iter().map(|step| step.name).collect())
    }

    #[test]
    fn all_steps_run_unless_some_are_named_and_the_tests_come_last() {
        let all =
            ["fmt", "tidy", "clippy", "doc", "deny", "sim", "mutants", "instructions", "test"];
        assert_eq!(names(&[]).unwrap(), all);
        assert_eq!(names(&["test", "clippy"]).unwrap(), ["clippy", "test"]);
    }

    #[test]
    fn no_gate_accepts_or_writes_a_snapshot() {
        let set = |command: &Command, name: &str| {
            let mut set = command.get_envs();
            set.find(|(key, _)| *key == name).map(|(_, value)| value.map(ToOwned::to_owned))
        };
        let gate = gate(&["test"]);
        assert_eq!(set(&gate, "INSTA_UPDATE"), Some(Some("no".into())));
        assert_eq!(set(&gate, "INSTA_FORCE_PASS"), Some(None));
    }

    #[test]
    fn advisories_are_asked_on_request_only() {
        assert!(!names(&[]).unwrap().contains(&ADVISORIES));
        assert_eq!(names(&["--advisories"]).unwrap().len(), STEPS.len());
        assert_eq!(names(&["advisories"]).unwrap(), [ADVISORIES]);
        assert_eq!(names(&["--advisories", "deny"]).unwrap(), ["deny", ADVISORIES]);
    }

    #[test]
    fn an_unknown_step_or_option_is_refused() {
        assert!(names(&["clipy"]).unwrap_err().contains("`clipy`"));
        assert!(names(&["--fast"]).unwrap_err().contains("`--fast`"));
    }
}
