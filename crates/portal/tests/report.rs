//! The sandbox report's pages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod markup;

use std::sync::Arc;

use domain::callback::DeliveryState;
use domain::{
    Account, Bill, BillerId, FailureReason, Family, Inquiry, Moment, PartnerId, Payment, Price,
    ProductCode, RefId, Rupiah, SoldProduct, State, TrId, Transaction,
};
use iak_protocol::ResponseCode;
use markup::{PAYLOADS, between, skeleton};
use portal::callbacks::{self, CallbackRow, Callbacks};
use portal::expired;
use portal::report::{self, Deposit, Filter, Hour, Listing, Sent, Step, TransactionHistory};
use portal::sandbox_controls::{self, SandboxState, ScenarioState};
use portal::{Answer, Lang, PageContext};
use sandbox::{Cause, RequestScenario, Scenario};

const AT: Moment = Moment::from_micros(1_700_000_000_000_000);

fn ask(lang: Lang) -> PageContext<'static> {
    PageContext {
        path: report::PATH,
        accept_language: lang.tag(),
        sandbox: true,
        ..PageContext::default()
    }
}

/// A transaction in a state, with `text` wherever somebody else's text may stand.
fn transaction(state: State, text: &str) -> Transaction {
    let at = AT;
    let inquiry = Inquiry {
        tr_id: TrId(7),
        partner: PartnerId(1),
        ref_id: RefId::new("order-7").unwrap(),
        code: ProductCode::new("BPJS").unwrap(),
        customer_no: text.into(),
        bill: Bill {
            customer_name: text.into(),
            period: text.into(),
            nominal: Rupiah::new(1_250_000),
            sheets: 1,
            details: text.into(),
        },
        price: Price {
            admin: Rupiah::new(2500),
            commission: Rupiah::new(700),
            price: Rupiah::new(1_252_500),
            selling_price: Rupiah::new(1_251_800),
        },
        at,
        biller: BillerId(1),
        extra: None,
        passed_over: None,
        biller_code: None,
        reference: None,
        biller_reference: None,
        stated_cost: None,
        sold: SoldProduct { name: "BPJS Kesehatan".into(), family: Family::BpjsKesehatan },
    };
    let payment = Payment {
        tr_id: TrId(7),
        partner: PartnerId(1),
        biller: BillerId(1),
        state,
        begun_at: at,
        settled_at: None,
        balance: Rupiah::ZERO,
        reason: (state == State::Failed).then_some(FailureReason::PaymentFailed),
        receipt_no: text.into(),
        details: None,
        exchanges: 1,
        asks: 0,
        open_because: None,
        attempt: None,
    };
    let payment = (state != State::Inquired).then_some(payment);
    Transaction { inquiry: Arc::new(inquiry), payment, available: Rupiah::ZERO }
}

fn listing(text: &str, hours: Vec<Hour>) -> Listing {
    let typed = || text.to_owned();
    Listing {
        filter: Filter {
            state: typed(),
            code: typed(),
            hp: typed(),
            ref_id: typed(),
            date: typed(),
        },
        transactions: vec![transaction(State::Paid, text)],
        older: Some(typed()),
        search_limit: Some(5000),
        available: Rupiah::new(52_300),
        held: Rupiah::ZERO,
        hours,
    }
}

const MAINTENANCE: Scenario = Scenario::Request(RequestScenario::Maintenance);

/// A sandbox in which something is made to happen.
fn sandbox_state() -> SandboxState {
    let scenario = |on, left| ScenarioState { scenario: MAINTENANCE, on, left };
    let scenarios = vec![scenario(true, Some(2)), scenario(true, None), scenario(false, Some(0))];
    SandboxState { now: AT, ahead: 90_061, scenarios }
}

/// Callbacks of which each stands otherwise.
fn callbacks(text: &str) -> Callbacks {
    let told =
        |state| CallbackRow { tr_id: 7, state, attempts: 2, at: AT, answer: Some(text.to_owned()) };
    let (url, refused) = (text.to_owned(), Some(text.to_owned()));
    Callbacks { url, refused, rows: DeliveryState::ALL.map(told).to_vec() }
}

