//! The report: a partner's transactions, each with its history, and the balance.
//!
//! The server reads the transactions and passes them. Amounts are whole rupiah, times are in
//! Asia/Jakarta.

use askama::Template;
use askama::filters::HtmlSafe;
use domain::{Account, Moment, Rupiah, State, Transaction};
use iak_protocol::ResponseCode;
use sandbox::Cause;

use crate::callbacks::{self, CallbackRow};
use crate::chart::Chart;
use crate::codes;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map;
use crate::parts::{Mark, rupiah, state_class, state_word};
use crate::sandbox_controls;
use crate::visitor::Visitor;
use crate::{Answer, PageContext, page_answer};

pub use crate::chart::Hour;

/// The path of the report; a transaction's page is `/report/{tr_id}`.
pub const PATH: &str = map::REPORT;

/// The path of the fragment that the page refreshes by itself.
pub const FRAGMENT: &str = "/report/fragment";

/// The path of the latest requests.
pub const REQUESTS: &str = "/report/requests";

/// The path of the form for a deposit.
pub const DEPOSIT: &str = "/report/deposit";

/// The filter of the report as typed; empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The name of a state.
    pub state: String,
    /// A product's code.
    pub code: String,
    /// The customer's number, or its beginning.
    pub hp: String,
    /// The partner's own number.
    pub ref_id: String,
    /// The day of the inquiry, `2026-11-23`.
    pub date: String,
}

/// One page of transactions.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The filter.
    pub filter: Filter,
    /// The transactions found, newest first.
    pub transactions: Vec<Transaction>,
    /// The query of the next page, if there may be older transactions.
    pub older: Option<String>,
    /// The number of transactions searched, if the search stopped at its limit.
    pub search_limit: Option<u32>,
    /// What the partner can spend now.
    pub available: Rupiah,
    /// What is held for payments in process.
    pub held: Rupiah,
    /// The last hours, oldest first; empty without a chart.
    pub hours: Vec<Hour>,
}

/// The form for a deposit.
#[derive(Clone, Debug, Default)]
pub struct Deposit {
    /// The typed value.
    pub typed: String,
    /// The maximum of one deposit, and the balance after a reset.
    pub most: i64,
    /// Whether the value is not a valid amount for a deposit.
    pub wrong: bool,
}

/// A transaction with its history.
#[derive(Clone, Debug)]
pub struct TransactionHistory {
    /// As it stands.
    pub transaction: Transaction,
    /// What happened, in the order of time.
    pub steps: Vec<Step>,
    /// The callback with the final result, if there is one.
    pub callback: Option<CallbackRow>,
    /// The current checkstatus answer in JSON.
    pub answer: String,
    /// The latest requests about it, newest first.
    pub requests: Vec<Sent>,
    /// Why the last form was not executed.
    pub refused: Option<String>,
}

/// A request with its answer, as they were sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// When it was answered.
    pub at: Moment,
    /// How long it took, in microseconds.
    pub took_micros: i64,
    /// The command, or `unknown`.
    pub command: String,
    /// The HTTP status.
    pub status: u16,
    /// The response code.
    pub code: ResponseCode,
    /// Which transaction it was about.
    pub tr_id: Option<i64>,
    /// What caused this code in a sandbox.
    pub causes: Vec<Cause>,
    /// The body of the request.
    pub request: String,
    /// The body of the answer.
    pub answer: String,
}

/// A step of the history.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub at: Moment,
    /// What: `inquire`, `pay`, `status`, `operator`, `hold`, `post`, `void`.
    pub what: &'static str,
    /// How long an exchange with the biller took, in microseconds.
    pub took_micros: Option<i64>,
    /// The result of an exchange with the biller.
    pub answer: Option<String>,
    /// The accounts that a movement changed, and the amounts.
    pub postings: Vec<(Account, Rupiah)>,
}

/// The report, with the form for a deposit if the reader may have one. The form sends `token` back.
pub fn listing(
    ask: &PageContext<'_>,
    listing: &Listing,
    deposit: Option<&Deposit>,
    token: &str,
) -> Answer {
    let status = if deposit.is_some_and(|deposit| deposit.wrong) { 422 } else { 200 };
    page_answer(status, ask, |visitor| {
        let title = map::report_title(ask.sandbox, visitor.lang);
        let frame = Frame::around_path(PATH, title, ask.sandbox, visitor);
        let fragment = Fragment { lang: visitor.lang, listing };
        let chart = Chart::of(&listing.hours, visitor.lang);
        let page =
            ListingPage { frame, lang: visitor.lang, fragment, chart, listing, deposit, token };
        page.render().expect("a template writes to memory")
    })
}

/// The fragment of the report that the page refreshes by itself.
pub fn fragment(ask: &PageContext<'_>, listing: &Listing) -> Answer {
    page_answer(200, ask, |visitor| {
        let fragment = Fragment { lang: visitor.lang, listing };
        fragment.render().expect("a template writes to memory")
    })
}

