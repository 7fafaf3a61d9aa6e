//! A server under measurement: a child process, from its start to its end.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::machine::Memory;

/// A server has to answer, and to end, within this. The first start on millions of transactions that
/// another program stored makes their index.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(1);

/// A running server; dropping it ends it.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    /// From the start of the process to the first good answer.
    pub(super) first_answer: Duration,
}

impl Server {
    /// Starts `command`, to which the port file in `scratch` is told, and waits until it answers.
    /// What the server says goes to a file in `scratch` too.
    pub(super) fn start(mut command: Command, scratch: &Path, name: &str) -> Result<Self, String> {
        let (port_file, log) =
            (scratch.join(format!("{name}.port")), scratch.join(format!("{name}.log")));
        let log_file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        command.arg("--port-file").arg(&port_file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log_file);
        let start = Instant::now();
        let child = command.spawn().map_err(|error| format!("{name} does not start: {error}"))?;
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
            if !server.is_running() || start.elapsed() > PATIENCE {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(format!(
                    "{name} did not come up within {PATIENCE:?}; it said:\n{said}"
                ));
            }
            sleep(PAUSE);
        }
    }

    /// What the process takes now, and took at most.
    pub(super) fn memory(&self) -> Result<Memory, String> {
        Memory::of(self.child.id())
    }

    /// Ends it without warning.
    pub(super) fn kill(mut self) -> Result<(), String> {
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
        // The shell's own `kill`, as there need not be a program of that name.
        let id = self.child.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        let start = Instant::now();
        while self.is_running() && start.elapsed() < PATIENCE {
            sleep(PAUSE);
        }
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
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
        stream.set_read_timeout(Some(PATIENCE))?;
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
        let scratch = std::env::temp_dir().join(format!("xtask-server-{}", std::process::id()));
        super::super::machine::make_empty(&scratch).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such option >&2; exit 2"]);
        let error = Server::start(command, &scratch, "broken").err().unwrap();
        assert!(error.contains("broken") && error.contains("no such option"), "{error}");
        fs::remove_dir_all(&scratch).unwrap();
    }
}
