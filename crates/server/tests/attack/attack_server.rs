//! A server under attack: what it must answer, and what must still hold when the attack is over.

use std::fmt::Debug;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;

use crate::client::{CHECK, Connection, Partner, Reply, TIMEOUT};
use crate::server::{API_KEY, Home, Server};

const BPJS: &str = "8801234560001";

/// How much more memory a server may hold after an attack than before it, in KiB. What the allocator
/// keeps for its threads is far below; one body that were kept for each case, or one connection that
/// were forgotten, would soon be above.
const MORE_MEMORY: u64 = 48 * 1024;

/// For those who send more wrong signatures than a minute has room for, and are to be told so of each.
pub(crate) const GUESSING: (&str, &str) = ("limits.wrong_signatures_per_minute_per_partner", "0");

/// What logs and answers hold when something broke inside.
const TRACES: [&str; 5] = ["panicked", "backtrace", ".rs:", "RUST_", "rusqlite"];

/// The key, the customer's number and the name that all honest requests of a attack carry: they are in
/// no log and in no metric, whatever happens, and in no answer to anybody else.
const CANARIES: [&str; 3] = [API_KEY, BPJS, "VERGIE"];

/// A server under attack.
pub(crate) struct AttackServer {
    pub(crate) home: Home,
    pub(crate) server: Server,
    memory: u64,
    /// The cases that were not answered as they must be, all of them.
    wrong: Mutex<Vec<String>>,
}

impl AttackServer {
    /// Starts a server with these keys of the configuration.
    pub(crate) fn start(config: &[(&str, &str)]) -> AttackServer {
        AttackServer::start_in(Home::new(), config)
    }

    /// Starts it in this home.
    pub(crate) fn start_in(home: Home, config: &[(&str, &str)]) -> AttackServer {
        let server = home.start(config);
        // What the first requests of a kind allocate for good is no leak.
        for _ in 0..20 {
            serves_the_honest(&server);
        }
        let memory = memory(&server);
        AttackServer { home, server, memory, wrong: Mutex::default() }
    }

    /// Notes the case unless it was answered as it must be.
    pub(crate) fn check<T: PartialEq + Debug>(&self, case: &str, answered: T, must: T) {
        if answered != must {
            let case: String = case.chars().take(120).collect();
            self.wrong.lock().unwrap().push(format!("{case:?}: {answered:?}, must be {must:?}"));
        }
    }

    /// Posts a body and judges the answer, which must be in the format of the request.
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

    /// Ends the attack: every case was answered as it must be, an honest partner is served, the books
    /// are right, nothing broke inside, and the memory is what it was.
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

/// The memory that the server's process holds, in KiB.
pub(crate) fn memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Nothing of the inside may be in an answer, whatever was asked.
pub(crate) fn tells_nothing(reply: &Reply, name: &str) {
    let text = String::from_utf8_lossy(&reply.body);
    let told = TRACES.iter().find(|trace| text.contains(**trace));
    assert_eq!(told, None, "{name}: {text}");
    assert!(reply.status < 500, "{name}: {}", reply.status);
}

/// Sends bytes as they are on a connection of their own, and reads all answers up to its end, which
/// the server must bring about.
pub(crate) fn fire(port: u16, bytes: &[u8]) -> Vec<Reply> {
    let mut connection = Connection::open(port).unwrap();
    // Who is refused early may find the connection closed while it still sends.
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

/// Whether the other side has ended the connection.
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

/// Whether the server still holds the connection open; it has sent nothing on it.
pub(crate) fn is_open(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let read = stream.read(&mut [0; 1]);
    let open = read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
    open && stream.write(b"").is_ok()
}
