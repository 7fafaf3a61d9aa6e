//! `bench`: payments per second of lunas, compared with a baseline HTTP server and, with `--all`,
//! with other programs. `cargo xtask bench` builds it in the right profile and starts it.
//!
//! The baseline is an axum server that parses the same request, computes one MD5 and answers a
//! fixed body; its rate is the upper limit. All contenders are measured in one run, in turn in each
//! round, so that a noisy machine disturbs all of them. The result is the median of the ratios of
//! all rounds.
//!
//! # Layout
//!
//! - `options` reads the command line, `rounds` measures the contenders of a `schedule`, `report` prints.
//! - `contender`: their workloads, run by `load` over `connection` with the requests of `partner`.
//! - `server`, `postgres`, `baseline`: the measured programs.
//! - `stored`, `recovery`, `endurance`, `plots`: other measurements.
//! - `slow_biller`, `slow_biller_server`: payments at a biller on the network that takes its time.
//! - `attack`, `attack_server`: payments during slowhttptest.
//! - `machine`, `midnight`, `runtime`, `score`: shared by all.

#![expect(clippy::float_arithmetic, reason = "rates and ratios of a measurement, no money")]

mod attack;
mod attack_server;
mod baseline;
mod connection;
mod contender;
mod endurance;
mod load;
mod machine;
mod midnight;
mod options;
mod partner;
mod plots;
mod postgres;
mod recovery;
mod report;
mod rounds;
mod runtime;
mod schedule;
mod score;
mod server;
mod slow_biller;
mod slow_biller_server;
mod stored;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use xtask::process::{SHIPPED, cargo, run as run_command, target_directory};
use xtask::usage::BENCH;
use xtask::{Outcome, print, say};

