//! A PostgreSQL server for the tests: a temporary cluster on a socket in its directory, as durable as a server in
//! production. It ends with the process.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A server that can be stopped and restarted.
pub(crate) struct Cluster {
    dir: PathBuf,
    /// Part of the socket's name; a free TCP port, so that the server can also listen on it.
    port: String,
    server: Mutex<Option<Child>>,
    databases: AtomicU32,
    /// Cleans up when its input ends: that happens when this process ends, in any way.
    _janitor: Child,
}

/// The janitor's script: waits for the end of its input, stops the server and removes the directory.
const CLEAN_UP: &str = "\
    cat; { kill -QUIT \"$(head -n 1 \"$0/pg/data/postmaster.pid\")\"; } 2>/dev/null; sleep 0.3; rm -rf \"$0\"";

impl Cluster {
    /// Creates and starts a cluster.
    pub(crate) fn start() -> Cluster {
        Cluster::start_with(&[])
    }

    /// Creates and starts a cluster with these settings.
    pub(crate) fn start_with(settings: &[&str]) -> Cluster {
        let cluster = Cluster::empty();
        let made = program("initdb")
            .args(["--auth=trust", "--username=lunas", "--no-sync", "--encoding=UTF8", "-D"])
            .arg(cluster.data())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        let file = cluster.data().join("postgresql.conf");
        let mut written = fs::read_to_string(&file).unwrap();
        written.push_str("listen_addresses = ''\nmax_connections = 200\nshared_buffers = 64MB\n");
        settings.iter().for_each(|setting| written.extend([setting, "\n"]));
        fs::write(file, written).unwrap();
        cluster.run();
        cluster
    }

    /// Creates an asynchronous standby of this server.
    pub(crate) fn standby(&self) -> Cluster {
        let standby = Cluster::empty();
        let copied = program("pg_basebackup")
            .args(["--username=lunas", "--checkpoint=fast", "--write-recovery-conf", "--no-sync"])
            .args(["-p", &self.port, "-h"])
            .arg(self.home())
            .arg("-D")
            .arg(standby.data())
            .status()
            .unwrap();
        assert!(copied.success(), "pg_basebackup failed");
        standby.run();
        standby
    }

    /// Creates a synchronous standby: from now on each commit here waits until it is on the standby's disk.
    pub(crate) fn synchronous_standby(&self) -> Cluster {
        let standby = self.standby();
        self.set("synchronous_standby_names", "'*'");
        let copying = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        self.wait_until(copying, "1");
        standby
    }

    /// Promotes a standby to primary.
    pub(crate) fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote()"), "t");
    }

    /// Changes a setting while the server runs.
    pub(crate) fn set(&self, setting: &str, value: &str) {
        let before = self.sql("postgres", "SELECT pg_conf_load_time()");
        self.sql("postgres", &format!("ALTER SYSTEM SET {setting} = {value}"));
        self.sql("postgres", "SELECT pg_reload_conf()");
        self.wait_until(&format!("SELECT pg_conf_load_time() > '{before}'"), "t");
    }

    /// Asks until the server answers this.
    pub(crate) fn wait_until(&self, question: &str, answer: &str) {
        for _ in 0..600 {
            if self.sql("postgres", question) == answer {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{question}: not {answer}");
    }

    /// A directory that goes with this process, and no server in it.
    fn empty() -> Cluster {
        let dir = tempfile::tempdir().unwrap().keep();
        let mut janitor = Command::new("sh");
        let janitor = janitor.args(["-c", CLEAN_UP]).arg(&dir).stdin(Stdio::piped());
        let janitor = janitor.stdout(Stdio::null()).process_group(0).spawn().unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = free.unwrap().port().to_string();
        let (server, databases) = (Mutex::default(), AtomicU32::new(0));
        let cluster = Cluster { dir, port, server, databases, _janitor: janitor };
        fs::create_dir(cluster.home()).unwrap();
        if let Some((user, group)) = unprivileged_user() {
            chown(cluster.home(), Some(user), Some(group)).unwrap();
        }
        cluster
    }

    /// Starts the server, which must not run.
    pub(crate) fn run(&self) {
        let home = self.home();
        let log = fs::File::options().create(true).append(true).open(self.dir.join("log"));
        let server = program("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(&home)
            .args(["-p", &self.port])
            .stdout(Stdio::null())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        for _ in 0..600 {
            let mut ask = program("pg_isready");
            let ready = ask.args(["-q", "-p", &self.port, "-h"]).arg(&home).status().unwrap();
            if ready.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{}", fs::read_to_string(self.dir.join("log")).unwrap_or_default());
    }

    /// Kills the server with all of its processes at once, as a power cut would.
    pub(crate) fn kill(&self) {
        let Some(mut server) = self.server.lock().unwrap_or_else(PoisonError::into_inner).take()
        else {
            return;
        };
        let told = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
        assert!(told.unwrap().success(), "the server is told to quit at once");
        let _ = server.wait();
    }

    /// The URL of a new database.
    pub(crate) fn database(&self) -> String {
        let name = format!("lunas{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of the database of that name.
    pub(crate) fn url(&self, name: &str) -> String {
        Cluster::url_of(&[self], name)
    }

    /// The URL of the database of that name on whichever of these servers takes writes.
    pub(crate) fn url_of(servers: &[&Cluster], name: &str) -> String {
        let host = |server: &&Cluster| {
            format!("{}:{}", server.home().display(), server.port).replace('/', "%2F")
        };
        let hosts: Vec<_> = servers.iter().map(host).collect();
        format!("postgres://lunas@{}/{name}", hosts.join(","))
    }

    /// Runs SQL in a database, behind everybody's back, and says what it answers.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let done = program("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "lunas"])
            .args(["-p", &self.port, "-h"])
            .arg(self.home())
            .args(["-d", database, "-c", sql])
            .output()
            .unwrap();
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn home(&self) -> PathBuf {
        self.dir.join("pg")
    }

    fn data(&self) -> PathBuf {
        self.home().join("data")
    }
}

/// A program of the newest PostgreSQL on this machine, as a user whom the server lets run it.
fn program(name: &str) -> Command {
    let mut command = Command::new(bin().join(name));
    if let Some((user, group)) = unprivileged_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

fn bin() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL's server is installed");
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(|path| number(path));
    newest.expect("PostgreSQL's server is installed").join("bin")
}

/// The server refuses to run as root, so as root it runs as the user nobody.
fn unprivileged_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    is_root.then_some((65_534, 65_534))
}
