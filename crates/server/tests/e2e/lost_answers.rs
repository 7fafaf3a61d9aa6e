//! Lost answers to payments: every client notices, and none sends the payment again automatically.
//! Browsers are tested in the browser suite.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use iak_protocol::Command as Wire;

use crate::client::CHECK;
use crate::server::{DEPOSIT, Home, Server, wait_for};

const PAYS: &str = "8801234560001";
const SELLING_PRICE: i64 = 52_300;

/// A client that gets `$URL/livez` and then posts `$BODY` to `$URL/api/v1/bill/check`, on the same
/// connection if it keeps one. It exits with 0 only after it has read a document.
struct Client {
    name: &'static str,
    /// Succeeds if the client is installed.
    probe: &'static [&'static str],
    run: &'static [&'static str],
}

const CLIENTS: [Client; 7] = [
    Client {
        name: "curl",
        probe: &["curl", "--version"],
        run: &["sh", "-c", r#"curl -s "$URL/livez" --next -s -d "$BODY" "$URL/api/v1/bill/check""#],
    },
    Client {
        name: "curl over HTTP/2",
        probe: &["sh", "-c", "curl --version | grep -q HTTP2"],
        run: &[
            "sh",
            "-c",
            r#"curl --http2-prior-knowledge -s -d "$BODY" "$URL/api/v1/bill/check""#,
        ],
    },
    Client {
        name: "PHP with curl",
        probe: &["php", "-r", "exit(extension_loaded('curl') ? 0 : 1);"],
        run: &["php", "-r", PHP_CURL],
    },
    Client { name: "PHP", probe: &["php", "--version"], run: &["php", "-r", PHP_STREAM] },
    Client {
        name: "Node.js",
        probe: &["node", "-e", "process.exit(typeof fetch === 'function' ? 0 : 1)"],
        run: &["node", "--input-type=module", "-e", NODE],
    },
    Client { name: "Python", probe: &["python3", "--version"], run: &["python3", "-c", PYTHON] },
    // It repeats an unanswered POST automatically, and does not report a truncated body.
    Client {
        name: "Java",
        probe: &["java", "--version"],
        run: &["sh", "-c", r#"printf %s "$0" > Ask.java && java Ask.java"#, JAVA],
    },
];

const PHP_CURL: &str = r#"
$curl = curl_init(getenv('URL') . '/livez');
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
curl_exec($curl);
curl_setopt($curl, CURLOPT_URL, getenv('URL') . '/api/v1/bill/check');
curl_setopt($curl, CURLOPT_POSTFIELDS, getenv('BODY'));
exit(curl_exec($curl) === false ? 3 : 0);"#;

// It keeps no connection and does not report a truncated body: what it reads is not a document.
const PHP_STREAM: &str = r#"
$http = ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => getenv('BODY')];
$url = getenv('URL') . '/api/v1/bill/check';
$body = @file_get_contents($url, false, stream_context_create(['http' => $http]));
exit(json_decode((string) $body) === null ? 3 : 0);"#;

const NODE: &str = r#"
await (await fetch(`${process.env.URL}/livez`)).text();
try {
    const answer = await fetch(`${process.env.URL}/api/v1/bill/check`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: process.env.BODY,
    });
    await answer.text();
} catch {
    process.exit(3);
}"#;

const PYTHON: &str = r#"
import http.client, os, sys
connection = http.client.HTTPConnection(os.environ["URL"].removeprefix("http://"))
connection.request("GET", "/livez")
connection.getresponse().read()
try:
    json = {"Content-Type": "application/json"}
    connection.request("POST", "/api/v1/bill/check", os.environ["BODY"], json)
    connection.getresponse().read()
except (http.client.HTTPException, OSError):
    sys.exit(3)"#;

const JAVA: &str = r#"
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;

class Ask {
    public static void main(String[] none) throws Exception {
        open("/livez").getInputStream().readAllBytes();
        try {
            HttpURLConnection payment = open("/api/v1/bill/check");
            payment.setDoOutput(true);
            payment.setRequestProperty("Content-Type", "application/json");
            payment.getOutputStream().write(System.getenv("BODY").getBytes());
            String body = new String(payment.getInputStream().readAllBytes());
            if (!body.endsWith("}")) throw new IOException("no document");
        } catch (IOException lost) {
            System.exit(3);
        }
    }

