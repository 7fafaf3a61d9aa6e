//! The auditor on hand-written logs: a good one, and bad changes of it.

mod attempts;
mod reports;
mod story;

use super::rows::{BALANCED, BILL, BOOKED, DERIVED, FLOOR, KEYS, STORY};
use super::*;
use crate::event::{Answer, BillerReply};
use story::*;

/// A payment that becomes pending, and ends without a waiting partner.
fn left_open() -> Vec<Event> {
    let pending = vec![payment("pending"), Event::Committed, answered(2, "pending")];
    with(pending, |event| *event == payment("paid"))
}

#[test]
fn an_end_that_was_waited_for_is_told_as_it_is() {
    let told = |state| Event::CalledBack { tr_id: TR, state };
    let end_of = |story: Vec<Event>| {
        let (auditor, broken) = audit(story.clone());
        assert_eq!(broken, None);
        auditor.check_end(rows(story)).err().map(|broken| broken.rule)
    };
    let silent = left_open();
    assert_eq!(end_of(silent.clone()), Some(TOLD));
    let mut heard = silent.clone();
    heard.push(told("paid"));
    assert_eq!(end_of(heard), None);
    let mut wrong = silent;
    wrong.push(told("failed"));
    assert_eq!(audit(wrong).1, Some(TOLD));
    let too_early = with(vec![told("paid")], |event| *event == payment("paid"));
    assert_eq!(audit(too_early).1, Some(TOLD));
}

#[test]
fn a_good_story_breaks_nothing() {
    let (auditor, broken) = audit(good());
    assert_eq!(broken, None);
    assert_eq!(auditor.check_manual_review(), Ok(()));
    // A dump has only the last version of a row.
    let dump = rows(without(|event| *event == payment("paying")));
    assert_eq!(auditor.check_end(dump), Ok(()));
}

#[test]
fn every_rule_can_be_broken() {
    let last = |events: Vec<Event>| [good(), events].concat();
    let pay = || sent(3, PartnerRequest::Pay { tr_id: TR });
    let is_paid = |event: &Event| *event == payment("paid");
    let is_call = |event: &Event| matches!(event, Event::Called { .. });
    let is_took = |event: &Event| matches!(event, Event::Took { .. });
    let is_told = |event: &Event| matches!(event, Event::BillerAnswered { .. });
    let is_begun = |event: &Event| *event == payment("paying");
    let is_bill = |event: &Event| *event == inquiry();
    let other = |biller, reference: &str, nominal| vec![order(biller, reference, "o1", nominal)];
    let stranger = Event::Sent { request: 3, partner: 2, ask: PartnerRequest::Pay { tr_id: TR } };
    let refused = || Event::Answered { request: 3, answer: Answer::Refused { why: "no".into() } };
    let unknown = || sent(3, PartnerRequest::Status { ref_id: "a".into() });
    let declined = said(2, BillerReply::Failed);
    let words = "overflow".into();
    for (rule, story) in [
        (ONCE, with(vec![called()], is_took)),
        (ONCE, last(vec![took(2)])),
        (ATTEMPT, with(vec![called()], is_begun)),
        (ATTEMPT, with(vec![called()], |event| *event == posting(TR, 1, 21, -PRICE))),
        (ATTEMPT, last(vec![called()])),
        (ATTEMPT, with(vec![order(2, "Q1", "o2", 1_000)], is_call)),
        (ATTEMPT, with(other(2, "Q1", 999), is_call)),
        (ATTEMPT, with(other(1, "Q1", 1_000), is_call)),
        (ATTEMPT, with(other(2, "Q2", 1_000), is_call)),
        (QUOTED, without(|event| *event == quoted())),
        (EVIDENCE, without(is_told)),
        (DEBIT, without(is_took)),
        (DEBIT, without(|event| matches!(event, Event::BookingOrdered { .. }))),
        (BALANCED, without(|event| *event == posting(TR, 2, 2, 30))),
        (STORY, without(|event| matches!(event, Event::Wrote(Row::Posting { step: 2, .. })))),
        (STORY, last(vec![posting(TR, 2, 2, 5), posting(TR, 2, 1, -5), Event::Committed])),
        (DERIVED, without(|event| *event == balance(21, 5_000 - PRICE))),
        (
            FLOOR,
            last(vec![Event::Wrote(Row::Partner { id: 1, min_balance: 4_000 }), Event::Committed]),
        ),
        (EVIDENCE, last(vec![payment("failed")])),
        (FINAL, last(vec![declined, payment("failed")])),
        (FINAL, last(vec![pay(), answered(3, "pending")])),
        (FINAL, last(vec![pay(), refused()])),
        (FINAL, with(vec![unknown(), answered(3, "inquired")], is_call)),
        (GUARD, last(vec![Event::BatchRefused { changes: 1, tr_id: Some(TR) }])),
        (QUOTED, last(vec![quoted_for("o2"), inquiry()])),
        (KEYS, last(vec![quoted_for("o2"), inquiry_under("o2")])),
        (OWN, last(vec![stranger, answered(3, "paid")])),
        (DURABLE, last(vec![Event::BookingConfirmed { order: 9 }])),
        (DURABLE, without(is_bill)),
        (DURABLE, with(vec![answered(2, "paid")], is_paid)),
        (DURABLE, with(vec![answered(2, "pending")], is_begun)),
        (DURABLE, with(vec![unknown(), refused()], is_begun)),
        (SOUND, last(vec![Event::Panicked { words }])),
    ] {
        assert_eq!(audit(story.clone()).1, Some(rule), "{story:#?}");
    }
}

