//! Markup in every form field: it is shown as text and never runs.

use serde_json::{Value, json};

use crate::browser::{Browser, Screen};
use crate::live::{INQUIRY, ready, send};

pub(crate) const PAYLOADS: [&str; 30] = [
    "<script>ran = true</script>",
    "\"><script>ran = true</script>",
    "</code><script>ran = true</script>",
    "</textarea><script>ran = true</script>",
    "<script src=/assets/x.js></script>",
    "<script type=module>ran = true</script>",
    "<img src=x onerror=ran=true>",
    "'><img src=x onerror=ran=true>",
    "<svg onload=ran=true>",
    "<svg><script>ran = true</script></svg>",
    "<svg><animate onbegin=ran=true attributeName=x dur=1s>",
    "<body onload=ran=true>",
    "<iframe src=javascript:parent.ran=true></iframe>",
    "<iframe srcdoc='<script>parent.ran = true</script>'></iframe>",
    "<a id=x href=javascript:ran=true autofocus>x</a>",
    "<input onfocus=ran=true autofocus>",
    "\" onfocus=ran=true autofocus=\"",
    "<details open ontoggle=ran=true>x</details>",
    "<video><source onerror=ran=true></video>",
    "<audio src=x onerror=ran=true>",
    "<object data=javascript:ran=true></object>",
    "<embed src=javascript:ran=true>",
    "<form action=javascript:ran=true><button>x</button></form>",
    "<style>@import '//x'; * { display: none }</style>",
    "<link rel=stylesheet href=//x>",
    "<base href=//x>",
    "<meta http-equiv=refresh content=0;url=//x>",
    "<math><mtext><img src=x onerror=ran=true></mtext></math>",
    "<template><img src=x onerror=ran=true></template>",
    "]]><mp><hp>${ran = true}{{ran = true}}</hp></mp><!--",
];

/// The page's elements and attributes, without the parts that an answer changes.
const SKELETON: &str = "[...document.querySelectorAll('*')]
    .filter((it) => !it.closest('[data-is=result]') && !it.closest('[data-is=canonical]'))
    .map((it) => [it.tagName, ...it.getAttributeNames()].join(' '))";

/// Elements that never appear where outside text is shown, and attributes that run scripts.
const FOREIGN: &str = "[...document.querySelectorAll('[data-is=result] *, [data-is=canonical] *')]
    .filter((it) => !['H4', 'UL', 'LI', 'PRE', 'CODE', 'DIV', 'SPAN', 'ARTICLE', 'P', 'A', 'B', 'DL',
        'DT', 'DD'].includes(it.tagName) || it.getAttributeNames().some((name) => name.startsWith('on'))
        || (it.href && !it.href.startsWith(location.origin)))
    .length";

/// Types into a field as a paste does.
fn paste(browser: &Browser, field: &str, text: &str) {
    let script = "const field = document.querySelector(arguments[0]);
        field.value = arguments[1];
        field.dispatchEvent(new Event('input', { bubbles: true }));";
    browser.run(script, &json!([format!("{INQUIRY} [name={field}]"), text]));
}

/// A request with the payload in every field.
fn request(payload: &str) -> Value {
    json!({
        "commands": "inq-pasca", "username": payload, "code": payload, "hp": payload,
        "ref_id": payload, "month": payload, "year": payload, "nomor_identitas": payload,
        "amount": payload, "sign": payload,
    })
}

fn is_harmless(browser: &Browser, skeleton: &Value, payload: &str) {
    assert_eq!(browser.eval(FOREIGN), 0, "{payload}");
    assert_eq!(browser.eval(SKELETON), *skeleton, "{payload}");
    nothing_ran(browser, payload);
}

/// Waits for two frames; after them everything that loads or fails is reported.
pub(crate) const DRAWN: &str = "return new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))";

pub(crate) fn nothing_ran(browser: &Browser, payload: &str) {
    browser.run(DRAWN, &json!([]));
    assert_eq!(browser.eval("'ran' in window"), false, "{payload}");
    // The console also reports refused forms and missing pages.
    let mut told = browser.console();
    told.retain(|line| {
        !["400", "404", "422"].iter().any(|it| line.contains(&format!("status of {it}")))
    });
    assert_eq!(told, [""; 0], "{payload}");
}

#[test]
fn markup_in_a_form_is_shown_and_never_runs() {
    let browser = Browser::start(Screen::Wide);
    browser.open("/docs/products/bpjs-kesehatan");
    ready(&browser);
    let skeleton = browser.eval(SKELETON);
    for payload in PAYLOADS {
        paste(&browser, "api_key", payload);
        // As the whole body, in every field of a valid one, and only in the signed fields.
        let right = json!({
            "commands": "inq-pasca", "username": crate::server::USERNAME, "code": "BPJS",
            "hp": "8801234560001", "ref_id": payload, "month": "1", "sign": "x",
        });
        for body in [payload.to_owned(), request(payload).to_string(), right.to_string()] {
            paste(&browser, "body", &body);
            send(&browser, INQUIRY);
            is_harmless(&browser, &skeleton, payload);
        }
        paste(&browser, "username", payload);
        is_harmless(&browser, &skeleton, payload);
    }
    browser.click(&format!("{INQUIRY} input[value=xml]"));
    for payload in PAYLOADS {
        let text = payload.replace('&', "&amp;").replace('<', "&lt;");
        let body = format!(
            "<mp><commands>inq-pasca</commands><username>{text}</username><code>{text}</code>\
             <hp>{text}</hp><ref_id>{text}</ref_id><sign>{text}</sign></mp>"
        );
        for body in [payload, &body] {
            paste(&browser, "body", body);
            send(&browser, INQUIRY);
            is_harmless(&browser, &skeleton, payload);
        }
    }
}