    static HttpURLConnection open(String path) throws Exception {
        return (HttpURLConnection) URI.create(System.getenv("URL") + path).toURL().openConnection();
    }
}"#;

impl Client {
    fn is_here(&self) -> bool {
        let mut probe = Command::new(self.probe[0]);
        probe.args(&self.probe[1..]).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }

    fn run(&self, home: &Home, server: &Server, body: &[u8]) -> Output {
        Command::new(self.run[0])
            .args(&self.run[1..])
            .current_dir(home.file(""))
            .env("URL", format!("http://127.0.0.1:{}", server.port))
            .env("BODY", std::str::from_utf8(body).unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// How many payments the server has received.
fn asked(server: &Server) -> u64 {
    server.counted("lunas_requests_total", r#"command="pay-pasca""#)
}

#[test]
fn every_client_reports_a_lost_answer_and_does_not_repeat_the_payment() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let mut payments = 0;
    for client in CLIENTS.iter().filter(|client| client.is_here()) {
        let name = client.name;
        let tr_id = partner.inquired("BPJS", PAYS).tr_id();
        let body = partner.signed(Wire::payment(tr_id));
        home.operate(&["sandbox", "scenario", "on", "lost-answer"]);
        let lost = client.run(&home, &server, &body);
        let said = String::from_utf8_lossy(&lost.stderr);
        assert!(lost.status.code().is_some_and(|code| code != 0), "{name} got an answer {said}");
        payments += 1;
        assert_eq!(asked(&server), payments, "{name} sent the payment again, or never");
        // The same client reads the next answer completely, so the client works.
        let read = client.run(&home, &server, &body);
        let said = String::from_utf8_lossy(&read.stderr);
        assert_eq!(read.status.code(), Some(0), "{name}: {said}");
        payments += 1;
        assert_eq!(asked(&server), payments, "{name}");
    }
    assert!(payments > 0, "no client is here");
    let paid = i64::try_from(payments / 2).unwrap();
    assert_eq!(home.deposit(), (DEPOSIT - paid * SELLING_PRICE, 0), "each bill once");
    home.audit();
}

/// A lost answer is its head and one byte, which contains no code for any client.
#[test]
fn the_first_byte_of_a_lost_answer_contains_no_outcome() {
    let home = Home::new();
    let server = home.start(&[]);
    for (content_type, format) in [
        ("application/json", iak_protocol::Format::Json),
        ("application/xml", iak_protocol::Format::Xml),
    ] {
        let mut partner = server.partner().speaking(format);
        let tr_id = partner.inquired("BPJS", PAYS).tr_id();
        home.operate(&["sandbox", "scenario", "on", "lost-answer"]);
        let body = partner.signed(Wire::payment(tr_id));
        let head =
            format!("POST {CHECK} HTTP/1.1\r\nHost: lunas\r\nContent-Type: {content_type}\r\n");
        let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        let mut came = String::new();
        stream.read_to_string(&mut came).unwrap();
        let (head, body) = came.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        assert!(length.unwrap().parse::<usize>().unwrap() > 100, "{head}");
        assert_eq!(body.len(), 1, "{body}");
    }
}

/// If a shutdown aborts a payment, its connection still gets an answer.
#[test]
fn a_payment_that_is_still_running_at_shutdown_is_answered_as_unknown() {
    let home = Home::new();
    let server = home.start(&[("server.shutdown_deadline", "1s")]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PAYS, "outlasts").tr_id();
    home.operate(&["sandbox", "scenario", "on", "slow-answer"]);
    let paying = std::thread::spawn(move || partner.pay(tr_id));
    wait_for("the biller to have it", || (!home.journal().is_empty()).then_some(()));
    server.signal("TERM");
    let told = paying.join().unwrap();
    assert_eq!((told.status, &*told.rc()), (500, "39"));
    assert_eq!(server.ended().code(), Some(0), "{}", home.log());

    let server = home.start(&[("gateway.resolver_first_ask", "100ms")]);
    let mut partner = server.partner();
    wait_for("its end", || (partner.status("outlasts").rc() == "00").then_some(()));
    assert_eq!(home.deposit(), (DEPOSIT - SELLING_PRICE, 0));
    home.audit();
}
