//! The sandbox report: a partner's transactions, the story of each, and what may be done to them.
//!
//! It is the sandbox's alone, and for readers at this machine, who are shown the key as well. What a
//! form asks for is carried out as an operator's request is.

use std::net::IpAddr;
use std::sync::Arc;

use ::portal::report::{self, Filter, Listing, TopUp};
use ::portal::{Answer, Ask, Credentials};
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Path, Query, State};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, COOKIE, HeaderName, LOCATION, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use domain::{Account, PartnerId, RefId, Rupiah, TrId, Transaction};
use protocol::{Format, ResponseCode, encode_answer};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::{Read, StoreError};
use subtle::ConstantTimeEq;

use super::pages::{guest, host, origin, sent, text};
use super::{App, Peer, Place, reply};
use crate::admin::request::{NewDeposit, Outcome};
use crate::admin::{Request, Response as Done};
use crate::wire;

/// Transactions of one page.
const ROWS: usize = 25;

/// How many are read at a time, and how many in all, until a page of those that fit is found.
const CHUNK: u32 = 50;
const LOOKED_AT: u32 = 2000;

/// The most that one top-up may be, in whole rupiah.
const MOST: i64 = 1_000_000_000;

/// What a form may weigh.
const FORM: usize = 4 << 10;

/// The report's routes.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(report::PATH, get(listing))
        .route(report::PART, get(part))
        .route(report::DEPOSIT, post(top_up))
        .route("/report/{tr_id}", get(story).post(resolve))
        .layer(DefaultBodyLimit::max(FORM))
}

/// What a reader asks for; what is missing is empty.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    code: String,
    hp: String,
    ref_id: String,
    date: String,
    /// Transactions before this number.
    before: String,
}

#[derive(Deserialize)]
struct Amount {
    token: String,
    amount: String,
}

#[derive(Deserialize)]
struct End {
    token: String,
    outcome: String,
}

/// A request by somebody at this machine, in its place among the others.
struct Reader<'a> {
    app: &'a App,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    origin: String,
    username: String,
    key: SecretString,
    partner: PartnerId,
    _place: Place,
}

async fn listing(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Query(asked): Query<Asked>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let found = Reader::of(&app, peer, &uri, &headers);
    let shown = async |reader: &Reader<'_>| reader.listing(asked, &empty_form()).await;
    answered(match found {
        Ok(reader) => shown(&reader).await,
        Err(response) => return response,
    })
}

