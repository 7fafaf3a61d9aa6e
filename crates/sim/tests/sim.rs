//! The simulation itself: it is repeatable, it covers its faults, and it shrinks failures.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sim::event::{Answer, BillerReply, Event, PartnerRequest, Row};
use sim::{Fault, Plan, Run, Violation, seeds, shrink};

#[test]
fn one_seed_is_one_story() {
    for seed in [2, 3, 5] {
        let (first, second) = (Run::of(Plan::of(seed, 40)), Run::of(Plan::of(seed, 40)));
        assert_eq!(first.hash, second.hash);
        assert_eq!(first.story, second.story);
    }
    assert_ne!(Run::of(Plan::of(2, 40)).hash, Run::of(Plan::of(3, 40)).hash);
}

/// Something that must happen in at least one run; otherwise the simulation does not test it.
type Covered = (&'static str, fn(&Run) -> bool);

fn some(run: &Run, what: impl Fn(&Event) -> bool) -> bool {
    run.story.iter().any(|(_, event)| what(event))
}

fn died(run: &Run, place: &str) -> bool {
    some(run, |event| matches!(event, Event::Died { at, .. } if at.contains(place)))
}

fn told(run: &Run, said: &BillerReply) -> bool {
    some(run, |event| matches!(event, Event::BillerAnswered { said: told, .. } if told == said))
}

fn refused(run: &Run, words: &str) -> bool {
    let is = |answer: &Answer| matches!(answer, Answer::Refused { why } if why.contains(words));
    some(run, |event| matches!(event, Event::Answered { answer, .. } if is(answer)))
}

/// The most callbacks that reached the partner about one payment.
fn called_back(run: &Run) -> usize {
    let about = |event: &Event| match event {
        Event::CalledBack { tr_id, .. } => Some(*tr_id),
        _ => None,
    };
    let told: Vec<_> = run.story.iter().filter_map(|(_, event)| about(event)).collect();
    told.iter().map(|one| told.iter().filter(|other| *other == one).count()).max().unwrap_or(0)
}

/// The deposits whose reversal was ordered, and those that were reversed.
fn reversed(run: &Run) -> (BTreeSet<i64>, BTreeSet<i64>) {
    let (mut asked, mut done) = (BTreeSet::new(), BTreeSet::new());
    for (_, event) in &run.story {
        match event {
            Event::ReversalOrdered { deposit } => drop(asked.insert(*deposit)),
            Event::Wrote(Row::Reversal { deposit, .. }) => drop(done.insert(*deposit)),
            _ => {}
        }
    }
    (asked, done)
}

/// A row of a payment.
struct PaymentRow<'r> {
    state: &'r str,
    reason: Option<&'r str>,
    because: Option<&'r str>,
}

