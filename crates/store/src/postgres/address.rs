//! The URL of the server. It is parsed once, and printed without its password.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::committed::Committed;
use super::deadline::with_deadline;
use crate::StoreError;

/// Timeout of a connection attempt.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// Sent bytes that are not acknowledged for this long end the connection.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(5);

/// The default port.
const POSTGRES: u16 = 5432;

/// A server and a database on it. It is printed without the password.
#[derive(Clone)]
pub struct Address {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    /// The last batch of this process; each server that it connects to must have it.
    pub(super) committed: Arc<Committed>,
}

impl Address {
    /// Parses `postgres://user:password@host:port/database?sslmode=…`. Several hosts, separated by commas, are a
    /// primary and its standbys: the first one that accepts writes is used. Connections to other machines use
    /// TLS and check the certificate, unless the URL says `sslmode=disable`. Connections to this machine use TLS
    /// only with `sslmode=require` or `verify-full`. `sslrootcert=FILE` names the certificates to trust instead
    /// of the system's.
    ///
    /// # Errors
    /// When the URL is not valid, and when there are no certificates to trust.
    pub fn parse(url: &str) -> Result<Address, StoreError> {
        let Options { url, mode, roots } = Options::of(url)?;
        let mut config: Config =
            url.parse().map_err(|error| wrong(super::fault::in_words(&error)))?;
        if config.get_hosts().is_empty() || config.get_dbname().is_none() {
            return Err(wrong("it needs a host and a database: postgres://user@host/database"));
        }
        if config.get_hosts().len() > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let encrypted = mode.unwrap_or(!config.get_hosts().iter().all(is_here));
        config
            .ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable })
            .application_name("lunas")
            .connect_timeout(CONNECT_WITHIN)
            .tcp_user_timeout(ACKNOWLEDGED_WITHIN)
            .keepalives_idle(Duration::from_secs(15));
        let tls = encrypted.then(|| connector(roots)).transpose()?;
        Ok(Address { config, tls, committed: Arc::default() })
    }

    /// A normalised text for each host, without user and password. Two addresses that share one of these texts
    /// mean the same books.
    pub fn places(&self) -> Vec<String> {
        let config = &self.config;
        let name = config.get_dbname().unwrap_or_default();
        let options = config.get_options().unwrap_or_default();
        let places = config.get_hosts().iter().enumerate().map(|(at, host)| {
            let numeric = config.get_hostaddrs().get(at);
            let host = match (numeric, host) {
                (Some(address), _) => address.to_string(),
                (None, Host::Tcp(host)) => host.to_lowercase(),
                (None, Host::Unix(path)) => path.display().to_string(),
            };
            let ports = config.get_ports();
            let port = ports.get(at).or(ports.first()).unwrap_or(&POSTGRES);
            format!("{host}:{port}/{name}?{options}")
        });
        places.collect()
    }

    /// Whether another host takes over when one is lost.
    pub(super) fn can_fail_over(&self) -> bool {
        self.config.get_hosts().len() > 1
    }

    /// Connects, and drives the connection in a task of the running runtime.
    pub(super) async fn connect(&self) -> Result<Client, StoreError> {
        // Boxed, to keep the futures of the callers small.
        with_deadline(Box::pin(self.connect_now())).await
    }

    async fn connect_now(&self) -> Result<Client, StoreError> {
        let client = match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                // The client gets the error that ends the connection, too.
                tokio::spawn(async move { drop(connection.await) });
                client
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(async move { drop(connection.await) });
                client
            }
        };
        self.committed.is_in(&client).await?;
        Ok(client)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        for (place, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
            let ports = self.config.get_ports();
            if let Some(port) = ports.get(place).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The options about TLS, which the library supports only in part.
struct Options {
    url: String,
    mode: Option<bool>,
    roots: Option<PathBuf>,
}

impl Options {
    fn of(url: &str) -> Result<Options, StoreError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(wrong("it must begin with postgres://"));
        }
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", "disable")) => mode = Some(false),
                Some(("sslmode", "require" | "verify-full")) => mode = Some(true),
                Some(("sslmode", _)) => {
                    return Err(wrong("sslmode must be disable, require or verify-full"));
                }
                Some(("sslrootcert", file)) => roots = Some(PathBuf::from(file)),
                _ => rest.push(option),
            }
        }
        let url = match rest.is_empty() {
            true => place.to_owned(),
            false => format!("{place}?{}", rest.join("&")),
        };
        Ok(Options { url, mode, roots })
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
    }
}

