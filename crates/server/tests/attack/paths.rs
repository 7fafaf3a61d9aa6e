//! Unknown paths, queries and methods, and paths to receipts of others.

use crate::attack_server::{AttackServer, GUESSING, fire, is_end, tells_nothing};
use crate::client::{CHECK, Connection, Reply};
use crate::server::{API_KEY, USERNAME};

/// Paths that GET must not find, however they are interpreted.
const UNKNOWN: &[&str] = &[
    "//",
    "/.",
    "/..",
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/..%5c..%5cwindows",
    "/%00",
    "/%",
    "/%zz",
    "/%ff%fe",
    "/livez/",
    "/livez/..",
    "/livez%20",
    "/livez%00",
    "/LIVEZ",
    "//livez",
    "/./livez",
    "/metrics/",
    "/metrics;x",
    "/metrics%2f",
    "/api",
    "/api/v1",
    "/api/v1/",
    "/api/v1/bill",
    "/api//v1/bill/check",
    "/api/v1/bill/check/x/y",
    "/api/v1/download",
    "/api/v1/download/",
    "/api/v1/download/1/2",
    "/api/v1/download/1/1/1",
    "/api/v1/download/1/",
    "/admin",
    "/.env",
    "/.git/config",
    "/lunas.db",
    "/master.key",
    "/lunas.sock",
    "/index.php?x=../../etc/passwd",
    "/%0d%0aX-Injected:%20y",
    "*",
    "http://elsewhere.example/x",
    "/{tr_id}",
    "/\\..\\windows",
    "/\"",
    "/^",
    "livez",
    "/|",
];

/// Values for the `tr_id` in a receipt's path. Every number is answered 102, whether it exists or
/// not.
const RECEIPTS: &[&str] = &[
    "0",
    "-1",
    "+1",
    "01",
    "1.0",
    "1e0",
    "0x1",
    "%31x",
    "1%00",
    "1%20",
    "%ff",
    "%e0%80%af",
    "%",
    "%zz",
    "..",
    "%2e%2e",
    "..%2f..%2fmetrics",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999999",
    "%d9%a1",
    "%ef%bc%91",
    "null",
    "1;2",
    "1,2",
    "1'--",
    "1%27%20OR%201=1",
    "{tr_id}",
    "*",
];

/// Targets that are not valid URIs: the HTTP layer refuses them.
const NO_TARGETS: &[&str] = &["/?<script>alert(1)</script>", "/<", "/`id`", ""];

/// Queries for an existing receipt. All fail, because none has a valid signature.
const QUERIES: &[&str] = &[
    "username={u}",
    "sign={s}",
    "username={u}&sign=",
    "username=&sign={s}",
    "username={u}&sign={s}x",
    "username={u}&sign=00000000000000000000000000000000",
    "username={u}%00&sign={s}",
    "username={u}%20&sign={s}",
    "username=%ff&sign={s}",
    "username={u}&sign=%ff",
    "username={u}&username={u}&sign={s}",
    "username={u}&sign={s}&sign={s}",
    "username[]={u}&sign[]={s}",
    "username={u};sign={s}",
    "USERNAME={u}&SIGN={s}",
    "=&=&=",
    "&&&&",
    "%",
    "%zz=%zz",
    "username=%&sign=%",
    "sign={s}&username=other",
];

/// Methods that our paths do not support.
const METHODS: &[(&str, &str)] = &[
    ("GET", CHECK),
    ("PUT", CHECK),
    ("PATCH", CHECK),
    ("DELETE", CHECK),
    ("OPTIONS", CHECK),
    ("TRACE", CHECK),
    ("TRACK", CHECK),
    ("DEBUG", CHECK),
    ("PROPFIND", CHECK),
    ("post", CHECK),
    ("POSTX", CHECK),
    ("GET", "/api/v1/bill/check/pdam"),
    ("POST", "/livez"),
    ("POST", "/readyz"),
    ("DELETE", "/metrics"),
    ("TRACE", "/metrics"),
    ("PUT", "/api/v1/download/1"),
    ("DELETE", "/api/v1/download/1/1"),
];

