//! The auditor of a run. It shares no code with the ledger: it reads the log line by line, as it is
//! recorded, and checks the rules of the books in ARCHITECTURE.md with its own sums; rule 7 is in `rows`.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Answer, BillerReply, Event, PartnerRequest, Row};
use rows::Rows;

const ONCE: &str = "1: at most one payment at a biller for one inquiry";
const ATTEMPT: &str = "1: a biller is asked to pay only what a committed attempt says";
const QUOTED: &str =
    "1: an inquiry records the biller that answered, its handle and its cost, once";
const REUSED: &str = "1: lunas's reference at a biller is used for one inquiry only";
const EVIDENCE: &str = "2: a payment ends by a biller's or an operator's word only";
const DEBIT: &str = "2: what a biller took is debited once, and nothing else is";
const FINAL: &str = "4: a final answer never changes, and a begun payment is told as begun";
const OWN: &str = "4: nobody sees or pays what is another partner's";
const DURABLE: &str = "5: nothing is answered before it is durable";
const GUARD: &str = "3: the rules refuse what the schema would have to";
const REST: &str = "6: every payment ends, or waits for an operator with its reason";
const TOLD: &str = "8: a partner is told of every end that it was left to wait for, as it is";
const SOUND: &str = "the process does not panic";

/// The reason of a payment that was not sent.
const NOT_SENT: &str = "biller-unavailable";

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule, with its number.
    pub rule: &'static str,
    /// The transaction, if it is about one.
    pub about: Option<i64>,
    /// What was found.
    pub how: String,
}

/// The result of a check.
type CheckResult = Result<(), Violation>;

/// Reads the log and reports when a rule is broken.
#[derive(Debug, Default)]
pub struct Auditor {
    lines: u64,
    rows: Rows,
    cases: BTreeMap<i64, Case>,
    /// The biller and the cost of each answer to an inquiry that is not recorded yet.
    quotes: BTreeMap<Box<str>, (i64, Option<i64>)>,
    /// lunas's references that were used, each with its biller.
    ours: BTreeSet<(i64, Box<str>)>,
    requests: BTreeMap<u64, Request>,
    /// Deposits, withdrawals and adjustments that were ordered, and those that were recorded.
    orders: BTreeMap<u64, (&'static str, i64, i64)>,
    booked: BTreeMap<u64, i64>,
    /// Deposits that somebody asked to reverse.
    unwanted: BTreeSet<i64>,
}

/// What is known about a transaction, besides its rows.
#[derive(Debug, Default)]
struct Case {
    /// How often a gateway called the biller to pay it.
    calls: u32,
    /// How often the biller took the money.
    took: u32,
    declined: bool,
    contradicted: bool,
    reported_paid: bool,
    reported_failed: bool,
    /// How many times in a row the biller promised that it will never execute it.
    never_found: u32,
    /// Whether the biller gave another answer since. It is not recorded yet, and it is lost if the
    /// gateway dies before.
    has_newer_reply: bool,
    by_hand: Option<bool>,
    /// Whether an operator used its number for a command that must be refused.
    used_by_bad_command: bool,
    billed: bool,
    /// Whether the payment became pending, and whether a callback reported its result.
    left_open: bool,
    called_back: bool,
    /// The line at which it was recorded, and at which it was begun.
    recorded: u64,
    begun: Option<u64>,
    /// The final answer that was given, and the line at which a partner first received it.
    ended: Option<Answer>,
    final_received: Option<u64>,
}

#[derive(Debug)]
struct Request {
    partner: i64,
    ask: PartnerRequest,
    sent: u64,
    /// The transaction whose final answer has been given and not received yet.
    final_answer_of: Option<i64>,
}

impl Auditor {
    /// Reads one line.
    pub fn see(&mut self, event: &Event) -> CheckResult {
        self.lines += 1;
        match event {
            Event::Sent { request, partner, ask } => {
                let (partner, ask, sent) = (*partner, ask.clone(), self.lines);
                let request_row = Request { partner, ask, sent, final_answer_of: None };
                self.requests.insert(*request, request_row);
                Ok(())
            }
            Event::Answered { request, answer } => self.answered(*request, answer),
            Event::Received { request } => self.received(*request),
            Event::CalledBack { tr_id, state } => self.called_back(*tr_id, state),
            Event::Quoted { biller, reference, ours, cost } => {
                self.quotes.insert(reference.clone(), (*biller, *cost));
                match self.ours.insert((*biller, ours.clone())) {
                    true => Ok(()),
                    false => {
                        let how = format!("biller {biller} was asked under {ours:?} before");
                        Err(Violation { rule: REUSED, about: None, how })
                    }
                }
            }
            Event::Called { tr_id, biller, reference, nominal } => {
                self.called(*tr_id, (*biller, reference, *nominal))
            }
            Event::BillerAnswered { tr_id, said } => self.biller_answered(*tr_id, said),
            Event::Took { tr_id } => {
                let case = self.case(*tr_id);
                case.took += 1;
                let times = case.took;
                require(times == 1, ONCE, *tr_id, || format!("it was paid {times} times"))
            }
            Event::Wrote(row) => self.row_written(row),
            Event::Committed => self.rows.settle(),
            Event::Panicked { words } => {
                Err(Violation { rule: SOUND, about: None, how: words.as_ref().into() })
            }
            Event::Declined { tr_id } => self.update_case(*tr_id, |case| case.declined = true),
            Event::Contradicted { tr_id } => {
                self.update_case(*tr_id, |case| case.contradicted = true)
            }
            Event::ByHand { tr_id, paid } => {
                self.update_case(*tr_id, |case| case.by_hand = Some(*paid))
            }
            Event::BookingOrdered { kind, partner, amount, order } => {
                self.orders.insert(*order, (kind, *partner, *amount));
                Ok(())
            }
            Event::BookingConfirmed { order } => match self.booked.contains_key(order) {
                true => Ok(()),
                false => {
                    let how = format!("the booking of order {order} is not recorded");
                    Err(Violation { rule: DURABLE, about: None, how })
                }
            },
            Event::BookingKnown { order, tr_id } => {
                let recorded = self.booked.get(order);
                require(recorded == Some(tr_id), DURABLE, *tr_id, || {
                    format!("told as the booking of order {order}, which is {recorded:?}")
                })
            }
            Event::ReversalOrdered { deposit } => {
                self.unwanted.insert(*deposit);
                Ok(())
            }
            Event::ReversalConfirmed { deposit } => {
                let recorded = self.rows.is_reversed(*deposit);
                require(recorded, DURABLE, *deposit, || "its reversal is not recorded".into())
            }
            Event::BadCommand { tr_id } => {
                self.update_case(*tr_id, |case| case.used_by_bad_command = true)
            }
            Event::BatchRefused { tr_id, .. } => {
                let used_by_bad_command = tr_id.and_then(|tr_id| self.cases.get(&tr_id));
                match used_by_bad_command.is_some_and(|case| case.used_by_bad_command) {
                    true => Ok(()),
                    false => {
                        Err(Violation { rule: GUARD, about: *tr_id, how: "it was undone".into() })
                    }
                }
            }
            Event::Died { .. }
            | Event::Started { .. }
            | Event::Circuit { .. }
            | Event::Jumped { .. }
            | Event::FaultsEnd => Ok(()),
        }
    }

