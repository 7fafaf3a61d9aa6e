//! Partners send requests while a server goes down, and a check of the answers they got.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::thread;

use iak_protocol::Command;

use crate::client::{Partner, Reply, fresh_ref_id, inquiry};
use crate::server::{Home, Server, wait_for};

const CONNECTIONS: usize = 16;

/// The pending payments of these runs succeed automatically; those that the biller never received
/// fail.
pub(crate) const CONFIG: [(&str, &str); 5] = [
    ("sandbox.trust_not_found_after", "0s"),
    ("sandbox.pending_ends", "success"),
    ("sandbox.pending_after", "1s"),
    ("gateway.resolver_first_ask", "100ms"),
    ("gateway.resolver_longest_wait", "500ms"),
];

/// Two numbers that pay, one whose payment fails, one whose payment is pending for a while; and the
/// final code of each.
const NUMBERS: [(&str, &str); 4] = [PAYS, ("8801234560006", "37"), PAYS, PENDS];
pub(crate) const PAYS: (&str, &str) = ("8801234560001", "00");
const PENDS: (&str, &str) = ("8801234560007", "00");

/// A transaction as its partner saw it.
pub(crate) struct Story {
    pub(crate) ref_id: String,
    hp: &'static str,
    ends_in: &'static str,
    /// The answer to the inquiry, unless it was lost.
    inquired: Option<Reply>,
    asked_to_pay: bool,
    /// The answers to its payments, without lost ones.
    answers: Vec<Reply>,
}

/// Inquires and pays on many connections until `meanwhile` has stopped the server.
pub(crate) fn run(server: &Server, meanwhile: impl FnOnce()) -> Vec<Story> {
    thread::scope(|scope| {
        let working: Vec<_> =
            (0..CONNECTIONS).map(|worker| scope.spawn(move || work(server, worker))).collect();
        meanwhile();
        working.into_iter().flat_map(|stories| stories.join().unwrap()).collect()
    })
}

fn work(server: &Server, worker: usize) -> Vec<Story> {
    let mut stories = Vec::new();
    // The server may be gone before every client was connected.
    let Ok(mut partner) = server.connect() else { return stories };
    for round in worker.. {
        let (story, lived) = Story::of_round(round, &mut partner);
        stories.push(story);
        match lived {
            Ok(()) => {}
            Err(error) if error.kind() == AWAY => panic!("a server of its own books is there"),
            Err(_) => break,
        }
    }
    stories
}

/// The answer when the database was away, so the request was not carried out.
pub(crate) const AWAY: ErrorKind = ErrorKind::ResourceBusy;

/// The answer, if the request was carried out.
fn carried_out(reply: Reply) -> io::Result<Reply> {
    if reply.status == 503 { Err(AWAY.into()) } else { Ok(reply) }
}

/// Inquires and pays this many times, for payments that stay pending.
pub(crate) fn leave_in_process(server: &Server, payments: usize) -> Vec<Story> {
    thread::scope(|scope| {
        let working: Vec<_> = (0..CONNECTIONS)
            .map(|worker| {
                let mut partner = server.partner();
                let share = (worker..payments).step_by(CONNECTIONS);
                scope.spawn(move || {
                    share.map(|_| Story::whole(&mut partner, PENDS)).collect::<Vec<_>>()
                })
            })
            .collect();
        working.into_iter().flat_map(|stories| stories.join().unwrap()).collect()
    })
}

