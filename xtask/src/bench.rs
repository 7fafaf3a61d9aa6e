//! `cargo xtask bench`: payments a second of lunas, against the ceiling that HTTP itself sets and, with
//! `--all`, against its peers.
//!
//! The ceiling is a bare axum server that parses the same request, computes one MD5 and answers a
//! fixed body. Everything is measured in one run, round by round in turn, so that a noisy machine
//! disturbs all; what counts is the median of the rounds' ratios.

#![expect(clippy::float_arithmetic, reason = "rates and ratios of a measurement, no money")]

mod bare;
mod connection;
mod contest;
mod endurance;
mod entrant;
mod lineup;
mod load;
mod machine;
mod midnight;
mod partner;
mod plots;
mod postgres;
mod recovery;
mod report;
mod server;
mod siege;
mod stored;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::process::{cargo, run as run_command};
pub(crate) use bare::{NAME as BARE_AXUM, run as run_bare_axum};
use entrant::Field;
use postgres::Cluster;
use report::Report;
use server::Server;
pub(crate) use siege::Siege;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Options {
    rounds: usize,
    /// How long each server is under load in a round, at most.
    length: Duration,
    /// How many connections are kept open where stored transactions or a kill are measured.
    connections: usize,
    /// Whether all peers take part.
    is_all: bool,
    /// What lunas keeps its books in.
    database: Database,
    as_json: bool,
    /// Whether a missed goal is an error.
    is_check: bool,
    /// Whether the ceiling is measured against itself; the ratio is then the method's noise.
    is_noise: bool,
    /// How many stored transactions to measure the cost of, instead of the ceiling.
    stored: Option<u32>,
    /// For how many minutes memory is watched at the peak, instead of the ceiling.
    minutes: Option<u32>,
    /// Whether the plots of the documentation are drawn.
    is_plots: bool,
    /// Whether the time from a kill to the next right answer is measured, instead of the ceiling.
    is_recovery: bool,
}

/// What lunas keeps its books in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Database {
    Sqlite,
    /// A private one, which the peers use too.
    Postgres,
}

/// The profile of what is shipped, and so of what is measured; also the name of its directory.
pub(crate) const SHIPPED: &str = "dist";

