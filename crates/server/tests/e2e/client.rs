//! A partner's client: signed requests over one HTTP/1.1 connection.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use iak_protocol::{Command, Format, Inquiry, Request, encode_request, sign};

use crate::document::Document;

/// How long a test waits for anything without a deadline of its own: long, because the machine may be
/// busy.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// The path of all commands.
pub(crate) const CHECK: &str = "/api/v1/bill/check";

/// A keep-alive connection.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(port: u16) -> io::Result<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(Connection::over(stream))
    }

    pub(crate) fn over(stream: TcpStream) -> Connection {
        Connection(BufReader::new(stream))
    }

    /// Sends a request with these header lines and reads the answer.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &[u8],
    ) -> io::Result<Reply> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: lunas\r\n");
        headers.iter().for_each(|line| head += &format!("{line}\r\n"));
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        self.write(&[head.as_bytes(), body].concat())?;
        self.reply()
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    pub(crate) fn reply(&mut self) -> io::Result<Reply> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim_start().to_owned()));
        }
        let mut reply = Reply { status: status.ok_or_else(broken)?, headers, body: Vec::new() };
        let length = reply.header("content-length").unwrap_or("0").parse();
        reply.body = vec![0; length.map_err(|_| broken())?];
        self.0.read_exact(&mut reply.body)?;
        Ok(reply)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        // An incomplete line is an error.
        match line.strip_suffix('\n') {
            Some(line) => Ok(line.trim_end().to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn broken() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| &*header.1)
    }

    pub(crate) fn document(&self) -> Document {
        let text = std::str::from_utf8(&self.body).unwrap();
        match self.header("content-type") {
            Some("application/json") => Document::json(text),
            Some("application/xml") => Document::xml(text),
            other => panic!("{other:?} is no format of the API: {text}"),
        }
    }

    pub(crate) fn text(&self, field: &str) -> Option<String> {
        self.document().text(field)
    }

    /// The response code.
    pub(crate) fn rc(&self) -> String {
        self.text("response_code").unwrap_or_else(|| panic!("{self:?} has no response code"))
    }

    /// An amount in whole rupiah, which must be a number without quotes.
    pub(crate) fn rupiah(&self, field: &str) -> i64 {
        let document = self.document();
        let number = document.bare(field).and_then(|number| number.parse().ok());
        number.unwrap_or_else(|| panic!("{field}: {self:?}"))
    }

    pub(crate) fn tr_id(&self) -> i64 {
        self.rupiah("tr_id")
    }
}

/// A partner with its own connection.
pub(crate) struct Partner {
    pub(crate) connection: Connection,
    pub(crate) username: String,
    key: String,
    pub(crate) format: Format,
}

impl Partner {
    pub(crate) fn connect(port: u16, username: &str, key: &str) -> io::Result<Partner> {
        Ok(Partner {
            connection: Connection::open(port)?,
            username: username.to_owned(),
            key: key.to_owned(),
            format: Format::Json,
        })
    }

    /// The same partner, in XML.
    pub(crate) fn in_xml(self) -> Partner {
        self.speaking(Format::Xml)
    }

    pub(crate) fn speaking(self, format: Format) -> Partner {
        Partner { format, ..self }
    }

    pub(crate) fn sign(&self, suffix: &str) -> String {
        sign(&self.username, &self.key, suffix).to_string()
    }

    pub(crate) fn inquire(&mut self, code: &str, hp: &str, ref_id: &str) -> Reply {
        self.ask(inquiry(code, hp, ref_id))
    }

    /// An inquiry that must succeed, with a new `ref_id`.
    pub(crate) fn inquired(&mut self, code: &str, hp: &str) -> Reply {
        let reply = self.inquire(code, hp, &fresh_ref_id());
        assert_eq!(reply.rc(), "00", "{code} {hp}");
        reply
    }

    pub(crate) fn pay(&mut self, tr_id: i64) -> Reply {
        self.ask(Command::payment(tr_id))
    }

    pub(crate) fn status(&mut self, ref_id: &str) -> Reply {
        self.ask(Command::Status { ref_id: ref_id.into() })
    }

    pub(crate) fn ask(&mut self, command: Command<'_>) -> Reply {
        self.try_ask(command).unwrap()
    }

    /// Sends a signed command; an error means that no answer arrived.
    pub(crate) fn try_ask(&mut self, command: Command<'_>) -> io::Result<Reply> {
        self.ask_at(CHECK, command)
    }

    pub(crate) fn ask_at(&mut self, path: &str, command: Command<'_>) -> io::Result<Reply> {
        let body = self.signed(command);
        self.try_post(path, &body)
    }

    /// The body of a signed command.
    pub(crate) fn signed(&self, command: Command<'_>) -> Vec<u8> {
        let sign = self.sign(command.signed_suffix());
        let request = Request { username: Cow::from(&*self.username), sign: sign.into(), command };
        encode_request(&request, self.format)
    }

    /// Posts this body.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> Reply {
        self.try_post(path, body.as_bytes()).unwrap()
    }

    fn try_post(&mut self, path: &str, body: &[u8]) -> io::Result<Reply> {
        let content_type = format!("Content-Type: {}", self.format.content_type());
        self.connection.send("POST", path, &[&content_type], body)
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.connection.send("GET", path, &[], b"").unwrap()
    }

    /// The query of a signed receipt.
    pub(crate) fn receipt_query(&self, tr_id: i64) -> String {
        let sign = self.sign(&format!("{tr_id}receipt"));
        format!("username={}&sign={sign}", self.username)
    }
}

/// An inquiry with all fields that any product requires.
pub(crate) fn inquiry<'a>(code: &'a str, hp: &'a str, ref_id: &'a str) -> Command<'a> {
    Command::Inquiry(Inquiry {
        code: code.into(),
        hp: hp.into(),
        ref_id: ref_id.into(),
        month: Some("2".into()),
        year: Some("2019".into()),
        nomor_identitas: Some("0212502110170100".into()),
        amount: Some("100000".into()),
        unusable: Vec::new(),
    })
}

/// A `ref_id` that no other test uses.
pub(crate) fn fresh_ref_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("ref-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
