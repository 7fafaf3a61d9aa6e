//! A biller on the network that takes its time: the memory for ten thousand payments in flight, what lunas adds to a
//! payment at a steady rate, and ten thousand payments at the biller at once, which a kill must not lose.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use xtask::process::run as run_command;
use xtask::{Outcome, say};

use crate::connection::{connect, get, good_body};
use crate::load::{send_all, timetable};
use crate::machine::make_empty;
use crate::options::{Database, Options};
use crate::partner::{self, Format, Partner};
use crate::postgres::Cluster;
use crate::recovery::wait_until_ended;
use crate::runtime::under_load;
use crate::server::Server;
use crate::slow_biller_server::{COUNTS, Counts, DELAY as SET_DELAY, NAME};

/// The time that the biller takes for a payment at a steady rate.
const DELAY: Duration = Duration::from_secs(1);

/// The rates that are offered, in payments per second. The goal is for the highest that the machine serves.
const RATES: [u32; 4] = [250, 500, 1_000, 2_000];

/// The connections for inquiries and status checks.
const CONNECTIONS: usize = 64;

/// How long each rate is offered.
const LENGTH: Duration = Duration::from_secs(10);

/// What lunas may add to a payment at the 99th percentile.
const GOAL: Duration = Duration::from_millis(50);

/// The payments in flight at once.
const AT_ONCE: usize = 10_000;

/// How many calls lunas makes at the biller at once while the others wait for their turn: enough for the highest rate.
const CALLS: &str = "2500";

/// The resident memory, in MiB, that lunas may have with all of them in flight.
const MEMORY_GOAL: u64 = 400;

/// More calls at once than any part of the measurement makes.
const UNLIMITED_CALLS: &str = "20000";

/// The time that the biller takes for a payment so that all of them are there at once.
const LONG_DELAY: Duration = Duration::from_secs(18);

/// Measures with lunas's books in this database.
pub(crate) fn run(directory: &Path, options: Options) -> Outcome {
    let scratch = directory.with_file_name("bench");
    make_empty(&scratch)?;
    let is_shared = options.database == Database::Postgres;
    let postgres = is_shared.then(|| Cluster::start(&scratch)).transpose()?;
    let url = postgres.as_ref().map(Cluster::url);
    let bench = Bench::new(directory, &scratch, url)?;
    // First, so that the memory is that of these payments and not of a load before.
    let mut missed = in_flight(&bench)?;
    let bench = killed(bench)?;
    missed.extend(rates(&bench)?);
    match missed.is_empty() || !options.is_check {
        true => Ok(()),
        false => Err(format!("missed: {}", missed.join(", "))),
    }
}

/// How lunas is started for this measurement.
struct Setup {
    binary: PathBuf,
    scratch: PathBuf,
    /// The URL of its database, if its books are not in a file.
    url: Option<String>,
}

impl Setup {
    /// A command of lunas, with limits that no part of the measurement reaches.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(self.scratch.join("data"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.envs(self.url.iter().map(|url| ("LUNAS_STORE__DATABASE", url)));
        command.envs([
            ("LUNAS_LIMITS__REQUESTS_IN_FLIGHT", "30000"),
            ("LUNAS_LIMITS__COMMANDS_WAITING", "30000"),
            ("LUNAS_SERVER__MAX_CONNECTIONS", "15000"),
            ("LUNAS_SERVER__MAX_CONNECTIONS_PER_ADDRESS", "15000"),
            ("LUNAS_SERVER__LISTEN", "127.0.0.1:0"),
            ("LUNAS_STORE__QUEUE_LIMIT", "40000"),
            ("LUNAS_LOG__REQUESTS", "false"),
        ]);
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        run_command(&mut self.command(arguments))
    }

    fn serve(&self) -> Result<Server, String> {
        Server::start(self.command(&["serve"]), &self.scratch, "lunas")
    }
}

/// A server that pays at a slow biller.
struct Bench {
    setup: Setup,
    lunas: Server,
    biller: Server,
}

