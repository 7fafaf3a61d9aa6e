//! The tutorials' programs in `examples/`, run unchanged against the built binary: two bills, each
//! paid once, although the answer to the second payment is lost.

mod receivers;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use crate::server::{API_KEY, DEPOSIT, Home, USERNAME};

/// What a bill of the programs costs.
const SELLING_PRICE: i64 = 52_300;

/// Longer than the programs wait for an answer.
const LATE: [(&str, &str); 1] = [("sandbox.latency", "2s")];

/// The languages that `cargo xtask test` has installed, so they are required.
const MUST_RUN: &str = "LUNAS_EXAMPLES_MUST_RUN";

struct Program {
    language: &'static str,
    /// Succeeds if the program can run: the language is installed in a suitable version.
    probe: &'static [&'static str],
    run: &'static [&'static str],
    /// Below `examples/`; the last argument of `run`.
    file: &'static str,
}

const PROGRAMS: [Program; 7] = [
    Program { language: "curl", probe: &["curl", "--version"], run: &["sh"], file: "curl/pay.sh" },
    Program {
        language: "php",
        probe: &["php", "-r", "exit(extension_loaded('curl') ? 0 : 1);"],
        run: &["php"],
        file: "php/pay.php",
    },
    Program {
        language: "node",
        probe: &["node", "-e", "process.exit(typeof fetch === 'function' ? 0 : 1)"],
        run: &["node"],
        file: "node/pay.mjs",
    },
    Program {
        language: "python",
        probe: &["python3", "-c", "import sys; sys.exit(sys.version_info < (3, 10))"],
        run: &["python3"],
        file: "python/pay.py",
    },
    Program { language: "go", probe: &["go", "version"], run: &["go", "run"], file: "go/main.go" },
    Program {
        language: "java",
        probe: &["java", "--version"],
        run: &["java"],
        file: "java/Pay.java",
    },
    // Cargo puts it next to `lunas` when the whole workspace is tested.
    Program {
        language: "rust",
        probe: &["sh", "-c", "test -x \"${0%/*}/tutorial\"", env!("CARGO_BIN_EXE_lunas")],
        run: &["sh", "-c", "exec \"${0%/*}/tutorial\"", env!("CARGO_BIN_EXE_lunas")],
        file: "rust/src/main.rs",
    },
];

#[test]
fn every_program_pays_each_bill_once_even_if_an_answer_is_lost() {
    on_each_language(|program| {
        let home = Home::new();
        let server = home.start(&LATE);
        let done = program.run(&home, server.port, API_KEY);
        assert_paid_once_each(program, &home, &done);
        let said = String::from_utf8_lossy(&done.stdout);
        assert_eq!(said.matches("answer lost").count(), 1, "{}: {said}", program.language);
    });
}

#[test]
fn every_program_pays_each_bill_once_even_if_a_payment_never_arrives() {
    on_each_language(|program| {
        let home = Home::new();
        let server = home.start(&[]);
        let done = program.run(&home, losing_a_payment(server.port), API_KEY);
        assert_paid_once_each(program, &home, &done);
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(said.contains("answer lost"), "{}: {said}", program.language);
    });
}

/// The program reports its payments, and the books have two bills, each paid once.
fn assert_paid_once_each(program: &Program, home: &Home, done: &Output) {
    let (said, error) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let told = format!("{}: {said}{error}", program.language);
    assert_eq!(done.status.code(), Some(0), "{told}");

    let listed = home.operate(&["payment", "list"]);
    let payments = listed.as_array().unwrap();
    let mut paid: Vec<i64> = payments.iter().map(|it| it["tr_id"].as_i64().unwrap()).collect();
    paid.sort_unstable();
    assert!(payments.iter().all(|payment| payment["state"] == "paid"), "{told}{listed}");
    assert_eq!(paid.len(), 2, "{told}{listed}");
    assert_eq!(home.journal(), paid, "{told}");
    assert_eq!(home.deposit(), (DEPOSIT - 2 * SELLING_PRICE, 0), "{told}");
    assert_eq!(receipts(home), [format!("receipt-{}.pdf", paid[0])], "{told}");
    home.audit();
}