#[test]
fn a_deposit_is_booked_once_and_taken_back_once_and_whole() {
    let is_first = |event: &Event| {
        *event == sent(1, PartnerRequest::Inquire { ref_id: "a".into(), customer_no: "88".into() })
    };
    let paid_in = good().into_iter().take_while(|event| !is_first(event)).collect::<Vec<_>>();
    let story = |events: Vec<Event>| audit([paid_in.clone(), events].concat()).1;
    let back = || reversed(9, 6, 5_000, 0);
    assert_eq!(story(back()), None);
    // A reference stays used after its deposit was reversed.
    let before = Event::BookingKnown { order: 4, tr_id: 6 };
    assert_eq!(story([back(), vec![before]].concat()), None);

    let again = ordered("deposit", 5_000, 5);
    let unasked = back().into_iter().skip(1).collect();
    for (rule, events) in [
        (BOOKED, vec![again, deposit(8, 5)]),
        (BOOKED, [back(), reversed(10, 6, 5_000, -5_000)].concat()),
        (BOOKED, reversed(9, 6, 4_999, 1)),
        (BOOKED, reversed(9, 5, 5_000, 0)),
        (FLOOR, [vec![Event::Wrote(Row::Partner { id: 1, min_balance: 1 })], back()].concat()),
        (DEBIT, unasked),
        (
            DURABLE,
            vec![Event::ReversalOrdered { deposit: 6 }, Event::ReversalConfirmed { deposit: 6 }],
        ),
        (DURABLE, vec![Event::BookingKnown { order: 4, tr_id: 7 }]),
        (DURABLE, vec![Event::BookingKnown { order: 9, tr_id: 6 }]),
    ] {
        assert_eq!(story(events.clone()), Some(rule), "{events:#?}");
    }
}

#[test]
fn a_final_answer_never_changes() {
    let other = Answer::State {
        tr_id: TR,
        ref_id: "a".into(),
        state: "paid",
        receipt_no: "N".into(),
        reason: None,
        balance: Some(1),
    };
    let again =
        [sent(3, PartnerRequest::Pay { tr_id: TR }), Event::Answered { request: 3, answer: other }];
    assert_eq!(audit(good().into_iter().chain(again)).1, Some(FINAL));
    // An answer that was given before the payment ended is late, not wrong.
    let late =
        with(vec![sent(3, PartnerRequest::Pay { tr_id: TR })], |event| *event == payment("paid"));
    assert_eq!(audit(late.into_iter().chain([answered(3, "paid")])).1, None);
}

#[test]
fn a_reference_at_a_biller_is_used_once() {
    let again = |biller, ours: &str| {
        let (reference, cost) = ("Q9".into(), None);
        [Event::Quoted { biller, reference, ours: ours.into(), nominal: 1_000, cost }]
    };
    assert_eq!(audit(good().into_iter().chain(again(2, "o1"))).1, Some(REUSED));
    for (biller, ours) in [(1, "o1"), (2, "o3")] {
        assert_eq!(audit(good().into_iter().chain(again(biller, ours))).1, None);
    }
}

