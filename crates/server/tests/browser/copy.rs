//! The copy buttons.

use serde_json::json;

use crate::browser::{Browser, IN_THE_NETWORK, Screen};

const BUTTON: &str = "button[data-copy=curl-inquiry]";
const SELECTED: &str = "getSelection().toString().trim()";
const TEXT: &str = "document.getElementById('curl-inquiry').textContent.trim()";
const CONTROL: char = '\u{E009}';

#[test]
fn at_its_own_machine_a_click_copies() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/?lang=en");
    assert_eq!(browser.eval("isSecureContext"), true);
    browser.click(BUTTON);
    browser.until(&format!("document.querySelector('{BUTTON}').textContent === 'Copied'"));
    assert_eq!(browser.eval(SELECTED), "");
    assert_eq!(browser.console(), [""; 0]);
}

/// Browsers do not let pages write to the clipboard over http from another host.
#[test]
fn in_a_network_a_click_selects_and_says_which_keys_copy() {
    let browser = Browser::start(Screen::Wide);
    for (language, words) in
        [("en", "To copy, press Ctrl+C"), ("id", "Untuk menyalin, tekan Ctrl+C")]
    {
        browser.open_at(IN_THE_NETWORK, &format!("/?lang={language}"));
        assert_eq!(browser.eval("isSecureContext || 'clipboard' in navigator"), false);
        let buttons = browser.eval("document.querySelectorAll('button.copy').length");
        assert!(buttons.as_u64().unwrap() >= 4, "{buttons}");
        browser.click(BUTTON);
        browser.until(&format!("document.querySelector('{BUTTON}').textContent === '{words}'"));
        assert_eq!(browser.eval(SELECTED), browser.eval(TEXT));
        // The keys shown in the hint must work.
        let copied =
            "window.copied = new Promise((done) => document.addEventListener('copy', done))";
        browser.run(copied, &json!([]));
        let strokes = [("keyDown", CONTROL), ("keyDown", 'c'), ("keyUp", 'c'), ("keyUp", CONTROL)]
            .map(|(kind, key)| json!({"type": kind, "value": key.to_string()}));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        browser.session.post("actions", &json!({"actions": [keyboard]}));
        browser.run("return window.copied.then(() => true)", &json!([]));
        let label = browser.text(BUTTON);
        assert!(["Copied", "Tersalin"].contains(&&*label), "{label}");
        assert_eq!(browser.console(), [""; 0]);
    }
}
