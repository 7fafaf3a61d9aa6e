//! Payments and their histories as text.

use std::collections::BTreeMap;

use domain::{Account, ReviewReason, State};

use super::answers::rupiah;
use super::{Render, Table, left, pairs, prose, right};
use crate::admin::response::{
    Attempt, Biller, Callback, NextStep, Payment, Posting, ReviewItem, Step, TransactionHistory,
};

impl Render for Vec<Payment> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no such payments".to_owned();
        }
        let columns = [
            left("BEGUN AT"),
            right("TR_ID"),
            left("STATE"),
            left("PARTNER"),
            left("REF_ID"),
            left("CODE"),
            left("CUSTOMER NO"),
            right("SELLING PRICE"),
            prose("WHY"),
        ];
        let row = |payment: &Payment| {
            let why = payment.failure().or_else(|| payment.open_because.clone());
            [
                payment.begun_at.map(|at| at.to_string()).unwrap_or_default(),
                payment.tr_id.to_string(),
                payment.state.name().to_owned(),
                payment.partner.clone(),
                payment.ref_id.clone(),
                payment.code.clone(),
                payment.customer_no.clone(),
                rupiah(payment.selling_price),
                why.unwrap_or_default(),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

impl Payment {
    /// The code that the partner gets and the reason in words, if it failed: `14 customer unknown`.
    fn failure(&self) -> Option<String> {
        let code = self.response_code.as_deref()?;
        Some(format!("{code} {}", self.reason.as_deref().unwrap_or_default()))
    }
}

impl Render for Vec<ReviewItem> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no payment needs manual review".to_owned();
        }
        let blocks: Vec<String> = self.iter().map(ReviewItem::block).collect();
        blocks.join("\n")
    }
}

impl ReviewItem {
    /// One line for each fact.
    fn block(&self) -> String {
        let payment = &self.payment;
        let evidence = self.evidence.as_ref().map(|step| {
            let answer = step.answer.as_deref().unwrap_or_default();
            format!("{} {}: {answer}", *step.at, step.what.name())
        });
        let why = payment.review_reason.map(|why| format!("{}: {}", why.name(), because(*why)));
        pairs([
            ("tr_id", Some(payment.tr_id.to_string())),
            ("state", Some(payment.state.name().to_owned())),
            ("why", why),
            ("needs review since", Some(self.queued_at.to_string())),
            ("age", Some(age(self.age_seconds))),
            ("partner", Some(format!("{}, ref_id {}", payment.partner, payment.ref_id))),
            ("bill", Some(format!("{} {} {}", payment.code, payment.customer_no, payment.period))),
            ("selling price", Some(rupiah(payment.selling_price))),
            ("status asked", Some(format!("{} times", payment.asks))),
            ("last exchange", evidence),
            ("next step", Some(next_step(self.next_step, payment))),
        ])
    }
}

/// Why a payment needs review, in a sentence.
const fn because(why: ReviewReason) -> &'static str {
    match why {
        ReviewReason::NotFound => "the biller does not know the payment, though it should by now",
        ReviewReason::TooOld => "the payment is too old for status queries to its biller",
        ReviewReason::Mismatch => "the biller answered about another payment, amount or customer",
        ReviewReason::Contradiction => {
            "a biller says the opposite of how the payment, or an earlier attempt of it, ended"
        }
    }
}

/// What the operator must do, in a sentence.
fn next_step(step: NextStep, payment: &Payment) -> String {
    let tr_id = payment.tr_id;
    let biller = payment.biller.in_a_sentence();
    match (step, *payment.state) {
        (NextStep::Reconcile, State::Paid) => format!(
            "find out from {biller} whether it was paid; if it was not, give the partner its money \
             back with `lunas adjustment add`; if another biller took an earlier attempt, the bill is paid \
             twice, and that biller owes you its cost; then `lunas payment resolve {tr_id} --reconciled --reason \
             TEXT`"
        ),
        (NextStep::Reconcile, _) => format!(
            "find out from {biller} whether it was paid; if it was, agree with the partner or \
             with {biller} on who bears the loss; then `lunas payment resolve {tr_id} \
             --reconciled --reason TEXT`"
        ),
        (NextStep::Resolve, _) => format!(
            "find out from {biller} whether it was paid, with `lunas payment ask {tr_id}` or by \
             phone; then `lunas payment resolve {tr_id} --paid --receipt-no N --reason TEXT`, or \
             `--failed` if it was not paid and never will be"
        ),
    }
}

/// `3 d 4 h`, `5 h 12 min`, `7 min`.
fn age(seconds: i64) -> String {
    let minutes = seconds / 60;
    let (days, hours) = (minutes / 1440, minutes / 60 % 24);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {hours} h"),
    }
}

