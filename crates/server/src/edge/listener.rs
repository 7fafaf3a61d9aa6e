//! The accept loop: accepts connections up to the limits, applies the deadlines, and lets all
//! running requests finish when the server stops.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use gateway::{BackgroundTask, Health, Supervisor};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use super::admission::rate_limit_key;
use super::client_address::Peer;
use super::deadlines::{InWork, Stop, TimeoutStream, Timeouts};
use super::linger::Bounds;
use super::truncated::{DropConnection, truncated};
use crate::config::Server;

/// How much of one HTTP/2 body is accepted before the handler reads it: the largest possible body.
const STREAM_WINDOW: u32 = 64 * 1024;

/// The same for all bodies of one HTTP/2 connection.
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// How much of an answer is buffered for an HTTP/2 client that does not read it.
const SEND_BUFFER: usize = 64 * 1024;

/// How long to wait until the answers to aborted requests are sent.
pub(crate) const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The answer to a request that is not finished when the server must stop, if there is one.
pub(crate) type LastAnswer = fn(&hyper::Request<Incoming>) -> Option<fn() -> Response>;

/// A bound address with its settings.
pub(crate) struct Listener {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// A server that accepts connections.
pub(crate) struct RunningListener {
    stop: watch::Sender<Stop>,
    connections: TaskTracker,
}

struct Shared {
    server: Server,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    by_address: Mutex<HashMap<IpAddr, usize>>,
    http1: Builder<TokioExecutor>,
    http2: Builder<TokioExecutor>,
}

impl Listener {
    /// Binds the address. It does not accept connections yet.
    pub(crate) async fn bind(server: Server, tls: Option<TlsAcceptor>) -> io::Result<Listener> {
        let listener = TcpListener::bind(server.listen).await?;
        let mut protocols = Builder::new(TokioExecutor::new());
        protocols
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_buf_size(server.head_limit)
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(server.head_limit).unwrap_or(u32::MAX))
            .max_concurrent_streams(256)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(SEND_BUFFER);
        let shared = Shared {
            places: Arc::new(Semaphore::new(server.max_connections)),
            by_address: Mutex::default(),
            server,
            tls,
            http1: protocols.clone().http1_only(),
            http2: protocols.http2_only(),
        };
        Ok(Listener { listener, shared: Arc::new(shared) })
    }

    /// The bound address; if port 0 was asked for, with the real port.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Starts to accept connections.
    pub(crate) fn serve(
        self,
        router: Router,
        last_answer: LastAnswer,
        supervisor: &mut Supervisor,
    ) -> RunningListener {
        let (stop, stopping) = watch::channel(Stop::No);
        let connections = TaskTracker::new();
        let accepting = Accepting {
            edge: self,
            served: Served { router, last_answer },
            connections: connections.clone(),
            stopping,
        };
        supervisor.run(accepting);
        RunningListener { stop, connections }
    }
}

