//! The client against a server of the test's own, which answers one request with fixed bytes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use iak_protocol::{Format, decode_request, verify};

use super::*;

const KEY: &str = "canary-key-5f1b";

fn example(name: &str) -> String {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../iak-protocol/tests/data/examples");
    std::fs::read_to_string(format!("{examples}/{name}")).unwrap()
}

fn http(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Answers the first request with these bytes and closes; what it was asked comes from the handle.
fn answering(answer: String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let asked = read_request(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        asked
    });
    (url, asked)
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut asked = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&asked).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
            if body.len() == length {
                return String::from_utf8(asked).unwrap();
            }
        }
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the request is cut: {text}");
        asked.extend_from_slice(&buffer[..count]);
    }
}

/// The client as the arguments make it, with a key file of the test's own.
struct Client {
    server: Server,
    caller: Caller,
}

impl Client {
    fn new(url: &str) -> Client {
        let key = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(key.path(), KEY).unwrap();
        let credentials = Credentials {
            username: Some("123123123".to_owned()),
            api_key_file: Some(key.path().to_owned()),
            data: None,
        };
        let caller = credentials.caller(Some(url), true, |_| panic!("nothing is missing")).unwrap();
        let url = Some(url.to_owned());
        let server = Server { url, credentials, xml: false, json: false, show: true, timeout: 5 };
        Client { server, caller }
    }

    fn ask(&self, command: Command<'_>) -> (Outcome, String) {
        let mut out = Vec::new();
        let outcome = self.exchange(command, None, &mut out);
        (outcome, String::from_utf8(out).unwrap())
    }

    fn exchange(
        &self,
        command: Command<'_>,
        product_type: Option<&str>,
        out: &mut dyn Write,
    ) -> Outcome {
        let request = self.signed(command).unwrap();
        let url = endpoint(&self.caller.url, product_type).unwrap();
        self.server.exchange(&url, &request, out).unwrap()
    }

    fn signed<'a>(&'a self, command: Command<'a>) -> anyhow::Result<Request<'a>> {
        signed(&self.caller, command)
    }
}

fn inquiry(ref_id: &str) -> Command<'_> {
    Command::Inquiry(Inquiry {
        code: "BPJS".into(),
        hp: "8801234560001".into(),
        ref_id: ref_id.into(),
        month: Some("2".into()),
        ..Inquiry::default()
    })
}

#[test]
fn an_inquiry_is_sent_signed_and_its_bill_shown() {
    let body = example("bpjs-kesehatan/inquiry-response.json");
    let (url, asked) = answering(http("200 OK", "application/json", &body));
    let (outcome, out) = Client::new(&url).ask(inquiry("091283746511"));
    assert_eq!(outcome, Outcome::Done);
    assert!(out.contains("selling_price         52.300\n"), "{out}");
    assert!(out.contains("desc.nama_cabang      JAKARTA PUSAT\n"), "{out}");

    let asked = asked.join().unwrap();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /api/v1/bill/check HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(!asked.contains(KEY));
    let request = decode_request(body.as_bytes(), Format::Json).unwrap();
    assert_eq!(request.command, inquiry("091283746511"));
    assert!(verify("123123123", KEY, "091283746511", &request.sign));
}

#[test]
fn xml_is_spoken_and_told_as_json() {
    let body = example("bpjs-kesehatan/payment-response.xml");
    let (url, asked) = answering(http("200 OK", "application/xml", &body));
    let mut client = Client::new(&url);
    (client.server.xml, client.server.json) = (true, true);
    let (outcome, out) = client.ask(Command::payment(9_732_787));
    assert_eq!(outcome, Outcome::Done);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["data"]["selling_price"], 52_500);
    assert_eq!(document["data"]["desc"]["kode_cabang"], "0901");
    let asked = asked.join().unwrap();
    let body = asked.split_once("\r\n\r\n").unwrap().1;
    let request = decode_request(body.as_bytes(), Format::Xml).unwrap();
    assert_eq!(request.command, Command::payment(9_732_787));
}

#[test]
fn json_is_told_as_it_was_sent() {
    let body = r#"{"data":{"response_code":"00","message":"OK","new":[1.50]},"meta":[]}"#;
    let (url, _asked) = answering(http("200 OK", "application/json", body));
    let mut client = Client::new(&url);
    client.server.json = true;
    assert_eq!(client.ask(Command::payment(7)), (Outcome::Done, format!("{body}\n")));
}

