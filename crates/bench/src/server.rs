//! A measured server: a child process, from its start to its end.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use crate::machine::Memory;

/// A server must answer, and must stop, within this time. The first start on millions of
/// transactions that another program stored builds their index.
const TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// A running server; dropping it ends it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// The time from the start of the process to the first good answer.
    pub(crate) first_answer: Duration,
}

impl Server {
    /// Starts `command` with a port file in `scratch`, and waits until the server answers. Its log
    /// is read and dropped except for its end: a log file would use the same disk as the database
    /// and disturb the measurement.
    pub(crate) fn start(mut command: Command, scratch: &Path, name: &str) -> Result<Self, String> {
        let port_file = scratch.join(format!("{name}.port"));
        command.arg("--port-file").arg(&port_file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let start = Instant::now();
        let mut child =
            command.spawn().map_err(|error| format!("{name} does not start: {error}"))?;
        let log = child.stderr.take().map(LogTail::read).unwrap_or_default();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = Server { child, address, first_answer: Duration::ZERO };
        loop {
            if let Some(address) =
                fs::read_to_string(&port_file).ok().as_deref().and_then(address_in)
            {
                server.address = address;
                if is_live(address) {
                    server.first_answer = start.elapsed();
                    return Ok(server);
                }
            }
            if !server.is_running() || start.elapsed() > TIMEOUT {
                // The end of its log may not be read yet.
                drop(server);
                return Err(format!(
                    "{name} did not come up within {TIMEOUT:?}; its log ends with:\n{}",
                    log.text()
                ));
            }
            sleep(POLL_INTERVAL);
        }
    }

    /// The current and the peak memory of the process.
    pub(crate) fn memory(&self) -> Result<Memory, String> {
        Memory::of(self.child.id())
    }

    /// Kills it.
    pub(crate) fn kill(mut self) -> Result<(), String> {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed.map(drop).map_err(|error| format!("a server cannot be killed: {error}"))
    }

    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.is_running() {
            return;
        }
        // The shell's built-in `kill`: there may be no such program.
        let id = self.child.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        let start = Instant::now();
        while self.is_running() && start.elapsed() < TIMEOUT {
            sleep(POLL_INTERVAL);
        }
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The end of what a process writes to standard error.
#[derive(Default)]
struct LogTail {
    end: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl LogTail {
    /// At least this many bytes are kept, if there are that many.
    const KEPT: usize = 16 * 1024;

    fn read(mut from: ChildStderr) -> LogTail {
        let end = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&end);
        let read = move || {
            let mut piece = [0; LogTail::KEPT];
            while let Ok(length @ 1..) = from.read(&mut piece) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let surplus = kept.len().saturating_sub(LogTail::KEPT);
                kept.drain(..surplus);
                kept.extend_from_slice(&piece[..length]);
            }
        };
        LogTail { end, reader: Some(thread::spawn(read)) }
    }

    /// The text, after the process has ended.
    fn text(self) -> String {
        if let Some(reader) = self.reader {
            let _ = reader.join();
        }
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&end).into_owned()
    }
}

/// The address in a port file: `127.0.0.1:8080`, or only the port. It may not be written yet.
fn address_in(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let of_port = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    text.parse().ok().or_else(|| text.parse().ok().map(of_port))
}

fn is_live(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 13];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200 ")
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_file_holds_an_address_or_a_port() {
        let expected = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        assert_eq!(address_in("127.0.0.1:8080\n"), Some(expected));
        assert_eq!(address_in("8080"), Some(expected));
        assert_eq!(address_in(""), None);
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error_with_its_words() {
        let scratch = std::env::temp_dir().join(format!("bench-server-{}", std::process::id()));
        crate::machine::make_empty(&scratch).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such option >&2; exit 2"]);
        let error = Server::start(command, &scratch, "broken").err().unwrap();
        assert!(error.contains("broken") && error.contains("no such option"), "{error}");
        fs::remove_dir_all(&scratch).unwrap();
    }
}
