//! The history of a payment as text.

use std::collections::BTreeMap;

use domain::payment::Call;
use domain::{Account, State};

use super::answers::rupiah;
use super::payments::times;
use super::{Render, Table, left, pairs, prose, right};
use crate::admin::named::Event;
use crate::admin::response::{Attempt, Biller, Callback, Posting, Step, TransactionHistory};

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
            ("status asked", (payment.asks > 0).then(|| times(payment.asks))),
            ("inquired at", Some(payment.inquired_at.to_string())),
            ("begun at", payment.begun_at.map(|at| at.to_string())),
            ("settled at", payment.settled_at.map(|at| at.to_string())),
            ("callback", self.callback.as_ref().map(callback_state)),
        ]);
        let columns = [left("AT"), left("STEP"), right("AMOUNT"), prose("ACCOUNT OR ANSWER")];
        let labels = StepLabels::of(self);
        let attempts = attempts_text(&self.attempts, &labels);
        let rows = self.steps.iter().flat_map(|step| step.rows(&labels));
        let steps = Table::new(columns, rows);
        let asked = self.asked.as_ref().map(|asked| asked.not_kept(*payment.state, &labels));
        let asked = asked.unwrap_or_default();
        let evidence = self.steps.iter().filter_map(|step| step.evidence_text(&labels));
        let evidence: String = evidence.collect();
        format!("{facts}\n{attempts}{steps}{asked}{evidence}")
    }
}

