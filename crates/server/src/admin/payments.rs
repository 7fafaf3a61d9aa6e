//! Payments: list, show from inquiry to end, resolve by hand.

use domain::command::{ManualOutcome, ResolvePayment, Resolved};
use domain::{BillerId, Inquiry, Moment, ReviewReason, State, TrId, Transaction};
use iak_protocol::{Class, ResponseCode};
use store::{Filter, TransactionHistory};

use super::callbacks::callback_view;
use super::named::Named;
use super::request::{Outcome, WhichPayments};
use super::{Admin, Refused, response, validate_limit, validate_line};

impl Admin {
    pub(super) async fn list_payments(
        &self,
        which: WhichPayments,
    ) -> Result<Vec<response::Payment>, Refused> {
        let filter = Filter {
            partner: self.id_of(which.partner.as_deref())?,
            states: which.states.iter().map(|name| state(name)).collect::<Result<_, _>>()?,
            before: which.before.map(TrId),
            limit: validate_limit(which.limit)?,
        };
        let read =
            self.gateway.read(move |read| Ok((read.payments(&filter)?, read.needs_review()?)));
        let (payments, queue) = read.await?;
        let name = self.usernames();
        let view = |payment: &Transaction| {
            let queued = queue.iter().find(|queued| queued.tr_id == payment.inquiry.tr_id);
            let why = queued.map(|queued| queued.why);
            self.payment_view(payment, name(payment.inquiry.partner), why)
        };
        Ok(payments.iter().map(view).collect())
    }

    pub(super) async fn show_payment(
        &self,
        tr_id: i64,
    ) -> Result<Box<response::TransactionHistory>, Refused> {
        Ok(self.history_view(&self.history(tr_id).await?))
    }

    pub(super) async fn history(&self, tr_id: i64) -> Result<TransactionHistory, Refused> {
        let story = self.gateway.read(move |read| read.story(TrId(tr_id))).await?;
        match story {
            Some(story) => Ok(story),
            None => Err(self.without_payment(tr_id).await?),
        }
    }

    pub(super) fn history_view(
        &self,
        story: &TransactionHistory,
    ) -> Box<response::TransactionHistory> {
        let username = self.usernames()(story.transaction.inquiry.partner);
        let review_reason =
            story.follow_up.and_then(|follow_up| follow_up.review_reason).map(|(why, _)| why);
        Box::new(response::TransactionHistory {
            callback: story.callback.as_ref().map(|it| callback_view(it, username.clone())),
            payment: self.payment_view(&story.transaction, username, review_reason),
            attempts: self.attempts_view(story),
            steps: self.steps_view(story),
            asked: None,
        })
    }

    /// Says that a number is none of an inquiry: perhaps it is one of a deposit.
    async fn without_payment(&self, tr_id: i64) -> Result<Refused, Refused> {
        let deposit = self.gateway.read(move |read| read.deposit(TrId(tr_id))).await?;
        Ok(match deposit {
            Some(_) => Refused::because(format_args!(
                "{tr_id} is a deposit, not a payment: see `lunas deposit list`"
            )),
            None => unknown(tr_id),
        })
    }

    /// Records the operator's decision. If the resolver was faster, the ledger decides: nothing
    /// changes, and the operator gets an error.
    pub(super) async fn resolve_payment(
        &self,
        tr_id: i64,
        outcome: Outcome,
        reason: &str,
    ) -> Result<Box<response::TransactionHistory>, Refused> {
        let reason = validate_line("the reason", reason, 300)?;
        let (word, words) = word(&outcome)?;
        let resolve = ResolvePayment {
            partner: self.started_payment(tr_id).await?.inquiry.partner,
            tr_id: TrId(tr_id),
            word,
            answer: format!("{words}: {reason}").into(),
            now: self.gateway.now(),
        };
        match self.operate(resolve).await? {
            Resolved::Done(_) => self.show_payment(tr_id).await,
            Resolved::AtTheBiller(_) => Err(Refused::because(format_args!(
                "payment {tr_id} is being processed by the biller; try again in a minute"
            ))),
            Resolved::Ended(transaction) => Err(Refused::because(ended(&transaction))),
            Resolved::Contradicted(transaction) => Err(Refused::because(format_args!(
                "{}; the biller says the opposite: settle that with the biller, and then use \
                 --reconciled",
                ended(&transaction)
            ))),
            Resolved::NotContradicted(transaction) => Err(Refused::because(format_args!(
                "payment {tr_id} is {} and the biller does not contradict; there is nothing to \
                 reconcile",
                transaction.state().name()
            ))),
        }
    }

    /// The transaction with this number, if its payment has started.
    pub(super) async fn started_payment(&self, tr_id: i64) -> Result<Transaction, Refused> {
        let transaction = match self.gateway.transaction(TrId(tr_id)).await? {
            Some(transaction) => transaction,
            None => return Err(self.without_payment(tr_id).await?),
        };
        match transaction.payment {
            Some(_) => Ok(transaction),
            None => Err(Refused::because(format_args!(
                "{tr_id} is only an inquiry: no payment has started"
            ))),
        }
    }

