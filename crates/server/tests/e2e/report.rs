//! The sandbox report, used as by a browser.

use crate::client::{CHECK, Connection, Reply};
use crate::server::{DEPOSIT, Home, Server};

const BROWSER: &str = "Accept: text/html";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
pub(crate) const HERE: &str = "Sec-Fetch-Site: same-origin";

/// A customer number whose payment stays pending.
const PENDS: &str = "8801234560007";

fn ask(server: &Server, host: &str, method: &str, path: &str, lines: &[&str], body: &str) -> Reply {
    let mut connection = Connection::open(server.port).unwrap();
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{lines}\r\n"
    );
    connection.write(format!("{head}{body}").as_bytes()).unwrap();
    connection.reply().unwrap()
}

pub(crate) fn get(server: &Server, path: &str) -> Reply {
    ask(server, &format!("127.0.0.1:{}", server.port), "GET", path, &[BROWSER], "")
}

pub(crate) fn post(server: &Server, path: &str, lines: &[&str], body: &str) -> Reply {
    let lines: Vec<&str> = [&[FORM], lines].concat();
    ask(server, &format!("127.0.0.1:{}", server.port), "POST", path, &lines, body)
}

pub(crate) fn html(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}

pub(crate) fn token(page: &Reply) -> String {
    let (_, rest) = html(page).split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn transactions_are_listed_filtered_and_paged() {
    let home = Home::new();
    let server = home.start(&[]);
    assert!(html(&get(&server, "/report")).contains("class=\"empty\""));
    let mut partner = server.partner();
    for number in 0..27 {
        partner.inquire("BPJS", PENDS, &format!("listed-{number:02}"));
    }
    let first = get(&server, "/report");
    assert_eq!(html(&first).matches("listed-").count(), 25);
    assert!(html(&first).contains("Rp 52.300") && html(&first).contains("listed-26"));
    let (_, older) = html(&first).split_once("href=\"/report?before=").unwrap();
    let second = get(&server, &format!("/report?before={}", older.split('"').next().unwrap()));
    assert_eq!(html(&second).matches("listed-").count(), 2);
    for (query, found) in [
        ("ref_id=listed-03", 2), // once in its field
        ("ref_id=listed-99", 1),
        ("state=paid", 0),
        ("state=inquired", 25),
        ("code=PLNPOSTPAID", 0),
        ("hp=88012", 25),
        ("hp=99", 0),
        ("date=2001-01-01", 0),
    ] {
        let page = get(&server, &format!("/report?{query}"));
        assert_eq!(html(&page).matches("listed-").count(), found, "{query}");
    }
    let part = get(&server, "/report/fragment?state=inquired");
    assert!(html(&part).contains("listed-26") && !html(&part).contains("<html"));
}

#[test]
fn a_button_resolves_a_pending_payment() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    for (outcome, rc) in [("success", "00"), ("failed", "37")] {
        let ref_id = format!("ended-{outcome}");
        let tr_id = partner.inquire("BPJS", PENDS, &ref_id).tr_id();
        assert_eq!(partner.pay(tr_id).rc(), "39");
        let path = format!("/report/{tr_id}");
        let page = get(&server, &path);
        assert!(html(&page).contains("hold") && html(&page).contains("&#34;39&#34;"));
        let body = format!("token={}&outcome={outcome}", token(&page));
        let done = post(&server, &path, &[HERE], &body);
        assert_eq!((done.status, done.header("location")), (303, Some(&*path)));
        assert_eq!(partner.status(&ref_id).rc(), rc);
        let again = post(&server, &path, &[HERE], &body);
        assert_eq!(again.status, 409);
        let receipt = get(&server, &format!("{path}/receipt"));
        let is_paid = outcome == "success";
        assert_eq!(receipt.status, if is_paid { 200 } else { 404 });
        assert_eq!(receipt.body.starts_with(b"%PDF"), is_paid);
    }
    drop(server);
    home.audit();
}

#[test]
fn a_form_adds_a_deposit_and_explains_a_wrong_amount() {
    let home = Home::new();
    let server = home.start(&[]);
    let token = token(&get(&server, "/report"));
    for wrong in
        ["", "0", "-1", "%2B1", "1.5", "1e4", "1000000001", "99999999999999999999", "%3Cb%3E"]
    {
        let body = format!("token={token}&amount={wrong}");
        let page = post(&server, "/report/deposit", &[HERE], &body);
        assert_eq!(page.status, 422, "{wrong}");
        assert!(html(&page).contains("aria-invalid") && !html(&page).contains("<b>"), "{wrong}");
    }
    assert_eq!(home.deposit().0, DEPOSIT);
    let done = post(&server, "/report/deposit", &[HERE], &format!("token={token}&amount=1000"));
    assert_eq!((done.status, done.header("location")), (303, Some("/report")));
    assert_eq!(home.deposit().0, DEPOSIT + 1000);
}