pub(crate) fn cases() -> usize {
    UNKNOWN.len() + NO_TARGETS.len() + 2 * RECEIPTS.len() + 2 * QUERIES.len() + METHODS.len()
}

/// The server treats this machine as a stranger, so nobody sees a receipt without a signature.
const BEHIND_A_PROXY: (&str, &str) = ("server.trusted_proxies", "127.0.0.1");
const STRANGER: &str = "X-Forwarded-For: 203.0.113.9";

/// Every answer has the API's format (XML for receipts), and shows no internal details.
fn refused(attack: &AttackServer, name: &str, reply: &Reply) -> String {
    tells_nothing(reply, name);
    assert_eq!(reply.header("x-injected"), None, "{name}");
    let content_type = reply.header("content-type");
    if !OURS.contains(&content_type.unwrap_or_default()) {
        attack.check(name, content_type, Some(OURS[0]));
        return String::from_utf8_lossy(&reply.body).into_owned();
    }
    let code = reply.rc();
    let of_receipt = name.starts_with("/api/v1/download/") && code != "117";
    attack.check(name, content_type, Some(OURS[usize::from(of_receipt)]));
    code
}

/// The formats of the API.
const OURS: [&str; 2] = ["application/json", "application/xml"];

#[test]
fn a_path_that_is_none_of_ours_leads_nowhere() {
    let attack = AttackServer::start(&[BEHIND_A_PROXY]);
    for path in UNKNOWN {
        let mut connection = Connection::open(attack.server.port).unwrap();
        for method in ["GET", "POST"] {
            let reply = connection.send(method, path, &[STRANGER], b"").unwrap();
            attack.check(path, &*refused(&attack, path, &reply), "117");
            attack.check(path, [404, 405].contains(&reply.status), true);
        }
    }
    attack.finish();
}

#[test]
fn a_target_that_is_no_uri_ends_its_connection() {
    let attack = AttackServer::start(&[]);
    for target in NO_TARGETS {
        let replies = fire(attack.server.port, format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes());
        let told: Vec<(u16, usize)> = replies.iter().map(|r| (r.status, r.body.len())).collect();
        attack.check(target, told, vec![(400, 0)]);
    }
    attack.finish();
}

#[test]
fn a_method_that_a_path_does_not_have_does_nothing() {
    let attack = AttackServer::start(&[]);
    for (method, path) in METHODS {
        let mut connection = Connection::open(attack.server.port).unwrap();
        let reply = connection.send(method, path, &[], b"").unwrap();
        attack.check(method, (reply.status, &*refused(&attack, path, &reply)), (405, "117"));
    }
    attack.finish();
}

#[test]
fn a_receipt_is_shown_to_nobody_who_guesses() {
    let attack = AttackServer::start(&[BEHIND_A_PROXY, GUESSING]);
    let mut partner = attack.server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let mut get = |path: &str| partner.connection.send("GET", path, &[STRANGER], b"").unwrap();
    for number in RECEIPTS {
        for rest in ["", "/1"] {
            let path = format!("/api/v1/download/{number}{rest}");
            let code = refused(&attack, &path, &get(&path));
            let is_number = number.parse::<i64>().is_ok();
            let must = if is_number { &["102"][..] } else { &["06", "117"] };
            attack.check(&format!("{path}: {code}"), must.contains(&&*code), true);
        }
    }
    let sign = iak_protocol::sign(USERNAME, API_KEY, &format!("{tr_id}receipt"));
    for query in QUERIES {
        let query = query.replace("{u}", USERNAME).replace("{s}", sign.as_str());
        for rest in ["", "/1"] {
            let path = format!("/api/v1/download/{tr_id}{rest}?{query}");
            let code = refused(&attack, &path, &get(&path));
            attack.check(&format!("{path}: {code}"), ["100", "102", "107"].contains(&&*code), true);
        }
    }
    let signed = format!("/api/v1/download/{tr_id}/1?username={USERNAME}&sign={sign}");
    assert_eq!(get(&signed).status, 200);
    attack.finish();
}