fn story(state: State, text: &str) -> TransactionHistory {
    let step = Step {
        at: AT,
        what: "hold",
        took_micros: Some(1234),
        answer: Some(text.to_owned()),
        postings: vec![(Account::Available(PartnerId(1)), Rupiah::new(-52_300))],
    };
    let sent = Sent {
        at: AT,
        took_micros: 1,
        command: text.to_owned(),
        status: 200,
        code: ResponseCode::Success,
        tr_id: Some(7),
        causes: vec![Cause::Scenario(MAINTENANCE)],
        request: text.to_owned(),
        answer: text.to_owned(),
    };
    TransactionHistory {
        callback: callbacks(text).rows.pop(),
        requests: vec![sent],
        transaction: transaction(state, text),
        steps: vec![step],
        answer: text.to_owned(),
        refused: Some(text.to_owned()),
    }
}

/// What was typed, what was chosen, and what no form of ours has.
fn fields(text: &str) -> [(String, String); 3] {
    ["amount", "outcome", text].map(|name| (name.to_owned(), text.to_owned()))
}

#[test]
fn an_expired_form_keeps_its_action_and_says_what_it_does() {
    let typed = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for (path, field, deed, shown) in [
        (report::DEPOSIT, typed("amount", "1500"), "Add a deposit", "value=\"1500\""),
        (callbacks::PATH, typed("url", "https://x"), "Save the callback", "value=\"https://x\""),
        (callbacks::AGAIN, typed("tr_id", "7"), "Send the callback again", "<strong>7</strong>"),
        (
            sandbox_controls::PATH,
            typed("how", "next"),
            "Change a scenario",
            "<strong>once</strong>",
        ),
        (
            sandbox_controls::CLOCK,
            typed("move", "day"),
            "Move the clock",
            "<strong>1 day ahead</strong>",
        ),
        (
            "/report/7",
            typed("outcome", "failed"),
            "Resolve this payment",
            "<strong>failed</strong>",
        ),
    ] {
        for token in [Some("fresh"), None] {
            let ask = PageContext { path, ..ask(Lang::En) };
            let page = expired::page(&ask, std::slice::from_ref(&field), token);
            assert_eq!((page.status, page.cache), (403, "no-store"));
            let form = between(&page.body, "id=\"expired\"", "</form>").next().unwrap();
            assert!(form.contains(&format!("action=\"{path}\"")), "{form}");
            let token = token.unwrap_or_default();
            assert!(form.contains(&format!("name=\"token\" value=\"{token}\"")), "{form}");
            let kept = format!("name=\"{}\" value=\"{}\"", field.0, field.1);
            assert!(form.contains(&kept) && form.contains(shown), "{form}");
            assert!(page.body.contains(deed), "{path}");
        }
    }
}

#[test]
fn shown_texts_never_become_markup() {
    for payload in PAYLOADS {
        let pages = |text: &str| {
            let form = Deposit { typed: text.to_owned(), most: 1000, wrong: true };
            let hours = vec![Hour { start: AT, paid: 1, ..Hour::default() }];
            [
                report::listing(&ask(Lang::Id), &listing(text, hours), Some(&form), text),
                report::fragment(&ask(Lang::Id), &listing(text, Vec::new())),
                report::story(&ask(Lang::Id), &story(State::Pending, text), Some(text)),
                report::story(&ask(Lang::Id), &story(State::Paid, text), Some(text)),
                sandbox_controls::page(&ask(Lang::Id), &sandbox_state(), Some(text), text),
                callbacks::page(&ask(Lang::Id), &callbacks(text), Some(text)),
                callbacks::page(&ask(Lang::Id), &callbacks(text), None),
                expired::page(&ask(Lang::Id), &fields(text), Some(text)),
                expired::page(&ask(Lang::Id), &fields(text), None),
            ]
        };
        for (hostile, plain) in pages(payload).iter().zip(&pages("plain")) {
            assert_eq!(skeleton(&hostile.body), skeleton(&plain.body), "{payload}");
            assert!(!hostile.body.contains(payload), "{payload}");
        }
    }
}

/// A page without its frame, and without the hash in the addresses of this build's assets.
fn content(answer: &Answer) -> String {
    let main = between(&answer.body, "<main", "</main>").next().unwrap();
    let (_, content) = main.split_once('>').unwrap();
    let hash = between(content, "/assets/", "/").next();
    hash.map_or(content.to_owned(), |hash| content.replace(hash, "HASH"))
}

