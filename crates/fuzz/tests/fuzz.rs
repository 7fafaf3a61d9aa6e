//! Runs every target on its seeds and on mutations of them.

#![expect(clippy::print_stdout, reason = "what was run, and what broke a promise")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use data_encoding::HEXLOWER;
use fuzz::corpus;
use fuzz::mutation::Mutator;
use fuzz::targets::{TARGETS, Target};

/// Executions of each target, unless `LUNAS_FUZZ_EXECUTIONS` is set: more than two million
/// together.
const EXECUTIONS: u64 = 260_000;

/// An execution that takes longer counts as a hang. Each takes microseconds.
const HANGS_AFTER: Duration = Duration::from_secs(60);

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no whole number")))
}

/// The current input, printed if the target panics.
struct Running<'a> {
    target: Target,
    input: &'a [u8],
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            tell("breaks a promise", self.target, self.input);
        }
    }
}

fn tell(what: &str, target: Target, input: &[u8]) {
    let hex = HEXLOWER.encode(input);
    println!(
        "{} {what} on {:?}\nto keep it: echo {hex} | xxd -r -p > crates/fuzz/corpus/{}/NAME",
        target.name,
        String::from_utf8_lossy(input),
        target.name
    );
}

fn execute(target: Target, input: &[u8]) {
    let running = Running { target, input };
    (target.run)(running.input);
}

fn fuzz(target: Target) {
    let seeds = corpus::of(target.name, target.examples);
    seeds.iter().for_each(|seed| execute(target, seed));
    let executions = number("LUNAS_FUZZ_EXECUTIONS").unwrap_or(EXECUTIONS);
    let seed = number("LUNAS_FUZZ_SEED").unwrap_or(1);
    let (done, current) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        scope.spawn(|| follow_up(target, &done, executions, &current));
        let mut mutator = Mutator::new(&seeds, seed);
        let done = Done(&done, executions);
        for _ in 0..executions {
            let input = mutator.next_input();
            let mut shown = current.lock().unwrap_or_else(PoisonError::into_inner);
            shown.clear();
            shown.extend_from_slice(input);
            drop(shown);
            execute(target, input);
            done.0.fetch_add(1, Ordering::Relaxed);
        }
    });
    println!("{}: {} seeds, {executions} executions from seed {seed}", target.name, seeds.len());
}

/// Ends the watchdog, even if a target panics.
struct Done<'a>(&'a AtomicU64, u64);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(self.1, Ordering::Relaxed);
    }
}

/// Ends the process if an execution hangs.
fn follow_up(target: Target, done: &AtomicU64, executions: u64, current: &Mutex<Vec<u8>>) {
    let (mut last, mut waited) = (0, Duration::ZERO);
    let pause = Duration::from_millis(50);
    loop {
        let now = done.load(Ordering::Relaxed);
        if now >= executions {
            return;
        }
        waited = if now == last { waited + pause } else { Duration::ZERO };
        last = now;
        if waited > HANGS_AFTER {
            tell("hangs", target, &current.lock().unwrap_or_else(PoisonError::into_inner));
            std::process::exit(1);
        }
        thread::sleep(pause);
    }
}

macro_rules! fuzzed {
    ($($test:ident: $name:literal,)*) => {
        $(#[test] fn $test() {
            fuzz(*TARGETS.iter().find(|target| target.name == $name).expect("it is a target"));
        })*

        #[test]
        fn every_target_is_fuzzed() {
            assert_eq!(TARGETS.map(|target| target.name), [$($name),*]);
        }
    };
}

fuzzed! {
    request_json: "request-json",
    request_xml: "request-xml",
    answer_json: "answer-json",
    answer_xml: "answer-xml",
    desc: "desc",
    signature: "signature",
    sandbox: "sandbox",
    webhook: "webhook",
    books: "books",
}
