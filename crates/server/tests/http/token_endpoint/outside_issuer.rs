//! An outside issuer with an https server of its own on loopback, which any name leads to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_outbound::{Network, Outbound, Policy};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{ISSUER, NOW};

pub const OUTSIDE: &str = "https://issuer.example";
pub const SUBJECT: &str = "repo:acme/app:ref:refs/heads/main";

/// The issuer: its keys by their names, of which the published ones can change.
pub struct OutsideIssuer {
    address: SocketAddr,
    trust: RootCertStore,
    published: Arc<Mutex<Value>>,
    asked: Arc<AtomicUsize>,
}

/// A key of an issuer.
pub struct Key {
    kid: &'static str,
    pair: KeyPair,
}

impl Key {
    pub fn new(kid: &'static str) -> Self {
        Self { kid, pair: KeyPair::generate().unwrap() }
    }

    /// The set with this key in it.
    pub fn jwks(&self) -> Value {
        // 4, x and y (SEC 1 §2.3.3).
        let (x, y) = self.pair.der_bytes()[1..].split_at(32);
        let [x, y] = [x, y].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "x": x, "y": y}]})
    }

    /// A token of the usual job, with these claims in place of the usual ones; `null` leaves one out.
    pub fn sign(&self, others: &Value) -> String {
        let now = NOW.seconds();
        let mut claims = json!({
            "iss": OUTSIDE, "sub": SUBJECT, "aud": ISSUER, "iat": now, "nbf": now, "exp": now + 300,
            "repository": "acme/app", "jti": "1",
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(others.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(Algorithm::ES256) };
        encode(&header, &claims, &EncodingKey::from_ec_der(self.pair.serialized_der())).unwrap()
    }
}

impl OutsideIssuer {
    /// An issuer that publishes this key.
    pub async fn start(key: &Key) -> Self {
        let (acceptor, trust) = certificate();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            address: listener.local_addr().unwrap(),
            trust,
            published: Arc::new(Mutex::new(key.jwks())),
            asked: Arc::default(),
        };
        let (published, asked) = (Arc::clone(&issuer.published), Arc::clone(&issuer.asked));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut stream = acceptor.accept(stream).await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                asked.fetch_add(1, Ordering::SeqCst);
                let body = if head.starts_with(b"GET /.well-known/openid-configuration ") {
                    json!({"issuer": OUTSIDE, "jwks_uri": format!("{OUTSIDE}/keys")}).to_string()
                } else {
                    published.lock().unwrap().to_string()
                };
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
                drop(stream.shutdown().await);
            }
        });
        issuer
    }

    /// Publishes this key instead.
    pub fn publish(&self, key: &Key) {
        *self.published.lock().unwrap() = key.jwks();
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Who asks on a network where every name has this address, and every address leads here.
    pub fn outbound(&self, address: &str) -> Outbound {
        let network = Loopback { site: self.address, address: address.parse().unwrap() };
        Outbound::new(Policy::default(), self.trust.clone()).unwrap().on(Box::new(network))
    }
}

struct Loopback {
    site: SocketAddr,
    address: IpAddr,
}

#[async_trait]
impl Network for Loopback {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![self.address])
    }

    async fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(self.site).await
    }
}

fn certificate() -> (TlsAcceptor, RootCertStore) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["issuer.example".to_owned()]).unwrap();
    let chain = vec![params.signed_by(&key, &authority).unwrap().der().clone()];
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let mut trust = RootCertStore::empty();
    trust.add(authority.der().clone()).unwrap();
    (TlsAcceptor::from(Arc::new(config)), trust)
}
