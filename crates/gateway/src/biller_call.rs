//! Calls a biller, always with a deadline, and interprets the answer.

use std::future::Future;
use std::time::Duration;

use biller::{Biller, BillerPolicy, PayError, PaymentRequest, Receipt, Reply, Status};
use domain::command::{BillerOutcome, Claim, ClaimPayment, ClaimPaymentRefusal, SettlePayment};
use domain::payment::Call;
use domain::{BillerId, Exchange, FailureReason, FencingToken, Moment, Payment, Transaction};
use store::CommandError;
use tokio::time::Instant;

use crate::circuit::CallResult;
use crate::{Gateway, backoff};

/// The longest time between the hold and the call. Even with the longest biller deadline the call
/// then ends within the payer's lease. A payment that was delayed for longer (suspended process,
/// stalled committer) is not sent.
pub(crate) const LEAVES_WITHIN: Duration = Duration::from_secs(30);

/// The claim outlives the biller's deadline by this time, so that the answer can be recorded.
const TO_RECORD: Duration = Duration::from_secs(10);

/// The gateway gives up this time after the connector's own deadline.
const BEHIND_CONNECTOR: Duration = Duration::from_secs(1);

/// Waits for an answer until the deadline. Returns the answer and the time it took.
pub(crate) async fn with_deadline<T>(
    deadline: Duration,
    answer: impl Future<Output = T>,
) -> (Option<T>, Duration) {
    let begun = Instant::now();
    let answer = tokio::time::timeout(deadline, answer).await.ok();
    (answer, begun.elapsed())
}

/// The label of a failure that only a status query makes certain.
const UNVERIFIED: &str = "unverified";

/// A biller's answer about a payment: its outcome, the label for metrics, and the text that is
/// stored as evidence.
pub(crate) struct Interpretation {
    pub(crate) outcome: BillerOutcome,
    label: &'static str,
    text: String,
}

/// What a call to a biller brought.
pub(crate) struct CallOutcome {
    /// What to record.
    pub(crate) answer: SettlePayment,
    /// Whether it is a failure that only a status query makes certain.
    pub(crate) is_unverified: bool,
}

impl Gateway {
    /// Claims an open payment for one status query.
    pub(crate) async fn claim(
        &self,
        open: &Transaction,
        stop_polling_after: Option<Duration>,
    ) -> Result<Claim, CommandError<ClaimPaymentRefusal>> {
        let now = self.now();
        let billers = self.billers();
        let biller = open.payment.as_ref().and_then(|payment| billers.get(payment.biller));
        let deadline = biller
            .map_or(self.shared.settings.biller_deadline, |biller| self.deadline(biller.as_ref()));
        let claim = ClaimPayment {
            partner: open.inquiry.partner,
            tr_id: open.inquiry.tr_id,
            now,
            lease: deadline + TO_RECORD,
            orphaned_before: self.orphaned_before(now),
            stop_polling_after,
        };
        self.shared.database.submit(claim).await
    }

    /// The policy of the payment's biller.
    pub(crate) fn policy(&self, transaction: &Transaction) -> BillerPolicy {
        let billers = self.billers();
        let payment = transaction.payment.as_ref();
        let biller = payment.and_then(|payment| billers.get(payment.biller));
        biller.map_or_else(BillerPolicy::default, |biller| biller.policy())
    }

    /// The wait before the next status query of a payment, after `asked` queries.
    pub(crate) fn wait(&self, transaction: &Transaction, asked: u32) -> Duration {
        let tr_id = transaction.inquiry.tr_id;
        let intervals = self.policy(transaction).status_intervals;
        match intervals.last() {
            None => self.shared.settings.wait(tr_id, asked),
            Some(last) => {
                let place = usize::try_from(asked).unwrap_or(usize::MAX);
                backoff::at_least(*intervals.get(place).unwrap_or(last), tr_id, asked)
            }
        }
    }

    /// The longest time for a call to this biller.
    pub(crate) fn deadline(&self, biller: &dyn Biller) -> Duration {
        // The connector's own deadline comes first, so that its evidence is kept.
        let own = biller.policy().deadline.map(|own| own + BEHIND_CONNECTOR);
        own.unwrap_or(self.shared.settings.biller_deadline)
    }

    /// Calls the biller to pay or for the status. Returns what to record under this token.
    pub(crate) async fn call_biller(
        &self,
        transaction: &Transaction,
        call: Call,
        token: FencingToken,
    ) -> CallOutcome {
        let order = order_of(transaction);
        let billers = self.billers();
        let id = order.inquiry.biller;
        let asked_at = self.now();
        let too_late = call == Call::Pay && !self.has_time(transaction, LEAVES_WITHIN);
        let (interpreted, took) = match billers.get(id) {
            _ if too_late => {
                (Interpretation::not_sent("it was held up for too long").into(), Duration::ZERO)
            }
            Some(biller) => {
                let deadline = self.deadline(biller.as_ref());
                call_with_deadline(biller.as_ref(), &order, call, asked_at, deadline).await
            }
            None => (Interpretation::without_biller(call).into(), Duration::ZERO),
        };
        let meaning = &interpreted.answer;
        self.called(id, call, meaning.label, took);
        if let BillerOutcome::Failed(FailureReason::BillerBalanceTooLow) = meaning.outcome {
            let biller = billers.name(id).unwrap_or("unknown");
            tracing::error!(biller, "lunas's balance at a biller is too low: top it up");
        }
        if interpreted.evidence.is_some() {
            let result = meaning.call_result(interpreted.said.as_deref());
            self.note_call(&billers, id, result, interpreted.balance, took);
        }
        let is_unverified = meaning.label == UNVERIFIED;
        let asked = AttemptCall { call, attempt: transaction.attempt_number(), at: asked_at, took };
        CallOutcome { answer: asked.answered(transaction, token, interpreted), is_unverified }
    }