#[test]
fn every_program_stops_at_a_wrong_key_and_pays_nothing() {
    on_each_language(|program| {
        let language = program.language;
        let home = Home::new();
        let server = home.start(&[]);
        let done = program.run(&home, server.port, "not-the-key");
        let error = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{language}: {error}");
        assert!(error.contains("nquiry refused: 100 INVALID SIGNATURE"), "{language}: {error}");
        assert_eq!(String::from_utf8_lossy(&done.stdout), "", "{language}");
        assert_eq!(home.operate(&["payment", "list"]), Value::Array(Vec::new()), "{language}");
        assert_eq!(home.journal(), [] as [i64; 0], "{language}");
        assert_eq!(home.deposit(), (DEPOSIT, 0), "{language}");
        assert_eq!(receipts(&home), [] as [&str; 0], "{language}");
    });
}

/// The Laravel excerpt needs Laravel to run; without it only its syntax is checked.
#[test]
fn the_laravel_excerpt_is_valid_php() {
    let php = PROGRAMS.iter().find(|program| program.language == "php").unwrap();
    if !php.is_here() {
        return;
    }
    let sources = php_sources(&examples().join("laravel"));
    assert!(!sources.is_empty());
    for source in sources {
        let done = Command::new("php").arg("-l").arg(&source).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    }
}

fn php_sources(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { php_sources(&path) } else { vec![path] })
        .filter(|path| path.extension() == Some(OsStr::new("php")))
        .collect()
}

impl Program {
    /// Whether its language is installed. Prints a message if not, and fails if it is required.
    fn is_here(&self) -> bool {
        let mut probe = Command::new(self.probe[0]);
        probe.args(&self.probe[1..]).stdout(Stdio::null()).stderr(Stdio::null());
        let is_here = probe.status().is_ok_and(|status| status.success());
        if !is_here {
            let language = self.language;
            let must_run = env::var(MUST_RUN).unwrap_or_default();
            assert!(must_run.split(' ').all(|it| it != language), "{language} cannot be run");
            // Not `println!`, because its output is hidden if the test passes.
            let _ =
                writeln!(io::stderr(), "examples: {language} is not here, its program is not run");
        }
        is_here
    }

    /// Runs it against the server on `port`, in the server's home, where it saves the receipt.
    fn run(&self, home: &Home, port: u16, key: &str) -> Output {
        Command::new(self.run[0])
            .args(&self.run[1..])
            .arg(examples().join(self.file))
            .current_dir(home.file(""))
            .env("LUNAS_URL", format!("http://127.0.0.1:{port}"))
            .env("LUNAS_USERNAME", USERNAME)
            .env("LUNAS_API_KEY", key)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// A proxy to the server on `port` that loses the first payment. It ends with the test's process.
fn losing_a_payment(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let has_lost = Arc::new(AtomicBool::new(false));
        for program in listener.incoming() {
            let has_lost = Arc::clone(&has_lost);
            thread::spawn(move || {
                carry(program?, TcpStream::connect(("127.0.0.1", port))?, &has_lost)
            });
        }
    });
    own
}

/// Forwards both directions until one side closes or a payment is lost.
fn carry(mut program: TcpStream, mut server: TcpStream, has_lost: &AtomicBool) -> io::Result<()> {
    let (mut answers, mut back) = (server.try_clone()?, program.try_clone()?);
    thread::spawn(move || io::copy(&mut answers, &mut back).map(|_| back.shutdown(Shutdown::Both)));
    let mut piece = [0; 4096];
    loop {
        let length = program.read(&mut piece)?;
        let is_payment = String::from_utf8_lossy(&piece[..length]).contains("pay-pasca");
        if length == 0 || (is_payment && !has_lost.swap(true, Ordering::Relaxed)) {
            return server.shutdown(Shutdown::Both);
        }
        server.write_all(&piece[..length])?;
    }
}

/// Checks the programs in parallel, each with its own server, because they mostly wait.
fn on_each_language(check: fn(&Program)) {
    thread::scope(|scope| {
        for program in PROGRAMS.iter().filter(|program| program.is_here()) {
            scope.spawn(move || check(program));
        }
    });
}

/// The PDF files that a program has saved.
fn receipts(home: &Home) -> Vec<String> {
    let files = fs::read_dir(home.file("")).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension() == Some(OsStr::new("pdf")))
        .inspect(|path| assert!(fs::read(path).unwrap().starts_with(b"%PDF")))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
}
