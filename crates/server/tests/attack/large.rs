//! Bodies over the limit, and large bodies of refused requests, over plain HTTP and TLS. A client
//! that writes everything before it reads must see the answer; a client that announces its length
//! is refused before it sends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::attack_server::connect_from;
use crate::client::CHECK;
use crate::server::{Home, Server, wait_for};

/// More than the sockets between both sides can hold.
const LARGE: usize = 5 * 1024 * 1024;

/// A body as large as a file sent by mistake.
const TWO_MB: usize = 2_000_000;

/// A server that waits for a body longer than a test waits for an answer.
const PATIENT: (&str, &str) = ("server.body_deadline", "1m");

/// How clients connect to a server.
enum Way {
    Plain,
    Tls(Arc<ClientConfig>),
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

impl Way {
    /// Starts a plain HTTP server with this configuration.
    fn plain(home: &Home, config: &[(&str, &str)]) -> (Way, Server) {
        (Way::Plain, home.start(config))
    }

    /// Starts a TLS server with this configuration and a certificate that its clients trust.
    fn tls(home: &Home, config: &[(&str, &str)]) -> (Way, Server) {
        let (certificate, key) = (home.file("tls.pem"), home.file("tls.key"));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-nodes", "-newkey", "ec", "-days", "10"]);
        openssl.args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl.args(["-addext", "subjectAltName=DNS:localhost"]);
        let made = openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let files = [
            ("server.tls_certificate_file", certificate.to_str().unwrap()),
            ("server.tls_key_file", key.to_str().unwrap()),
        ];
        let server = home.start(&[&files[..], config].concat());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&certificate).unwrap()).unwrap();
        let trust = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        (Way::Tls(Arc::new(trust)), server)
    }

    fn connect(&self, server: &Server) -> Box<dyn Stream> {
        let stream = connect_from("127.0.0.2", server.port);
        match self {
            Way::Plain => Box::new(stream),
            Way::Tls(trust) => {
                let name = "localhost".try_into().unwrap();
                let client = ClientConnection::new(Arc::clone(trust), name).unwrap();
                Box::new(StreamOwned::<ClientConnection, TcpStream>::new(client, stream))
            }
        }
    }

    /// Writes everything, then reads until the connection ends.
    fn told(&self, server: &Server, sent: &[u8]) -> String {
        let mut stream = self.connect(server);
        let written = stream.write_all(sent).and_then(|()| stream.flush());
        let mut told = Vec::new();
        let read = stream.read_to_end(&mut told);
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(written.is_ok() && read.is_ok(), "{written:?} {read:?} {told}");
        told
    }
}

fn head(length: impl std::fmt::Display, more: &str) -> String {
    format!("POST {CHECK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{more}\r\n")
}

/// A complete request with a body of this many blanks.
fn request(size: usize) -> Vec<u8> {
    [head(size, "").as_bytes(), &vec![b' '; size]].concat()
}

/// Starts a server with this configuration; returns how to connect to it.
type Start = fn(&Home, &[(&str, &str)]) -> (Way, Server);

const WAYS: [Start; 2] = [Way::plain, Way::tls];

#[test]
fn a_length_over_the_limit_is_refused_before_its_body_comes() {
    for way in WAYS {
        let home = Home::new();
        let (way, server) = way(&home, &[PATIENT]);
        for more in ["", "Expect: 100-continue\r\n"] {
            for (length, must) in [
                ("65537", "HTTP/1.1 413 "),
                ("5000000", "HTTP/1.1 413 "),
                ("999999999999", "HTTP/1.1 413 "),
                ("99999999999999999999", "HTTP/1.1 400 "),
            ] {
                // The first line is not a 100, which would ask for the body.
                let told = way.told(&server, head(length, more).as_bytes());
                assert!(told.starts_with(must), "{length} {more}: {told}");
                let explained = told.contains("is larger than 64 KiB");
                assert_eq!(explained, must.contains("413"), "{length}: {told}");
            }
        }
        // A body exactly at the limit is asked for and read.
        let mut stream = way.connect(&server);
        stream.write_all(head(65_536, "Expect: 100-continue\r\n").as_bytes()).unwrap();
        let mut asked = [0; 13];
        stream.read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 ");
    }
}

/// The same for a form of the portal.
#[test]
fn a_form_over_the_limit_is_refused_before_it_comes() {
    let home = Home::new();
    let server = home.start(&[PATIENT]);
    for (path, length) in [("/report/deposit", 65_537), ("/sign-in", 4_097)] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
        );
        let told = Way::Plain.told(&server, head.as_bytes());
        assert!(told.starts_with("HTTP/1.1 413 "), "{path}: {told}");
    }
}

#[test]
fn a_form_that_does_not_come_is_given_up() {
    let home = Home::new();
    let server = home.start(&[("server.body_deadline", "200ms")]);
    for path in ["/report/deposit", "/sign-in"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\ntoken="
        );
        let told = Way::Plain.told(&server, head.as_bytes());
        assert!(told.starts_with("HTTP/1.1 408 "), "{path}: {told}");
    }
}

#[test]
fn a_body_that_is_too_large_is_told_so_over_tls_too() {
    let home = Home::new();
    let (way, server) = Way::tls(&home, &[]);
    let chunked =
        format!("POST {CHECK} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{LARGE:x}\r\n");
    for sent in [request(LARGE), [chunked.as_bytes(), &vec![b' '; LARGE]].concat()] {
        let told = way.told(&server, &sent);
        assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
        assert!(told.to_lowercase().contains("connection: close"), "{told}");
        assert!(told.contains("is larger than 64 KiB"), "{told}");
    }
}

#[test]
fn whoever_is_turned_away_with_a_large_body_is_told_when_to_come_back() {
    for way in WAYS {
        let home = Home::new();
        let (way, server) = way(&home, &[("limits.requests_in_flight", "1"), PATIENT]);
        // A body that does not arrive uses the only permit.
        let mut holder = way.connect(&server);
        holder.write_all(head(9, "Expect: 100-continue\r\n").as_bytes()).unwrap();
        holder.read_exact(&mut [0; 13]).unwrap();
        let told = way.told(&server, &request(TWO_MB));
        assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
        assert!(told.contains("retry-after: 1") && told.contains("\"33\""), "{told}");
    }
    for way in WAYS {
        let home = Home::new();
        let (way, server) = way(&home, &[("limits.requests_per_second_per_address", "1")]);
        let told = wait_for("a request too many", || {
            let told = way.told(&server, &request(TWO_MB));
            (!told.starts_with("HTTP/1.1 413 ")).then_some(told)
        });
        assert!(told.starts_with("HTTP/1.1 429 "), "{told}");
        assert!(told.contains("retry-after: 1") && told.contains("\"33\""), "{told}");
    }
}
