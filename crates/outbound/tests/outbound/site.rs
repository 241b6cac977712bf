//! A site of somebody else's on loopback, and a network on which any name leads to it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use grantd_outbound::{Network, Outbound, Policy};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a site writes, and whether it then leaves the connection open.
type Script = Arc<dyn Fn(&str) -> (Vec<u8>, After) + Send + Sync>;

/// What comes after the answer.
#[derive(Clone, Copy)]
pub enum After {
    Close,
    Silence,
    /// The same again and again, for as long as somebody reads.
    Repeat,
}

/// A site: what was asked of it, and where it is.
pub struct Site {
    pub address: SocketAddr,
    asked: Arc<AtomicUsize>,
    trust: RootCertStore,
}

impl Site {
    /// Answers each request, known by its path, with these bytes, over TLS with a certificate for `issuer.example`.
    pub async fn start(script: impl Fn(&str) -> (Vec<u8>, After) + Send + Sync + 'static) -> Self {
        let (acceptor, trust) = certificate();
        Self::listen(Arc::new(script), Some(acceptor), trust).await
    }

    /// The same without TLS.
    pub async fn plain(script: impl Fn(&str) -> (Vec<u8>, After) + Send + Sync + 'static) -> Self {
        Self::listen(Arc::new(script), None, RootCertStore::empty()).await
    }

    async fn listen(script: Script, tls: Option<TlsAcceptor>, trust: RootCertStore) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, tls, count) = (Arc::clone(&script), tls.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    let Some(tls) = tls else { return drop(answer(stream, &script, &count).await) };
                    // Who does not trust the certificate hangs up.
                    if let Ok(stream) = tls.accept(stream).await {
                        drop(answer(stream, &script, &count).await);
                    }
                });
            }
        });
        Self { address, asked, trust }
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Who trusts the site's certificate, on a network where names have these addresses and all of them lead here.
    pub fn outbound(&self, names: &Names) -> Outbound {
        self.outbound_to(self, names)
    }

    /// The same on a network where all names lead to another site.
    pub fn outbound_to(&self, other: &Self, names: &Names) -> Outbound {
        let network = ToSite { site: other.address, names: names.clone() };
        Outbound::new(Policy::default(), self.trust.clone()).unwrap().on(Box::new(network))
    }

    /// Who may ask this address although it is private, on the real network.
    pub fn allowed(&self) -> Outbound {
        let allowed = vec![self.address.to_string().parse().unwrap()];
        Outbound::new(Policy { allowed }, self.trust.clone()).unwrap()
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: &Script,
    count: &AtomicUsize,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    count.fetch_add(1, Ordering::SeqCst);
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap();
    let (bytes, after) = script(path);
    stream.write_all(&bytes).await?;
    match after {
        After::Close => stream.shutdown().await,
        After::Silence => std::future::pending().await,
        After::Repeat => loop {
            stream.write_all(&bytes).await?;
        },
    }
}

/// 200 with this body, and these header lines.
pub fn ok(headers: &str, body: &str) -> (Vec<u8>, After) {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    (head.into_bytes(), After::Close)
}

fn certificate() -> (TlsAcceptor, RootCertStore) {
    let authority = CertifiedIssuer::self_signed(
        {
            let mut params = CertificateParams::default();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            params
        },
        KeyPair::generate().unwrap(),
    )
    .unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["issuer.example".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let mut trust = RootCertStore::empty();
    trust.add(authority.der().clone()).unwrap();
    (TlsAcceptor::from(Arc::new(config)), trust)
}

/// What names lead to, answer by answer; the last one stays. It also knows what was asked and connected to.
#[derive(Clone)]
pub struct Names(Arc<Mutex<Book>>);

struct Book {
    answers: Vec<Vec<IpAddr>>,
    resolved: Vec<String>,
    connected: Vec<SocketAddr>,
}

impl Names {
    /// Every name has this address.
    pub fn at(address: &str) -> Self {
        Self::in_turn(&[&[address]])
    }

    /// Every name has these addresses when it is asked for the first time, those the second time, ...
    pub fn in_turn(answers: &[&[&str]]) -> Self {
        let parsed = answers.iter().map(|one| one.iter().map(|text| text.parse().unwrap()).collect());
        let book = Book { answers: parsed.collect(), resolved: Vec::new(), connected: Vec::new() };
        Self(Arc::new(Mutex::new(book)))
    }

    /// The names that were asked for.
    pub fn resolved(&self) -> Vec<String> {
        self.0.lock().unwrap().resolved.clone()
    }

    /// The addresses that were connected to.
    pub fn connected(&self) -> Vec<String> {
        self.0.lock().unwrap().connected.iter().map(ToString::to_string).collect()
    }
}

struct ToSite {
    site: SocketAddr,
    names: Names,
}

#[async_trait]
impl Network for ToSite {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut book = self.names.0.lock().unwrap();
        let turn = book.resolved.len().min(book.answers.len() - 1);
        book.resolved.push(host.to_owned());
        Ok(book.answers[turn].clone())
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.names.0.lock().unwrap().connected.push(address);
        TcpStream::connect(self.site).await
    }
}