impl Bench {
    fn new(directory: &Path, scratch: &Path, url: Option<String>) -> Result<Bench, String> {
        let mut slow = Command::new(directory.join("bench"));
        slow.arg(NAME);
        let biller = Server::start(slow, scratch, NAME)?;
        let key = scratch.join("key");
        std::fs::write(&key, partner::API_KEY).map_err(|error| format!("{key:?}: {error}"))?;
        let (binary, scratch) = (directory.join("lunas"), scratch.to_owned());
        let setup = Setup { binary, scratch, url };
        setup.run(&["init"])?;
        let lunas = setup.serve()?;
        let (username, code) = (Partner::ONE.username(), "PLNPOSTPAID");
        let (key, url) = (key.display().to_string(), format!("http://{}", biller.address));
        for arguments in [
            &["partner", "add", "--username", &username, "--api-key-file", &key] as &[&str],
            &["deposit", "add", &username, partner::LARGEST_DEPOSIT, "--no-reference"],
            &[
                "product",
                "set",
                code,
                "--create",
                "--name",
                "PLN",
                "--family",
                "pln-postpaid",
                "--fee",
                "2500",
            ],
            &[
                "biller",
                "add",
                "slow",
                "--kind",
                "iak",
                "--url",
                &url,
                "--username",
                "lunas",
                "--api-key-file",
                &key,
                "--deadline",
                "25s",
                "--concurrency",
                CALLS,
                "--no-check",
            ],
            &["route", "add", code, "slow"],
        ] {
            setup.run(arguments)?;
        }
        Ok(Bench { setup, lunas, biller })
    }

    /// The requests that pay so many new bills.
    async fn payments(&self, series: u64, number: usize) -> Result<Vec<(String, Vec<u8>)>, String> {
        let numbers: Vec<String> =
            (0..number).map(|it| partner::sign("slow", &format!("{series} {it}"))).collect();
        let ask = |number: &String| Partner::ONE.inquiry_made_up(number);
        let inquiries = numbers.iter().map(ask).collect();
        let bills = send_all(self.lunas.address, CONNECTIONS, inquiries, &["00"]).await?;
        let pay = |bill: &Vec<u8>| {
            let (tr_id, ref_id) = partner::transaction_in(bill)?;
            Ok((ref_id, Partner::ONE.payment(tr_id, Format::Json)))
        };
        bills.iter().map(pay).collect()
    }

    /// Sets how long the biller takes for a payment.
    async fn set_delay(&self, delay: Duration) -> Outcome {
        get(self.biller.address, &format!("{SET_DELAY}{}", delay.as_millis())).await.map(drop)
    }

    /// What the biller was asked.
    async fn counts(&self) -> Result<Counts, String> {
        let body = get(self.biller.address, COUNTS).await?;
        serde_json::from_slice(&body).map_err(|error| format!("the biller's counts: {error}"))
    }
}

/// Offers payments at steady rates. Returns the missed goals.
fn rates(bench: &Bench) -> Result<Vec<String>, String> {
    say!("\nA biller that takes {DELAY:?}; lunas adds to a payment:\n");
    say!("{:>10}{:>12}{:>12}{:>12}", "offered/s", "answered/s", "p50", "p99");
    let mut missed = Vec::new();
    for (series, rate) in (0..).zip(RATES) {
        let scored = under_load(async {
            bench.set_delay(DELAY).await?;
            let number = rate as usize * LENGTH.as_secs() as usize;
            let payments = bench.payments(series, number).await?;
            let requests = Arc::new(payments.into_iter().map(|(_, request)| request).collect());
            // Each connection waits for the biller, so that there are more of them than payments at the biller.
            let connections = rate as usize * 2;
            let every = Duration::from_secs(1) / rate;
            timetable(bench.lunas.address, connections, every, &requests).await?.score()
        })?;
        let [p50, p99] = [scored.p50, scored.p99].map(|it| it.saturating_sub(DELAY));
        say!("{rate:>10}{:>12.0}{p50:>12.1?}{p99:>12.1?}", scored.rate);
        if p99 > GOAL {
            missed.push(format!("{p99:.0?} at {rate} payments/s, more than {GOAL:?}"));
        }
    }
    Ok(missed)
}

/// Ten thousand partners pay at once at a biller that takes a second, each on a connection of its own. Returns the
/// missed goals.
fn in_flight(bench: &Bench) -> Result<Vec<String>, String> {
    let (first, took, idle) = under_load(async {
        bench.set_delay(DELAY).await?;
        let payments = bench.payments(200, AT_ONCE).await?;
        let idle = bench.lunas.memory()?;
        let begun = Instant::now();
        let first = pay_at_once(bench, payments.into_iter().map(|(_, request)| request)).await?;
        Ok((first, begun.elapsed(), idle))
    })?;
    let memory = bench.lunas.memory()?.peak / 1024;
    say!(
        "{first} payments in flight, {CALLS} calls at once to a biller that takes {DELAY:?}: at most {memory} MiB \
         resident, {} before; all paid after {took:.1?}",
        idle.now / 1024
    );
    if first < AT_ONCE {
        return Err(format!("only {first} of {AT_ONCE} were in flight at once"));
    }
    let is_missed = memory > MEMORY_GOAL;
    Ok(is_missed.then(|| format!("{memory} MiB, more than {MEMORY_GOAL}")).into_iter().collect())
}

