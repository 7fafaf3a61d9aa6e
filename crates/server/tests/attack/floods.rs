//! Too many requests from one client: it gets 429, and others are not affected.

use std::fs;
use std::thread;

use iak_protocol::sign;

use crate::attack_server::{AttackServer, connect_from, serves_the_honest};
use crate::client::{CHECK, Connection, Partner, Reply};
use crate::server::{API_KEY, USERNAME};

const OTHER: &str = "089999999999";
const OTHER_KEY: &str = "another-key-5e5e";
const ELSEWHERE: &str = "127.0.0.9";
const WRONG: &str = "00000000000000000000000000000000";

/// A check status with this username from this address of the machine.
fn status(attack: &AttackServer, from: &str, username: &str, sign: &str) -> Reply {
    let mut connection = Connection::over(connect_from(from, attack.server.port));
    let body = format!(
        r#"{{"commands":"checkstatus","username":"{username}","ref_id":"r","sign":"{sign}"}}"#
    );
    connection.send("POST", CHECK, &["Content-Type: application/json"], body.as_bytes()).unwrap()
}

fn signed(attack: &AttackServer, from: &str) -> Reply {
    status(attack, from, USERNAME, sign(USERNAME, API_KEY, "cs").as_str())
}

/// 429 with RC 33 and the seconds to wait.
fn is_too_often(reply: &Reply) -> bool {
    let wait: Option<u64> = reply.header("retry-after").and_then(|wait| wait.parse().ok());
    reply.status == 429 && reply.rc() == "33" && wait.is_some_and(|wait| (1..=60).contains(&wait))
}

#[test]
fn whoever_guesses_signatures_is_stopped_and_no_other() {
    let attack = AttackServer::start(&[
        ("limits.wrong_signatures_per_minute_per_partner", "5"),
        ("limits.wrong_signatures_per_minute_per_address", "20"),
    ]);
    for _ in 0..5 {
        assert_eq!(status(&attack, ELSEWHERE, USERNAME, WRONG).rc(), "100");
    }
    // From here on no signature is checked, not even a correct one.
    assert!(is_too_often(&status(&attack, ELSEWHERE, USERNAME, WRONG)));
    assert!(is_too_often(&signed(&attack, ELSEWHERE)));
    assert_eq!(signed(&attack, "127.0.0.1").rc(), "06", "the partner itself is elsewhere");
    // Unknown usernames are counted like known ones.
    for n in 0..15 {
        assert_eq!(status(&attack, ELSEWHERE, &format!("nobody-{n}"), WRONG).rc(), "100");
    }
    assert!(is_too_often(&status(&attack, ELSEWHERE, "nobody-else", WRONG)));
    // Receipts use the same signatures, so they do not bypass the limit.
    let path = format!("/api/v1/download/1/1?username={USERNAME}&sign={WRONG}");
    let mut connection = Connection::over(connect_from(ELSEWHERE, attack.server.port));
    assert!(is_too_often(&connection.send("GET", &path, &[], b"").unwrap()));
    assert!(attack.server.counted("lunas_requests_total", r#"code="33""#) >= 3);
    attack.finish();
}

#[test]
fn no_partner_is_shut_out_from_an_address_on_its_own_list() {
    let attack = AttackServer::start(&[
        ("limits.wrong_signatures_per_minute_per_partner", "3"),
        ("limits.wrong_signatures_per_minute_per_address", "5"),
    ]);
    let listed = ["--allow", "127.0.0.1", "--allow", "127.0.0.8"];
    attack.home.operate(&[&["partner", "set", USERNAME][..], &listed].concat());
    // Another client behind the same address guesses, with this partner's name and others.
    for n in 0..50 {
        status(&attack, "127.0.0.8", &format!("nobody-{n}"), WRONG);
        status(&attack, "127.0.0.8", USERNAME, WRONG);
        assert_eq!(signed(&attack, "127.0.0.8").rc(), "06", "after {n} guesses");
    }
    assert!(is_too_often(&status(&attack, "127.0.0.8", "nobody", WRONG)));
    // At another address the allow-list does not help.
    for _ in 0..3 {
        assert_eq!(status(&attack, ELSEWHERE, USERNAME, WRONG).rc(), "100");
    }
    assert!(is_too_often(&signed(&attack, ELSEWHERE)));
    attack.finish();
}

#[test]
fn an_address_that_floods_waits_and_the_others_are_served() {
    let attack = AttackServer::start(&[
        ("limits.requests_per_second_per_address", "200"),
        ("limits.requests_burst_per_address", "400"),
    ]);
    let refused = thread::scope(|scope| {
        let flooding: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let stream = connect_from(ELSEWHERE, attack.server.port);
                    let mut connection = Connection::over(stream);
                    let told =
                        (0..500).map(|_| connection.send("POST", CHECK, &[], b"{}").unwrap());
                    told.filter(is_too_often).count()
                })
            })
            .collect();
        for _ in 0..10 {
            serves_the_honest(&attack.server);
        }
        flooding.into_iter().map(|flood| flood.join().unwrap()).sum::<usize>()
    });
    assert!(refused > 1_000, "{refused}");
    assert!(attack.server.counted("lunas_requests_turned_away", "") >= refused as u64);
    attack.finish();
}

#[test]
fn a_partner_that_floods_waits_and_the_others_are_served() {
    let attack = AttackServer::start(&[
        ("limits.requests_per_second_per_partner", "100"),
        ("limits.requests_burst_per_partner", "200"),
    ]);
    let file = attack.home.file("other-key");
    fs::write(&file, OTHER_KEY).unwrap();
    let file = file.to_str().unwrap();
    attack.home.operate(&["partner", "add", "--username", OTHER, "--api-key-file", file]);
    let mut other = Partner::connect(attack.server.port, OTHER, OTHER_KEY).unwrap();
    let told = (0..1_000).map(|_| other.status("r"));
    let refused = told.filter(is_too_often).count();
    assert!(refused > 500, "{refused}");
    serves_the_honest(&attack.server);
    attack.finish();
}

/// The memory for clients that come once is limited.
#[test]
fn a_flood_of_names_fills_no_memory() {
    let attack = AttackServer::start(&[("limits.wrong_signatures_per_minute_per_address", "0")]);
    thread::scope(|scope| {
        for worker in 0..4 {
            let attack = &attack;
            scope.spawn(move || {
                let mut partner = attack.server.partner();
                for n in 0..5_000 {
                    let body = format!(
                        r#"{{"commands":"checkstatus","username":"n-{worker}-{n}","ref_id":"r","sign":"x"}}"#
                    );
                    assert_eq!(partner.post(CHECK, &body).rc(), "100");
                }
            });
        }
    });
    attack.finish();
}