#[test]
fn a_price_list_is_asked_by_type_and_shown_in_columns() {
    let body = example("price-list/response.json");
    let (url, asked) = answering(http("200 OK", "application/json", &body));
    let client = Client::new(&url);
    let command = Command::PriceList { status: Listing::NonActive, province: None };
    let mut out = Vec::new();
    let outcome = client.exchange(command, Some("pdam"), &mut out);
    assert_eq!(outcome, Outcome::Done);
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("\nAETRA  pdam  active  2.500         700  AETRA\n"), "{out}");
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("POST /api/v1/bill/check/pdam "), "{asked}");
    assert!(asked.contains("non active"), "{asked}");
}

#[test]
fn a_refusal_and_a_payment_in_process_are_told_apart() {
    for (status, name, expected) in [
        ("200 OK", "check-status/failed.json", Outcome::Refused),
        ("200 OK", "check-status/not-received.json", Outcome::Refused),
        ("200 OK", "check-status/in-process.json", Outcome::Pending),
        ("200 OK", "check-status/success.json", Outcome::Done),
    ] {
        let (url, _asked) = answering(http(status, "application/json", &example(name)));
        let (outcome, out) =
            Client::new(&url).ask(Command::Status { ref_id: "091283746520".into() });
        assert_eq!(outcome, expected, "{name}");
        assert!(out.contains("\nref_id  "), "{out}");
    }
}

#[test]
fn a_lost_answer_leaves_a_payment_unknown() {
    let whole =
        http("200 OK", "application/json", &example("bpjs-kesehatan/payment-response.json"));
    let half = whole[..whole.len() / 2].to_owned();
    let html = http("200 OK", "text/html", "<html><body>Welcome</body></html>");
    let error = http("503 Service Unavailable", "text/html", "<h1>503</h1>");
    let coded = http(
        "500 Internal Server Error",
        "application/json",
        r#"{"data":{"response_code":"07","message":"TRANSACTION FAILED"},"meta":[]}"#,
    );
    let moved = "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n".to_owned();
    for lost in [String::new(), half, html, error, coded, moved, "nonsense\r\n\r\n".to_owned()] {
        let (url, asked) = answering(lost.clone());
        let (outcome, _) = Client::new(&url).ask(Command::payment(9_732_787));
        let Outcome::Unknown(_) = &outcome else { panic!("{outcome:?} after {lost}") };
        let advice = advice(&outcome, &Command::payment(9_732_787), None).unwrap();
        assert!(advice.contains("outcome is unknown") && advice.contains("lunas status REF_ID"));
        assert_plain(&advice);
        // The listener takes one request: a second one would have failed the test otherwise.
        asked.join().unwrap();
    }
}

#[test]
fn a_silent_server_is_given_up_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = Client::new(&format!("http://{}", listener.local_addr().unwrap()));
    client.server.timeout = 1;
    let (outcome, out) = client.ask(Command::payment(7));
    assert_eq!(outcome, Outcome::Unknown("no whole answer came within 1 s".to_owned()));
    assert_eq!(out, "");
}

/// Libraries' own words say nothing to whoever runs a command.
fn assert_plain(told: &str) {
    for raw in ["error sending", "client error", "builder error", "decoding", "os error", "hyper"] {
        assert!(!told.contains(raw), "{raw} in {told}");
    }
}

#[test]
fn a_server_that_is_not_there_was_sent_nothing() {
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (plain, _asked) = closing();
    // No resolver is asked about a name that cannot be one.
    let no_name = format!("http://{}.invalid", "a".repeat(64));
    for (url, part) in [
        (
            format!("http://{nowhere}"),
            format!("{nowhere} refused the connection: start the server"),
        ),
        (plain.replace("http", "https"), "does not speak TLS: if it is a plain server".to_owned()),
        (no_name, ".invalid has no address: check --url or LUNAS_URL".to_owned()),
    ] {
        let (outcome, _) = Client::new(&url).ask(Command::payment(7));
        let Outcome::NotSent(why) = &outcome else { panic!("{url}: {outcome:?}") };
        assert!(why.contains(&part), "{url}: {why}");
        assert_plain(why);
    }
}

/// Answers the first bytes with what is neither HTTP nor TLS.
fn closing() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"220 mail ready\r\n");
    });
    (url, asked)
}

#[test]
fn a_reply_that_is_not_http_is_told_as_such() {
    let (url, _asked) = closing();
    let (outcome, _) = Client::new(&url).ask(Command::payment(7));
    let Outcome::Unknown(why) = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("is not HTTP: check --url or LUNAS_URL"), "{why}");
}

#[test]
fn an_answer_that_cannot_be_printed_is_still_a_success() {
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let body = example("bpjs-kesehatan/payment-response.json");
    let (url, _asked) = answering(http("200 OK", "application/json", &body));
    let outcome = Client::new(&url).exchange(Command::payment(9_732_787), None, &mut Closed);
    assert_eq!(outcome, Outcome::Done);
}