async fn part(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Query(asked): Query<Asked>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let reader = match Reader::of(&app, peer, &uri, &headers) {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    answered(reader.find(asked).await.map(|found| report::part(&reader.ask(), &found)))
}

async fn story(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Path(tr_id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let reader = match Reader::of(&app, peer, &uri, &headers) {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    answered(reader.story(&tr_id, None).await)
}

async fn top_up(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
    form: Result<Form<Amount>, FormRejection>,
) -> Response {
    let reader = match Reader::of(&app, peer, &uri, &headers) {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    let Ok(Form(form)) = form else { return refused(StatusCode::BAD_REQUEST) };
    if !reader.is_ours(&form.token, peer) {
        return refused(StatusCode::FORBIDDEN);
    }
    let typed = form.amount;
    let digits = typed.trim().bytes().all(|byte| byte.is_ascii_digit());
    let amount = typed.trim().parse().ok().filter(|amount| digits && (1..=MOST).contains(amount));
    let Some(amount) = amount else {
        let wrong = TopUp { typed, most: MOST, wrong: true };
        return answered(reader.listing(Asked::default(), &wrong).await);
    };
    let new = NewDeposit { username: reader.username, amount, note: "sandbox report".to_owned() };
    match app.admin.execute(Request::AddDeposit(new)).await {
        Ok(_) => see_other(report::PATH),
        Err(error) => {
            tracing::error!(%error, "a top-up was not recorded");
            refused(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

async fn resolve(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Path(number): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    form: Result<Form<End>, FormRejection>,
) -> Response {
    let reader = match Reader::of(&app, peer, &uri, &headers) {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    let Ok(Form(form)) = form else { return refused(StatusCode::BAD_REQUEST) };
    if !reader.is_ours(&form.token, peer) {
        return refused(StatusCode::FORBIDDEN);
    }
    let outcome = match &*form.outcome {
        "success" => Outcome::Paid { noref: format!("SANDBOX{number}") },
        "failed" => Outcome::Failed { code: ResponseCode::PaymentFailed.as_str().to_owned() },
        _ => return refused(StatusCode::BAD_REQUEST),
    };
    let tr_id = match reader.transaction(&number).await {
        Ok(Some(transaction)) => transaction.inquiry.tr_id.0,
        Ok(None) => return sent(::portal::not_found(&reader.ask())),
        Err(error) => return answered(Err(error)),
    };
    let reason = "sandbox report".to_owned();
    match app.admin.execute(Request::ResolvePayment { tr_id, outcome, reason }).await {
        Ok(_) => see_other(&format!("{}/{tr_id}", report::PATH)),
        Err(why) => answered(reader.story(&number, Some(why.to_string())).await),
    }
}

impl<'a> Reader<'a> {
    fn of(
        app: &'a App,
        peer: Peer,
        uri: &'a Uri,
        headers: &'a HeaderMap,
    ) -> Result<Reader<'a>, Response> {
        let entered = app.enter(peer, headers);
        let (place, address): (Place, IpAddr) =
            entered.map_err(|why| reply::come_back(why, reply::format_by_header(headers)))?;
        let host = host(uri, headers);
        let origin = origin(app, peer, host, headers);
        let known = guest(app, address, host).and_then(|(username, key)| {
            let partner = app.gateway.directory().partner(&username)?.id;
            Some((username, key, partner))
        });
        match known {
            Some((username, key, partner)) => {
                Ok(Reader { app, uri, headers, origin, username, key, partner, _place: place })
            }
            None => Err(sent(report::elsewhere(&ask(uri, headers, &origin)))),
        }
    }

    fn ask(&self) -> Ask<'_> {
        let credentials =
            Credentials { username: &self.username, api_key: self.key.expose_secret() };
        Ask { credentials: Some(credentials), ..ask(self.uri, self.headers, &self.origin) }
    }

    /// Whether a form was sent by a page of ours: the browser says so, and the form has the token,
    /// which no other site can read. A browser that is told to name no referrer sends `Origin: null`,
    /// so its own word about the site comes first.
    fn is_ours(&self, token: &str, peer: Peer) -> bool {
        let site = text(self.headers, HeaderName::from_static("sec-fetch-site"));
        let here = origin(self.app, peer, host(self.uri, self.headers), self.headers);
        let same = match site {
            "" => text(self.headers, ORIGIN) == here,
            site => site == "same-origin",
        };
        same && bool::from(token.as_bytes().ct_eq(self.token().as_bytes()))
    }

    fn token(&self) -> &str {
        self.app.form_token.expose_secret()
    }

    async fn listing(&self, asked: Asked, form: &TopUp) -> Result<Answer, StoreError> {
        let found = self.find(asked).await?;
        Ok(report::listing(&self.ask(), &found, form, self.token()))
    }

    async fn find(&self, asked: Asked) -> Result<Listing, StoreError> {
        let partner = self.partner;
        let before = asked.before.parse().ok().map(TrId);
        let Asked { state, code, hp, ref_id, date, .. } = asked;
        let filter = Filter { state, code, hp, ref_id, date };
        let wanted = filter.clone();
        let question = move |read: &mut dyn Read| {
            Ok((search(read, partner, &wanted, before)?, read.balances()?))
        };
        let (found, balances) = self.app.gateway.read(question).await?;
        let balance = |wanted| {
            let found = balances.iter().find(|(account, _)| *account == wanted);
            found.map_or(Rupiah::new(0), |(_, balance)| *balance)
        };
        let older = found.older.map(|before| query(&filter, before));
        Ok(Listing {
            filter,
            transactions: found.transactions,
            older,
            looked_at: found.gave_up.then_some(LOOKED_AT),
            available: balance(Account::Available(partner)),
            held: balance(Account::Held(partner)),
        })
    }

    /// The partner's own; another's do not exist.
    async fn transaction(&self, number: &str) -> Result<Option<Transaction>, StoreError> {
        let Ok(tr_id) = number.parse() else { return Ok(None) };
        let found = self.app.gateway.transaction(TrId(tr_id)).await?;
        Ok(found.filter(|transaction| transaction.inquiry.partner == self.partner))
    }

    async fn story(&self, number: &str, refused: Option<String>) -> Result<Answer, StoreError> {
        let Some(transaction) = self.transaction(number).await? else {
            return Ok(::portal::not_found(&self.ask()));
        };
        let tr_id = transaction.inquiry.tr_id.0;
        let told = self.app.admin.execute(Request::ShowPayment { tr_id }).await;
        let steps = match told {
            Ok(Done::Story(story)) => story.steps.into_iter().map(step).collect(),
            _ => return Ok(::portal::not_found(&self.ask())),
        };
        let mut answer = Vec::with_capacity(1024);
        encode_answer(&wire::status(&transaction), Format::Json, &mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let story = report::Story { transaction, steps, answer, refused };
        Ok(report::story(&self.ask(), &story, self.token()))
    }
}

/// What a search found.
struct Found {
    transactions: Vec<Transaction>,
    /// Before which number the next page begins.
    older: Option<TrId>,
    /// Whether it ended at the limit of what may be looked at.
    gave_up: bool,
}

/// The newest transactions that fit, and at most [`LOOKED_AT`] are looked at. A `ref_id` has an index.
fn search(
    read: &mut dyn Read,
    partner: PartnerId,
    filter: &Filter,
    mut before: Option<TrId>,
) -> Result<Found, StoreError> {
    let mut found = Found { transactions: Vec::new(), older: None, gave_up: false };
    if !filter.ref_id.is_empty() {
        if let Ok(ref_id) = RefId::new(&filter.ref_id)
            && let Some(tr_id) = read.find(partner, &ref_id)?
        {
            let known = read.transaction(tr_id)?;
            found.transactions.extend(known.filter(|transaction| fits(filter, transaction)));
        }
        return Ok(found);
    }
    let mut looked_at = 0;
    while looked_at < LOOKED_AT {
        let chunk = read.transactions(partner, before, CHUNK)?;
        let is_last = chunk.len() < CHUNK as usize;
        for transaction in chunk {
            if found.transactions.len() == ROWS {
                found.older = before;
                return Ok(found);
            }
            before = Some(transaction.inquiry.tr_id);
            found.transactions.extend(Some(transaction).filter(|it| fits(filter, it)));
        }
        if is_last {
            return Ok(found);
        }
        looked_at += CHUNK;
    }
    Ok(Found { older: before, gave_up: true, ..found })
}

fn fits(filter: &Filter, transaction: &Transaction) -> bool {
    let inquiry = &transaction.inquiry;
    (filter.state.is_empty() || transaction.state().name() == filter.state)
        && (filter.code.is_empty() || inquiry.code.as_str() == filter.code)
        && inquiry.hp.starts_with(&filter.hp)
        && (filter.date.is_empty() || inquiry.at.readable().split(' ').next() == Some(&filter.date))
}

/// The query of the page that begins before this number.
fn query(filter: &Filter, before: TrId) -> String {
    let Filter { state, code, hp, date, .. } = filter;
    let pairs = [("state", state), ("code", code), ("hp", hp), ("date", date)];
    let typed = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let typed: String = typed.map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
    format!("{typed}before={before}")
}

/// As a value in a query.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn ask<'a>(uri: &'a Uri, headers: &'a HeaderMap, origin: &'a str) -> Ask<'a> {
    Ask {
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        cookie: text(headers, COOKIE),
        accept_language: text(headers, ACCEPT_LANGUAGE),
        origin,
        sandbox: true,
        credentials: None,
    }
}

fn empty_form() -> TopUp {
    TopUp { most: MOST, ..TopUp::default() }
}

fn step(step: crate::admin::response::Step) -> report::Step {
    let posting = |it: crate::admin::response::Posting| (it.account, Rupiah::new(it.amount));
    report::Step {
        at: step.at,
        what: step.what,
        took_micros: step.took_micros,
        answer: step.answer,
        postings: step.postings.into_iter().map(posting).collect(),
    }
}

fn answered(answer: Result<Answer, StoreError>) -> Response {
    match answer {
        Ok(answer) => sent(answer),
        Err(error) => {
            tracing::error!(%error, "the report could not be read");
            refused(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn refused(status: StatusCode) -> Response {
    reply::respond(status, "text/plain; charset=utf-8", status.to_string().into_bytes())
}

/// After a form the browser asks for a page, so that to load it again sends nothing again.
fn see_other(path: &str) -> Response {
    let mut response = refused(StatusCode::SEE_OTHER);
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, path);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
