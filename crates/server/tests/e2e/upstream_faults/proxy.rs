//! A proxy for a biller's API that breaks the answer to the next request of one command.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::client::Connection;

/// Longer than the deadline of the server in front.
const TOO_LONG: Duration = Duration::from_millis(1_500);

/// The longest request, in bytes.
const MAX_REQUEST: usize = 8192;

const NO_BALANCE: &str =
    r#"{"data":{"response_code":"17","message":"BALANCE IS NOT ENOUGH"},"meta":[]}"#;

/// How an answer is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request is read and not passed on; the connection is closed without an answer.
    Swallowed,
    /// The request is read and not passed on; the connection is reset.
    Reset,
    /// The request is passed on, and the connection is reset.
    ResetAfter,
    /// The request is passed on, and the connection is closed without an answer.
    Closed,
    /// The answer comes after the deadline.
    Late,
    /// The answer comes byte by byte, and takes longer than the deadline.
    Dribbled,
    /// The answer ends in its head.
    CutHead,
    /// The answer ends in its body.
    CutBody,
    /// The answer is not HTTP.
    Garbage,
    /// A web server's page.
    Html502,
    /// A failure, by a server that has trouble itself.
    Failed500,
    /// A page with the status of a success.
    Html200,
    /// No body.
    Empty,
    /// A redirect to the biller itself.
    Redirected,
    /// A code that is not documented.
    UnknownCode,
    /// The answer about another customer.
    OtherCustomer,
    /// The answer about another transaction.
    OtherNumber,
    /// Another amount.
    OtherAmount,
    /// The JSON has the code twice.
    CodeTwice,
    /// The whole answer, and once more.
    Twice,
}

impl Fault {
    pub(crate) const ALL: [Fault; 20] = [
        Fault::Swallowed,
        Fault::Reset,
        Fault::ResetAfter,
        Fault::Closed,
        Fault::Late,
        Fault::Dribbled,
        Fault::CutHead,
        Fault::CutBody,
        Fault::Garbage,
        Fault::Html502,
        Fault::Failed500,
        Fault::Html200,
        Fault::Empty,
        Fault::Redirected,
        Fault::UnknownCode,
        Fault::OtherCustomer,
        Fault::OtherNumber,
        Fault::OtherAmount,
        Fault::CodeTwice,
        Fault::Twice,
    ];

    /// Whether the biller gets the request.
    pub(crate) fn reaches_the_biller(self) -> bool {
        !matches!(self, Fault::Swallowed | Fault::Reset | Fault::Redirected)
    }

    /// Whether the answer is as it should be all the same.
    pub(crate) fn leaves_a_true_answer(self) -> bool {
        self == Fault::Twice
    }
}

/// The names of the fields that a proxy reads and changes.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// The number of a payment in its request.
    payment: &'static str,
    code: &'static str,
    /// The code of a failed payment.
    failed: &'static str,
    customer: &'static str,
    /// The fields that name the transaction.
    numbers: &'static [&'static str],
    amount: &'static str,
}

pub(crate) const IAK: Dialect = Dialect {
    payment: "tr_id",
    code: "response_code",
    failed: "37",
    customer: "hp",
    numbers: &["tr_id", "ref_id"],
    amount: "nominal",
};

pub(crate) const DIGIFLAZZ: Dialect = Dialect {
    payment: "ref_id",
    code: "rc",
    failed: "02",
    customer: "customer_no",
    numbers: &["ref_id"],
    amount: "selling_price",
};

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    armed: Option<(String, Fault)>,
    /// Whether every payment is refused because lunas's balance is too low.
    refuses: bool,
    /// How often each payment was sent.
    payments: BTreeMap<String, u32>,
}

impl Proxy {
    /// A proxy before the sandbox at this port.
    pub(crate) fn before(biller: u16) -> Proxy {
        Proxy::of(IAK, biller)
    }

    /// A proxy before a biller that speaks this dialect.
    pub(crate) fn of(dialect: Dialect, biller: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let seen = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                // A client that goes away ends its thread.
                thread::spawn(move || serve(stream, dialect, biller, &seen));
            }
        });
        Proxy { port, shared }
    }

    /// Breaks the answer to the next request of this command.
    pub(crate) fn arm(&self, command: &str, fault: Fault) {
        self.shared.lock().unwrap().armed = Some((command.to_owned(), fault));
    }

    /// Refuses every payment from now on, as a biller does where lunas has no balance left. None reaches the biller.
    pub(crate) fn refuse_payments(&self) {
        self.shared.lock().unwrap().refuses = true;
    }

    /// Checks that no payment was sent more than once.
    pub(crate) fn assert_sent_once(&self) {
        let sent = self.payments();
        assert_eq!(sent.iter().find(|(_, times)| **times > 1), None, "{sent:?}");
    }

    /// How often each payment was sent.
    pub(crate) fn payments(&self) -> BTreeMap<String, u32> {
        self.shared.lock().unwrap().payments.clone()
    }
}

