//! The contenders of a measurement, and the workload of each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::load::{self, Supply, send_all};
use crate::partner::{self, Format, Partner};
use crate::postgres::{Cluster, Script};
use crate::score::Score;
use crate::server::Server;
use crate::{machine, midnight};

/// Inquiries paid before the first round: they warm a server up and show how many are needed.
const WARM_UP: usize = 2_000;

/// A program or workload that is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) workload: Workload,
}

/// The workload of a contender.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Workload {
    /// Payments at the baseline server, whose rate is the upper limit.
    Baseline { connections: usize },
    /// Payments at lunas, of inquiries that were made before, by this many partners in turn.
    Pay { connections: usize, partners: usize, format: Format },
    /// The same at two nodes of one database, with half of the connections each.
    PayAtTwo { connections: usize },
    /// Inquiries of generated bills, each with its payment.
    Cycle { connections: usize },
    /// Payments at lunas at fixed times, at half the best rate of the contender `of`.
    PayAtHalf { connections: usize, of: &'static str },
    /// The same requests at the same times at the baseline server: shows the share of the machine
    /// and the load generator.
    BaselineAtHalf { connections: usize, of: &'static str },
    /// Appends 4 KiB to a file and syncs it.
    Append,
    /// A PostgreSQL transaction, by its own load generator.
    Pgbench { clients: usize, script: Script },
}

/// The servers and settings that the contenders use.
pub(crate) struct Setup<'a> {
    pub(crate) lunas: &'a Server,
    /// A second node on the same database.
    pub(crate) second: Option<&'a Server>,
    pub(crate) baseline: &'a Server,
    pub(crate) postgres: Option<&'a Cluster>,
    pub(crate) scratch: &'a Path,
    /// The length of a turn.
    pub(crate) length: Duration,
    /// The best rate of each contender so far.
    pub(crate) best: BTreeMap<&'static str, f64>,
    /// The number of series of `ref_id`s so far.
    pub(crate) series: u64,
}

impl Contender {
    /// Runs the workload once, within one day of Jakarta.
    pub(crate) async fn run(&self, setup: &mut Setup<'_>) -> Result<Score, String> {
        let score = midnight::within_a_day(midnight::now, async |_| self.turn(setup).await).await?;
        let best = setup.best.entry(self.name).or_default();
        *best = best.max(score.rate);
        Ok(score)
    }

    async fn turn(&self, setup: &mut Setup<'_>) -> Result<Score, String> {
        setup.series += 1;
        match self.workload {
            Workload::Baseline { connections } => {
                let payments = Arc::new(vec![Partner::ONE.payment(9_732_787, Format::Json)]);
                let address = [setup.baseline.address];
                load::load(&address, connections, setup.length, &payments, Supply::Repeated)
                    .await?
                    .score()
            }
            Workload::Pay { connections, partners, format } => {
                let payments = setup.open(self.supply(setup), partners, format).await?;
                let nodes = [setup.lunas.address];
                load::load(&nodes, connections, setup.length, &payments, Supply::Once)
                    .await?
                    .score()
            }
            Workload::PayAtTwo { connections } => {
                let payments = setup.open(self.supply(setup), 1, Format::Json).await?;
                let second = setup.second.ok_or("there is no second node")?;
                let nodes = [setup.lunas.address, second.address];
                load::load(&nodes, connections, setup.length, &payments, Supply::Once)
                    .await?
                    .score()
            }
            Workload::Cycle { connections } => {
                let (address, series) = (setup.lunas.address, setup.series);
                load::cycles(address, connections, setup.length, series).await?.score()
            }
            Workload::BaselineAtHalf { connections, of } => {
                let (every, requests) = setup.at_half(of);
                let payment = Partner::ONE.payment(9_732_787, Format::Json);
                let payments = Arc::new(vec![payment; requests]);
                load::timetable(setup.baseline.address, connections, every, &payments)
                    .await?
                    .score()
            }
            Workload::PayAtHalf { connections, of } => {
                let (every, inquiries) = setup.at_half(of);
                let payments = setup.open(inquiries, 1, Format::Json).await?;
                load::timetable(setup.lunas.address, connections, every, &payments).await?.score()
            }
            Workload::Append => machine::append(setup.scratch, setup.length),
            Workload::Pgbench { clients, script } => {
                let cluster = setup.postgres.ok_or("there is no PostgreSQL")?;
                cluster.pgbench(script, clients, setup.length)
            }
        }
    }

    /// Half as many inquiries again as the best rate so far would pay, so that the turn ends by
    /// time.
    fn supply(&self, setup: &Setup<'_>) -> usize {
        let best = setup.best.get(self.name).copied().unwrap_or_default();
        (1.5 * best * setup.length.as_secs_f64()) as usize + WARM_UP
    }
}

impl Setup<'_> {
    /// The interval between requests at half the best rate so far, and the number of requests in a
    /// turn.
    fn at_half(&self, of: &str) -> (Duration, usize) {
        let peak = self.best.get(of).copied().unwrap_or(WARM_UP as f64);
        let requests = (self.length.as_secs_f64() * peak / 2.0) as usize;
        (Duration::from_secs_f64(2.0 / peak), requests)
    }

    async fn open(
        &self,
        inquiries: usize,
        partners: usize,
        format: Format,
    ) -> Result<Arc<Vec<Vec<u8>>>, String> {
        open(self.lunas.address, self.series, inquiries, partners, format).await
    }
}

/// Makes inquiries of this many partners. Returns the requests that pay them, oldest inquiry first:
/// customers pay soon after an inquiry, so payments come roughly in the order of their inquiries. A
/// `series` must not be used twice.
pub(crate) async fn open(
    server: SocketAddr,
    series: u64,
    inquiries: usize,
    partners: usize,
    format: Format,
) -> Result<Arc<Vec<Vec<u8>>>, String> {
    const CONNECTIONS: usize = 64;
    let inquiry = |number| {
        let owner = number % partners;
        let ref_id = format!("{owner}-{series}-{number}");
        Partner::number(owner).inquiry(&ref_id)
    };
    let requests = (0..inquiries).map(inquiry).collect();
    let bodies = send_all(server, CONNECTIONS, requests, &["00"]).await?;
    let transactions = bodies.iter().map(|body| partner::transaction_in(body));
    let mut transactions: Vec<(u64, String)> = transactions.collect::<Result<_, _>>()?;
    transactions.sort_unstable();
    let pay = |(tr_id, ref_id): &(u64, String)| {
        let owner = ref_id.split('-').next().and_then(|owner| owner.parse().ok());
        let owner = owner.ok_or("an answer to a question that nobody asked")?;
        Ok(Partner::number(owner).payment(*tr_id, format))
    };
    Ok(Arc::new(transactions.iter().map(pay).collect::<Result<_, String>>()?))
}