/// Builds what is measured, measures it and prints the report.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = parse(arguments)?;
    let directory = directory_of_this_binary()?;
    if !directory.ends_with(SHIPPED) {
        // The load generator has to be cheap, and the ceiling built as what is measured against it, so
        // it is a build like that which is shipped that goes on.
        run_command(&mut cargo(&["build", "--profile", SHIPPED, "--locked", "-p", "xtask"]))?;
        let shipped = directory.with_file_name(SHIPPED).join("xtask");
        return run_command(Command::new(shipped).arg("bench").args(arguments));
    }
    let measures_time = options.is_recovery || options.minutes.is_some();
    let is_alone = options.stored.is_some() || options.is_plots || measures_time;
    if options.database == Database::Postgres && is_alone {
        return Err("stored transactions, a kill, minutes and plots are SQLite's only".to_owned());
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

/// Starts whoever takes part, the servers from the binaries in `directory`, and has the contest.
fn measure(directory: &Path, options: Options) -> Result<Report, String> {
    let scratch = directory.with_file_name("bench");
    machine::make_empty(&scratch)?;
    let bare = |name: &str| {
        let mut command = Command::new(directory.join("xtask"));
        command.arg(BARE_AXUM);
        Server::start(command, &scratch, name)
    };
    let data = scratch.join("data");
    let lineup = match (options.is_noise, options.database, options.is_all) {
        (true, _, _) => lineup::NOISE,
        (_, Database::Sqlite, true) => lineup::FULL,
        (_, Database::Postgres, true) => lineup::SHARED,
        _ => lineup::SHORT,
    };
    let is_shared = options.database == Database::Postgres;
    // Dropped last, so that nobody is left without it.
    let postgres = (options.is_all || is_shared).then(|| Cluster::start(&scratch)).transpose()?;
    let url = postgres.as_ref().filter(|_| is_shared).map(Cluster::url);
    let node = |name: &str, data: &Path| {
        let mut sandbox = partner::sandbox(directory, data);
        sandbox.env("LUNAS_SECURITY__MASTER_KEY_FILE", scratch.join("data/master.key"));
        sandbox.envs(url.iter().map(|url| ("LUNAS_STORE__DATABASE", url)));
        Server::start(sandbox, &scratch, name)
    };
    let lunas = if options.is_noise { bare("bare-again")? } else { node("lunas", &data)? };
    let bare = bare("bare")?;
    let idle = lunas.memory()?;
    if options.is_all {
        partner::take_on(directory, &data, lineup::PARTNERS)?;
    }
    let second = (options.is_all && is_shared)
        .then(|| node("second", &scratch.join("second-data")))
        .transpose()?;
    let processor = machine::Processor::now()?;
    let mut field = Field {
        lunas: &lunas,
        second: second.as_ref(),
        bare: &bare,
        postgres: postgres.as_ref(),
        scratch: &scratch,
        length: options.length,
        best: BTreeMap::new(),
        series: 0,
    };
    let rounds = contest::run(lineup.entrants, &mut field, options.rounds)?;
    Ok(Report {
        lineup,
        rounds,
        length: options.length,
        cores: machine::cores(),
        first_answer: lunas.first_answer,
        idle,
        loaded: lunas.memory()?,
        steal: machine::Processor::now()?.steal_since(&processor),
    })
}

fn directory_of_this_binary() -> Result<PathBuf, String> {
    let binary = env::current_exe().map_err(|error| format!("where am I? {error}"))?;
    binary.parent().map(Path::to_path_buf).ok_or_else(|| "where am I?".to_owned())
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        rounds: 5,
        length: Duration::from_secs(3),
        connections: 64,
        is_all: false,
        database: Database::Sqlite,
        as_json: false,
        is_check: false,
        is_noise: false,
        stored: None,
        minutes: None,
        is_recovery: false,
        is_plots: false,
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = |most: u32| {
            let value = arguments.next().and_then(|value| value.parse::<u32>().ok());
            value
                .filter(|value| (1..=most).contains(value))
                .ok_or_else(|| format!("{argument} takes a whole number from 1 to {most}"))
        };
        match argument.as_str() {
            "--rounds" => options.rounds = number(1_000)? as usize,
            "--seconds" => options.length = Duration::from_secs(number(600)?.into()),
            "--connections" => options.connections = number(4_096)? as usize,
            "--stored" => options.stored = Some(number(100_000_000)?),
            "--minutes" => options.minutes = Some(number(600)?),
            "--database" => {
                options.database = match arguments.next().map(String::as_str) {
                    Some("sqlite") => Database::Sqlite,
                    Some("postgres") => Database::Postgres,
                    _ => return Err("--database takes sqlite or postgres".to_owned()),
                }
            }
            "--all" => options.is_all = true,
            "--json" => options.as_json = true,
            "--check" => options.is_check = true,
            "--recovery" => options.is_recovery = true,
            "--plots" => options.is_plots = true,
            "--noise" => options.is_noise = true,
            unknown => return Err(format!("bench has no option `{unknown}`")),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        parse(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn options_have_defaults_and_can_be_given() {
        let default = parsed(&[]).unwrap();
        assert_eq!((default.rounds, default.connections), (5, 64));
        assert_eq!(default.length, Duration::from_secs(3));
        assert!(!default.as_json && !default.is_check && !default.is_noise);
        let given = ["--rounds", "2", "--json", "--seconds", "7", "--check", "--stored", "9"];
        let given = parsed(&given).unwrap();
        assert_eq!((given.rounds, given.length), (2, Duration::from_secs(7)));
        assert!(given.as_json && given.is_check && given.stored == Some(9));
        assert_eq!(parsed(&["--database", "postgres"]).unwrap().database, Database::Postgres);
    }

    #[test]
    fn what_is_no_option_or_no_number_is_refused() {
        assert!(parsed(&["--database", "mysql"]).unwrap_err().contains("sqlite or postgres"));
        assert!(parsed(&["--round", "2"]).unwrap_err().contains("`--round`"));
        for bad in [&["--rounds"] as &[&str], &["--seconds", "0"], &["--connections", "x"]] {
            assert!(parsed(bad).unwrap_err().contains("whole number from 1 to"), "{bad:?}");
        }
    }
}
