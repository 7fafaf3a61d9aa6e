//! A server under attack: checks every answer, and after the attack the server itself.

use std::fmt::Debug;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;

use crate::client::{CHECK, Connection, Partner, Reply, TIMEOUT};
use crate::server::{API_KEY, Home, Server};

const BPJS: &str = "8801234560001";

/// How much more memory, in KiB, a server may use after an attack than before. The allocator keeps
/// much less for its threads; one body kept for each case, or one leaked connection, would use
/// more.
const MORE_MEMORY: u64 = 48 * 1024;

/// For tests that send more wrong signatures than the limit of a minute and need the real answer to
/// each.
pub(crate) const GUESSING: (&str, &str) = ("limits.wrong_signatures_per_minute_per_partner", "0");

/// Texts in logs and answers that show an internal error.
const TRACES: [&str; 5] = ["panicked", "backtrace", ".rs:", "RUST_", "rusqlite"];

/// The API key, the customer's number and the name in all valid requests of an attack. They must
/// not appear in logs, metrics or answers to others.
const CANARIES: [&str; 3] = [API_KEY, BPJS, "VERGIE"];

/// A server under attack.
pub(crate) struct AttackServer {
    pub(crate) home: Home,
    pub(crate) server: Server,
    memory: u64,
    /// All cases with a wrong answer.
    wrong: Mutex<Vec<String>>,
}

impl AttackServer {
    /// Starts a server with this configuration.
    pub(crate) fn start(config: &[(&str, &str)]) -> AttackServer {
        AttackServer::start_in(Home::new(), config)
    }

    /// Starts it in this home.
    pub(crate) fn start_in(home: Home, config: &[(&str, &str)]) -> AttackServer {
        let server = home.start(config);
        // Memory that the first requests allocate permanently is not a leak.
        for _ in 0..20 {
            serves_the_honest(&server);
        }
        let memory = memory(&server);
        AttackServer { home, server, memory, wrong: Mutex::default() }
    }

    /// Records the case if the answer is wrong.
    pub(crate) fn check<T: PartialEq + Debug>(&self, case: &str, answered: T, must: T) {
        if answered != must {
            let case: String = case.chars().take(120).collect();
            self.wrong.lock().unwrap().push(format!("{case:?}: {answered:?}, must be {must:?}"));
        }
    }

    /// Posts a body and checks the answer, which must have the request's format.
    pub(crate) fn post_and_check(
        &self,
        partner: &mut Partner,
        case: &str,
        body: &[u8],
        must: (u16, &str),
    ) {
        let content_type = format!("Content-Type: {}", partner.format.content_type());
        match partner.connection.send("POST", CHECK, &[&content_type], body) {
            Ok(reply) => {
                tells_nothing(&reply, case);
                self.check(case, (reply.status, &*reply.rc()), must);
                if reply.header("connection") == Some("close") {
                    *partner = self.server.partner().speaking(partner.format);
                }
            }
            Err(error) => {
                self.check(case, error.to_string(), format!("{must:?}"));
                *partner = self.server.partner().speaking(partner.format);
            }
        }
    }

    /// Ends the attack and checks that every case had the right answer, that a valid partner is
    /// served, that the books are correct, that there was no internal error, and that memory use is
    /// the same.
    pub(crate) fn finish(self) {
        let AttackServer { home, server, memory: before, wrong } = self;
        let wrong = wrong.into_inner().unwrap();
        assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
        serves_the_honest(&server);
        let after = memory(&server);
        assert!(after < before + MORE_MEMORY, "{before} KiB before, {after} KiB after");
        let metrics = server.metrics();
        drop(server);
        home.audit();
        let log = home.log();
        let master_key = fs::read_to_string(home.data().join("master.key")).unwrap();
        for canary in [master_key.trim()].into_iter().chain(CANARIES) {
            for (place, text) in [("log", &log), ("metrics", &metrics)] {
                let line = text.lines().find(|line| line.contains(canary));
                assert_eq!(line, None, "{canary} is in the {place}");
            }
        }
        let broken = |line: &&str| {
            let words = ["ERROR", "status=500"];
            TRACES.iter().chain(&words).any(|word| line.contains(word))
        };
        assert_eq!(log.lines().find(broken), None, "nothing breaks inside");
    }
}

/// Inquires and pays in both formats.
pub(crate) fn serves_the_honest(server: &Server) {
    for mut partner in [server.partner(), server.partner().in_xml()] {
        let tr_id = partner.inquired("BPJS", BPJS).tr_id();
        assert_eq!((&*partner.pay(tr_id).rc(), &*partner.pay(tr_id).rc()), ("00", "01"));
    }
}

/// The memory of the server's process, in KiB.
pub(crate) fn memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// No answer may show internal details.
pub(crate) fn tells_nothing(reply: &Reply, name: &str) {
    let text = String::from_utf8_lossy(&reply.body);
    let told = TRACES.iter().find(|trace| text.contains(**trace));
    assert_eq!(told, None, "{name}: {text}");
    assert!(reply.status < 500, "{name}: {}", reply.status);
}

/// Sends bytes on a new connection and reads all answers until the server closes it.
pub(crate) fn fire(port: u16, bytes: &[u8]) -> Vec<Reply> {
    let mut connection = Connection::open(port).unwrap();
    // If the server refuses early, the connection may close while the client still sends.
    let _ = connection.write(bytes);
    let mut replies = Vec::new();
    loop {
        match connection.reply() {
            Ok(reply) => replies.push(reply),
            Err(error) if is_end(&error) => return replies,
            Err(error) => panic!("{error} after {replies:?}"),
        }
    }
}

/// Whether the other side has closed the connection.
pub(crate) fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// A connection from another address of this machine, such as 127.0.0.7.
pub(crate) fn connect_from(address: &str, port: u16) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let from: SocketAddr = format!("{address}:0").parse().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(from).unwrap();
        socket.connect(([127, 0, 0, 1], port).into()).await.unwrap()
    });
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// Whether the server keeps the connection open without having sent anything.
pub(crate) fn is_open(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let read = stream.read(&mut [0; 1]);
    let open = read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
    open && stream.write(b"").is_ok()
}
