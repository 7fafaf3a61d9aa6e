//! How calls are made, and to which URLs.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use crate::EgressPolicy;

/// How calls are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// From the start of a call to the end of its reply.
    pub deadline: Duration,
    /// Which addresses may be called; none is every address.
    pub egress: Option<EgressPolicy>,
    /// Whether the proxy of the environment is used, if there is one. Only without an egress policy.
    pub uses_proxy: bool,
    /// The setting that holds the URL, for messages: `--url or LUNAS_URL`.
    pub url_setting: &'static str,
}

impl Options {
    /// The longest time until a connection is made.
    const CONNECT: Duration = Duration::from_secs(10);

    /// How a server that the operator named is called: within the deadline, without a proxy.
    pub fn without_proxy(deadline: Duration, url_setting: &'static str) -> Options {
        Options { deadline, egress: None, uses_proxy: false, url_setting }
    }

    /// The longest time until the connection is made.
    pub(crate) fn connect_deadline(&self) -> Duration {
        self.deadline.min(Options::CONNECT)
    }
}

/// Whether the URL names this machine.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_passes_by_the_proxy() {
        for (url, expected) in [
            ("http://localhost:1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8080", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://10.0.0.1", false),
            ("http://127.0.0.1.example.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
