//! Requests sent from a page.

use serde_json::Value;

use crate::browser::{Browser, Screen};
use crate::server::{API_KEY, DEPOSIT, USERNAME};

pub(crate) const INQUIRY: &str = "#live-inq-pasca";
pub(crate) const PAYMENT: &str = "#live-pay-pasca";

/// Waits until the forms of the page work.
pub(crate) fn ready(browser: &Browser) {
    browser.until("document.querySelectorAll('form.live button:disabled').length === 0");
}

/// Sends a form; returns the answer and the message of the page. Pressing the button removes the
/// old message.
pub(crate) fn send(browser: &Browser, form: &str) {
    browser.click(&format!("{form} button[type=submit]"));
    browser.until(&format!("!!document.querySelector('{form} [data-is=explanation] article')"));
}

/// The body of a form.
pub(crate) fn body(browser: &Browser, form: &str) -> String {
    let value = browser.eval(&format!("document.querySelector('{form} textarea').value"));
    value.as_str().unwrap().to_owned()
}

pub(crate) fn answer(browser: &Browser, form: &str) -> Value {
    let answer = browser.text(&format!("{form} [data-is=answer]"));
    serde_json::from_str::<Value>(&answer).unwrap()["data"].take()
}

#[test]
fn a_newcomer_comes_from_the_first_page_to_a_paid_bill() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/");
    assert_eq!(browser.text("#username"), USERNAME);
    assert_eq!(browser.text("#api-key"), API_KEY);
    browser.follow("a[href$='bpjs-kesehatan#try']");
    ready(&browser);

    send(&browser, INQUIRY);
    let inquired = answer(&browser, INQUIRY);
    assert_eq!(inquired["response_code"], "00", "{inquired}");
    assert!(browser.text(&format!("{INQUIRY} [data-is=outcome]")).starts_with("HTTP 200 · "));
    // The payment form knows the bill and its signature.
    let payment: Value = serde_json::from_str(&body(&browser, PAYMENT)).unwrap();
    let tr_id = inquired["tr_id"].as_i64().unwrap();
    assert_eq!(payment["tr_id"], tr_id.to_string());
    let partner = browser.server.partner();
    assert_eq!(payment["sign"], *partner.sign(&tr_id.to_string()));

    send(&browser, PAYMENT);
    let paid = answer(&browser, PAYMENT);
    assert_eq!(paid["response_code"], "00", "{paid}");
    assert_eq!(paid["tr_id"], tr_id);

    // Paying again costs nothing, and the page says why.
    send(&browser, PAYMENT);
    assert_eq!(answer(&browser, PAYMENT)["response_code"], "01");
    browser.follow("nav a[href='/report']");
    browser.follow(&format!("a[href='/report/{tr_id}']"));
    assert!(browser.text("a[download]").contains("PDF"));
    let receipt = "fetch(document.querySelector('a[download]').href).then((it) => it.text())";
    assert!(browser.eval(receipt).as_str().unwrap().starts_with("%PDF"));
    assert_eq!(browser.console(), [""; 0]);
    let price = paid["selling_price"].as_i64().unwrap();
    assert_eq!(browser.home.deposit(), (DEPOSIT - price, 0));
    let Browser { server, home, session } = browser;
    drop((session, server));
    home.audit();
}

#[test]
fn the_same_bill_is_paid_in_xml() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/docs/products/bpjs-kesehatan#try");
    ready(&browser);
    for form in [INQUIRY, PAYMENT] {
        browser.click(&format!("{form} input[value=xml]"));
        assert!(body(&browser, form).starts_with("<?xml version=\"1.0\"?>\n<mp>\n"));
        send(&browser, form);
        let answer = browser.text(&format!("{form} [data-is=answer]"));
        assert!(answer.starts_with("<?xml"), "{answer}");
        assert!(answer.contains("<response_code>00</response_code>"), "{answer}");
    }
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn a_wrong_key_is_told_apart_as_one_types() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/docs/products/bpjs-kesehatan#try");
    ready(&browser);
    let sign = format!("{INQUIRY} [data-is=sign]");
    let right = browser.text(&sign);
    browser.type_into(&format!("{INQUIRY} input[name=api_key]"), "x");
    assert_ne!(browser.text(&sign), right);
    let canonical = browser.text(&format!("{INQUIRY} [data-is=canonical]"));
    assert!(canonical.starts_with(&format!("{USERNAME}{API_KEY}xref-")), "{canonical}");

    send(&browser, INQUIRY);
    assert_eq!(answer(&browser, INQUIRY)["response_code"], "100");
    let hint = browser.text(&format!("{INQUIRY} [data-is=hints]"));
    assert!(!hint.is_empty() && !hint.contains(API_KEY), "{hint}");
    let explanation = browser.text(&format!("{INQUIRY} [data-is=explanation]"));
    assert!(explanation.contains("100"), "{explanation}");
    assert_eq!(browser.home.deposit(), (DEPOSIT, 0));
}

#[test]
fn a_body_that_cannot_be_read_is_said_and_nothing_typed_is_lost() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/docs/commands/inq-pasca");
    ready(&browser);
    browser.type_into(&format!("{INQUIRY} textarea"), "}");
    let typed = body(&browser, INQUIRY);
    assert!(typed.ends_with('}'), "{typed}");
    assert_eq!(browser.text(&format!("{INQUIRY} [data-is=sign]")), "");
    send(&browser, INQUIRY);
    assert_eq!(body(&browser, INQUIRY), typed);
    assert_eq!(answer(&browser, INQUIRY)["response_code"], "107");
}
