//! The time from a kill to the next correct answer, with thousands of pending payments.

use std::path::Path;
use std::time::{Duration, Instant};

use xtask::{Outcome, say};

use crate::connection::has_code;
use crate::load::send_all;
use crate::options::Options;
use crate::partner::{Format, Partner};
use crate::runtime::under_load;
use crate::server::Server;
use crate::stored::fill;
use crate::{machine, midnight, partner};

/// Pending payments when the server is killed.
const IN_PROCESS: usize = 10_000;

/// The goals: on an almost empty database, and on one of ten million transactions.
const GOAL: Duration = Duration::from_secs(2);
const GOAL_WHEN_FULL: Duration = Duration::from_secs(10);

/// Kills a server in each round, prints how long the next one took to start, and checks that every
/// pending payment ends.
pub(crate) fn run(directory: &Path, options: Options) -> Outcome {
    let scratch = directory.with_file_name("bench");
    machine::make_empty(&scratch)?;
    let data = scratch.join("data");
    if let Some(stored) = options.stored {
        drop(start(directory, &scratch, "by-hand")?);
        fill(&data, stored)?;
        // The first start builds the index of the stored transactions.
        drop(start(directory, &scratch, "by-hand")?);
    }
    say!("Killed with {IN_PROCESS} payments in process; from the start of the next server:\n");
    say!("round   serving   paid a bill   all have ended");
    let mut slowest = Duration::ZERO;
    for number in 1..=options.rounds {
        let connections = options.connections;
        let before = start(directory, &scratch, "by-hand")?;
        let in_process = under_load(midnight::within_a_day(midnight::now, async |attempt| {
            leave_in_process(&before, connections, number, attempt).await
        }))?;
        before.kill()?;
        let begun = Instant::now();
        let after = start(directory, &scratch, "success")?;
        let paid = under_load(async {
            let correct = midnight::within_a_day(midnight::now, async |attempt| {
                first_correct_answers(&after, &in_process[0], number, attempt).await
            });
            correct.await.map(|()| begun.elapsed())
        })?;
        under_load(wait_until_ended(&after, connections, &in_process))?;
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

/// A sandbox whose pending payments end like this.
fn start(directory: &Path, scratch: &Path, pending_ends: &str) -> Result<Server, String> {
    let mut sandbox = partner::sandbox(directory, &scratch.join("data"));
    sandbox.env("LUNAS_SANDBOX__PENDING_ENDS", pending_ends);
    sandbox.env("LUNAS_SANDBOX__PENDING_AFTER", "0s");
    Server::start(sandbox, scratch, "lunas")
}

/// Begins payments that stay pending. Returns their `ref_id`s.
async fn leave_in_process(
    server: &Server,
    connections: usize,
    round: usize,
    attempt: u64,
) -> Result<Vec<String>, String> {
    let numbers: Vec<String> = (0..IN_PROCESS)
        .map(|number| partner::sign("in process", &format!("{round} {attempt} {number}")))
        .collect();
    let inquiries = numbers.iter().map(|number| Partner::ONE.inquiry_that_pends(number)).collect();
    let bills = send_all(server.address, connections, inquiries, &["00"]).await?;
    let payments = bills.iter().map(|body| payment(body)).collect::<Result<_, _>>()?;
    send_all(server.address, connections, payments, &["39"]).await?;
    Ok(numbers)
}

/// The request that pays the bill in an answer.
fn payment(bill: &[u8]) -> Result<Vec<u8>, String> {
    partner::transaction_in(bill).map(|(tr_id, _)| Partner::ONE.payment(tr_id, Format::Json))
}

/// The pending payment is still known, and another bill is paid.
async fn first_correct_answers(
    server: &Server,
    known: &str,
    round: usize,
    attempt: u64,
) -> Outcome {
    let ask = async |request, codes| {
        let mut bodies = send_all(server.address, 1, vec![request], codes).await?;
        bodies.pop().ok_or_else(|| "there is no answer".to_owned())
    };
    ask(Partner::ONE.status(known), &["39", "00"]).await?;
    let bill = ask(Partner::ONE.inquiry(&format!("first-{round}-{attempt}")), &["00"]).await?;
    ask(payment(&bill)?, &["00"]).await.map(drop)
}

/// Waits until the resolver has ended all of these payments, each as paid.
pub(crate) async fn wait_until_ended(
    server: &Server,
    connections: usize,
    numbers: &[String],
) -> Outcome {
    const TIMEOUT: Duration = Duration::from_secs(120);
    let begun = Instant::now();
    loop {
        let questions = numbers.iter().map(|number| Partner::ONE.status(number)).collect();
        let bodies = send_all(server.address, connections, questions, &["39", "00"]).await?;
        match bodies.iter().filter(|body| !has_code(body, "00")).count() {
            0 => return Ok(()),
            open if begun.elapsed() > TIMEOUT => {
                return Err(format!("{open} payments are in process after {TIMEOUT:?}"));
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
