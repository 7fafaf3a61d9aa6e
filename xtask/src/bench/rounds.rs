//! The rounds: both servers under the same load, in turn.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::http::{Load, Supply, ask_all, load};
use super::machine::cores;
use super::server::Server;
use super::{Options, partner};

/// Inquiries paid before the first round: they warm both servers up, and tell how many are needed.
const WARM_UP: usize = 2_000;

/// One round's loads.
pub(super) struct Round {
    pub(super) lunas: Load,
    pub(super) bare: Load,
}

impl Round {
    /// What lunas reaches of the ceiling.
    pub(super) fn ratio(&self) -> f64 {
        self.lunas.rate() / self.bare.rate()
    }
}

/// The load generator's runtime has half the cores: about what the cheapest server needs as well.
pub(super) fn runtime() -> Result<Runtime, String> {
    let threads = (cores() / 2).max(1);
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    runtime.map_err(|error| format!("no runtime: {error}"))
}

/// Runs the rounds.
pub(super) fn run(lunas: &Server, bare: &Server, options: Options) -> Result<Vec<Round>, String> {
    runtime()?.block_on(async {
        let under_load = Loads { lunas, bare, options };
        let warm = under_load.round(0, WARM_UP).await?;
        let mut best = warm.lunas.rate();
        let mut rounds = Vec::with_capacity(options.rounds);
        for number in 1..=options.rounds {
            // Half as many again as the best rate so far would pay, so that time ends the round.
            let inquiries = 1.5 * best * options.length.as_secs_f64();
            let round = under_load.round(number, inquiries as usize + WARM_UP).await?;
            best = best.max(round.lunas.rate());
            rounds.push(round);
        }
        Ok(rounds)
    })
}

struct Loads<'a> {
    lunas: &'a Server,
    bare: &'a Server,
    options: Options,
}

impl Loads<'_> {
    /// Opens the inquiries, then pays them in the timed part. Who begins changes with the round.
    async fn round(&self, number: usize, inquiries: usize) -> Result<Round, String> {
        let payments = Arc::new(self.open(number, inquiries).await?);
        if number.is_multiple_of(2) {
            let lunas = self.load(self.lunas, &payments, Supply::Once).await?;
            let bare = self.load(self.bare, &payments, Supply::Repeated).await?;
            Ok(Round { lunas, bare })
        } else {
            let bare = self.load(self.bare, &payments, Supply::Repeated).await?;
            let lunas = self.load(self.lunas, &payments, Supply::Once).await?;
            Ok(Round { lunas, bare })
        }
    }

    /// Opens inquiries and returns the requests that pay them, oldest inquiry first: a customer who
    /// has heard what is owed pays it soon, so that payments come much in the order of their inquiries.
    async fn open(&self, round: usize, inquiries: usize) -> Result<Vec<Vec<u8>>, String> {
        let requests =
            (0..inquiries).map(|index| partner::inquiry(&format!("bench-{round}-{index}")));
        let connections = self.options.connections;
        let bodies = ask_all(self.lunas.address, connections, requests.collect(), &["00"]).await?;
        let mut numbers: Vec<u64> =
            bodies.iter().map(|body| partner::tr_id(body)).collect::<Result<_, _>>()?;
        numbers.sort_unstable();
        Ok(numbers.into_iter().map(partner::payment).collect())
    }

    async fn load(
        &self,
        server: &Server,
        payments: &Arc<Vec<Vec<u8>>>,
        supply: Supply,
    ) -> Result<Load, String> {
        let Options { connections, length, .. } = self.options;
        let load = load(server.address, connections, length, payments, supply).await?;
        // What the load left behind, such as a checkpoint of the database, is not the next one's.
        tokio::time::sleep(Duration::from_millis(200)).await;
        match &load.error {
            Some(error) => Err(format!("{} bad answers, one of them: {error}", load.errors)),
            None => Ok(load),
        }
    }
}
