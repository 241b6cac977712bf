//! One request: resolved here, checked, connected to what was checked, bounded in size and time, and never redirected.
//!
//! It is done on hyper itself because an HTTP client would resolve and connect out of sight, read proxies from the
//! environment and keep connections. Nothing here is asked often enough to be worth keeping one.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, HOST, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Host;

use crate::error::OutboundError;
use crate::network::{Network, SystemNetwork};
use crate::policy::{Policy, Target, check_address};

/// The longest head of an answer, in bytes.
const HEAD: usize = 32 * 1024;
/// How many addresses of a name are tried.
const ADDRESSES: usize = 4;

/// What a request may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long all of it may take, from the name to the last byte.
    pub total: Duration,
    /// How long a connection to one address may take to be made.
    pub connect: Duration,
    /// The longest body, in bytes.
    pub body: usize,
}

impl Default for Limits {
    /// 5 s in all, 2 s to connect, 64 KiB.
    fn default() -> Self {
        Self { total: Duration::from_secs(5), connect: Duration::from_secs(2), body: 64 * 1024 }
    }
}

/// Asks others, as far as the policy allows.
#[derive(Clone)]
pub struct Outbound {
    policy: Policy,
    network: Arc<dyn Network>,
    tls: TlsConnector,
    limits: Limits,
}

/// An answer with status 200.
#[derive(Debug)]
pub struct Fetched {
    /// Its body.
    pub body: Bytes,
    /// How long it says that it may be kept (RFC 9111 §5.2); none if it does not say.
    pub max_age: Option<Duration>,
}

/// The head of an answer to POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// How long it asks to be left alone; none if it does not say.
    pub retry_after: Option<Duration>,
}

impl Outbound {
    /// On the system's network, trusting certificates of these authorities.
    pub fn new(policy: Policy, trust: RootCertStore) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(trust)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        Ok(Self { policy, network: Arc::new(SystemNetwork), tls, limits: Limits::default() })
    }

    /// The same on another network.
    #[must_use]
    pub fn on(self, network: Box<dyn Network>) -> Self {
        Self { network: network.into(), ..self }
    }

    /// The same within other limits.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What is allowed.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The answer to GET, if it is 200 and within the limits.
    pub async fn get(&self, url: &str) -> Result<Fetched, OutboundError> {
        let target = self.policy.target(url)?;
        self.in_time(self.get_from(&target)).await
    }

    /// The same outcome, unless it takes longer than one request may. Several in a row get no more time than one.
    pub(crate) async fn in_time<T>(
        &self,
        asking: impl Future<Output = Result<T, OutboundError>>,
    ) -> Result<T, OutboundError> {
        let slow = |_| OutboundError::TooSlow(self.limits.total);
        timeout(self.limits.total, asking).await.map_err(slow)?
    }

    /// The head of the answer to POST, whatever its status; nobody waits for its body. `headers` are beside `Host`,
    /// `User-Agent` and those of the body's length.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Bytes) -> Result<Answered, OutboundError> {
        let target = self.policy.target(url)?;
        let mut request = Request::post(&target.path).body(Full::new(body))?;
        *request.headers_mut() = headers;
        self.in_time(self.post_to(&target, request)).await
    }

    async fn post_to(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
    ) -> Result<Answered, OutboundError> {
        let (response, _connection) = self.send(target, request).await?;
        Ok(Answered { status: response.status(), retry_after: retry_after(response.headers()) })
    }

    async fn get_from(&self, target: &Target) -> Result<Fetched, OutboundError> {
        let request = Request::get(&target.path).header(ACCEPT, "application/json").body(Full::default())?;
        let (response, _connection) = self.send(target, request).await?;
        self.read(response).await
    }

    /// The answer, and the task that drives its connection: when that is dropped the connection ends.
    async fn send(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, JoinSet<hyper::Result<()>>), OutboundError> {
        let addresses = self.addresses(target).await?;
        let stream = self.connect(&addresses, target.port).await?;
        if !target.is_secure {
            return exchange(stream, target, request).await;
        }
        let stream = self.tls.connect(server_name(&target.host)?, stream).await;
        exchange(stream.map_err(OutboundError::Tls)?, target, request).await
    }

    /// The addresses of the host. One that is not public spoils the others: whoever answers so is up to something.
    async fn addresses(&self, target: &Target) -> Result<Vec<IpAddr>, OutboundError> {
        let addresses = match &target.host {
            Host::Domain(name) => self.network.resolve(name).await.map_err(OutboundError::Resolve)?,
            Host::Ipv4(address) => vec![(*address).into()],
            Host::Ipv6(address) => vec![(*address).into()],
        };
        if !target.is_allowed {
            addresses.iter().try_for_each(|address| check_address(*address))?;
        }
        Ok(addresses)
    }

    async fn connect(&self, addresses: &[IpAddr], port: u16) -> Result<TcpStream, OutboundError> {
        let mut failed = OutboundError::NoAddress;
        for address in addresses.iter().take(ADDRESSES) {
            let connecting = self.network.connect(SocketAddr::new(*address, port));
            match timeout(self.limits.connect, connecting).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failed = OutboundError::Connect(error),
                Err(_) => failed = OutboundError::TooSlow(self.limits.connect),
            }
        }
        Err(failed)
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Fetched, OutboundError> {
        let (head, body) = response.into_parts();
        if head.status != StatusCode::OK {
            return Err(OutboundError::Status(head.status));
        }
        let collected = Limited::new(body, self.limits.body).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                OutboundError::TooLong(self.limits.body)
            } else {
                OutboundError::Body(error)
            }
        })?;
        Ok(Fetched { body: collected.to_bytes(), max_age: max_age(&head.headers) })
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    target: &Target,
    mut request: Request<Full<Bytes>>,
) -> Result<(Response<Incoming>, JoinSet<hyper::Result<()>>), OutboundError> {
    let authority = HeaderValue::from_str(&target.authority).map_err(http::Error::from)?;
    request.headers_mut().insert(HOST, authority);
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("grantd"));
    let mut builder = http1::Builder::new();
    let (mut sender, connection) =
        builder.max_buf_size(HEAD).handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    Ok((sender.send_request(request).await?, driver))
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3); a date is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn server_name(host: &Host<String>) -> Result<ServerName<'static>, OutboundError> {
    let invalid = |error| OutboundError::Tls(std::io::Error::new(std::io::ErrorKind::InvalidInput, error));
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone()).map_err(invalid),
        Host::Ipv4(address) => Ok(ServerName::IpAddress(IpAddr::from(*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress(IpAddr::from(*address).into())),
    }
}

/// `max-age`; nothing may be kept where `no-store` or `no-cache` says so.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<String> =
        values.flat_map(|value| value.split(',')).map(|one| one.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| directive == "no-store" || directive == "no-cache") {
        return Some(Duration::ZERO);
    }
    let seconds = directives.iter().find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse().ok().map(Duration::from_secs)
}
