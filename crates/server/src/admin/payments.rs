//! Payments: listed, told from inquiry to end, ended by hand.

use domain::command::{Effect, SettlePayment, Verdict};
use domain::payment::Call;
use domain::{BillerId, Exchange, Moment, Reason, State, TrId, Transaction};
use protocol::{Class, ResponseCode};
use store::{Filter, PostingRow};

use super::request::{Outcome, WhichPayments};
use super::{Admin, Refused, line, response, rows};

/// How long a payment is left to the biller before an operator may say what became of it: twice as
/// long as clients wait, and so longer than any biller's deadline.
const BEING_PAID_MICROS: i64 = 60_000_000;

impl Admin {
    pub(super) async fn list_payments(
        &self,
        which: WhichPayments,
    ) -> Result<Vec<response::Payment>, Refused> {
        let filter = Filter {
            partner: self.id_of(which.partner.as_deref())?,
            states: which.states.iter().map(|name| state(name)).collect::<Result<_, _>>()?,
            before: which.before.map(TrId),
            limit: rows(which.limit)?,
        };
        let payments = self.gateway.read(move |read| read.payments(&filter)).await?;
        let name = self.usernames();
        let view =
            |payment: &Transaction| self.payment_view(payment, name(payment.inquiry.partner));
        Ok(payments.iter().map(view).collect())
    }

    pub(super) async fn show_payment(&self, tr_id: i64) -> Result<Box<response::Story>, Refused> {
        let story = self.gateway.read(move |read| read.story(TrId(tr_id))).await?;
        let story = story.ok_or_else(|| unknown(tr_id))?;
        let username = self.usernames()(story.transaction.inquiry.partner);
        Ok(Box::new(response::Story {
            payment: self.payment_view(&story.transaction, username),
            steps: steps(&story),
        }))
    }

    pub(super) async fn resolve_payment(
        &self,
        tr_id: i64,
        outcome: Outcome,
        reason: &str,
    ) -> Result<Box<response::Story>, Refused> {
        let reason = line("the reason", reason, 300)?;
        let (verdict, words) = verdict(&outcome)?;
        let found = self.gateway.read(move |read| read.transaction(TrId(tr_id))).await?;
        let transaction = found.ok_or_else(|| unknown(tr_id))?;
        self.check_open(&transaction)?;
        self.end_by_hand(&transaction, verdict, format!("{words}: {reason}")).await?;
        self.show_payment(tr_id).await
    }

    fn check_open(&self, transaction: &Transaction) -> Result<(), Refused> {
        let tr_id = transaction.inquiry.tr_id;
        let Some(payment) = &transaction.payment else {
            let why = format_args!("{tr_id} was inquired only: no payment has begun");
            return Err(Refused::because(why));
        };
        if payment.state.is_final() {
            return Err(ended(transaction));
        }
        let since = self.gateway.now().micros_since(payment.begun_at);
        if payment.state == State::Paying && since < BEING_PAID_MICROS {
            let why = format_args!(
                "payment {tr_id} is at the biller at this moment; try again in a minute"
            );
            return Err(Refused::because(why));
        }
        Ok(())
    }

    /// Records the operator's word. The ledger decides a race with the resolver: who comes second has
    /// ended nothing, and is told so.
    pub(super) async fn end_by_hand(
        &self,
        open: &Transaction,
        verdict: Verdict,
        words: String,
    ) -> Result<(), Refused> {
        let exchange = Exchange {
            call: Call::Operator,
            asked_at: self.gateway.now(),
            took_micros: 0,
            answer: words.into(),
        };
        let (partner, tr_id) = (open.inquiry.partner, open.inquiry.tr_id);
        let settle = SettlePayment { partner, tr_id, verdict, exchange };
        let settled = self.gateway.operate(settle).await??;
        match settled.effect {
            Effect::Ended => Ok(()),
            Effect::AlreadyEnded | Effect::Contradiction | Effect::StillOpen => {
                Err(ended(&settled.transaction))
            }
        }
    }

    pub(super) fn biller_name(&self, biller: BillerId) -> String {
        let name = self.gateway.billers().name(biller).map(str::to_owned);
        name.unwrap_or_else(|| format!("biller {biller}"))
    }