#[test]
fn malformed_values_are_not_signed() {
    let client = Client::new("http://127.0.0.1:1");
    for ref_id in ["", "cs", "pl", "a b", "a\u{0}b", &"1".repeat(65)] {
        assert!(client.signed(inquiry(ref_id)).is_err(), "{ref_id:?}");
    }
    assert!(client.signed(inquiry("ref-14_May_2022_0.03.39")).is_ok());
}

#[test]
fn the_advice_names_the_ref_id_only_of_the_same_transaction() {
    let answered = |ref_id: &'static str| {
        let mut answer = iak_protocol::BillAnswer::new(iak_protocol::ResponseCode::Pending, "");
        (answer.tr_id, answer.ref_id) = (Some(7), Some(ref_id.into()));
        Answer::Bill(Box::new(answer))
    };
    let hostile = advice(&Outcome::Pending, &Command::payment(7), Some(&answered("a`; rm b")));
    assert!(hostile.unwrap().contains("`lunas status REF_ID`"));
    let told = answered("mine");
    let advised = |outcome, command| advice(&outcome, &command, Some(&told));
    let pending = advised(Outcome::Pending, Command::payment(7)).unwrap();
    assert!(pending.contains("`lunas status mine`"), "{pending}");
    let other = advised(Outcome::Unknown("other".into()), Command::payment(8)).unwrap();
    assert!(other.contains("`lunas status REF_ID`"), "{other}");
    let status = Command::Status { ref_id: "asked".into() };
    assert!(advised(Outcome::Pending, status).unwrap().contains("`lunas status asked`"));
    assert_eq!(advised(Outcome::Done, Command::payment(7)), None);
    let bill = advised(Outcome::Unknown("cut".into()), inquiry("a")).unwrap();
    assert!(!bill.contains("lunas status"), "{bill}");
}

#[test]
fn the_status_of_an_unknown_ref_id_says_what_it_takes() {
    let told = |code| Answer::Bill(Box::new(iak_protocol::BillAnswer::failure(code)));
    let status = Command::Status { ref_id: "10000001".into() };
    let unknown = told(iak_protocol::ResponseCode::InquiryNotFound);
    let advised = advice(&Outcome::Refused, &status, Some(&unknown)).unwrap();
    assert!(advised.contains("ref_id 10000001") && advised.contains("not the tr_id"), "{advised}");
    // A payment that failed has its answer, and needs no advice.
    let failed = told(iak_protocol::ResponseCode::PaymentFailed);
    assert_eq!(advice(&Outcome::Refused, &status, Some(&failed)), None);
    assert_eq!(advice(&Outcome::Refused, &Command::payment(7), Some(&unknown)), None);
    let paid = advice(&Outcome::AlreadyPaid, &Command::payment(7), None).unwrap();
    assert!(paid.contains("already paid") && !paid.contains("unknown"), "{paid}");
}

#[test]
fn a_number_that_is_none_is_told_what_would_be_one() {
    for bad in ["abc", "", "-1", "+1", "1.0", "99999999999999999999"] {
        assert!(tr_id(bad).unwrap_err().contains("such as 10000001"), "{bad:?}");
    }
    for bad in ["abc", "", "-1", "0", "601", "1.0"] {
        assert!(seconds(bad).unwrap_err().contains("1 to 600"), "{bad:?}");
    }
    assert_eq!((tr_id("10000001"), tr_id("0"), seconds("600")), (Ok(10_000_001), Ok(0), Ok(600)));
}

#[test]
fn made_up_ref_ids_differ_and_fit_the_wire() {
    let (one, other) = (new_ref_id().unwrap(), new_ref_id().unwrap());
    assert_ne!(one, other);
    assert!(Client::new("http://127.0.0.1:1").signed(inquiry(&one)).is_ok());
}

#[test]
fn no_final_answer_has_an_exit_code_of_its_own() {
    let code = |outcome: Outcome| format!("{:?}", exit_code(&outcome));
    let of = |number: u8| format!("{:?}", ExitCode::from(number));
    assert_eq!(code(Outcome::Done), of(0));
    assert_eq!(code(Outcome::Refused), of(1));
    assert_eq!(code(Outcome::Pending), of(3));
    assert_eq!(code(Outcome::AlreadyPaid), of(4));
    assert_eq!(code(Outcome::from(&CallError::MaybeSent(String::new()))), of(3));
    assert_eq!(code(Outcome::from(&CallError::NotSent(String::new()))), of(3));
}