#[test]
fn a_long_or_strange_target_is_refused_and_the_next_one_served() {
    let attack = AttackServer::start(&[]);
    let long = |length: usize| format!("/{}", "x".repeat(length));
    let many = (0..1_000).map(|n| format!("a{n}=1&")).collect::<String>();
    for (path, statuses) in [
        (long(15_000), &[404][..]),
        (long(70_000), &[414, 431]),
        (format!("/api/v1/download/{}", "9".repeat(15_000)), &[200]),
        (format!("/api/v1/download/1/1?{many}"), &[200]),
        (format!("/api/v1/bill/check/{}", "%2f".repeat(4_000)), &[405]),
        ("/".repeat(15_000), &[404]),
    ] {
        let mut connection = Connection::open(attack.server.port).unwrap();
        let name = &path[..path.len().min(60)];
        match connection.send("GET", &path, &[], b"") {
            Ok(reply) => assert!(statuses.contains(&reply.status), "{name}: {}", reply.status),
            Err(error) => {
                assert!(is_end(&error) && statuses[0] >= 414, "{name}: {error}")
            }
        }
    }
    for (count, status) in [(90, 200), (101, 431), (2_000, 431)] {
        let mut connection = Connection::open(attack.server.port).unwrap();
        let headers: Vec<String> = (0..count).map(|n| format!("X-{n}: y")).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        assert_eq!(connection.send("GET", "/", &headers, b"").unwrap().status, status, "{count}");
    }
    attack.finish();
}

#[test]
fn a_price_list_of_a_strange_type_is_empty() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner();
    for kind in ["%2e%2e", "%00", "pdam%20", "PDAM", "'", "%ff", "1;2", "*"] {
        let command =
            iak_protocol::Command::PriceList { status: Default::default(), province: None };
        let reply = partner.ask_at(&format!("/api/v1/bill/check/{kind}"), command).unwrap();
        tells_nothing(&reply, kind);
        attack.check(kind, reply.header("content-type"), Some("application/json"));
        attack.check(kind, reply.body.len() < 200, true);
    }
    attack.finish();
}

/// Mutations of all of the above: each is refused, or asks for a receipt without permission.
/// `LUNAS_FUZZ_EXECUTIONS` sets the number.
#[test]
fn any_path_and_query_is_answered_in_peace() {
    let executions = std::env::var("LUNAS_FUZZ_EXECUTIONS").ok().map(|text| text.parse().unwrap());
    let attack = AttackServer::start(&[BEHIND_A_PROXY, GUESSING]);
    let receipts = RECEIPTS.iter().map(|number| format!("/api/v1/download/{number}/1"));
    let queries = QUERIES.iter().map(|query| format!("/api/v1/download/1?{query}"));
    let unknown = UNKNOWN.iter().map(|path| (*path).to_owned());
    let seeds: Vec<Vec<u8>> =
        receipts.chain(queries).chain(unknown).map(String::into_bytes).collect();
    let mut mutator = fuzz::mutation::Mutator::new(&seeds, 1);
    let mut connection = Connection::open(attack.server.port).unwrap();
    for _ in 0..executions.unwrap_or(10_000) {
        // Line ends are removed, so that every input is one target.
        let target = mutator.next_input().iter().filter(|byte| **byte > b' ').copied();
        let target: Vec<u8> = target.take(2_000).collect();
        let head = format!("HTTP/1.1\r\nHost: lunas\r\n{STRANGER}\r\n\r\n");
        let request = [b"GET ", &target[..], b" ", head.as_bytes()].concat();
        let told = connection.write(&request).and_then(|()| connection.reply());
        let name = String::from_utf8_lossy(&target);
        match told {
            Ok(reply) => {
                tells_nothing(&reply, &name);
                let ours = OURS.contains(&reply.header("content-type").unwrap_or_default());
                let served = ["/livez", "/readyz"].iter().any(|path| name.contains(path));
                let is_page = reply.header("content-security-policy").is_some();
                attack.check(&name, ours || served || is_page || reply.status == 400, true);
                if ours || served || is_page {
                    continue;
                }
            }
            Err(error) => attack.check(&name, is_end(&error), true),
        }
        connection = Connection::open(attack.server.port).unwrap();
    }
    attack.finish();
}
