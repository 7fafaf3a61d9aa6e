//! The client address of a request.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::config::Server;

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The client's address: the peer or, behind a trusted proxy, the last address in `X-Forwarded-For`
/// that is not a trusted proxy.
pub(crate) fn client_address(server: &Server, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut address = peer.to_canonical();
    let hops = headers.get_all("x-forwarded-for").into_iter().rev();
    let hops = hops.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(','));
    for hop in hops {
        if !server.trusts(address) {
            break;
        }
        let Ok(next) = hop.trim().parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Flag, Sources};

    fn check(trusted: &str, peer: &str, forwarded: &[&str], expected: &str) {
        let flag = Flag {
            name: "--test".to_owned(),
            key: "server.trusted_proxies".to_owned(),
            value: trusted.to_owned(),
        };
        let sources = Sources { flags: vec![flag], ..Sources::default() };
        let server = Config::load(&sources).unwrap().config.server;
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let found = client_address(&server, peer.parse().unwrap(), &headers);
        assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
    }

    #[test]
    fn forwarding_headers_are_believed_from_trusted_proxies_only() {
        check("", "198.51.100.9", &["203.0.113.7"], "198.51.100.9");
        check("10.0.0.0/8", "198.51.100.9", &["203.0.113.7"], "198.51.100.9");
        check("10.0.0.0/8", "10.0.0.1", &["203.0.113.7"], "203.0.113.7");
        check("10.0.0.0/8", "::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7");
        check("10.0.0.0/8", "10.0.0.1", &[], "10.0.0.1");
    }

    /// The address that the nearest trusted proxy saw counts, whatever the client wrote before it.
    #[test]
    fn a_client_cannot_choose_its_address() {
        check("10.0.0.0/8", "10.0.0.1", &["127.0.0.1, 203.0.113.7"], "203.0.113.7");
        check("10.0.0.0/8", "10.0.0.1", &["127.0.0.1", "203.0.113.7"], "203.0.113.7");
        check("10.0.0.0/8", "10.0.0.1", &["203.0.113.7, 10.0.0.2"], "203.0.113.7");
        check("10.0.0.0/8", "10.0.0.1", &["203.0.113.7, nonsense"], "10.0.0.1");
    }
}
