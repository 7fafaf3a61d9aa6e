//! A biller's report about a payment: the payment ends at once, under the same claims as in the resolver.
//!
//! Nothing is believed that does not fit the payment, and a report that leaves the outcome open changes nothing:
//! reports come again, and an answer that was asked for says the same.

use std::sync::Arc;
use std::time::Duration;

use biller::{BillerReport, PaymentRequest};
use domain::command::{BillerOutcome, Effect};
use domain::payment::Call;
use domain::{BillerId, Evidence, Exchange, FencingToken, Reference, State, TrId, Transaction};
use store::{StoreError, TransactionHistory};

use crate::Gateway;
use crate::biller_call::{AttemptCall, Interpretation};
use crate::claim::{ClaimResult, RecordResult};

/// How often a report tries to claim its payment while a status query has the claim.
const TRIES: u32 = 5;

/// The wait between two tries. All together are shorter than a biller waits for the answer to its report.
const PAUSE: Duration = Duration::from_millis(300);

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportResult {
    /// It ended the payment.
    Ended,
    /// The payment had ended before, with the same result.
    AlreadyEnded,
    /// The payment had ended with the opposite result. The report is recorded for manual review.
    Contradiction,
    /// The same report about an ended payment was recorded before.
    Repeated,
    /// It says no outcome, so that it changes nothing.
    Open,
    /// The payer still waits for the biller's answer, which decides.
    PayerWaits,
    /// A status query has the claim, and its answer decides.
    Held,
    /// No inquiry at this biller has this reference.
    UnknownReference,
    /// The inquiry has no payment.
    NotBegun,
    /// It names another product, customer or amount. Nothing of it is believed.
    Misfit,
}

impl ReportResult {
    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            ReportResult::Ended => "ended",
            ReportResult::AlreadyEnded => "already ended",
            ReportResult::Contradiction => "contradiction",
            ReportResult::Repeated => "repeated",
            ReportResult::Open => "open",
            ReportResult::PayerWaits => "payer waits",
            ReportResult::Held => "held",
            ReportResult::UnknownReference => "unknown reference",
            ReportResult::NotBegun => "not begun",
            ReportResult::Misfit => "misfit",
        }
    }
}

/// The payment that a report is about.
struct ReportedAttempt {
    transaction: Transaction,
    /// The number of the attempt that has the reference.
    attempt: u32,
    /// What that attempt ordered.
    order: PaymentRequest,
}

impl ReportedAttempt {
    /// The attempt of a payment that has this reference at the biller.
    fn of(
        story: TransactionHistory,
        biller: BillerId,
        reference: &Reference,
    ) -> Option<ReportedAttempt> {
        let TransactionHistory { transaction, attempts, .. } = story;
        let first = &transaction.inquiry;
        let is_it =
            |of: BillerId, its: &Option<Reference>| of == biller && its.as_ref() == Some(reference);
        let mut later = attempts.iter().filter(|attempt| is_it(attempt.biller, &attempt.reference));
        let (attempt, inquiry, begun_at) = match later.next() {
            Some(attempt) => (attempt.number, Arc::new(attempt.inquiry(first)), attempt.begun_at),
            None if is_it(first.biller, &first.reference) => {
                let begun_at = transaction.payment.as_ref().map(|payment| payment.begun_at);
                (1, Arc::clone(first), begun_at.unwrap_or(first.at))
            }
            None => return None,
        };
        let order = PaymentRequest { family: first.sold.family, inquiry, begun_at };
        Some(ReportedAttempt { transaction, attempt, order })
    }
}

impl Gateway {
    /// Takes a report of this biller, whose sender was verified. A report with an outcome ends its payment, if
    /// that is open and nobody else is asking the biller; it never changes a final payment.
    ///
    /// # Errors
    /// When the store fails. The report may then be sent again.
    pub async fn take_report(
        &self,
        biller: BillerId,
        report: &dyn BillerReport,
    ) -> Result<ReportResult, StoreError> {
        if self.is_corrupt() {
            return Err(StoreError::ReadOnly);
        }
        let name = || self.billers().name(biller).unwrap_or("unknown").to_owned();
        let Some(reported) = self.reported(biller, report.reference()).await? else {
            tracing::warn!(biller = name(), "a report has a reference that no inquiry has");
            return Ok(ReportResult::UnknownReference);
        };
        let tr_id = reported.transaction.inquiry.tr_id;
        if reported.transaction.payment.is_none() {
            tracing::warn!(biller = name(), %tr_id, "a report is about an inquiry without a payment");
            return Ok(ReportResult::NotBegun);
        }
        if let Some(difference) = report.difference(&reported.order) {
            tracing::warn!(biller = name(), %tr_id, difference, "a report does not fit its payment");
            return Ok(ReportResult::Misfit);
        }
        self.record_report(reported, report).await
    }