    /// The attempts of a payment, in order. The last one ended as the payment did, each other one failed.
    fn attempts_view(&self, story: &TransactionHistory) -> Vec<response::Attempt> {
        let Transaction { inquiry, payment: Some(payment), .. } = &story.transaction else {
            return Vec::new();
        };
        let later = story.attempts.iter().map(|it| (it.number, it.begun_at, it.inquiry(inquiry)));
        let all = [(1, payment.begun_at, inquiry.as_ref().clone())].into_iter().chain(later);
        let view = |(number, begun_at, there): (u32, Moment, Inquiry)| {
            let next = story.attempts.iter().find(|attempt| attempt.number == number + 1);
            response::Attempt {
                number,
                biller: self.biller_view(there.biller),
                reference: there.reference.as_ref().map(ToString::to_string),
                biller_reference: there.biller_reference.as_deref().map(str::to_owned),
                cost: there.cost().get(),
                begun_at: Named(begun_at),
                failed_because: next
                    .map_or(payment.reason, |next| Some(next.after))
                    .map(|it| it.to_string()),
            }
        };
        all.map(view).collect()
    }

    pub(super) fn biller_view(&self, biller: BillerId) -> response::Biller {
        let name = self.gateway.billers().name(biller).map(str::to_owned);
        response::Biller { number: biller.0, name }
    }

    pub(super) fn payment_view(
        &self,
        transaction: &Transaction,
        partner: String,
        review_reason: Option<ReviewReason>,
    ) -> response::Payment {
        let Transaction { inquiry, payment, .. } = transaction;
        let payment = payment.as_ref();
        let reason = payment.filter(|payment| payment.state.is_final()).and_then(|it| it.reason);
        let there = transaction.inquiry_at_biller();
        let takes = transaction.state() != State::Failed
            || review_reason == Some(ReviewReason::Contradiction);
        response::Payment {
            tr_id: inquiry.tr_id.0,
            state: Named(transaction.state()),
            partner,
            ref_id: inquiry.ref_id.to_string(),
            code: inquiry.code.to_string(),
            customer_no: inquiry.customer_no.to_string(),
            customer_name: inquiry.bill.customer_name.to_string(),
            period: inquiry.bill.period.to_string(),
            nominal: inquiry.bill.nominal.get(),
            admin: inquiry.price.admin.get(),
            price: inquiry.price.price.get(),
            commission: inquiry.price.commission.get(),
            selling_price: inquiry.price.selling_price.get(),
            inquired_at: Named(inquiry.at),
            begun_at: payment.map(|payment| Named(payment.begun_at)),
            settled_at: payment.and_then(|payment| payment.settled_at).map(Named),
            biller: self.biller_view(there.biller),
            biller_reference: there.biller_reference.as_deref().map(str::to_owned),
            reference: there.reference.as_ref().map(ToString::to_string),
            cost: takes.then(|| there.cost().get()),
            passed_over: inquiry.passed_over.as_deref().map(str::to_owned),
            receipt_no: payment.map(|p| p.receipt_no.to_string()).filter(|it| !it.is_empty()),
            response_code: reason.map(|reason| ResponseCode::of(reason).to_string()),
            reason: reason.map(|reason| reason.to_string()),
            open_because: payment.and_then(|p| p.open_because.as_deref()).map(str::to_owned),
            asks: payment.map_or(0, |payment| payment.asks),
            review_reason: review_reason.map(Named),
        }
    }
}

fn unknown(tr_id: i64) -> Refused {
    Refused::because(format_args!("there is no inquiry or payment {tr_id}"))
}

fn ended(transaction: &Transaction) -> String {
    let (tr_id, state) = (transaction.inquiry.tr_id, transaction.state().name());
    let at = transaction.payment.as_ref().and_then(|payment| payment.settled_at);
    let since = at.map(|at| format!(" since {at}")).unwrap_or_default();
    format!("payment {tr_id} is {state}{since}, and that is final")
}

fn state(name: &str) -> Result<State, Refused> {
    let begun = State::named(name).filter(|state| *state != State::Inquired);
    begun.ok_or_else(|| {
        Refused::because(format_args!(
            "{name:?} is not a payment state; the states are paying, pending, paid and failed"
        ))
    })
}

/// The operator's decision for the ledger, and its text for the evidence.
fn word(outcome: &Outcome) -> Result<(ManualOutcome, String), Refused> {
    match outcome {
        Outcome::Paid { receipt_no } => {
            let receipt_no = validate_line("the biller's receipt number", receipt_no, 64)?;
            let words = format!("paid by hand, receipt number {receipt_no}");
            Ok((ManualOutcome::Paid(receipt_no.into()), words))
        }
        Outcome::Reconciled => Ok((ManualOutcome::Reconciled, "reconciled by hand".to_owned())),
        Outcome::Failed { code } => {
            let documented = ResponseCode::parse(code).filter(|code| code.class() == Class::Failed);
            let reason = documented.and_then(ResponseCode::reason).ok_or_else(|| {
                Refused::because(format_args!("{code:?} is not the response code of a failure"))
            })?;
            Ok((
                ManualOutcome::Failed(reason),
                format!("failed by hand with code {code}, {reason}"),
            ))
        }
    }
}
