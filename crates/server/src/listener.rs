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
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client may take to send the head of a request; also how long it may stay idle.
const HEAD: Duration = Duration::from_secs(30);
/// How long requests under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);
/// Connections at a time; more wait in the kernel.
const CONNECTIONS: usize = 10_000;
/// The longest head of a request: a Management API token with every scope has some 16 KiB.
const HEAD_BYTES: usize = 64 * 1024;

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
}

impl Listener {
    /// Binds the address. Port 0 lets the system choose.
    pub async fn bind(address: SocketAddr, transport: Transport) -> io::Result<Self> {
        Ok(Self { tcp: TcpListener::bind(address).await?, transport })
    }

    /// The address that was bound.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Serves until `stop` is done, then lets requests under way end.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        let graceful = Arc::new(GracefulShutdown::new());
        let acceptor = match self.transport {
            Transport::Tls(config) => Some(TlsAcceptor::from(config)),
            Transport::Plain => None,
        };
        let mut stop = std::pin::pin!(stop);
        loop {
            let permit = Arc::clone(&connections).acquire_owned().await;
            let stream = tokio::select! {
                accepted = self.tcp.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // Out of file descriptors, usually: waiting a little is all that helps.
                        tracing::warn!(%error, "a connection was not accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
                () = &mut stop => break,
            };
            let watcher = graceful.watcher();
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                if let Err(error) = connection(stream, acceptor, router, watcher).await {
                    tracing::debug!(error, "a connection ended badly");
                }
                drop(permit);
            });
        }
        drop(self.tcp);
        if let Some(graceful) = Arc::into_inner(graceful)
            && timeout(DRAIN, graceful.shutdown()).await.is_err()
        {
            tracing::warn!("some requests did not end in time");
        }
    }
}

type Ended = Result<(), String>;

async fn connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) -> Ended {
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let Some(acceptor) = acceptor else { return http1_connection(stream, router, watcher).await };
    let stream = timeout(HANDSHAKE, acceptor.accept(stream))
        .await
        .map_err(|_| "the handshake took too long".to_owned())?
        .map_err(|error| error.to_string())?;
    // The protocol is what the handshake agreed on: guessing it from the first bytes would wait for them.
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2_connection(stream, router, watcher).await
    } else {
        http1_connection(stream, router, watcher).await
    }
}

async fn http1_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) -> Ended {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    watcher.watch(connection).await.map_err(|error| error.to_string())
}

async fn http2_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) -> Ended {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(64 * 1024)
        .keep_alive_interval(HEAD)
        .keep_alive_timeout(HANDSHAKE);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    watcher.watch(connection).await.map_err(|error| error.to_string())
}
