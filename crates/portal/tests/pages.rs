//! What holds for every page, in both languages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod markup;
mod sold;

use std::collections::BTreeSet;

use markup::{PAYLOADS, between, skeleton};
use portal::{Account, Answer, Credentials, Lang, Page, PageContext, answer, not_found};
use sold::SOLD;

fn ask<'a>(path: &'a str, lang: Lang) -> PageContext<'a> {
    PageContext {
        path,
        accept_language: lang.tag(),
        origin: "http://127.0.0.1:8080",
        sandbox: true,
        catalogue: Some(&SOLD),
        ..PageContext::default()
    }
}

/// Every page in every language, of a sandbox and of a server for production.
fn pages() -> impl Iterator<Item = (String, Lang, String)> {
    let of = |sandbox| Page::all().filter(move |it| it.is_on(sandbox)).map(move |it| (it, sandbox));
    let all = of(true).chain(of(false));
    all.flat_map(|it| Lang::ALL.map(|lang| (it, lang))).map(|((page, sandbox), lang)| {
        let path = page.path();
        let account = if sandbox { Account::NoSignIn } else { Account::Stranger };
        let body = answer(&PageContext { sandbox, account, ..ask(&path, lang) })
            .unwrap()
            .body
            .into_owned();
        (format!("{} {path}", if sandbox { "sandbox" } else { "production" }), lang, body)
    })
}

#[test]
fn each_has_one_title_one_heading_and_its_language() {
    let mut titles = BTreeSet::new();
    for (path, lang, html) in pages() {
        assert!(html.contains(&format!("<html lang=\"{}\"", lang.tag())), "{path}");
        assert_eq!(html.matches("<h1>").count(), 1, "{path}");
        let title = between(&html, "<title>", "</title>").next().unwrap();
        let server = path.split(' ').next().unwrap().to_owned();
        let is_new = titles.insert((server, lang.tag(), title.to_owned()));
        assert!(is_new, "{path}: {title} is there twice");
    }
}

#[test]
fn no_page_contains_what_its_policy_forbids() {
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
fn ids_are_unique_and_every_label_has_its_target() {
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
fn every_code_says_how_to_produce_it_in_the_sandbox() {
    for code in iak_protocol::ResponseCode::ALL {
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

/// Elements that readers by ear jump to, each told apart by its name.
#[test]
fn landmarks_of_one_kind_have_different_names() {
    for (path, _, html) in pages() {
        let mut names = BTreeSet::new();
        for tag in between(&html, "<", ">") {
            let attribute =
                |name: &str| between(tag, &format!(" {name}=\""), "\"").next().map(str::to_owned);
            let role = match (tag.split([' ', '>']).next().unwrap(), attribute("role")) {
                (_, Some(role)) => role,
                (tag @ ("header" | "nav" | "main" | "footer" | "aside"), None) => tag.to_owned(),
                ("section", None) => "region".to_owned(),
                _ => continue,
            };
            let name = attribute("aria-labelledby").or_else(|| attribute("aria-label"));
            let is_landmark = ["header", "nav", "main", "region", "search"].contains(&&*role);
            // A section that has no name is none.
            if is_landmark && (role != "region" || name.is_some()) {
                let landmark = (role, name);
                assert!(names.insert(landmark.clone()), "{path}: {landmark:?} is there twice");
            }
        }
        assert!(names.len() >= 4, "{path}: {names:?}");
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
fn no_page_contains_text_of_the_other_language() {
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
fn markup_is_shown_as_text_on_every_page() {
    for payload in PAYLOADS {
        let credentials = Credentials { username: payload, api_key: payload };
        for path in ["/", "/docs", "/docs/products/pdam", "/docs/commands/pay-pasca", payload] {
            let harmless = Credentials { username: "u", api_key: "k" };
            let plain = PageContext { credentials: Some(harmless), ..ask(path, Lang::Id) };
            let hostile = PageContext {
                origin: payload,
                query: payload,
                cookie: payload,
                accept_language: payload,
                credentials: Some(credentials),
                ..plain
            };
            let page = |ask: &PageContext<'_>| answer(ask).unwrap_or_else(|| not_found(ask));
            let Answer { body, set_cookies, .. } = page(&hostile);
            assert!(set_cookies.is_empty(), "{payload}");
            // The same elements with the same attributes, whatever is shown in them.
            assert_eq!(skeleton(&body), skeleton(&page(&plain).body), "{path}: {payload}");
        }
    }
}

#[test]
fn prices_come_from_the_server_and_are_formatted() {
    let mut product = SOLD.values().find(|it| it.family.name() == "pdam").unwrap().as_ref().clone();
    (product.fee, product.active) = (domain::Rupiah::new(12_345), false);
    let catalogue = domain::Catalogue::from([(product.code.clone(), product.into())]);
    for sandbox in [true, false] {
        let page = |path| {
            let ask = PageContext { sandbox, catalogue: Some(&catalogue), ..ask(path, Lang::En) };
            answer(&ask).unwrap().body.into_owned()
        };
        let pdam = page("/docs/products/pdam");
        assert!(pdam.contains(">Rp 12.345<") && pdam.contains("not sold at present"), "{pdam}");
        let bpjs = page("/docs/products/bpjs-kesehatan");
        assert!(!bpjs.contains("Rp ") && bpjs.contains("sells no product of this family"));
    }
}

#[test]
fn a_question_is_shown_exactly_as_typed() {
    let page = |question: &str| {
        let query: String = question.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let query = format!("q={query}");
        let ask = PageContext { query: &query, ..ask("/docs/search", Lang::En) };
        answer(&ask).unwrap().body.into_owned()
    };
    for payload in PAYLOADS {
        let found = page(payload);
        assert_eq!(skeleton(&found), skeleton(&page("zzzz")), "{payload}");
        assert!(!found.contains(payload), "{payload}");
    }
    assert!(page("selling_price").contains("<mark>selling_price</mark>"));
}