    /// The payments whose outcome is unknown.
    pub fn open(&self) -> impl Iterator<Item = i64> {
        self.rows.open()
    }

    /// The final payments that the biller contradicts.
    pub fn contradicted(&self) -> impl Iterator<Item = i64> {
        self.rows.queue().filter(|(_, why)| *why == "contradiction").map(|(tr_id, _)| tr_id)
    }

    /// Checks that every open payment is in manual review with its reason, and that no payment is
    /// left there although the biller could tell its result.
    pub fn check_manual_review(&self) -> CheckResult {
        self.open().try_for_each(|tr_id| {
            let why = self.rows.review_reason(tr_id);
            require(why.is_some(), REST, tr_id, || {
                "it is open, and nobody is told to look".into()
            })?;
            let known = self.cases.get(&tr_id).is_some_and(|case| case.took > 0 || case.declined);
            let asked = !matches!(why, Some("too-old" | "mismatch"));
            require(!(known && asked), REST, tr_id, || {
                format!("the biller knows; it waits: {why:?}")
            })
        })
    }

    /// Checks the end of a run: `dump` is every row of the store.
    pub fn check_end(&self, dump: impl Iterator<Item = Row>) -> CheckResult {
        if let Some(tr_id) = self.open().next() {
            return Err(Violation::new(REST, tr_id, "it is open at the end".into()));
        }
        if let Some((tr_id, why)) = self.rows.queue().next() {
            return Err(Violation::new(
                REST,
                tr_id,
                format!("it still waits for an operator: {why}"),
            ));
        }
        for (tr_id, case) in &self.cases {
            let paid = self.rows.state(*tr_id) == Some("paid");
            let fits = case.contradicted || case.by_hand.is_some() || paid == (case.took == 1);
            require(fits, DEBIT, *tr_id, || {
                format!("taken {} times, and it is {:?}", case.took, self.rows.state(*tr_id))
            })?;
            let told = case.called_back || !case.left_open;
            require(told, TOLD, *tr_id, || "it was left open, and its end is not told".into())?;
        }
        let mut again = Rows::default();
        for row in dump {
            again.see(&row)?;
        }
        again.settle()?;
        self.rows.same_as(&again)
    }

