//! `cargo xtask bench`: builds the benchmark of crate `bench` and starts it.

use std::process::Command;

use xtask::process::{SHIPPED, cargo, run as run_command, target_directory};
use xtask::usage::BENCH;
use xtask::{Outcome, say};

/// Builds the benchmark and passes the `arguments` to it.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if arguments.iter().any(|it| matches!(it.as_str(), "--help" | "-h")) {
        // The build takes minutes, so the help is printed without it.
        say!("Usage: cargo xtask COMMAND\n\n{BENCH}");
        return Ok(());
    }
    run_command(build()?.args(arguments))
}

/// Builds the benchmark with the release profile, so that its load generator uses little CPU time
/// and its baseline server is optimised like lunas. Returns the command that starts it.
pub(crate) fn build() -> Result<Command, String> {
    run_command(&mut cargo(&["build", "--profile", SHIPPED, "--locked", "-p", "bench"]))?;
    Ok(Command::new(target_directory()?.join(SHIPPED).join("bench")))
}
