//! The people of a partner sign in to the portal, and others try to.

pub(crate) mod browser;
mod codes;
mod guesses;
mod sessions;

use std::collections::BTreeSet;

use browser::Browser;

use crate::client::Reply;
use crate::portal::between;
use crate::server::{API_KEY, Home, Server, USERNAME};

pub(crate) const PASSWORD: &str = "kanari horse battery";
const OTHER: &str = "kanari another staple";

/// The configuration of a server behind a proxy that terminates TLS.
pub(crate) const BEHIND: (&str, &str) = ("server.trusted_proxies", "127.0.0.1");

/// A sandbox whose partner has a password.
fn with_password(config: &[(&str, &str)]) -> (Home, Server) {
    let home = Home::new();
    let server = home.start(&[&[BEHIND], config].concat());
    set_password(&home, PASSWORD);
    (home, server)
}

fn set_password(home: &Home, password: &str) {
    let done = home.fed(&["partner", "password", USERNAME], &format!("{password}\n"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn html(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}

/// Whether a password, a code's secret or a cookie is in the logs of this home's servers.
fn assert_not_logged(home: &Home, secrets: &[&str]) {
    let log = home.log();
    for secret in secrets {
        assert!(!secret.is_empty());
        assert_eq!(log.lines().find(|line| line.contains(secret)), None, "{secret} is in the log");
    }
}

#[test]
fn a_partner_signs_in_reads_what_is_its_own_and_signs_out() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let others = home.operate(&["partner", "add", "--username", "0899"]);
    let key = others["api_key"].as_str().unwrap();
    home.operate(&["deposit", "add", "0899", "1000000", "--no-reference"]);
    let mut other = crate::client::Partner::connect(server.port, "0899", key).unwrap();
    let others_tr_id = other.inquired("BPJS", "8801234560006").tr_id();
    drop(server);

    let portal = [BEHIND, ("portal.enabled", "true"), ("log.level", "trace")];
    let server = home.started(home.production_after_sandbox(&portal));
    set_password(&home, PASSWORD);
    let mut browser = Browser::new(&server);
    let page = browser.get("/report");
    assert_eq!((page.status, page.header("location")), (303, Some("/sign-in")));
    assert!(html(&browser.get("/")).contains("href=\"/sign-in\""));
    let entered = browser.sign_in(USERNAME, PASSWORD, "");
    assert_eq!((entered.status, entered.header("location")), (303, Some("/report")));
    let cookie = browser.session().to_owned();

    let listing = browser.get("/report");
    assert_eq!((listing.status, listing.header("cache-control")), (200, Some("no-store")));
    let text = html(&listing);
    assert!(text.contains(&tr_id.to_string()) && !text.contains(&others_tr_id.to_string()));
    assert!(text.contains(USERNAME) && text.contains("action=\"/sign-out\""));
    assert!(!text.contains("/report/deposit") && !text.contains(API_KEY));
    let story = browser.get(&format!("/report/{tr_id}"));
    let shown = between(html(&story), "<div class=\"posting money\"><code>", "</code>");
    let shown: BTreeSet<&str> = shown.collect();
    assert_eq!(shown, BTreeSet::from(["available/1", "held/1"]), "only its own accounts");
    for hidden in ["float", "commission/", "<th scope=\"row\">pay<", "name=\"outcome\""] {
        assert!(!html(&story).contains(hidden), "{hidden}");
    }
    assert_eq!(browser.get(&format!("/report/{tr_id}/receipt")).status, 200);
    for path in [format!("/report/{others_tr_id}"), format!("/report/{others_tr_id}/receipt")] {
        assert_eq!(browser.get(&path).status, 404, "{path}");
    }
    let token = browser.token("/report");
    for (path, body) in [
        ("/report/deposit", format!("token={token}&amount=1000")),
        (&*format!("/report/{tr_id}"), format!("token={token}&outcome=failed")),
    ] {
        assert_eq!(browser.post(path, &body).status, 403, "{path}");
    }
    let first = browser.get("/");
    assert_eq!(first.header("cache-control"), Some("no-store"));
    assert!(html(&first).contains(USERNAME) && !html(&first).contains(API_KEY));

    let out = browser.post("/sign-out", &format!("token={token}"));
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
    assert!(!browser.has_session());
    browser.set_session(&cookie);
    assert_eq!(browser.get("/report").status, 303, "the cookie is worth nothing any more");
    assert_not_logged(&home, &[PASSWORD, &cookie, &token]);
    drop(server);
    home.audit();
}

/// The sandbox's controls are only for its own machine, also after a sign-in.
#[test]
fn in_a_sandbox_a_user_from_elsewhere_can_only_read() {
    let (home, server) = with_password(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560007").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    let mut browser = Browser::new(&server);
    assert_eq!(browser.sign_in(USERNAME, PASSWORD, "").status, 303);
    let story = format!("/report/{tr_id}");
    for page in ["/report", &*story] {
        let page = browser.get(page);
        assert_eq!(page.status, 200);
        for hidden in
            ["name=\"outcome\"", "/report/deposit", "/report/requests", "/report/scenarios"]
        {
            assert!(!html(&page).contains(hidden), "{hidden}");
        }
        assert!(!html(&page).contains(API_KEY));
    }
    let told = browser.get(::portal::callbacks::PATH);
    assert!(told.status == 200 && !html(&told).contains("name=\"url\""), "it reads this as well");
    for path in ["/report/requests", "/report/scenarios"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    let token = browser.token("/report");
    for (path, body) in [
        ("/report/deposit", "amount=1000"),
        (&*story, "outcome=failed"),
        (::portal::sandbox_controls::PATH, "name=slow&how=next"),
        (::portal::sandbox_controls::CLOCK, "move=hour"),
        (::portal::callbacks::PATH, "url=http://127.0.0.1:1/"),
    ] {
        assert_eq!(browser.post(path, &format!("token={token}&{body}")).status, 403, "{path}");
    }
    assert_eq!(home.deposit().0 + home.deposit().1, crate::server::DEPOSIT);
}

#[test]
fn a_failed_sign_in_reveals_nothing_and_keeps_the_username() {
    let (home, server) = with_password(&[]);
    home.operate(&["partner", "add", "--username", "0899"]);
    let mut pages = Vec::new();
    for (username, password) in [
        (USERNAME, OTHER),
        (USERNAME, ""),
        (USERNAME, API_KEY),
        ("0899", PASSWORD),
        ("0800-nobody", PASSWORD),
    ] {
        let mut browser = Browser::new(&server);
        let page = browser.sign_in(username, password, "");
        assert_eq!(page.status, 422, "{username} {password}");
        assert!(!browser.has_session());
        let text = html(&page).to_owned();
        assert!(text.contains(&format!("value=\"{username}\"")) && text.contains("role=\"alert\""));
        assert!(!text.contains(PASSWORD) && !text.contains(OTHER) && !text.contains(API_KEY));
        let token = browser.token("/sign-in");
        pages.push(text.replace(username, "").replace(&token, ""));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "all are told the same");
    let hostile = Browser::new(&server).sign_in("\"><script>alert(1)</script>", PASSWORD, "");
    assert!(!html(&hostile).contains("<script>alert"));
    assert_not_logged(&home, &[PASSWORD, OTHER, "0800-nobody"]);
}

#[test]
fn a_password_is_read_from_standard_input_and_a_short_one_is_refused() {
    let home = Home::new();
    let server = home.start(&[BEHIND]);
    for bad in ["", "eleven char", &"a".repeat(300)] {
        let done = home.fed(&["partner", "password", USERNAME], &format!("{bad}\n"));
        assert_eq!(done.status.code(), Some(1), "{bad:?}");
    }
    assert!(!home.command(&["partner", "password", USERNAME, PASSWORD]).status.success());
    assert!(home.refused(&["partner", "totp", USERNAME]).contains("partner password"));
    assert_eq!(Browser::new(&server).sign_in(USERNAME, "", "").status, 422);
    set_password(&home, PASSWORD);
    let shown = home.operate(&["partner", "show", USERNAME]);
    assert_eq!((&shown["password"], &shown["codes"]), (&true.into(), &false.into()));
    drop(server);
    // The database contains a hash of it.
    let files = ["lunas.db", "lunas.db-wal"].map(|name| home.data().join(name));
    let raw = files.map(|file| std::fs::read(file).unwrap_or_default()).concat();
    let holds = |text: &str| raw.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("$argon2id$v=19$m=19456,t=2,p=1$") && !holds(PASSWORD));
}
