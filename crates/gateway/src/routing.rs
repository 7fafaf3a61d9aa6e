//! Which biller is asked for a bill: the routes of the product in their order.
//!
//! A route is passed over if its biller cannot be asked now. If a biller was asked and the cause of its refusal
//! lies with it, the next route is asked. If it has spoken about the customer or the bill, nobody else is.

use std::sync::Arc;
use std::time::Duration;

use biller::{Biller, Billers, InquiryError, InquiryRequest, Reply};
use domain::command::OpenInquiry;
use domain::payment::Call;
use domain::product::RequiredField;
use domain::{
    BillerId, Exchange, ExtraField, FailureReason, Moment, PartnerId, ProductCode, Quote, RefId,
    Route, Rupiah,
};

use crate::biller_call::{with_deadline, with_said};
use crate::circuit::{BillerHealth, CallResult, CircuitState};
use crate::{Alert, Gateway, InquiryFailure};

/// No further biller is asked after this time: the partner would not wait for its answer.
const ASKED_WITHIN: Duration = Duration::from_secs(25);

/// For how long a balance that a biller told counts: it may have been topped up since.
const BALANCE_COUNTS: Duration = Duration::from_secs(60);

/// Why no biller gave the bill.
pub(crate) struct NoBill {
    pub(crate) why: InquiryFailure,
    /// The billers that were not asked or did not give it, each with its reason.
    pub(crate) passed_over: Vec<String>,
    /// The calls that were made.
    pub(crate) asked: Vec<Exchange>,
}

/// What all billers are asked.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) partner: PartnerId,
    pub(crate) ref_id: RefId,
    /// The number of the attempt that its calls are about.
    pub(crate) attempt: u32,
    /// For the first route; each route sets its code and reference.
    pub(crate) request: InquiryRequest,
}

impl Gateway {
    /// Asks the billers of these routes in their order, until one answers for the bill.
    pub(crate) async fn ask_routes(
        &self,
        code: &ProductCode,
        routes: &[Route],
        question: Question,
    ) -> Result<OpenInquiry, NoBill> {
        let billers = self.billers();
        let begun_at = self.now();
        let mut why = InquiryFailure::ProductOff;
        let (mut passed_over, mut asked) = (Vec::new(), Vec::new());
        for route in routes {
            let name = billers.name(route.biller).unwrap_or("unknown");
            let biller = match self.open_route(&billers, route, begun_at) {
                Ok(biller) => biller,
                Err(why) => {
                    tracing::info!(%code, biller = name, %why, "a route is passed over");
                    passed_over.push(format!("{name}: {why}"));
                    continue;
                }
            };
            match self.ask_route(&billers, biller, route, &question).await {
                Ok(open) => {
                    let passed_over = (!passed_over.is_empty()).then(|| passed_over.join("; "));
                    let passed_over = passed_over.map(Into::into);
                    return Ok(OpenInquiry { passed_over, asked_before: asked, ..open });
                }
                Err((refused, exchange)) => {
                    passed_over.push(format!("{name}: {refused}"));
                    asked.push(exchange);
                    why = refused;
                }
            }
            if !may_be_asked_elsewhere(&why) {
                break;
            }
            let (partner, ref_id) = (question.partner, &question.ref_id);
            tracing::warn!(%code, %partner, %ref_id, biller = name, %why, "a biller is passed over");
            if begun_at.after(ASKED_WITHIN) <= self.now() {
                break;
            }
        }
        Err(NoBill { why, passed_over, asked })
    }

    /// Why the biller of a route is not asked now, if so.
    ///
    /// Only a running sandbox has its biller. Another process does not know whether it is asked.
    pub fn route_closed_because(&self, route: &Route) -> Option<Box<str>> {
        let (billers, now) = (self.billers(), self.now());
        let is_unknown =
            billers.settings(route.biller).is_none() && billers.get(route.biller).is_none();
        match is_unknown {
            true => route.closed_because(now).map(Into::into),
            false => self.open_route(&billers, route, now).err(),
        }
    }

