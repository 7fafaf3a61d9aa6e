//! The steps of a payment: exchanges with billers, decisions and movements of money.

use domain::payment::Call;
use domain::{BillerId, Exchange, Moment};
use store::{PostingRow, TransactionHistory};

use super::named::{Event, Named};
use super::{Admin, response};

impl Admin {
    /// Exchanges and movements, ordered by time. At the same time, an exchange comes before the movement that it
    /// caused; the hold comes before all exchanges.
    pub(super) fn steps_view(&self, story: &TransactionHistory) -> Vec<response::Step> {
        let exchange = |exchange: &Exchange| self.exchange_view(story, exchange);
        let mut steps: Vec<_> = story.inquiry_exchanges.iter().map(exchange).collect();
        let (first, second): (Vec<_>, Vec<_>) =
            story.postings.iter().copied().partition(|posting| posting.kind.step() == 1);
        steps.extend(movement(&first));
        steps.extend(story.exchanges.iter().map(exchange));
        steps.extend(movement(&second));
        steps.sort_by_key(|(at, _)| *at);
        steps.into_iter().map(|(_, step)| step).collect()
    }

    /// An exchange, with its time.
    pub(super) fn exchange_view(
        &self,
        story: &TransactionHistory,
        exchange: &Exchange,
    ) -> (Moment, response::Step) {
        let biller = match exchange.call {
            Call::Inquire | Call::Pay | Call::Status | Call::Report => {
                Some(exchange.biller.unwrap_or_else(|| biller_of_attempt(story, exchange.attempt)))
            }
            Call::Operator | Call::Decision => None,
        };
        let step = response::Step {
            at: Named(exchange.asked_at),
            what: Named(Event::Call(exchange.call)),
            biller: biller.map(|biller| self.biller_view(biller)),
            attempt: exchange.biller.is_none().then_some(exchange.attempt),
            took_micros: Some(exchange.took_micros),
            answer: Some(exchange.answer.to_string()),
            evidence: exchange.evidence.as_ref().map(|evidence| response::Evidence {
                sent: evidence.sent.to_string(),
                http_status: evidence.http_status,
                received: evidence.received.to_string(),
            }),
            postings: Vec::new(),
        };
        (exchange.asked_at, step)
    }
}

/// The first attempt is at the biller of the inquiry.
fn biller_of_attempt(story: &TransactionHistory, number: u32) -> BillerId {
    let later = story.attempts.iter().find(|attempt| attempt.number == number);
    later.map_or(story.transaction.inquiry.biller, |attempt| attempt.biller)
}

/// The postings of one movement as one step, if there are any.
fn movement(postings: &[PostingRow]) -> Option<(Moment, response::Step)> {
    let first = postings.first()?;
    let posting = |posting: &PostingRow| response::Posting {
        account: Named(posting.account),
        amount: posting.amount.get(),
    };
    let step = response::Step {
        at: Named(first.at),
        what: Named(Event::Movement(first.kind)),
        biller: None,
        attempt: None,
        took_micros: None,
        answer: None,
        evidence: None,
        postings: postings.iter().map(posting).collect(),
    };
    Some((first.at, step))
}