/// The latest requests, including refused ones.
pub fn requests(ask: &PageContext<'_>, requests: &[Sent]) -> Answer {
    page_answer(200, ask, |visitor| {
        let title = visitor.lang.say("Request terakhir", "Latest requests").to_owned();
        let frame = Frame::around_path(REQUESTS, title, ask.sandbox, visitor);
        let page = RequestsPage { frame, lang: visitor.lang, requests };
        page.render().expect("a template writes to memory")
    })
}

/// The page of a transaction, with a form to resolve it if the reader may. The form sends `token`
/// back.
pub fn story(ask: &PageContext<'_>, story: &TransactionHistory, token: Option<&str>) -> Answer {
    let status = if story.refused.is_some() { 409 } else { 200 };
    page_answer(status, ask, |visitor| {
        let page = StoryPage::of(story, token, ask.sandbox, visitor);
        page.render().expect("a template writes to memory")
    })
}

/// The page for a visitor who may not see the report.
pub fn elsewhere(ask: &PageContext<'_>) -> Answer {
    page_answer(403, ask, |visitor| {
        let title = map::report_title(ask.sandbox, visitor.lang);
        let frame = Frame::around_path(PATH, title, ask.sandbox, visitor);
        let page = Elsewhere { frame, lang: visitor.lang };
        page.render().expect("a template writes to memory")
    })
}

#[derive(Template)]
#[template(path = "report.html")]
struct ListingPage<'a> {
    frame: Frame,
    lang: Lang,
    fragment: Fragment<'a>,
    chart: Option<Chart>,
    listing: &'a Listing,
    deposit: Option<&'a Deposit>,
    token: &'a str,
}

impl ListingPage<'_> {
    /// The amount that is missing to the full balance.
    fn spent(&self, full: i64) -> Option<i64> {
        let here = self.listing.available.get().checked_add(self.listing.held.get())?;
        full.checked_sub(here).filter(|spent| (1..=full).contains(spent))
    }

    /// The states with their names, and whether the filter selects each.
    fn states(&self) -> impl Iterator<Item = (State, &'static str, bool)> {
        let states = [State::Inquired, State::Paying, State::Pending, State::Paid, State::Failed];
        let (lang, asked) = (self.lang, &self.listing.filter.state);
        states.into_iter().map(move |state| (state, state_word(state, lang), state.name() == asked))
    }
}

impl Deposit {
    fn most(&self) -> String {
        rupiah(Rupiah::new(self.most))
    }
}

#[derive(Template)]
#[template(path = "parts/transactions.html")]
struct Fragment<'a> {
    lang: Lang,
    listing: &'a Listing,
}

impl HtmlSafe for Fragment<'_> {}

#[derive(Template)]
#[template(path = "story.html")]
struct StoryPage<'a> {
    frame: Frame,
    lang: Lang,
    story: &'a TransactionHistory,
    transaction: &'a Transaction,
    token: Option<&'a str>,
}

impl<'a> StoryPage<'a> {
    fn of(
        story: &'a TransactionHistory,
        token: Option<&'a str>,
        sandbox: bool,
        visitor: &Visitor,
    ) -> StoryPage<'a> {
        let transaction = &story.transaction;
        let tr_id = transaction.inquiry.tr_id;
        let title = format!("{} {tr_id}", visitor.lang.say("Transaksi", "Transaction"));
        let frame = Frame::around_path(format!("{PATH}/{tr_id}"), title, sandbox, visitor);
        StoryPage { frame, lang: visitor.lang, story, transaction, token }
    }

    /// The token of the form to resolve it, if that is possible. A payment in state `paying` is at
    /// the biller at this moment.
    fn ends(&self) -> Option<&'a str> {
        self.token.filter(|_| self.transaction.state() == State::Pending)
    }

    fn requests(&self) -> Requests<'_> {
        Requests { lang: self.lang, requests: &self.story.requests }
    }

    /// The code that the partner gets, if the payment has failed.
    fn failure_code(&self) -> Option<ResponseCode> {
        let payment =
            self.transaction.payment.as_ref().filter(|payment| payment.state.is_final())?;
        payment.reason.map(ResponseCode::of)
    }

    fn is_paid(&self) -> bool {
        self.transaction.state() == State::Paid
    }
}

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage<'a> {
    frame: Frame,
    lang: Lang,
    requests: &'a [Sent],
}

/// Requests with their answers, each collapsed to one line.
#[derive(Template)]
#[template(path = "parts/requests.html")]
struct Requests<'a> {
    lang: Lang,
    requests: &'a [Sent],
}

impl HtmlSafe for Requests<'_> {}

impl RequestsPage<'_> {
    fn list(&self) -> Requests<'_> {
        Requests { lang: self.lang, requests: self.requests }
    }
}

#[derive(Template)]
#[template(path = "report_elsewhere.html")]
struct Elsewhere {
    frame: Frame,
    lang: Lang,
}

fn mark(sent: &Sent) -> Mark {
    Mark { code: sent.code }
}

fn code_class(sent: &Sent) -> &'static str {
    codes::class_name(sent.code.class())
}

/// A duration with a tenth of a millisecond: `1.2 ms`.
fn milliseconds(micros: i64) -> String {
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}