    fn answered(&mut self, number: u64, answer: &Answer) -> CheckResult {
        let Some(request) = self.requests.get(&number) else { return Ok(()) };
        let (partner, sent) = (request.partner, request.sent);
        match answer {
            Answer::Bill { tr_id, price } => {
                let PartnerRequest::Inquire { ref_id, .. } = &request.ask else {
                    return Err(Violation::new(OWN, *tr_id, "a bill that nobody asked for".into()));
                };
                let recorded = self.rows.bill(*tr_id) == Some((partner, &**ref_id, *price));
                require(recorded, DURABLE, *tr_id, || format!("{answer:?} is not recorded so"))?;
                let again = std::mem::replace(&mut self.case(*tr_id).billed, true);
                require(!again, FINAL, *tr_id, || "one inquiry was answered as two".into())
            }
            Answer::State { tr_id, .. } => self.state_answer(number, *tr_id, answer),
            Answer::Refused { why } => match &request.ask {
                PartnerRequest::Inquire { .. } => Ok(()),
                PartnerRequest::Pay { tr_id } => {
                    let case = self.cases.get(tr_id);
                    let begun = case.and_then(|case| case.begun).is_some_and(|begun| begun < sent);
                    let own = self.rows.owner(*tr_id) == Some(partner);
                    require(!(begun && own), FINAL, *tr_id, || format!("begun, and refused: {why}"))
                }
                PartnerRequest::Status { ref_id } => {
                    let Some(tr_id) = self.rows.reference(partner, ref_id) else { return Ok(()) };
                    let known = self.cases.get(&tr_id).is_some_and(|case| case.recorded < sent);
                    require(!known, DURABLE, tr_id, || format!("recorded, and refused: {why}"))
                }
            },
            Answer::Unknown => Ok(()),
        }
    }

    /// An answer with the state of a transaction.
    fn state_answer(&mut self, number: u64, tr_id: i64, answer: &Answer) -> CheckResult {
        let Answer::State { ref_id, state, receipt_no, reason, .. } = answer else {
            return Ok(());
        };
        let Some(Request { partner, sent, ask, .. }) = self.requests.get(&number) else {
            return Ok(());
        };
        let asked = match ask {
            PartnerRequest::Pay { tr_id: asked } => *asked == tr_id,
            PartnerRequest::Status { ref_id: asked } => asked == ref_id,
            PartnerRequest::Inquire { .. } => false,
        };
        let own = asked && self.rows.is_inquiry(tr_id, *partner, ref_id);
        require(own, OWN, tr_id, || format!("{ask:?} of {partner} is answered {answer:?}"))?;
        let is_final = matches!(*state, "paid" | "failed");
        let row = self.rows.state(tr_id);
        let durable = match row {
            None => *state == "inquired",
            Some(row) if is_final => {
                row == *state && self.rows.ending(tr_id) == Some((&**receipt_no, *reason))
            }
            Some(_) => true,
        };
        require(durable, DURABLE, tr_id, || format!("{answer:?}, and the row says {row:?}"))?;
        let sent = *sent;
        let case = self.cases.entry(tr_id).or_default();
        let begun = case.begun.is_some_and(|begun| begun < sent);
        require(!begun || *state != "inquired", FINAL, tr_id, || "begun, and told as not".into())?;
        let heard = case.final_received.is_some_and(|heard| heard < sent);
        require(!heard || is_final, FINAL, tr_id, || format!("final before, and now {state}"))?;
        if is_final {
            let first = case.ended.get_or_insert_with(|| answer.clone());
            require(first == answer, FINAL, tr_id, || format!("{first:?}, and now {answer:?}"))?;
            let honest = case.contradicted || case.by_hand.is_some();
            let debited = honest || case.took == u32::from(*state == "paid");
            require(debited, DEBIT, tr_id, || format!("told {state}, taken {} times", case.took))?;
            if let Some(request) = self.requests.get_mut(&number) {
                request.final_answer_of = Some(tr_id);
            }
        }
        Ok(())
    }

    fn received(&mut self, number: u64) -> CheckResult {
        let lines = self.lines;
        let carried = self.requests.remove(&number).and_then(|request| request.final_answer_of);
        carried.map_or(Ok(()), |tr_id| {
            self.update_case(tr_id, |case| {
                case.final_received.get_or_insert(lines);
            })
        })
    }

