//! A server to connect to, and clients that do as they are told.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use grantd_server::{ClientCertificates, Listener, Transport};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What no test takes, on whichever clock.
const AT_MOST: Duration = Duration::from_mins(5);

/// A listener that serves.
pub struct Server {
    pub address: SocketAddr,
    certificate: Option<CertificateDer<'static>>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// Answers `GET /`.
pub fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

impl Server {
    pub async fn plain(router: Router) -> Self {
        Self::start(router, Transport::Plain, None, Arc::default()).await
    }

    pub async fn plain_with(router: Router, certificates: ClientCertificates) -> Self {
        Self::start(router, Transport::Plain, None, Arc::new(certificates)).await
    }

    pub async fn tls(router: Router) -> Self {
        Self::tls_with(router, ClientCertificates::default(), |_| {}).await
    }

    /// An error is one of the address.
    pub async fn plain_on(
        address: &str,
        router: Router,
        certificates: ClientCertificates,
    ) -> io::Result<Self> {
        let listener = Listener::bind(address.parse().unwrap(), Transport::Plain).await?;
        Ok(Self::serve(listener, router, None, Arc::new(certificates)))
    }

    /// HTTPS that takes certificates of clients in these ways, its configuration changed.
    pub async fn tls_with(
        router: Router,
        certificates: ClientCertificates,
        change: impl FnOnce(&mut rustls::ServerConfig),
    ) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let private = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut config = rustls::ServerConfig::builder()
            .with_client_cert_verifier(certificates.verifier())
            .with_single_cert(vec![certificate.clone()], private.into())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        change(&mut config);
        let transport = Transport::Tls(Arc::new(config));
        Self::start(router, transport, Some(certificate), Arc::new(certificates)).await
    }

    async fn start(
        router: Router,
        transport: Transport,
        certificate: Option<CertificateDer<'static>>,
        certificates: Arc<ClientCertificates>,
    ) -> Self {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), transport).await.unwrap();
        Self::serve(listener, router, certificate, certificates)
    }

    fn serve(
        listener: Listener,
        router: Router,
        certificate: Option<CertificateDer<'static>>,
        certificates: Arc<ClientCertificates>,
    ) -> Self {
        let listener = listener.with_client_certificates(certificates);
        let address = listener.address().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(listener.serve(router, async { drop(stopped.await) }));
        Self { address, certificate, stop, serving }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection after its handshake, with the first of these protocols that the server knows.
    pub async fn connect_tls(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut config =
            rustls::ClientConfig::builder().with_root_certificates(self.roots()).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        self.connect_as(Arc::new(config)).await.unwrap()
    }

    /// What a client trusts who trusts this server.
    pub fn roots(&self) -> rustls::RootCertStore {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone().unwrap()).unwrap();
        roots
    }

    /// A connection after its handshake, of a client with this configuration.
    pub async fn connect_as(&self, config: Arc<rustls::ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(config).connect(name, self.connect().await).await
    }

    /// Asserts that a new client is served.
    pub async fn assert_serves(&self) {
        let answer = match &self.certificate {
            None => answer(self.connect().await, GET).await,
            Some(_) => answer(self.connect_tls(&["http/1.1"]).await, GET).await,
        };
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }

    /// Tells the server to stop; what it still does is in the handle.
    pub fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).unwrap();
        self.serving
    }
}

/// A request after which the server closes the connection.
pub const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// Sends, and reads until the server closes.
pub async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    read_to_end(&mut stream).await
}

/// Everything until the server closes, however it does that.
pub async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    drop(soon(stream.read_to_end(&mut bytes)).await);
    String::from_utf8(bytes).unwrap()
}

/// Everything up to and with this text.
pub async fn read_until(stream: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let byte = soon(stream.read_u8()).await.unwrap_or_else(|error| panic!("{error} after {text:?}"));
        text.push(char::from(byte));
    }
    text
}

/// What happens, unless it takes for ever.
pub async fn soon<T>(happening: impl Future<Output = T>) -> T {
    timeout(AT_MOST, happening).await.unwrap_or_else(|_| panic!("it takes for ever"))
}