#[test]
fn the_pages_of_the_report_are_as_reviewed() {
    let hours = || {
        let mut hours = vec![Hour::new(AT), Hour::new(AT.after_micros(3_600_000_000))];
        hours[1].count(State::Paid);
        hours
    };
    for lang in Lang::ALL {
        let deposit = Deposit { typed: "x".to_owned(), most: 1_000_000, wrong: true };
        let ask = ask(lang);
        for (name, page) in [
            ("listing", report::listing(&ask, &listing("VERGIE", hours()), Some(&deposit), "t")),
            ("pending", report::story(&ask, &story(State::Pending, "VERGIE"), Some("t"))),
            ("paid", report::story(&ask, &story(State::Paid, "VERGIE"), None)),
            ("failed", report::story(&ask, &story(State::Failed, "VERGIE"), None)),
            ("scenarios", sandbox_controls::page(&ask, &sandbox_state(), None, "t")),
            ("callbacks", callbacks::page(&ask, &callbacks("https://x.example"), Some("t"))),
        ] {
            let name = format!("{name}-{}", lang.tag());
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(name, content(&page));
            });
        }
    }
}

#[test]
fn only_a_pending_payment_can_be_resolved_and_only_a_paid_one_has_a_receipt() {
    for state in [State::Inquired, State::Paying, State::Pending, State::Paid, State::Failed] {
        let Answer { body, .. } = report::story(&ask(Lang::En), &story(state, "x"), Some("t"));
        assert_eq!(body.contains("name=\"outcome\""), state == State::Pending, "{state:?}");
        assert_eq!(body.contains("/report/7/receipt"), state == State::Paid, "{state:?}");
    }
}

#[test]
fn amounts_are_formatted_for_people() {
    let Answer { body, .. } = report::fragment(&ask(Lang::En), &listing("x", Vec::new()));
    assert!(body.contains("Rp 1.251.800") && body.contains("Rp 52.300"), "{body}");
    let Answer { body, .. } = report::story(&ask(Lang::En), &story(State::Paid, "x"), Some("t"));
    assert!(body.contains("-Rp 52.300") && body.contains("1.2 ms"), "{body}");
}

#[test]
fn bars_show_their_share_and_an_empty_chart_is_not_drawn() {
    let page = |hours| {
        let listing = listing("x", hours);
        report::listing(&ask(Lang::En), &listing, Some(&Deposit::default()), "t").body.into_owned()
    };
    assert!(!page(Vec::new()).contains("<svg class=\"chart\""));
    let hours = |count: i64| -> Vec<Hour> {
        (0..count).map(|n| Hour::new(AT.after_micros(n * 3_600_000_000))).collect()
    };
    assert!(!page(hours(2)).contains("<svg class=\"chart\""));
    let mut hours = hours(3);
    for state in [State::Paid, State::Paid, State::Failed, State::Inquired] {
        hours[1].count(state);
    }
    hours[2].count(State::Pending);
    hours[2].count(State::Paying);
    let body = page(hours);
    let bar = |rect: &str| {
        let class = between(rect, "class=\"", "\"").next().unwrap().to_owned();
        let number = |name| between(rect, name, "\"").next().unwrap().parse::<u32>().unwrap();
        (class, number(" y=\""), number(" height=\""))
    };
    let bars: Vec<_> = between(&body, "<rect", ">").map(bar).collect();
    let expected = [("success", 60, 60), ("failed", 30, 30), ("plain", 0, 30), ("pending", 60, 60)];
    assert_eq!(bars, expected.map(|(class, top, height)| (class.to_owned(), top, height)));
}

