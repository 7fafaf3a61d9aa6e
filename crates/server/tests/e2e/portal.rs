//! The developer portal, read as by a browser: every page, every link, the shell commands.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::Command;

use serde_json::Value;

use crate::client::{CHECK, Connection, Reply};
use crate::server::{API_KEY, Home, Server, USERNAME};

/// The largest size of a page with everything it loads.
const PAGE_LIMIT: usize = 150 * 1024;

pub(crate) const BROWSER: &str = "Accept: text/html,application/xhtml+xml";

/// A page with this host name and these header lines.
fn get_at(server: &Server, host: &str, path: &str, headers: &[&str]) -> Reply {
    let mut connection = Connection::open(server.port).unwrap();
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n");
    connection.write(request.as_bytes()).unwrap();
    connection.reply().unwrap()
}

pub(crate) fn get(server: &Server, path: &str, headers: &[&str]) -> Reply {
    get_at(server, &format!("127.0.0.1:{}", server.port), path, headers)
}

pub(crate) fn body(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}

/// All texts between `open` and `close`.
pub(crate) fn between<'a>(
    text: &'a str,
    open: &'a str,
    close: &'a str,
) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).map(move |rest| rest.split(close).next().unwrap())
}

/// Follows all links from the first page, and returns the answer of each path.
fn crawl(server: &Server, language: &str) -> BTreeMap<String, Reply> {
    let mut found = BTreeMap::new();
    let mut ahead = VecDeque::from(["/".to_owned()]);
    while let Some(path) = ahead.pop_front() {
        if found.contains_key(&path) {
            continue;
        }
        let reply = get(server, &path, &[language, BROWSER]);
        assert_eq!(reply.status, 200, "{path}");
        if reply.header("content-type").unwrap().starts_with("text/html") {
            for link in
                between(body(&reply), "href=\"", "\"").chain(between(body(&reply), "src=\"", "\""))
            {
                let target = link.split(['#', '?']).next().unwrap();
                assert!(target.is_empty() || target.starts_with('/'), "{path} leads to {link}");
                ahead.extend((!target.is_empty()).then(|| target.to_owned()));
            }
        }
        found.insert(path, reply);
    }
    found
}

#[test]
fn every_page_is_there_in_both_languages_and_no_link_is_dead() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    for (hp, ref_id, rc) in [("8801234560001", "paid", "00"), ("8801234560007", "pending", "39")] {
        let tr_id = partner.inquire("BPJS", hp, ref_id).tr_id();
        assert_eq!(partner.pay(tr_id).rc(), rc);
    }
    for (language, tag) in [("Accept-Language: id", "id"), ("Accept-Language: en-US", "en")] {
        let mut found = crawl(&server, language);
        let is_page =
            |reply: &&Reply| reply.header("content-type").unwrap().starts_with("text/html");
        assert!(found.values().filter(is_page).count() >= 80);
        let receipts = found.keys().filter(|path| path.ends_with("/receipt")).count();
        assert!(receipts == 1 && found.contains_key("/openapi.json"));
        found.retain(|path, _| !path.ends_with("/receipt"));
        for (path, reply) in &found {
            let policy = reply.header("content-security-policy").unwrap();
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'")
            );
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
            if is_page(&reply) {
                assert!(body(reply).contains(&format!("<html lang=\"{tag}\"")), "{path}");
                anchors_lead_somewhere(path, reply, &found);
                assert!(weight(reply, &found) < PAGE_LIMIT, "{path}: {}", weight(reply, &found));
            }
        }
    }
}

fn anchors_lead_somewhere(path: &str, reply: &Reply, found: &BTreeMap<String, Reply>) {
    for link in between(body(reply), "href=\"", "\"").filter(|link| link.contains('#')) {
        let (target, id) = link.split_once('#').unwrap();
        let page = if target.is_empty() { reply } else { &found[target] };
        assert!(body(page).contains(&format!("id=\"{id}\"")), "{path} leads to {link}");
    }
}

/// The size of the page with its style, its icon and all scripts.
fn weight(page: &Reply, found: &BTreeMap<String, Reply>) -> usize {
    let folder = between(body(page), "href=\"/assets/", "/").next().unwrap();
    let scripts = ["copy.js", "live.js", "message.js", "md5.js"]
        .map(|name| format!("/assets/{folder}/{name}"));
    let loaded: BTreeSet<&str> = between(body(page), "\"/assets/", "\"").collect();
    let loaded = loaded.iter().map(|name| found[&format!("/assets/{name}")].body.len());
    let imported = scripts.len() * (8 << 10);
    page.body.len() + loaded.sum::<usize>() + imported
}

