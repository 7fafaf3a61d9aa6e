//! The built binary as a child process.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use store::Purpose;
use store::sqlite::DataDir;
use tempfile::TempDir;

use crate::client::{Partner, TIMEOUT};

pub(crate) const USERNAME: &str = "081234567890";
pub(crate) const API_KEY: &str = "e2e-0f1e2d3c4b5a";

/// The default deposit of a new partner.
pub(crate) const DEPOSIT: i64 = 1_000_000_000;

/// A data directory and related files. Servers start and stop; the data stays.
pub(crate) struct Home {
    dir: TempDir,
    deposit: i64,
    key: &'static str,
    /// The URL of the database; `None` if it is in the directory.
    database: Option<String>,
}

/// Customer numbers in the tests, and a customer's name.
const CUSTOMERS: [&str; 5] =
    ["8801234560001", "8801234560006", "8801234560007", "9658548523568701", "VERGIE"];

/// The servers of a test must not have logged a key or a customer.
impl Drop for Home {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let log = fs::read(self.file("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let master_key = fs::read_to_string(self.data().join("master.key")).unwrap_or_default();
        for canary in CUSTOMERS.into_iter().chain([self.key, master_key.trim()]) {
            let place = log.lines().find(|line| !canary.is_empty() && line.contains(canary));
            assert_eq!(place, None, "{canary} is in the log");
        }
    }
}

impl Home {
    pub(crate) fn new() -> Home {
        Home::with(DEPOSIT, API_KEY)
    }

    pub(crate) fn with_deposit(deposit: i64) -> Home {
        Home::with(deposit, API_KEY)
    }

    pub(crate) fn with(deposit: i64, key: &'static str) -> Home {
        Home { dir: tempfile::tempdir().unwrap(), deposit, key, database: None }
    }

    /// A home whose servers use this database.
    pub(crate) fn on(url: String) -> Home {
        let mut home = Home::new();
        home.database = Some(url);
        home
    }

    /// A second home for servers with the same database and the same biller: it only needs the
    /// master key.
    pub(crate) fn beside(&self) -> Home {
        let mut other = Home::with(self.deposit, self.key);
        other.database.clone_from(&self.database);
        fs::create_dir(other.data()).unwrap();
        fs::copy(self.data().join("master.key"), other.data().join("master.key")).unwrap();
        File::create(self.file("journal")).unwrap();
        std::os::unix::fs::symlink(self.file("journal"), other.file("journal")).unwrap();
        other
    }

    /// The same with another database.
    pub(crate) fn beside_on(&self, url: String) -> Home {
        let mut other = self.beside();
        other.database = Some(url);
        other
    }

    /// The URL of its database, which must exist.
    pub(crate) fn url(&self) -> &str {
        self.database.as_deref().unwrap()
    }

    /// A copy of this home. No server may be running.
    pub(crate) fn copy(&self) -> Home {
        let copy = Home::with(self.deposit, self.key);
        fs::create_dir(copy.data()).unwrap();
        for entry in fs::read_dir(self.data()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.data().join(entry.file_name())).unwrap();
        }
        copy
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.file("data")
    }

    /// The `tr_id`s of the payments that the biller received, in order.
    pub(crate) fn journal(&self) -> Vec<i64> {
        let text = fs::read_to_string(self.file("journal")).unwrap_or_default();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    /// The log of all servers of this home.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap()
    }

    /// Starts a sandbox with this configuration and waits until it is ready.
    pub(crate) fn start(&self, config: &[(&str, &str)]) -> Server {
        self.started(self.sandbox(config))
    }

