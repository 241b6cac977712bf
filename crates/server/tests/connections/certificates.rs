//! Authorities, the certificates that they issue, clients that show them, and a route that says what it was shown.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use grantd_server::{ClientCertificates, PeerAddress, presented};
use grantd_token::Certificate;
use http::request::Parts;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd};
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme, SupportedProtocolVersion};

use crate::server::Server;

/// What a client shows: its certificate with those behind it, and the key that it signs with.
#[derive(Clone, Debug)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    fn new(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self(Arc::new(CertifiedKey::new(chain, any_supported_type(&key).unwrap())))
    }

    /// A certificate that the client has signed itself.
    pub fn self_signed() -> Self {
        let key = KeyPair::generate().unwrap();
        Self::new(vec![CertificateParams::default().self_signed(&key).unwrap().der().clone()], &key)
    }

    /// Shows the certificate, and signs with another key than the certificate's.
    pub fn with_another_key(&self) -> Self {
        Self::new(self.0.cert.clone(), &KeyPair::generate().unwrap())
    }

    /// Shows this instead.
    pub fn showing(&self, chain: Vec<CertificateDer<'static>>) -> Self {
        Self(Arc::new(CertifiedKey::new(chain, Arc::clone(&self.0.key))))
    }

    /// The client's own certificate.
    pub fn leaf(&self) -> &CertificateDer<'static> {
        self.0.cert.first().unwrap()
    }

    /// `x5t#S256`
    pub fn thumbprint(&self) -> String {
        Certificate::from_der(self.leaf()).unwrap().thumbprint()
    }

    /// What the route says about the certificate.
    pub fn shown(&self, verified: bool) -> String {
        format!("{} {}", if verified { "verified" } else { "unverified" }, self.thumbprint())
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// An authority, and those above it.
pub struct Authority {
    issuer: rcgen::Issuer<'static, KeyPair>,
    chain: Vec<CertificateDer<'static>>,
}

impl Authority {
    /// One that nobody stands above.
    pub fn new(name: &str) -> Self {
        let (params, key) = authority(name);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: rcgen::Issuer::new(params, key), chain: vec![certificate] }
    }

    /// One below this one.
    pub fn below(&self, name: &str) -> Self {
        let (params, key) = authority(name);
        let mut chain = self.chain.clone();
        chain.insert(0, params.signed_by(&key, &self.issuer).unwrap().der().clone());
        Self { issuer: rcgen::Issuer::new(params, key), chain }
    }

    /// Its own certificate.
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.chain.first().unwrap().clone()
    }

    /// A client's certificate as usual, with the change.
    pub fn issue_with(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let mut chain = self.chain.clone();
        chain.insert(0, params.signed_by(&key, &self.issuer).unwrap().der().clone());
        Identity::new(chain, &key)
    }

    /// A client's certificate.
    pub fn issue(&self) -> Identity {
        self.issue_with(|_| {})
    }

    /// A client's certificate that is good from one year to another.
    pub fn issue_for(&self, from: i32, to: i32) -> Identity {
        self.issue_with(|params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(to, 1, 1);
        })
    }

    /// Clients are asked, and this authority verifies.
    pub fn verifies(&self) -> ClientCertificates {
        ClientCertificates::default().verified_by(&[self.certificate()]).unwrap()
    }
}

fn authority(name: &str) -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (params, KeyPair::generate().unwrap())
}

/// The configuration of a client that trusts the server and shows this.
pub fn client(server: &Server, identity: impl ResolvesClientCert + 'static) -> ClientConfig {
    client_speaking(server, identity, rustls::ALL_VERSIONS)
}

/// The same with these versions of TLS.
pub fn client_speaking(
    server: &Server,
    identity: impl ResolvesClientCert + 'static,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(server.roots())
        .with_client_cert_resolver(Arc::new(identity))
}

/// `GET /` says which certificate the request came with, and from where.
pub fn certificate_shown() -> Router {
    Router::new().route("/", get(async |parts: Parts| said(&parts)))
}

fn said(parts: &Parts) -> String {
    let PeerAddress(peer) = parts.extensions.get().unwrap();
    let certificate = match presented(&parts.extensions, &parts.headers) {
        Ok(None) => "none".to_owned(),
        Ok(Some(shown)) => {
            let verdict = if shown.verified { "verified" } else { "unverified" };
            format!("{verdict} {}", shown.certificate.thumbprint())
        }
        Err(fault) => format!("fault: {fault}"),
    };
    let left = parts.headers.keys().filter(|name| name.as_str().starts_with("client-certificate")).count();
    format!("[{certificate}] {} with {left} headers", peer.ip())
}