    fn payment_view(&self, transaction: &Transaction, partner: String) -> response::Payment {
        let Transaction { inquiry, payment, .. } = transaction;
        let payment = payment.as_ref();
        response::Payment {
            tr_id: inquiry.tr_id.0,
            state: transaction.state().name().to_owned(),
            partner,
            ref_id: inquiry.ref_id.to_string(),
            code: inquiry.code.to_string(),
            hp: inquiry.hp.to_string(),
            tr_name: inquiry.bill.tr_name.to_string(),
            period: inquiry.bill.period.to_string(),
            nominal: inquiry.bill.nominal.get(),
            admin: inquiry.price.admin.get(),
            price: inquiry.price.price.get(),
            commission: inquiry.price.commission.get(),
            selling_price: inquiry.price.selling_price.get(),
            inquired_at: inquiry.at.readable(),
            begun_at: payment.map(|payment| payment.begun_at.readable()),
            settled_at: payment.and_then(|payment| payment.settled_at).map(Moment::readable),
            biller: payment.map(|payment| self.biller_name(payment.biller)),
            noref: payment.map(|p| p.noref.to_string()).filter(|noref| !noref.is_empty()),
            reason: payment.and_then(|payment| payment.reason).map(|reason| reason.to_string()),
            open_because: payment.and_then(|p| p.open_because.as_deref()).map(str::to_owned),
            asks: payment.map_or(0, |payment| payment.asks),
        }
    }
}

fn unknown(tr_id: i64) -> Refused {
    Refused::because(format_args!("there is no transaction {tr_id}"))
}

fn ended(transaction: &Transaction) -> Refused {
    let (tr_id, state) = (transaction.inquiry.tr_id, transaction.state().name());
    let at = transaction.payment.as_ref().and_then(|payment| payment.settled_at);
    let since = at.map(|at| format!(" since {at}")).unwrap_or_default();
    Refused::because(format_args!("payment {tr_id} is {state}{since}, and that is final"))
}

fn state(name: &str) -> Result<State, Refused> {
    let begun = State::named(name).filter(|state| *state != State::Inquired);
    begun.ok_or_else(|| {
        Refused::because(format_args!(
            "{name:?} is no state of a payment; the states are paying, pending, paid and failed"
        ))
    })
}

/// What the operator's word means, and the words in which it is kept as evidence.
fn verdict(outcome: &Outcome) -> Result<(Verdict, String), Refused> {
    match outcome {
        Outcome::Paid { noref } => {
            let noref = line("the biller's reference number", noref, 64)?;
            let words = format!("paid by hand, reference number {noref}");
            Ok((Verdict::Paid { noref: noref.into(), desc: None }, words))
        }
        Outcome::Failed { code } => {
            let documented = ResponseCode::parse(code).filter(|code| code.class() == Class::Failed);
            let reason = documented.and_then(|code| code.as_str().parse().ok()).map(Reason);
            let reason = reason.ok_or_else(|| {
                Refused::because(format_args!("{code:?} is no response code of a failure"))
            })?;
            Ok((Verdict::Failed(reason), format!("failed by hand with code {reason}")))
        }
    }
}

/// Exchanges and movements in the order of time; of those at one moment, what led to money moving goes
/// before it, but for the hold, which goes before all questions.
fn steps(story: &store::Story) -> Vec<response::Step> {
    let inquiry = &story.transaction.inquiry;
    let asked = Exchange {
        call: Call::Inquire,
        asked_at: inquiry.at.after_micros(-story.inquiry_took),
        took_micros: story.inquiry_took,
        answer: "success".into(),
    };
    let mut steps = vec![exchange(&asked)];
    let (first, second): (Vec<_>, Vec<_>) =
        story.postings.iter().copied().partition(|posting| posting.kind.step() == 1);
    steps.extend(movement(&first));
    steps.extend(story.exchanges.iter().map(exchange));
    steps.extend(movement(&second));
    steps.sort_by_key(|(at, _)| *at);
    steps.into_iter().map(|(_, step)| step).collect()
}

fn exchange(exchange: &Exchange) -> (Moment, response::Step) {
    let step = response::Step {
        at: exchange.asked_at.readable(),
        what: exchange.call.name().to_owned(),
        took_micros: Some(exchange.took_micros),
        answer: Some(exchange.answer.to_string()),
        postings: Vec::new(),
    };
    (exchange.asked_at, step)
}

/// The postings of one movement as one step, if there are any.
fn movement(postings: &[PostingRow]) -> Option<(Moment, response::Step)> {
    let first = postings.first()?;
    let posting = |posting: &PostingRow| response::Posting {
        account: posting.account.to_string(),
        amount: posting.amount.get(),
    };
    let step = response::Step {
        at: first.at.readable(),
        what: first.kind.name().to_owned(),
        took_micros: None,
        answer: None,
        postings: postings.iter().map(posting).collect(),
    };
    Some((first.at, step))
}
