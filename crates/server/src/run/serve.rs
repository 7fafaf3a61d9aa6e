//! A server from its start to its stop.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use fail_points::{Point, pass};
use gateway::{Clock, Retention, SystemClock};
use store::StoreError;
use tokio::signal::unix::{SignalKind, signal};

use super::books::OpenMode;
use super::disk_space::DiskWatch;
use super::open::{self, Components};
use super::port_file::PortFile;
use super::self_audit::{self, SelfAudit};
use super::tls::acceptor;
use crate::admin::{self, Admin};
use crate::app::App;
use crate::config::Config;
use crate::edge::listener::{LAST_ANSWERS, Listener};
use crate::iak::callback_sender::HttpCallbackSender;
use crate::iak::reply::unfinished;
use crate::routes;

/// A server with open books, a bound address and a bound socket. It accepts no connections yet.
pub(crate) struct Server {
    pub(crate) components: Components,
    edge: Listener,
    socket: admin::socket::Bound,
    port_file: Option<PortFile>,
    config: Config,
}

/// The runtime that a server runs on.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Checks and binds everything that can fail, and then opens or creates the books.
pub(crate) async fn prepare(
    config: Config,
    mode: OpenMode,
    port_file: Option<PathBuf>,
) -> anyhow::Result<Server> {
    let tls = config.server.tls.as_ref().map(|tls| acceptor(tls, SystemClock.now())).transpose()?;
    let port_file = port_file.map(PortFile::begin).transpose()?;
    let socket = admin::socket::path(&config.store.data);
    admin::socket::check(&socket)?;
    let listen = config.server.listen;
    let edge = Listener::bind(config.server.clone(), tls).await;
    let edge = edge.map_err(|error| anyhow!(not_bound(listen, &error)))?;
    // Boxed (runs once) to keep this future small.
    let components = Box::pin(open_when_free(&config, mode)).await?;
    let socket = admin::socket::bind(&socket)?;
    Ok(Server { components, edge, socket, port_file, config })
}

/// Opens the books; retries, because an operator's command may lock the directory for a moment.
async fn open_when_free(config: &Config, mode: OpenMode) -> anyhow::Result<Components> {
    for _ in 0..10 {
        match open::open_components(config, mode).await {
            Err(error) if matches!(error.downcast_ref(), Some(StoreError::InUse(_))) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            opened => return opened,
        }
    }
    open::open_components(config, mode).await
}

/// The message that an address cannot be bound, with what to do.
fn not_bound(listen: SocketAddr, error: &io::Error) -> String {
    let why = match error.kind() {
        ErrorKind::AddrInUse => {
            "another program listens there; stop that one, or choose another address with \
             --listen ADDR:PORT"
                .to_owned()
        }
        ErrorKind::AddrNotAvailable => {
            "this machine does not have that address; choose another one with --listen ADDR:PORT"
                .to_owned()
        }
        ErrorKind::PermissionDenied => {
            "ports below 1024 are for root; choose another one with --listen ADDR:PORT, or grant \
             CAP_NET_BIND_SERVICE"
                .to_owned()
        }
        _ => format!("{error}; choose another address with --listen ADDR:PORT"),
    };
    format!("cannot listen on {listen}: {why}")
}

impl Server {
    /// The bound address.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.edge.address()
    }

    /// Serves until SIGTERM or SIGINT, then finishes running work. `welcome` is called when the
    /// server is ready.
    pub(crate) async fn run(
        self,
        welcome: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let Server { components, edge, socket, port_file, config } = self;
        let admin = Admin::of(&components, &config);
        let Components {
            gateway,
            resolver,
            vault,
            metrics,
            disk,
            controls,
            egress,
            connect: _,
            alerts,
            space: _,
            data,
            fresh,
        } = components;
        let address = edge.address()?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        self_audit::quick_check(&gateway).await?;
        let mut supervisor = gateway.supervisor();
        // A PostgreSQL database may have many nodes, so none of them audits it at its start.
        if config.store.audit_at_start && config.store.database.is_none() {
            let (data, gateway) = (config.store.data.clone(), gateway.clone());
            supervisor.run(SelfAudit { data, gateway });
        }
        if let Some(disk) = disk.clone() {
            supervisor.run(DiskWatch(disk));
        }
        supervisor.run(resolver);
        supervisor.run(gateway.reference_data_follower());
        supervisor.run(gateway.circuit_probe());
        supervisor.run(gateway.balance_schedule(config.billers.balance_every));
        if let Some(alerts) = alerts {
            supervisor.run(alerts);
        }
        if let Some(kept) = config.store.drop_unpaid_after {
            supervisor.run(Retention::new(gateway.clone(), kept));
        }
        let sender =
            Arc::new(HttpCallbackSender::new(&config.callbacks, egress.clone(), vault.clone()));
        supervisor.run(gateway.callbacks(sender));
        let socket = socket.serve(admin.clone(), &mut supervisor);
        let app = App::new(gateway.clone(), vault, admin, metrics, disk, controls, config.clone());
        let listening = edge.serve(routes::router(app), unfinished, &mut supervisor);
        tracing::info!(%address, data = %config.store.data.display(), "serving");
        welcome()?;
        if let Some(port_file) = port_file {
            port_file.write(address.port())?;
        }
        if let Some(fresh) = fresh {
            fresh.keep();
        }
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: new requests are refused, running ones are finished");
        pass(Point::StopAsked);
        let deadline = config.server.shutdown_deadline;
        let finished = async {
            let answered = listening.stop(deadline).await;
            pass(Point::RequestsFinished);
            gateway.finish().await;
            pass(Point::PaymentsFinished);
            answered
        };
        match tokio::time::timeout(deadline + LAST_ANSWERS, finished).await {
            Ok(true) => tracing::info!("stopped"),
            _ => tracing::warn!(
                "stopped with unfinished requests; the next start resumes their payments"
            ),
        }
        drop(socket);
        drop(supervisor);
        drop(data);
        Ok(())
    }
}

/// Refuses settings that are dangerous in production unless they are set explicitly.
pub(crate) fn check_for_production(config: &Config) -> anyhow::Result<()> {
    if config.sandbox.enabled {
        bail!(
            "sandbox.enabled = true: the sandbox biller takes money from balances and pays no \
             real bill; \
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
    fn production_refuses_dangerous_settings_unless_explicit() {
        assert_eq!(refusal(&[]), None);
        assert!(refusal(&[("sandbox.enabled", "true")]).unwrap().contains("sandbox.enabled"));
        let public = ("server.listen", "0.0.0.0:8080");
        assert!(refusal(&[public]).unwrap().contains("allow_plain_http"));
        assert_eq!(refusal(&[public, ("server.allow_plain_http", "true")]), None);
    }
}
