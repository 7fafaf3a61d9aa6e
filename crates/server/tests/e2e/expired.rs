//! Forms that were open while the server restarted or the session ended: the typed values are kept,
//! and are carried out only when the user confirms.

use crate::client::Reply;
use crate::portal::between;
use crate::report::{HERE, get, html, post, token};
use crate::server::{DEPOSIT, Home, USERNAME};
use crate::sign_in::browser::Browser;
use crate::sign_in::{BEHIND, PASSWORD};

/// A customer number whose payment stays pending.
const PENDS: &str = "8801234560007";

/// The body of the form on the page for an expired form.
fn offered(page: &Reply) -> String {
    let form = between(html(page), "id=\"expired\"", "</form>").next().unwrap();
    let fields = between(form, "<input", ">").map(|input| {
        let attribute =
            |name: &str| between(input, name, "\"").next().unwrap_or_default().to_owned();
        (attribute("name=\""), attribute("value=\""))
    });
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[test]
fn after_a_restart_every_sandbox_form_can_be_submitted_again() {
    let home = Home::new();
    let server = home.start(&[]);
    let old = token(&get(&server, "/report"));
    let mut partner = server.partner();
    let mut pending = || {
        let tr_id = partner.inquired("BPJS", PENDS).tr_id();
        assert_eq!(partner.pay(tr_id).rc(), "39");
        tr_id
    };
    let (first, second) = (pending(), pending());
    drop((server, partner));

    let server = home.start(&[]);
    let story = format!("/report/{first}");
    let again = format!("tr_id={second}");
    let forms = [
        ("/report/deposit", "amount=1000", "/report"),
        ("/report/callbacks", "url=http%3A%2F%2F127.0.0.1%3A1%2F", "/report/callbacks"),
        ("/report/scenarios", "name=cut-off&how=until-off", "/report/scenarios"),
        ("/report/scenarios", "name=cut-off&how=off", "/report/scenarios"),
        ("/report/scenarios/off", "back=%2Fdocs%2Fcodes", "/docs/codes"),
        ("/report/clock", "move=to&time=23%3A30", "/report/scenarios"),
        (&*story, "outcome=success", &*story),
    ];
    for (path, fields, leads_to) in forms {
        let stale = format!("token={old}&{fields}");
        // A form from another site is refused, and none of it is repeated.
        for site in ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: null"] {
            let refused = post(&server, path, &[site], &stale);
            assert_eq!((refused.status, html(&refused)), (403, "403 Forbidden"), "{path} {site}");
        }
        let held = home.deposit();
        let page = post(&server, path, &[HERE], &stale);
        assert_eq!((page.status, page.header("cache-control")), (403, Some("no-store")), "{path}");
        assert!(html(&page).contains("kedaluwarsa") && !html(&page).contains(&old), "{path}");
        let fresh = token(&get(&server, "/report"));
        assert_eq!(offered(&page), format!("token={fresh}&{fields}"));
        assert_eq!(home.deposit(), held, "{path}: nothing is done before the button is pressed");
        let forged = post(&server, path, &["Sec-Fetch-Site: cross-site"], &offered(&page));
        assert_eq!((forged.status, html(&forged)), (403, "403 Forbidden"), "{path}");
        let done = post(&server, path, &[HERE], &offered(&page));
        assert_eq!((done.status, done.header("location")), (303, Some(leads_to)), "{path}");
    }
    // Now there is a callback that can be sent again.
    let page = post(&server, "/report/callbacks/again", &[HERE], &format!("token={old}&{again}"));
    assert_eq!(page.status, 403);
    assert!(offered(&page).ends_with(&again), "{}", offered(&page));
    let told = home.operate(&["partner", "show", USERNAME]);
    assert!(told["callback"]["origin"] == "http://127.0.0.1:1", "{told}");
    assert_eq!(home.deposit().0 + home.deposit().1, DEPOSIT + 1000 - price(&home));
    drop(server);
    home.audit();
}

/// The cost of the one payment that was set to success.
fn price(home: &Home) -> i64 {
    let listed = home.operate(&["payment", "list"]);
    let paid = listed.as_array().unwrap().iter().filter(|it| it["state"] == "paid");
    paid.map(|it| it["selling_price"].as_i64().unwrap()).sum()
}

#[test]
fn after_the_end_of_a_session_the_user_signs_in_and_continues() {
    let home = Home::new();
    drop(home.start(&[]));
    let done = home.fed(&["partner", "password", USERNAME], PASSWORD);
    assert!(done.status.success());
    let server = home.started(home.production_after_sandbox(&[BEHIND, ("portal.enabled", "true")]));
    let mut browser = Browser::new(&server);
    assert_eq!(browser.sign_in(USERNAME, PASSWORD, "").status, 303);
    let token = browser.token("/report/callbacks");
    let typed = "url=https%3A%2F%2Fexample.com%2Ftold";
    let stale = format!("token={token}&{typed}");
    let out = browser.post("/sign-out", &format!("token={token}"));
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));

    let page = browser.post("/report/callbacks", &stale);
    assert_eq!(page.status, 403);
    assert!(html(&page).contains("href=\"/sign-in\"") && !html(&page).contains(&token));
    assert_eq!(offered(&page), format!("token=&{typed}"));
    browser.site = "Sec-Fetch-Site: cross-site";
    let refused = browser.post("/report/callbacks", &stale);
    assert!(refused.status == 403 && !html(&refused).contains("example.com"));
    browser.site = HERE;
    // Nobody is signed in, so nobody needs to sign out.
    let out = browser.post("/sign-out", &format!("token={token}"));
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));

    assert_eq!(browser.sign_in(USERNAME, PASSWORD, "").status, 303);
    let page = browser.post("/report/callbacks", &offered(&page));
    assert_eq!(page.status, 403, "it is shown once more before it is done");
    let told = home.operate(&["partner", "show", USERNAME]);
    assert!(!told.to_string().contains("example.com"), "{told}");
    let fresh = browser.token("/report/callbacks");
    assert_eq!(offered(&page), format!("token={fresh}&{typed}"));
    let done = browser.post("/report/callbacks", &offered(&page));
    assert_eq!((done.status, done.header("location")), (303, Some("/report/callbacks")));
    let told = home.operate(&["partner", "show", USERNAME]);
    assert!(told.to_string().contains("https://example.com"), "{told}");
}
