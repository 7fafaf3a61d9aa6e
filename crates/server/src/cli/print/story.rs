//! Payments and their histories as text.

use super::answers::{biller, rupiah};
use super::{Render, Table, left, pairs, prose, right};
use crate::admin::response::{Callback, Payment, Posting, ReviewItem, Step, TransactionHistory};

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
            left("HP"),
            right("SELLING PRICE"),
            prose("WHY"),
        ];
        let row = |payment: &Payment| {
            let why = payment.reason.as_ref().or(payment.open_because.as_ref());
            [
                payment.begun_at.clone().unwrap_or_default(),
                payment.tr_id.to_string(),
                payment.state.clone(),
                payment.partner.clone(),
                payment.ref_id.clone(),
                payment.code.clone(),
                payment.hp.clone(),
                rupiah(payment.selling_price),
                why.cloned().unwrap_or_default(),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
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
            format!("{} {}: {}", step.at, step.what, step.answer.as_deref().unwrap_or_default())
        });
        let why = payment.review_reason.as_deref().unwrap_or_default();
        pairs([
            ("tr_id", Some(payment.tr_id.to_string())),
            ("state", Some(payment.state.clone())),
            ("why", Some(format!("{why}: {}", self.because))),
            ("needs review since", Some(self.queued_at.clone())),
            ("age", Some(age(self.age_seconds))),
            ("partner", Some(format!("{}, ref_id {}", payment.partner, payment.ref_id))),
            ("bill", Some(format!("{} {} {}", payment.code, payment.hp, payment.period))),
            ("selling price", Some(rupiah(payment.selling_price))),
            ("status asked", Some(format!("{} times", payment.asks))),
            ("last exchange", evidence),
            ("next step", Some(self.next_step.clone())),
        ])
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
            ("state", Some(payment.state.clone())),
            ("code", payment.reason.clone()),
            ("pending because", payment.open_because.clone()),
            ("needs review", payment.review_reason.clone()),
            ("partner", Some(payment.partner.clone())),
            ("ref_id", Some(payment.ref_id.clone())),
            ("product", Some(payment.code.clone())),
            ("hp", Some(payment.hp.clone())),
            ("name", Some(payment.tr_name.clone())),
            ("period", Some(payment.period.clone())),
            ("nominal", Some(rupiah(payment.nominal))),
            ("admin", Some(rupiah(payment.admin))),
            ("price", Some(rupiah(payment.price))),
            ("commission", Some(rupiah(payment.commission))),
            ("selling price", Some(rupiah(payment.selling_price))),
            ("biller", payment.biller.as_deref().map(biller)),
            ("noref", payment.noref.clone()),
            ("status asked", (payment.asks > 0).then(|| format!("{} times", payment.asks))),
            ("inquired at", Some(payment.inquired_at.clone())),
            ("begun at", payment.begun_at.clone()),
            ("settled at", payment.settled_at.clone()),
            ("callback", self.callback.as_ref().map(callback_state)),
        ]);
        let columns = [left("AT"), left("STEP"), right("AMOUNT"), prose("ACCOUNT OR ANSWER")];
        let steps = Table::new(columns, self.steps.iter().flat_map(Step::rows));
        let asked = self.asked.as_ref().map(Step::unchanged).unwrap_or_default();
        format!("{facts}\n{steps}{asked}")
    }
}

/// The state of the callback.
fn callback_state(callback: &Callback) -> String {
    let Callback { standing, attempts, at, .. } = callback;
    let answer = callback.answer.as_deref().unwrap_or("not sent yet");
    format!("{}, {attempts} attempts, {at}: {answer}", standing.name())
}

impl Step {
    /// A status query whose answer was not new, so the books have no row of it.
    fn unchanged(&self) -> String {
        let answer = self.answer.as_deref().unwrap_or_default();
        let told = format!(
            "asked now: {} at {}, and the answer was: {answer}. It is the same as before, so it \
             is counted but not a new line above.",
            self.what, self.at
        );
        format!("\n{}", pairs([("", Some(told))]).trim_start())
    }

