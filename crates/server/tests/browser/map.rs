//! Every page, found by links from the first page.

use std::collections::BTreeSet;

use crate::browser::Browser;

/// Pages that represent the others: each template once, the longest of its kind.
pub(crate) const MAIN: [&str; 14] = [
    "/",
    "/docs",
    "/docs/commands/pay-pasca",
    "/docs/products/bpjs-kesehatan",
    "/docs/products/esamsat",
    "/docs/codes",
    "/docs/codes/39",
    "/docs/sandbox",
    "/docs/tutorials/python",
    "/docs/search",
    "/report",
    "/report/callbacks",
    "/report/requests",
    "/report/scenarios",
];

/// The paths of all pages, found by following links.
pub(crate) fn pages(browser: &Browser) -> BTreeSet<String> {
    let links = "[...document.querySelectorAll('a[href]')].map((a) => new URL(a.href).pathname)";
    let mut found = BTreeSet::new();
    let mut ahead = vec!["/".to_owned()];
    while let Some(path) = ahead.pop() {
        // Two pages have links that the navigation does not have.
        let leads_on = ["/", "/docs/codes", "/docs/tutorials"].contains(&&*path);
        if found.insert(path.clone()) && leads_on {
            browser.open(&path);
            let links = browser.eval(links);
            ahead
                .extend(links.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()));
        }
    }
    found.extend(
        ["/docs/search", "/report/callbacks", "/report/requests", "/report/scenarios"]
            .map(str::to_owned),
    );
    assert!(found.len() >= 80, "{found:?}");
    found
}
