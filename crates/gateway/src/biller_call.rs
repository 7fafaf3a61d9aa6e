//! Calls a biller, always with a deadline, and interprets the answer.

use std::future::Future;
use std::time::Duration;

use biller::{Biller, BillerPolicy, PayError, PaymentRequest, Receipt, Status};
use domain::command::{BillerOutcome, Claim, ClaimPayment, ClaimPaymentRefusal, SettlePayment};
use domain::payment::Call;
use domain::{BillerId, Exchange, FailureReason, FencingToken, Moment, Transaction};
use store::CommandError;
use tokio::time::Instant;

use crate::Gateway;

/// The longest time between the hold and the call. Even with the longest biller deadline the call
/// then ends within the payer's lease. A payment that was delayed for longer (suspended process,
/// stalled committer) is not sent.
const LEAVES_WITHIN: Duration = Duration::from_secs(30);

/// The claim outlives the biller's deadline by this time, so that the answer can be recorded.
const TO_RECORD: Duration = Duration::from_secs(10);

/// Waits for an answer until the deadline. Returns the answer and the time it took.
pub(crate) async fn with_deadline<T>(
    deadline: Duration,
    answer: impl Future<Output = T>,
) -> (Option<T>, Duration) {
    let begun = Instant::now();
    let answer = tokio::time::timeout(deadline, answer).await.ok();
    (answer, begun.elapsed())
}

/// A biller's answer about a payment: its outcome, the label for metrics, and the text that is
/// stored as evidence.
struct Interpretation {
    outcome: BillerOutcome,
    label: &'static str,
    text: String,
}

impl Gateway {
    /// Claims an open payment for one status query.
    pub(crate) async fn claim(
        &self,
        open: &Transaction,
        stop_polling_after: Option<Duration>,
    ) -> Result<Claim, CommandError<ClaimPaymentRefusal>> {
        let now = self.now();
        let claim = ClaimPayment {
            partner: open.inquiry.partner,
            tr_id: open.inquiry.tr_id,
            now,
            lease: self.shared.settings.biller_deadline + TO_RECORD,
            orphaned_before: self.orphaned_before(now),
            stop_polling_after,
        };
        self.shared.database.submit(claim).await
    }

    /// The policy of the payment's biller.
    pub(crate) fn policy(&self, transaction: &Transaction) -> BillerPolicy {
        let payment = transaction.payment.as_ref();
        let biller = payment.and_then(|payment| self.billers().get(payment.biller));
        biller.map_or_else(BillerPolicy::default, |biller| biller.policy())
    }

    /// Calls the biller to pay or for the status. Returns what to record under this token.
    pub(crate) async fn call_biller(
        &self,
        transaction: &Transaction,
        call: Call,
        token: FencingToken,
    ) -> SettlePayment {
        let inquiry = &transaction.inquiry;
        let payment = transaction.payment.as_ref();
        let begun_at = payment.map_or(inquiry.at, |payment| payment.begun_at);
        let biller = payment.and_then(|payment| self.billers().get(payment.biller));
        let asked_at = self.now();
        let too_late = call == Call::Pay && begun_at.after(LEAVES_WITHIN) <= asked_at;
        let (meaning, took) = match biller {
            _ if too_late => {
                (Interpretation::not_sent("it was held up for too long"), Duration::ZERO)
            }
            Some(biller) => {
                let family = inquiry.sold.family;
                let order = PaymentRequest { inquiry: inquiry.clone(), family, begun_at };
                let deadline = self.shared.settings.biller_deadline;
                question(biller.as_ref(), &order, call, asked_at, deadline).await
            }
            None => (Interpretation::without_biller(call), Duration::ZERO),
        };
        if let Some(payment) = payment {
            self.called(payment.biller, call, meaning.label, took);
        }
        SettlePayment {
            partner: inquiry.partner,
            tr_id: inquiry.tr_id,
            token,
            verdict: meaning.outcome,
            exchange: Exchange::new(call, asked_at, took, meaning.text),
            answered_synchronously: false,
        }
    }

