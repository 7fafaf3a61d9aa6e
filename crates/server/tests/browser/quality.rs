//! Rules for every page.

use serde_json::json;

use crate::browser::{Browser, Screen};
use crate::live::ready;
use crate::map::{MAIN, pages};

/// The largest size of a page with everything it loads, in bytes on the wire.
const PAGE_LIMIT: u64 = 150 * 1024;

#[test]
fn no_page_has_an_error_or_breaks_its_policy_or_is_heavy() {
    let browser = Browser::start(Screen::Wide);
    let all = pages(&browser);
    browser.session.devtools("Network.enable", &json!({}));
    browser.session.devtools("Network.setCacheDisabled", &json!({"cacheDisabled": true}));
    let loaded = "performance.getEntriesByType('navigation')
        .concat(performance.getEntriesByType('resource'))";
    for path in all {
        browser.open(&path);
        ready(&browser);
        assert_eq!(browser.console(), [""; 0], "{path}");
        if !path.ends_with(".json") {
            let files = browser.eval(&format!("{loaded}.length")).as_u64().unwrap();
            assert!(files >= 7, "{path} with its style and five scripts: {files}");
        }
        let sizes = format!("{loaded}.reduce((sum, it) => sum + it.transferSize, 0)");
        let weight = browser.eval(&sizes).as_u64().unwrap();
        assert!((1..PAGE_LIMIT).contains(&weight), "{path}: {weight}");
    }
}

/// Browsers ask for an icon next to non-HTML pages too.
#[test]
fn what_is_no_page_has_no_error_either() {
    let browser = Browser::start(Screen::Wide);
    let mut partner = browser.server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let receipt = format!("/report/{tr_id}/receipt");
    let icon = "/favicon.ico";
    for path in ["/livez", "/readyz", "/metrics", "/openapi.json", "/examples/php/pay.php", icon]
        .into_iter()
        .chain([&*receipt])
    {
        browser.open(path);
        browser.run(crate::payloads::DRAWN, &json!([]));
        assert_eq!(browser.console(), [""; 0], "{path}");
    }
}

/// The elements that make the page too wide, the innermost last.
const TOO_WIDE: &str = "[...document.querySelectorAll('body *')].filter((it) => {
    it.style.display = 'none';
    const fits = document.documentElement.scrollWidth <= 390;
    it.style.display = '';
    return fits;
}).map((it) => it.outerHTML.slice(0, 100))";

#[test]
fn no_page_is_wider_than_a_phone() {
    let browser = Browser::start(Screen::Phone);
    for path in pages(&browser) {
        browser.open(&path);
        ready(&browser);
        let widths = browser.eval("[document.documentElement.scrollWidth, innerWidth]");
        assert_eq!(widths, json!([390, 390]), "{path}: {}", browser.eval(TOO_WIDE));
    }
}

/// The layout does not shift: scripts show buttons in reserved space.
#[test]
fn no_page_shifts() {
    let shifts = "return new Promise((done) => {
        const seen = [];
        // Rounding to another pixel is below a thousandth and invisible.
        const note = (list) => list.filter((it) => it.value >= 0.001).forEach((it) => seen.push([
            it.value, ...it.sources.map((source) => source.node?.outerHTML?.slice(0, 80)),
        ]));
        const observer = new PerformanceObserver((list) => note(list.getEntries()));
        observer.observe({ type: 'layout-shift', buffered: true });
        // After two frames all changes of scripts are laid out and reported.
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
            note(observer.takeRecords());
            done(seen);
        }, 50)));
    })";
    for screen in [Screen::Wide, Screen::Phone] {
        let browser = Browser::start(screen);
        for path in MAIN {
            let load = || {
                browser.open(path);
                ready(&browser);
                browser.run(shifts, &json!([]))
            };
            // On a busy machine a page may be drawn in parts. A script's shift happens each time.
            let loads = [load(), load(), load()];
            assert!(loads.contains(&json!([])), "{path} {screen:?}: {loads:?}");
        }
    }
}