    /// Whether the payment began less than `time` ago.
    pub(crate) fn has_time(&self, transaction: &Transaction, time: Duration) -> bool {
        let begun_at = transaction.payment.as_ref().map(|payment| payment.begun_at);
        begun_at.is_none_or(|begun_at| self.now() < begun_at.after(time))
    }

    /// Reports a call to the observer.
    pub(crate) fn called(
        &self,
        biller: BillerId,
        call: Call,
        answer: &'static str,
        took: Duration,
    ) {
        let billers = self.billers();
        let name = billers.name(biller).unwrap_or("unknown");
        self.shared.observer.called(name, call, answer, took);
    }
}

/// What the biller of the current attempt is asked about a payment.
pub(crate) fn order_of(transaction: &Transaction) -> PaymentRequest {
    let inquiry = transaction.inquiry_at_biller();
    let begun_at = transaction.payment.as_ref().map_or(inquiry.at, Payment::attempted_at);
    PaymentRequest { family: inquiry.sold.family, inquiry, begun_at }
}

/// A call that brought an answer about an attempt of a payment.
pub(crate) struct AttemptCall {
    pub(crate) call: Call,
    /// The number of the attempt.
    pub(crate) attempt: u32,
    pub(crate) at: Moment,
    pub(crate) took: Duration,
}

impl AttemptCall {
    /// What to record about the payment under this token.
    pub(crate) fn answered(
        self,
        transaction: &Transaction,
        token: FencingToken,
        reply: Reply<Interpretation>,
    ) -> SettlePayment {
        let Reply { answer: meaning, evidence, said, balance: _ } = reply;
        let text = with_said(meaning.text, said.as_deref());
        let AttemptCall { call, attempt, at, took } = self;
        let exchange = Exchange { attempt, evidence, ..Exchange::new(call, at, took, text) };
        SettlePayment {
            may_fail_over: false,
            partner: transaction.inquiry.partner,
            tr_id: transaction.inquiry.tr_id,
            token,
            verdict: meaning.outcome,
            exchange,
            asked_before: Vec::new(),
            answered_synchronously: false,
        }
    }
}

/// The text of an answer with the biller's own code and what it means, unless it says that already.
pub(crate) fn with_said(text: String, said: Option<&str>) -> String {
    match said {
        Some(said) if !text.contains(said) => format!("{text} ({said})"),
        _ => text,
    }
}

/// Pays or asks for the status, within the deadline.
async fn call_with_deadline(
    biller: &dyn Biller,
    order: &PaymentRequest,
    call: Call,
    now: Moment,
    deadline: Duration,
) -> (Reply<Interpretation>, Duration) {
    let timed_out = || Interpretation::timed_out(deadline).into();
    if call == Call::Pay {
        let (reply, took) = with_deadline(deadline, biller.pay(order)).await;
        (reply.map_or_else(timed_out, |reply| reply.map(Interpretation::of_payment)), took)
    } else {
        let (reply, took) = with_deadline(deadline, biller.status(order, now)).await;
        let policy = biller.policy();
        let meaning = |status| Interpretation::of_status(status, policy);
        (reply.map_or_else(timed_out, |reply| reply.map(meaning)), took)
    }
}

impl Interpretation {
    /// What the answer says about the biller itself.
    fn call_result(&self, said: Option<&str>) -> CallResult {
        let text = || said.unwrap_or(&self.text).into();
        match &self.outcome {
            BillerOutcome::Failed(FailureReason::BillerAccountRejected) => {
                CallResult::Rejected(text())
            }
            BillerOutcome::Failed(FailureReason::BillerUnavailable) | BillerOutcome::Unknown
                if said.is_none() =>
            {
                CallResult::Unanswered(text())
            }
            _ => CallResult::Answered,
        }
    }

    fn of_payment(answer: Result<Receipt, PayError>) -> Interpretation {
        match answer {
            Ok(receipt) => Interpretation::paid(receipt),
            Err(PayError::Refused(reason)) => Interpretation::failed(reason),
            Err(PayError::NotSent { why }) => Interpretation::not_sent(&why),
            Err(PayError::MaybeSent { why }) => Interpretation::unknown("unknown", why.into()),
            Err(PayError::InProcess) => Interpretation::in_process(),
            Err(PayError::Unverified { why }) => {
                Interpretation::unknown(UNVERIFIED, format!("a failure to be verified: {why}"))
            }
            Err(PayError::Mismatch { why }) => Interpretation::mismatch(&why),
        }
    }

    pub(crate) fn of_status(answer: Status, rules: BillerPolicy) -> Interpretation {
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
