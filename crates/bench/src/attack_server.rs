//! A sandbox that another program attacks while partners pay.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use xtask::Outcome;
use xtask::process::{SHIPPED, cargo, run as run_command};

use crate::load::cycles;
use crate::runtime::runtime;
use crate::server::Server;
use crate::{machine, midnight, partner};

/// Connections of the partners, opened before the attack begins.
const HONEST: usize = 8;

/// How much longer than planned an attack may take.
const MARGIN: Duration = Duration::from_secs(60);

/// A server under attack.
pub(crate) struct AttackServer {
    server: Server,
    /// The number of attacks so far.
    attacks: Cell<u64>,
}

impl AttackServer {
    /// Builds the release server into `directory` and starts it.
    pub(crate) fn start(directory: &Path) -> Result<AttackServer, String> {
        run_command(&mut cargo(&["build", "--profile", SHIPPED, "--locked", "-p", "server"]))?;
        let scratch = directory.with_file_name("attack");
        machine::make_empty(&scratch)?;
        let sandbox = partner::sandbox(directory, &scratch.join("data"));
        let server = Server::start(sandbox, &scratch, "lunas")?;
        Ok(AttackServer { server, attacks: Cell::new(0) })
    }

    /// The URL of inquiries and payments.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.server.address, partner::PATH)
    }

    /// Inquires and pays for `length` during the `attack`. Returns the number of payments. A
    /// payment that is not answered is an error.
    pub(crate) fn check(
        &self,
        length: Duration,
        attack: impl FnOnce() -> Outcome,
    ) -> Result<usize, String> {
        // An attack cannot be repeated, so it starts only if no inquiry expires before its end.
        std::thread::sleep(midnight::wait_for(midnight::now(), length + MARGIN));
        let runtime = runtime()?;
        let series = self.attacks.replace(self.attacks.get() + 1);
        let paying = runtime.spawn(cycles(self.server.address, HONEST, length, series));
        attack()?;
        let load = runtime.block_on(paying).map_err(|error| format!("no payments: {error}"))??;
        match load.error {
            Some(error) => Err(format!("an honest payment fails: {error}")),
            None => Ok(load.latencies.len()),
        }
    }

    /// Stops the server and returns its resident memory in MiB.
    pub(crate) fn finish(self) -> Result<u64, String> {
        Ok(self.server.memory()?.now / 1024)
    }
}