    /// Reports a call to the observer.
    pub(crate) fn called(
        &self,
        biller: BillerId,
        call: Call,
        answer: &'static str,
        took: Duration,
    ) {
        let name = self.billers().name(biller).unwrap_or("unknown");
        self.shared.observer.called(name, call, answer, took);
    }
}

async fn question(
    biller: &dyn Biller,
    order: &PaymentRequest,
    call: Call,
    now: Moment,
    deadline: Duration,
) -> (Interpretation, Duration) {
    if call == Call::Pay {
        let (answer, took) = with_deadline(deadline, biller.pay(order)).await;
        (
            answer.map_or_else(|| Interpretation::timed_out(deadline), Interpretation::of_payment),
            took,
        )
    } else {
        let (answer, took) = with_deadline(deadline, biller.status(order, now)).await;
        let rules = biller.policy();
        let meaning = |status| Interpretation::of_status(status, rules);
        (answer.map_or_else(|| Interpretation::timed_out(deadline), meaning), took)
    }
}

impl Interpretation {
    fn of_payment(answer: Result<Receipt, PayError>) -> Interpretation {
        match answer {
            Ok(receipt) => Interpretation::paid(receipt),
            Err(PayError::Refused(reason)) => Interpretation::failed(reason),
            Err(PayError::NotSent { why }) => Interpretation::not_sent(&why),
            Err(PayError::MaybeSent { why }) => Interpretation::unknown("unknown", why.into()),
            Err(PayError::InProcess) => Interpretation::in_process(),
            Err(PayError::Mismatch { why }) => Interpretation::mismatch(&why),
        }
    }

    fn of_status(answer: Status, rules: BillerPolicy) -> Interpretation {
        match answer {
            Status::Paid(receipt) => Interpretation::paid(receipt),
            Status::Failed(reason) => Interpretation::failed(reason),
            Status::Pending => Interpretation::in_process(),
            Status::NotFound { is_final } => {
                let counts_from = rules.trust_not_found_after;
                Interpretation {
                    outcome: BillerOutcome::NotFound { is_final, counts_from },
                    label: "not found",
                    text: "the biller does not know the payment".to_owned(),
                }
            }
            Status::Mismatch { why } => Interpretation::mismatch(&why),
            Status::Unknown { why } => Interpretation::unknown("unknown", why.into()),
        }
    }

    fn paid(Receipt { receipt_no, details }: Receipt) -> Interpretation {
        let text = format!("paid, reference number {receipt_no}");
        Interpretation { outcome: BillerOutcome::Paid { receipt_no, details }, label: "paid", text }
    }

    fn failed(reason: FailureReason) -> Interpretation {
        let text = format!("failed: {reason}");
        Interpretation { outcome: BillerOutcome::Failed(reason), label: "failed", text }
    }

    fn not_sent(why: &str) -> Interpretation {
        let text = format!("not sent: {why}");
        Interpretation {
            outcome: BillerOutcome::Failed(FailureReason::BillerUnavailable),
            label: "not sent",
            text,
        }
    }

    fn mismatch(why: &str) -> Interpretation {
        let text = format!("an answer about something else: {why}");
        Interpretation { outcome: BillerOutcome::Mismatch, label: "mismatch", text }
    }

    fn in_process() -> Interpretation {
        Interpretation::unknown("in process", "the biller has it in process".into())
    }

    fn timed_out(deadline: Duration) -> Interpretation {
        Interpretation::unknown(
            "timed out",
            format!("no answer within {deadline:?}; it may have been sent"),
        )
    }

    /// A payment without a biller was not sent; a status without a biller is unknown.
    fn without_biller(call: Call) -> Interpretation {
        let why = "no such biller or product is configured";
        match call {
            Call::Pay => Interpretation::not_sent(why),
            _ => Interpretation::unknown("unknown", why.into()),
        }
    }

    fn unknown(label: &'static str, text: String) -> Interpretation {
        Interpretation { outcome: BillerOutcome::Unknown, label, text }
    }
}
