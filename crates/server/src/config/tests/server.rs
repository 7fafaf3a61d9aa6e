//! The methods of the HTTP server's section.

use super::*;

#[test]
fn tls_and_the_master_key_come_from_files() {
    let config = config(&environment([
        ("LUNAS_SERVER__TLS_CERTIFICATE_FILE", "cert.pem"),
        ("LUNAS_SERVER__TLS_KEY_FILE", "key.pem"),
        ("LUNAS_SECURITY__MASTER_KEY_FILE", "/run/secrets/master.key"),
    ]));
    let tls = Tls { certificate_file: "cert.pem".into(), key_file: "key.pem".into() };
    assert_eq!(config.server.tls, Some(tls));
    assert_eq!(config.security.master_key_file, Some("/run/secrets/master.key".into()));
}

#[test]
fn only_a_listed_proxy_is_trusted() {
    let trusts = |proxies, peer: &str| {
        let config = config(&environment([("LUNAS_SERVER__TRUSTED_PROXIES", proxies)]));
        config.server.trusts(peer.parse().unwrap())
    };
    assert!(trusts("10.0.0.0/8", "10.1.2.3"));
    assert!(trusts("10.0.0.0/8", "::ffff:10.1.2.3"));
    assert!(trusts("192.0.2.1,fd00::/8", "fd12::1"));
    assert!(!trusts("10.0.0.0/8", "11.0.0.1"));
    assert!(!trusts("192.0.2.1", "192.0.2.2"));
    assert!(!trusts("", "127.0.0.1"));
}

#[test]
fn plain_http_is_public_on_a_public_address_without_tls() {
    let public = |listen| {
        let plain = [("LUNAS_SERVER__LISTEN", listen)];
        config(&environment(plain)).server.is_plain_in_public()
    };
    for listen in ["0.0.0.0:80", "[::]:80", "203.0.113.1:80", "[2001:db8::1]:80"] {
        assert!(public(listen), "{listen}");
    }
    for listen in
        ["127.0.0.1:80", "[::1]:80", "192.168.1.1:80", "[fd00::1]:80", "[::ffff:127.0.0.1]:80"]
    {
        assert!(!public(listen), "{listen}");
    }
    let with_tls = environment([
        ("LUNAS_SERVER__LISTEN", "0.0.0.0:443"),
        ("LUNAS_SERVER__TLS_CERTIFICATE_FILE", "cert.pem"),
        ("LUNAS_SERVER__TLS_KEY_FILE", "key.pem"),
    ]);
    assert!(!config(&with_tls).server.is_plain_in_public());
}
