//! What stored transactions cost those that follow: inquiries and payments on a database that is
//! full beside one that is empty, in turn.

use std::cmp::Ordering;
use std::path::Path;
use std::time::Duration;

use super::http::cycles;
use super::rounds::runtime;
use super::server::Server;
use super::{Options, machine, partner};
use crate::Outcome;
use crate::process::{cargo, run as run_command};

/// Stores `stored` transactions and prints what each side reached, round by round.
pub(super) fn run(directory: &Path, options: Options, stored: u32) -> Outcome {
    let scratch = directory.with_file_name("bench");
    machine::make_empty(&scratch)?;
    let start = |name: &str| {
        let sandbox = partner::sandbox(directory, &scratch.join(format!("{name}-data")));
        Server::start(sandbox, &scratch, name)
    };
    drop(start("full")?);
    fill(&scratch.join("full-data"), stored)?;
    // The first start makes the index of what was stored.
    drop(start("full")?);
    let (full, empty) = (start("full")?, start("empty")?);
    let memory = full.memory()?.now / 1024;
    println!("With them: {:.2?} to the first answer, {memory} MiB resident.", full.first_answer);
    println!("Inquiries with their payments a second, and the median payment:\n");
    println!("round    stored   empty  ratio    stored     empty  ratio");
    let rounds = runtime()?.block_on(async {
        let mut rounds = Vec::new();
        for number in 0..=options.rounds {
            let round = Round::run(&full, &empty, options, number).await?;
            // The first one warms up.
            if number > 0 {
                round.print(&number.to_string());
                rounds.push(round);
            }
        }
        Ok::<_, String>(rounds)
    })?;
    let ratio = |of: fn(&Round) -> f64| median(rounds.iter().map(of).collect(), f64::total_cmp);
    println!("median                 {:>7.3}{:>27.3}", ratio(Round::rates), ratio(Round::medians));
    Ok(())
}

/// Stores so many transactions in the database of a server that has run.
pub(super) fn fill(data: &Path, stored: u32) -> Outcome {
    println!("Storing {stored} transactions …");
    let fill = ["run", "--release", "--locked", "-p", "store", "--example", "fill", "--"];
    run_command(cargo(&fill).arg(data).arg(stored.to_string()))
}

/// What both sides reached: cycles a second, and the median payment.
struct Round {
    full: (f64, Duration),
    empty: (f64, Duration),
}

impl Round {
    /// Puts both under load, each first in every other round.
    async fn run(
        full: &Server,
        empty: &Server,
        options: Options,
        number: usize,
    ) -> Result<Round, String> {
        let load = async |server: &Server| {
            let Options { connections, length, .. } = options;
            let load = cycles(server.address, connections, length, number).await?;
            match load.error {
                Some(error) => Err(error),
                None => Ok((load.rate(), median(load.latencies, Ord::cmp))),
            }
        };
        if number.is_multiple_of(2) {
            Ok(Round { full: load(full).await?, empty: load(empty).await? })
        } else {
            let empty = load(empty).await?;
            Ok(Round { full: load(full).await?, empty })
        }
    }

    fn rates(&self) -> f64 {
        self.full.0 / self.empty.0
    }

    fn medians(&self) -> f64 {
        self.full.1.as_secs_f64() / self.empty.1.as_secs_f64()
    }

    fn print(&self, name: &str) {
        let ((full, full_p50), (empty, empty_p50)) = (self.full, self.empty);
        println!(
            "{name:<7}{full:>8.0}{empty:>8.0}{:>7.3}{:>10}{:>10}{:>7.3}",
            self.rates(),
            format!("{full_p50:.2?}"),
            format!("{empty_p50:.2?}"),
            self.medians()
        );
    }
}

/// The middle one; of two the later.
fn median<T: Copy + Default>(mut values: Vec<T>, order: fn(&T, &T) -> Ordering) -> T {
    values.sort_unstable_by(order);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
