//! What holds for every page, in both languages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod markup;

use std::collections::BTreeSet;

use markup::{PAYLOADS, between, skeleton};
use portal::{Answer, Ask, Credentials, Lang, Page, answer, not_found};

fn ask<'a>(path: &'a str, lang: Lang) -> Ask<'a> {
    Ask {
        path,
        accept_language: lang.tag(),
        origin: "http://127.0.0.1:8080",
        sandbox: true,
        ..Ask::default()
    }
}

/// Every page in every language.
fn pages() -> impl Iterator<Item = (String, Lang, String)> {
    let both = |page: Page| Lang::ALL.into_iter().map(move |lang| (page.path(), lang));
    Page::all().flat_map(both).map(|(path, lang)| {
        let body = answer(&ask(&path, lang)).unwrap().body.into_owned();
        (path, lang, body)
    })
}

#[test]
fn each_has_one_title_one_heading_and_its_language() {
    let mut titles = BTreeSet::new();
    for (path, lang, html) in pages() {
        assert!(html.contains(&format!("<html lang=\"{}\"", lang.tag())), "{path}");
        assert_eq!(html.matches("<h1>").count(), 1, "{path}");
        let title = between(&html, "<title>", "</title>").next().unwrap();
        assert!(titles.insert((lang.tag(), title.to_owned())), "{path}: {title} is there twice");
    }
}

#[test]
fn nothing_stands_in_a_page_that_its_policy_forbids() {
    for (path, _, html) in pages() {
        for tag in between(&html, "<", ">") {
            assert!(!tag.starts_with("style"), "{path}: {tag}");
            assert!(!tag.starts_with("script") || tag.contains(" src=\"/assets/"), "{path}: {tag}");
            let forbidden =
                |attribute: &str| attribute.starts_with("style=") || attribute.starts_with("on");
            assert!(!tag.split_whitespace().skip(1).any(forbidden), "{path}: {tag}");
        }
    }
}

#[test]
fn ids_are_unique_and_what_they_label_is_there() {
    for (path, _, html) in pages() {
        let ids: Vec<_> = between(&html, " id=\"", "\"").collect();
        let known: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len(), "{path}: {ids:?}");
        for attribute in [" for=\"", " aria-labelledby=\"", " popovertarget=\"", " data-copy=\""] {
            for id in between(&html, attribute, "\"") {
                assert!(known.contains(id), "{path}: {attribute}{id}");
            }
        }
    }
}

/// In the words of both languages; that each way is one is shown by the suite that sends requests.
#[test]
fn every_code_says_how_it_is_met_in_the_sandbox() {
    for code in protocol::ResponseCode::ALL {
        for lang in Lang::ALL {
            let path = format!("/docs/codes/{code}");
            let page = answer(&ask(&path, lang)).unwrap().body.into_owned();
            let (_, section) = page.split_once("aria-labelledby=\"try\"").unwrap();
            let ways = section.matches(" data-way=\"").count();
            assert!(ways + section.matches("<tr><th scope=\"row\">").count() > 0, "{path}");
            assert!(!section.contains("class=\"empty\""), "{path}");
        }
    }
}

/// The texts of a page without what is code.
fn prose(html: &str) -> String {
    let mut text = html.split("<body>").nth(1).unwrap().to_owned();
    for (open, close) in [("<code", "</code>"), ("<pre", "</pre>"), ("<textarea", "</textarea>")] {
        let parts = text.split(open);
        text = parts.map(|part| part.split_once(close).map_or(part, |(_, rest)| rest)).collect();
    }
    let texts = text.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text);
    texts.collect::<Vec<_>>().join(" ")
}

#[test]
fn no_page_speaks_the_other_language() {
    let foreign = |lang| match lang {
        Lang::Id => ["the", "of", "and", "is", "with", "from", "this", "not"],
        Lang::En => ["yang", "dan", "dari", "dengan", "untuk", "ini", "tidak", "adalah"],
    };
    for (path, lang, html) in pages() {
        let text = prose(&html);
        assert!(text.len() > 500, "{path}: {text}");
        let words: BTreeSet<_> = text.split(|c: char| !c.is_alphanumeric()).collect();
        for word in foreign(lang) {
            assert!(!words.contains(word), "{path} in {}: {word}", lang.tag());
        }
    }
}

#[test]
fn markup_is_shown_and_never_becomes_a_part_of_a_page() {
    for payload in PAYLOADS {
        let credentials = Credentials { username: payload, api_key: payload };
        for path in ["/", "/docs", "/docs/products/pdam", "/docs/commands/pay-pasca", payload] {
            let harmless = Credentials { username: "u", api_key: "k" };
            let plain = Ask { credentials: Some(harmless), ..ask(path, Lang::Id) };
            let hostile = Ask {
                origin: payload,
                query: payload,
                cookie: payload,
                accept_language: payload,
                credentials: Some(credentials),
                ..plain
            };
            let page = |ask: &Ask<'_>| answer(ask).unwrap_or_else(|| not_found(ask));
            let Answer { body, remember, .. } = page(&hostile);
            assert!(remember.is_empty(), "{payload}");
            // The same elements with the same attributes, whatever is shown in them.
            assert_eq!(skeleton(&body), skeleton(&page(&plain).body), "{path}: {payload}");
        }
    }
}

#[test]
fn a_question_is_shown_as_it_was_typed_and_nothing_more() {
    let page = |question: &str| {
        let query: String = question.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let query = format!("q={query}");
        let ask = Ask { query: &query, ..ask("/docs/search", Lang::En) };
        answer(&ask).unwrap().body.into_owned()
    };
    for payload in PAYLOADS {
        let found = page(payload);
        assert_eq!(skeleton(&found), skeleton(&page("zzzz")), "{payload}");
        assert!(!found.contains(payload), "{payload}");
    }
    assert!(page("selling_price").contains("<mark>selling_price</mark>"));
}
