//! What is known of a request by the connection that it came over, for its extensions.
//!
//! Apart from the listener, which knows connections and no requests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};
use tokio::time::Instant;

use crate::client_certificate::{CERTIFICATE, ClientCertificate, VERDICT};

/// For how long the next attempt to forge a certificate is not worth a line in the log.
const SELDOM: Duration = Duration::from_mins(10);

/// The other end of the connection: the client, or a proxy before it. An IPv4 address is one, also on a socket of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// The request came from a trusted proxy: its headers say which certificate the client has shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThroughProxy;

/// What is known of a connection.
pub(crate) struct Arrival {
    pub(crate) peer: PeerAddress,
    pub(crate) through_proxy: bool,
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
    pub(crate) forgeries: Arc<Forgeries>,
}

impl Arrival {
    /// Marks a request of this connection.
    fn mark(&self, request: &mut Request<Incoming>) {
        request.extensions_mut().insert(self.peer);
        if self.through_proxy {
            request.extensions_mut().insert(ThroughProxy);
            return;
        }
        if let Some(certificate) = &self.certificate {
            request.extensions_mut().insert(Arc::clone(certificate));
        }
        // Nothing behind this line can take them for a proxy's.
        let removed = [CERTIFICATE, VERDICT].map(|name| request.headers_mut().remove(name).is_some());
        if removed.contains(&true) {
            self.forgeries.log(self.peer);
        }
    }
}

/// When somebody who is no trusted proxy sent a proxy's headers last.
#[derive(Default)]
pub(crate) struct Forgeries(Mutex<Option<Instant>>);

impl Forgeries {
    fn log(&self, PeerAddress(peer): PeerAddress) {
        let now = Instant::now();
        let Ok(mut last) = self.0.lock() else { return };
        if last.is_none_or(|last| now.duration_since(last) > SELDOM) {
            *last = Some(now);
            tracing::warn!(
                %peer,
                "headers with a client certificate are ignored, since the peer is no trusted proxy; said once in \
                 ten minutes"
            );
        }
    }
}

/// The router for the requests of one connection.
#[derive(Clone)]
pub(crate) struct Arrivals {
    arrival: Arc<Arrival>,
    router: TowerToHyperService<Router>,
}

impl Arrivals {
    pub(crate) fn new(arrival: Arrival, router: Router) -> Self {
        Self { arrival: Arc::new(arrival), router: TowerToHyperService::new(router) }
    }
}

impl Service<Request<Incoming>> for Arrivals {
    type Response = Response;
    type Error = Infallible;
    type Future = TowerToHyperServiceFuture<Router, Request<Incoming>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.arrival.mark(&mut request);
        self.router.call(request)
    }
}
