//! Whoever reads with other means than eyes: axe-core's rules, on every page.

use serde_json::json;

use crate::browser::{Browser, Screen};
use crate::live::{INQUIRY, ready, send};
use crate::map::{MAIN, pages};

/// axe-core 4.14.1, as its makers publish it; its licence lies beside it.
const AXE: &str = include_str!("axe/axe.min.js");

const FINDINGS: &str = "return axe.run(document, { resultTypes: ['violations'] }).then((found) =>
    found.violations.filter((it) => ['serious', 'critical'].includes(it.impact))
        .map((it) => `${it.id}: ${it.help}: ${it.nodes.map((node) => node.html).slice(0, 3)}`))";

pub(crate) fn is_accessible(browser: &Browser, what: &str) {
    browser.run(AXE, &json!([]));
    assert_eq!(browser.run(FINDINGS, &json!([])), json!([]), "{what}");
}

#[test]
fn every_page_can_be_read_without_eyes() {
    let browser = Browser::start(Screen::Wide);
    for path in pages(&browser) {
        // The pages of the codes are one template: what is dark about one is so about all.
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
