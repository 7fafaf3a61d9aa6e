//! Accessibility: every page passes the rules of axe-core.

use serde_json::json;

use crate::axe::is_accessible;
use crate::browser::{Browser, Screen};
use crate::live::{INQUIRY, ready, send};
use crate::map::{MAIN, pages};
use crate::{report, sign_in};

#[test]
fn every_page_can_be_read_without_eyes() {
    let browser = Browser::start(Screen::Wide);
    for path in pages(&browser) {
        // The pages of the codes share one template, so one theme is enough for most.
        let themes =
            if path.starts_with("/docs/codes/") { &["light"][..] } else { &["light", "dark"] };
        for theme in themes {
            browser.open(&format!("{path}?theme={theme}"));
            is_accessible(&browser, &format!("{path} {theme}"));
        }
    }
}

#[test]
fn so_can_the_main_pages_in_the_dark_and_on_a_phone() {
    let browser = Browser::start(Screen::Phone);
    for path in MAIN {
        browser.open(&format!("{path}?theme=dark"));
        ready(&browser);
        if path == "/docs/products/bpjs-kesehatan" {
            send(&browser, INQUIRY);
        }
        is_accessible(&browser, path);
    }
}

#[test]
fn so_can_a_transaction_and_the_pages_of_a_server_for_production() {
    let browser = Browser::start(Screen::Wide);
    let mut partner = browser.server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    for path in [format!("/report/{tr_id}"), "/report".to_owned(), "/nowhere".to_owned()] {
        browser.open(&path);
        is_accessible(&browser, &path);
    }
    drop(browser);
    let browser = sign_in::browser(Screen::Wide);
    let pages = ["/", "/docs/products/pdam", "/docs/codes/14", "/docs/tutorials/php", "/sign-in"];
    for path in pages {
        browser.open(path);
        is_accessible(&browser, path);
    }
    browser.type_into("input[name=username]", crate::server::USERNAME);
    sign_in::sign_in(&browser, sign_in::PASSWORD);
    for path in ["/report", "/report/callbacks", "/"] {
        browser.open(path);
        is_accessible(&browser, path);
    }
    // As after a restart of the server.
    browser.open("/report/callbacks");
    browser.run(report::FORGET, &json!([]));
    browser.follow("form.filter button");
    assert!(browser.text("h1").contains("kedaluwarsa") || browser.text("h1").contains("expired"));
    is_accessible(&browser, "the form that has expired");
}
