//! The tutorials' callback receivers in `examples/`, run unchanged: the sandbox sends each a
//! callback.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::json;

use super::{PROGRAMS, examples};
use crate::callbacks::receiver::{Answers, Call, Receiver};
use crate::callbacks::{pending, succeed, wait_until};
use crate::client::{Connection, TIMEOUT};
use crate::server::{API_KEY, Home, USERNAME, wait_for};

/// Each language and the command of its receiver; `PORT` and `EXAMPLES` are replaced.
const RECEIVERS: [(&str, &[&str]); 6] = [
    ("php", PHP),
    ("node", &["node", "EXAMPLES/node/callback.mjs"]),
    ("python", &["python3", "EXAMPLES/python/callback.py"]),
    ("go", &["go", "run", "EXAMPLES/go/callback/callback.go"]),
    ("java", &["java", "EXAMPLES/java/Callback.java"]),
    ("rust", &["sh", "-c", "exec \"${0%/*}/callback\"", env!("CARGO_BIN_EXE_lunas")]),
];

/// Shows errors, as PHP does without a `php.ini`.
const PHP: &[&str] =
    &["php", "-d", "display_errors=1", "-S", "127.0.0.1:PORT", "EXAMPLES/php/callback.php"];

/// A receiver that runs until it is dropped.
struct Running {
    child: Child,
    port: u16,
    said: PathBuf,
}

impl Running {
    fn start(home: &Home, command: &[&str], key: &str) -> Running {
        let mut running = Running::begin(home, command, key);
        assert!(running.listens(), "it has ended: {command:?}");
        running
    }

