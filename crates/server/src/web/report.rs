//! The report: a partner's transactions, the history of each, and its actions.
//!
//! In the sandbox it is for users on the same machine, who also see the API key; their forms are
//! carried out as operator requests. In production it is for signed-in partners and read-only.

pub(crate) mod callbacks;
pub(crate) mod sandbox;
mod search;

use ::portal::Answer;
use ::portal::report::{self, Deposit, Filter, Listing};
use axum::extract::{Path, Query};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::{Account, PartnerId, Rupiah, State, TrId, Transaction};
use iak_protocol::{Format, ResponseCode, encode_answer};
use serde::Deserialize;
use store::{Read, StoreError};

use super::form::Posted;
use super::identity::{ReportUser, SandboxOwner};
use super::reply::{self, sent};
use crate::admin::Response as Done;
use crate::admin::request::{NewDeposit, Outcome};
use crate::admin::{Request, response};
use crate::iak::{answers, receipts};
use crate::observe::recent::{Exchanged, MAX_TEXT};

/// The largest deposit from the report, in whole rupiah.
const MAX_DEPOSIT: i64 = 1_000_000_000;

/// The note of a deposit and the reason of a decision from the report.
const NOTE: &str = "sandbox report";

/// The query of a report page; missing fields are empty.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListingQuery {
    state: String,
    code: String,
    hp: String,
    ref_id: String,
    date: String,
    /// Transactions before this number.
    before: String,
}

#[derive(Deserialize)]
pub(crate) struct Amount {
    amount: String,
}

#[derive(Deserialize)]
pub(crate) struct End {
    outcome: String,
}

pub(crate) async fn listing(reader: ReportUser, Query(asked): Query<ListingQuery>) -> Response {
    let answer = reader.listing(asked, &Deposit { most: MAX_DEPOSIT, ..Deposit::default() }).await;
    reader.renew_session(answered(answer))
}

pub(crate) async fn fragment(reader: ReportUser, Query(asked): Query<ListingQuery>) -> Response {
    answered(reader.find(asked).await.map(|found| report::fragment(&reader.ask(), &found)))
}

pub(crate) async fn requests(SandboxOwner(reader): SandboxOwner) -> Response {
    sent(report::requests(&reader.ask(), &reader.requests(|_| true)))
}

pub(crate) async fn story(reader: ReportUser, Path(number): Path<String>) -> Response {
    let answer = reader.story(&number, None).await;
    reader.renew_session(answered(answer))
}

/// The receipt of the user's own paid bill, as shown on the page of its history.
pub(crate) async fn receipt(reader: ReportUser, Path(number): Path<String>) -> Response {
    match reader.transaction(&number).await {
        Ok(Some(paid)) if paid.state() == State::Paid => {
            let mut response = receipts::drawn(reader.app().clone(), paid).await;
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        }
        Ok(_) => sent(::portal::not_found(&reader.ask())),
        Err(error) => answered(Err(error)),
    }
}