#[test]
fn other_sites_and_strangers_cannot_read_the_report_or_submit_its_forms() {
    let home = Home::new();
    let server = home.start(&[]);
    let token = token(&get(&server, "/report"));
    let origin = format!("Origin: http://127.0.0.1:{}", server.port);
    let (good, bad) = (format!("token={token}&amount=1000"), "token=0&amount=1000".to_owned());
    for (lines, body) in [
        (vec![], &good),
        (vec!["Sec-Fetch-Site: cross-site"], &good),
        (vec!["Sec-Fetch-Site: same-site"], &good),
        (vec!["Sec-Fetch-Site: cross-site", &origin], &good),
        (vec!["Origin: http://attacker.example"], &good),
        (vec!["Origin: null"], &good),
        (vec![HERE], &bad),
    ] {
        assert_eq!(post(&server, "/report/deposit", &lines, body).status, 403, "{lines:?}");
    }
    for path in ["/report", "/report/fragment", "/report/1"] {
        let reply = ask(&server, "attacker.example", "GET", path, &[BROWSER], "");
        assert_eq!(reply.status, 403);
        assert!(!html(&reply).contains(&token));
    }
    assert_eq!(home.deposit().0, DEPOSIT);
    assert_eq!(post(&server, "/report/deposit", &[&origin], &good).status, 303);
    drop(server);
    let server = home.started(home.production_after_sandbox(&[("portal.enabled", "true")]));
    let elsewhere = get(&server, "/report");
    assert_eq!((elsewhere.status, elsewhere.header("location")), (303, Some("/sign-in")));
    for path in ["/report/deposit", "/report/1"] {
        assert_eq!(post(&server, path, &[&origin], &good).status, 403, "{path}");
    }
    assert!(!html(&get(&server, "/")).contains("/report"));
}

#[test]
fn requests_are_shown_as_sent_including_refused_ones() {
    let home = Home::new();
    let server = home.start(&[]);
    assert!(html(&get(&server, "/report/requests")).contains("class=\"empty\""));
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PENDS, "as-sent").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    let wrong =
        r#"{"commands":"checkstatus","username":"081234567890","ref_id":"as-sent","sign":"0"}"#;
    let json = "Content-Type: application/json";
    let reply = partner.connection.send("POST", CHECK, &[json], wrong.as_bytes()).unwrap();
    assert_eq!(reply.rc(), "100");

    let shown = |text: &str| text.replace('"', "&#34;");
    let all = get(&server, "/report/requests");
    assert_eq!(html(&all).matches("<details>").count(), 3);
    assert!(html(&all).contains(&shown(wrong)), "{}", html(&all));
    let answer = std::str::from_utf8(&reply.body).unwrap();
    assert!(html(&all).contains(&shown(answer)), "{}", html(&all));
    // The history shows the requests about it; an unsigned request is about no transaction.
    let story = get(&server, &format!("/report/{tr_id}"));
    assert_eq!(html(&story).matches("<details>").count(), 2);
    assert!(html(&story).contains("inq-pasca") && html(&story).contains("pay-pasca"));
    drop((server, partner));
    let server = home.start(&[]);
    assert!(html(&get(&server, "/report/requests")).contains("class=\"empty\""));
}

