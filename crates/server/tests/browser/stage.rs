//! The sandbox's clock and scenarios, moved and switched by a reader.

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

    // The form keeps its bill while the day passes in another window.
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
    assert!(browser.text("#stage").contains("The clock is moved"));
    browser.follow("#stage a");
    browser.follow("button[value=back]");
    assert!(browser.text("#clock + p").contains("is this machine's time"));
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