    fn called(&mut self, tr_id: i64, order: (i64, &str, i64)) -> CheckResult {
        let state = self.rows.state(tr_id);
        let attempt = matches!(state, Some("paying" | "pending"));
        require(attempt, ATTEMPT, tr_id, || format!("called to pay, and the row says {state:?}"))?;
        let recorded = self.rows.order(tr_id);
        require(recorded == Some(order), ATTEMPT, tr_id, || {
            format!("{order:?}, not {recorded:?}")
        })?;
        let case = self.case(tr_id);
        case.calls += 1;
        let calls = case.calls;
        require(calls == 1, ONCE, tr_id, || format!("the biller was called {calls} times"))
    }

    fn called_back(&mut self, tr_id: i64, state: &str) -> CheckResult {
        let row = self.rows.state(tr_id);
        let as_it_is = row == Some(state) && matches!(state, "paid" | "failed");
        require(as_it_is, TOLD, tr_id, || format!("told as {state}, and the row says {row:?}"))?;
        self.update_case(tr_id, |case| case.called_back = true)
    }

    fn biller_answered(&mut self, tr_id: i64, said: &BillerReply) -> CheckResult {
        self.update_case(tr_id, |case| {
            let promised = matches!(said, BillerReply::NotFound { is_final: true });
            case.never_found += u32::from(promised);
            case.has_newer_reply = !promised;
            match said {
                BillerReply::Paid => case.reported_paid = true,
                BillerReply::Failed => case.reported_failed = true,
                BillerReply::NotFound { .. } | BillerReply::Nothing => {}
            }
        })
    }

    /// A deposit, a withdrawal or an adjustment was written. It must be as ordered.
    fn booked(
        &mut self,
        tr_id: i64,
        order: &str,
        booking: (&'static str, i64, i64),
    ) -> CheckResult {
        let order = order.parse().unwrap_or_default();
        let ordered = self.orders.remove(&order);
        self.booked.insert(order, tr_id);
        require(ordered == Some(booking), DEBIT, tr_id, || {
            format!("{booking:?} of order {order}, ordered: {ordered:?}")
        })
    }

    fn row_written(&mut self, row: &Row) -> CheckResult {
        match row {
            Row::Inquiry { tr_id, biller, reference, cost, .. } => {
                let quoted = self.quotes.remove(reference);
                require(quoted == Some((*biller, *cost)), QUOTED, *tr_id, || {
                    format!("{row:?} records the answer {quoted:?}")
                })?;
                let lines = self.lines;
                self.case(*tr_id).recorded = lines;
            }
            Row::Payment { tr_id, state, reason, .. } => {
                let was = self.rows.state(*tr_id);
                let lines = self.lines;
                let case = self.case(*tr_id);
                case.begun.get_or_insert(lines);
                case.left_open |= *state == "pending";
                if std::mem::take(&mut case.has_newer_reply) {
                    case.never_found = 0;
                }
                let said = match *state {
                    "paid" => case.reported_paid || case.by_hand == Some(true),
                    // A biller that promised twice that it will never execute a payment has refused
                    // it.
                    "failed" => {
                        let unsent = case.calls == 0 && *reason == Some(NOT_SENT);
                        let never = case.never_found >= 2;
                        case.reported_failed || never || unsent || case.by_hand == Some(false)
                    }
                    _ => true,
                };
                let new = was != Some(state);
                require(said || !new, EVIDENCE, *tr_id, || format!("{state}, which nobody said"))?;
            }
            Row::Deposit { tr_id, partner, amount, note, .. } => {
                self.booked(*tr_id, note, ("deposit", *partner, *amount))?;
            }
            Row::BalanceChange { tr_id, partner, kind, amount, reason, .. } => {
                self.booked(*tr_id, reason, (kind, *partner, *amount))?;
            }
            Row::Reversal { tr_id, deposit, .. } => {
                let asked = self.unwanted.contains(deposit);
                require(asked, DEBIT, *tr_id, || format!("{row:?}, which nobody asked for"))?;
            }
            Row::Partner { .. }
            | Row::Posting { .. }
            | Row::Balance { .. }
            | Row::PendingFollowUp { .. } => {}
        }
        self.rows.see(row)
    }

    fn case(&mut self, tr_id: i64) -> &mut Case {
        self.cases.entry(tr_id).or_default()
    }

    fn update_case(&mut self, tr_id: i64, what: impl FnOnce(&mut Case)) -> CheckResult {
        what(self.case(tr_id));
        Ok(())
    }
}

impl Violation {
    fn new(rule: &'static str, tr_id: i64, how: String) -> Violation {
        Violation { rule, about: Some(tr_id), how }
    }
}

fn require(
    holds: bool,
    rule: &'static str,
    tr_id: i64,
    how: impl FnOnce() -> String,
) -> CheckResult {
    if holds { Ok(()) } else { Err(Violation::new(rule, tr_id, how())) }
}