impl Render for TransactionHistory {
    fn text(&self) -> String {
        let payment = &self.payment;
        let facts = pairs([
            ("tr_id", Some(payment.tr_id.to_string())),
            ("state", Some(payment.state.name().to_owned())),
            ("failed because", payment.failure()),
            ("pending because", payment.open_because.clone()),
            ("needs review", payment.review_reason.map(|why| why.name().to_owned())),
            ("partner", Some(payment.partner.clone())),
            ("ref_id", Some(payment.ref_id.clone())),
            ("product", Some(payment.code.clone())),
            ("customer no", Some(payment.customer_no.clone())),
            ("customer name", Some(payment.customer_name.clone())),
            ("period", Some(payment.period.clone())),
            ("nominal", Some(rupiah(payment.nominal))),
            ("admin", Some(rupiah(payment.admin))),
            ("price", Some(rupiah(payment.price))),
            ("commission", Some(rupiah(payment.commission))),
            ("selling price", Some(rupiah(payment.selling_price))),
            ("cost", payment.cost.map(rupiah)),
            ("earned", payment.earned().map(rupiah)),
            ("biller", Some(payment.biller.labelled())),
            ("reference there", payment.reference.clone()),
            ("biller's reference", payment.biller_reference.clone()),
            ("passed over", payment.passed_over.clone()),
            ("receipt no", payment.receipt_no.clone()),
            ("status asked", (payment.asks > 0).then(|| format!("{} times", payment.asks))),
            ("inquired at", Some(payment.inquired_at.to_string())),
            ("begun at", payment.begun_at.map(|at| at.to_string())),
            ("settled at", payment.settled_at.map(|at| at.to_string())),
            ("callback", self.callback.as_ref().map(callback_state)),
        ]);
        let attempts = attempts_text(&self.attempts);
        let columns = [left("AT"), left("STEP"), right("AMOUNT"), prose("ACCOUNT OR ANSWER")];
        let several = Several::of(self);
        let rows = self.steps.iter().flat_map(|step| step.rows(&several));
        let steps = Table::new(columns, rows);
        let asked = self.asked.as_ref().map(Step::unchanged).unwrap_or_default();
        let evidence = self.steps.iter().filter_map(|step| step.evidence_text(&several));
        let evidence: String = evidence.collect();
        format!("{facts}\n{attempts}{steps}{asked}{evidence}")
    }
}

/// The attempts, if there is more than the first one.
fn attempts_text(attempts: &[Attempt]) -> String {
    if attempts.len() < 2 {
        return String::new();
    }
    let columns = [
        right("ATTEMPT"),
        left("BEGUN AT"),
        left("BILLER"),
        left("REFERENCE THERE"),
        left("BILLER'S REFERENCE"),
        right("COST"),
        prose("FAILED BECAUSE"),
    ];
    let row = |attempt: &Attempt| {
        [
            attempt.number.to_string(),
            attempt.begun_at.to_string(),
            attempt.biller.labelled(),
            attempt.reference.clone().unwrap_or_default(),
            attempt.biller_reference.clone().unwrap_or_default(),
            rupiah(attempt.cost),
            attempt.failed_because.clone().unwrap_or_default(),
        ]
    };
    format!("{}\n", Table::new(columns, attempts.iter().map(row)))
}

/// What has to be named in each step, because the payment has several of it.
struct Several<'h> {
    /// The billers that were asked, by number.
    billers: BTreeMap<i64, &'h Biller>,
    attempts: bool,
}

impl Several<'_> {
    fn of(history: &TransactionHistory) -> Several<'_> {
        let asked = history.steps.iter().filter_map(|step| step.biller.as_ref());
        let billers = asked.chain([&history.payment.biller]);
        Several {
            billers: billers.map(|biller| (biller.number, biller)).collect(),
            attempts: history.attempts.len() > 1,
        }
    }

    /// The name of an account; that of a biller with the biller's name.
    fn account(&self, account: Account) -> String {
        let biller = match account {
            Account::Biller(id) => self.billers.get(&id.0),
            _ => None,
        };
        match biller.and_then(|biller| biller.name.as_deref()) {
            Some(name) => format!("{account} ({name})"),
            None => account.to_string(),
        }
    }
}

impl Payment {
    /// What is left to the operator of a paid bill.
    fn earned(&self) -> Option<i64> {
        let is_paid = self.state.0 == State::Paid;
        self.cost.filter(|_| is_paid).and_then(|cost| self.selling_price.checked_sub(cost))
    }
}

