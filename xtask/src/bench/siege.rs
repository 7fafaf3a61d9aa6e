//! A sandbox that somebody else attacks while honest partners pay.

use std::cell::Cell;
use std::time::Duration;

use super::contest::runtime;
use super::load::cycles;
use super::server::Server;
use super::{SHIPPED, directory_of_this_binary, machine, midnight, partner};
use crate::process::{cargo, run as run_command};

/// Connections of the honest partners, open before the attack begins.
const HONEST: usize = 8;

/// How much longer than it should an attack may take.
const MARGIN: Duration = Duration::from_secs(60);

/// A server under attack.
pub(crate) struct Siege {
    server: Server,
    rounds: Cell<u64>,
}

impl Siege {
    /// Builds the server as it is shipped and starts it.
    pub(crate) fn lay() -> Result<Siege, String> {
        run_command(&mut cargo(&["build", "--profile", SHIPPED, "--locked", "-p", "server"]))?;
        let directory = directory_of_this_binary()?.with_file_name(SHIPPED);
        let scratch = directory.with_file_name("siege");
        machine::make_empty(&scratch)?;
        let sandbox = partner::sandbox(&directory, &scratch.join("data"));
        let server = Server::start(sandbox, &scratch, "lunas")?;
        Ok(Siege { server, rounds: Cell::new(0) })
    }

    /// Where bills are asked for and paid.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.server.address, partner::PATH)
    }

    /// Inquires and pays for so long, beside an attack. Says how many payments there were, and what
    /// the attack brought; one that is not answered is an error.
    pub(crate) fn pay_during<T>(
        &self,
        length: Duration,
        attack: impl FnOnce() -> Result<T, String>,
    ) -> Result<(usize, T), String> {
        // An attack is not begun anew, so it begins when no inquiry expires before its end.
        std::thread::sleep(midnight::wait_for(midnight::now(), length + MARGIN));
        let runtime = runtime()?;
        let round = self.rounds.replace(self.rounds.get() + 1);
        let paying = runtime.spawn(cycles(self.server.address, HONEST, length, round));
        let brought = attack()?;
        let load = runtime.block_on(paying).map_err(|error| format!("nobody pays: {error}"))??;
        match load.error {
            Some(error) => Err(format!("an honest payment fails: {error}")),
            None => Ok((load.latencies.len(), brought)),
        }
    }

    /// The resident memory, in MiB.
    pub(crate) fn memory(&self) -> Result<u64, String> {
        Ok(self.server.memory()?.now / 1024)
    }
}
