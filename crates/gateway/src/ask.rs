//! Calling a biller: always with a deadline, always timed, and its answer put into one verdict.

use std::future::Future;
use std::time::{Duration, Instant};

use billers::{Biller, PayError, PayOrder, Receipt, Status};
use domain::command::{SettlePayment, Verdict};
use domain::payment::Call;
use domain::{BillerId, Exchange, Moment, Reason, Transaction};

use crate::Gateway;

/// A payment that certainly never reached the biller fails with "biller system error".
const NOT_SENT: Reason = Reason(105);

/// Waits for an answer until the deadline, and says how long it took.
pub(crate) async fn asked<T>(
    deadline: Duration,
    answer: impl Future<Output = T>,
) -> (Option<T>, Duration) {
    let begun = Instant::now();
    let answer = tokio::time::timeout(deadline, answer).await.ok();
    (answer, begun.elapsed())
}

/// A biller's answer about a payment: what it means, how it is counted, and the words in which it
/// is kept as evidence.
struct Meaning {
    verdict: Verdict,
    label: &'static str,
    words: String,
}

impl Gateway {
    /// Asks the biller, pays or only asks for the status, and says what is to be recorded.
    pub(crate) async fn consult(&self, transaction: &Transaction, call: Call) -> SettlePayment {
        let inquiry = &transaction.inquiry;
        let payment = transaction.payment.as_ref();
        let begun_at = payment.map_or(inquiry.at, |payment| payment.begun_at);
        let biller = payment.and_then(|payment| self.billers().get(payment.biller));
        let asked_at = self.now();
        let directory = self.directory();
        let (meaning, took) = match (biller, directory.catalogue.get(&inquiry.code)) {
            (Some(biller), Some(product)) => {
                let family = product.family;
                let order = PayOrder { inquiry: inquiry.clone(), family, begun_at };
                let deadline = self.shared.settings.biller_deadline;
                question(biller.as_ref(), &order, call, asked_at, deadline).await
            }
            _ => (Meaning::without_biller(call), Duration::ZERO),
        };
        if let Some(payment) = payment {
            self.called(payment.biller, call, meaning.label, took);
        }
        SettlePayment {
            partner: inquiry.partner,
            tr_id: inquiry.tr_id,
            verdict: meaning.verdict,
            exchange: Exchange {
                call,
                asked_at,
                took_micros: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
                answer: meaning.words.into(),
            },
        }
    }

    /// Counts a call.
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
    order: &PayOrder,
    call: Call,
    now: Moment,
    deadline: Duration,
) -> (Meaning, Duration) {
    if call == Call::Pay {
        let (answer, took) = asked(deadline, biller.pay(order)).await;
        (answer.map_or_else(|| Meaning::timed_out(deadline), Meaning::of_payment), took)
    } else {
        let (answer, took) = asked(deadline, biller.status(order, now)).await;
        (answer.map_or_else(|| Meaning::timed_out(deadline), Meaning::of_status), took)
    }
}

impl Meaning {
    fn of_payment(answer: Result<Receipt, PayError>) -> Meaning {
        match answer {
            Ok(receipt) => Meaning::paid(receipt),
            Err(PayError::Refused(reason)) => Meaning::failed(reason),
            Err(PayError::NotSent { why }) => Meaning {
                verdict: Verdict::Failed(NOT_SENT),
                label: "not sent",
                words: format!("not sent: {why}"),
            },
            Err(PayError::MaybeSent { why }) => Meaning::unknown("unknown", why.into()),
            Err(PayError::InProcess) => Meaning::in_process(),
        }
    }

    fn of_status(answer: Status) -> Meaning {
        match answer {
            Status::Paid(receipt) => Meaning::paid(receipt),
            Status::Failed(reason) => Meaning::failed(reason),
            Status::Pending => Meaning::in_process(),
            // A payment that the biller does not know may still be on its way to it.
            Status::NotFound { .. } => {
                Meaning::unknown("not found", "the biller does not know the payment".into())
            }
            Status::Unknown { why } => Meaning::unknown("unknown", why.into()),
        }
    }

    fn paid(Receipt { noref, desc }: Receipt) -> Meaning {
        let words = format!("paid, reference number {noref}");
        Meaning { verdict: Verdict::Paid { noref, desc }, label: "paid", words }
    }

    fn failed(reason: Reason) -> Meaning {
        let words = format!("failed with code {reason}");
        Meaning { verdict: Verdict::Failed(reason), label: "failed", words }
    }

    fn in_process() -> Meaning {
        Meaning::unknown("in process", "the biller has it in process".into())
    }

    fn timed_out(deadline: Duration) -> Meaning {
        Meaning::unknown(
            "timed out",
            format!("no answer within {deadline:?}; it may have been sent"),
        )
    }

    /// A payment to nobody was not sent; a status that nobody can tell stays unknown.
    fn without_biller(call: Call) -> Meaning {
        let why = "no such biller or product is configured";
        match call {
            Call::Pay => Meaning::of_payment(Err(PayError::NotSent { why: why.into() })),
            _ => Meaning::unknown("unknown", why.into()),
        }
    }

    fn unknown(label: &'static str, words: String) -> Meaning {
        Meaning { verdict: Verdict::Unknown, label, words }
    }
}
