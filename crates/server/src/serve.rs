//! A server from its start to its stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use fail_points::{Point, pass};
use gateway::Retention;
use store::StoreError;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::admin::{self, Admin};
use crate::assemble::{self, House};
use crate::callbacks::Courier;
use crate::config::{Config, Tls};
use crate::disk::DiskWatch;
use crate::http::{self, App, Edge};
use crate::self_audit::{self, SelfAudit};

/// A server that has its data directory and its address, and accepts nobody yet.
pub(crate) struct Server {
    pub(crate) house: House,
    pub(crate) edge: Edge,
    config: Config,
}

/// The runtime that a server runs on.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Opens the data directory and binds the address.
pub(crate) async fn prepare(config: Config) -> anyhow::Result<Server> {
    let tls = config.server.tls.as_ref().map(acceptor).transpose()?;
    // Once a start, so that what it holds on its way is not held on after it.
    let house = Box::pin(open(&config)).await?;
    let listen = config.server.listen;
    let edge = Edge::bind(config.server.clone(), tls).await;
    let edge = edge.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --listen ADDR:PORT")
    })?;
    Ok(Server { house, edge, config })
}

/// Opens the data directory, which an operator's command may hold for a moment.
async fn open(config: &Config) -> anyhow::Result<House> {
    for _ in 0..10 {
        match assemble::open(config).await {
            Err(error) if matches!(error.downcast_ref(), Some(StoreError::InUse(_))) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            opened => return opened,
        }
    }
    assemble::open(config).await
}

impl Server {
    /// Serves until SIGTERM or SIGINT, then finishes what was begun.
    pub(crate) async fn run(self, port_file: Option<PathBuf>) -> anyhow::Result<()> {
        let Server { house, edge, config } = self;
        let House { gateway, resolver, vault, metrics, disk, controls, outward, data } = house;
        let address = edge.address()?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        self_audit::glance(&gateway).await?;
        let mut supervisor = gateway.supervisor();
        // A server's database has many nodes: none of them reads it whole for all.
        if config.store.audit_at_start && config.store.database.is_none() {
            let (data, gateway) = (config.store.data.clone(), gateway.clone());
            supervisor.run(SelfAudit { data, gateway });
        }
        if let Some(disk) = disk.clone() {
            supervisor.run(DiskWatch(disk));
        }
        supervisor.run(resolver);
        supervisor.run(gateway.directory_follower());
        if let Some(kept) = config.store.drop_unpaid_after {
            supervisor.run(Retention::new(gateway.clone(), kept));
        }
        let courier = Arc::new(Courier::new(&config.callbacks, outward.clone(), vault.clone()));
        supervisor.run(gateway.callbacks(courier));
        let admin = Admin::new(gateway.clone(), vault.clone(), controls.clone(), outward);
        let socket = admin::socket::path(&config.store.data);
        let socket = admin::socket::listen(&socket, admin.clone(), &mut supervisor)?;
        let app = App::new(gateway.clone(), vault, admin, metrics, disk, controls, config.clone());
        let listening = edge.serve(http::router(app), &mut supervisor);
        if let Some(port_file) = port_file {
            write_port(&port_file, address.port())?;
        }
        tracing::info!(%address, data = %config.store.data.display(), "serving");
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: no new requests, those in work are finished");
        pass(Point::StopAsked);
        let deadline = config.server.shutdown_deadline;
        let finished = async {
            let answered = listening.stop(deadline).await;
            pass(Point::RequestsFinished);
            gateway.finish().await;
            pass(Point::PaymentsFinished);
            answered
        };
        match tokio::time::timeout(deadline, finished).await {
            Ok(true) => tracing::info!("stopped"),
            _ => tracing::warn!("stopped with requests in work; the next start resumes them"),
        }
        drop(socket);
        drop(supervisor);
        drop(data);
        Ok(())
    }
}

/// Refuses what must not happen in production unless it was asked for in so many words.
pub(crate) fn check_for_production(config: &Config) -> anyhow::Result<()> {
    if config.sandbox.enabled {
        bail!(
            "sandbox.enabled = true: the sandbox biller takes deposits and pays no bill; \
             set it to false, or run `lunas sandbox`"
        );
    }
    if config.server.is_plain_in_public() && !config.server.allow_plain_http {
        bail!(
            "server.listen = \"{}\" is a public address without TLS: set \
             server.tls_certificate_file and server.tls_key_file, or, behind a proxy that ends TLS, \
             server.allow_plain_http = true",
            config.server.listen
        );
    }
    Ok(())
}

fn acceptor(tls: &Tls) -> anyhow::Result<TlsAcceptor> {
    let certificates = CertificateDer::pem_file_iter(&tls.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| {
            format!("server.tls_certificate_file {}", tls.certificate_file.display())
        })?;
    let key = PrivateKeyDer::from_pem_file(&tls.key_file)
        .with_context(|| format!("server.tls_key_file {}", tls.key_file.display()))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .context("the TLS certificate and its key do not fit")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Writes the port whole or not at all: whoever waits for the file reads it at once.
fn write_port(file: &Path, port: u16) -> anyhow::Result<()> {
    let partial = file.with_extension("partial");
    let written = std::fs::write(&partial, format!("{port}\n"))
        .and_then(|()| std::fs::rename(&partial, file));
    written.with_context(|| format!("--port-file {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flag, Sources};

    fn refusal(settings: &[(&str, &str)]) -> Option<String> {
        let flag = |(key, value): &(&str, &str)| Flag {
            name: "--test".to_owned(),
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        let flags = settings.iter().map(flag).collect();
        let config = Config::load(&Sources { flags, ..Sources::default() }).unwrap().config;
        check_for_production(&config).err().map(|error| error.to_string())
    }

    #[test]
    fn production_refuses_what_was_not_asked_for_in_so_many_words() {
        assert_eq!(refusal(&[]), None);
        assert!(refusal(&[("sandbox.enabled", "true")]).unwrap().contains("sandbox.enabled"));
        let public = ("server.listen", "0.0.0.0:8080");
        assert!(refusal(&[public]).unwrap().contains("allow_plain_http"));
        assert_eq!(refusal(&[public, ("server.allow_plain_http", "true")]), None);
    }

    #[test]
    fn a_port_file_is_whole_or_absent() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("port");
        write_port(&file, 8080).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "8080\n");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_port(&dir.path().join("none/port"), 1).is_err());
    }
}
