//! The sandbox's clock and scenarios, controlled from a page.

use crate::axe::is_accessible;
use crate::browser::{Browser, Screen};
use crate::live::{INQUIRY, PAYMENT, answer, ready, send};

const PRODUCT: &str = "/docs/products/bpjs-kesehatan?lang=en#try";

#[test]
fn a_maintenance_is_met_once_and_an_inquiry_of_yesterday_is_refused() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/report?lang=en");
    browser.follow("a[href='/report/scenarios']");
    browser.follow("form:has([name=name][value=maintenance]) button[value=next]");
    assert!(browser.text("tr:has([name=name][value=maintenance]) .mark").starts_with("1 "));
    browser.open(PRODUCT);
    ready(&browser);
    send(&browser, INQUIRY);
    assert_eq!(answer(&browser, INQUIRY)["response_code"], "110");
    browser.click(&format!("{INQUIRY} [data-is=fresh]"));
    send(&browser, INQUIRY);
    assert_eq!(answer(&browser, INQUIRY)["response_code"], "00");

    // The form keeps its bill while another window moves the clock by a day.
    let form = "const answer = await fetch('/report/scenarios').then((it) => it.text());
        const token = answer.match(/name=\"token\" value=\"([^\"]*)\"/)[1];
        const moved = await fetch('/report/clock', {
            method: 'POST', body: new URLSearchParams({ token, move: 'day' }),
        });
        return moved.ok";
    assert_eq!(browser.run(form, &serde_json::json!([])), true);
    send(&browser, PAYMENT);
    assert_eq!(answer(&browser, PAYMENT)["response_code"], "04");
    browser.open("/report?lang=en");
    assert!(browser.text("#sandbox-bar").contains("The clock is ahead"));
    browser.follow("#sandbox-bar a");
    browser.follow("button[value=back]");
    assert!(browser.text("#clock + p").contains("is the time of this machine"));
    assert_eq!(browser.console(), [""; 0]);
    let Browser { server, home, session } = browser;
    drop((session, server));
    home.audit();
}

#[test]
fn at_half_past_eleven_an_electricity_bill_has_to_wait() {
    let browser = Browser::start(Screen::Phone);
    browser.open("/report/scenarios?lang=en");
    browser.follow("form:has([name=name][value=cut-off]) button[value=until-off]");
    browser.follow("button[value=to]");
    assert!(browser.text("#clock + p").contains(" 23:30:"));
    browser.open("/docs/products/pln-postpaid?lang=en#try");
    ready(&browser);
    send(&browser, INQUIRY);
    assert_eq!(answer(&browser, INQUIRY)["response_code"], "00");
    send(&browser, PAYMENT);
    assert_eq!(answer(&browser, PAYMENT)["response_code"], "109");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn what_is_switched_on_is_named_on_every_page_and_by_what_it_brings_until_all_is_off() {
    let browser = Browser::start(Screen::Wide);
    browser.open(PRODUCT);
    ready(&browser);
    let is_named = "!!document.getElementById('sandbox-bar')";
    assert_eq!(browser.eval(is_named), false);
    send(&browser, INQUIRY);
    // From a terminal, while the page is open.
    browser.home.operate(&["sandbox", "scenario", "on", "low-deposit"]);
    send(&browser, PAYMENT);
    assert_eq!(answer(&browser, PAYMENT)["response_code"], "17");
    let explanation = format!("{PAYMENT} [data-is=explanation]");
    let told = browser.text(&explanation);
    assert!(told.contains("low-deposit") && !told.contains("your program"), "{told}");
    assert!(browser.text("#sandbox-bar").contains("low-deposit"));
    for path in ["/", "/docs/codes/17", "/report", "/report/requests", "/report/callbacks"] {
        browser.open(path);
        assert!(browser.text("#sandbox-bar").contains("low-deposit"), "{path}");
        is_accessible(&browser, path);
    }
    browser.open("/report/requests");
    browser.click("summary");
    assert!(browser.text(".requests details[open]").contains("low-deposit"));

    // The button returns to the page on which it is.
    browser.home.operate(&["sandbox", "clock", "forward", "1h"]);
    browser.open("/docs/products/bpjs-kesehatan?lang=en");
    assert!(browser.text("#sandbox-bar").contains("The clock is ahead"));
    browser.follow("#sandbox-bar button");
    assert_eq!(browser.eval("location.pathname"), "/docs/products/bpjs-kesehatan");
    assert_eq!(browser.eval(is_named), false);
    let state = browser.home.operate(&["sandbox", "scenario", "list"]);
    assert_eq!(state["ahead_seconds"], 0);

    // A scenario for one request has ended when its answer is explained, and is still named as the
    // cause.
    ready(&browser);
    browser.home.operate(&["sandbox", "scenario", "on", "maintenance"]);
    send(&browser, INQUIRY);
    assert_eq!(answer(&browser, INQUIRY)["response_code"], "110");
    let told = browser.text(&format!("{INQUIRY} [data-is=explanation]"));
    assert!(told.contains("maintenance"), "{told}");
    assert_eq!(browser.eval(is_named), false);

    // A user who returns to a page sees the current state.
    browser.home.operate(&["sandbox", "scenario", "on", "cut-off"]);
    browser.eval("dispatchEvent(new Event('focus'))");
    browser.until(is_named);
    browser.home.operate(&["sandbox", "scenario", "off"]);
    browser.eval("dispatchEvent(new Event('focus'))");
    browser.until("!document.getElementById('sandbox-bar')");
    assert_eq!(browser.console(), [""; 0]);
}