/// Whether one of the payments has such a row before such a next one.
fn followed(
    run: &Run,
    before: impl Fn(&PaymentRow<'_>) -> bool,
    after: impl Fn(&PaymentRow<'_>) -> bool,
) -> bool {
    let mut last = BTreeMap::new();
    run.story.iter().any(|(_, event)| {
        let Event::Wrote(Row::Payment { tr_id, state, reason, because, .. }) = event else {
            return false;
        };
        let row = PaymentRow { state, reason: *reason, because: because.as_deref() };
        let is_next = after(&row);
        last.insert(*tr_id, row).is_some_and(|row| before(&row)) && is_next
    })
}

/// Whether a payment went on at another biller and ended so, by the word of that biller.
fn went_on(run: &Run, end: &str, word: &BillerReply) -> bool {
    let (mut at, mut told) = (BTreeMap::new(), BTreeSet::new());
    run.story.iter().any(|(_, event)| match event {
        Event::Wrote(Row::Attempt { tr_id, biller, .. }) => {
            at.insert(*tr_id, *biller);
            false
        }
        Event::BillerAnswered { tr_id, biller, said } => {
            if said == word && at.get(tr_id) == Some(biller) {
                told.insert(*tr_id);
            }
            false
        }
        Event::Wrote(Row::Payment { tr_id, state, .. }) => *state == end && told.contains(tr_id),
        _ => false,
    })
}

/// Whether a process died after an attempt had failed, and no other attempt began.
fn died_between_attempts(run: &Run) -> bool {
    let (mut failed, mut left) = (BTreeSet::new(), BTreeSet::new());
    run.story.iter().any(|(_, event)| match event {
        Event::Died { .. } => {
            left.append(&mut failed);
            false
        }
        Event::Wrote(Row::Payment { tr_id, state: "paying", reason, .. }) => {
            left.remove(tr_id);
            failed.remove(tr_id);
            if reason.is_some() {
                failed.insert(*tr_id);
            }
            false
        }
        Event::Wrote(Row::Payment { tr_id, .. }) => {
            failed.remove(tr_id);
            left.contains(tr_id)
        }
        _ => false,
    })
}

/// Whether a report had this result, about the current attempt or about an earlier one.
fn reported(run: &Run, wanted: &str, is_earlier: bool) -> bool {
    let mut at = BTreeMap::new();
    run.story.iter().any(|(_, event)| match event {
        Event::Wrote(Row::Payment { tr_id, biller, .. }) => {
            at.insert(*tr_id, *biller);
            false
        }
        Event::Reported { tr_id, biller, result, .. } => {
            let is_elsewhere = at.get(tr_id).is_some_and(|current| current != biller);
            *result == wanted && is_elsewhere == is_earlier
        }
        _ => false,
    })
}

const COVERAGE: [Covered; 47] = [
    ("a death before the load", |run| died(run, "CrashBeforeLoad")),
    ("a death before the write", |run| died(run, "CrashBeforeWrite")),
    ("a death before the commit", |run| died(run, "CrashBeforeCommit")),
    ("a death after the commit", |run| died(run, "CrashAfterCommit")),
    ("a death before the answers", |run| died(run, "before the answers")),
    ("a kill", |run| died(run, "killed")),
    ("a clock that jumps", |run| some(run, |event| matches!(event, Event::Jumped { .. }))),
    ("a circuit that opens", |run| {
        some(run, |event| matches!(event, Event::Circuit { is_open: true, .. }))
    }),
    ("a circuit that closes", |run| {
        some(run, |event| matches!(event, Event::Circuit { is_open: false, .. }))
    }),
    ("a lie", |run| some(run, |event| matches!(event, Event::Contradicted { .. }))),
    ("a payment ended by hand", |run| some(run, |event| matches!(event, Event::ByHand { .. }))),
    ("not found", |run| told(run, &BillerReply::NotFound { is_final: false })),
    ("never to be found", |run| told(run, &BillerReply::NotFound { is_final: true })),
    ("an answer without meaning", |run| told(run, &BillerReply::Nothing)),
    ("an expired inquiry", |run| refused(run, "another day")),
    ("a closed product", |run| refused(run, "time of day")),
    ("a product that is off", |run| refused(run, "not sold")),
    ("an empty deposit", |run| refused(run, "does not cover")),
    ("a suspended partner", |run| refused(run, "suspended")),
    ("a ref_id used again", |run| refused(run, "already used")),
    ("a stranger", |run| refused(run, "no such transaction")),
    ("a deposit that was booked before", |run| {
        some(run, |event| matches!(event, Event::BookingKnown { .. }))
    }),
    ("a deposit that is taken back", |run| {
        some(run, |event| matches!(event, Event::Wrote(Row::Reversal { .. })))
    }),
    ("a deposit that is not taken back", |run| {
        let (asked, done) = reversed(run);
        asked.difference(&done).next().is_some()
    }),
    ("a bad member of a batch", |run| {
        some(run, |event| matches!(event, Event::BatchRefused { changes: 2.., .. }))
    }),
    ("a bad command alone", |run| {
        some(run, |event| matches!(event, Event::BatchRefused { changes: 1, .. }))
    }),
    ("a callback", |run| called_back(run) >= 1),
    ("a callback that comes twice", |run| called_back(run) >= 2),
    ("64 at once", |run| {
        let pays = |(_, event): &&(u64, Event)| {
            matches!(event, Event::Sent { ask: PartnerRequest::Pay { .. }, .. })
        };
        let together = run.story.chunk_by(|one, next| one.0 == next.0);
        together.map(|lines| lines.iter().filter(pays).count()).max() >= Some(48)
    }),
    ("a batch of many payments", |run| {
        let is_begun =
            |event: &Event| matches!(event, Event::Wrote(Row::Payment { state: "paying", .. }));
        let mut begun = 0;
        run.story.iter().any(|(_, event)| {
            begun = if *event == Event::Committed { 0 } else { begun + u32::from(is_begun(event)) };
            begun >= 6
        })
    }),
    ("a payment that is paid at another biller", |run| went_on(run, "paid", &BillerReply::Paid)),
    ("a payment whose last attempt fails too", |run| went_on(run, "failed", &BillerReply::Failed)),
    ("a death between two attempts", died_between_attempts),
    ("a third attempt", |run| {
        some(run, |event| matches!(event, Event::Wrote(Row::Attempt { number: 3, .. })))
    }),
    ("a bill that costs more than the partner pays", |run| refused(run, "below cost")),
    ("a bill with another amount than elsewhere", |run| {
        some(run, |event| matches!(event, Event::Quoted { nominal, .. } if nominal % 1_000 != 0))
    }),
    ("a failure that is made certain at once", |run| {
        let is_uncertain = |row: &PaymentRow<'_>| {
            row.state == "paying" && row.because.is_some_and(|why| why.contains("to be verified"))
        };
        followed(run, is_uncertain, |row| row.state != "pending" && row.reason.is_some())
    }),
    ("a report that ends a payment", |run| reported(run, "ended", false)),
    ("a report about an end that is known", |run| reported(run, "already ended", false)),
    ("a report that contradicts an end", |run| reported(run, "contradiction", false)),
    ("a report that comes twice", |run| reported(run, "repeated", false)),
    ("a report while the payer waits", |run| reported(run, "payer waits", false)),
    ("a report while a status query runs", |run| reported(run, "held", false)),
    ("a report that names something else", |run| reported(run, "misfit", false)),
    ("a report under an unknown reference", |run| reported(run, "unknown reference", false)),
    ("a report that an earlier attempt failed", |run| reported(run, "already ended", true)),
    ("a report that an earlier attempt was taken", |run| reported(run, "contradiction", true)),
];

#[test]
fn no_rule_is_broken_and_all_that_can_go_wrong_does() {
    let mut runs = Vec::new();
    let run = |seed| Run::of(Plan::of(seed, 60));
    let end: ControlFlow<()> = seeds::in_order(1..241, run, |run| {
        runs.push(run);
        ControlFlow::Continue(())
    });
    assert!(end.is_continue() && runs.len() == 240);
    for run in &runs {
        assert_eq!(run.broken, None, "{}", run.plan);
        assert!(run.payments >= 60, "{}", run.plan);
    }
    for (what, happens) in COVERAGE {
        assert!(runs.iter().any(happens), "{what} was not seen");
    }
}

#[test]
fn a_failure_shrinks_to_what_it_needs() {
    // A death serves as the broken rule: one payment and one kind of crash are enough for it.
    let run = |plan| {
        let mut run = Run::of(plan);
        let dies = some(&run, |event| matches!(event, Event::Died { .. }));
        let broken = Violation { rule: "nobody dies", about: None, how: String::new() };
        run.broken = dies.then_some(broken);
        run
    };
    let mut seeds = (1..).map(|seed| run(Plan::of(seed, 60)));
    let failed = seeds.find(|run| run.broken.is_some() && run.plan.faults.len() > 8).unwrap();
    let lines = failed.story.len();
    let smallest = shrink(failed, run);
    assert!(smallest.broken.is_some());
    assert_eq!(smallest.plan.faults.len(), 1, "{}", smallest.plan);
    assert!(smallest.plan.payments < 60 && smallest.story.len() < lines / 4, "{}", smallest.plan);
    let fault = smallest.plan.faults.keys().next().unwrap();
    assert!(format!("{fault:?}").contains("Crash") || *fault == Fault::Kill);
}