pub(crate) async fn deposit(
    Posted(SandboxOwner(reader), form): Posted<SandboxOwner, Amount>,
) -> Response {
    let Some(amount) = amount(form.amount.trim()) else {
        let wrong = Deposit { typed: form.amount, most: MAX_DEPOSIT, wrong: true };
        return answered(reader.listing(ListingQuery::default(), &wrong).await);
    };
    let new = NewDeposit {
        username: reader.username.to_string(),
        amount,
        note: NOTE.to_owned(),
        reference: None,
    };
    match reader.execute(Request::AddDeposit(new)).await {
        Ok(_) => reply::see_other(report::PATH),
        Err(error) => {
            tracing::error!(%error, "a deposit was not recorded");
            reply::plain(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Digits only, so `+1` and `1e4` are not amounts.
fn amount(typed: &str) -> Option<i64> {
    let digits = typed.bytes().all(|byte| byte.is_ascii_digit());
    typed.parse().ok().filter(|amount| digits && (1..=MAX_DEPOSIT).contains(amount))
}

pub(crate) async fn resolve(
    Path(number): Path<String>,
    Posted(SandboxOwner(reader), form): Posted<SandboxOwner, End>,
) -> Response {
    let outcome = match &*form.outcome {
        "success" => Outcome::Paid { receipt_no: format!("SANDBOX{number}") },
        "failed" => Outcome::Failed { code: ResponseCode::PaymentFailed.as_str().to_owned() },
        _ => return reply::plain(StatusCode::BAD_REQUEST),
    };
    let tr_id = match reader.transaction(&number).await {
        Ok(Some(transaction)) => transaction.inquiry.tr_id.0,
        Ok(None) => return sent(::portal::not_found(&reader.ask())),
        Err(error) => return answered(Err(error)),
    };
    let end = Request::ResolvePayment { tr_id, outcome, reason: NOTE.to_owned() };
    match reader.execute(end).await {
        Ok(_) => reply::see_other(&format!("{}/{tr_id}", report::PATH)),
        Err(why) => answered(reader.story(&number, Some(why.to_string())).await),
    }
}

impl ReportUser {
    async fn listing(&self, asked: ListingQuery, form: &Deposit) -> Result<Answer, StoreError> {
        let found = self.find(asked).await?;
        let form = self.is_sandbox_owner().then_some(form);
        Ok(report::listing(&self.ask(), &found, form, self.token()))
    }

    async fn find(&self, asked: ListingQuery) -> Result<Listing, StoreError> {
        let (partner, before) = (self.partner, asked.before.parse().ok().map(TrId));
        let ListingQuery { state, code, hp, ref_id, date, .. } = asked;
        let date = if is_date(&date) { date } else { String::new() };
        let filter = Filter { state, code, hp, ref_id, date };
        let now = self.app().gateway.now();
        let question =
            move |read: &mut dyn Read| search::listing(read, partner, filter, before, now);
        self.app().gateway.read(question).await
    }

    /// The user's own transaction; those of other partners do not exist for it.
    async fn transaction(&self, number: &str) -> Result<Option<Transaction>, StoreError> {
        let Ok(tr_id) = number.parse() else { return Ok(None) };
        let found = self.app().gateway.transaction(TrId(tr_id)).await?;
        Ok(found.filter(|transaction| transaction.inquiry.partner == self.partner))
    }

    /// The latest matching requests, newest first. Some have no known partner, so only the sandbox
    /// owner sees them.
    fn requests(&self, fits: impl Fn(&Exchanged) -> bool) -> Vec<report::Sent> {
        let recent = self.app().recent.as_ref().filter(|_| self.is_sandbox_owner());
        let recent = recent.map(|recent| recent.of(self.partner));
        recent.into_iter().flatten().filter(|it| fits(it)).map(|it| exchanged(&it)).collect()
    }

    async fn story(&self, number: &str, refused: Option<String>) -> Result<Answer, StoreError> {
        let Some(transaction) = self.transaction(number).await? else {
            return Ok(::portal::not_found(&self.ask()));
        };
        let tr_id = transaction.inquiry.tr_id.0;
        let told = self.execute(Request::ShowPayment { tr_id }).await;
        let Ok(Done::TransactionHistory(told)) = told else {
            return Ok(::portal::not_found(&self.ask()));
        };
        let mut answer = Vec::with_capacity(1024);
        encode_answer(&answers::status(&transaction), Format::Json, &mut answer);
        let story = report::TransactionHistory {
            transaction,
            steps: told.steps.into_iter().filter_map(|step| self.step(step)).collect(),
            callback: told.callback.map(callbacks::shown),
            answer: String::from_utf8_lossy(&answer).into_owned(),
            requests: self.requests(|it| it.seen.tr_id == Some(tr_id)),
            refused,
        };
        let token = self.is_sandbox_owner().then(|| self.token());
        Ok(report::story(&self.ask(), &story, token))
    }

    /// A signed-in partner sees only movements in its own accounts, not the biller's answers or
    /// lunas's income.
    fn step(&self, step: response::Step) -> Option<report::Step> {
        match self.is_sandbox_owner() {
            true => Some(step),
            false => own_part(self.partner, step),
        }
        .map(shown)
    }
}

/// The postings of a step in the partner's own accounts; `None` if there are none.
fn own_part(partner: PartnerId, mut step: response::Step) -> Option<response::Step> {
    step.postings.retain(|posting| match *posting.account {
        Account::Available(owner) | Account::Held(owner) => owner == partner,
        Account::Bank
        | Account::Fee
        | Account::Commission
        | Account::Margin
        | Account::Adjustment
        | Account::Biller(_) => false,
    });
    (!step.postings.is_empty()).then_some(step)
}

fn exchanged(it: &Exchanged) -> report::Sent {
    let text = |bytes: &[u8]| {
        let end = if bytes.len() == MAX_TEXT { " …" } else { "" };
        format!("{}{end}", String::from_utf8_lossy(bytes))
    };
    report::Sent {
        at: it.at,
        took_micros: it.took.as_micros().try_into().unwrap_or(i64::MAX),
        command: it.seen.command.to_owned(),
        status: it.status,
        code: it.seen.code,
        tr_id: it.seen.tr_id,
        causes: it.causes.clone(),
        request: text(&it.request),
        answer: text(&it.answer),
    }
}

fn shown(step: response::Step) -> report::Step {
    let posting = |it: response::Posting| (it.account.0, Rupiah::new(it.amount));
    report::Step {
        at: step.at.0,
        what: step.what.name(),
        took_micros: step.took_micros,
        answer: step.answer,
        postings: step.postings.into_iter().map(posting).collect(),
    }
}

/// The format of the browser's date field; other dates are not searched.
fn is_date(typed: &str) -> bool {
    typed.len() == 10 && typed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn answered(answer: Result<Answer, StoreError>) -> Response {
    match answer {
        Ok(answer) => sent(answer),
        Err(error) => {
            tracing::error!(%error, "the report could not be read");
            reply::plain(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{BillerId, Moment, MovementKind};

    use super::*;
    use crate::admin::named::{Event, Named};

    #[test]
    fn a_partner_sees_what_moved_in_its_own_accounts_and_nothing_else() {
        let (own, other) = (PartnerId(7), PartnerId(70));
        let step = |accounts: &[Account]| {
            let posting =
                |account: &Account| response::Posting { account: Named(*account), amount: 1 };
            response::Step {
                at: Named(Moment::default()),
                what: Named(Event::Movement(MovementKind::Post)),
                biller: None,
                attempt: None,
                took_micros: None,
                answer: None,
                evidence: None,
                postings: accounts.iter().map(posting).collect(),
            }
        };
        let all = [
            (Account::Available(own), true),
            (Account::Held(own), true),
            (Account::Available(other), false),
            (Account::Held(other), false),
            (Account::Biller(BillerId(7)), false),
            (Account::Bank, false),
            (Account::Fee, false),
            (Account::Commission, false),
        ];
        for (account, is_seen) in all {
            assert_eq!(own_part(own, step(&[account])).is_some(), is_seen, "{account}");
        }
        let seen = own_part(own, step(&all.map(|(account, _)| account))).unwrap();
        let seen: Vec<_> = seen.postings.iter().map(|posting| *posting.account).collect();
        assert_eq!(seen, [Account::Available(own), Account::Held(own)]);
        assert!(own_part(own, step(&[])).is_none(), "what the biller said");
    }
}
