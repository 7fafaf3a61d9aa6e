//! How long after a kill the next right answer comes, with thousands of payments in process.

use std::path::Path;
use std::time::{Duration, Instant};

use super::connection::says;
use super::contest::under_load;
use super::load::ask_all;
use super::partner::{Format, Partner};
use super::server::Server;
use super::stored::fill;
use super::{Options, machine, midnight, partner};
use crate::Outcome;

/// Payments whose outcome nobody knows when the server is killed.
const IN_PROCESS: usize = 10_000;

/// The goals: on an almost empty database, and on one of ten million transactions.
const GOAL: Duration = Duration::from_secs(2);
const GOAL_WHEN_FULL: Duration = Duration::from_secs(10);

/// Kills a server round by round, prints how long each next one took, and checks that every payment
/// that was in process ends.
pub(super) fn run(directory: &Path, options: Options) -> Outcome {
    let scratch = directory.with_file_name("bench");
    machine::make_empty(&scratch)?;
    let data = scratch.join("data");
    if let Some(stored) = options.stored {
        drop(start(directory, &scratch, "by-hand")?);
        fill(&data, stored)?;
        // The first start makes the index of what was stored.
        drop(start(directory, &scratch, "by-hand")?);
    }
    say!("Killed with {IN_PROCESS} payments in process; from the start of the next server:\n");
    say!("round   serving   paid a bill   all have ended");
    let mut slowest = Duration::ZERO;
    for number in 1..=options.rounds {
        let connections = options.connections;
        let before = start(directory, &scratch, "by-hand")?;
        let in_process = under_load(midnight::within_a_day(midnight::now, async |tried| {
            leave_in_process(&before, connections, number, tried).await
        }))?;
        before.kill()?;
        let begun = Instant::now();
        let after = start(directory, &scratch, "success")?;
        let paid = under_load(async {
            let right = midnight::within_a_day(midnight::now, async |tried| {
                first_right_answers(&after, &in_process[0], number, tried).await
            });
            right.await.map(|()| begun.elapsed())
        })?;
        under_load(all_end(&after, connections, &in_process))?;
        let (serving, ended) = (after.first_answer, begun.elapsed());
        say!("{number:<8}{serving:<10.0?}{paid:<14.0?}{ended:.1?}");
        slowest = slowest.max(paid);
    }
    let goal = if options.stored.is_some() { GOAL_WHEN_FULL } else { GOAL };
    say!("\nslowest {slowest:.0?}, goal {goal:?}");
    match slowest > goal && options.is_check {
        true => Err(format!("missed: the first payment took {slowest:?}, more than {goal:?}")),
        false => Ok(()),
    }
}

/// A sandbox whose payments in process end so.
fn start(directory: &Path, scratch: &Path, pending_ends: &str) -> Result<Server, String> {
    let mut sandbox = partner::sandbox(directory, &scratch.join("data"));
    sandbox.env("LUNAS_SANDBOX__PENDING_ENDS", pending_ends);
    sandbox.env("LUNAS_SANDBOX__PENDING_AFTER", "0s");
    Server::start(sandbox, scratch, "lunas")
}

/// Begins payments that stay in process, and says their numbers.
async fn leave_in_process(
    server: &Server,
    connections: usize,
    round: usize,
    tried: u64,
) -> Result<Vec<String>, String> {
    let numbers: Vec<String> = (0..IN_PROCESS)
        .map(|number| partner::sign("in process", &format!("{round} {tried} {number}")))
        .collect();
    let inquiries = numbers.iter().map(|number| Partner::ONE.inquiry_that_pends(number)).collect();
    let bills = ask_all(server.address, connections, inquiries, &["00"]).await?;
    let payments = bills.iter().map(|body| payment(body)).collect::<Result<_, _>>()?;
    ask_all(server.address, connections, payments, &["39"]).await?;
    Ok(numbers)
}

/// The payment of the bill in an answer.
fn payment(bill: &[u8]) -> Result<Vec<u8>, String> {
    partner::opened(bill).map(|(tr_id, _)| Partner::ONE.payment(tr_id, Format::Json))
}

/// What was in process is known, and another bill is paid.
async fn first_right_answers(server: &Server, known: &str, round: usize, tried: u64) -> Outcome {
    let ask = async |request, codes| {
        let mut bodies = ask_all(server.address, 1, vec![request], codes).await?;
        bodies.pop().ok_or_else(|| "there is no answer".to_owned())
    };
    ask(Partner::ONE.status(known), &["39", "00"]).await?;
    let bill = ask(Partner::ONE.inquiry(&format!("first-{round}-{tried}")), &["00"]).await?;
    ask(payment(&bill)?, &["00"]).await.map(drop)
}

/// Waits until the resolver has ended all of them.
async fn all_end(server: &Server, connections: usize, numbers: &[String]) -> Outcome {
    const PATIENCE: Duration = Duration::from_secs(120);
    let begun = Instant::now();
    loop {
        let questions = numbers.iter().map(|number| Partner::ONE.status(number)).collect();
        let told = ask_all(server.address, connections, questions, &["39", "00"]).await?;
        match told.iter().filter(|body| !says(body, "00")).count() {
            0 => return Ok(()),
            open if begun.elapsed() > PATIENCE => {
                return Err(format!("{open} payments are in process after {PATIENCE:?}"));
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
