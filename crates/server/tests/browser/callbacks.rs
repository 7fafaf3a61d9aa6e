//! Callbacks for a developer: an address is saved, a pending payment is set to success, and the
//! receiver gets the callback.

use crate::browser::{Browser, Screen};
use crate::payloads::{PAYLOADS, nothing_ran};
use crate::receiver::{Answers, Receiver};
use crate::server::wait_for;

/// A customer number whose payment stays pending.
const PENDS: &str = "8801234560007";

#[test]
fn a_saved_address_hears_what_a_button_decides() {
    let receiver = Receiver::new(&[Answers::Status(200)]);
    let browser = Browser::start(Screen::Wide);
    browser.open("/report?lang=en");
    browser.follow("main a[href='/report/callbacks']");
    assert!(browser.text(".empty").contains("None yet"));
    browser.type_into("[name=url]", "http://example.com@127.0.0.1/");
    browser.follow("form.filter button");
    assert!(browser.text("#url-wrong").contains("no user name"));
    let typed = "document.querySelector('[name=url]').value";
    assert_eq!(browser.eval(typed), "http://example.com@127.0.0.1/");
    browser.run("document.querySelector('[name=url]').value = ''", &serde_json::json!([]));
    browser.type_into("[name=url]", &receiver.url());
    browser.follow("form.filter button");
    assert_eq!(browser.eval(typed), receiver.url());

    let mut partner = browser.server.partner();
    let tr_id = partner.inquire("BPJS", PENDS, "told").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    browser.open(&format!("/report/{tr_id}?lang=en"));
    browser.follow("button[name=outcome][value=success]");
    assert_eq!(receiver.wait(1).data()["ref_id"], "told");
    wait_for("the end of the callback", || {
        let told = browser.home.operate(&["callback", "list", "--state", "delivered"]);
        told[0].is_object().then_some(())
    });
    browser.open("/report/callbacks?lang=en");
    assert_eq!(browser.text("td .mark"), "delivered");
    browser.follow(&format!("button[name=tr_id][value='{tr_id}']"));
    assert_eq!(receiver.wait(2).header("x-lunas-attempt"), "2");
    // A refused form is answered 422, which the console reports as an error.
    assert!(browser.console().iter().all(|line| line.contains("422")));
}

#[test]
fn markup_in_an_address_is_shown_and_never_runs() {
    let browser = Browser::start(Screen::Wide);
    // As another site's page or an old browser would send it.
    let type_anything = "const field = document.querySelector('[name=url]');
        field.form.noValidate = true;
        field.type = 'text';
        field.value = arguments[0];";
    for payload in PAYLOADS {
        browser.open("/report/callbacks");
        browser.run(type_anything, &serde_json::json!([payload]));
        browser.follow("form.filter button");
        assert!(!browser.text("#url-wrong").is_empty());
        assert_eq!(browser.eval("document.querySelector('[name=url]').value"), *payload);
        nothing_ran(&browser, payload);
    }
}