impl RunningListener {
    /// Stops accepting, waits for running requests, and returns whether all finished before the
    /// deadline. Commands that did not finish are answered as "outcome unknown".
    pub(crate) async fn stop(self, deadline: Duration) -> bool {
        self.stop.send_replace(Stop::Asked);
        self.connections.close();
        let finished = tokio::time::timeout(deadline, self.connections.wait()).await.is_ok();
        if !finished {
            self.stop.send_replace(Stop::Now);
            let _ = tokio::time::timeout(LAST_ANSWERS, self.connections.wait()).await;
        }
        finished
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Served {
    router: Router,
    last_answer: LastAnswer,
}

/// Accepts connections and serves each in its own task.
struct Accepting {
    edge: Listener,
    served: Served,
    connections: TaskTracker,
    stopping: watch::Receiver<Stop>,
}

impl BackgroundTask for Accepting {
    const NAME: &'static str = "connections";
    type Error = io::Error;

    /// Returns when the server stops.
    async fn run(&mut self, health: &Health) -> io::Result<()> {
        health.round(io::Result::Ok(()))?;
        // Stopping waits for this task as for a connection, because it may be creating one.
        let _counted = self.connections.token();
        let mut stopping = self.stopping.clone();
        let mut stops =
            pin!(async move { drop(stopping.wait_for(|stop| *stop != Stop::No).await) });
        loop {
            tokio::select! {
                accepted = self.edge.listener.accept() => self.take(accepted).await,
                () = stops.as_mut() => return Ok(()),
            }
        }
    }
}

impl Accepting {
    async fn take(&self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        match accepted {
            Ok((stream, peer)) => {
                // A connection over the limit is closed at once, before it costs anything.
                if let Some(place) = Place::take(&self.edge.shared, peer.ip()) {
                    let (served, stopping) = (self.served.clone(), self.stopping.clone());
                    self.connections.spawn(connection(stream, place, served, stopping));
                }
            }
            Err(error) => {
                // For example, out of file descriptors: other connections must close first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    place: Place,
    served: Served,
    stopping: watch::Receiver<Stop>,
) {
    // Answers are small and written at once; Nagle's algorithm would only delay them.
    let _ = stream.set_nodelay(true);
    let shared = Arc::clone(&place.shared);
    match &shared.tls {
        None => serve(stream, &place, served, stopping).await,
        // In boxes, because TLS is several times as large, and every connection would have its size.
        Some(tls) => Box::pin(encrypted(stream, tls, &place, served, stopping)).await,
    }
}

async fn encrypted(
    stream: TcpStream,
    tls: &TlsAcceptor,
    place: &Place,
    served: Served,
    stopping: watch::Receiver<Stop>,
) {
    let handshake = tls.accept(stream);
    match tokio::time::timeout(place.shared.server.head_deadline, handshake).await {
        Ok(Ok(stream)) => Box::pin(serve(stream, place, served, stopping)).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn serve<IO>(io: IO, place: &Place, served: Served, mut stopping: watch::Receiver<Stop>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shared = &place.shared;
    let in_work = InWork::default();
    let timeouts = Timeouts {
        head: shared.server.head_deadline,
        idle: shared.server.idle_deadline,
        write: shared.server.write_deadline,
        linger: Bounds { time: shared.server.linger_deadline, bytes: shared.server.linger_limit },
    };
    let mut timed = TimeoutStream::new(io, in_work.clone(), timeouts, stopping.clone());
    let begun = tokio::select! {
        begun = timed.begins_with_http2() => begun,
        _ = stopping.changed() => return,
    };
    let protocol = match begun {
        Ok(true) => &shared.http2,
        Ok(false) => &shared.http1,
        Err(error) => return tracing::debug!(%error, "a connection ended without a request"),
    };
    let peer = Peer(place.peer);
    let ending = stopping.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let work = in_work.begin();
        request.extensions_mut().insert(peer);
        let answer = answer(served.clone(), request, ending.clone());
        async move {
            let answer = answer.await;
            drop(work);
            answer
        }
    });
    let mut serving = pin!(protocol.serve_connection(TokioIo::new(timed), service));
    let done = tokio::select! {
        done = serving.as_mut() => done,
        _ = stopping.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The answer to a request: the router's or, if the server must stop first, the last answer for
/// such a request.
async fn answer(
    Served { router, last_answer }: Served,
    request: hyper::Request<Incoming>,
    mut ending: watch::Receiver<Stop>,
) -> io::Result<Response> {
    let last_answer = last_answer(&request);
    let ended = async {
        if ending.wait_for(|stop| *stop == Stop::Now).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        Ok(answer) = tower::ServiceExt::oneshot(router, request) => match answer.extensions().get() {
            None => Ok(answer),
            Some(DropConnection) => Ok(truncated(answer).await),
        },
        () = ended => match last_answer {
            Some(answer) => Ok(answer()),
            None => Err(io::ErrorKind::ConnectionReset.into()),
        },
    }
}

/// A permit for one connection, counted in total and for its address, until it is dropped.
struct Place {
    shared: Arc<Shared>,
    peer: IpAddr,
    _place: OwnedSemaphorePermit,
}

impl Place {
    fn take(shared: &Arc<Shared>, peer: IpAddr) -> Option<Place> {
        let address = rate_limit_key(peer);
        let place = Arc::clone(&shared.places).try_acquire_owned().ok()?;
        let mut by_address = shared.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let held = by_address.entry(address).or_default();
        if *held >= shared.server.max_connections_per_address {
            return None;
        }
        *held += 1;
        Some(Place { shared: Arc::clone(shared), peer, _place: place })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let address = rate_limit_key(self.peer);
        let mut by_address = self.shared.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = by_address.get_mut(&address) {
            *held -= 1;
            if *held == 0 {
                by_address.remove(&address);
            }
        }
    }
}
