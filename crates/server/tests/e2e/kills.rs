//! The server is killed at named points under load: while working, starting and stopping.
//!
//! Each run kills a server when it passes a point, or up to 3 ms later, starts it again, and checks
//! partners, biller and books. `LUNAS_KILLS` sets the number of runs, `LUNAS_KILL_SEED` their
//! choice.

use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use domain::splitmix64::splitmix64;
use fail_points::Point;

use crate::client::TIMEOUT;
use crate::load::{Story, judge, run};
use crate::server::{Home, Server, USERNAME};

/// The default number of runs: five for each point.
const RUNS: u64 = 5 * POINTS as u64;

/// The number of points that a server with one biller passes.
const POINTS: usize = Point::ALL.len() - FAILOVER.len();

/// The points that only a payment passes which goes on at another biller. `upstream_kills` has them.
const FAILOVER: [Point; 2] = [Point::AttemptFailed, Point::AttemptBegun];

/// How many runs are active at the same time.
const CONCURRENT: usize = 2;

const SIGKILL: i32 = 9;

/// As in [`crate::load`], but faster.
const CONFIG: [(&str, &str); 6] = [
    ("sandbox.trust_not_found_after", "0s"),
    ("sandbox.latency", "2ms"),
    ("sandbox.pending_ends", "success"),
    ("sandbox.pending_after", "100ms"),
    ("gateway.resolver_first_ask", "100ms"),
    ("gateway.resolver_longest_wait", "500ms"),
];

#[test]
fn a_kill_at_any_point_loses_nothing_and_repeats_nothing() {
    let (runs, seed) = (number("LUNAS_KILLS", RUNS), number("LUNAS_KILL_SEED", 1));
    let begun = Instant::now();
    let fresh = Home::new();
    let server = fresh.start(&CONFIG);
    server.signal("TERM");
    server.ended();
    let paid = AtomicU64::new(0);
    each_run(runs, |number| {
        let death = Death::draw(seed, number);
        let home = fresh.copy();
        let told = catch_unwind(AssertUnwindSafe(|| death.run(&home)));
        let told = told.unwrap_or_else(|_| {
            panic!("run {number} of seed {seed}, {}:\n{}", death.text(), home.log())
        });
        paid.fetch_add(told as u64, Ordering::Relaxed);
        if number > 0 && number.is_multiple_of(100) {
            println!("{number} of {runs} runs after {:.0?}", begun.elapsed());
        }
    });
    let paid = paid.into_inner();
    println!(
        "{runs} kills in {:.0?}, {paid} payments paid, none lost, none doubled",
        begun.elapsed()
    );
    assert!(paid > runs, "the servers were killed at work");
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// Where and when a server is killed.
#[derive(Clone, Copy)]
struct Death {
    point: Point,
    passing: u64,
    /// Microseconds after the point.
    after: u64,
    /// How many milliseconds it works before it is asked to stop, if the point is in the stop.
    works: u64,
}

/// What a server does when it passes the point.
enum Busy {
    /// Working; with the largest number of passes that is reached soon.
    Working(u64),
    Starting,
    Stopping,
}

/// Does `run` with each number, two at the same time. After one that fails, no other begins.
pub(crate) fn each_run(runs: u64, run: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..CONCURRENT {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= runs {
                        return;
                    }
                    if let Err(cause) = catch_unwind(AssertUnwindSafe(|| run(number))) {
                        next.store(runs, Ordering::Relaxed);
                        resume_unwind(cause);
                    }
                }
            });
        }
    });
}

fn busy_at(point: Point) -> Busy {
    match point {
        Point::BillSeen
        | Point::PaymentAsked
        | Point::HoldCommitted
        | Point::PaymentReceived
        | Point::AnswerSeen
        | Point::OutcomeRecorded
        | Point::AnswerHalfWritten
        | Point::CommitBegun
        | Point::RowsWritten
        | Point::Committed => Busy::Working(60),
        Point::Claimed
        | Point::StatusSeen
        | Point::StatusRecorded
        | Point::AttemptFailed
        | Point::AttemptBegun => Busy::Working(15),
        Point::SegmentWritten
        | Point::SegmentCommitted
        | Point::ChangeCommitted
        | Point::RequestCarriedOut => Busy::Working(3),
        Point::DataOwned | Point::DatabaseOpened | Point::WalEmptied | Point::LeftFound => {
            Busy::Starting
        }
        Point::StopAsked | Point::RequestsFinished | Point::PaymentsFinished => Busy::Stopping,
    }
}

