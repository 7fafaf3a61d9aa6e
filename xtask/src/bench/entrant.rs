//! Who takes part, and what each does in its turn.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::contest::Score;
use super::load::{self, Supply, ask_all};
use super::partner::{self, Format, Partner};
use super::postgres::{Cluster, Script};
use super::server::Server;
use super::{machine, midnight};

/// Inquiries paid before the first round: they warm a server up, and tell how many are needed.
const WARM_UP: usize = 2_000;

/// One that takes part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entrant {
    pub(super) name: &'static str,
    pub(super) does: Does,
}

/// What an entrant does in its turn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Does {
    /// Payments at the bare server, which sets the ceiling.
    Bare { connections: usize },
    /// Payments at lunas, of inquiries that were made before, by so many partners in turn.
    Pay { connections: usize, partners: usize, format: Format },
    /// The same at two nodes of one database, with half of the connections each.
    PayAtTwo { connections: usize },
    /// Inquiries about customers whose bills are made up, each with its payment.
    Cycle { connections: usize },
    /// Payments at lunas that begin on a timetable, at half the rate that another entrant has
    /// reached in payments one after the other.
    PayAtHalf { connections: usize, of: &'static str },
    /// The same requests on the same timetable at the bare server: what the machine and the load
    /// generator make of it.
    BareAtHalf { connections: usize, of: &'static str },
    /// 4 KiB more of a file, made durable.
    Append,
    /// A transaction of PostgreSQL, by its own load generator.
    Pgbench { clients: usize, script: Script },
}

/// What the entrants play on.
pub(super) struct Field<'a> {
    pub(super) lunas: &'a Server,
    /// Another node on the same database.
    pub(super) second: Option<&'a Server>,
    pub(super) bare: &'a Server,
    pub(super) postgres: Option<&'a Cluster>,
    pub(super) scratch: &'a Path,
    /// How long a turn is.
    pub(super) length: Duration,
    /// The best rate of each entrant so far.
    pub(super) best: BTreeMap<&'static str, f64>,
    /// How many series of partners' numbers there were.
    pub(super) series: u64,
}

impl Entrant {
    /// Has its turn, within a day.
    pub(super) async fn play(&self, field: &mut Field<'_>) -> Result<Score, String> {
        let score = midnight::within_a_day(midnight::now, async |_| self.turn(field).await).await?;
        let best = field.best.entry(self.name).or_default();
        *best = best.max(score.rate);
        Ok(score)
    }

    async fn turn(&self, field: &mut Field<'_>) -> Result<Score, String> {
        field.series += 1;
        match self.does {
            Does::Bare { connections } => {
                let payments = Arc::new(vec![Partner::ONE.payment(9_732_787, Format::Json)]);
                let address = [field.bare.address];
                load::load(&address, connections, field.length, &payments, Supply::Repeated)
                    .await?
                    .score()
            }
            Does::Pay { connections, partners, format } => {
                let payments = field.open(self.supply(field), partners, format).await?;
                let nodes = [field.lunas.address];
                load::load(&nodes, connections, field.length, &payments, Supply::Once)
                    .await?
                    .score()
            }
            Does::PayAtTwo { connections } => {
                let payments = field.open(self.supply(field), 1, Format::Json).await?;
                let second = field.second.ok_or("there is no second node")?;
                let nodes = [field.lunas.address, second.address];
                load::load(&nodes, connections, field.length, &payments, Supply::Once)
                    .await?
                    .score()
            }
            Does::Cycle { connections } => {
                let (address, series) = (field.lunas.address, field.series);
                load::cycles(address, connections, field.length, series).await?.score()
            }
            Does::BareAtHalf { connections, of } => {
                let (every, requests) = field.at_half(of);
                let payment = Partner::ONE.payment(9_732_787, Format::Json);
                let payments = Arc::new(vec![payment; requests]);
                load::timetable(field.bare.address, connections, every, &payments).await?.score()
            }
            Does::PayAtHalf { connections, of } => {
                let (every, inquiries) = field.at_half(of);
                let payments = field.open(inquiries, 1, Format::Json).await?;
                load::timetable(field.lunas.address, connections, every, &payments).await?.score()
            }
            Does::Append => machine::append(field.scratch, field.length),
            Does::Pgbench { clients, script } => {
                let cluster = field.postgres.ok_or("there is no PostgreSQL")?;
                cluster.pgbench(script, clients, field.length)
            }
        }
    }

    /// Half as many inquiries again as the best rate so far would pay, so that time ends the turn.
    fn supply(&self, field: &Field<'_>) -> usize {
        let best = field.best.get(self.name).copied().unwrap_or_default();
        (1.5 * best * field.length.as_secs_f64()) as usize + WARM_UP
    }
}

impl Field<'_> {
    /// How often a request begins at half the best rate so far, and how many do in a turn.
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

/// Opens inquiries of so many partners and returns the requests that pay them, oldest inquiry first:
/// a customer who has heard what is owed pays it soon, so that payments come much in the order of
/// their inquiries. No `series` may come twice.
pub(super) async fn open(
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
    let bodies = ask_all(server, CONNECTIONS, requests, &["00"]).await?;
    let opened = bodies.iter().map(|body| partner::opened(body));
    let mut opened: Vec<(u64, String)> = opened.collect::<Result<_, _>>()?;
    opened.sort_unstable();
    let pay = |(tr_id, ref_id): &(u64, String)| {
        let owner = ref_id.split('-').next().and_then(|owner| owner.parse().ok());
        let owner = owner.ok_or("an answer to a question that nobody asked")?;
        Ok(Partner::number(owner).payment(*tr_id, format))
    };
    Ok(Arc::new(opened.iter().map(pay).collect::<Result<_, String>>()?))
}
