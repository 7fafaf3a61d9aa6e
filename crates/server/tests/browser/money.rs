//! Amounts at every width: visible, complete and aligned.

use serde_json::json;

use crate::browser::{Browser, Screen};
use crate::map::pages;
use crate::sign_in;

const WIDTHS: [u32; 7] = [320, 360, 390, 768, 1024, 1280, 1440];

/// The longest allowed text without a place to break the line.
const REF_ID: &str = "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW";

/// What is wrong with a page: it or a table is wider than its container, or an amount is not inside
/// of both, uses other digits, or is not right-aligned with those below. If `huge` is given, every
/// amount is set to it.
const FAULTS: &str = "
    const huge = arguments[0];
    const faults = [];
    const amounts = [...document.querySelectorAll('td.money, .posting.money .number')];
    if (huge) for (const it of amounts) it.lastChild.textContent = huge;
    const told = (it) => `${it.outerHTML.slice(0, 160)}`;
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`the page: ${scrollWidth} in ${clientWidth}`);
    for (const box of document.querySelectorAll('main .scroll:has(table)')) {
        if (box.scrollWidth > box.clientWidth) {
            faults.push(`a table: ${box.scrollWidth} in ${box.clientWidth}: ${box.textContent.slice(0, 60)}`);
        }
    }
    const ends = new Map();
    for (const amount of amounts) {
        const text = document.createRange();
        text.selectNodeContents(amount);
        const at = text.getBoundingClientRect();
        const box = amount.closest('.scroll').getBoundingClientRect();
        const room = Math.min(box.right, clientWidth);
        if (at.width === 0 || at.left < box.left || at.right > room || at.height > 40) {
            faults.push(`${at.left} to ${at.right} of ${box.left} to ${room}: ${told(amount)}`);
        }
        if (!getComputedStyle(amount).fontVariantNumeric.includes('tabular-nums')) {
            faults.push(`figures: ${told(amount)}`);
        }
        if (!amount.textContent.includes('Rp ')) faults.push(`no amount: ${told(amount)}`);
        const column = `${amount.closest('.scroll').getBoundingClientRect().top} ${amount.cellIndex}`;
        const end = ends.get(column) ?? at.right;
        if (Math.abs(end - at.right) > 1) faults.push(`it ends at ${at.right}, not ${end}: ${told(amount)}`);
        ends.set(column, end);
    }
    return [faults, amounts.length];";

/// The largest possible amount, and one larger than any fee.
const LARGEST: &str = "Rp 9.223.372.036.854.775.807";
const FEE: &str = "Rp 999.999.999.999";

/// The amounts of a page, correct at every width.
fn amounts(browser: &Browser, path: &str) -> u64 {
    let huge = if path.starts_with("/docs/") { FEE } else { LARGEST };
    let mut found = 0;
    for width in WIDTHS {
        browser.widen(width);
        for huge in [None, Some(huge)] {
            // The report is updated while it is checked.
            browser.open(path);
            let told = browser.run(FAULTS, &json!([huge]));
            assert_eq!(told[0], json!([]), "{path} at {width}, {huge:?}");
            found = told[1].as_u64().unwrap();
        }
    }
    found
}

#[test]
fn no_page_of_a_sandbox_hides_any() {
    let browser = Browser::start(Screen::Wide);
    let mut partner = browser.server.partner();
    let paid = partner.inquire("BPJS", "8801234560001", REF_ID).tr_id();
    assert_eq!(partner.pay(paid).rc(), "00");
    let pending = partner.inquire("BPJS", "8801234560007", "pending").tr_id();
    assert_eq!(partner.pay(pending).rc(), "39");
    assert_eq!(partner.inquire("PDAMKOTA.SURABAYA", "10202001", "inquired").rc(), "00");
    let story = format!("/report/{paid}");
    assert_eq!(amounts(&browser, "/report"), 3);
    assert!(amounts(&browser, &story) >= 4);
    assert!(amounts(&browser, "/docs/products/pdam") >= 2);
    for path in ["/report/callbacks", "/report/requests", "/docs/codes", "/docs/sandbox", "/docs"] {
        assert_eq!(amounts(&browser, path), 0, "{path}");
    }
    // For the others, the narrowest and the widest window are enough.
    for width in [320, 768, 1024, 1440] {
        browser.widen(width);
        for path in pages(&browser).iter().filter(|path| !path.starts_with("/docs/codes/")) {
            browser.open(path);
            let told = browser.run(FAULTS, &json!([null]));
            assert_eq!(told[0], json!([]), "{path} at {width}");
        }
    }
}

#[test]
fn no_page_of_a_server_for_production_hides_any() {
    let browser = sign_in::browser(Screen::Wide);
    browser.open("/sign-in");
    browser.type_into("input[name=username]", crate::server::USERNAME);
    sign_in::sign_in(&browser, sign_in::PASSWORD);
    for path in ["/", "/report", "/docs/commands/inq-pasca", "/docs/tutorials/php"] {
        amounts(&browser, path);
    }
    assert!(amounts(&browser, "/docs/products/pln-postpaid") >= 2);
}
