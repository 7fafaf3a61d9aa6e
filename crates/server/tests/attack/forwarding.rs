//! Headers that name the client's address: trusted only from configured proxies.

use crate::attack_server::{AttackServer, tells_nothing};
use crate::client::{CHECK, Partner};
use crate::server::USERNAME;

/// The only allowed address of the partner.
const LISTED: &str = "203.0.113.7";

/// Headers, and whether the request is accepted behind a trusted proxy. Without a proxy none is.
const HEADERS: &[(&[&str], bool)] = &[
    (&[], false),
    (&["X-Forwarded-For: 203.0.113.7"], true),
    (&["x-forwarded-for: 203.0.113.7"], true),
    (&["X-Forwarded-For:   203.0.113.7  "], true),
    (&["X-Forwarded-For: 198.51.100.1, 203.0.113.7"], true),
    (&["X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.7"], true),
    (&["X-Forwarded-For: 203.0.113.7, 127.0.0.1"], true),
    (&["X-Forwarded-For: ::ffff:203.0.113.7"], true),
    (&["X-Forwarded-For: 203.0.113.7, 198.51.100.1"], false),
    (&["X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 198.51.100.1"], false),
    (&["X-Forwarded-For: 203.0.113.7,"], false),
    (&["X-Forwarded-For: 203.0.113.7:80"], false),
    (&["X-Forwarded-For: \"203.0.113.7\""], false),
    (&["X-Forwarded-For: 203.0.113.07"], false),
    (&["X-Forwarded-For: 203.113.7"], false),
    (&["X-Forwarded-For: 0xcb007107"], false),
    (&["X-Forwarded-For: 3405803783"], false),
    (&["X-Forwarded-For: 203.0.113.7 198.51.100.1"], false),
    (&["X-Forwarded-For: 203.0.113.7;198.51.100.1"], false),
    (&["X-Forwarded-For: localhost"], false),
    (&["X-Forwarded-For: unknown"], false),
    (&["X-Forwarded-For: \u{ff}"], false),
    (&["X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: "], false),
    (&["X_Forwarded_For: 203.0.113.7"], false),
    (&["X-Real-IP: 203.0.113.7"], false),
    (&["Forwarded: for=203.0.113.7"], false),
    (&["Client-IP: 203.0.113.7"], false),
    (&["True-Client-IP: 203.0.113.7"], false),
    (&["CF-Connecting-IP: 203.0.113.7"], false),
    (&["X-Client-IP: 203.0.113.7"], false),
    (&["X-Originating-IP: 203.0.113.7"], false),
    (&["X-Remote-Addr: 203.0.113.7"], false),
    (&["Host: 203.0.113.7"], false),
    (&["Via: 1.1 203.0.113.7"], false),
];

pub(crate) fn cases() -> usize {
    2 * HEADERS.len()
}

fn status(partner: &mut Partner, headers: &[&str]) -> String {
    let sign = partner.sign("cs");
    let body = format!(
        r#"{{"commands":"checkstatus","username":"{USERNAME}","ref_id":"r","sign":"{sign}"}}"#
    );
    let reply = partner.connection.send("POST", CHECK, headers, body.as_bytes()).unwrap();
    tells_nothing(&reply, &format!("{headers:?}"));
    reply.rc()
}

#[test]
fn nobody_is_believed_but_a_configured_proxy_and_its_own_word() {
    for (proxies, is_behind) in [("", false), ("10.0.0.0/8", false), ("127.0.0.1", true)] {
        let attack = AttackServer::start(&[("server.trusted_proxies", proxies)]);
        attack.home.operate(&["partner", "set", USERNAME, "--allow", LISTED]);
        let mut partner = attack.server.partner();
        for (headers, is_listed) in HEADERS {
            let must = if is_behind && *is_listed { "06" } else { "102" };
            attack.check(&format!("{headers:?}"), &*status(&mut partner, headers), must);
        }
        attack.home.operate(&["partner", "set", USERNAME, "--allow-any"]);
        attack.finish();
    }
}
