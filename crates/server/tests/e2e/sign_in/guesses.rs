//! Password guessing.

use super::{Browser, OTHER, PASSWORD, html, with_password};
use crate::server::{USERNAME, wait_for};

/// On a slow machine waits may end in between, but some attempt exceeds the limit.
fn until_locked(browser: &mut Browser, username: &str) -> crate::client::Reply {
    let attempts = (0..50).map(|_| browser.sign_in(username, OTHER, ""));
    let mut locked = attempts.skip_while(|page| page.status == 422);
    locked.next().expect("guessing ends")
}

#[test]
fn guessing_is_locked_out_and_the_answer_says_until_when() {
    let config = [("limits.wrong_passwords_per_partner", "3")];
    let (home, server) = with_password(&config);
    for username in [USERNAME, "0800-nobody"] {
        let mut guesser = Browser::new(&server);
        let locked = until_locked(&mut guesser, username);
        assert_eq!(locked.status, 429, "{username}");
        let wait: u64 = locked.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=300).contains(&wait), "{wait}");
        assert!(html(&locked).contains("Jakarta") && html(&locked).contains("role=\"alert\""));
        assert!(html(&locked).contains(&format!("value=\"{username}\"")));
        let right = guesser.sign_in(username, PASSWORD, "");
        assert_eq!(right.status, 429, "the right one does not count now either");
        assert!(!guesser.has_session());
    }
    // People at other addresses and the partner's programs are not locked out.
    let mut elsewhere = Browser::new(&server);
    elsewhere.address = "198.51.100.9";
    assert_eq!(elsewhere.sign_in(USERNAME, PASSWORD, "").status, 303);
    server.partner().inquired("BPJS", "8801234560001");
    // For each name three wrong passwords, then one that finds the lock, then the right one.
    for (outcome, times) in [("wrong", 6), ("locked", 4), ("entered", 1)] {
        let label = format!("outcome=\"{outcome}\"");
        assert_eq!(server.counted("lunas_sign_ins_total", &label), times, "{outcome}");
    }
    super::assert_not_logged(&home, &[PASSWORD, OTHER, elsewhere.session()]);
}

#[test]
fn a_lockout_expires() {
    let config =
        [("limits.wrong_passwords_per_partner", "3"), ("limits.wrong_passwords_within", "30s")];
    let (_home, server) = with_password(&config);
    let mut browser = Browser::new(&server);
    assert_eq!(until_locked(&mut browser, USERNAME).status, 429);
    wait_for("the end of the lock", || {
        let page = browser.sign_in(USERNAME, PASSWORD, "");
        (page.status == 303).then_some(())
    });
    assert_eq!(browser.get("/report").status, 200);
}

#[test]
fn guessing_many_names_locks_out_an_address_but_no_allow_listed_one() {
    let config = [
        ("limits.wrong_passwords_per_partner", "2"),
        ("limits.wrong_passwords_per_address", "4"),
        ("limits.wrong_passwords_within", "24h"),
    ];
    let (home, server) = with_password(&config);
    home.operate(&["partner", "set", USERNAME, "--allow", "198.51.100.0/24"]);
    let mut guesser = Browser::new(&server);
    for n in 0..4 {
        assert_eq!(guesser.sign_in(&format!("name{n}"), OTHER, "").status, 422, "{n}");
    }
    assert_eq!(guesser.sign_in("another", OTHER, "").status, 429);
    // From all addresses together the limit is ten times as high; the partner's own addresses are
    // still allowed.
    for n in 0..10 {
        let mut guesser = Browser::new(&server);
        guesser.address = [
            "192.0.2.1",
            "192.0.2.2",
            "192.0.2.3",
            "192.0.2.4",
            "192.0.2.5",
            "192.0.2.6",
            "192.0.2.7",
            "192.0.2.8",
            "192.0.2.9",
            "192.0.2.10",
        ][n];
        for _ in 0..2 {
            assert_eq!(guesser.sign_in(USERNAME, OTHER, "").status, 422);
        }
    }
    let mut stranger = Browser::new(&server);
    stranger.address = "192.0.2.99";
    assert_eq!(stranger.sign_in(USERNAME, PASSWORD, "").status, 429);
    let mut own = Browser::new(&server);
    own.address = "198.51.100.9";
    assert_eq!(own.sign_in(USERNAME, PASSWORD, "").status, 303);
}

#[test]
fn a_flood_of_sign_ins_does_not_stop_the_api() {
    let (_home, server) = with_password(&[
        ("limits.wrong_passwords_per_address", "0"),
        ("limits.wrong_passwords_per_partner", "0"),
    ]);
    let floods: Vec<_> = (0..24)
        .map(|_| {
            let mut browser = Browser::new(&server);
            let token = browser.token("/sign-in");
            std::thread::spawn(move || browser.submit(&token, USERNAME, OTHER, "").status)
        })
        .collect();
    server.partner().inquired("BPJS", "8801234560001");
    let told: Vec<u16> = floods.into_iter().map(|flood| flood.join().unwrap()).collect();
    assert!(told.iter().all(|status| matches!(status, 422 | 503)), "{told:?}");
    assert!(told.contains(&422));
    assert_eq!(Browser::new(&server).sign_in(USERNAME, PASSWORD, "").status, 303);
}
