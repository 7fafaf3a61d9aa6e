//! Resident memory during minutes of inquiries and payments at the peak rate.

use std::path::Path;
use std::time::Duration;

use xtask::{Outcome, say};

use crate::load::cycles;
use crate::runtime::under_load;
use crate::server::Server;
use crate::{Options, machine, midnight, partner};

/// The time between two readings of the memory.
const STEP: Duration = Duration::from_secs(30);

/// Prints the rate and the resident memory, step by step.
pub(crate) fn run(directory: &Path, options: Options, minutes: u32) -> Outcome {
    let scratch = directory.with_file_name("bench");
    machine::make_empty(&scratch)?;
    let data = scratch.join("data");
    let server = Server::start(partner::sandbox(directory, &data), &scratch, "lunas")?;
    say!("{:>8}{:>12}{:>10}{:>16}", "minutes", "cycles/s", "p99", "resident, MiB");
    let steps = u64::from(minutes) * 60 / STEP.as_secs();
    let resident = under_load(async {
        let mut resident = Vec::new();
        for step in 1..=steps {
            partner::add_deposit(directory, &data)?;
            let load = midnight::within_a_day(midnight::now, async |attempt| {
                let series = step + attempt * (steps + 1);
                cycles(server.address, options.connections, STEP, series).await?.score()
            });
            let load = load.await?;
            let memory = server.memory()?.now / 1024;
            let at = (step * STEP.as_secs()) as f64 / 60.0;
            say!("{at:>8.1}{:>12.0}{:>10.2?}{memory:>16}", load.rate, load.p99);
            resident.push(memory);
        }
        Ok::<_, String>(resident)
    })?;
    let most = resident.iter().max().copied().unwrap_or(0);
    let (half, last) = (resident.get(resident.len() / 2), resident.last());
    if let (Some(half), Some(last)) = (half, last) {
        say!("At most {most} MiB; {half} after half of the time, {last} at its end.");
    }
    Ok(())
}
