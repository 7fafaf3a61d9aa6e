//! The accept loop: connections come in up to the caps, each with its deadlines, and all of them
//! finish what they have begun when the server stops.

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

/// What an HTTP/2 client may send of one body before it is read: all of the largest.
const STREAM_WINDOW: u32 = 64 * 1024;

/// What it may send of all bodies of its connection before they are read.
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// What is kept of an answer that an HTTP/2 client does not take.
const SEND_BUFFER: usize = 64 * 1024;

/// How long answers may take to leave that tell of requests which are ended.
pub(crate) const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// What is answered to a request that is not finished when the server has to stop, if anything.
pub(crate) type LastAnswer = fn(&hyper::Request<Incoming>) -> Option<fn() -> Response>;

/// A bound address, and how to serve on it.
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
    protocols: Builder<TokioExecutor>,
}

impl Listener {
    /// Binds the address; nobody is accepted yet.
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
            protocols,
        };
        Ok(Listener { listener, shared: Arc::new(shared) })
    }

    /// The address in use; the port is the real one where 0 was asked for.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Starts accepting.
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
    /// Stops accepting, lets requests in work finish, and says whether all did by the deadline. Commands
    /// that did not are answered that their outcome is not known.
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

/// What is served.
#[derive(Clone)]
struct Served {
    router: Router,
    last_answer: LastAnswer,
}

/// Accepts connections, and serves each in a task of its own.
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
        // A stop waits for it as for a connection: it may be about to make one.
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
                // One connection too many is closed at once, before it costs anything.
                if let Some(place) = Place::take(&self.edge.shared, peer.ip()) {
                    let (served, stopping) = (self.served.clone(), self.stopping.clone());
                    self.connections.spawn(connection(stream, place, served, stopping));
                }
            }
            Err(error) => {
                // Out of file descriptors, for one: others have to close first.
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
    // Answers are small and whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let shared = Arc::clone(&place.shared);
    match &shared.tls {
        None => serve(stream, &place, served, stopping).await,
        Some(tls) => {
            let handshake = tls.accept(stream);
            match tokio::time::timeout(shared.server.head_deadline, handshake).await {
                Ok(Ok(stream)) => serve(stream, &place, served, stopping).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        }
    }
}

async fn serve<IO>(io: IO, place: &Place, served: Served, mut stopping: watch::Receiver<Stop>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shared = &place.shared;
    let in_work = InWork::default();
    let patience = Timeouts {
        head: shared.server.head_deadline,
        idle: shared.server.idle_deadline,
        write: shared.server.write_deadline,
        linger: Bounds { time: shared.server.linger_deadline, bytes: shared.server.linger_limit },
    };
    let patient = TimeoutStream::new(io, in_work.clone(), patience, stopping.clone());
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
    let mut serving = pin!(shared.protocols.serve_connection(TokioIo::new(patient), service));
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

/// The answer to a request: the router's or, when the server has to stop before there is one, the last
/// answer that it has for such a request.
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

/// A connection's place among all and among those of its address, until it is dropped.
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
