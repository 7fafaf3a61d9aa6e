//! Sign-in to the portal of a production server: what a real browser stores and sends.

use crate::axe::is_accessible;
use crate::browser::{Browser, Screen};
use crate::server::USERNAME;

pub(crate) const PASSWORD: &str = "kanari horse battery";

/// A portal that needs a sign-in.
pub(crate) fn browser(screen: Screen) -> Browser {
    let Browser { session, server, home } = Browser::start(screen);
    drop(server);
    let config = [("portal.enabled", "true"), ("limits.wrong_passwords_per_partner", "3")];
    let server = home.started(home.production_after_sandbox(&config));
    let done = home.fed(&["partner", "password", USERNAME], PASSWORD);
    assert!(done.status.success());
    Browser { session, server, home }
}

pub(crate) fn sign_in(browser: &Browser, password: &str) {
    browser.type_into("input[name=password]", password);
    browser.follow("form[action='/sign-in'] button");
}

#[test]
fn a_wrong_password_is_told_a_right_one_leads_to_the_report_and_out_again() {
    let browser = browser(Screen::Wide);
    browser.open("/?lang=en");
    browser.follow("header a[href='/sign-in']");
    is_accessible(&browser, "the form");
    browser.type_into("input[name=username]", USERNAME);
    sign_in(&browser, "a wrong password");
    assert!(browser.text("[role=alert]").contains("is wrong"));
    is_accessible(&browser, "the form that says what is wrong");
    let kept = browser.eval("document.querySelector('input[name=username]').value");
    assert_eq!(kept, USERNAME);
    assert_eq!(browser.eval("document.querySelector('input[name=password]').value"), "");
    // The refused form itself.
    assert!(browser.console().iter().all(|line| line.contains("422")));

    sign_in(&browser, PASSWORD);
    assert_eq!(browser.eval("location.pathname"), "/report");
    assert_eq!(browser.text(".account .who"), USERNAME);
    assert_eq!(browser.text("h1"), "Transactions");
    is_accessible(&browser, "the report");
    // Scripts cannot read either of the sign-in cookies.
    let seen = browser.eval("document.cookie");
    assert!(!seen.as_str().unwrap().contains("__Host-"), "{seen}");
    browser.open("/docs");
    assert_eq!(browser.text(".account .who"), USERNAME);
    assert_eq!(browser.console(), [""; 0]);

    browser.follow("form[action='/sign-out'] button");
    assert_eq!(browser.eval("location.pathname"), "/sign-in");
    browser.open("/report");
    assert_eq!(browser.eval("location.pathname"), "/sign-in");
}

#[test]
fn whoever_guesses_is_told_when_to_go_on() {
    let browser = browser(Screen::Wide);
    browser.open("/sign-in?lang=en");
    browser.type_into("input[name=username]", USERNAME);
    // On a slow machine waits may end in between, but some attempt exceeds the limit.
    let is_locked = (0..50).any(|_| {
        sign_in(&browser, "a wrong password");
        browser.text("[role=alert]").starts_with("Too many wrong attempts. Try again after 20")
    });
    assert!(is_locked);
    sign_in(&browser, PASSWORD);
    assert_eq!(browser.eval("location.pathname"), "/sign-in", "the right one has to wait, too");
}

#[test]
fn on_a_phone_who_is_signed_in_leaves_room_for_the_menu() {
    let browser = browser(Screen::Phone);
    browser.open("/sign-in?lang=en");
    browser.type_into("input[name=username]", USERNAME);
    sign_in(&browser, PASSWORD);
    assert_eq!(browser.eval("location.pathname"), "/report");
    let width = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    assert_eq!(browser.eval(width), true, "nothing is wider than the screen");
    browser.click("button.menu");
    browser.until("document.querySelector('#nav').matches(':popover-open')");
}
