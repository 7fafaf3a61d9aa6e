//! The sandbox report: automatic updates and buttons.

use crate::browser::{Browser, Screen};
use crate::payloads::{PAYLOADS, nothing_ran};
use crate::server::DEPOSIT;

/// A customer number whose payment stays pending.
const PENDS: &str = "8801234560007";

#[test]
fn a_pending_payment_appears_by_itself_and_is_ended_by_a_button() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/report?lang=en");
    assert!(browser.text("#transactions").contains("No matching transactions"));
    let mut partner = browser.server.partner();
    let tr_id = partner.inquire("BPJS", PENDS, "seen").tr_id();
    let link = format!("#transactions a[href='/report/{tr_id}']");
    browser.until(&format!("!!document.querySelector(\"{link}\")"));
    assert_eq!(partner.pay(tr_id).rc(), "39");
    browser.until("!!document.querySelector('#transactions .pending.mark')");

    browser.follow(&link);
    browser.follow("button[name=outcome][value=success]");
    assert_eq!(browser.text("dd .mark"), "paid");
    assert_eq!(partner.status("seen").rc(), "00");
    let receipt = format!("/report/{tr_id}/receipt");
    assert_eq!(browser.eval("document.querySelector('object').getAttribute('data')"), *receipt);
    assert_eq!(browser.console(), [""; 0]);
    browser.open("/report?lang=en");
    assert_eq!(browser.text("#transactions .mark"), "paid");
    assert_eq!(browser.text(".legend .success"), "paid");
    let Browser { server, home, session } = browser;
    drop((session, server));
    home.audit();
}

#[test]
fn a_wrong_amount_stays_in_its_field_and_a_right_one_is_there_at_once() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/report?lang=en");
    browser.type_into("[name=amount]", "1.000");
    browser.follow("form.filter[method=post] button");
    assert_eq!(browser.eval("document.querySelector('[name=amount]').value"), "1.000");
    assert!(browser.text("#amount-wrong").contains("whole rupiah"));
    assert_eq!(browser.home.deposit(), (DEPOSIT, 0));
    // A refused page is a 422, which the console reports as an error.
    assert!(browser.console().iter().all(|line| line.contains("422")));
    browser.run("document.querySelector('[name=amount]').value = ''", &serde_json::json!([]));
    browser.type_into("[name=amount]", "1000");
    browser.follow("form.filter[method=post] button");
    assert_eq!(browser.eval("location.pathname"), "/report");
    assert_eq!(browser.home.deposit(), (DEPOSIT + 1000, 0));
}

/// Replaces the tokens of all forms with unknown ones, as after a restart.
pub(crate) const FORGET: &str =
    "for (const token of document.querySelectorAll('[name=token]')) token.value = '0'";

#[test]
fn what_was_typed_before_a_restart_is_kept_and_done_by_another_click() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/report?lang=en");
    browser.type_into("[name=amount]", "1500");
    browser.run(FORGET, &serde_json::json!([]));
    browser.follow("form.filter[method=post] button");
    assert_eq!(browser.text("h1"), "This form has expired");
    assert_eq!(browser.eval("document.querySelector('#expired [name=amount]').value"), "1500");
    assert_eq!(browser.home.deposit(), (DEPOSIT, 0), "nothing is done by itself");
    assert!(browser.console().iter().all(|line| line.contains("403")));
    browser.follow("#expired button");
    assert_eq!(browser.eval("location.pathname"), "/report");
    assert_eq!(browser.home.deposit(), (DEPOSIT + 1500, 0));
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn markup_in_a_question_is_shown_and_never_runs() {
    let browser = Browser::start(Screen::Wide);
    for payload in PAYLOADS {
        let value: String = payload.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let report = format!("/report?hp={value}&ref_id={value}&code={value}&date={value}");
        for path in [report, format!("/docs/search?q={value}"), format!("/{value}")] {
            browser.open(&path);
            nothing_ran(&browser, payload);
        }
    }
}
