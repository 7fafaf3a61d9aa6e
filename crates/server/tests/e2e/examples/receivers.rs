//! The tutorials' receivers of callbacks, run as they stand in `examples/`: the sandbox tells each how a
//! payment ended.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use super::{PROGRAMS, examples};
use crate::callbacks::receiver::{Answers, Call, Receiver};
use crate::callbacks::{pending, succeed, wait_until};
use crate::client::Connection;
use crate::server::{API_KEY, Home, USERNAME, wait_for};

/// Each language with the command that runs its receiver; `PORT` and `EXAMPLES` are filled in.
const RECEIVERS: [(&str, &[&str]); 6] = [
    ("php", &["php", "-S", "127.0.0.1:PORT", "EXAMPLES/php/callback.php"]),
    ("node", &["node", "EXAMPLES/node/callback.mjs"]),
    ("python", &["python3", "EXAMPLES/python/callback.py"]),
    ("go", &["go", "run", "EXAMPLES/go/callback/callback.go"]),
    ("java", &["java", "EXAMPLES/java/Callback.java"]),
    ("rust", &["sh", "-c", "exec \"${0%/*}/callback\"", env!("CARGO_BIN_EXE_lunas")]),
];

/// A receiver that runs until this is dropped.
struct Running {
    child: Child,
    port: u16,
    said: PathBuf,
}

impl Running {
    fn start(home: &Home, command: &[&str], key: &str) -> Running {
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
        wait_for("a receiver", || TcpStream::connect(("127.0.0.1", port)).ok());
        Running { child, port, said }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// The lines about callbacks.
    fn heard(&self) -> Vec<String> {
        let said = fs::read_to_string(&self.said).unwrap();
        let heard = said.lines().filter(|line| line.starts_with("Callback: "));
        heard.map(str::to_owned).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // `go run` and the shells of some languages have the program itself below them.
        let _ = Command::new("pkill").args(["-TERM", "-P", &self.child.id().to_string()]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks the receivers at one time, each beside a sandbox of its own.
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
fn every_receiver_hears_each_end_once() {
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
fn no_receiver_believes_what_is_not_signed_or_reads_what_has_no_end() {
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
            let status = Connection::open(receiver.port)
                .unwrap()
                .send("POST", "/callback", &["Content-Type: application/json"], body)
                .map_or(0, |reply| reply.status);
            assert!([0, 400, 403, 413].contains(&status), "{language}: {status}");
        }
        assert_eq!(receiver.heard(), [""; 0], "{language}");
    });
}

#[test]
fn the_shells_callback_is_what_lunas_sends() {
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
    assert_eq!(first.data()["sign"], protocol::sign(USERNAME, API_KEY, "order-7").to_string());
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("x-lunas-event"), again.header("x-lunas-event"));
    let attempts = [&first, &again].map(|call| call.header("x-lunas-attempt"));
    assert_eq!(attempts, ["1", "2"]);
    let fields = |call: &Call| -> Vec<String> {
        let data = call.data();
        let names = data.as_object().unwrap().keys().cloned();
        // What differs by product stands in `desc`, which this one leaves out.
        names.filter(|name| name != "desc").collect()
    };
    assert_eq!(fields(&again), fields(&real));
    assert_eq!(run().status.code(), Some(1), "a receiver that refuses it is told of");
}