/// Every kind of page under what is made to happen, for a reader that may end it and for another one.
fn under(sandbox_state: &SandboxState, controls: Option<&str>) -> Vec<(String, String)> {
    let ask = |path: &'static str| PageContext {
        path,
        sandbox_state: Some(sandbox_state),
        controls,
        ..ask(Lang::En)
    };
    let told = |(path, answer): (&str, Answer)| (path.to_owned(), answer.body.into_owned());
    let pages =
        ["/", "/docs", "/docs/codes", "/docs/codes/17", "/docs/products/pdam", "/docs/search"];
    let here = pages.map(|path| (path, portal::answer(&ask(path)).unwrap()));
    let deposit = Deposit::default();
    let listing = listing("x", Vec::new());
    let others = [
        ("report", report::listing(&ask("/report"), &listing, Some(&deposit), "t")),
        ("story", report::story(&ask("/report/7"), &story(State::Paid, "x"), Some("t"))),
        ("requests", report::requests(&ask("/report/requests"), &[])),
        ("elsewhere", report::elsewhere(&ask("/report"))),
        ("scenarios", sandbox_controls::page(&ask("/report/scenarios"), sandbox_state, None, "t")),
        ("callbacks", callbacks::page(&ask("/report/callbacks"), &callbacks("x"), Some("t"))),
        ("none", portal::not_found(&ask("/none"))),
    ];
    here.into_iter().chain(others).map(told).collect()
}

#[test]
fn every_page_names_active_scenarios_and_only_those() {
    let all = sandbox_state();
    let none = SandboxState { ahead: 0, scenarios: vec![], ..all.clone() };
    for (path, body) in under(&none, Some("t")) {
        assert!(!body.contains("id=\"sandbox-bar\""), "{path}");
    }
    for (sandbox_state, shown, hidden) in [
        (
            SandboxState { scenarios: vec![], ..all.clone() },
            "The clock is ahead",
            "maintenance</span>",
        ),
        (SandboxState { ahead: 0, ..all.clone() }, "maintenance</span>", "The clock is ahead"),
    ] {
        for controls in [Some("f00d"), None] {
            for (path, body) in under(&sandbox_state, controls) {
                let bar = between(&body, "<aside id=\"sandbox-bar\"", "</aside>").next();
                let bar = bar.unwrap_or_else(|| panic!("{path} has no bar"));
                assert!(bar.contains(shown) && !bar.contains(hidden), "{path}: {bar}");
                assert_eq!(bar.contains("value=\"f00d\""), controls.is_some(), "{path}: {bar}");
                assert_eq!(bar.contains("All off"), controls.is_some(), "{path}: {bar}");
            }
        }
    }
}

#[test]
fn a_code_caused_by_a_scenario_names_the_scenario_as_its_cause() {
    let explained = |path: &str, query: &str, sandbox_state: &SandboxState, lang| {
        let ask = PageContext { path, query, sandbox_state: Some(sandbox_state), ..ask(lang) };
        let body = portal::answer(&ask).unwrap().body.into_owned();
        between(&body, "<article", "</article>").next().unwrap().to_owned()
    };
    let nothing = SandboxState::default();
    for (code, name) in [
        ("17", "low-deposit"),
        ("109", "cut-off"),
        ("110", "maintenance"),
        ("39", "late-success"),
        ("04", "clock"),
    ] {
        let state = |scenario| ScenarioState { scenario, on: true, left: None };
        let scenarios = Scenario::named(name).map(state).into_iter().collect();
        let ahead = i64::from(name == "clock");
        let on = SandboxState { ahead, scenarios, ..SandboxState::default() };
        for (lang, program) in [(Lang::En, "your program"), (Lang::Id, "program Anda")] {
            let path = format!("/docs/codes/{code}");
            let named = format!("<code>{name}</code>");
            let by = format!("by={name}");
            // It is on now, or it was on for the answer that is explained.
            for told in [explained(&path, "", &on, lang), explained(&path, &by, &nothing, lang)] {
                assert!(told.contains(&named) && !told.contains(program), "{code}: {told}");
            }
            // Off, and what brings another code, is named nowhere.
            let other = explained("/docs/codes/20", &by, &on, lang);
            for told in [explained(&path, "", &nothing, lang), other] {
                assert!(!told.contains(&named), "{code}: {told}");
            }
        }
    }
    let told = explained("/docs/codes/17", "by=%3Cb%3E,maintenance,", &nothing, Lang::En);
    assert!(told.contains("your program") && !told.contains("maintenance"), "{told}");
}

#[test]
fn the_page_says_in_words_how_far_the_clock_is_ahead() {
    for (lang, words) in
        [(Lang::En, "1 d 1 h 1 min 1 s"), (Lang::Id, "1 hari 1 jam 1 menit 1 detik")]
    {
        let Answer { body, .. } = sandbox_controls::page(&ask(lang), &sandbox_state(), None, "t");
        assert!(body.contains(words), "{body}");
    }
}