fn connector(roots: Option<PathBuf>) -> Result<MakeRustlsConnect, StoreError> {
    let mut trusted = RootCertStore::empty();
    match roots {
        Some(file) => {
            let shown = file.display();
            let read = CertificateDer::pem_file_iter(&file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| wrong(format!("sslrootcert {shown}: {error}")))?;
            trusted.add_parsable_certificates(read);
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            trusted.add_parsable_certificates(found.certs);
        }
    }
    if trusted.is_empty() {
        return Err(wrong("there are no certificates to trust; name a file with sslrootcert="));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Replaces the password in a text that may be the URL of a database.
pub fn redact_password(text: &str) -> String {
    let shown = match text.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((user, place)) => {
                let user = user.split(':').next().unwrap_or_default();
                format!("{scheme}://{user}:***@{place}")
            }
            None => text.to_owned(),
        },
        None => text.to_owned(),
    };
    match shown.split_once("password=") {
        Some((before, after)) => {
            let end = after.find(['&', ' ']).unwrap_or(after.len());
            format!("{before}password=***{}", &after[end..])
        }
        None => shown,
    }
}

fn wrong(why: impl Into<String>) -> StoreError {
    StoreError::Address(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_address_has_no_password() {
        let url = "postgres://lunas:hush-hush@db.example:5433,127.0.0.1/books?sslmode=disable";
        let address = Address::parse(url).unwrap();
        assert_eq!(address.to_string(), "postgres://lunas@db.example:5433,127.0.0.1:5432/books");
        assert_eq!(format!("{address:?}"), address.to_string());
    }

    #[test]
    fn a_masked_url_keeps_all_but_the_password() {
        for (url, shown) in [
            ("postgres://u:hush@h/d?x=y", "postgres://u:***@h/d?x=y"),
            ("postgres://u:hu/s@h@h/d", "postgres://u:***@h/d"),
            ("postgres://h/d?password=hush&x=y", "postgres://h/d?password=***&x=y"),
            ("host=h password=hush user=u", "host=h password=*** user=u"),
            ("postgres://h/d", "postgres://h/d"),
            ("./lunas-data", "./lunas-data"),
        ] {
            assert_eq!(redact_password(url), shown);
        }
    }

    #[test]
    fn equal_addresses_have_equal_places_however_they_are_written() {
        let places = |url: &str| Address::parse(url).unwrap().places();
        let here = places("postgres://u:hush@127.0.0.1/d");
        assert_eq!(here, ["127.0.0.1:5432/d?"]);
        for (url, is_same) in [
            ("postgresql://other@127.0.0.1:5432/d?sslmode=disable", true),
            ("postgres://LOCALHOST,127.0.0.1/d?sslmode=disable", true),
            ("postgres://u@127.0.0.1:5433/d", false),
            ("postgres://u@127.0.0.1/e", false),
            ("postgres://u@%2Frun%2Fpostgresql/d", false),
            ("postgres://u@127.0.0.1/d?options=-csearch_path%3Dother", false),
        ] {
            let there = places(url);
            assert_eq!(there.iter().any(|place| here.contains(place)), is_same, "{url}");
            assert!(!there.concat().contains("hush"));
        }
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_quoted() {
        for url in [
            "mysql://u:hush-hush@h/d",
            "postgres://u:hush-hush@h:port/d",
            "postgres://u:hush-hush@h",
            "postgres:///d",
            "postgres://u:hush-hush@h/d?sslmode=prefer",
            "postgres://u:hush-hush@h/d?no_such_option=hush-hush",
            "postgres://u:hush-hush@h/d?sslrootcert=/no/such/file&sslmode=require",
        ] {
            let told = Address::parse(url).map(drop).unwrap_err().to_string();
            assert!(!told.contains("hush"), "{told}");
        }
    }

    #[test]
    fn only_connections_to_this_machine_are_unencrypted() {
        let encrypted = |url: &str| Address::parse(url).unwrap().tls.is_some();
        for (url, expected) in [
            ("postgres://u@127.0.0.1/d", false),
            ("postgres://u@[::1]/d", false),
            ("postgres://u@%2Frun%2Fpostgresql/d", false),
            ("postgres://u@db.example/d?sslmode=disable", false),
        ] {
            assert_eq!(encrypted(url), expected, "{url}");
        }
        // On a machine without certificates there is an error, not an unencrypted connection.
        let elsewhere = Address::parse("postgres://u@db.example/d");
        assert!(elsewhere.is_err() || elsewhere.is_ok_and(|address| address.tls.is_some()));
    }
}