#[test]
fn assets_are_cached_for_a_year_and_have_another_path_in_another_build() {
    let home = Home::new();
    let server = home.start(&[]);
    let start = get(&server, "/", &[]);
    let folder = between(body(&start), "href=\"/assets/", "/").next().unwrap();
    for (name, content_type) in [
        ("portal.css", "text/css; charset=utf-8"),
        ("portal.js", "text/javascript; charset=utf-8"),
        ("copy.js", "text/javascript; charset=utf-8"),
        ("live.js", "text/javascript; charset=utf-8"),
        ("exchange.js", "text/javascript; charset=utf-8"),
        ("sandbox-bar.js", "text/javascript; charset=utf-8"),
        ("message.js", "text/javascript; charset=utf-8"),
        ("md5.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let reply = get(&server, &format!("/assets/{folder}/{name}"), &[]);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(content_type)));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert!(reply.body.len() < 24 << 10, "{name}: {}", reply.body.len());
    }
    for path in ["/assets/0000000000000000/portal.css", "/assets/portal.css", "/assets/"] {
        assert_eq!(get(&server, path, &[]).status, 404, "{path}");
    }
}

#[test]
fn the_key_is_shown_only_on_this_machine_under_a_local_host_name() {
    let home = Home::new();
    let server = home.start(&[("server.trusted_proxies", "127.0.0.1")]);
    let port = server.port;
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "localhost".to_owned()] {
        let reply = get_at(&server, &host, "/", &[]);
        assert!(body(&reply).contains(API_KEY) && body(&reply).contains(USERNAME), "{host}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    let stranger = "X-Forwarded-For: 203.0.113.9";
    for (host, headers) in [
        ("attacker.example", &[][..]),
        ("127.0.0.1.attacker.example:80", &[]),
        ("localhost.attacker.example", &[]),
        ("127.0.0.1", &[stranger]),
    ] {
        for path in ["/", "/docs/products/pdam", "/docs/commands/inq-pasca"] {
            let reply = get_at(&server, host, path, headers);
            assert_eq!(reply.status, 200);
            assert!(!body(&reply).contains(API_KEY), "{host} {path}");
        }
    }
}

#[test]
fn an_unknown_path_is_a_page_for_a_browser_and_117_for_a_client() {
    let home = Home::new();
    let server = home.start(&[]);
    for path in ["/nowhere", "/docs/codes/999", "/docs/", "/index.php", "/%2e%2e/etc/passwd"] {
        let page = get(&server, path, &[BROWSER]);
        assert_eq!(page.status, 404);
        assert!(body(&page).contains("href=\"/docs\""), "{path}");
        let reply = get(&server, path, &[]);
        assert_eq!((reply.status, &*reply.rc()), (404, "117"), "{path}");
    }
    for path in ["/api/", "/api/v1/bill", "/api/v1/nothing", "/api/../docs"] {
        let reply = get(&server, path, &[BROWSER]);
        assert_eq!((reply.status, &*reply.rc()), (404, "117"), "{path}");
    }
    let mut connection = Connection::open(server.port).unwrap();
    let reply = connection.send("POST", "/docs", &[BROWSER], b"").unwrap();
    assert_eq!((reply.status, &*reply.rc()), (404, "117"));
}

#[test]
fn language_and_colours_are_remembered() {
    let home = Home::new();
    let server = home.start(&[]);
    let asked = get(&server, "/docs?lang=en&theme=dark", &["Accept-Language: id"]);
    assert!(body(&asked).contains("<html lang=\"en\" data-theme=\"dark\">"));
    let cookie = asked.header("set-cookie").unwrap();
    assert!(cookie.starts_with("lang=en; ") && cookie.contains("HttpOnly"), "{cookie}");
    let later = get(&server, "/docs", &["Accept-Language: id", "Cookie: lang=en; theme=dark"]);
    assert!(body(&later).contains("<html lang=\"en\" data-theme=\"dark\">"));
    assert_eq!(later.header("set-cookie"), None);
    assert_eq!(later.header("vary"), Some("Accept-Language, Cookie"));
}

#[test]
fn the_commands_of_the_first_page_pay_a_bill() {
    let home = Home::new();
    let server = home.start(&[]);
    let page = get(&server, "/", &[]);
    let shell = |id: &str| {
        let code = between(body(&page), &format!("id=\"{id}\">"), "</code>").next().map(plain);
        code.unwrap_or_else(|| panic!("no {id}"))
    };
    let steps = ["curl-inquiry", "curl-payment", "curl-payment", "curl-status", "curl-receipt"];
    let script: String = steps.map(shell).concat();
    let done = Command::new("sh").args(["-ec", &script]).current_dir(home.data()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told = String::from_utf8(done.stdout).unwrap();
    let codes: Vec<_> = between(&told, "\"response_code\":\"", "\"").collect();
    // The second is not an inquiry: the payment is sent twice.
    assert_eq!(codes, ["00", "00", "01", "00"], "{told}");
    let receipt = std::fs::read(home.data().join("receipt.pdf")).unwrap();
    assert!(receipt.starts_with(b"%PDF"), "{}", String::from_utf8_lossy(&receipt));
    std::fs::remove_file(home.data().join("receipt.pdf")).unwrap();
    drop(server);
    home.audit();
}

#[test]
fn the_commands_of_a_tutorial_fetch_and_run_it() {
    let home = Home::new();
    let server = home.start(&[]);
    let page = get(&server, "/docs/tutorials/curl", &[]);
    let script = between(body(&page), "id=\"shell\">", "</code>").next().map(plain).unwrap();
    let folder = home.data().join("tutorial");
    std::fs::create_dir(&folder).unwrap();
    let done = Command::new("sh").args(["-ec", &script]).current_dir(&folder).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{told}{}", String::from_utf8_lossy(&done.stderr));
    let listed = home.operate(&["payment", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2, "{told}");
    std::fs::remove_dir_all(&folder).unwrap();
    drop(server);
    home.audit();
}

#[test]
fn every_form_starts_from_a_request_that_pays() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let families: Vec<_> = domain::Family::all().collect();
    for family in families {
        let page = get(&server, &format!("/docs/products/{}", family.name()), &[]);
        let bodies = between(body(&page), "<textarea", "</textarea>");
        let mut bodies = bodies.map(|area| plain(area.split_once('>').unwrap().1));
        let (inquiry, payment) = (bodies.next().unwrap(), bodies.next().unwrap());
        let mut send = |text: &str, field: &str, value: String| {
            let mut request: Value = serde_json::from_str(text).unwrap();
            request["username"] = USERNAME.into();
            request["sign"] = partner.sign(&value).into();
            request[field] = value.into();
            let bytes = request.to_string().into_bytes();
            let json = "Content-Type: application/json";
            partner.connection.send("POST", CHECK, &[json], &bytes).unwrap()
        };
        let inquired = send(&inquiry, "ref_id", format!("form-{}", family.name()));
        assert_eq!(inquired.rc(), "00", "{inquiry}: {inquired:?}");
        let paid = send(&payment, "tr_id", inquired.tr_id().to_string());
        assert_eq!(paid.rc(), "00", "{payment}: {paid:?}");
    }
}

/// The visible text of an HTML text.
fn plain(html: &str) -> String {
    let entities =
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    entities.iter().fold(html.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

#[test]
fn production_serves_the_portal_if_it_is_enabled_and_shows_no_key() {
    let home = Home::new();
    // The sandbox makes the partner and its key.
    drop(home.start(&[]));
    for (enabled, status) in [("false", 404), ("true", 200)] {
        let server = home.started(home.production_after_sandbox(&[("portal.enabled", enabled)]));
        let reply = get(&server, "/", &[BROWSER]);
        assert_eq!(reply.status, status);
        assert!(!body(&reply).contains(API_KEY));
        assert_eq!(get(&server, "/livez", &[]).status, 200);
        has_an_icon(&server);
    }
}

/// Browsers ask for the icon next to everything that is not a page, with or without a portal.
fn has_an_icon(server: &Server) {
    let icon = get(server, "/favicon.ico", &["Accept: image/*"]);
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/svg+xml")));
    assert!(body(&icon).starts_with("<svg"));
}