    /// Starts a sandbox with this command and waits until it is ready.
    pub(crate) fn started(&self, mut command: Command) -> Server {
        #[expect(clippy::disallowed_methods, reason = "the server's own clock is the machine's")]
        std::thread::sleep(to_midnight(SystemTime::now()));
        let port_file = self.file("port");
        let _ = fs::remove_file(&port_file);
        let mut child = command.spawn().unwrap();
        let port = wait_for("the port file", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server did not start, {status}: {}", self.log());
            }
            let text = fs::read_to_string(&port_file).ok()?;
            Some(text.strip_suffix('\n')?.parse().unwrap())
        });
        Server { child, port, key: self.key }
    }

    /// The command that starts a sandbox; it logs to the file.
    pub(crate) fn sandbox(&self, config: &[(&str, &str)]) -> Command {
        let mut command = self.sandbox_with_key(self.key);
        command.envs(config.iter().map(|(key, value)| (variable(key), value)));
        command
    }

    /// The same with this API key.
    pub(crate) fn sandbox_with_key(&self, key: &str) -> Command {
        self.sandbox_at(0, key)
    }

    /// The same on this port.
    pub(crate) fn sandbox_at(&self, port: u16, key: &str) -> Command {
        let mut command = lunas();
        command
            .args(["sandbox", "--listen", &format!("127.0.0.1:{port}"), "--username", USERNAME])
            .args(["--api-key", key, "--balance", &self.deposit.to_string()])
            .arg("--port-file")
            .arg(self.file("port"))
            .arg("--data")
            .arg(self.data())
            .env("BILLER_JOURNAL", self.file("journal"))
            .envs(self.database.iter().map(|url| (variable("store.database"), url)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(self.log_file());
        command
    }

    /// The command that starts a production server with this configuration.
    pub(crate) fn production(&self, config: &[(&str, &str)]) -> Command {
        let mut command = lunas();
        command.arg("serve").arg("--port-file").arg(self.file("port"));
        command.envs(config.iter().map(|(key, value)| (variable(key), *value)));
        command
            .env(variable("server.listen"), "127.0.0.1:0")
            .env(variable("store.data"), self.data())
            .envs(self.database.iter().map(|url| (variable("store.database"), url)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.log_file());
        command
    }

    /// The same on books that a sandbox has made, because no other biller pays yet.
    pub(crate) fn production_after_sandbox(&self, config: &[(&str, &str)]) -> Command {
        self.mark(Purpose::Production);
        self.production(config)
    }

    /// Marks the books, which no server may be using, with this purpose.
    pub(crate) fn mark(&self, purpose: Purpose) {
        let data = wait_for("the data directory", || DataDir::own(&self.data()).ok());
        data.open_existing().unwrap().set_purpose(purpose).unwrap();
    }

    /// The command that starts a sandbox after a shell has run `script`; the shell becomes the
    /// sandbox. `before` starts the shell.
    pub(crate) fn sandbox_under(
        &self,
        before: &[&str],
        script: &str,
        config: &[(&str, &str)],
    ) -> Command {
        let sandbox = self.sandbox(config);
        let script = format!("{script}; exec \"$0\" \"$@\"");
        let words = [before, &["sh", "-c", &script]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(sandbox.get_program()).args(sandbox.get_args()).env_clear();
        command.envs(sandbox.get_envs().filter_map(|(key, value)| Some((key, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.log_file());
        command
    }

    /// A start that must be refused: exit code 1, empty standard output, and the reason in one
    /// line, once.
    pub(crate) fn not_started(mut command: Command) -> String {
        let done = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert_eq!(String::from_utf8_lossy(&done.stdout), "", "{said}");
        one_sentence(&said)
    }

    fn log_file(&self) -> File {
        File::options().create(true).append(true).open(self.file("log")).unwrap()
    }

    /// Creates its books; a sandbox does this itself.
    pub(crate) fn init(&self) {
        self.operate(&["init"]);
    }

    /// Runs a command on the data, with or without a running server.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let mut command = lunas();
        command.envs(self.database.iter().map(|url| (variable("store.database"), url)));
        command.args(arguments).arg("--data").arg(self.data()).output().unwrap()
    }

    /// The same with this standard input.
    pub(crate) fn fed(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = lunas();
        command.envs(self.database.iter().map(|url| (variable("store.database"), url)));
        command.args(arguments).arg("--data").arg(self.data());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a command that must succeed, and parses its JSON.
    pub(crate) fn operate(&self, arguments: &[&str]) -> Value {
        let done = self.command(&[arguments, &["--json"]].concat());
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// Runs a command that must be refused, and returns its message.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(done.stderr).unwrap()
    }

    /// Audits the books, which must be clean.
    pub(crate) fn audit(&self) -> Value {
        let done = self.command(&["audit", "--json"]);
        let text = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{text}{}", String::from_utf8_lossy(&done.stderr));
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["clean"], true);
        report
    }

    /// The deposits, newest first: note and amount.
    pub(crate) fn paid_in(&self) -> Vec<(String, i64)> {
        let listed = self.operate(&["deposit", "list", "--limit", "1000"]);
        let deposits = listed.as_array().unwrap().iter();
        let told = |deposit: &Value| {
            (deposit["note"].as_str().unwrap().to_owned(), deposit["amount"].as_i64().unwrap())
        };
        deposits.map(told).collect()
    }

    /// The partner's available and held balance.
    pub(crate) fn deposit(&self) -> (i64, i64) {
        let partner = self.operate(&["partner", "show", USERNAME]);
        (partner["available"].as_i64().unwrap(), partner["held"].as_i64().unwrap())
    }
}

/// A running server; dropping it kills the process.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) port: u16,
    key: &'static str,
}

impl Server {
    /// The sandbox's partner on a new connection.
    pub(crate) fn partner(&self) -> Partner {
        self.connect().unwrap()
    }

    /// The same, if the server is still running.
    pub(crate) fn connect(&self) -> io::Result<Partner> {
        Partner::connect(self.port, USERNAME, self.key)
    }

    pub(crate) fn metrics(&self) -> String {
        let reply = self.partner().get("/metrics");
        assert_eq!(reply.status, 200);
        String::from_utf8(reply.body).unwrap()
    }

    /// The sum of the counters of this name with this label, such as `call="pay"`.
    pub(crate) fn counted(&self, name: &str, label: &str) -> u64 {
        let metrics = self.metrics();
        let lines = metrics.lines().filter(|line| line.starts_with(name) && line.contains(label));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let (signal, id) = (format!("-{name}"), self.child.id().to_string());
        assert!(Command::new("kill").args([signal, id]).status().unwrap().success());
    }

    /// Waits until it ends.
    pub(crate) fn ended(mut self) -> ExitStatus {
        wait_for("the end of the server", || self.child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test may have ended it already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The one-line error message of a command. It must not repeat itself or contain an internal error
/// number.
pub(crate) fn one_sentence(said: &str) -> String {
    let told: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("lunas: ")).collect();
    let [told] = told[..] else { panic!("not one line: {said}") };
    let mut parts: Vec<_> = told.split([':', ';']).map(str::trim).collect();
    parts.retain(|part| part.len() > 3);
    let all = parts.len();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!(parts.len(), all, "told twice: {told}");
    assert!(!told.contains("Error code"), "{told}");
    told.to_owned()
}

/// The binary, with an empty environment.
pub(crate) fn lunas() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lunas"));
    command.env_clear();
    command
}

/// `sandbox.latency` is `LUNAS_SANDBOX__LATENCY`.
fn variable(key: &str) -> String {
    format!("LUNAS_{}", key.replace('.', "__").to_uppercase())
}

/// How long to wait so that no inquiry of a test expires before it is paid: until midnight in
/// Jakarta if that is near, otherwise zero.
fn to_midnight(now: SystemTime) -> Duration {
    const DAY: u64 = 24 * 3600;
    let ahead_of_utc = Duration::from_secs(7 * 3600);
    let in_jakarta = now.duration_since(UNIX_EPOCH).unwrap() + ahead_of_utc;
    let left = Duration::from_secs(DAY - in_jakarta.as_secs() % DAY);
    if left <= TIMEOUT { left } else { Duration::ZERO }
}

#[test]
fn a_server_is_started_when_no_midnight_is_near() {
    // 17:00 UTC, which is midnight in Jakarta.
    let midnight = UNIX_EPOCH + Duration::from_secs(1_767_200_400);
    for (before, expected) in [(61, 0), (60, 60), (1, 1), (0, 0), (43_200, 0)] {
        let wait = to_midnight(midnight - Duration::from_secs(before));
        assert_eq!(wait, Duration::from_secs(expected), "{before}");
    }
}

/// Calls `ask` until it returns a value.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(begun.elapsed() < TIMEOUT, "waited for {what} in vain");
        std::thread::sleep(Duration::from_millis(10));
    }
}
