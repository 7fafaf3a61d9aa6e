//! Logs of payments that go on at another biller.

use super::super::rows::CURRENT;
use super::*;
use crate::event::Row;
use crate::partner::NOT_BELOW_COST;

const REASON: &str = "biller-maintenance";
/// What the second biller takes.
const COST_THERE: i64 = 995;

/// The payment's row while it is paying: at which biller, and why the attempt there has failed.
fn paying(biller: i64, reason: Option<&'static str>) -> Event {
    row("paying", biller, reason)
}

fn row(state: &'static str, biller: i64, reason: Option<&'static str>) -> Event {
    let receipt_no = if state == "paid" { "N" } else { "" }.into();
    let (partner, because) = (1, None);
    Event::Wrote(Row::Payment { tr_id: TR, partner, biller, state, receipt_no, reason, because })
}

/// The second biller's answer to the inquiry.
fn quoted_there() -> Event {
    let (reference, ours) = ("Q2".into(), "o2".into());
    Event::Quoted { biller: 1, reference, ours, nominal: 1_000, cost: Some(COST_THERE) }
}

/// The same, with another amount or cost.
fn quoted_as(nominal: i64, cost: i64) -> Event {
    let (reference, ours) = ("Q2".into(), "o2".into());
    Event::Quoted { biller: 1, reference, ours, nominal, cost: Some(cost) }
}

fn attempt(number: u32) -> Event {
    let (reference, ours) = ("Q2".into(), "o2".into());
    let (biller, cost, after) = (1, Some(COST_THERE), REASON);
    Event::Wrote(Row::Attempt { tr_id: TR, number, biller, reference, ours, cost, after })
}

fn called_there() -> Event {
    order(1, "Q2", "o2", 1_000)
}

/// A payment that the first biller refuses and the second takes.
pub(super) fn gone_on() -> Vec<Event> {
    let begun = good().into_iter().take_while(|event| *event != took(2));
    let goes_on = [
        Event::Declined { tr_id: TR, biller: 2 },
        said(2, BillerReply::Failed),
        paying(2, Some(REASON)),
        Event::Committed,
        quoted_there(),
        paying(1, None),
        attempt(2),
        Event::Committed,
        called_there(),
        took(1),
        said(1, BillerReply::Paid),
        row("paid", 1, None),
        posting(TR, 2, 22, -PRICE),
        posting(TR, 2, 20, COST_THERE),
        posting(TR, 2, 7, 1_000 - COST_THERE),
        posting(TR, 2, 2, 30),
        posting(TR, 2, 3, -10),
        balance(22, 0),
        balance(20, COST_THERE),
        balance(7, 1_000 - COST_THERE),
        balance(2, 30),
        balance(3, -10),
        Event::Committed,
        answered(2, "paid"),
    ];
    begun.chain(goes_on).collect()
}

/// A biller is recorded to have taken an earlier attempt.
fn contradiction() -> Event {
    let review_reason = Some("contradiction");
    Event::Wrote(Row::PendingFollowUp { tr_id: TR, review_reason })
}

/// The log with `before` in front of the line `here`.
fn put(before: Vec<Event>, here: &Event) -> Vec<Event> {
    let mut story = gone_on();
    let at = story.iter().position(|event| event == here).unwrap();
    story.splice(at..at, before);
    story
}

/// The log without these lines.
fn lacking(gone: &[Event]) -> Vec<Event> {
    gone_on().into_iter().filter(|event| !gone.contains(event)).collect()
}

/// The log with one line changed.
fn changed(from: &Event, to: &Event) -> Vec<Event> {
    let story = gone_on().into_iter();
    story.map(|event| if event == *from { to.clone() } else { event }).collect()
}

/// The log without the commit that follows this line.
fn in_one_commit(line: &Event) -> Vec<Event> {
    let mut story = gone_on();
    let at = story.iter().position(|event| event == line).unwrap();
    assert_eq!(story.remove(at + 1), Event::Committed);
    story
}

/// The log with the answer to the second inquiry in front of another line.
fn asked_before(here: &Event) -> Vec<Event> {
    let mut story = lacking(&[quoted_there()]);
    let at = story.iter().position(|event| event == here).unwrap();
    story.insert(at, quoted_there());
    story
}

#[test]
fn a_payment_that_goes_on_breaks_nothing() {
    let (auditor, broken) = audit(gone_on());
    assert_eq!(broken, None);
    assert_eq!(auditor.current_biller(TR), Some(1));
    let last_versions = lacking(&[payment("paying"), paying(2, Some(REASON)), paying(1, None)]);
    assert_eq!(auditor.check_end(rows(last_versions)), Ok(()));
    let without_attempt = lacking(&[payment("paying"), paying(2, Some(REASON)), attempt(2)]);
    assert!(auditor.check_end(rows(without_attempt)).is_err());
}

