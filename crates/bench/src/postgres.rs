//! A private PostgreSQL with its own load generator, for comparison: durable, otherwise with
//! default settings.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use xtask::Outcome;
use xtask::needs::{Need, ensure_installed};
use xtask::process::{find, is_root, run as run_command};

use crate::score::Score;

/// A cluster; dropping it stops it.
pub(crate) struct Cluster {
    programs: PathBuf,
    directory: PathBuf,
    user: Option<(u32, u32)>,
}

/// What pgbench runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Script {
    /// Its own, after TPC-B.
    TpcB,
    /// A payment, statement by statement in one transaction, from this many balances.
    Payment { deposits: u32 },
}

const POSTGRES: Need =
    Need { program: "initdb", package: "postgresql", purpose: "is measured beside lunas" };

/// Ten times as many accounts as clients, so that clients rarely wait for each other's rows.
const SCALE: &str = "10";

/// The database of lunas, if it has one here.
const BOOKS: &str = "books";

const SCHEMA: &str = include_str!("postgres/schema.sql");

/// The payment as a pgbench script.
const PAYMENT: &str = include_str!("postgres/payment.sql");

impl Cluster {
    /// Creates and starts a cluster in `scratch`, with the tables that [`Script`] needs. It listens
    /// only on a socket in its directory.
    pub(crate) fn start(scratch: &Path) -> Result<Cluster, String> {
        if programs().is_none() {
            ensure_installed(&[POSTGRES])?;
        }
        let programs = programs().ok_or("PostgreSQL has no `initdb`")?;
        let directory = scratch.join("postgres");
        fs::create_dir_all(&directory).map_err(|error| format!("{directory:?}: {error}"))?;
        // PostgreSQL refuses to run as root.
        let user = if is_root() { Some(ids_of("nobody")?) } else { None };
        if let Some((user, group)) = user {
            chown(&directory, Some(user), Some(group))
                .map_err(|error| format!("{directory:?}: {error}"))?;
        }
        let cluster = Cluster { programs, directory, user };
        let data = cluster.directory.join("data");
        let initdb = ["--auth=trust", "--username=bench", "--encoding=UTF8", "--no-locale", "-D"];
        run_command(cluster.quiet("initdb").args(initdb).arg(&data))?;
        let options =
            format!("-c listen_addresses='' -c unix_socket_directories='{}'", cluster.socket());
        let log = cluster.directory.join("log");
        let mut start = cluster.quiet("pg_ctl");
        run_command(
            start.args(["start", "-w", "-o", &options, "-l"]).arg(log).arg("-D").arg(data),
        )?;
        cluster.prepare()?;
        Ok(cluster)
    }

    /// The URL for a program of another user.
    pub(crate) fn url(&self) -> String {
        let socket = self.socket().replace('/', "%2F");
        format!("postgres://bench@{socket}/{BOOKS}")
    }

    fn prepare(&self) -> Outcome {
        let script = self.directory.join("payment.sql");
        fs::write(&script, PAYMENT).map_err(|error| format!("{script:?}: {error}"))?;
        let psql = ["-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", SCHEMA];
        run_command(self.client("psql").args(psql))?;
        run_command(self.client("createdb").arg(BOOKS))?;
        run_command(self.client("pgbench").args(["-i", "-q", "-s", SCALE, "postgres"]))
    }

    /// Runs the script for `length` with `clients` that send the next request after each answer.
    pub(crate) fn pgbench(
        &self,
        script: Script,
        clients: usize,
        length: Duration,
    ) -> Result<Score, String> {
        let mut pgbench = self.client("pgbench");
        pgbench.args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()]);
        pgbench.args(["-T", &length.as_secs().max(1).to_string()]);
        if let Script::Payment { deposits } = script {
            pgbench.arg("-f").arg(self.directory.join("payment.sql"));
            pgbench.arg("-D").arg(format!("deposits={deposits}"));
        }
        pgbench.arg("postgres").stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = pgbench.output().map_err(|error| format!("pgbench: {error}"))?;
        let report = String::from_utf8_lossy(&output.stdout);
        match rate(&report) {
            Some(rate) if output.status.success() => {
                Ok(Score { rate, p50: Duration::ZERO, p99: Duration::ZERO })
            }
            _ => {
                let error = String::from_utf8_lossy(&output.stderr);
                Err(format!("pgbench, {}: {error}{report}", output.status))
            }
        }
    }

    fn client(&self, program: &str) -> Command {
        let mut client = self.quiet(program);
        client.env("PGHOST", self.socket()).env("PGUSER", "bench");
        client
    }

    fn quiet(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.directory).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn socket(&self) -> String {
        self.directory.display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = ["stop", "-m", "fast", "-w", "-D"];
        let stopped = run_command(self.quiet("pg_ctl").args(stop).arg(self.directory.join("data")));
        if let Err(error) = stopped {
            eprintln!("PostgreSQL does not stop: {error}");
        }
    }
}

/// The newest version that Debian has installed, or the one on the `PATH`.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin"));
    let newest = installed.filter(|bin| bin.join("initdb").is_file()).max();
    newest.or_else(|| Some(find("initdb")?.parent()?.to_path_buf()))
}

fn ids_of(name: &str) -> Result<(u32, u32), String> {
    let users =
        fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    let user = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let ids = user.and_then(|user| {
        let mut fields = user.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    ids.ok_or_else(|| format!("there is no user `{name}`"))
}

/// `tps = 1234.567890 (without initial connection time)`
fn rate(report: &str) -> Option<f64> {
    report.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read() {
        let report = "latency average = 1.2 ms\ntps = 812.25 (without initial connection time)\n";
        assert_eq!(rate(report), Some(812.25));
        assert_eq!(rate("tps: many"), None);
    }

    #[test]
    fn root_has_its_ids() {
        assert_eq!(ids_of("root"), Ok((0, 0)));
        assert!(ids_of("roo").unwrap_err().contains("`roo`"));
    }
}