impl Death {
    /// All points take turns; in every other round the server is killed at the point itself.
    fn draw(seed: u64, run: u64) -> Death {
        let points = POINTS as u64;
        let mut passed = Point::ALL.iter().filter(|point| !FAILOVER.contains(point));
        let point = *passed.nth((run % points) as usize).expect("there are as many points");
        let roll =
            |die: u64, sides: u64| splitmix64(splitmix64(seed) ^ splitmix64(4 * run + die)) % sides;
        let most = if let Busy::Working(most) = busy_at(point) { most } else { 1 };
        let is_exact = (run / points).is_multiple_of(2);
        let after = if is_exact { 0 } else { 1 + roll(0, 3_000) };
        Death { point, passing: 1 + roll(1, most), after, works: 30 + roll(2, 150) }
    }

    /// The value of `FAIL_POINT`.
    fn text(self) -> String {
        let Death { point, passing, after, .. } = self;
        format!("{}:{passing}+{after}", point.name())
    }

    /// Kills a server in this way and starts another. Returns the number of paid payments.
    fn run(self, home: &Home) -> usize {
        let (stories, deposits) = match busy_at(self.point) {
            Busy::Working(_) => self.at_work(home),
            Busy::Starting => self.at_the_start(home),
            Busy::Stopping => self.at_the_stop(home),
        };
        home.audit();
        let server = home.start(&CONFIG);
        let paid = judge(home, &server, &stories);
        deposits.judge(home);
        paid
    }

    /// The command of a server that will be killed in this way.
    fn doomed(self, home: &Home) -> Command {
        let mut sandbox = home.sandbox(&CONFIG);
        sandbox.env("FAIL_POINT", self.text());
        sandbox
    }

    fn at_work(self, home: &Home) -> (Vec<Story>, TopUps) {
        let server = home.started(self.doomed(home));
        let mut deposits = TopUps::default();
        let stories = run(&server, || deposits.make(home, &server));
        assert_eq!(server.ended().signal(), Some(SIGKILL));
        (stories, deposits)
    }

    /// One server leaves open payments; the next one is killed while it starts to resolve them.
    fn at_the_start(self, home: &Home) -> (Vec<Story>, TopUps) {
        let left = Death { point: Point::AnswerSeen, passing: self.works / 4, after: 0, ..self };
        let left = left.at_work(home);
        let end = self.doomed(home).status().unwrap();
        assert_eq!(end.signal(), Some(SIGKILL));
        left
    }

    /// A server that should be killed some time after a point of its stop may have stopped before.
    fn at_the_stop(self, home: &Home) -> (Vec<Story>, TopUps) {
        let server = home.started(self.doomed(home));
        let stories = run(&server, || {
            sleep(Duration::from_millis(self.works));
            server.signal("TERM");
        });
        let end = server.ended();
        let stopped = self.after > 0 && end.success();
        assert!(stopped || end.signal() == Some(SIGKILL), "{end}");
        (stories, TopUps::default())
    }
}

/// The deposits that an operator booked during the load: each note, and whether it was answered.
#[derive(Default)]
struct TopUps(Vec<(String, bool)>);

impl TopUps {
    const AMOUNT: &str = "1000";

    /// Books deposits until the server is gone.
    fn make(&mut self, home: &Home, server: &Server) {
        let begun = Instant::now();
        while server.connect().is_ok() {
            if begun.elapsed() > TIMEOUT {
                server.signal("TERM");
                panic!("the server does not come to its end");
            }
            let note = format!("deposit {}", self.0.len());
            let add =
                ["deposit", "add", USERNAME, TopUps::AMOUNT, "--note", &note, "--no-reference"];
            let answered = home.command(&add).status.success();
            self.0.push((note, answered));
        }
    }

    /// Each answered deposit exists, and none exists twice.
    fn judge(&self, home: &Home) {
        let paid_in = home.paid_in();
        for (note, answered) in &self.0 {
            let times = paid_in.iter().filter(|(paid, _)| paid == note).count();
            assert!(times == 1 || (times == 0 && !answered), "{note}: {times} times");
        }
    }
}
