//! Connections: accepting, TLS, limits on the slow and the many, and draining.
//!
//! The accept loop is our own because a TLS handshake must not hold up the next one, and because the timeouts
//! against clients that send nothing have to be set on the connection itself.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use crate::arrival::{Arrival, Arrivals, Forgeries, PeerAddress};
use crate::client_certificate::ClientCertificates;
use crate::stall::StallGuard;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client may take to send the head of a request; also how long it may stay idle. Clients that keep
/// connections reuse them without asking, and one that computes for a minute in between finds a closed one to be an
/// error: Auth0's deploy CLI does.
const HEAD: Duration = Duration::from_mins(2);
/// How long an HTTP/2 connection may be silent before it is asked whether anybody is there.
const PING: Duration = Duration::from_secs(30);
/// How long a client may take none of what is sent to it.
const WRITE: Duration = Duration::from_secs(30);
/// How long requests under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);
/// Failures to accept with less time than this between them are one stretch, and logged once.
const STRETCH: Duration = Duration::from_mins(1);
/// The longest head of a request: a Management API token with every scope has some 16 KiB.
const HEAD_BYTES: usize = 64 * 1024;
const HEAD_LIST_BYTES: u32 = 64 * 1024;

/// How bytes travel.
pub enum Transport {
    /// HTTPS, with this configuration.
    Tls(Arc<rustls::ServerConfig>),
    /// HTTP, for behind a proxy.
    Plain,
}

/// A bound address, ready to accept.
pub struct Listener {
    tcp: TcpListener,
    transport: Transport,
    certificates: Arc<ClientCertificates>,
    places: usize,
}

impl Listener {
    /// Connections at a time, unless something else is said; more wait in the kernel.
    pub const CONNECTIONS: usize = 10_000;

    /// Binds the address. Port 0 lets the system choose.
    pub async fn bind(address: SocketAddr, transport: Transport) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        Ok(Self { tcp, transport, certificates: Arc::default(), places: Self::CONNECTIONS })
    }

    /// Takes so many connections at a time.
    #[must_use]
    pub fn with_connections(self, places: usize) -> Self {
        Self { places, ..self }
    }

    /// Takes certificates of clients in these ways. The TLS configuration must have their verifier.
    #[must_use]
    pub fn with_client_certificates(self, certificates: Arc<ClientCertificates>) -> Self {
        Self { certificates, ..self }
    }

    /// The address that was bound.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Serves until `stop` is done, then lets requests under way end. When this returns, no connection is left.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(self.places));
        let graceful = GracefulShutdown::new();
        let (stopping, stopped) = watch::channel(());
        let tls = match self.transport {
            Transport::Tls(config) => Some(config),
            Transport::Plain => None,
        };
        let door = Arc::new(Door { tls, router, certificates: self.certificates, forgeries: Arc::default() });
        let mut connections = JoinSet::new();
        let mut failures = Failures::default();
        let mut stop = std::pin::pin!(stop);
        loop {
            let ((stream, peer), place) = tokio::select! {
                accepted = accept(&self.tcp, &places, &mut failures) => accepted,
                Some(_) = connections.join_next() => continue,
                () = &mut stop => break,
            };
            let watcher = graceful.watcher();
            let (door, stopped) = (Arc::clone(&door), stopped.clone());
            connections.spawn(async move {
                if let Err(error) = connection(stream, peer, &door, watcher, stopped).await {
                    tracing::debug!(error, "a connection ended badly");
                }
                drop(place);
            });
        }
        drop(self.tcp);
        drop(stopping);
        if timeout(DRAIN, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        connections.shutdown().await;
    }
}

/// The next connection, and its place among those that there may be.
async fn accept(
    tcp: &TcpListener,
    places: &Arc<Semaphore>,
    failures: &mut Failures,
) -> ((TcpStream, SocketAddr), Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a place in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match tcp.accept().await {
            Ok(accepted) => return (accepted, place),
            Err(error) => {
                // Out of file descriptors, usually: waiting a little is all that helps.
                failures.log(&error);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// When accepting failed last. A connection that gets through in between ends no stretch: out of file descriptors,
/// some always do.
#[derive(Default)]
struct Failures(Option<Instant>);

impl Failures {
    fn log(&mut self, error: &io::Error) {
        let now = Instant::now();
        let former = self.0.replace(now);
        if former.is_none_or(|former| now.duration_since(former) > STRETCH) {
            tracing::warn!(%error, "connections are not accepted; said once while it lasts");
        }
    }
}

/// What all connections share.
struct Door {
    tls: Option<Arc<rustls::ServerConfig>>,
    router: Router,
    certificates: Arc<ClientCertificates>,
    forgeries: Arc<Forgeries>,
}

impl Door {
    /// The router for the requests of a connection, on which this may be the TLS.
    fn arrivals(&self, peer: SocketAddr, tls: Option<&ServerConnection>) -> Result<Arrivals, String> {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let now = || self.tls.as_ref().and_then(|config| config.time_provider.current_time());
        let certificate = tls.map(|connection| self.certificates.of(connection, now())).transpose()?;
        let arrival = Arrival {
            peer: PeerAddress(peer),
            through_proxy: self.certificates.trusts(peer.ip()),
            certificate: certificate.flatten().map(Arc::new),
            forgeries: Arc::clone(&self.forgeries),
        };
        Ok(Arrivals::new(arrival, self.router.clone()))
    }
}

type Ended = Result<(), String>;

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    door: &Door,
    watcher: Watcher,
    mut stopped: watch::Receiver<()>,
) -> Ended {
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let Some(config) = &door.tls else {
        return http1_connection(stream, door.arrivals(peer, None)?, watcher).await;
    };
    let acceptor = TlsAcceptor::from(Arc::clone(config));
    // Who is still shaking hands has no request under way.
    let stream = tokio::select! {
        shaken = timeout(HANDSHAKE, acceptor.accept(stream)) => shaken
            .map_err(|_| "the handshake took too long".to_owned())?
            .map_err(|error| error.to_string())?,
        _ = stopped.changed() => return Err("the server stops".to_owned()),
    };
    let arrivals = door.arrivals(peer, Some(stream.get_ref().1))?;
    // The protocol is what the handshake agreed on: guessing it from the first bytes would wait for them.
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2_connection(stream, arrivals, watcher).await
    } else {
        http1_connection(stream, arrivals, watcher).await
    }
}

async fn http1_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    arrivals: Arrivals,
    watcher: Watcher,
) -> Ended {
    let mut builder = http1::Builder::new();
    // The buffer alone would let a longer head through that arrives at once.
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(HEAD_BYTES);
    let stream = StallGuard::new(stream, WRITE);
    let connection = builder.serve_connection(TokioIo::new(stream), arrivals);
    watcher.watch(connection).await.map_err(|error| error.to_string())
}

/// A client that lives answers pings, so one that sends nothing at all for longer than a ping takes is gone, or
/// has never begun to speak.
async fn http2_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    arrivals: Arrivals,
    watcher: Watcher,
) -> Ended {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(HEAD_LIST_BYTES)
        .keep_alive_interval(PING)
        .keep_alive_timeout(HANDSHAKE);
    let stream = StallGuard::new(stream, WRITE).with_read_limit(PING + HANDSHAKE);
    let connection = builder.serve_connection(TokioIo::new(stream), arrivals);
    watcher.watch(connection).await.map_err(|error| error.to_string())
}