    fn begin(home: &Home, command: &[&str], key: &str) -> Running {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let filled = |word: &&str| {
            let examples = examples().display().to_string();
            word.replace("PORT", &port.to_string()).replace("EXAMPLES", &examples)
        };
        let words: Vec<String> = command.iter().map(filled).collect();
        let said = home.file(&format!("said-{port}"));
        let child = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(home.file(""))
            .env("LUNAS_CALLBACK_PORT", port.to_string())
            .env("LUNAS_USERNAME", USERNAME)
            .env("LUNAS_API_KEY", key)
            .stdin(Stdio::null())
            .stdout(File::create(&said).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Running { child, port, said }
    }

    /// Waits until it listens or has ended.
    fn listens(&mut self) -> bool {
        wait_for("a receiver", || match self.child.try_wait().unwrap() {
            Some(_) => Some(false),
            None => TcpStream::connect(("127.0.0.1", self.port)).ok().map(|_| true),
        })
    }

    /// The status of its answer; 0 without an answer.
    fn answer_to(&self, method: &str, body: &[u8]) -> u16 {
        let headers = ["Content-Type: application/json"];
        let reply = Connection::open(self.port).unwrap().send(method, "/callback", &headers, body);
        reply.map_or(0, |reply| reply.status)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// The log lines about callbacks.
    fn heard(&self) -> Vec<String> {
        let said = fs::read_to_string(&self.said).unwrap();
        let heard = said.lines().filter(|line| line.starts_with("Callback: "));
        heard.map(str::to_owned).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // `go run` and the shells of some languages start the program as a child.
        let _ = Command::new("pkill").args(["-TERM", "-P", &self.child.id().to_string()]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks the receivers in parallel, each with its own sandbox.
fn on_each_receiver(check: fn(&'static str, &'static [&'static str])) {
    let is_here = |language: &str| {
        PROGRAMS.iter().any(|program| program.language == language && program.is_here())
    };
    thread::scope(|scope| {
        for (language, command) in RECEIVERS.into_iter().filter(|(language, _)| is_here(language)) {
            scope.spawn(move || check(language, command));
        }
    });
}

fn resolved_as_failed(home: &Home, tr_id: i64) {
    home.operate(&["payment", "resolve", &tr_id.to_string(), "--failed", "--reason", "told"]);
}

#[test]
fn every_receiver_records_each_result_once() {
    on_each_receiver(|language, command| {
        let home = Home::new();
        let server = home.start(&[]);
        let receiver = Running::start(&home, command, API_KEY);
        home.operate(&["partner", "callback", USERNAME, &receiver.url()]);
        let mut partner = server.partner();
        let (paid, failed) = (pending(&mut partner, "one"), pending(&mut partner, "other"));
        succeed(&home, paid);
        wait_until(&home, paid, "delivered");
        home.operate(&["callback", "send", &paid.to_string()]);
        wait_until(&home, paid, "delivered");
        resolved_as_failed(&home, failed);
        wait_until(&home, failed, "delivered");
        let expected = [
            "Callback: one paid, reference 4711",
            "Callback: one again, nothing to do",
            "Callback: other failed: 37 PEMBAYARAN GAGAL",
        ];
        assert_eq!(receiver.heard(), expected, "{language}");
    });
}

#[test]
fn every_receiver_refuses_unsigned_and_endless_bodies() {
    on_each_receiver(|language, command| {
        let home = Home::new();
        let server = home.start(&[]);
        let receiver = Running::start(&home, command, "another-key");
        home.operate(&["partner", "callback", USERNAME, &receiver.url()]);
        let tr_id = pending(&mut server.partner(), "forged");
        succeed(&home, tr_id);
        wait_for("a refusal", || {
            let told = home.operate(&["callback", "list"]);
            (told[0]["answer"] == "HTTP status 403").then_some(())
        });
        let long = [b' '; 70_000];
        for body in [&b"x"[..], b"{}", br#"{"data":{"ref_id":"a"}}"#, b"\xff", &long] {
            let status = receiver.answer_to("POST", body);
            assert!([0, 400, 403, 413].contains(&status), "{language}: {status}");
        }
        assert_eq!(receiver.heard(), [""; 0], "{language}");
    });
}

#[test]
fn every_receiver_accepts_only_posts_up_to_its_size_limit() {
    on_each_receiver(|language, command| {
        let home = Home::new();
        let receiver = Running::start(&home, command, API_KEY);
        let short = paid(API_KEY);
        // It is signed and readable; only its length is wrong.
        let long = [short.as_bytes(), &[b' '; 70_000]].concat();
        let unsigned = json!({ "data": { "tr_id": 1, "ref_id": "a".repeat(60_000), "sign": "a",
            "response_code": "00", "message": "SUCCESS" } });

        let got = receiver.answer_to("GET", b"");
        assert!([404, 405].contains(&got), "{language}: {got}");
        let refused = receiver.answer_to("POST", unsigned.to_string().as_bytes());
        assert_eq!(refused, 403, "{language}");
        // 0: some close the connection while the client still sends.
        let status = receiver.answer_to("POST", &long);
        assert!([0, 400, 413].contains(&status), "{language}: {status}");
        send_without_a_length(receiver.port, &long);
        assert_eq!(receiver.heard(), [""; 0], "{language}");

        assert_eq!(receiver.answer_to("POST", short.as_bytes()), 200, "{language}");
        assert_eq!(receiver.heard(), ["Callback: one paid, reference 4711"], "{language}");
    });
}

#[test]
fn a_receiver_without_a_key_refuses_every_callback() {
    on_each_receiver(|language, command| {
        let home = Home::new();
        let mut receiver = Running::begin(&home, command, "");
        if receiver.listens() {
            assert_eq!(receiver.answer_to("POST", paid("").as_bytes()), 500, "{language}");
        }
    });
}

#[test]
fn the_php_receiver_refuses_a_callback_that_it_cannot_store() {
    let php = PROGRAMS.iter().find(|program| program.language == "php").unwrap();
    if !php.is_here() {
        return;
    }
    let home = Home::new();
    let receiver = Running::start(&home, PHP, API_KEY);
    let in_the_way = home.file("callback-1");
    fs::create_dir(&in_the_way).unwrap();
    assert_eq!(receiver.answer_to("POST", paid(API_KEY).as_bytes()), 500);
    assert_eq!(receiver.heard(), [""; 0]);
    fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(receiver.answer_to("POST", paid(API_KEY).as_bytes()), 200);
    assert_eq!(receiver.heard(), ["Callback: one paid, reference 4711"]);
}

/// A callback for payment 1, signed with this key.
fn paid(key: &str) -> String {
    let sign = iak_protocol::sign(USERNAME, key, "one").to_string();
    json!({ "data": { "tr_id": 1, "ref_id": "one", "status": 1, "response_code": "00",
        "message": "SUCCESS", "noref": "4711", "sign": sign }, "meta": [] })
    .to_string()
}

/// Sends this body with a negative Content-Length and waits for the end.
fn send_without_a_length(port: u16, body: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let head = "POST /callback HTTP/1.1\r\nHost: lunas\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n";
    // The receiver may close the connection before that.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn the_callback_of_the_shell_example_is_what_lunas_sends() {
    let home = Home::new();
    let receiver =
        Receiver::new(&[Answers::Status(200), Answers::Status(200), Answers::Status(403)]);
    let run = || {
        let script = examples().join("curl/callback.sh");
        let url = receiver.url();
        let mut shell = Command::new("sh");
        shell.arg(script).args([&*url, "order-7"]).env("LUNAS_API_KEY", API_KEY);
        shell.env("LUNAS_USERNAME", USERNAME).output().unwrap()
    };
    assert_eq!(run().status.code(), Some(0));
    let server = home.start(&[]);
    let real = Receiver::new(&[Answers::Status(200)]);
    home.operate(&["partner", "callback", USERNAME, &real.url()]);
    let tr_id = pending(&mut server.partner(), "real");
    succeed(&home, tr_id);
    let (first, again, real) = (receiver.wait(1), receiver.wait(2), real.wait(1));
    assert_eq!(first.data()["sign"], iak_protocol::sign(USERNAME, API_KEY, "order-7").to_string());
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("x-lunas-event"), again.header("x-lunas-event"));
    let attempts = [&first, &again].map(|call| call.header("x-lunas-attempt"));
    assert_eq!(attempts, ["1", "2"]);
    let fields = |call: &Call| -> Vec<String> {
        let data = call.data();
        let names = data.as_object().unwrap().keys().cloned();
        // The fields that differ by product are in `desc`, which this one omits.
        names.filter(|name| name != "desc").collect()
    };
    assert_eq!(fields(&again), fields(&real));
    assert_eq!(run().status.code(), Some(1), "a receiver that refuses it is told of");
}
