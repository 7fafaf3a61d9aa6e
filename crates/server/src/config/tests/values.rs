//! Values that are refused, and the error messages.

use super::*;

#[test]
fn a_wrong_value_is_reported_with_key_value_origin_and_expectation() {
    let told = messages(&environment([("LUNAS_SERVER__HEAD_DEADLINE", "10 parsecs")]));
    assert_eq!(
        told,
        [
            r#"server.head_deadline = "10 parsecs" (from LUNAS_SERVER__HEAD_DEADLINE): expected a duration such as "500ms", "10s" or "5m", from 100ms to 1m"#
        ]
    );

    let file = TestFile::new("wrong", "[log]\nlevel = 'loud'\n");
    let told = messages(&file.sources());
    let path = file.0.display();
    assert_eq!(
        told,
        [format!(
            r#"log.level = "loud" (from {path}): expected "error" or "warn" or "info" or "debug" or "trace""#
        )]
    );

    let flags = vec![flag("--readers", "store.readers", "many")];
    let told = messages(&Sources { flags, ..Sources::default() });
    assert_eq!(
        told,
        [r#"store.readers = "many" (from --readers): expected a whole number from 1 to 256"#]
    );
}

#[test]
fn a_value_out_of_range_is_refused() {
    for (key, within, beyond) in [
        ("server.max_connections", ["1000", "1000000"], ["0", "1000001"]),
        ("server.max_connections_per_address", ["1", "10000"], ["0", "1000001"]),
        ("server.head_deadline", ["100ms", "1m"], ["99ms", "60001ms"]),
        ("server.body_deadline", ["100ms", "1m"], ["99ms", "60001ms"]),
        ("server.idle_deadline", ["1s", "1h"], ["999ms", "3601s"]),
        ("server.write_deadline", ["100ms", "1m"], ["99ms", "60001ms"]),
        ("server.linger_deadline", ["100ms", "1m"], ["99ms", "60001ms"]),
        ("server.linger_limit", ["64KiB", "1024MiB"], ["65535B", "1025MiB"]),
        ("server.head_limit", ["8KiB", "1MiB"], ["8191B", "1048577B"]),
        ("server.shutdown_deadline", ["0s", "10m"], ["-1s", "601s"]),
        ("store.batch_limit", ["1", "8192"], ["0", "65537"]),
        ("store.queue_limit", ["1024", "1000000"], ["0", "1000001"]),
        ("store.readers", ["1", "256"], ["0", "257"]),
        ("store.least_free_space", ["0B", "1048576MiB"], ["-1B", "1048577MiB"]),
        ("store.audit_at_start", ["true", "false"], ["yes", "1"]),
        ("store.drop_unpaid_after", ["0s", "48h"], ["47h", "87601h"]),
        ("gateway.biller_deadline", ["100ms", "29999ms"], ["99ms", "30s"]),
        ("gateway.resolver_first_ask", ["100ms", "5m"], ["99ms", "601s"]),
        ("gateway.resolver_longest_wait", ["1s", "24h"], ["99ms", "25h"]),
        ("sandbox.latency", ["0ms", "1m"], ["-1ms", "61s"]),
        ("sandbox.seed", ["0", "9223372036854775807"], ["-1", "9223372036854775808"]),
        ("sandbox.pending_after", ["0s", "24h"], ["-1s", "25h"]),
        ("sandbox.stop_polling_after", ["0s", "2160h"], ["-1s", "2161h"]),
        ("sandbox.trust_not_found_after", ["0s", "24h"], ["-1s", "25h"]),
        ("limits.requests_per_second", ["0", "1000000"], ["-1", "1000001"]),
        ("limits.requests_burst", ["0", "0"], ["-1", "1000001"]),
        ("limits.requests_per_second_per_address", ["0", "1000000"], ["-1", "1000001"]),
        ("limits.requests_burst_per_address", ["0", "1000000"], ["-1", "1000001"]),
        ("limits.requests_per_second_per_partner", ["0", "1000000"], ["-1", "1000001"]),
        ("limits.requests_burst_per_partner", ["0", "1000000"], ["-1", "1000001"]),
        ("limits.wrong_signatures_per_minute_per_address", ["0", "1000000"], ["-1", "1000001"]),
        ("limits.wrong_signatures_per_minute_per_partner", ["0", "1000000"], ["-1", "1000001"]),
        ("limits.wrong_passwords_per_address", ["0", "1000000"], ["-1", "1000001"]),
        ("limits.wrong_passwords_per_partner", ["0", "100000"], ["-1", "100001"]),
        ("limits.wrong_passwords_within", ["1s", "24h"], ["999ms", "25h"]),
        ("portal.session_idle", ["1s", "24h"], ["999ms", "25h"]),
        ("portal.session_longest", ["1s", "720h"], ["999ms", "721h"]),
        ("limits.requests_in_flight", ["1", "1000000"], ["0", "1000001"]),
        ("limits.commands_waiting", ["1", "1000000"], ["0", "1000001"]),
        ("receipt.issuer", ["a", &"é".repeat(60)], ["", &"a".repeat(61)]),
        ("receipt.issuer", ["Ω", "Ж"], ["Toko 王", "🏪"]),
        ("receipt.footer", ["", &"é".repeat(200)], ["two\nlines", &"a".repeat(201)]),
        ("receipt.footer", ["Terima kasih.", "…"], ["شكرا", "🙏"]),
        ("alerts.low_deposit", ["0", "1000000000000"], ["-1", "1000000000001"]),
        ("store.data", [".", "/srv"], ["", "a\0b"]),
    ] {
        let set =
            |value: &str| Sources { flags: vec![flag("--set", key, value)], ..Sources::default() };
        for value in within {
            assert!(Config::load(&set(value)).is_ok(), "{key} = {value:?}");
        }
        for value in beyond {
            let wrong = problems(&set(value));
            assert!(
                matches!(&wrong[..], [Problem::Wrong { key: wrong, .. }] if wrong == key),
                "{key} = {value:?}: {wrong:?}"
            );
        }
    }
}

#[test]
fn values_that_do_not_fit_together_are_refused() {
    for (one, other, told) in [
        (
            ("LUNAS_SERVER__TLS_CERTIFICATE_FILE", "cert.pem"),
            ("LUNAS_SERVER__TLS_KEY_FILE", ""),
            "server.tls_key_file = \"\" (from LUNAS_SERVER__TLS_KEY_FILE): \
             expected a path, as the certificate has one",
        ),
        (
            ("LUNAS_SERVER__TLS_CERTIFICATE_FILE", ""),
            ("LUNAS_SERVER__TLS_KEY_FILE", "key.pem"),
            "server.tls_certificate_file = \"\" (from LUNAS_SERVER__TLS_CERTIFICATE_FILE): \
             expected a path, as the private key has one",
        ),
        (
            ("LUNAS_SERVER__MAX_CONNECTIONS", "10"),
            ("LUNAS_SERVER__MAX_CONNECTIONS_PER_ADDRESS", "11"),
            "server.max_connections_per_address = 11 \
             (from LUNAS_SERVER__MAX_CONNECTIONS_PER_ADDRESS): \
             expected at most server.max_connections",
        ),
        (
            ("LUNAS_STORE__BATCH_LIMIT", "10"),
            ("LUNAS_STORE__QUEUE_LIMIT", "9"),
            "store.queue_limit = 9 (from LUNAS_STORE__QUEUE_LIMIT): \
             expected at least store.batch_limit",
        ),
        (
            ("LUNAS_GATEWAY__RESOLVER_FIRST_ASK", "2s"),
            ("LUNAS_GATEWAY__RESOLVER_LONGEST_WAIT", "1s"),
            "gateway.resolver_longest_wait = \"1s\" (from LUNAS_GATEWAY__RESOLVER_LONGEST_WAIT): \
             expected at least gateway.resolver_first_ask",
        ),
        (
            ("LUNAS_LIMITS__REQUESTS_PER_SECOND_PER_PARTNER", "0"),
            ("LUNAS_LIMITS__REQUESTS_BURST_PER_PARTNER", "5"),
            "limits.requests_burst_per_partner = 5 \
             (from LUNAS_LIMITS__REQUESTS_BURST_PER_PARTNER): \
             expected 0, as limits.requests_per_second_per_partner sets no limit",
        ),
    ] {
        assert_eq!(messages(&environment([one, other])), [told]);
    }
}

#[test]
fn a_wrong_value_does_not_also_break_a_rule() {
    let file =
        TestFile::new("rule", "[server]\ntls_certificate_file = 'cert.pem'\ntls_key_file = 5\n");
    let told = messages(&file.sources());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("server.tls_key_file = 5 "), "{told:?}");

    let told = messages(&environment([
        ("LUNAS_STORE__BATCH_LIMIT", "many"),
        ("LUNAS_STORE__QUEUE_LIMIT", "9"),
    ]));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("store.batch_limit = \"many\" "), "{told:?}");
}

