//! Language, colours, keyboard and phone.

use serde_json::json;

use crate::browser::{Browser, Screen};

const TAB: char = '\u{E004}';
const ENTER: char = '\u{E007}';
const ESCAPE: char = '\u{E00C}';

const GROUND: &str = "getComputedStyle(document.body).backgroundColor";

#[test]
fn the_other_language_is_one_click_away_and_stays() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/docs/codes?lang=id");
    assert_eq!(browser.text("h1"), "Kode respons");
    browser.follow(".switches a[hreflang=en]");
    assert_eq!(browser.text("h1"), "Response codes");
    browser.follow("nav a[href='/docs/sandbox']");
    assert_eq!(browser.text("h1"), "Sandbox numbers");
    browser.follow(".switches a[hreflang=id]");
    assert_eq!(browser.text("h1"), "Nomor sandbox");
}

#[test]
fn dark_is_one_click_away_and_what_the_system_prefers() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/docs");
    let light = browser.eval(GROUND);
    browser.follow(".to-dark");
    let dark = browser.eval(GROUND);
    assert_ne!(dark, light);
    browser.open("/docs/codes");
    assert_eq!(browser.eval(GROUND), dark);
    browser.follow(".to-light");
    assert_eq!(browser.eval(GROUND), light);

    // Without a choice of the user the system's theme is used.
    browser.open("/docs?theme=auto");
    let prefers = json!({"name": "prefers-color-scheme", "value": "dark"});
    browser.session.devtools("Emulation.setEmulatedMedia", &json!({"features": [prefers]}));
    assert_eq!(browser.eval(GROUND), dark);
}

#[test]
fn the_keyboard_reaches_the_content_first_and_then_every_control() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/docs/products/bpjs-kesehatan");
    browser.press(TAB);
    assert_eq!(browser.eval("document.activeElement.className"), "skip");
    assert_eq!(browser.eval("document.activeElement.getBoundingClientRect().left >= 0"), true);
    browser.press(ENTER);
    browser.until("document.activeElement.id === 'main'");

    // From here on each step focuses a visible element that the header does not cover.
    let is_in_sight = "(() => {
        const box = document.activeElement.getBoundingClientRect();
        const head = document.querySelector('.top').getBoundingClientRect();
        return box.width > 0 && box.bottom > head.bottom && box.top < innerHeight;
    })()";
    let controls =
        "document.querySelectorAll('main :is(a, button, input, textarea, [tabindex=\"0\"])')";
    let all = browser.eval(&format!("{controls}.length")).as_u64().unwrap();
    let mut sent = false;
    for _ in 0..all {
        browser.press(TAB);
        let at = browser.eval("document.activeElement.outerHTML.slice(0, 80)");
        if browser.eval("document.activeElement.closest('main')").is_null() {
            break;
        }
        assert_eq!(browser.eval(is_in_sight), true, "{at}");
        sent |= browser.eval("document.activeElement.matches('form.live [type=submit]')") == true;
    }
    assert!(sent, "no key leads to the button that sends");
}

#[test]
fn a_phone_has_the_pages_behind_a_button() {
    let browser = Browser::start(Screen::Phone);
    browser.open("/?lang=en");
    let nav_is_open = "document.getElementById('nav').matches(':popover-open')";
    assert_eq!(browser.eval(nav_is_open), false);
    browser.click(".menu");
    assert_eq!(browser.eval(nav_is_open), true);
    browser.press(ESCAPE);
    assert_eq!(browser.eval(nav_is_open), false);
    browser.click(".menu");
    browser.follow("nav a[href='/docs/codes']");
    assert_eq!(browser.text("h1"), "Response codes");
    assert_eq!(browser.eval(nav_is_open), false);
}
