//! A partner's callback receiver: accepts connections on loopback, stores the requests, and answers
//! as configured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::server::wait_for;

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answers {
    /// With this status.
    Status(u16),
    /// With a redirect to this port.
    Redirect(u16),
    /// With 200 and a very large body.
    Endless,
    /// Never.
    Never,
}

/// A received request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) line: String,
    pub(crate) head: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.head.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        &found.unwrap_or_else(|| panic!("no {name} in {:?}", self.head)).1
    }

    pub(crate) fn data(&self) -> Value {
        let document: Value = serde_json::from_slice(&self.body).unwrap();
        document["data"].clone()
    }
}

/// It listens until the process ends.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
    script: Arc<Mutex<Vec<Answers>>>,
}

impl Receiver {
    /// A receiver with these answers in order; the last one is repeated.
    pub(crate) fn new(script: &[Answers]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (calls, script) = (Arc::default(), Arc::new(Mutex::new(script.to_vec())));
        let receiver = Receiver { port, calls, script };
        let (calls, script) = (Arc::clone(&receiver.calls), Arc::clone(&receiver.script));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (calls, script) = (Arc::clone(&calls), Arc::clone(&script));
                thread::spawn(move || serve(stream.unwrap(), &calls, &script));
            }
        });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/callback?token=geheim", self.port)
    }

    /// Changes the answer.
    pub(crate) fn answer(&self, answers: Answers) {
        *self.script.lock().unwrap() = vec![answers];
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Waits for this many requests and returns the last.
    pub(crate) fn wait(&self, count: usize) -> Call {
        wait_for("a callback", || self.calls().get(count - 1).cloned())
    }
}

fn serve(stream: TcpStream, calls: &Mutex<Vec<Call>>, script: &Mutex<Vec<Answers>>) {
    let mut reader = BufReader::new(stream);
    while let Some(call) = read(&mut reader) {
        calls.lock().unwrap().push(call);
        let answer = {
            let mut script = script.lock().unwrap();
            if script.len() > 1 { script.remove(0) } else { script[0] }
        };
        let stream = reader.get_mut();
        let written = match answer {
            Answers::Status(status) => {
                write!(stream, "HTTP/1.1 {status} Whatever\r\nContent-Length: 2\r\n\r\nok")
            }
            Answers::Redirect(port) => write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
            ),
            Answers::Endless => endless(stream),
            Answers::Never => {
                // Until the other end closes the connection.
                let _ = reader.read(&mut [0]);
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}

fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")?;
    loop {
        stream.write_all(&[b'x'; 65_536])?;
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Call> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let head: Vec<_> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut call = Call { line: lines[0].clone(), head, body: Vec::new() };
    let length = call.head.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    call.body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    reader.read_exact(&mut call.body).ok()?;
    Some(call)
}
