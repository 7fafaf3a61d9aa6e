//! Checks a page with the accessibility rules of axe-core.

use serde_json::json;

use crate::browser::Browser;

/// axe-core 4.14.1 as published; its licence is in the same folder.
const AXE: &str = include_str!("axe/axe.min.js");

const FINDINGS: &str = "return axe.run(document, { resultTypes: ['violations'] }).then((found) =>
    found.violations.filter((it) => ['serious', 'critical'].includes(it.impact))
        .map((it) => `${it.id}: ${it.help}: ${it.nodes.map((node) => node.html).slice(0, 3)}`))";

/// Landmarks must have different names.
const LANDMARKS: &str = "return axe.run(document, { runOnly: ['landmark-unique'] }).then((found) =>
    found.violations.flatMap((it) => it.nodes.map((node) => node.html.slice(0, 120))))";

pub(crate) fn is_accessible(browser: &Browser, what: &str) {
    browser.run(AXE, &json!([]));
    assert_eq!(browser.run(FINDINGS, &json!([])), json!([]), "{what}");
    assert_eq!(browser.run(LANDMARKS, &json!([])), json!([]), "{what}");
}