#[test]
fn the_page_moves_the_clock_and_switches_scenarios_and_the_report_says_so() {
    let home = Home::new();
    let server = home.start(&[]);
    let page = get(&server, "/report/scenarios");
    assert_eq!(page.status, 200);
    for name in
        ["slow-answer", "lost-answer", "late-success", "maintenance", "cut-off", "low-deposit"]
    {
        let (_, row) =
            html(&page).split_once(&format!("<code>{name}</code><div class=\"note\">")).unwrap();
        assert!(!row.starts_with('<'), "{name} is not explained");
    }
    assert!(!html(&get(&server, "/report")).contains("id=\"sandbox-bar\""));
    let token = token(&page);
    let done = |path: &str, fields: &str| {
        let reply = post(&server, path, &[HERE], &format!("token={token}&{fields}"));
        assert_eq!((reply.status, reply.header("location")), (303, Some("/report/scenarios")));
    };
    done("/report/scenarios", "name=maintenance&how=next");
    let banner = get(&server, "/report");
    assert!(html(&banner).contains("id=\"sandbox-bar\"") && html(&banner).contains("maintenance"));
    assert_eq!(server.partner().inquire("BPJS", PENDS, "page").rc(), "110");
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", PENDS, "page").tr_id();
    done("/report/clock", "move=day");
    assert_eq!(partner.pay(tr_id).rc(), "04");
    done("/report/clock", "move=to&time=23%3A30");
    let english = get(&server, "/report/scenarios?lang=en");
    assert!(html(&english).contains("23:30:") && html(&english).contains("ahead by"));
    done("/report/scenarios", "name=cut-off&how=until-off");
    done("/report/scenarios", "name=cut-off&how=off");

    let tr_id = partner.inquire("BPJS", PENDS, "open").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "39");
    for (path, fields, status) in [
        ("/report/clock", "move=back", 409),
        ("/report/clock", "move=to&time=%3Cb%3E", 409),
        ("/report/clock", "move=sideways", 400),
        ("/report/clock", "time=23%3A30", 400),
        ("/report/scenarios", "name=%3Cb%3E&how=next", 409),
        ("/report/scenarios", "name=cut-off&how=next", 409),
        ("/report/scenarios", "name=maintenance&how=often", 400),
    ] {
        let reply = post(&server, path, &[HERE], &format!("token={token}&{fields}"));
        assert_eq!(reply.status, status, "{path} {fields}");
        assert!(!html(&reply).contains("<b>"), "{fields}");
    }
    // While a payment is open all scenarios end, but the clock does not move.
    done("/report/scenarios", "name=maintenance&how=until-off");
    let fields = format!("token={token}&back=%2Fdocs");
    let refused = post(&server, "/report/scenarios/off", &[HERE], &fields);
    assert!(refused.status == 409 && html(&refused).contains("no payment is open"));
    assert!(
        html(&refused).contains("id=\"sandbox-bar\"")
            && !html(&refused).contains(">maintenance</span>")
    );
    home.operate(&["payment", "resolve", &tr_id.to_string(), "--failed", "--reason", "test"]);
    for (back, to) in [
        ("%2Fdocs%2Fcodes%2F17", "/docs/codes/17"),
        ("%2F", "/"),
        ("", "/report/scenarios"),
        ("%2F%2Fattacker.example", "/report/scenarios"),
        ("%2F%5Cattacker.example", "/report/scenarios"),
        ("https%3A%2F%2Fattacker.example", "/report/scenarios"),
        ("%2Fdocs%0D%0ASet-Cookie%3A+a=b", "/report/scenarios"),
    ] {
        done("/report/scenarios", "name=maintenance&how=until-off");
        done("/report/clock", "move=hour");
        let fields = format!("token={token}&back={back}");
        let reply = post(&server, "/report/scenarios/off", &[HERE], &fields);
        assert_eq!((reply.status, reply.header("location")), (303, Some(to)), "{back}");
        for path in ["/", "/report", "/docs/codes/110"] {
            assert!(!html(&get(&server, path)).contains("id=\"sandbox-bar\""), "{path}");
        }
    }
    drop(server);
    home.audit();
}

#[test]
fn no_other_site_moves_the_clock_and_production_has_no_such_page() {
    let home = Home::new();
    let server = home.start(&[]);
    let token = token(&get(&server, "/report/scenarios"));
    for (path, fields) in [
        ("/report/clock", "move=day"),
        ("/report/scenarios", "name=maintenance&how=until-off"),
        ("/report/scenarios/off", "back=%2F"),
    ] {
        let good = format!("token={token}&{fields}");
        for (lines, body) in [
            (vec![], good.clone()),
            (vec!["Sec-Fetch-Site: cross-site"], good),
            (vec![HERE], format!("token=0&{fields}")),
        ] {
            assert_eq!(post(&server, path, &lines, &body).status, 403, "{path} {lines:?}");
        }
    }
    let stranger = ask(&server, "attacker.example", "GET", "/report/scenarios", &[BROWSER], "");
    assert!(stranger.status == 403 && !html(&stranger).contains(&token));
    assert_eq!(server.partner().inquire("BPJS", PENDS, "still").rc(), "00");
    drop(server);
    let server = home.started(home.production_after_sandbox(&[("portal.enabled", "true")]));
    assert_eq!(get(&server, "/report/scenarios").header("location"), Some("/sign-in"));
    for path in ["/report/clock", "/report/scenarios"] {
        assert_eq!(post(&server, path, &[HERE], "move=day").status, 403);
    }
}

#[test]
fn a_button_restores_the_full_balance() {
    let home = Home::with_deposit(1_000_000_000);
    let server = home.start(&[]);
    let reset = "type=\"hidden\" name=\"amount\" value=\"";
    assert!(!html(&get(&server, "/report")).contains(reset));
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let page = get(&server, "/report");
    let spent = html(&page).split_once(reset).unwrap().1.split('"').next().unwrap();
    assert_eq!(spent, "52300");
    let body = format!("token={}&amount={spent}", token(&page));
    assert_eq!(post(&server, "/report/deposit", &[HERE], &body).status, 303);
    assert_eq!(home.deposit(), (1_000_000_000, 0));
    assert!(!html(&get(&server, "/report")).contains(reset));
}