use contender::Setup;
use options::{Database, Options};
use postgres::Cluster;
use report::Report;
use server::Server;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments).and_then(|()| print::outcome()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome {
    match arguments.split_first() {
        Some((help, _)) if matches!(help.as_str(), "help" | "--help" | "-h") => {
            say!("{}", usage());
            Ok(())
        }
        Some((command, rest)) if command == baseline::NAME => baseline::run(rest),
        Some((command, rest)) if command == slow_biller_server::NAME => {
            slow_biller_server::run(rest)
        }
        Some((command, rest)) if command == attack::NAME => attack::run(rest, &binary_directory()?),
        _ => run(arguments),
    }
}

fn usage() -> String {
    format!(
        "Usage: cargo xtask COMMAND\n\n{BENCH}\n\n\
         `cargo xtask bench` builds this program and lunas with the profile `{SHIPPED}`, which takes \
         minutes,\nand starts this program with its arguments. A first measurement:\n\n  \
         cargo xtask bench --rounds 3 --seconds 2\n\n\
         One other command is for `cargo xtask soak`:\n\n  \
         bench {} --seconds S\n      \
         attack a sandbox with slowhttptest for S seconds in each of four ways, while honest\n      \
         partners pay, and print how many payments were served",
        attack::NAME
    )
}

/// Builds the server, measures it and prints the report.
fn run(arguments: &[String]) -> Outcome {
    let options = options::parse(arguments)?;
    let directory = binary_directory()?;
    let measures_time = options.is_recovery || options.minutes.is_some();
    let is_alone = options.stored.is_some() || options.is_plots || measures_time;
    if options.database == Database::Postgres && is_alone {
        return Err("--stored, --recovery, --minutes and --plots need --database sqlite".to_owned());
    }
    if !options.is_noise {
        run_command(&mut cargo(&["build", "--profile", SHIPPED, "--locked", "-p", "server"]))?;
    }
    if options.is_plots {
        return plots::run(&directory, options);
    }
    if let Some(minutes) = options.minutes {
        return endurance::run(&directory, options, minutes);
    }
    if options.is_slow_biller {
        return slow_biller::run(&directory, options);
    }
    if options.is_recovery {
        return recovery::run(&directory, options);
    }
    if let Some(stored) = options.stored {
        return stored::run(&directory, options, stored);
    }
    let report = measure(&directory, options)?;
    if options.as_json {
        say!("{:#}", report.json());
    } else {
        say!("{}", report.to_string().trim_end());
    }
    match report.missed() {
        missed if options.is_check && !missed.is_empty() => {
            Err(format!("missed: {}", missed.join(", ")))
        }
        _ => Ok(()),
    }
}

/// Starts the contenders, with the servers of the binaries in `directory`, and runs the rounds.
fn measure(directory: &Path, options: Options) -> Result<Report, String> {
    let scratch = directory.with_file_name("bench");
    machine::make_empty(&scratch)?;
    let baseline = |name: &str| {
        let mut command = Command::new(directory.join("bench"));
        command.arg(baseline::NAME);
        Server::start(command, &scratch, name)
    };
    let data = scratch.join("data");
    let schedule = match (options.is_noise, options.database, options.is_all) {
        (true, _, _) => schedule::NOISE,
        (_, Database::Sqlite, true) => schedule::FULL,
        (_, Database::Postgres, true) => schedule::SHARED,
        _ => schedule::SHORT,
    };
    let is_shared = options.database == Database::Postgres;
    // Dropped last, after the servers that use it.
    let postgres = (options.is_all || is_shared).then(|| Cluster::start(&scratch)).transpose()?;
    let url = postgres.as_ref().filter(|_| is_shared).map(Cluster::url);
    let node = |name: &str, data: &Path| {
        let mut sandbox = partner::sandbox(directory, data);
        sandbox.env("LUNAS_SECURITY__MASTER_KEY_FILE", scratch.join("data/master.key"));
        sandbox.envs(url.iter().map(|url| ("LUNAS_STORE__DATABASE", url)));
        Server::start(sandbox, &scratch, name)
    };
    let lunas = if options.is_noise { baseline("baseline-again")? } else { node("lunas", &data)? };
    let baseline = baseline("baseline")?;
    let idle = lunas.memory()?;
    if options.is_all {
        partner::add_partners(directory, &data, schedule::PARTNERS)?;
    }
    let second = (options.is_all && is_shared)
        .then(|| node("second", &scratch.join("second-data")))
        .transpose()?;
    let processor = machine::Processor::now()?;
    let mut setup = Setup {
        lunas: &lunas,
        second: second.as_ref(),
        baseline: &baseline,
        postgres: postgres.as_ref(),
        scratch: &scratch,
        length: options.length,
        best: BTreeMap::new(),
        series: 0,
    };
    let rounds = rounds::run(schedule.contenders, &mut setup, options.rounds)?;
    Ok(Report {
        schedule,
        rounds,
        length: options.length,
        cores: machine::cores(),
        first_answer: lunas.first_answer,
        idle,
        loaded: lunas.memory()?,
        steal: machine::Processor::now()?.steal_since(&processor),
    })
}

/// The directory of this program and of the servers that it starts. They are compared with each
/// other, so all must have the optimisation of the release.
fn binary_directory() -> Result<PathBuf, String> {
    let directory = target_directory()?.join(SHIPPED);
    let own = env::current_exe().map_err(|error| format!("{error}"))?;
    match own.parent() == Some(&directory) {
        true => Ok(directory),
        false => {
            Err(format!("this is no build with the profile `{SHIPPED}`: use `cargo xtask bench`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_has_every_option_and_the_command_of_the_soak() {
        let usage = usage();
        for part in ["bench [--all]", "--recovery", "bench attack --seconds S", "cargo xtask bench"]
        {
            assert!(usage.contains(part), "{part}: {usage}");
        }
        assert!(!usage.contains(baseline::NAME), "it is no command for people");
    }

    #[test]
    fn a_build_for_tests_measures_nothing() {
        for arguments in [&[] as &[&str], &["attack", "--seconds", "1"]] {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let error = dispatch(&arguments).unwrap_err();
            assert!(error.contains("`cargo xtask bench`"), "{error}");
        }
    }
}
