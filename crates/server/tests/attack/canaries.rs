//! Keys and personal data are sent in every possible field and must not appear anywhere.

use crate::attack_server::{GUESSING, fire};
use crate::client::{CHECK, Partner};
use crate::server::{API_KEY, Home, USERNAME};

/// A customer with a bill, one without, and an identity number.
const HP: &str = "08784419365511";
const UNKNOWN_HP: &str = "0878441037";
const IDENTITY: &str = "3174KANARI0007";

/// A stranger's values for the fields of a partner.
const STRAY: &str = "kanari-stray-51c0";

/// Places for a text in a request, marked `{x}`.
const ROOMS: [&str; 14] = [
    "GET /{x} HTTP/1.1\r\n\r\n",
    "GET /livez?{x} HTTP/1.1\r\n\r\n",
    "GET /api/v1/download/{x} HTTP/1.1\r\n\r\n",
    "GET /api/v1/download/1?username={x}&sign={x} HTTP/1.1\r\n\r\n",
    "GET /api/v1/download/1?sign={x}&sign={x} HTTP/1.1\r\n\r\n",
    "POST /api/v1/bill/check/{x} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    "{x} / HTTP/1.1\r\n\r\n",
    "GET / {x}\r\n\r\n",
    "GET / HTTP/1.1\r\n{x}: {x}\r\n\r\n",
    "GET / HTTP/1.1\r\n{x}\r\n\r\n",
    "GET / HTTP/1.1\r\nAuthorization: Bearer {x}\r\nCookie: {x}={x}\r\n\r\n",
    "GET / HTTP/1.1\r\nX-Forwarded-For: {x}\r\nUser-Agent: {x}\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: {x}\r\n\r\n",
    "POST /api/v1/bill/check HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{x}\r\n{x}\r\n0\r\n\r\n",
];

/// Bodies with one error each and the text in every field and name.
const BODIES: [&str; 12] = [
    r#"{"commands":"{x}","username":"{x}","sign":"{x}"}"#,
    r#"{"commands":"checkstatus","username":"{x}","ref_id":"{x}","sign":"{x}"}"#,
    r#"{"commands":"checkstatus","username":"{x} ","ref_id":"{x};","sign":"{x}"}"#,
    r#"{"commands":"inq-pasca","username":"{u}","code":"{x}","hp":"{x};","ref_id":"1","sign":"{x}"}"#,
    r#"{"commands":"pay-pasca","username":"{u}","tr_id":"{x}","sign":"{x}"}"#,
    r#"{"{x}":1,"{x}":1}"#,
    r#"{"commands":{x}}"#,
    r#"{x}"#,
    "<mp><{x}>{x}</{x}></mp>",
    "<mp><hp>{x}</hp><hp>{x}</hp></mp>",
    "<mp a='{x}'>&{x};</mp>",
    "<!DOCTYPE {x}><mp>{x}",
];

#[test]
fn what_is_secret_or_personal_comes_out_nowhere() {
    let home = Home::new();
    let config = [
        ("log.level", "trace"),
        ("sandbox.made_up_bills", "true"),
        ("sandbox.hints", "true"),
        ("gateway.resolver_first_ask", "100ms"),
        GUESSING,
    ];
    let server = home.start(&config);
    let mut names = Vec::new();
    for mut partner in [server.partner(), server.partner().in_xml()] {
        names.extend(honest(&mut partner));
        for text in [STRAY, HP, IDENTITY, API_KEY] {
            for body in BODIES {
                let body = body.replace("{x}", text).replace("{u}", USERNAME);
                let reply = partner.post(CHECK, &body);
                let told = String::from_utf8_lossy(&reply.body).into_owned();
                // Only a duplicate field name is repeated in the answer, to its sender.
                assert!(text == API_KEY || !told.contains(API_KEY), "{body}: {told}");
            }
        }
    }
    for room in ROOMS {
        for text in [STRAY, HP, IDENTITY, API_KEY] {
            let request =
                room.replace("{x}", text).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
            for reply in fire(server.port, request.as_bytes()) {
                let told = String::from_utf8_lossy(&reply.body).into_owned();
                assert!(!told.contains(text), "{request}: {told}");
            }
        }
    }
    let metrics = server.metrics();
    let errors = mistakes(&home);
    server.signal("TERM");
    server.ended();

    let log = home.log();
    let master_key = std::fs::read_to_string(home.data().join("master.key")).unwrap();
    let known = [master_key.trim(), API_KEY, HP, UNKNOWN_HP, IDENTITY, STRAY].map(str::to_owned);
    for canary in known.into_iter().chain(names) {
        for (place, text) in [("log", &log), ("metrics", &metrics), ("errors", &errors)] {
            let line = text.lines().find(|line| line.contains(&canary));
            assert_eq!(line, None, "{canary} is in the {place}");
        }
    }
}

/// Inquires, pays and queries the status; returns the names in the answers.
fn honest(partner: &mut Partner) -> Vec<String> {
    let mut names = Vec::new();
    for (code, hp) in [("PGAS", HP), ("BPJS", "8801234560006"), ("BPJS", "8801234560007")] {
        let inquired = partner.inquired(code, hp);
        names.push(inquired.text("tr_name").unwrap());
        partner.pay(inquired.tr_id());
        partner.pay(inquired.tr_id());
        let query = partner.receipt_query(inquired.tr_id());
        partner.get(&format!("/api/v1/download/{}?{query}", inquired.tr_id()));
    }
    partner.inquire("PGAS", UNKNOWN_HP, "unknown");
    names
}

/// Error messages for an operator who makes mistakes with secrets.
fn mistakes(home: &Home) -> String {
    let key_file = home.file("key");
    std::fs::write(&key_file, format!("{STRAY} and more\n")).unwrap();
    let key_file = key_file.to_str().unwrap();
    let mistakes: [&[&str]; 5] = [
        &["partner", "add", "--username", USERNAME, "--api-key-file", key_file],
        &["partner", "add", "--username", "other", "--api-key-file", key_file],
        &["partner", "show", "nobody"],
        &["payment", "show", "999999999"],
        &["deposit", "add", USERNAME, "-1", "--no-reference"],
    ];
    let told = mistakes.map(|arguments| home.command(arguments));
    told.iter().map(|done| String::from_utf8_lossy(&done.stderr).into_owned()).collect()
}