    /// The biller of a route, or why it is not asked now.
    fn open_route<'b>(
        &self,
        billers: &'b Billers,
        route: &Route,
        now: Moment,
    ) -> Result<&'b Arc<dyn Biller>, Box<str>> {
        if let Some(why) = route.closed_because(now) {
            return Err(why.into());
        }
        if billers.settings(route.biller).is_some_and(|settings| settings.paused) {
            return Err("the biller is paused".into());
        }
        let health = self.shared.circuits.health(route.biller);
        if health.circuit == CircuitState::Open {
            let reason = health.reason.unwrap_or_default();
            return Err(format!("the circuit is open: {reason}").into());
        }
        billers.get(route.biller).ok_or_else(|| "the biller is not connected".into())
    }

    /// Asks one biller. If it does not give the bill, the exchange with it comes with the reason.
    async fn ask_route(
        &self,
        billers: &Billers,
        biller: &Arc<dyn Biller>,
        route: &Route,
        question: &Question,
    ) -> Result<OpenInquiry, (InquiryFailure, Exchange)> {
        let id = route.biller;
        let mut request = question.request.clone();
        request.biller_code = route.code_at_biller(&request.code).clone();
        request.reference = biller.policy().needs_reference.then(|| self.shared.references.next());
        let asked_at = self.now();
        let deadline = self.deadline(biller.as_ref());
        let (reply, took) = with_deadline(deadline, biller.inquire(&request)).await;
        let timed_out = || Err(InquiryError::Unreachable { why: "no answer in time".into() });
        let reply = reply.unwrap_or_else(|| timed_out().into());
        let seen = match &reply.answer {
            Ok(_) => "success",
            Err(InquiryError::Refused(_)) => "refused",
            Err(InquiryError::Unreachable { .. }) => "unreachable",
        };
        self.called(id, Call::Inquire, seen, took);
        let Reply { answer, evidence, said, balance } = reply;
        if evidence.is_some() {
            self.note_call(billers, id, result_of(&answer, said.clone()), balance, took);
        }
        let asked = Exchange::new(Call::Inquire, asked_at, took, "success");
        let exchange = Exchange { attempt: question.attempt, evidence, ..asked };
        let bill = answer.map_err(InquiryFailure::from);
        let quote = match bill.and_then(|quote| self.covered_there(id, quote)) {
            Ok(quote) => quote,
            Err(why) => {
                let answer = match &why {
                    InquiryFailure::BalanceThereTooLow { .. } => format!("not used: {why}").into(),
                    _ => with_said(format!("no bill: {why}"), said.as_deref()).into(),
                };
                return Err((why, Exchange { biller: Some(id), answer, ..exchange }));
            }
        };
        let extra = extra_of(&request);
        let InquiryRequest { code, customer_no, reference, .. } = request;
        let (partner, ref_id) = (question.partner, question.ref_id.clone());
        let (biller, biller_code) = (id, route.code.clone());
        Ok(OpenInquiry {
            partner,
            ref_id,
            code,
            customer_no,
            extra,
            biller,
            biller_code,
            reference,
            passed_over: None,
            quote,
            exchange,
            asked_before: Vec::new(),
        })
    }

    /// Refuses a bill that lunas's balance at the biller does not cover, as far as that is known.
    fn covered_there(&self, biller: BillerId, quote: Quote) -> Result<Quote, InquiryFailure> {
        let (told, now) = (self.shared.circuits.health(biller).balance, self.now());
        let fresh = told.filter(|(_, told_at)| now < told_at.after(BALANCE_COUNTS));
        match fresh.zip(quote.cost) {
            Some(((balance, told_at), cost)) if cost > balance => {
                Err(InquiryFailure::BalanceThereTooLow { balance, told_at, cost })
            }
            _ => Ok(quote),
        }
    }

    /// Records what a call says about a biller, and reports a circuit that changes.
    pub(crate) fn note_call(
        &self,
        billers: &Billers,
        biller: BillerId,
        result: CallResult,
        balance: Option<Rupiah>,
        took: Duration,
    ) {
        let now = self.now();
        let is_answered = !matches!(result, CallResult::Unanswered(_));
        self.shared.calls.count(biller, is_answered, took, now);
        let circuits = &self.shared.circuits;
        let name = billers.name(biller).unwrap_or("unknown");
        if let Some(balance) = balance {
            let before = circuits.told_balance(biller, balance, now);
            self.alert_low_balance(name, before, balance);
        }
        let changed = circuits.record(biller, result, billers.settings(biller), now);
        if let Some(health) = changed {
            self.report_circuit(name, &health);
        }
    }

    /// Closes the circuits of billers that have other settings now.
    pub(crate) fn follow_settings(&self, billers: &Billers) {
        for (id, health) in self.shared.circuits.follow(&billers.directory(), self.now()) {
            self.report_circuit(billers.name(id).unwrap_or("unknown"), &health);
        }
    }

    /// Tells the operator that a circuit has changed.
    fn report_circuit(&self, name: &str, health: &BillerHealth) {
        let (state, reason) = (health.circuit.name(), health.reason.as_deref().unwrap_or_default());
        let alert = match health.circuit {
            CircuitState::Open => {
                tracing::error!(biller = name, state, reason, "a biller is not asked any more");
                Alert::CircuitOpened { biller: name.into(), reason: reason.into() }
            }
            _ => {
                tracing::info!(biller = name, state, "a biller is asked again");
                Alert::CircuitClosed { biller: name.into() }
            }
        };
        self.shared.observer.alert(alert);
    }

    /// Alerts when a balance falls below the limit, not each time that it is below.
    fn alert_low_balance(&self, biller: &str, before: Option<Rupiah>, balance: Rupiah) {
        let limit = self.shared.settings.low_biller_balance;
        let was_low = before.is_some_and(|before| before < limit);
        if balance < limit && !was_low {
            tracing::error!(biller, %balance, "lunas's balance at a biller is low: top it up");
            self.shared.observer.alert(Alert::BillerBalanceLow { biller: biller.into(), balance });
        }
    }
}