/// Sends each request on a connection of its own, and waits until all are paid. Returns how many were sent before the
/// first answer.
async fn pay_at_once(
    bench: &Bench,
    requests: impl Iterator<Item = Vec<u8>>,
) -> Result<usize, String> {
    let sent = Arc::new(AtomicUsize::new(0));
    let first = Arc::new(OnceLock::new());
    let mut paying = JoinSet::new();
    for (mut connection, request) in
        connect(&[bench.lunas.address], AT_ONCE).await?.into_iter().zip(requests)
    {
        let (sent, first) = (Arc::clone(&sent), Arc::clone(&first));
        paying.spawn(async move {
            sent.fetch_add(1, Ordering::Relaxed);
            good_body(connection.exchange(&request).await?)?;
            first.get_or_init(|| sent.load(Ordering::Relaxed));
            Ok::<_, String>(())
        });
    }
    while let Some(paid) = paying.join_next().await {
        paid.map_err(|error| format!("a connection's task ended: {error}"))??;
    }
    Ok(first.get().copied().unwrap_or_default())
}

/// Has ten thousand payments at the biller, kills lunas, and checks that the next server ends all of them. Returns the
/// bench with the next server.
fn killed(bench: Bench) -> Result<Bench, String> {
    let Bench { setup, lunas, biller } = bench;
    // A fresh server, whose memory is that of these payments.
    drop(lunas);
    let bench = Bench { lunas: setup.serve()?, setup, biller };
    bench.setup.run(&["biller", "set", "slow", "--concurrency", UNLIMITED_CALLS])?;
    let (references, before) = under_load(async {
        bench.set_delay(LONG_DELAY).await?;
        let before = bench.counts().await?.payments;
        let payments = bench.payments(100, AT_ONCE).await?;
        let (references, requests): (Vec<_>, Vec<_>) = payments.into_iter().unzip();
        let idle = bench.lunas.memory()?;
        let waiting = send_without_waiting(&bench, requests, before + AT_ONCE).await?;
        let counts = bench.counts().await?;
        let memory = bench.lunas.memory()?;
        say!(
            "{} payments at the biller at once: {} MiB resident, {} before",
            counts.unanswered,
            memory.now / 1024,
            idle.now / 1024
        );
        if counts.unanswered < AT_ONCE {
            return Err(format!("only {} of {AT_ONCE} were there at once", counts.unanswered));
        }
        drop(waiting);
        Ok((references, before))
    })?;
    let Bench { setup, lunas, biller } = bench;
    lunas.kill()?;
    let begun = Instant::now();
    let bench = Bench { lunas: setup.serve()?, setup, biller };
    under_load(wait_until_ended(&bench.lunas, CONNECTIONS, &references))?;
    let counts = under_load(bench.counts())?;
    bench.setup.run(&["audit"])?;
    say!(
        "killed there; all have ended {:.1?} after the next start; sent at most {} time(s) each",
        begun.elapsed(),
        counts.most
    );
    if counts != (Counts { payments: before + AT_ONCE, most: 1, unanswered: 0 }) {
        return Err(format!("the biller was asked something else: {counts:?}"));
    }
    Ok(bench)
}

/// Sends each request on a connection of its own, and waits until the biller has all. Every second partner goes away at
/// once: both sides of so many connections are more than a process may have open on many machines.
async fn send_without_waiting(
    bench: &Bench,
    requests: Vec<Vec<u8>>,
    expected: usize,
) -> Result<Vec<TcpStream>, String> {
    let address = bench.lunas.address;
    let mut waiting = Vec::new();
    let mut sending = JoinSet::new();
    for (number, request) in requests.into_iter().enumerate() {
        sending.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(&request).await?;
            // lunas reads the request first: it is on its way when the other end is closed.
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok::<_, std::io::Error>((number % 2 == 0).then_some(stream))
        });
        if sending.len() >= 2_000 {
            waiting.extend(next(&mut sending).await?);
        }
    }
    while !sending.is_empty() {
        waiting.extend(next(&mut sending).await?);
    }
    for _ in 0..100 {
        if bench.counts().await?.payments >= expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(waiting)
}

async fn next(
    sending: &mut JoinSet<std::io::Result<Option<TcpStream>>>,
) -> Result<Option<TcpStream>, String> {
    let sent = sending.join_next().await.ok_or("nothing is being sent")?;
    let sent = sent.map_err(|error| format!("a connection's task ended: {error}"))?;
    sent.map_err(|error| format!("a payment was not sent: {error}"))
}
