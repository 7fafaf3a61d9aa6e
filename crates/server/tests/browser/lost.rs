//! Lost answers: what the user sees, and what the server receives.

use serde_json::{Value, json};

use crate::browser::{Browser, Screen};
use crate::live::{INQUIRY, PAYMENT, answer, body, ready, send};
use crate::server::{API_KEY, DEPOSIT, wait_for};

const PRODUCT: &str = "/docs/products/bpjs-kesehatan?lang=en#try";
const SELLING_PRICE: i64 = 52_300;

fn pay_requests(browser: &Browser) -> u64 {
    browser.server.counted("lunas_requests_total", r#"command="pay-pasca""#)
}

/// The form's message about a lost answer, if there is one.
fn lost(browser: &Browser, form: &str) -> String {
    browser.text(&format!("{form} [data-is=lost]"))
}

/// Presses a button and waits for the message about the lost answer.
fn lose(browser: &Browser, form: &str, button: &str) -> String {
    browser.click(&format!("{form} {button}"));
    browser.until(&format!("document.querySelector('{form}').ariaBusy === 'false'"));
    wait_for("the lost answer", || Some(lost(browser, form)).filter(|text| !text.is_empty()))
}

/// Only failed network requests are in the console.
fn only_the_network_failed(browser: &Browser) {
    let told = browser.console();
    assert!(told.iter().all(|line| line.contains("net::ERR_")), "{told:?}");
}

/// The page's server is killed.
fn kill(browser: Browser) -> (Browser, u16) {
    let port = browser.server.port;
    browser.server.signal("KILL");
    wait_for("the end of the server", || browser.server.connect().is_err().then_some(()));
    (browser, port)
}

/// Another server with the same data starts at the same address.
fn start_again((browser, port): (Browser, u16)) -> Browser {
    let Browser { session, server, home } = browser;
    drop(server);
    let server = home.started(home.sandbox_at(port, API_KEY));
    Browser { session, server, home }
}

#[test]
fn a_lost_answer_is_shown_as_lost_and_its_payment_is_sent_once() {
    let browser = Browser::start(Screen::Wide);
    browser.open(PRODUCT);
    ready(&browser);
    for (paid, format) in [(1, "json"), (2, "xml")] {
        for form in [INQUIRY, PAYMENT] {
            browser.click(&format!("{form} input[value={format}]"));
        }
        browser.click(&format!("{INQUIRY} [data-is=fresh]"));
        send(&browser, INQUIRY);
        browser.home.operate(&["sandbox", "scenario", "on", "lost-answer"]);
        let told = lose(&browser, PAYMENT, "button[type=submit]");
        assert!(told.contains("Never pay a second inquiry"), "{told}");
        assert_eq!(pay_requests(&browser), paid, "the browser sent it once more");
        let result = browser.eval(&format!("document.querySelector('{PAYMENT} .result').hidden"));
        assert_eq!(result, true, "{format}: an answer is shown that did not come");

        browser.click(&format!("{PAYMENT} [data-is=check]"));
        browser
            .until(&format!("!!document.querySelector('{PAYMENT} [data-is=explanation] article')"));
        let text = browser.text(&format!("{PAYMENT} [data-is=answer]"));
        assert!(text.contains("PAYMENT SUCCESS"), "{text}");
        let outcome = browser.text(&format!("{PAYMENT} [data-is=outcome]"));
        assert!(outcome.starts_with("checkstatus · HTTP 200 · "), "{outcome}");
        assert_eq!(lost(&browser, PAYMENT), "");
        assert_eq!(pay_requests(&browser), paid);
    }
    only_the_network_failed(&browser);
    let Browser { server, home, session } = browser;
    drop((session, server));
    assert_eq!(home.deposit(), (DEPOSIT - 2 * SELLING_PRICE, 0));
    home.audit();
}

#[test]
fn a_server_that_goes_away_while_it_pays_leaves_no_old_answer_and_is_asked_for_the_status() {
    let browser = Browser::start(Screen::Wide);
    browser.open(PRODUCT);
    ready(&browser);
    send(&browser, INQUIRY);
    send(&browser, PAYMENT);
    assert_eq!(answer(&browser, PAYMENT)["response_code"], "00");
    browser.click(&format!("{INQUIRY} [data-is=fresh]"));
    send(&browser, INQUIRY);
    browser.home.operate(&["sandbox", "scenario", "on", "slow-answer"]);
    browser.click(&format!("{PAYMENT} button[type=submit]"));
    // When it is sent, the message about the earlier payment is gone.
    let shown = format!("document.querySelector('{PAYMENT} [data-is=result]')");
    let left = browser.eval(&format!("[{shown}.hidden, {shown}.textContent.trim()]"));
    assert_eq!(left, json!([true, ""]));
    let note = browser.text(&format!("{PAYMENT} [data-is=note]"));
    assert_eq!(note, "Waiting for the answer to pay-pasca");
    wait_for("the biller to have both", || (browser.home.journal().len() == 2).then_some(()));

    let gone = kill(browser);
    let browser = &gone.0;
    let told = wait_for("the lost answer", || {
        Some(lost(browser, PAYMENT)).filter(|text| !text.is_empty())
    });
    assert!(told.contains("Never pay a second inquiry"), "{told}");
    let amber = "getComputedStyle(document.querySelector('#live-pay-pasca .lost')).backgroundColor";
    assert_eq!(browser.eval(amber), "rgb(251, 240, 214)");
    // While the server is away the advice stays.
    let told = lose(browser, PAYMENT, "[data-is=check]");
    assert!(told.contains("Never pay a second inquiry"), "{told}");

    let browser = start_again(gone);
    let code = || {
        browser.click(&format!("{PAYMENT} [data-is=check]"));
        browser
            .until(&format!("!!document.querySelector('{PAYMENT} [data-is=explanation] article')"));
        answer(&browser, PAYMENT)["response_code"].as_str().unwrap().to_owned()
    };
    wait_for("the end of the payment", || match &*code() {
        "00" => Some(()),
        "39" => {
            let told = lost(&browser, PAYMENT);
            assert!(told.contains("not known yet"), "{told}");
            None
        }
        other => panic!("{other}"),
    });
    only_the_network_failed(&browser);
    let Browser { server, home, session } = browser;
    drop((session, server));
    assert_eq!((home.journal().len(), home.deposit()), (2, (DEPOSIT - 2 * SELLING_PRICE, 0)));
    home.audit();
}

/// What was sent decides, whichever form sent it.
#[test]
fn what_a_lost_answer_means_depends_on_what_was_asked() {
    let browser = Browser::start(Screen::Wide);
    browser.open(PRODUCT);
    ready(&browser);
    send(&browser, INQUIRY);
    let gone = kill(browser);
    let browser = &gone.0;
    let type_body = "const field = document.querySelector(arguments[0] + ' textarea');
        field.value = arguments[1];
        field.dispatchEvent(new Event('input', { bubbles: true }))";
    let inquiry: Value = serde_json::from_str(&body(browser, INQUIRY)).unwrap();
    let with = |fields: Value| {
        let mut body = json!({"username": inquiry["username"], "sign": "0"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body.to_string()
    };
    for (sent, advice, checks) in [
        (with(json!({"commands": "pricelist-pasca"})), "changes nothing, so send it again", None),
        (
            with(json!({"commands": "checkstatus", "ref_id": "r"})),
            "changes nothing, so send it again",
            None,
        ),
        (
            with(json!({"commands": "pay-pasca", "tr_id": "1"})),
            "Never pay a second inquiry",
            Some(false),
        ),
        (inquiry.to_string(), "An inquiry moves no money, so send it again", None),
    ] {
        browser.run(type_body, &json!([INQUIRY, sent]));
        let told = lose(browser, INQUIRY, "button[type=submit]");
        assert!(told.contains(advice), "{sent}: {told}");
        let asks = browser.text(&format!("{INQUIRY} [data-is=ask]"));
        assert_eq!(!asks.is_empty(), checks.is_some(), "{sent}: {asks}");
        assert_eq!(asks.contains("does not know the ref_id"), checks == Some(false), "{asks}");
    }
    // It can be sent again as it is: the ref_id, which may be used up, was replaced.
    let again: Value = serde_json::from_str(&body(browser, INQUIRY)).unwrap();
    assert_ne!(again["ref_id"], inquiry["ref_id"]);
    let browser = start_again(gone);
    send(&browser, INQUIRY);
    assert_eq!(answer(&browser, INQUIRY)["response_code"], "00");
    assert_eq!(lost(&browser, INQUIRY), "");
}

#[test]
fn an_answer_whose_explanation_does_not_come_is_no_lost_answer() {
    let browser = Browser::start(Screen::Wide);
    browser.open(PRODUCT);
    ready(&browser);
    browser.session.devtools("Network.enable", &json!({}));
    browser.session.devtools("Network.setBlockedURLs", &json!({"urls": ["*/docs/codes/*"]}));
    browser.click(&format!("{INQUIRY} button[type=submit]"));
    let note = format!("{INQUIRY} [data-is=note]");
    wait_for("the note", || browser.text(&note).contains("could not be loaded").then_some(()));
    assert_eq!(answer(&browser, INQUIRY)["response_code"], "00");
    assert_eq!(lost(&browser, INQUIRY), "");
}

#[test]
fn a_report_that_is_kept_fresh_says_when_it_no_longer_is() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/report?lang=en");
    assert_eq!(browser.text("#stale"), "");
    let gone = kill(browser);
    wait_for("the note", || gone.0.text("#stale").contains("does not respond").then_some(()));
    let browser = start_again(gone);
    wait_for("the end of the note", || browser.text("#stale").is_empty().then_some(()));
}
