//! The portal of a server that pays real bills: it describes what exists there, and nothing that
//! only a sandbox has.

use std::collections::{BTreeMap, VecDeque};

use crate::client::Reply;
use crate::portal::{between, body};
use crate::server::{Home, USERNAME};
use crate::sign_in::browser::Browser;
use crate::sign_in::{BEHIND, PASSWORD};

/// Texts about the sandbox, and its pages and forms.
const FOREIGN: [&str; 21] = [
    "sandbox",
    "test number",
    "nomor uji",
    "scenario",
    "skenario",
    "live testing",
    "coba langsung",
    "try it in the browser",
    "coba dari peramban",
    "decides the outcome",
    "you decide",
    "menentukan hasilnya",
    "tentukan hasilnya",
    "set to success",
    "jadikan berhasil",
    "tandai berhasil",
    "class=\"live\"",
    "class=\"quiet use\"",
    "8801234560007",
    "/report/deposit",
    "/report/requests",
];

/// Customers of IAK's published examples.
const PUBLISHED: [&str; 2] = ["iak sandbox testing", "iak sandbox inquiry"];

/// A product, the page of its family, and a fee that no sandbox starts with.
const SOLD: (&str, &str, &str) = ("BPJS", "/docs/products/bpjs-kesehatan", "4321");

/// Follows all links from the first page, and returns the answer of each path.
fn crawl(browser: &mut Browser, language: &str) -> BTreeMap<String, Reply> {
    let mut found = BTreeMap::new();
    let mut ahead = VecDeque::from(["/".to_owned(), "/docs/search".to_owned()]);
    while let Some(path) = ahead.pop_front() {
        if found.contains_key(&path) {
            continue;
        }
        let reply = browser.get(&format!("{path}?lang={language}"));
        assert_eq!(reply.status, 200, "{path}");
        if reply.header("content-type").unwrap().starts_with("text/html") {
            for attribute in ["href=\"", "src=\"", "data=\""] {
                let links = between(body(&reply), attribute, "\"");
                let targets = links.filter_map(|link| link.split(['#', '?']).next());
                ahead.extend(targets.filter(|it| !it.is_empty()).map(str::to_owned));
            }
        }
        found.insert(path, reply);
    }
    found
}

fn says_nothing_foreign(path: &str, reply: &Reply) {
    let text = String::from_utf8_lossy(&reply.body).to_lowercase();
    let text = PUBLISHED.iter().fold(text, |text, name| text.replace(name, ""));
    for word in FOREIGN {
        let at = text.find(word).map(|at| {
            let (before, after) = text.split_at(at);
            let before: Vec<char> = before.chars().rev().take(80).collect();
            let before: String = before.into_iter().rev().collect();
            format!("{before}{}", after.chars().take(80).collect::<String>())
        });
        assert_eq!(at, None, "{path} says {word}");
    }
}

#[test]
fn no_production_page_mentions_a_sandbox_and_no_link_is_dead() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    for (hp, ref_id, rc) in [("8801234560001", "paid", "00"), ("8801234561039", "pending", "39")] {
        let tr_id = partner.inquire("BPJS", hp, ref_id).tr_id();
        assert_eq!(partner.pay(tr_id).rc(), rc);
    }
    drop((server, partner));
    home.operate(&["product", "set", SOLD.0, "--fee", SOLD.2]);
    let done = home.fed(&["partner", "password", USERNAME], PASSWORD);
    assert!(done.status.success());
    let server = home.started(home.production_after_sandbox(&[BEHIND, ("portal.enabled", "true")]));
    for is_signed_in in [false, true] {
        let mut browser = Browser::new(&server);
        if is_signed_in {
            assert_eq!(browser.sign_in(USERNAME, PASSWORD, "").status, 303);
        }
        for language in ["id", "en"] {
            let mut found = crawl(&mut browser, language);
            assert!(found.len() >= 90, "{}", found.len());
            assert_eq!(found.contains_key("/report"), is_signed_in);
            assert_eq!(found.contains_key("/report/callbacks"), is_signed_in);
            assert_eq!(found.contains_key("/sign-in"), !is_signed_in);
            assert!(body(&found[SOLD.1]).contains(">Rp 4.321<"), "the fee of this server");
            found.retain(|path, _| !path.starts_with("/assets/") && !path.ends_with("/receipt"));
            for (path, reply) in &found {
                says_nothing_foreign(path, reply);
                for link in between(body(reply), "href=\"", "\"").filter(|it| it.contains('#')) {
                    let (target, id) = link.split_once('#').unwrap();
                    let page = if target.is_empty() { reply } else { &found[target] };
                    let anchor = format!("id=\"{id}\"");
                    assert!(body(page).contains(&anchor), "{path} leads to {link}");
                }
            }
            // A missing page says nothing more than that.
            for path in ["/docs/sandbox", "/report/scenarios", "/report/requests", "/nowhere"] {
                let reply = browser.get(path);
                let is_hidden = !is_signed_in && path.starts_with("/report");
                assert_eq!(reply.status, if is_hidden { 303 } else { 404 }, "{path}");
                let page = body(&reply).replace(&format!("<code>{path}</code>"), "");
                let page = page.replace(&format!("{path}?"), "");
                says_nothing_foreign(path, &Reply { body: page.into_bytes(), ..reply });
            }
            // Two published examples have a customer with that name.
            for (question, hits) in [("sandbox", PUBLISHED.len()), ("8801234560007", 0)] {
                let reply = browser.get(&format!("/docs/search?q={question}"));
                assert_eq!(body(&reply).matches("<mark>").count(), hits, "{question}");
            }
            assert!(body(&browser.get("/docs/search?q=checkstatus")).contains("<mark>"));
        }
    }
}
