//! The auditor of a run. It shares no code with the ledger: it reads the log line by line, as it is
//! recorded, and checks the rules of the books in ARCHITECTURE.md with its own sums; rule 7 is in `rows`.

mod answers;
mod attempts;
mod case;
mod reports;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Event, PartnerRequest, Row};
use case::Case;
use rows::Rows;

const ONCE: &str = "1: at most one payment at a biller for one attempt";
const TAKEN: &str = "1: of all attempts of a payment at most one is taken";
const AFTER: &str = "1: an attempt begins after the failure of the one before is committed";
const OVER: &str = "1: no attempt begins after a biller said that it took an earlier one";
const ATTEMPT: &str = "1: a biller is asked to pay only what a committed attempt says";
const QUOTED: &str = "1: an inquiry or attempt records the biller that answered, its amount and cost, and both references, once";
const SOLD: &str = "3: a bill is not sold for less than its biller takes, where that is refused";
const REUSED: &str = "1: lunas's reference at a biller is used for one inquiry only";
const EVIDENCE: &str = "2: a payment ends by a biller's or an operator's word only";
const BELIEVED: &str = "2: a report that does not fit its payment is not believed";
const DEBIT: &str = "2: what a biller took is debited once, and nothing else is";
const FINAL: &str = "4: a final answer never changes, and a begun payment is told as begun";
const OWN: &str = "4: nobody sees or pays what is another partner's";
const DURABLE: &str = "5: nothing is answered before it is durable";
const GUARD: &str = "3: the rules refuse what the schema would have to";
const REST: &str = "6: every payment ends, or waits for an operator with its reason";
const REPORTED: &str =
    "6: a report ends its payment as it says, or the contradiction waits for an operator";
const TOLD: &str = "8: a partner is told of every end that it was left to wait for, as it is";
const SOUND: &str = "the process does not panic";

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
    /// The answers to inquiries that are not recorded yet, each with its line, by the biller's handle.
    quotes: BTreeMap<Box<str>, (u64, Quote)>,
    /// lunas's references that were used, each with its biller.
    ours: BTreeSet<(i64, Box<str>)>,
    requests: BTreeMap<u64, Request>,
    /// Deposits, withdrawals and adjustments that were ordered, and those that were recorded.
    orders: BTreeMap<u64, (&'static str, i64, i64)>,
    booked: BTreeMap<u64, i64>,
    /// Deposits that somebody asked to reverse.
    unwanted: BTreeSet<i64>,
    /// Whether a clock was wrong, so that a new payment could count as too old to be queried.
    was_clock_wrong: bool,
}

/// A biller's answer to an inquiry.
#[derive(Debug, PartialEq, Eq)]
struct Quote {
    biller: i64,
    /// lunas's reference, under which it was asked.
    ours: Box<str>,
    nominal: i64,
    cost: Option<i64>,
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
            Event::Quoted { biller, reference, ours, nominal, cost } => {
                let (ours, nominal, cost) = (ours.clone(), *nominal, *cost);
                let quote = Quote { biller: *biller, ours: ours.clone(), nominal, cost };
                self.quotes.insert(reference.clone(), (self.lines, quote));
                match self.ours.insert((*biller, ours.clone())) {
                    true => Ok(()),
                    false => {
                        let how = format!("biller {biller} was asked under {ours:?} before");
                        Err(Violation { rule: REUSED, about: None, how })
                    }
                }
            }
            Event::Called { tr_id, biller, reference, ours, nominal } => {
                self.called(*tr_id, (*biller, reference, ours, *nominal))
            }
            Event::BillerAnswered { tr_id, biller, said } => {
                self.case(*tr_id).order(*biller).answered(said);
                Ok(())
            }
            Event::Took { tr_id, biller } => self.took(*tr_id, *biller),
            Event::Wrote(row) => self.row_written(row),
            Event::Committed => self.committed(),
            Event::Panicked { words } => {
                Err(Violation { rule: SOUND, about: None, how: words.as_ref().into() })
            }
            Event::Declined { tr_id, biller } => {
                self.update_case(*tr_id, |case| case.order(*biller).declined = true)
            }
            Event::Contradicted { tr_id, biller } => {
                self.update_case(*tr_id, |case| case.order(*biller).contradicted = true)
            }
            Event::Reported { tr_id, biller, is_paid, is_misfit, result } => {
                self.reported((*tr_id, *biller), *is_paid, *is_misfit, result)
            }
            Event::ByHand { tr_id, paid, .. } => {
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
            Event::Jumped { seconds, .. } => {
                self.was_clock_wrong |= *seconds != 0;
                Ok(())
            }
            Event::Died { .. }
            | Event::Started { .. }
            | Event::Circuit { .. }
            | Event::FaultsEnd => Ok(()),
        }
    }

    /// The payments whose outcome is unknown.
    pub fn open(&self) -> impl Iterator<Item = i64> {
        self.rows.open()
    }

    /// The biller of the payment's current attempt.
    pub fn current_biller(&self, tr_id: i64) -> Option<i64> {
        self.rows.current_biller(tr_id)
    }

    /// The payments that a biller contradicts.
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
            let order = self.current_order(tr_id);
            let known = order.is_some_and(|order| order.took > 0 || order.declined);
            let asked = match why {
                Some("too-old" | "mismatch") => false,
                // It stays the reason also when the payment is too old.
                Some("contradiction") => !self.was_clock_wrong,
                _ => true,
            };
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
            self.check_debit(*tr_id, self.rows.state(*tr_id).unwrap_or_default())?;
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
            Row::Inquiry { tr_id, biller, reference, ours, nominal, cost, .. } => {
                let (ours, nominal, cost) = (ours.clone(), *nominal, *cost);
                let quote = Quote { biller: *biller, ours, nominal, cost };
                self.recorded(*tr_id, reference, &quote)?;
                let lines = self.lines;
                self.case(*tr_id).recorded = lines;
            }
            Row::Attempt { .. } => self.attempted(row)?,
            Row::Payment { tr_id, biller, state, reason, .. } => {
                let was = self.rows.state(*tr_id);
                let lines = self.lines;
                let case = self.case(*tr_id);
                case.begun.get_or_insert(lines);
                case.left_open |= *state == "pending";
                let by_hand = case.by_hand;
                let order = case.order(*biller);
                order.reply_recorded();
                let said = match *state {
                    "paid" => order.reported_paid || by_hand == Some(true),
                    "failed" => order.has_failed(*reason) || by_hand == Some(false),
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
            Row::PendingFollowUp { tr_id, review_reason: Some("contradiction") } => {
                self.case(*tr_id).was_contradicted = true;
            }
            Row::Partner { .. }
            | Row::Posting { .. }
            | Row::Balance { .. }
            | Row::PendingFollowUp { .. } => {}
        }
        self.rows.see(row)?;
        match row {
            Row::Inquiry { tr_id, .. } | Row::Attempt { tr_id, .. } => self.sold(*tr_id),
            _ => Ok(()),
        }
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
