//! Reads the TLS certificate and its key, and refuses before the start what clients would refuse.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use domain::Moment;
use store::Obstacle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore, ServerConfig};

use crate::config::Tls;

/// The TLS acceptor for connections.
///
/// # Errors
/// When a file cannot be read or has other contents, when the key does not belong to the
/// certificate, and when clients would not accept the certificate from a server at the time `now`.
pub(crate) fn acceptor(tls: &Tls, now: Moment) -> anyhow::Result<TlsAcceptor> {
    let (file, key_file) = (&tls.certificate_file, &tls.key_file);
    let what = || format!("server.tls_certificate_file {}", file.display());
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| unread(file, &error, "certificate"))?;
    ensure!(!certificates.is_empty(), "{} holds no certificate in PEM", file.display());
    let key = PrivateKeyDer::from_pem_file(key_file);
    let key = key.map_err(|error| unread(key_file, &error, "private key"))?;
    check_is_a_servers(&certificates, now).with_context(what)?;
    let config = ServerConfig::builder().with_no_client_auth();
    let mut config = config.with_single_cert(certificates, key).map_err(|error| match error {
        Error::InconsistentKeys(_) => anyhow!(
            "the key in {} is not that of the certificate in {}: name the one that it was made with",
            key_file.display(),
            file.display()
        ),
        error => anyhow!("{} and {}: {error}", file.display(), key_file.display()),
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Why a PEM file has no certificate or key.
fn unread(file: &Path, error: &pem::Error, what: &str) -> anyhow::Error {
    match error {
        pem::Error::Io(error) => Obstacle::new(file, "read", error).into(),
        pem::Error::NoItemsFound => anyhow!("{} holds no {what} in PEM", file.display()),
        error => anyhow!("{} holds no {what} in PEM: {error}", file.display()),
    }
}

/// Checks the first certificate as a client does that trusts its issuer; the host name is not
/// checked.
fn check_is_a_servers(certificates: &[CertificateDer<'_>], now: Moment) -> anyhow::Result<()> {
    let [first, chain @ ..] = certificates else { return Ok(()) };
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.clone().into_owned()).context("it holds a damaged certificate")?;
    }
    let provider = Arc::new(default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
    let since = Duration::from_micros(u64::try_from(now.as_micros()).unwrap_or(0));
    let (now, name) = (UnixTime::since_unix_epoch(since), ServerName::try_from("localhost")?);
    let Err(Error::InvalidCertificate(why)) =
        verifier.verify_server_cert(first, chain, &name, &[], now)
    else {
        return Ok(());
    };
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            bail!("the certificate has expired: renew it")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            bail!("the certificate is not valid yet: look at this machine's clock, or wait")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            bail!("the certificate is not for servers: its extended key usage lacks serverAuth")
        }
        CertificateError::BadEncoding => bail!("it holds a damaged certificate"),
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            bail!(
                "the first certificate is an authority's (CA), which clients refuse of a server: put \
                 the server's own first and its chain after it. A self-signed one is made with \
                 `openssl req -x509 -addext basicConstraints=critical,CA:FALSE …`"
            )
        }
        // The host name, the issuer and other details are the operator's choice.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;

    use gateway::{Clock, SystemClock};

    use super::*;

    /// Makes a key and a self-signed certificate with `openssl` and these extra arguments.
    fn made(dir: &Path, name: &str, more: &[&str]) -> Tls {
        let tls = Tls {
            certificate_file: dir.join(format!("{name}.pem")),
            key_file: dir.join(format!("{name}.key")),
        };
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-nodes", "-newkey", "ec", "-subj", "/CN=localhost"]);
        openssl.args(["-pkeyopt", "ec_paramgen_curve:prime256v1"]).args(more);
        openssl.arg("-keyout").arg(&tls.key_file).arg("-out").arg(&tls.certificate_file);
        let done = openssl.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        tls
    }

    #[test]
    fn certificates_that_clients_would_refuse_are_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path();
        let own = ["-addext", "basicConstraints=critical,CA:FALSE", "-days", "10"];
        let good = made(place, "good", &own);
        let other = made(place, "other", &own);
        let authority = made(place, "authority", &["-days", "10"]);
        let client = made(
            place,
            "client",
            &[&own[..], &["-addext", "extendedKeyUsage=clientAuth"]].concat(),
        );
        let file = |name: &str, text: &str| -> PathBuf {
            std::fs::write(place.join(name), text).unwrap();
            place.join(name)
        };
        let empty = file("empty", "nothing\n");
        let of = |certificate: &PathBuf, key: &PathBuf| Tls {
            certificate_file: certificate.clone(),
            key_file: key.clone(),
        };
        let (now, day) = (SystemClock.now(), 86_400_000_000);
        let none = place.join("none");
        for (tls, at, why) in [
            (good.clone(), now, None),
            (authority, now, Some("an authority's (CA)")),
            (client, now, Some("not for servers")),
            (good.clone(), now.after_micros(11 * day), Some("has expired")),
            (good.clone(), now.after_micros(-2 * day), Some("not valid yet")),
            (
                of(&good.certificate_file, &other.key_file),
                now,
                Some("is not that of the certificate"),
            ),
            (of(&empty, &good.key_file), now, Some("holds no certificate")),
            (of(&good.certificate_file, &empty), now, Some("holds no private key")),
            (of(&good.key_file, &good.certificate_file), now, Some("holds no certificate")),
            (of(&none, &good.key_file), now, Some("does not exist")),
            (of(&good.certificate_file, &none), now, Some("does not exist")),
        ] {
            let told = acceptor(&tls, at).err().map(|error| format!("{error:#}"));
            match (&told, why) {
                (None, None) => {}
                (Some(told), Some(why)) => {
                    assert!(told.contains(why), "{told}");
                    assert!(told.contains(&*place.display().to_string()), "{told}");
                }
                _ => panic!("{told:?} instead of {why:?}"),
            }
        }
    }
}