/// Pitfall: the row was written again for a contradiction, and its failure counted as younger than the next inquiry.
#[test]
fn a_failure_that_is_written_again_is_not_younger() {
    let again = vec![paying(2, Some(REASON)), Event::Committed];
    assert_eq!(audit(put(again, &paying(1, None))).1, None);
}

#[test]
fn every_rule_about_attempts_can_be_broken() {
    let failed = paying(2, Some(REASON));
    let pending = row("pending", 2, None);
    let there = |reference: &str, ours: &str| order(1, reference, ours, 1_000);
    for (rule, story) in [
        // Its failure is not recorded, not yet, as a failure only of the row, or for another reason.
        (AFTER, lacking(std::slice::from_ref(&failed))),
        (AFTER, changed(&failed, &pending)),
        (AFTER, changed(&failed, &row("pending", 2, Some(REASON)))),
        (AFTER, changed(&failed, &paying(2, Some("biller-unavailable")))),
        (AFTER, lacking(&[said(2, BillerReply::Failed)])),
        (AFTER, asked_before(&failed)),
        (AFTER, in_one_commit(&failed)),
        (OVER, put(vec![contradiction()], &attempt(2))),
        (TAKEN, put(vec![took(2)], &called_there())),
        (ONCE, put(vec![called_there()], &took(1))),
        (ONCE, put(vec![took(1)], &took(1))),
        (ATTEMPT, put(vec![called_there()], &attempt(2))),
        (ATTEMPT, changed(&called_there(), &called())),
        (ATTEMPT, changed(&called_there(), &there("Q1", "o2"))),
        (ATTEMPT, changed(&called_there(), &there("Q2", "o1"))),
        (QUOTED, lacking(&[quoted_there()])),
        (QUOTED, changed(&quoted_there(), &quoted_as(1_001, COST_THERE))),
        (QUOTED, changed(&quoted_there(), &quoted_as(1_000, COST_THERE + 1))),
        (CURRENT, changed(&paying(1, None), &paying(2, None))),
        (CURRENT, lacking(&[attempt(2), quoted_there()])),
        (KEYS, changed(&attempt(2), &attempt(3))),
        (EVIDENCE, lacking(&[said(1, BillerReply::Paid)])),
        (DEBIT, lacking(&[took(1)])),
        (STORY, changed(&posting(TR, 2, 20, COST_THERE), &posting(TR, 2, 36, COST_THERE))),
    ] {
        assert_eq!(audit(story.clone()).1, Some(rule), "{story:#?}");
    }
}

#[test]
fn a_bill_that_is_sold_for_less_than_its_biller_takes_is_found_where_that_is_refused() {
    let sold = |product: &str, taken: i64| {
        let story = gone_on().into_iter().map(|event| match event {
            Event::Quoted { biller: 1, .. } => quoted_as(1_000, taken),
            Event::Wrote(Row::Attempt {
                tr_id, number, biller, reference, ours, after, ..
            }) => {
                let cost = Some(taken);
                Event::Wrote(Row::Attempt { tr_id, number, biller, reference, ours, cost, after })
            }
            event if event == inquiry() => inquiry_of(product),
            event => event,
        });
        audit(story).1
    };
    assert_eq!(sold(NOT_BELOW_COST, PRICE + 1), Some(SOLD));
    assert_ne!(sold(NOT_BELOW_COST, PRICE), Some(SOLD));
    assert_ne!(sold("PDAM", PRICE + 1), Some(SOLD));
    assert_eq!(sold(NOT_BELOW_COST, COST_THERE), None);
}

#[test]
fn only_the_order_whose_biller_contradicted_itself_may_be_taken_too() {
    let declined = Event::Declined { tr_id: TR, biller: 2 };
    let taken = |lie: Option<i64>| {
        let lie = lie.map(|biller| Event::Contradicted { tr_id: TR, biller });
        put([took(2)].into_iter().chain(lie).collect(), &declined)
    };
    assert_eq!(audit(taken(Some(2))).1, None);
    assert_eq!(audit(taken(None)).1, Some(TAKEN));
    assert_eq!(audit(taken(Some(1))).1, Some(DEBIT));
    // The second attempt must be taken all the same.
    let only_first = taken(Some(2)).into_iter().filter(|event| *event != took(1));
    assert_eq!(audit(only_first).1, Some(DEBIT));
}
