//! Screenshots of the main pages: `cargo xtask screenshots`, and with `--readme` those in the
//! READMEs.

use std::path::PathBuf;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::browser::{Browser, Screen};
use crate::live::{INQUIRY, PAYMENT, ready, send};
use crate::map::MAIN;

/// Each whole page, light and dark, desktop and phone, with one answer of the live form.
#[test]
#[ignore = "it judges nothing; `cargo xtask screenshots` runs it"]
fn of_the_main_pages() {
    let folder = PathBuf::from(std::env::var("LUNAS_SCREENSHOTS").expect("where the pictures go"));
    std::fs::create_dir_all(&folder).unwrap();
    for (screen, width) in [(Screen::Wide, 1280), (Screen::Phone, 390)] {
        let browser = Browser::start(screen);
        for theme in ["light", "dark"] {
            for path in MAIN {
                browser.open(&format!("{path}?theme={theme}"));
                ready(&browser);
                if path == "/docs/products/bpjs-kesehatan" {
                    send(&browser, INQUIRY);
                }
                let name = path.trim_start_matches('/').replace('/', "-");
                let name = if name.is_empty() { "start" } else { &name };
                let picture = folder.join(format!("{name}-{width}-{theme}.png"));
                std::fs::write(&picture, whole_page(&browser)).unwrap();
                println!("{} {}", picture.display(), weighed(&browser));
            }
        }
    }
}

/// The bills of the report, newest last: paid, failed and pending ones.
const BILLS: [(&str, &str); 6] = [
    ("PLNPOSTPAID", "530000000001"),
    ("TELKOMPSTN", "6391601201"),
    ("BPJS", "8801234560006"),
    ("PDAMKOTA.SURABAYA", "10202001"),
    ("BPJS", "8801234560007"),
    ("BPJS", "8801234560001"),
];

/// A form with its answer and the report, in both languages.
#[test]
#[ignore = "it judges nothing; `cargo xtask screenshots --readme` runs it"]
fn of_the_readmes() {
    let folder = PathBuf::from(std::env::var("LUNAS_SCREENSHOTS").expect("where the pictures go"));
    std::fs::create_dir_all(&folder).unwrap();
    let browser = Browser::start(Screen::Wide);
    // High enough for the form with its answer and for the list of payments.
    let window = json!({"width": 1280, "height": 1280, "deviceScaleFactor": 1, "mobile": false});
    browser.session.devtools("Emulation.setDeviceMetricsOverride", &window);
    browser.session.devtools("Emulation.setScrollbarsHidden", &json!({"hidden": true}));
    let mut partner = browser.server.partner();
    for (code, hp) in BILLS {
        let tr_id = partner.inquired(code, hp).tr_id();
        partner.pay(tr_id);
    }
    for (lang, ending) in [("en", "webp"), ("id", "id.webp")] {
        let shoot = |name: &str| {
            let picture = folder.join(format!("{name}.{ending}"));
            let bytes = what_is_seen(&browser);
            println!("{} {} KiB", picture.display(), bytes.len() / 1024);
            std::fs::write(picture, bytes).unwrap();
        };
        browser.open(&format!("/report?lang={lang}&theme=light"));
        shoot("report");
        browser.open("/docs/products/bpjs-kesehatan");
        ready(&browser);
        send(&browser, INQUIRY);
        send(&browser, PAYMENT);
        browser.run(
            "document.querySelector(arguments[0]).scrollIntoView(); scrollBy(0, -24)",
            &json!([PAYMENT]),
        );
        shoot("portal");
    }
}

/// The time to the first byte and the total size, as the browser measured. A page should take at
/// most 20 ms and 150 KiB; the tests check the size, not the time.
fn weighed(browser: &Browser) -> String {
    let page = "performance.getEntriesByType('navigation')[0]";
    let first = browser.eval(&format!("{page}.responseStart - {page}.requestStart"));
    let sizes =
        "performance.getEntries().reduce((sum, it) => sum + (it.transferSize ?? 0), 0) / 1024";
    let (first, weight) = (first.as_f64().unwrap(), browser.eval(sizes).as_f64().unwrap());
    let slow = if first > 20.0 { ", SLOW" } else { "" };
    format!("first byte {first:.1} ms, {weight:.0} KiB{slow}")
}

/// The whole page as PNG.
fn whole_page(browser: &Browser) -> Vec<u8> {
    picture(browser, &json!({"format": "png", "captureBeyondViewport": true}))
}

/// The visible part of the page, scaled down.
fn what_is_seen(browser: &Browser) -> Vec<u8> {
    picture(browser, &json!({"format": "webp", "quality": 80}))
}

fn picture(browser: &Browser, how: &Value) -> Vec<u8> {
    let picture = browser.session.devtools("Page.captureScreenshot", how);
    BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap()
}
