//! `[server]`, the section of the HTTP server.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::units::{Network, Period, Size};

/// The range of a deadline for one part of a request.
const DEADLINE: RangeInclusive<Period> = Period::milliseconds(100)..=Period::minutes(1);

/// `[server]`: the HTTP server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    pub(crate) allow_plain_http: bool,
    /// `tls_certificate_file` and `tls_key_file`; `None`: plain HTTP.
    pub(crate) tls: Option<Tls>,
    /// Use [`trusts`](Server::trusts).
    pub(crate) trusted_proxies: Vec<Network>,
    /// Use [`shows_metrics_to`](Server::shows_metrics_to).
    metrics_from: Vec<Network>,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    pub(crate) head_deadline: Duration,
    pub(crate) body_deadline: Duration,
    pub(crate) idle_deadline: Duration,
    pub(crate) write_deadline: Duration,
    pub(crate) linger_deadline: Duration,
    /// Bytes.
    pub(crate) linger_limit: usize,
    /// Bytes; at least the 8 KiB of hyper's buffer.
    pub(crate) head_limit: usize,
    pub(crate) shutdown_deadline: Duration,
}

/// The PEM files of a TLS certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) certificate_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

impl Server {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        let server = Self {
            listen: read.value(
                "server.listen",
                r#"an IP address and port such as "127.0.0.1:8080" or "[::1]:8080""#,
                |text: String| text.parse().ok(),
            ),
            allow_plain_http: read.switch("server.allow_plain_http"),
            tls: Tls::read(read),
            trusted_proxies: read.value("server.trusted_proxies", Network::FORM, Some),
            metrics_from: read.value("server.metrics_from", Network::FORM, Some),
            max_connections: read.number("server.max_connections", 1..=1_000_000),
            max_connections_per_address: read
                .number("server.max_connections_per_address", 1..=1_000_000),
            head_deadline: read.duration("server.head_deadline", DEADLINE),
            body_deadline: read.duration("server.body_deadline", DEADLINE),
            idle_deadline: read
                .duration("server.idle_deadline", Period::seconds(1)..=Period::hours(1)),
            write_deadline: read.duration("server.write_deadline", DEADLINE),
            linger_deadline: read.duration("server.linger_deadline", DEADLINE),
            linger_limit: read.size("server.linger_limit", Size::kib(64)..=Size::mib(1024)),
            head_limit: read.size("server.head_limit", Size::kib(8)..=Size::mib(1)),
            shutdown_deadline: read
                .duration("server.shutdown_deadline", Period::seconds(0)..=Period::minutes(10)),
        };
        read.rule(
            "server.max_connections_per_address",
            "server.max_connections",
            server.max_connections_per_address <= server.max_connections,
            "at most server.max_connections",
        );
        server
    }

    /// Whether the Internet could reach the server over plain HTTP; production allows this only
    /// with `allow_plain_http`. Loopback and private networks are not public; an address that means
    /// all interfaces is.
    pub(crate) fn is_plain_in_public(&self) -> bool {
        let public = match self.listen.ip().to_canonical() {
            IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local()),
            IpAddr::V6(ip) => {
                !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local())
            }
        };
        public && self.tls.is_none()
    }

    /// Whether this address may read the metrics.
    pub(crate) fn shows_metrics_to(&self, address: IpAddr) -> bool {
        self.metrics_from.iter().any(|network| network.contains(address))
    }

    /// Whether the peer is a proxy whose `X-Forwarded-For` is trusted.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }
}

impl Tls {
    fn read(read: &mut Reader<'_>) -> Option<Self> {
        const CERTIFICATE: &str = "server.tls_certificate_file";
        const KEY: &str = "server.tls_key_file";
        let certificate_file = read.optional_path(CERTIFICATE);
        let key_file = read.optional_path(KEY);
        let (certificate, key) = (certificate_file.is_some(), key_file.is_some());
        read.rule(KEY, CERTIFICATE, key || !certificate, "a path, as the certificate has one");
        read.rule(CERTIFICATE, KEY, certificate || !key, "a path, as the private key has one");
        let (certificate_file, key_file) = certificate_file.zip(key_file)?;
        Some(Self { certificate_file, key_file })
    }
}
