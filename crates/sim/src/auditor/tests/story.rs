//! A good log and its lines.

use super::super::*;
use crate::event::{Answer, BillerReply};

pub(super) const TR: i64 = 7;
pub(super) const PRICE: i64 = 1_000 + 30 - 10;
/// What the biller takes.
pub(super) const COST: i64 = 990;

/// A partner with a deposit inquires, pays, and is answered.
pub(super) fn good() -> Vec<Event> {
    let mut story = vec![
        Event::Wrote(Row::Partner { id: 1, min_balance: 0 }),
        ordered("deposit", 5_000, 4),
        deposit(6, 4),
        posting(6, 1, 1, -5_000),
        posting(6, 1, 21, 5_000),
        balance(1, -5_000),
        balance(21, 5_000),
        Event::Committed,
        sent(1, PartnerRequest::Inquire { ref_id: "a".into(), customer_no: "88".into() }),
        quoted(),
        inquiry(),
        Event::Committed,
        Event::Answered { request: 1, answer: Answer::Bill { tr_id: TR, price: PRICE } },
        Event::Received { request: 1 },
        sent(2, PartnerRequest::Pay { tr_id: TR }),
        payment("paying"),
        posting(TR, 1, 21, -PRICE),
        posting(TR, 1, 22, PRICE),
        balance(21, 5_000 - PRICE),
        balance(22, PRICE),
        Event::Committed,
        called(),
        took(2),
        said(2, BillerReply::Paid),
    ];
    story.extend(paid());
    story
}

/// The second commit and its answer.
pub(super) fn paid() -> Vec<Event> {
    vec![
        payment("paid"),
        posting(TR, 2, 22, -PRICE),
        posting(TR, 2, 36, COST),
        posting(TR, 2, 7, 1_000 - COST),
        posting(TR, 2, 2, 30),
        posting(TR, 2, 3, -10),
        balance(22, 0),
        balance(36, COST),
        balance(7, 1_000 - COST),
        balance(2, 30),
        balance(3, -10),
        Event::Committed,
        answered(2, "paid"),
        Event::Received { request: 2 },
    ]
}

pub(super) fn ordered(kind: &'static str, amount: i64, order: u64) -> Event {
    Event::BookingOrdered { kind, partner: 1, amount, order }
}

pub(super) fn deposit(tr_id: i64, order: u64) -> Event {
    let (note, reference) = (order.to_string().into(), Some("FT 17".into()));
    Event::Wrote(Row::Deposit { tr_id, partner: 1, amount: 5_000, note, reference })
}

/// The reversal of a deposit, with its effect on the balances.
pub(super) fn reversed(tr_id: i64, deposit: i64, amount: i64, available: i64) -> Vec<Event> {
    vec![
        Event::ReversalOrdered { deposit },
        Event::Wrote(Row::Reversal { tr_id, partner: 1, deposit, amount }),
        posting(tr_id, 1, 21, -amount),
        posting(tr_id, 1, 1, amount),
        balance(21, available),
        balance(1, amount - 5_000),
        Event::Committed,
        Event::ReversalConfirmed { deposit },
    ]
}

pub(super) fn quoted() -> Event {
    quoted_for("o1")
}

/// The same bill, asked for under this reference.
pub(super) fn quoted_for(ours: &str) -> Event {
    Event::Quoted {
        biller: 2,
        reference: "Q1".into(),
        ours: ours.into(),
        nominal: 1_000,
        cost: Some(COST),
    }
}

pub(super) fn called() -> Event {
    order(2, "Q1", "o1", 1_000)
}

/// A biller is called to pay, under these references.
pub(super) fn order(biller: i64, reference: &str, ours: &str, nominal: i64) -> Event {
    let (reference, ours) = (reference.into(), ours.into());
    Event::Called { tr_id: TR, biller, reference, ours, nominal }
}

pub(super) fn took(biller: i64) -> Event {
    Event::Took { tr_id: TR, biller }
}

pub(super) fn said(biller: i64, said: BillerReply) -> Event {
    Event::BillerAnswered { tr_id: TR, biller, said }
}

pub(super) fn inquiry() -> Event {
    inquiry_under("o1")
}

/// The same inquiry, asked for under this reference of lunas.
pub(super) fn inquiry_under(ours: &str) -> Event {
    inquiry_with("PDAM", ours)
}

/// The same inquiry of another product.
pub(super) fn inquiry_of(product: &str) -> Event {
    inquiry_with(product, "o1")
}

fn inquiry_with(product: &str, ours: &str) -> Event {
    let (nominal, admin, commission) = (1_000, 30, 10);
    let (ref_id, bill) = ("a".into(), format!("{product} 88 1").into());
    Event::Wrote(Row::Inquiry {
        tr_id: TR,
        partner: 1,
        ref_id,
        bill,
        nominal,
        admin,
        commission,
        biller: 2,
        reference: "Q1".into(),
        ours: ours.into(),
        cost: Some(COST),
    })
}

pub(super) fn payment(state: &'static str) -> Event {
    let receipt_no = if state == "paid" { "N" } else { "" }.into();
    let reason = (state == "failed").then_some("payment-failed");
    let because = None;
    Event::Wrote(Row::Payment {
        tr_id: TR,
        partner: 1,
        biller: 2,
        state,
        receipt_no,
        reason,
        because,
    })
}

pub(super) fn posting(tr_id: i64, step: u8, account: i64, amount: i64) -> Event {
    Event::Wrote(Row::Posting { tr_id, step, account, amount })
}

pub(super) fn balance(account: i64, amount: i64) -> Event {
    Event::Wrote(Row::Balance { account, amount })
}

pub(super) fn sent(request: u64, ask: PartnerRequest) -> Event {
    Event::Sent { request, partner: 1, ask }
}

pub(super) fn answered(request: u64, state: &'static str) -> Event {
    let (receipt_no, ref_id) = (if state == "paid" { "N" } else { "" }.into(), "a".into());
    let balance = (state == "paid").then_some(5_000 - PRICE);
    let answer = Answer::State { tr_id: TR, ref_id, state, receipt_no, reason: None, balance };
    Event::Answered { request, answer }
}

pub(super) fn audit(story: impl IntoIterator<Item = Event>) -> (Auditor, Option<&'static str>) {
    let mut auditor = Auditor::default();
    let mut broken = None;
    for event in story {
        broken = broken.or(auditor.see(&event).err().map(|broken| broken.rule));
    }
    (auditor, broken)
}

pub(super) fn rows(story: Vec<Event>) -> impl Iterator<Item = Row> {
    story.into_iter().filter_map(|event| match event {
        Event::Wrote(row) => Some(row),
        _ => None,
    })
}

/// The good log with the lines `before` inserted in front of the line for which `here` is true.
pub(super) fn with(before: Vec<Event>, here: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut story = good();
    let at = story.iter().position(here).unwrap();
    story.splice(at..at, before);
    story
}

/// The good log without the lines for which `gone` is true.
pub(super) fn without(gone: impl Fn(&Event) -> bool) -> Vec<Event> {
    good().into_iter().filter(|event| !gone(event)).collect()
}