/// The state of the callback.
fn callback_state(callback: &Callback) -> String {
    let Callback { state, attempts, at, .. } = callback;
    let answer = callback.answer.as_deref().unwrap_or("not sent yet");
    format!("{}, {attempts} attempts, {}: {answer}", state.name(), **at)
}

impl Step {
    /// A status query whose answer was not new, so the books have no row of it.
    fn unchanged(&self) -> String {
        let answer = self.answer.as_deref().unwrap_or_default();
        let told = format!(
            "asked now: {} at {}, and the answer was: {answer}. It is the same as before, so it \
             is counted but not a new line above.",
            self.what.name(),
            *self.at
        );
        format!("\n{}", pairs([("", Some(told))]).trim_start())
    }

    /// What was sent and received, if it went over a network.
    fn evidence_text(&self, several: &Several<'_>) -> Option<String> {
        let evidence = self.evidence.as_ref()?;
        let status = evidence.http_status.map(|status| format!("HTTP status {status}"));
        let received = match (&status, evidence.received.is_empty()) {
            (None, _) => "no answer".to_owned(),
            (Some(status), true) => format!("{status}, no body"),
            (Some(status), false) => format!("{status}: {}", evidence.received),
        };
        let sent = match evidence.sent.is_empty() {
            true => "nothing: there was no connection".to_owned(),
            false => evidence.sent.clone(),
        };
        let facts = pairs([("sent", Some(sent)), ("received", Some(received))]);
        Some(format!("\n{}, {}\n{facts}", self.title(several), *self.at))
    }

    /// What happened, at which biller if there are several, and in which attempt if there are several.
    fn title(&self, several: &Several<'_>) -> String {
        let biller = self.biller.as_ref().filter(|_| several.billers.len() > 1);
        let biller = biller.map(|biller| format!(" at {}", biller.in_a_sentence()));
        let attempt = self.attempt.filter(|_| several.attempts);
        let attempt = attempt.map(|number| format!(", attempt {number}"));
        [self.what.name().to_owned(), biller.unwrap_or_default(), attempt.unwrap_or_default()]
            .concat()
    }

    /// One row, or one for each posting.
    fn rows(&self, several: &Several<'_>) -> Vec<[String; 4]> {
        if self.postings.is_empty() {
            let answer = self.answer.clone().unwrap_or_default();
            let took = self.took_micros.filter(|micros| *micros > 0);
            let took = took.map(|micros| format!(" (after {})", milliseconds(micros)));
            let answer = answer + &took.unwrap_or_default();
            let at = self.at.to_string();
            return vec![[at, self.title(several), String::new(), answer]];
        }
        let row = |posting: &Posting| {
            let (at, what) = (self.at.to_string(), self.what.name().to_owned());
            [at, what, rupiah(posting.amount), several.account(*posting.account)]
        };
        self.postings.iter().map(row).collect()
    }
}

fn milliseconds(micros: i64) -> String {
    format!("{}.{:03} ms", micros / 1000, micros % 1000)
}

#[cfg(test)]
mod tests {
    use domain::payment::Call;
    use domain::{Moment, MovementKind, PartnerId};

    use super::*;
    use crate::admin::named::{Event, Named};

    #[test]
    fn an_age_is_told_in_its_two_largest_units() {
        for (seconds, expected) in [
            (0, "0 min"),
            (3_599, "59 min"),
            (3_660, "1 h 1 min"),
            (86_399, "23 h 59 min"),
            (273_600, "3 d 4 h"),
        ] {
            assert_eq!(age(seconds), expected);
        }
    }

    fn attempt(number: u32, biller: i64, reference: &str, failed: Option<&str>) -> Attempt {
        Attempt {
            number,
            biller: Biller { number: biller, name: Some(format!("biller-{biller}")) },
            reference: Some(reference.to_owned()),
            biller_reference: None,
            cost: 49_300,
            begun_at: Named(Moment::parse("2018-08-04 17:07:50").unwrap()),
            failed_because: failed.map(str::to_owned),
        }
    }

    fn payment(state: State) -> Payment {
        Payment {
            tr_id: 7,
            state: Named(state),
            partner: "0812".to_owned(),
            ref_id: "a".to_owned(),
            code: "BPJS".to_owned(),
            customer_no: "8801".to_owned(),
            customer_name: "VERGIE".to_owned(),
            period: "02".to_owned(),
            nominal: 50_000,
            admin: 2_500,
            price: 52_500,
            commission: 200,
            selling_price: 52_300,
            inquired_at: Named(Moment::default()),
            begun_at: None,
            settled_at: None,
            biller: Biller { number: 1, name: None },
            biller_reference: None,
            reference: None,
            cost: Some(50_000),
            passed_over: None,
            receipt_no: None,
            response_code: None,
            reason: None,
            open_because: None,
            asks: 0,
            review_reason: Some(Named(ReviewReason::Mismatch)),
        }
    }