/// Serves one request; the connection is then closed.
fn serve(stream: TcpStream, dialect: Dialect, biller: u16, shared: &Mutex<Shared>) -> Option<()> {
    // The request is only looked at: a connection that is closed while bytes of it are unread is reset.
    let (path, body, length) = request(&stream)?;
    let told: serde_json::Value = serde_json::from_slice(&body).ok()?;
    // Digiflazz names what is no question about a bill by `cmd`.
    let command = told["commands"].as_str().or(told["cmd"].as_str())?.to_owned();
    let (fault, is_refused) = {
        let mut shared = shared.lock().unwrap();
        if command == "pay-pasca" {
            let payment = told[dialect.payment].to_string().trim_matches('"').to_owned();
            *shared.payments.entry(payment).or_default() += 1;
        }
        let is_armed = shared.armed.as_ref().is_some_and(|(of, _)| *of == command);
        let fault = is_armed.then(|| shared.armed.take()).flatten().map(|(_, fault)| fault);
        (fault, shared.refuses && command == "pay-pasca")
    };
    if !matches!(fault, Some(Fault::Reset | Fault::ResetAfter)) {
        let mut rest = vec![0; length];
        (&stream).read_exact(&mut rest).ok()?;
    }
    if fault.is_some_and(|fault| !fault.reaches_the_biller()) {
        return refuse(stream, fault?, biller);
    }
    if is_refused {
        return answer(stream, dialect, None, 200, NO_BALANCE.to_owned());
    }
    let mut upstream = Connection::open(biller).ok()?;
    let reply = upstream.send("POST", &path, &["Content-Type: application/json"], &body).ok()?;
    answer(stream, dialect, fault, reply.status, String::from_utf8(reply.body).ok()?)
}

/// The path, the body and the whole length of a request that has come completely.
fn request(stream: &TcpStream) -> Option<(String, Vec<u8>, usize)> {
    let mut seen = [0; MAX_REQUEST];
    loop {
        let length = stream.peek(&mut seen).ok().filter(|length| *length > 0)?;
        let text = String::from_utf8_lossy(&seen[..length]);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= content_length(head)
        {
            let path = head.split(' ').nth(1)?.to_owned();
            return Some((path, body.as_bytes().to_vec(), length));
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn content_length(head: &str) -> usize {
    let of_length = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    };
    head.lines().find_map(of_length).unwrap_or(0)
}

fn refuse(mut stream: TcpStream, fault: Fault, biller: u16) -> Option<()> {
    match fault {
        Fault::Redirected => {
            let to = format!("http://127.0.0.1:{biller}/api/v1/bill/check");
            let head = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).ok()
        }
        // Closed with its request unread.
        Fault::Reset => Some(()),
        _ => stream.shutdown(Shutdown::Both).ok(),
    }
}

fn answer(
    mut stream: TcpStream,
    dialect: Dialect,
    fault: Option<Fault>,
    status: u16,
    body: String,
) -> Option<()> {
    let Dialect { code, failed, customer, numbers, amount, .. } = dialect;
    let body = match fault {
        Some(Fault::Failed500) => with(&body, code, &format!("{failed:?}")),
        Some(Fault::UnknownCode) => with(&body, code, "\"777\""),
        Some(Fault::OtherCustomer) => with(&body, customer, "\"8801234569999\""),
        Some(Fault::OtherNumber) => {
            numbers.iter().fold(body, |body, number| with(&body, number, "\"4711\""))
        }
        Some(Fault::OtherAmount) => with(&body, amount, "1"),
        Some(Fault::CodeTwice) => {
            let once = format!("{code:?}");
            body.replacen(&once, &format!("{once}:{failed:?},{once}"), 1)
        }
        Some(Fault::Html502 | Fault::Html200) => "<html><body>Bad Gateway</body></html>".to_owned(),
        Some(Fault::Empty) => String::new(),
        _ => body,
    };
    let status = match fault {
        Some(Fault::Html502) => 502,
        Some(Fault::Failed500) => 500,
        _ => status,
    };
    let head = format!(
        "HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    let whole = format!("{head}{body}");
    match fault {
        // Closed with its request unread.
        Some(Fault::ResetAfter) => return Some(()),
        Some(Fault::Closed) => return stream.shutdown(Shutdown::Both).ok(),
        Some(Fault::Late) => {
            thread::sleep(TOO_LONG);
            stream.write_all(whole.as_bytes()).ok()?;
        }
        Some(Fault::Dribbled) => {
            let pause = TOO_LONG / u32::try_from(whole.len()).ok()?;
            for byte in whole.bytes() {
                stream.write_all(&[byte]).ok()?;
                thread::sleep(pause);
            }
        }
        Some(Fault::CutHead) => stream.write_all(&whole.as_bytes()[..head.len() / 2]).ok()?,
        Some(Fault::CutBody) => {
            stream.write_all(&whole.as_bytes()[..head.len() + body.len() / 2]).ok()?;
        }
        Some(Fault::Garbage) => stream.write_all(&[0xff, 0, 0x16, 3, 1, 2, 0, 9]).ok()?,
        Some(Fault::Twice) => stream.write_all(format!("{whole}{whole}").as_bytes()).ok()?,
        _ => stream.write_all(whole.as_bytes()).ok()?,
    }
    stream.shutdown(Shutdown::Write).ok()
}

/// The JSON with another value of a field, if it has the field.
fn with(body: &str, field: &str, value: &str) -> String {
    let name = format!("\"{field}\":");
    let Some((before, rest)) = body.split_once(&name) else { return body.to_owned() };
    let end = rest.find([',', '}']).unwrap();
    format!("{before}{name}{value}{}", &rest[end..])
}