/// What the family of a product needs beside the customer's number and the amount.
fn extra_of(request: &InquiryRequest) -> Option<ExtraField> {
    match request.family.required_field()? {
        RequiredField::Month => request.month.map(ExtraField::Month),
        RequiredField::Year => request.year.map(ExtraField::Year),
        RequiredField::Identity => request.identity.clone().map(ExtraField::Identity),
        RequiredField::Amount => None,
    }
}

/// What an inquiry says about the biller itself.
fn result_of(answer: &Result<Quote, InquiryError>, said: Option<Box<str>>) -> CallResult {
    match answer {
        Err(InquiryError::Refused(FailureReason::BillerAccountRejected)) => {
            CallResult::rejected(said)
        }
        // With a code it is an answer, though lunas cannot use it: the biller is there.
        Err(InquiryError::Unreachable { why }) if said.is_none() => {
            CallResult::Unanswered(why.clone())
        }
        _ => CallResult::Answered,
    }
}

/// Whether the cause lies with the biller, so that the next route may be asked.
fn may_be_asked_elsewhere(failure: &InquiryFailure) -> bool {
    match failure {
        InquiryFailure::Biller(reason) => reason.lies_with_biller(),
        InquiryFailure::Unreachable(_) | InquiryFailure::BalanceThereTooLow { .. } => true,
        _ => false,
    }
}

impl From<InquiryError> for InquiryFailure {
    fn from(error: InquiryError) -> InquiryFailure {
        match error {
            InquiryError::Refused(reason) => InquiryFailure::Biller(reason),
            InquiryError::Unreachable { why } => InquiryFailure::Unreachable(why),
        }
    }
}
