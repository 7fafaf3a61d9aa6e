//! The cost of stored transactions: inquiries and payments on a full database, in turn with the
//! same on an empty one.

use std::path::Path;

use xtask::process::{SHIPPED, cargo, run as run_command};
use xtask::{Outcome, say};

use crate::load::cycles;
use crate::options::Options;
use crate::runtime::under_load;
use crate::score::{Score, median};
use crate::server::Server;
use crate::{machine, midnight, partner};

/// Stores `stored` transactions and prints the results of both sides, round by round.
pub(crate) fn run(directory: &Path, options: Options, stored: u32) -> Outcome {
    measure(directory, options, stored).map(drop)
}

/// The cost of later inquiries and payments: the medians of the ratios to an empty database.
pub(crate) struct Cost {
    /// The ratio of inquiries with payments per second.
    pub(crate) rate: f64,
    /// The ratio of the payments' median times.
    pub(crate) median: f64,
}

/// The same, and returns the cost.
pub(crate) fn measure(directory: &Path, options: Options, stored: u32) -> Result<Cost, String> {
    let scratch = directory.with_file_name("bench");
    machine::make_empty(&scratch)?;
    let start = |name: &str| {
        let sandbox = partner::sandbox(directory, &scratch.join(format!("{name}-data")));
        Server::start(sandbox, &scratch, name)
    };
    drop(start("full")?);
    fill(&scratch.join("full-data"), stored)?;
    // The first start builds the index of the stored transactions.
    drop(start("full")?);
    let (full, empty) = (start("full")?, start("empty")?);
    let memory = full.memory()?.now / 1024;
    say!("With them: {:.2?} to the first answer, {memory} MiB resident.", full.first_answer);
    say!("Inquiries with their payments a second, and the median payment:\n");
    say!("round    stored   empty  ratio    stored     empty  ratio");
    let rounds = under_load(async {
        let mut rounds = Vec::new();
        for number in 0..=options.rounds {
            let round = midnight::within_a_day(midnight::now, async |attempt| {
                Round::run(&full, &empty, options, number, attempt).await
            });
            let round = round.await?;
            // The first round warms up.
            if number > 0 {
                round.print(&number.to_string());
                rounds.push(round);
            }
        }
        Ok::<_, String>(rounds)
    })?;
    let ratio = |of: fn(&Round) -> f64| median(rounds.iter().map(of));
    let cost = Cost { rate: ratio(Round::rates), median: ratio(Round::medians) };
    say!("median                 {:>7.3}{:>27.3}", cost.rate, cost.median);
    Ok(cost)
}

/// Stores this many transactions in the database of a stopped server.
pub(crate) fn fill(data: &Path, stored: u32) -> Outcome {
    say!("Storing {stored} transactions …");
    let fill = ["run", "--profile", SHIPPED, "--locked", "-p", "store", "--example", "fill", "--"];
    run_command(cargo(&fill).arg(data).arg(stored.to_string()))
}

/// The results of both sides: inquiries with their payments, and the times of the payments.
struct Round {
    full: Score,
    empty: Score,
}

impl Round {
    /// Puts both sides under load; which is first alternates from round to round. A repeated round
    /// uses other `ref_id`s.
    async fn run(
        full: &Server,
        empty: &Server,
        options: Options,
        number: usize,
        attempt: u64,
    ) -> Result<Round, String> {
        let Options { connections, length, rounds, .. } = options;
        let series = number as u64 + attempt * (rounds as u64 + 1);
        let load = async |server: &Server| {
            cycles(server.address, connections, length, series).await?.score()
        };
        if number.is_multiple_of(2) {
            Ok(Round { full: load(full).await?, empty: load(empty).await? })
        } else {
            let empty = load(empty).await?;
            Ok(Round { full: load(full).await?, empty })
        }
    }

    fn rates(&self) -> f64 {
        self.full.rate / self.empty.rate
    }

    fn medians(&self) -> f64 {
        self.full.p50.as_secs_f64() / self.empty.p50.as_secs_f64()
    }

    fn print(&self, name: &str) {
        let Round { full, empty } = self;
        say!(
            "{name:<7}{:>8.0}{:>8.0}{:>7.3}{:>10}{:>10}{:>7.3}",
            full.rate,
            empty.rate,
            self.rates(),
            format!("{:.2?}", full.p50),
            format!("{:.2?}", empty.p50),
            self.medians()
        );
    }
}
