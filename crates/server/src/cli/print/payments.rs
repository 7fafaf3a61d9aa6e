//! Payments, and those that need manual review, as text.

use domain::{ReviewReason, State};

use super::answers::rupiah;
use super::{Render, Table, left, pairs, prose, right};
use crate::admin::response::{NextStep, Payment, ReviewItem};

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
    pub(super) fn failure(&self) -> Option<String> {
        let code = self.response_code.as_deref()?;
        Some(format!("{code} {}", self.reason.as_deref().unwrap_or_default()))
    }

    /// What is left to the operator of a paid bill.
    pub(super) fn earned(&self) -> Option<i64> {
        let is_paid = self.state.0 == State::Paid;
        self.cost.filter(|_| is_paid).and_then(|cost| self.selling_price.checked_sub(cost))
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
            ("status asked", Some(times(payment.asks))),
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

/// `once`, `3 times`.
pub(super) fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
pub(super) mod tests {
    use domain::Moment;
    use domain::payment::Call;

    use super::*;
    use crate::admin::named::{Event, Named};
    use crate::admin::response::{Biller, Step};

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

    /// A payment whose outcome is unknown.
    pub(in crate::cli::print) fn pending() -> Payment {
        let at = |text| Named(Moment::parse(text).unwrap());
        Payment {
            inquired_at: at("2018-08-03 17:07:40"),
            begun_at: Some(at("2018-08-03 17:07:50")),
            open_because: Some("no answer in time".to_owned()),
            asks: 3,
            ..payment(State::Pending)
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
    fn payments_and_their_review_are_as_reviewed() {
        let at = |text| Named(Moment::parse(text).unwrap());
        insta::assert_snapshot!("payments", vec![pending()].text());
        let asked = Step {
            at: at("2018-08-03 17:07:50"),
            what: Named(Event::Call(Call::Status)),
            biller: None,
            attempt: Some(1),
            took_micros: Some(1_020),
            answer: Some("in process".to_owned()),
            evidence: None,
            postings: Vec::new(),
        };
        let item = ReviewItem {
            payment: pending(),
            queued_at: at("2018-08-04 17:07:50"),
            age_seconds: 90_000,
            evidence: Some(asked),
            next_step: NextStep::Resolve,
        };
        insta::assert_snapshot!("review", vec![item].text());
    }
}
