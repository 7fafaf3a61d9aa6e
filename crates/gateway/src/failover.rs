//! A payment goes on at the next biller, after the one before certainly did not take it.
//!
//! The failure is committed before the next biller is asked for the bill, and the attempt there before it is asked to
//! pay. If the process stops between these commits, the payment ends as failed: only its payer begins an attempt.

use std::time::Duration;

use biller::InquiryRequest;
use domain::command::{BeginAttempt, BeginAttemptRefusal, OpenInquiry};
use domain::payment::Call;
use domain::product::RequiredField;
use domain::{Exchange, ExtraField, Route, Transaction};
use fail_points::{Point, pass};
use store::CommandError;

use crate::Gateway;
use crate::routing::Question;

/// No other biller is asked after this time since the hold: its answers must arrive within the payer's lease.
const FAILOVER_WITHIN: Duration = Duration::from_secs(20);

/// Why a payment does not go on at another biller.
pub(crate) struct NoAttempt {
    /// The calls to other billers, none of which led to an attempt.
    pub(crate) asked: Vec<Exchange>,
    pub(crate) decision: Exchange,
}

impl Gateway {
    /// Whether another biller may be asked to pay, if that of the current attempt certainly did not.
    pub(crate) fn may_fail_over(&self, transaction: &Transaction) -> bool {
        self.has_time(transaction, FAILOVER_WITHIN)
            && self
                .next_routes(transaction)
                .iter()
                .any(|route| self.route_closed_because(route).is_none())
    }

    /// Begins the next attempt of a payment whose current one has failed.
    ///
    /// # Errors
    /// Why no attempt begins. The payment then ends with its last failure.
    pub(crate) async fn next_attempt(
        &self,
        failed: &Transaction,
    ) -> Result<Transaction, NoAttempt> {
        let (attempt, tr_id) = (failed.attempt_number(), failed.inquiry.tr_id);
        let no_attempt = |why: &str, asked: Vec<Exchange>| {
            let text = format!("no other biller is asked to pay: {why}");
            let decision = Exchange::new(Call::Decision, self.now(), Duration::ZERO, text);
            NoAttempt { asked, decision: Exchange { attempt, ..decision } }
        };
        let routes = self.next_routes(failed);
        let asked = self.ask_routes(&failed.inquiry.code, &routes, question(failed)).await;
        let open = asked.map_err(|none| match none.passed_over.is_empty() {
            true => no_attempt(&none.why.to_string(), none.asked),
            false => no_attempt(&none.passed_over.join("; "), none.asked),
        })?;
        let begin = attempt_of(failed, open);
        let (biller, quote) = (begin.biller, begin.quote.clone());
        let name = self.billers().name(biller).unwrap_or("unknown").to_owned();
        let answered = Exchange { biller: Some(biller), ..begin.exchange.clone() };
        let asked = [begin.asked_before.clone(), vec![answered]].concat();
        match self.shared.database.submit(begin).await {
            Ok(begun) => {
                tracing::warn!(%tr_id, biller = name, "a payment goes on at another biller");
                pass(Point::AttemptBegun);
                Ok(begun)
            }
            Err(error) => {
                if let CommandError::Refused(BeginAttemptRefusal::BelowCost) = error {
                    self.alert_below_cost(&failed.inquiry.code, quote.cost, quote.bill.nominal);
                }
                tracing::warn!(%tr_id, biller = name, %error, "a payment does not go on at another biller");
                let nominal = (failed.inquiry.bill.nominal, quote.bill.nominal);
                let why = match error {
                    CommandError::Refused(BeginAttemptRefusal::OtherNominal) => {
                        format!(
                            "{name}: {error}: {}, not {}",
                            nominal.1.dotted(),
                            nominal.0.dotted()
                        )
                    }
                    _ => format!("{name}: {error}"),
                };
                Err(no_attempt(&why, asked))
            }
        }
    }

    /// The routes after that of the current attempt; none if the product does not allow another attempt.
    fn next_routes(&self, transaction: &Transaction) -> Vec<Route> {
        let directory = self.reference_data();
        let product = directory.catalogue.get(&transaction.inquiry.code);
        let biller = transaction.payment.as_ref().map(|payment| payment.biller);
        let Some(product) = product.filter(|product| product.failover_payments) else {
            return Vec::new();
        };
        let mut routes = product.routes.iter();
        routes.find(|route| Some(route.biller) == biller);
        routes.cloned().collect()
    }
}

/// The question for the same bill. Its calls are about the attempt that failed, until another one begins.
fn question(failed: &Transaction) -> Question {
    let inquiry = &failed.inquiry;
    let family = inquiry.sold.family;
    let needs_amount = family.required_field() == Some(RequiredField::Amount);
    let mut request = InquiryRequest {
        code: inquiry.code.clone(),
        biller_code: inquiry.code.clone(),
        reference: None,
        family,
        customer_no: inquiry.customer_no.clone(),
        month: None,
        year: None,
        identity: None,
        amount: needs_amount.then_some(inquiry.bill.nominal),
    };
    match inquiry.extra.clone() {
        None => {}
        Some(ExtraField::Month(months)) => request.month = Some(months),
        Some(ExtraField::Year(year)) => request.year = Some(year),
        Some(ExtraField::Identity(number)) => request.identity = Some(number),
    }
    let (partner, ref_id) = (inquiry.partner, inquiry.ref_id.clone());
    Question { partner, ref_id, attempt: failed.attempt_number(), request }
}

/// The attempt at the biller that has answered.
fn attempt_of(failed: &Transaction, open: OpenInquiry) -> BeginAttempt {
    let OpenInquiry { biller, biller_code, reference, quote, mut exchange, asked_before, .. } =
        open;
    if let Some(passed_over) = open.passed_over {
        exchange.answer = format!("{}; passed over: {passed_over}", exchange.answer).into();
    }
    BeginAttempt {
        partner: failed.inquiry.partner,
        tr_id: failed.inquiry.tr_id,
        biller,
        biller_code,
        reference,
        quote,
        exchange,
        asked_before,
    }
}
