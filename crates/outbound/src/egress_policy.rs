//! Egress policy against SSRF: which addresses lunas calls because a partner named them. Hosts of the
//! public internet over TLS, and the networks that the operator trusts.

use std::net::IpAddr;

use domain::{CallbackUrl, Network};
use reqwest::Url;

/// Ranges of IPv4 that are nobody's on the public internet, by the registry of special-purpose addresses
/// (RFC 6890 and what followed).
const SPECIAL_IPV4: [&str; 16] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// Of IPv6 all that is public lies in here.
const GLOBAL_IPV6: &str = "2000::/3";

/// But for these: assignments of protocols, documentation, and 6to4, which leads to IPv4.
const SPECIAL_IPV6: [&str; 4] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/// This machine and its private networks.
const PRIVATE_RANGES: [&str; 6] =
    ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8"];

/// What may be called.
#[derive(Clone, Debug)]
pub struct EgressPolicy {
    /// Also without TLS.
    trusted: Vec<Network>,
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressDenied {
    /// The text is no URL of a web server.
    #[error("expected an address such as https://example.com/callback, of at most 1000 characters")]
    NotAUrl,
    /// The URL holds a username or a password.
    #[error("a callback address has no user name and no password; put a secret into its path")]
    Credentials,
    /// The URL is not https.
    #[error(
        "callbacks are sent over https only: name an https URL, or list the network of the host in \
         callbacks.trusted_networks, to which plain http is allowed (a sandbox that runs allows it to this \
         machine and to private networks)"
    )]
    Plain,
    /// The address is not on the public internet.
    #[error(
        "callbacks are sent to the public internet only, and to callbacks.trusted_networks; this \
         address is in neither"
    )]
    NotPublic,
    /// Found only when the name is resolved.
    #[error("the host has no address that may be called")]
    NoPublicAddress,
}

impl EgressPolicy {
    /// Allows the public internet over TLS, and `trusted` networks without TLS too.
    pub fn new(trusted: Vec<Network>) -> EgressPolicy {
        EgressPolicy { trusted }
    }

    /// The same with networks that are written here.
    ///
    /// # Panics
    /// When one is no network.
    #[cfg(test)]
    pub(crate) fn trusting(networks: &[&str]) -> EgressPolicy {
        EgressPolicy { trusted: networks.iter().map(|range| network(range)).collect() }
    }

    /// This machine and its private networks, as [`EgressPolicy::new`] takes them.
    pub fn private_networks() -> impl Iterator<Item = Network> {
        PRIVATE_RANGES.iter().map(|range| network(range))
    }

    /// Checks a callback address as far as that is possible without asking for its host.
    ///
    /// # Errors
    /// When it would certainly not be called.
    pub fn check(&self, text: &str) -> Result<Url, EgressDenied> {
        let url = Url::parse(text).map_err(|_| EgressDenied::NotAUrl)?;
        if CallbackUrl::new(text).is_err() || !matches!(url.scheme(), "http" | "https") {
            return Err(EgressDenied::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressDenied::Credentials);
        }
        let host = url.host_str().unwrap_or_default();
        let is_tls = url.scheme() == "https";
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) if !self.admits(address, true) => Err(EgressDenied::NotPublic),
            Ok(address) if !self.admits(address, is_tls) => Err(EgressDenied::Plain),
            Ok(_) => Ok(url),
            // Where its host is, is seen when it is called.
            Err(_) if !is_tls && self.trusted.is_empty() => Err(EgressDenied::Plain),
            Err(_) => Ok(url),
        }
    }

    /// Whether that address may be called.
    pub fn admits(&self, address: IpAddr, is_tls: bool) -> bool {
        let address = address.to_canonical();
        let is_trusted = self.trusted.iter().any(|network| network.contains(address));
        is_trusted || is_tls && is_public(address)
    }
}

fn is_public(address: IpAddr) -> bool {
    let is_special = |ranges: &[&str]| ranges.iter().any(|range| network(range).contains(address));
    match address {
        IpAddr::V4(_) => !is_special(&SPECIAL_IPV4),
        IpAddr::V6(_) => network(GLOBAL_IPV6).contains(address) && !is_special(&SPECIAL_IPV6),
    }
}

/// One of the ranges above.
#[expect(clippy::expect_used, reason = "a test parses each of them")]
fn network(range: &str) -> Network {
    range.parse().expect("a range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_valid() {
        let all =
            SPECIAL_IPV4.iter().chain(&SPECIAL_IPV6).chain(&PRIVATE_RANGES).chain([&GLOBAL_IPV6]);
        for range in all {
            assert!(range.parse::<Network>().is_ok(), "{range}");
        }
    }

    #[test]
    fn only_the_public_internet_is_called_and_in_tls_only() {
        let egress = EgressPolicy::trusting(&[]);
        let public = ["8.8.8.8", "103.28.12.9", "2400:cb00::1", "::ffff:8.8.8.8"];
        for address in public.map(|text| text.parse::<IpAddr>().unwrap()) {
            assert!(egress.admits(address, true), "{address}");
            assert!(!egress.admits(address, false), "{address}");
        }
        let special = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
        ];
        for address in special.map(|text| text.parse::<IpAddr>().unwrap()) {
            assert!(!egress.admits(address, true), "{address}");
        }
    }

    #[test]
    fn what_is_trusted_is_called_without_tls_too() {
        let egress = EgressPolicy::trusting(&["10.0.0.0/8"]);
        assert!(egress.admits("10.9.9.9".parse().unwrap(), false));
        assert!(!egress.admits("127.0.0.1".parse().unwrap(), false));
        assert!(egress.check("http://10.9.9.9:8090/callback").is_ok());
        assert!(egress.check("http://app:8090/callback").is_ok());
    }

    #[test]
    fn an_address_that_would_not_be_called_is_refused_at_once() {
        let egress = EgressPolicy::trusting(&[]);
        for (url, expected) in [
            ("https://example.com/callback", None),
            ("https://8.8.8.8", None),
            ("http://example.com", Some(EgressDenied::Plain)),
            ("http://8.8.8.8", Some(EgressDenied::Plain)),
            ("https://127.0.0.1", Some(EgressDenied::NotPublic)),
            ("http://127.0.0.1", Some(EgressDenied::NotPublic)),
            // As browsers and this URL's reader take it, these are 127.0.0.1 as well.
            ("https://2130706433/", Some(EgressDenied::NotPublic)),
            ("https://0x7f.1/", Some(EgressDenied::NotPublic)),
            ("https://[::ffff:7f00:1]/", Some(EgressDenied::NotPublic)),
            ("https://user@example.com/", Some(EgressDenied::Credentials)),
            ("https://user:secret@example.com/", Some(EgressDenied::Credentials)),
            ("ftp://example.com", Some(EgressDenied::NotAUrl)),
            ("https://", Some(EgressDenied::NotAUrl)),
            ("example.com", Some(EgressDenied::NotAUrl)),
        ] {
            assert_eq!(egress.check(url).err(), expected, "{url}");
        }
    }
}
