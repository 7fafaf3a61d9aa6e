//! The page on which a partner sets its callback address and sees its callbacks.

use ::portal::callbacks::{AGAIN, PATH};

use super::receiver::{Answers, Receiver};
use super::{callback_state, pending, succeed, wait_until};
use crate::report::{HERE, get, html, post, token};
use crate::server::{API_KEY, Home, USERNAME};
use crate::sign_in::browser::Browser;
use crate::sign_in::{BEHIND, PASSWORD};

/// The fields that a browser sends.
fn encoded(url: &str) -> String {
    url.replace(':', "%3A").replace('/', "%2F").replace('?', "%3F").replace('=', "%3D")
}

#[test]
fn the_page_sets_the_address_shows_the_deliveries_and_sends_again() {
    let (home, receiver) = (Home::new(), Receiver::new(&[Answers::Status(500)]));
    let server = home.start(&[]);
    let page = get(&server, PATH);
    assert!(html(&page).contains("class=\"empty\""));
    let token = token(&page);
    let body = format!("token={token}&url={}", encoded(&receiver.url()));
    for lines in [&[][..], &["Sec-Fetch-Site: cross-site"]] {
        assert_eq!(post(&server, PATH, lines, &body).status, 403);
    }
    let set = post(&server, PATH, &[HERE], &body);
    assert_eq!((set.status, set.header("location")), (303, Some(PATH)));
    assert!(html(&get(&server, PATH)).contains(&receiver.url()), "the partner sees it whole");

    let wrong = post(&server, PATH, &[HERE], &format!("token={token}&url=ftp%3A%2F%2F%3Cb%3E"));
    assert_eq!(wrong.status, 422);
    assert!(html(&wrong).contains("ftp://&#60;b&#62;") && html(&wrong).contains("role=\"alert\""));

    let tr_id = pending(&mut server.partner(), "page");
    succeed(&home, tr_id);
    receiver.wait(1);
    receiver.answer(Answers::Status(200));
    let again = format!("token={token}&tr_id={tr_id}");
    assert_eq!(post(&server, AGAIN, &[HERE], &again).status, 303);
    wait_until(&home, tr_id, "delivered");
    assert!(html(&get(&server, PATH)).contains("HTTP status 200"));
    assert!(html(&get(&server, &format!("/report/{tr_id}"))).contains("HTTP status 200"));
    let unknown = post(&server, AGAIN, &[HERE], &format!("token={token}&tr_id=1"));
    assert_eq!(unknown.status, 404);

    let off = post(&server, PATH, &[HERE], &format!("token={token}&url="));
    assert_eq!(off.status, 303);
    assert!(!html(&get(&server, PATH)).contains("geheim"));
    assert_eq!(callback_state(&home, tr_id), "delivered");
}

#[test]
fn in_production_a_signed_in_partner_can_set_only_a_public_address() {
    let home = Home::new();
    home.init();
    home.fed(&["partner", "add", "--username", USERNAME, "--api-key-stdin"], API_KEY);
    home.fed(&["partner", "password", USERNAME], &format!("{PASSWORD}\n"));
    let server = home.started(home.production(&[BEHIND, ("portal.enabled", "true")]));
    assert_eq!(get(&server, PATH).header("location"), Some("/sign-in"));
    let mut browser = Browser::new(&server);
    assert_eq!(browser.sign_in(USERNAME, PASSWORD, "").status, 303);
    let token = browser.token(PATH);
    for (url, status) in [
        ("https://127.0.0.1/callback", 422),
        ("http://example.com/callback", 422),
        ("https://example.com/callback", 303),
    ] {
        let body = format!("token={token}&url={}", encoded(url));
        assert_eq!(browser.post(PATH, &body).status, status, "{url}");
    }
    let shown = home.operate(&["partner", "show", USERNAME]);
    assert_eq!(shown["callback"]["origin"], "https://example.com");
}