#[test]
fn a_problem_is_one_line_without_control_characters() {
    let told = messages(&environment([("LUNAS_RECEIPT__ISSUER", "a\nb\u{1b}\u{9b}")]));
    assert_eq!(
        told,
        [concat!(
            r#"receipt.issuer = "a\nb\u{1b}\u{9b}" (from LUNAS_RECEIPT__ISSUER): "#,
            "expected one line of 1 to 60 characters"
        )]
    );
}

#[test]
fn all_errors_are_reported_at_once() {
    let file =
        TestFile::new("all", "[server]\nlisten = 'here'\nlisen = 'there'\n[log]\nlevel = 3\n");
    let sources = Sources {
        file: Some(file.0.clone()),
        flags: vec![flag("--readers", "store.readers", "0")],
        ..environment([("LUNAS_STORE_DATA", "/srv"), ("LUNAS_LOG__REQUESTS", "yes")])
    };
    let told = Config::load(&sources).unwrap_err().to_string();
    let path = file.0.display();
    let expected = [
        "the configuration is not valid:".to_owned(),
        format!("  server.lisen (from {path}): no such key; did you mean server.listen?"),
        "  LUNAS_STORE_DATA: no such key; did you mean LUNAS_STORE__DATA?".to_owned(),
        format!(
            r#"  server.listen = "here" (from {path}): expected an IP address and port such as "127.0.0.1:8080" or "[::1]:8080""#
        ),
        "  store.readers = 0 (from --readers): expected a whole number from 1 to 256".to_owned(),
        format!(
            r#"  log.level = 3 (from {path}): expected "error" or "warn" or "info" or "debug" or "trace""#
        ),
        r#"  log.requests = "yes" (from LUNAS_LOG__REQUESTS): expected true or false"#.to_owned(),
    ];
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_refused() {
    use std::os::unix::ffi::OsStringExt;

    let variable = |name: &[u8]| Sources {
        environment: vec![(
            OsString::from_vec(name.to_vec()),
            OsString::from_vec(b"/\xff".to_vec()),
        )],
        ..Sources::default()
    };
    assert_eq!(
        messages(&variable(b"LUNAS_STORE__DATA")),
        ["store.data = \"/\u{fffd}\" (from LUNAS_STORE__DATA): expected UTF-8 text"]
    );
    assert_eq!(messages(&variable(b"LUNAS_\xff")), ["LUNAS_\u{fffd}: no such key"]);
    assert!(Config::load(&variable(b"OTHER_\xff")).is_ok());
}

#[test]
fn a_value_of_another_kind_is_refused() {
    for (text, key) in [
        ("[server]\nlisten = 8080", "server.listen"),
        ("[server]\nlisten = { port = 8080 }", "server.listen"),
        ("[server]\ntrusted_proxies = '10.0.0.0/8'", "server.trusted_proxies"),
        ("[server]\ntrusted_proxies = ['proxy']", "server.trusted_proxies"),
        ("[server]\nmax_connections = '5000'", "server.max_connections"),
        ("[server]\nmax_connections = 5000.0", "server.max_connections"),
        ("[server]\nhead_deadline = 10", "server.head_deadline"),
        ("[server]\nhead_limit = 16384", "server.head_limit"),
        ("[sandbox]\nenabled = 'true'", "sandbox.enabled"),
        ("[sandbox]\nenabled = 1", "sandbox.enabled"),
        ("[receipt]\nissuer = 2026-11-22", "receipt.issuer"),
    ] {
        let file = TestFile::new("kind", text);
        let wrong = problems(&file.sources());
        assert!(
            matches!(&wrong[..], [Problem::Wrong { key: wrong, .. }] if wrong == key),
            "{text}: {wrong:?}"
        );
    }
}