#[test]
fn of_one_bill_one_payment_is_in_process() {
    let (tr_id, partner, ref_id, bill) = (8, 2, "b".into(), "PDAM 88 1".into());
    let (nominal, admin, commission) = (1_000, 30, 10);
    let (biller, reference, cost): (_, Box<str>, _) = (1, "Q2".into(), None);
    let ours: Box<str> = "o2".into();
    let (quote, under) = (reference.clone(), ours.clone());
    let quoted = Event::Quoted { biller, reference: quote, ours: under, nominal, cost };
    let inquiry = Row::Inquiry {
        tr_id,
        partner,
        ref_id,
        bill,
        nominal,
        admin,
        commission,
        biller,
        reference,
        ours,
        cost,
    };
    let (state, receipt_no, reason, because) = ("paying", "".into(), None, None);
    let payment = Row::Payment { tr_id, partner, biller, state, receipt_no, reason, because };
    let other =
        || vec![quoted.clone(), Event::Wrote(inquiry.clone()), Event::Wrote(payment.clone())];
    let meanwhile = with(other(), |event| matches!(event, Event::Took { .. }));
    assert_eq!(audit(meanwhile).1, Some(BILL));
    assert_eq!(audit([good(), other()].concat()).1, None);
}

#[test]
fn an_open_payment_waits_in_the_queue() {
    let open = |review_reason| {
        let row = Row::PendingFollowUp { tr_id: TR, review_reason };
        let begun = good().into_iter().take_while(|event| !matches!(event, Event::Took { .. }));
        begun.chain([Event::Wrote(row), Event::Committed]).collect::<Vec<_>>()
    };
    let rule = |story: Vec<Event>| {
        let (auditor, broken) = audit(story);
        assert_eq!(broken, None);
        assert_eq!(auditor.open().collect::<Vec<_>>(), [TR]);
        let ended = auditor.check_end(std::iter::empty()).unwrap_err();
        assert_eq!(ended.rule, REST, "what is open has not ended");
        auditor.check_manual_review().err().map(|broken| broken.rule)
    };
    let took = || vec![took(2)];
    assert_eq!(rule(open(Some("not-found"))), None);
    assert_eq!(rule(open(None)), Some(REST));
    assert_eq!(rule([open(Some("not-found")), took()].concat()), Some(REST));
    assert_eq!(rule([open(Some("too-old")), took()].concat()), None);
    let contradicted = [open(Some("contradiction")), took()].concat();
    assert_eq!(rule(contradicted.clone()), Some(REST), "its queries go on");
    let jumped = vec![Event::Jumped { node: 0, seconds: -40_000 }];
    assert_eq!(rule([contradicted, jumped].concat()), None);
}

#[test]
fn a_contradiction_waits_until_it_is_reconciled() {
    let review_reason =
        |review_reason| Event::Wrote(Row::PendingFollowUp { tr_id: TR, review_reason });
    let contradicted = [good(), vec![review_reason(Some("contradiction"))]].concat();
    let (auditor, _) = audit(contradicted.clone());
    assert_eq!(auditor.contradicted().collect::<Vec<_>>(), [TR]);
    assert_eq!(auditor.check_end(std::iter::empty()).unwrap_err().rule, REST);
    let (auditor, _) = audit([contradicted, vec![review_reason(None)]].concat());
    assert_eq!(auditor.contradicted().next(), None);
}

#[test]
fn the_dump_is_compared_with_what_was_committed() {
    let (auditor, _) = audit(good());
    let lost = without(|event| *event == payment("paying") || *event == inquiry());
    assert!(auditor.check_end(rows(lost)).is_err());
}

#[test]
fn a_promise_counts_until_another_answer_is_recorded() {
    let told = |reply| said(2, reply);
    let never = || told(BillerReply::NotFound { is_final: true });
    let ends = |between: &[Event]| {
        let begun = good().into_iter().take_while(|event| !matches!(event, Event::Took { .. }));
        let once = [never(), payment("pending")];
        let refunded = [
            never(),
            payment("failed"),
            posting(TR, 2, 22, -PRICE),
            posting(TR, 2, 21, PRICE),
            balance(22, 0),
            balance(21, 5_000),
            Event::Committed,
        ];
        audit(begun.chain(once).chain(between.to_vec()).chain(refunded)).1
    };
    assert_eq!(ends(&[]), None);
    // An answer to a gateway that died before recording it does not count.
    assert_eq!(ends(&[told(BillerReply::Nothing)]), None);
    assert_eq!(ends(&[told(BillerReply::Nothing), payment("pending")]), Some(EVIDENCE));
}