    #[test]
    fn manual_review_says_why_and_what_to_do() {
        for (step, state, told) in [
            (NextStep::Resolve, State::Pending, "`lunas payment resolve 7 --paid --receipt-no N"),
            (NextStep::Reconcile, State::Paid, "give the partner its money back"),
            (NextStep::Reconcile, State::Failed, "agree with the partner or with biller 1"),
        ] {
            let told_now = next_step(step, &payment(state));
            assert!(told_now.starts_with("find out from biller 1"), "{told_now}");
            assert!(told_now.contains(told), "{told_now}");
        }
        let item = ReviewItem {
            payment: payment(State::Pending),
            queued_at: Named(Moment::parse("2018-08-03 17:07:50").unwrap()),
            age_seconds: 60,
            evidence: None,
            next_step: NextStep::Resolve,
        };
        let shown = vec![item].text();
        let why = "mismatch: the biller answered about another payment, amount or customer";
        assert!(shown.contains(why) && shown.contains("2018-08-03 17:07:50"), "{shown}");
    }

    #[test]
    fn a_movement_shows_a_row_a_posting_and_an_exchange_its_time() {
        let posting = |account, amount| Posting { account: Named(account), amount };
        let (available, held) = (Account::Available(PartnerId(1)), Account::Held(PartnerId(1)));
        let mut step = Step {
            at: Named(Moment::parse("2018-08-03 17:07:50").unwrap()),
            what: Named(Event::Movement(MovementKind::Hold)),
            biller: None,
            attempt: None,
            took_micros: None,
            answer: None,
            evidence: None,
            postings: vec![posting(available, -52_300), posting(held, 52_300)],
        };
        let names = |attempts| Several { billers: BTreeMap::new(), attempts };
        let rows = step.rows(&names(true));
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][2..], ["-52.300", "available/1"]);
        step.postings.clear();
        (step.what, step.attempt) = (Named(Event::Call(Call::Pay)), Some(2));
        (step.answer, step.took_micros) = (Some("ok".into()), Some(1_020));
        assert_eq!(step.rows(&names(true))[0][1..], ["pay, attempt 2", "", "ok (after 1.020 ms)"]);
        assert_eq!(step.rows(&names(false))[0][1], "pay", "it is the only attempt");
        insta::assert_snapshot!("unchanged-step", step.unchanged());
    }

    #[test]
    fn payments_their_review_and_their_history_are_as_reviewed() {
        let at = |text| Named(Moment::parse(text).unwrap());
        let pending = || Payment {
            inquired_at: at("2018-08-03 17:07:40"),
            begun_at: Some(at("2018-08-03 17:07:50")),
            open_because: Some("no answer in time".to_owned()),
            asks: 3,
            ..payment(State::Pending)
        };
        let step = |what, answer: Option<&str>, postings| Step {
            at: at("2018-08-03 17:07:50"),
            what: Named(what),
            biller: answer.map(|_| Biller { number: 13, name: Some("biller-13".to_owned()) }),
            attempt: answer.map(|_| 1),
            took_micros: answer.map(|_| 1_020),
            answer: answer.map(str::to_owned),
            evidence: None,
            postings,
        };
        let posting = |account, amount| Posting { account: Named(account), amount };
        let (available, held) = (Account::Available(PartnerId(1)), Account::Held(PartnerId(1)));
        let hold = vec![posting(available, -52_300), posting(held, 52_300)];
        let asked = || step(Event::Call(Call::Status), Some("in process"), Vec::new());
        insta::assert_snapshot!("payments", vec![pending()].text());
        let item = ReviewItem {
            payment: pending(),
            queued_at: at("2018-08-04 17:07:50"),
            age_seconds: 90_000,
            evidence: Some(asked()),
            next_step: NextStep::Resolve,
        };
        insta::assert_snapshot!("review", vec![item].text());
        let paid = step(Event::Call(Call::Pay), Some("timeout"), Vec::new());
        let history = TransactionHistory {
            payment: pending(),
            callback: None,
            attempts: vec![
                attempt(1, 13, "REF1", Some("biller maintenance")),
                attempt(2, 14, "REF2", None),
            ],
            steps: vec![step(Event::Movement(MovementKind::Hold), None, hold), paid],
            asked: Some(asked()),
        };
        insta::assert_snapshot!("history", history.text());
    }
}
