//! `cargo xtask sim`: runs the simulation; an auditor checks each seed.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use xtask::Outcome;
use xtask::process::{SHIPPED, cargo, root, run as run_command, target_directory};

/// Builds the simulation and runs it with the `arguments`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    run_command(&mut build())?;
    run_command(simulation()?.args(arguments))
}

/// The command that builds it as the tests of the workspace are built, so that they share what is
/// compiled. Only a command that builds a test, too, enables the features of dev-dependencies.
pub(crate) fn build() -> Command {
    cargo(&["build", "--workspace", "--bin", "sim", "--test", "sim", "--locked"])
}

/// The command that runs it, a thousand seeds by default. The report of a failure names the commit,
/// if the sources are a clone.
pub(crate) fn simulation() -> Result<Command, String> {
    Ok(at(directory()?.join("sim")))
}

/// Builds it for the longest runs. Returns the command that runs it.
pub(crate) fn optimised() -> Result<Command, String> {
    run_command(&mut cargo(&["build", "--profile", SHIPPED, "--locked", "-p", "sim"]))?;
    Ok(at(target_directory()?.join(SHIPPED).join("sim")))
}

fn directory() -> Result<PathBuf, String> {
    let mut own = env::current_exe()
        .map_err(|error| format!("the path of this program is unknown: {error}"))?;
    own.pop();
    Ok(own)
}

fn at(binary: PathBuf) -> Command {
    let mut simulation = Command::new(binary);
    simulation.args(commit().iter().flat_map(|commit| ["--commit", commit]));
    simulation
}

fn commit() -> Option<String> {
    let arguments = ["-c", "safe.directory=*", "rev-parse", "--short=12", "HEAD"];
    let output = Command::new("git").current_dir(root()).args(arguments).output().ok()?;
    let commit = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| commit.trim().to_owned())
}
