//! When a session is valid, and when it ends.

use super::browser::{FORM, cookies};
use super::{BEHIND, Browser, OTHER, PASSWORD, html, set_password, with_password};
use crate::cluster::Cluster;
use crate::server::{Home, USERNAME, wait_for};

#[test]
fn the_session_cookie_is_limited_to_tls_this_host_and_this_site() {
    let (_home, server) = with_password(&[]);
    let mut browser = Browser::new(&server);
    let form = browser.get("/sign-in");
    let entered = browser.sign_in(USERNAME, PASSWORD, "");
    for (reply, name) in [(&form, "__Host-lunas-form="), (&entered, "__Host-lunas=")] {
        let cookie = cookies(reply).find(|cookie| cookie.starts_with(name)).unwrap();
        let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
        assert_eq!(attributes, ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"], "{cookie}");
    }
    assert_eq!(form.header("cache-control"), Some("no-store"));
    let policy = form.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
}

#[test]
fn without_tls_there_is_no_form_and_no_session() {
    let (home, server) = with_password(&[]);
    let mut browser = Browser::new(&server);
    let token = browser.token("/sign-in");
    browser.scheme = "http";
    let page = browser.get("/sign-in");
    assert_eq!(page.status, 403);
    assert!(html(&page).contains("https://") && !html(&page).contains("name=\"password\""));
    assert_eq!(browser.submit(&token, USERNAME, PASSWORD, "").status, 403);
    assert!(!browser.has_session());
    // A browser that has not kept the form's cookie gets a message, because it will not keep the
    // session's.
    browser.scheme = "https";
    browser.cookies.clear();
    let page = browser.submit(&token, USERNAME, PASSWORD, "");
    assert_eq!(page.status, 403);
    assert!(html(&page).contains("localhost") && !browser.has_session());
    assert!(!home.log().contains(PASSWORD));
}

#[test]
fn another_site_cannot_sign_a_browser_in_or_out() {
    let (_home, server) = with_password(&[]);
    let mut browser = Browser::new(&server);
    let token = browser.token("/sign-in");
    for site in [
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "Sec-Fetch-Site: none",
        "Origin: https://attacker.example",
        "Origin: http://portal.example",
        "Origin: null",
        "X-None: none",
    ] {
        browser.site = site;
        assert_eq!(browser.submit(&token, USERNAME, PASSWORD, "").status, 403, "{site}");
        assert!(!browser.has_session());
    }
    browser.site = "Origin: https://portal.example";
    assert_eq!(browser.submit("0", USERNAME, PASSWORD, "").status, 403, "another token");
    assert_eq!(browser.submit(&token, USERNAME, PASSWORD, "").status, 303);
    let token = browser.token("/report");
    browser.site = "Sec-Fetch-Site: cross-site";
    assert_eq!(browser.post("/sign-out", &format!("token={token}")).status, 403);
    browser.site = "Sec-Fetch-Site: same-origin";
    let other = {
        let mut other = Browser::new(&server);
        other.sign_in(USERNAME, PASSWORD, "");
        other.token("/report")
    };
    assert_ne!(other, token, "a token is of one session");
    assert_eq!(browser.post("/sign-out", &format!("token={other}")).status, 403);
    assert_eq!(browser.post("/sign-out", "").status, 403);
    assert_eq!(browser.get("/report").status, 200);
}

#[test]
fn a_sign_in_replaces_a_cookie_that_was_set_before() {
    let (home, server) = with_password(&[]);
    home.operate(&["partner", "add", "--username", "0899"]);
    let done = home.fed(&["partner", "password", "0899"], OTHER);
    assert!(done.status.success());
    let mut attacker = Browser::new(&server);
    assert_eq!(attacker.sign_in("0899", OTHER, "").status, 303);
    let (given, token) = (attacker.session().to_owned(), attacker.token("/report"));
    for planted in ["", "chosen", &given] {
        let mut victim = Browser::new(&server);
        // The form is loaded first, because a signed-in user does not see it.
        let form = victim.token("/sign-in");
        victim.set_session(planted);
        assert_eq!(victim.submit(&form, USERNAME, PASSWORD, "").status, 303, "{planted}");
        assert!(victim.session() != planted && victim.session().len() > 100);
        assert_ne!(victim.token("/report"), token);
        assert!(html(&victim.get("/report")).contains(USERNAME));
    }
    assert!(html(&attacker.get("/report")).contains("0899"));
}

#[test]
fn a_modified_or_foreign_cookie_is_no_session() {
    let (home, server) = with_password(&[]);
    let mut browser = Browser::new(&server);
    browser.sign_in(USERNAME, PASSWORD, "");
    let cookie = browser.session().to_owned();
    let (elsewhere, others) = with_password(&[]);
    let mut there = Browser::new(&others);
    there.sign_in(USERNAME, PASSWORD, "");
    let swapped = |place: usize| {
        let digit = if cookie.as_bytes()[place] == b'0' { "1" } else { "0" };
        format!("{}{digit}{}", &cookie[..place], &cookie[place + 1..])
    };
    let bad = [
        swapped(0),
        swapped(60),
        swapped(cookie.len() - 1),
        cookie[2..].to_owned(),
        format!("{cookie}00"),
        browser.cookies.get(FORM).cloned().unwrap_or_default(),
        there.session().to_owned(),
    ];
    for bad in bad {
        browser.set_session(&bad);
        assert_eq!(browser.get("/report").status, 403, "{bad}");
        assert!(!html(&browser.get("/")).contains("/sign-out"), "{bad}");
    }
    browser.set_session(&cookie);
    assert_eq!(browser.get("/report").status, 200);
    drop((elsewhere, others, home));
}

#[test]
fn a_session_expires() {
    for key in ["portal.session_idle", "portal.session_longest"] {
        let (_home, server) = with_password(&[(key, "2s")]);
        let mut browser = Browser::new(&server);
        browser.sign_in(USERNAME, PASSWORD, "");
        let cookie = browser.session().to_owned();
        wait_for("the end of the session", || {
            browser.set_session(&cookie);
            (browser.get("/report/fragment").status == 403).then_some(())
        });
    }
}

#[test]
fn changed_sign_in_data_ends_all_sessions_and_so_does_a_suspension() {
    let (home, server) = with_password(&[]);
    let signed_in = |password: &str| {
        let mut browser = Browser::new(&server);
        assert_eq!(browser.sign_in(USERNAME, password, "").status, 303);
        assert_eq!(browser.get("/report").status, 200);
        browser
    };
    let (mut first, mut second) = (signed_in(PASSWORD), signed_in(PASSWORD));
    set_password(&home, OTHER);
    for browser in [&mut first, &mut second] {
        assert_eq!(browser.get("/report").status, 403, "a new password");
    }
    assert_eq!(Browser::new(&server).sign_in(USERNAME, PASSWORD, "").status, 422);
    let mut browser = signed_in(OTHER);
    home.operate(&["partner", "sign-out", USERNAME]);
    assert_eq!(browser.get("/report").status, 403, "signed out by the operator");
    let mut browser = signed_in(OTHER);
    home.operate(&["partner", "suspend", USERNAME]);
    assert_eq!(browser.get("/report").status, 403, "suspended");
    let refused = Browser::new(&server).sign_in(USERNAME, OTHER, "");
    assert_eq!(refused.status, 403);
    home.operate(&["partner", "resume", USERNAME]);
    assert_eq!(browser.get("/report").status, 200);
    home.operate(&["partner", "password", USERNAME, "--remove"]);
    assert_eq!(browser.get("/report").status, 403, "no password");
    assert_eq!(Browser::new(&server).sign_in(USERNAME, OTHER, "").status, 422);
}

#[test]
fn a_session_is_valid_on_every_node_and_ends_on_every_node() {
    let cluster = Cluster::start();
    let home = Home::on(cluster.database());
    let first = home.start(&[BEHIND]);
    let beside = home.beside();
    let nodes = [first, beside.start(&[BEHIND])];
    set_password(&home, PASSWORD);
    let mut browser = Browser::new(&nodes[0]);
    assert_eq!(browser.sign_in(USERNAME, PASSWORD, "").status, 303);
    let mut there = browser.at(&nodes[1]);
    wait_for("the other node to know the password", || {
        (there.get("/report").status == 200).then_some(())
    });
    assert_eq!(browser.token("/report"), there.token("/report"));
    let token = there.token("/report");
    assert_eq!(there.post("/sign-out", &format!("token={token}")).status, 303);
    wait_for("the end of the session on the first node", || {
        (browser.get("/report").status == 403).then_some(())
    });
    drop(nodes);
}