/// Compares the answers with the final state of each transaction, the states with the biller's
/// journal, and the balance with the sums. Returns the number of paid payments.
pub(crate) fn judge(home: &Home, server: &Server, stories: &[Story]) -> usize {
    let mut partner = server.partner();
    let asked = home.journal();
    let asked_once: BTreeSet<i64> = asked.iter().copied().collect();
    assert_eq!(asked.len(), asked_once.len(), "the biller was asked twice: {asked:?}");
    let mut norefs = BTreeSet::new();
    let (mut debited, mut payments, mut told_of) = (0, 0, 0);
    for story in stories {
        let end = wait_for("the end of a payment", || {
            let told = partner.status(&story.ref_id);
            (told.rc() != "39").then_some(told)
        });
        story.judge(&end);
        let code = end.rc();
        let was_asked = code != "06" && asked_once.contains(&end.tr_id());
        match (&*code, was_asked) {
            ("00", true) => {
                debited += end.rupiah("selling_price");
                assert!(norefs.insert(end.text("noref").unwrap()), "two payments, one reference");
                let again = partner.pay(end.tr_id());
                assert_eq!(("01", end.text("noref")), (&*again.rc(), again.text("noref")));
            }
            // The biller refused it, never received it, or was not called because its server was
            // stopped.
            ("37", true) => assert_eq!(story.ends_in, "37"),
            ("37" | "105", false) | ("42" | "06", false) => {}
            (code, _) => panic!("{code} of {}, and asked: {was_asked}", story.ref_id),
        }
        payments += i64::from(["00", "37", "105"].contains(&&*code));
        told_of += usize::from(was_asked);
    }
    assert_eq!(told_of, asked.len(), "the biller was asked for what no partner wanted");
    let credited: i64 = home.paid_in().iter().map(|(_, amount)| amount).sum();
    assert_eq!(home.deposit(), (credited - debited, 0));
    let audit = home.audit();
    assert_eq!((&audit["payments"], &audit["open"]), (&payments.into(), &0.into()));
    norefs.len()
}

impl Story {
    fn new((hp, ends_in): (&'static str, &'static str)) -> Story {
        let (ref_id, inquired, answers) = (fresh_ref_id(), None, Vec::new());
        Story { ref_id, hp, ends_in, inquired, asked_to_pay: false, answers }
    }

    /// The next transaction of a load, and why it ended early, if it did. Every fifth is paid
    /// twice.
    pub(crate) fn of_round(round: usize, partner: &mut Partner) -> (Story, io::Result<()>) {
        let mut story = Story::new(NUMBERS[round % NUMBERS.len()]);
        let lived = story.go_on(partner, if round.is_multiple_of(5) { 2 } else { 1 });
        (story, lived)
    }

    /// One inquiry and one payment, both answered.
    pub(crate) fn whole(partner: &mut Partner, number: (&'static str, &'static str)) -> Story {
        let mut story = Story::new(number);
        story.go_on(partner, 1).unwrap();
        story
    }

    /// Inquires and pays this many times, until an answer is lost.
    fn go_on(&mut self, partner: &mut Partner, payments: u32) -> io::Result<()> {
        let inquired = partner.try_ask(inquiry("BPJS", self.hp, &self.ref_id));
        let inquired = inquired.and_then(carried_out)?;
        assert_eq!(inquired.rc(), "00");
        let tr_id = inquired.tr_id();
        self.inquired = Some(inquired);
        for _ in 0..payments {
            self.asked_to_pay = true;
            let answer = partner.try_ask(Command::payment(tr_id));
            self.answers.push(answer.and_then(carried_out)?);
        }
        Ok(())
    }

    /// Whether the final state agrees with the answers.
    fn judge(&self, end: &Reply) {
        let code = end.rc();
        let lost = self.answers.is_empty();
        match (&self.inquired, self.asked_to_pay) {
            (None, _) => assert!(["06", "42"].contains(&&*code), "{code}"),
            (Some(_), false) => assert_eq!(code, "42"),
            (Some(_), true) if lost => {
                assert!([self.ends_in, "42", "37", "105"].contains(&&*code), "{code}");
            }
            (Some(_), true) => assert_eq!(code, self.ends_in),
        }
        if let Some(inquired) = &self.inquired {
            assert_eq!(inquired.tr_id(), end.tr_id());
        }
        for answer in &self.answers {
            match &*answer.rc() {
                "00" | "01" => {
                    assert_eq!(code, "00");
                    assert_eq!(answer.text("noref"), end.text("noref"));
                }
                "39" => {}
                failure => assert_eq!(failure, code),
            }
        }
    }
}
