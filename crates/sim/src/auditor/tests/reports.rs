//! Logs with reports of billers.

use super::attempts::gone_on;
use super::*;

/// A report of this biller, and what became of it.
fn reported(biller: i64, is_paid: bool, result: &'static str) -> Event {
    Event::Reported { tr_id: TR, biller, is_paid, is_misfit: false, result }
}

fn in_review() -> Event {
    Event::Wrote(Row::PendingFollowUp { tr_id: TR, review_reason: Some("contradiction") })
}

#[test]
fn a_report_ends_a_payment_as_it_says_or_its_contradiction_is_in_review() {
    let is_paid = |event: &Event| *event == answered(2, "paid");
    for (events, rule) in [
        (vec![reported(2, true, "ended")], None),
        (vec![reported(2, true, "already ended")], None),
        (vec![reported(2, true, "repeated")], None),
        (vec![reported(2, false, "payer waits")], None),
        (vec![reported(2, false, "held")], None),
        (vec![in_review(), reported(2, false, "contradiction")], None),
        (vec![in_review(), reported(2, false, "repeated")], None),
        (vec![reported(2, false, "ended")], Some(REPORTED)),
        (vec![reported(2, false, "already ended")], Some(REPORTED)),
        (vec![reported(2, false, "contradiction")], Some(REPORTED)),
        (vec![reported(2, false, "repeated")], Some(REPORTED)),
        (vec![in_review(), reported(2, true, "contradiction")], Some(REPORTED)),
    ] {
        assert_eq!(audit(with(events.clone(), is_paid)).1, rule, "{events:#?}");
    }
    let too_early = with(vec![reported(2, true, "ended")], |event| *event == payment("paid"));
    assert_eq!(audit(too_early).1, Some(REPORTED));
}

#[test]
fn a_report_that_does_not_fit_is_not_believed() {
    for (result, rule) in [
        ("misfit", None),
        ("unknown reference", None),
        ("ended", Some(BELIEVED)),
        ("already ended", Some(BELIEVED)),
        ("contradiction", Some(BELIEVED)),
    ] {
        let report =
            Event::Reported { tr_id: TR, biller: 2, is_paid: true, is_misfit: true, result };
        assert_eq!(audit(good().into_iter().chain([report])).1, rule, "{result}");
    }
}

#[test]
fn a_report_about_an_earlier_attempt_changes_nothing() {
    for (events, rule) in [
        (vec![reported(2, false, "already ended")], None),
        (vec![reported(1, true, "already ended")], None),
        (vec![in_review(), reported(2, true, "contradiction")], None),
        (vec![reported(2, true, "already ended")], Some(REPORTED)),
        (vec![reported(2, true, "contradiction")], Some(REPORTED)),
        (vec![reported(2, false, "ended")], Some(REPORTED)),
        (vec![reported(2, true, "ended")], Some(REPORTED)),
    ] {
        let story = gone_on().into_iter().chain(events.clone());
        assert_eq!(audit(story).1, rule, "{events:#?}");
    }
}