    /// One row, or one for each posting.
    fn rows(&self) -> Vec<[String; 4]> {
        if self.postings.is_empty() {
            let answer = self.answer.clone().unwrap_or_default();
            let took = self.took_micros.filter(|micros| *micros > 0);
            let took = took.map(|micros| format!(" (after {})", milliseconds(micros)));
            let answer = answer + &took.unwrap_or_default();
            return vec![[self.at.clone(), self.what.clone(), String::new(), answer]];
        }
        let row = |posting: &Posting| {
            let (at, what) = (self.at.clone(), self.what.clone());
            [at, what, rupiah(posting.amount), posting.account.to_string()]
        };
        self.postings.iter().map(row).collect()
    }
}

fn milliseconds(micros: i64) -> String {
    format!("{}.{:03} ms", micros / 1000, micros % 1000)
}

#[cfg(test)]
mod tests {
    use domain::{Account, PartnerId};

    use super::*;

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

    #[test]
    fn a_movement_shows_a_row_a_posting_and_an_exchange_its_time() {
        let posting = |account, amount| Posting { account, amount };
        let (available, held) = (Account::Available(PartnerId(1)), Account::Held(PartnerId(1)));
        let mut step = Step {
            at: "2018-08-03 17:07:50".to_owned(),
            what: "hold".to_owned(),
            took_micros: None,
            answer: None,
            postings: vec![posting(available, -52_300), posting(held, 52_300)],
        };
        let rows = step.rows();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][2..], ["-52.300", "available/1"]);
        step.postings.clear();
        (step.what, step.answer, step.took_micros) = ("pay".into(), Some("ok".into()), Some(1_020));
        assert_eq!(step.rows()[0][3], "ok (after 1.020 ms)");
        insta::assert_snapshot!("unchanged-step", step.unchanged());
    }

    fn payment() -> Payment {
        Payment {
            tr_id: 7,
            state: "pending".to_owned(),
            partner: "0812".to_owned(),
            ref_id: "order-7".to_owned(),
            code: "BPJS".to_owned(),
            hp: "8801234560007".to_owned(),
            tr_name: "VERGIE".to_owned(),
            period: "2".to_owned(),
            nominal: 50_000,
            admin: 2_500,
            price: 52_500,
            commission: 200,
            selling_price: 52_300,
            inquired_at: "2018-08-03 17:07:40".to_owned(),
            begun_at: Some("2018-08-03 17:07:50".to_owned()),
            settled_at: None,
            biller: Some("sandbox".to_owned()),
            noref: None,
            reason: None,
            open_because: Some("no answer in time".to_owned()),
            asks: 3,
            review_reason: Some("too old".to_owned()),
        }
    }

    #[test]
    fn payments_their_review_and_their_history_are_as_reviewed() {
        let step = |what: &str, answer: Option<&str>, postings| Step {
            at: "2018-08-03 17:07:50".to_owned(),
            what: what.to_owned(),
            took_micros: answer.map(|_| 1_020),
            answer: answer.map(str::to_owned),
            postings,
        };
        let posting = |account, amount| Posting { account, amount };
        let (available, held) = (Account::Available(PartnerId(1)), Account::Held(PartnerId(1)));
        let hold = vec![posting(available, -52_300), posting(held, 52_300)];
        let asked = || step("status", Some("in process"), Vec::new());
        insta::assert_snapshot!("payments", vec![payment()].text());
        let item = ReviewItem {
            payment: payment(),
            because: "the biller has not answered for a day".to_owned(),
            queued_at: "2018-08-04 17:07:50".to_owned(),
            age_seconds: 90_000,
            evidence: Some(asked()),
            next_step: "ask the biller, then `lunas payment resolve 7`".to_owned(),
        };
        insta::assert_snapshot!("review", vec![item].text());
        let history = TransactionHistory {
            payment: payment(),
            callback: None,
            steps: vec![step("hold", None, hold), step("pay", Some("timeout"), Vec::new())],
            asked: Some(asked()),
        };
        insta::assert_snapshot!("history", history.text());
    }
}