/// The attempts, if there are several or several billers were asked.
fn attempts_text(attempts: &[Attempt], labels: &StepLabels<'_>) -> String {
    if attempts.is_empty() || attempts.len() == 1 && labels.billers.len() < 2 {
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

/// What the titles and accounts of steps name: billers and attempts, if the payment has several.
struct StepLabels<'h> {
    /// The billers that were asked, by number.
    billers: BTreeMap<i64, &'h Biller>,
    has_attempts: bool,
}

impl StepLabels<'_> {
    fn of(history: &TransactionHistory) -> StepLabels<'_> {
        let asked = history.steps.iter().filter_map(|step| step.biller.as_ref());
        let billers = asked.chain([&history.payment.biller]);
        StepLabels {
            billers: billers.map(|biller| (biller.number, biller)).collect(),
            has_attempts: history.attempts.len() > 1,
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

/// The state of the callback.
fn callback_state(callback: &Callback) -> String {
    let Callback { state, attempts, at, .. } = callback;
    let answer = callback.answer.as_deref().unwrap_or("not sent yet");
    format!("{}, {attempts} attempts, {}: {answer}", state.name(), **at)
}

impl Step {
    /// A status query that was just made, and whose answer is not kept.
    fn not_kept(&self, state: State, labels: &StepLabels<'_>) -> String {
        let answer = self.answer.as_deref().unwrap_or_default();
        let why = match state.is_final() {
            true => {
                format!(
                    "The payment has ended as {} before, so the answer is not kept.",
                    state.name()
                )
            }
            false => "It is the same as before, so it is counted and not kept again.".to_owned(),
        };
        let biller = self.biller.as_ref().map(|biller| format!(" at {}", biller.in_a_sentence()));
        let told = format!(
            "asked now: {}{}, {}, and the answer was: {answer}. {why}",
            self.what.name(),
            biller.unwrap_or_default(),
            *self.at
        );
        let evidence = self.evidence_text(labels).unwrap_or_default();
        format!("\n{}{evidence}", pairs([("", Some(told))]).trim_start())
    }

    /// What was sent and received, if it went over a network.
    fn evidence_text(&self, labels: &StepLabels<'_>) -> Option<String> {
        let evidence = self.evidence.as_ref()?;
        let status = evidence.http_status.map(|status| format!("HTTP status {status}"));
        let received = match (&status, evidence.received.is_empty()) {
            (None, true) => "no answer".to_owned(),
            (None, false) => evidence.received.clone(),
            (Some(status), true) => format!("{status}, no body"),
            (Some(status), false) => format!("{status}: {}", evidence.received),
        };
        let sent = match (evidence.sent.is_empty(), *self.what) {
            // Nothing was asked.
            (true, Event::Call(Call::Report)) => None,
            (true, _) => Some("nothing: there was no connection".to_owned()),
            (false, _) => Some(evidence.sent.clone()),
        };
        let facts = pairs([("sent", sent), ("received", Some(received))]);
        Some(format!("\n{}, {}\n{facts}", self.title(labels), *self.at))
    }

    /// What happened, at which biller if there are several, and in which attempt if there are several.
    fn title(&self, labels: &StepLabels<'_>) -> String {
        let biller = self.biller.as_ref().filter(|_| labels.billers.len() > 1);
        let biller = biller.map(|biller| format!(" at {}", biller.in_a_sentence()));
        let attempt = self.attempt.filter(|_| labels.has_attempts);
        let attempt = attempt.map(|number| format!(", attempt {number}"));
        [self.what.name().to_owned(), biller.unwrap_or_default(), attempt.unwrap_or_default()]
            .concat()
    }

    /// One row, or one for each posting.
    fn rows(&self, labels: &StepLabels<'_>) -> Vec<[String; 4]> {
        if self.postings.is_empty() {
            let answer = self.answer.clone().unwrap_or_default();
            let took = self.took_micros.filter(|micros| *micros > 0);
            let took = took.map(|micros| format!(" (after {})", milliseconds(micros)));
            let answer = answer + &took.unwrap_or_default();
            let at = self.at.to_string();
            return vec![[at, self.title(labels), String::new(), answer]];
        }
        let row = |posting: &Posting| {
            let (at, what) = (self.at.to_string(), self.what.name().to_owned());
            [at, what, rupiah(posting.amount), labels.account(*posting.account)]
        };
        self.postings.iter().map(row).collect()
    }
}

fn milliseconds(micros: i64) -> String {
    format!("{}.{:03} ms", micros / 1000, micros % 1000)
}

#[cfg(test)]
mod tests {
    use domain::{Moment, MovementKind, PartnerId};

    use super::super::payments::tests::pending;
    use super::*;
    use crate::admin::named::Named;
    use crate::admin::response::Evidence;

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
        let names = |has_attempts| StepLabels { billers: BTreeMap::new(), has_attempts };
        let rows = step.rows(&names(true));
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][2..], ["-52.300", "available/1"]);
        step.postings.clear();
        (step.what, step.attempt) = (Named(Event::Call(Call::Pay)), Some(2));
        (step.answer, step.took_micros) = (Some("ok".into()), Some(1_020));
        assert_eq!(step.rows(&names(true))[0][1..], ["pay, attempt 2", "", "ok (after 1.020 ms)"]);
        assert_eq!(step.rows(&names(false))[0][1], "pay", "it is the only attempt");
        let pending = step.not_kept(State::Pending, &names(false));
        insta::assert_snapshot!("unchanged-step", pending);
        let paid = step.not_kept(State::Paid, &names(false));
        assert!(paid.contains("The payment has ended as paid before"), "{paid}");
    }

    #[test]
    fn a_report_shows_what_came_and_a_call_without_connection_that_nothing_was_sent() {
        let step = |call, received: &str| Step {
            at: Named(Moment::default()),
            what: Named(Event::Call(call)),
            biller: None,
            attempt: Some(1),
            took_micros: Some(0),
            answer: Some("paid".to_owned()),
            evidence: Some(Evidence {
                sent: String::new(),
                http_status: None,
                received: received.to_owned(),
            }),
            postings: Vec::new(),
        };
        let names = StepLabels { billers: BTreeMap::new(), has_attempts: false };
        let report = step(Call::Report, "{\"data\":{}}").evidence_text(&names).unwrap();
        assert!(report.contains("{\"data\":{}}") && !report.contains("sent"), "{report}");
        let lost = step(Call::Pay, "").evidence_text(&names).unwrap();
        assert!(lost.contains("there was no connection") && lost.contains("no answer"), "{lost}");
    }

    #[test]
    fn a_history_is_as_reviewed() {
        let at = |text| Named(Moment::parse(text).unwrap());
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
