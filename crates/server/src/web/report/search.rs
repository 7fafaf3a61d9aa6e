//! Finds the transactions of one page of the report within a limit of rows read.

use ::portal::report::{Filter, Hour, Listing};
use domain::{Account, Moment, PartnerId, RefId, Rupiah, TrId, Transaction};
use store::{Read, StoreError};

/// Transactions on one page.
const ROWS: usize = 25;

/// How many transactions are read at a time, and how many in all, to fill a page.
const WINDOW: u32 = 100;
const SEARCH_LIMIT: u32 = 5000;

/// How many hours the chart shows, and the microseconds of one.
const HOURS: i64 = 24;
const HOUR: i64 = 3_600_000_000;

/// The page before this number; without one, the newest page.
pub(crate) fn listing(
    read: &mut dyn Read,
    partner: PartnerId,
    filter: Filter,
    before: Option<TrId>,
    now: Moment,
) -> Result<Listing, StoreError> {
    let found = if filter.ref_id.is_empty() {
        search(read, partner, &filter, before)?
    } else {
        by_ref_id(read, partner, &filter)?
    };
    let balances = read.balances()?;
    let balance = |wanted| {
        let found = balances.iter().find(|(account, _)| *account == wanted);
        found.map_or(Rupiah::new(0), |(_, balance)| *balance)
    };
    let hours = if before.is_none() && filter == Filter::default() {
        last_hours(read, partner, now)?
    } else {
        Vec::new()
    };
    Ok(Listing {
        hours,
        older: found.older.map(|before| query(&filter, before)),
        filter,
        transactions: found.transactions,
        search_limit: found.reached_limit.then_some(SEARCH_LIMIT),
        available: balance(Account::Available(partner)),
        held: balance(Account::Held(partner)),
    })
}

/// The result of a search.
#[derive(Default)]
struct SearchResult {
    transactions: Vec<Transaction>,
    /// The next page begins before this number.
    older: Option<TrId>,
    /// Whether the search stopped at its limit.
    reached_limit: bool,
}

/// A search by `ref_id` uses an index.
fn by_ref_id(
    read: &mut dyn Read,
    partner: PartnerId,
    filter: &Filter,
) -> Result<SearchResult, StoreError> {
    let Ok(ref_id) = RefId::new(&filter.ref_id) else { return Ok(SearchResult::default()) };
    let Some(tr_id) = read.find(partner, &ref_id)? else { return Ok(SearchResult::default()) };
    let known = read.transaction(tr_id)?.filter(|transaction| fits(filter, transaction));
    Ok(SearchResult { transactions: known.into_iter().collect(), ..SearchResult::default() })
}

/// The newest matching transactions, within the limit.
fn search(
    read: &mut dyn Read,
    partner: PartnerId,
    filter: &Filter,
    mut before: Option<TrId>,
) -> Result<SearchResult, StoreError> {
    let mut found = SearchResult::default();
    for _ in 0..SEARCH_LIMIT / WINDOW {
        let window = read.transactions(partner, before, WINDOW)?;
        for transaction in window.transactions {
            if found.transactions.len() == ROWS {
                found.older = before;
                return Ok(found);
            }
            before = Some(transaction.inquiry.tr_id);
            found.transactions.extend(Some(transaction).filter(|it| fits(filter, it)));
        }
        before = window.end;
        if before.is_none() {
            return Ok(found);
        }
    }
    Ok(SearchResult { older: before, reached_limit: true, ..found })
}

fn fits(filter: &Filter, transaction: &Transaction) -> bool {
    let inquiry = &transaction.inquiry;
    (filter.state.is_empty() || transaction.state().name() == filter.state)
        && (filter.code.is_empty() || inquiry.code.as_str() == filter.code)
        && inquiry.customer_no.starts_with(&filter.hp)
        && (filter.date.is_empty() || is_on(inquiry.at, &filter.date))
}

/// Whether it is on that day in Jakarta.
fn is_on(at: Moment, day: &str) -> bool {
    Moment::start_of_day(day).is_some_and(|day| day.same_day(at))
}

/// The query string of the page that begins before this number.
fn query(filter: &Filter, before: TrId) -> String {
    let Filter { state, code, hp, date, .. } = filter;
    let pairs = [("state", state), ("code", code), ("hp", hp), ("date", date)];
    let typed = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(typed).append_pair("before", &before.to_string()).finish()
}

/// The states of the inquiries of the last hours, within the limit.
fn last_hours(
    read: &mut dyn Read,
    partner: PartnerId,
    now: Moment,
) -> Result<Vec<Hour>, StoreError> {
    let last = hour_of(now);
    let starts: Vec<i64> = (0..HOURS).rev().map(|ago| last - ago).collect();
    let start = |hour: &i64| Hour::new(Moment::from_micros(hour * HOUR));
    let mut hours: Vec<Hour> = starts.iter().map(start).collect();
    let mut before = None;
    for _ in 0..SEARCH_LIMIT / WINDOW {
        let window = read.transactions(partner, before, WINDOW)?;
        for transaction in &window.transactions {
            let start = hour_of(transaction.inquiry.at);
            match starts.iter().position(|hour| *hour == start) {
                Some(hour) => hours[hour].count(transaction.state()),
                // It was made while the sandbox's clock was ahead.
                None if transaction.inquiry.at > now => {}
                None => return Ok(hours),
            }
        }
        before = window.end;
        if before.is_none() {
            break;
        }
    }
    Ok(hours)
}

/// The number of the hour since 1970. Hours begin at the same time in Jakarta as in UTC.
fn hour_of(moment: Moment) -> i64 {
    moment.as_micros().div_euclid(HOUR)
}
