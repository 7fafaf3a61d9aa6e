//! Errors of calls. Each says what was tried and what to check, without the texts of the libraries.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter::successors;

use reqwest::Url;
use rustls::{CertificateError, Error as Tls};

use crate::egress_policy::EgressDenied;
use crate::options::{Options, is_loopback};

/// Why a call got no complete reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request certainly was not sent.
    #[error("{0}")]
    NotSent(String),
    /// The request may have been sent, and may have been carried out.
    #[error("{0}")]
    MaybeSent(String),
}

/// The environment variables that set a proxy.
const PROXIES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The client could not be created.
pub(crate) fn no_client(error: &reqwest::Error, url: &Url, options: &Options) -> CallError {
    CallError::NotSent(match cause::<Tls>(error) {
        Some(why) => tls(why, url, options),
        None if url.scheme() == "https" => {
            "no client for https can be made: check the system's certificates (Debian: \
             ca-certificates) and the proxy variables such as HTTPS_PROXY"
                .to_owned()
        }
        None => "no client can be made: check the proxy variables such as HTTP_PROXY".to_owned(),
    })
}

/// A request got no complete reply.
pub(crate) fn no_reply(error: &reqwest::Error, url: &Url, options: &Options) -> CallError {
    let seconds = options.deadline.as_secs();
    if error.is_connect() {
        return CallError::NotSent(no_connection(error, url, options));
    }
    CallError::MaybeSent(if error.is_timeout() {
        format!("no whole answer came within {seconds} s")
    } else if cause::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        format!("what came from {} is not HTTP: check {}", server(url), options.url_setting)
    } else {
        format!("the connection to {} broke before the whole answer came", server(url))
    })
}

fn no_connection(error: &reqwest::Error, url: &Url, options: &Options) -> String {
    let (server, setting) = (server(url), options.url_setting);
    let why = if error.is_timeout() {
        let seconds = options.deadline.as_secs();
        format!(
            "{server} accepted no connection within {seconds} s: check the address and firewalls"
        )
    } else if let Some(denied) = cause::<EgressDenied>(error) {
        return denied.to_string();
    } else if let Some(why) = cause::<Tls>(error) {
        return tls(why, url, options);
    } else if links(error).any(|link| link.to_string().starts_with("dns error")) {
        let host = url.host_str().unwrap_or_default();
        format!("the name {host} has no address: check {setting}, and the network")
    } else {
        match cause::<io::Error>(error).map(io::Error::kind) {
            Some(ErrorKind::ConnectionRefused) => {
                format!("{server} refused the connection: start the server, or check {setting}")
            }
            Some(ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable) => {
                format!("there is no way to {server}: check the address and the network")
            }
            _ => format!("no connection to {server} came about: check {setting}"),
        }
    };
    let is_set = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match PROXIES.iter().find(is_set) {
        Some(proxy) if options.uses_proxy && !is_loopback(url) => {
            format!("{why}; {proxy} is set, so check that proxy, too")
        }
        _ => why,
    }
}

/// Why TLS with the server failed.
fn tls(error: &Tls, url: &Url, options: &Options) -> String {
    let (server, setting) = (server(url), options.url_setting);
    let why = match error {
        Tls::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "is of an authority that this machine does not trust: add that to the system's certificates"
        }
        Tls::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "has expired: the server needs a new one",
        Tls::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => return format!("the certificate of {server} is for another name: check {setting}"),
        Tls::InvalidCertificate(_) => "is not valid: the server needs another one",
        Tls::InvalidMessage(_) => {
            return format!("{server} does not speak TLS: if it is a plain server, write http://");
        }
        _ => return format!("no TLS with {server} came about: check its TLS settings"),
    };
    format!("the certificate of {server} {why}")
}

/// The host and the port of the URL.
fn server(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

/// The cause of an error. An `io::Error` may wrap another error, which is not its source but its content.
fn below<'e>(link: &&'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let link: &'e (dyn Error + 'static) = *link;
    match link.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(within) => Some(within),
        None => link.source(),
    }
}

/// The error and its causes, outermost first.
fn links<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), below)
}

/// The innermost cause of that type: an outer one says less.
fn cause<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    links(error).filter_map(|link| link.downcast_ref::<T>()).last()
}