    /// The payment with this reference at the biller, and what its attempt there ordered.
    async fn reported(
        &self,
        biller: BillerId,
        reference: &str,
    ) -> Result<Option<ReportedAttempt>, StoreError> {
        let Ok(reference) = Reference::new(reference) else { return Ok(None) };
        self.read(move |read| {
            let Some(tr_id) = read.at_biller(biller, &reference)? else { return Ok(None) };
            Ok(read.story(tr_id)?.and_then(|story| ReportedAttempt::of(story, biller, &reference)))
        })
        .await
    }

    /// Records what a report says about its payment, if that is an outcome.
    async fn record_report(
        &self,
        reported: ReportedAttempt,
        report: &dyn BillerReport,
    ) -> Result<ReportResult, StoreError> {
        let ReportedAttempt { transaction, attempt, order } = reported;
        let tr_id = transaction.inquiry.tr_id;
        let policy = self.policy(&transaction);
        let reply = report.conclude(&order).map(|it| Interpretation::of_status(it, policy));
        match reply.answer.outcome {
            BillerOutcome::Paid { .. } | BillerOutcome::Failed(_) => {}
            BillerOutcome::Mismatch => {
                tracing::warn!(%tr_id, "a report does not fit its payment");
                return Ok(ReportResult::Misfit);
            }
            BillerOutcome::Unknown
            | BillerOutcome::LooksFailed
            | BillerOutcome::NotFound { .. } => {
                return Ok(ReportResult::Open);
            }
        }
        // An attempt that failed before the current one changes nothing, so that it needs no claim.
        let is_earlier = attempt < transaction.attempt_number();
        let claimed = match is_earlier {
            true => Ok((transaction, FencingToken::PAYER)),
            false => self.claim_for_report(transaction).await?,
        };
        let (transaction, token) = match claimed {
            Ok(claimed) => claimed,
            Err(result) => return Ok(result),
        };
        let is_settled = is_earlier || transaction.state().is_final();
        if is_settled && self.is_recorded(tr_id, &reply.evidence).await? {
            return Ok(ReportResult::Repeated);
        }
        let (call, at, took) = (Call::Report, self.now(), Duration::ZERO);
        let asked = AttemptCall { call, attempt, at, took };
        let answer = asked.answered(&transaction, token, reply);
        let settled = self.settle_claimed(answer).await?;
        Ok(match settled {
            RecordResult::Made(settled) => match settled.effect {
                Effect::Ended => {
                    let state = settled.transaction.state().name();
                    tracing::info!(%tr_id, state, "a report has ended a pending payment");
                    ReportResult::Ended
                }
                Effect::AlreadyEnded => ReportResult::AlreadyEnded,
                Effect::Contradiction => ReportResult::Contradiction,
                Effect::StillOpen | Effect::NeedsAttention(_) | Effect::AttemptFailed => {
                    ReportResult::Open
                }
            },
            RecordResult::LeaseLost => ReportResult::Held,
            RecordResult::Impossible => ReportResult::NotBegun,
        })
    }

    /// Claims the payment, and waits shortly for a status query to end. Otherwise returns what becomes of the
    /// report.
    async fn claim_for_report(
        &self,
        mut transaction: Transaction,
    ) -> Result<Result<(Transaction, FencingToken), ReportResult>, StoreError> {
        let tr_id = transaction.inquiry.tr_id;
        for tries in 1.. {
            let begun_at = transaction.payment.as_ref().map(|payment| payment.begun_at);
            let has_payer = transaction.state() == State::Paying
                && begun_at.is_some_and(|at| at >= self.orphaned_before(self.now()));
            match self.claim_in_any_case(transaction).await? {
                ClaimResult::Granted(transaction, token) => return Ok(Ok((transaction, token))),
                ClaimResult::NotBegun => return Ok(Err(ReportResult::NotBegun)),
                ClaimResult::Held(_) if has_payer => return Ok(Err(ReportResult::PayerWaits)),
                ClaimResult::Held(_) if tries == TRIES => break,
                ClaimResult::Held(_) => tokio::time::sleep(PAUSE).await,
            }
            let Some(found) = self.transaction(tr_id).await? else { break };
            transaction = found;
        }
        Ok(Err(ReportResult::Held))
    }

    /// Whether a report with the same content was recorded for the payment.
    async fn is_recorded(
        &self,
        tr_id: TrId,
        evidence: &Option<Evidence>,
    ) -> Result<bool, StoreError> {
        let story = self.read(move |read| read.story(tr_id)).await?;
        let exchanges = story.map(|story| story.exchanges).unwrap_or_default();
        let is_same =
            |exchange: &Exchange| exchange.call == Call::Report && exchange.evidence == *evidence;
        Ok(exchanges.iter().any(is_same))
    }
}
