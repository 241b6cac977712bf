//! TLS as both servers speak it and the load: a certificate on P-256 that is made for one run, and the configurations on
//! either side. All of it is rustls on aws-lc-rs with the defaults of both, as in grantd.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::Outcome;

/// HTTP/1.1, as a handshake names it (RFC 7301 §6).
pub(crate) const HTTP1: &[u8] = b"http/1.1";
/// HTTP/2 (RFC 9113 §3.1).
pub(crate) const HTTP2: &[u8] = b"h2";
/// Whom the certificate is for.
const NAME: &str = "localhost";

/// A certificate and its key in files, as servers take them.
pub(crate) struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// A new one, in this folder.
    pub(crate) fn new(folder: &Path) -> Outcome<Self> {
        let key = KeyPair::generate()?;
        let made = CertificateParams::new(vec![NAME.to_owned()])?.self_signed(&key)?;
        let of = Self {
            chain: folder.join("bench-tls.pem"),
            key: folder.join("bench-tls.key"),
            der: made.der().clone(),
        };
        fs::write(&of.chain, made.pem())?;
        fs::write(&of.key, key.serialize_pem())?;
        Ok(of)
    }

    /// The flags by which grantd and the ceiling take it.
    pub(crate) fn flags(&self) -> Outcome<[&str; 4]> {
        let names = self.chain.to_str().zip(self.key.to_str());
        let (chain, key) = names.ok_or("the temporary folder has no name in UTF-8")?;
        Ok(["--tls-cert", chain, "--tls-key", key])
    }

    /// The side of a client that believes this certificate alone and speaks this protocol alone. What it remembers of
    /// sessions is its own; if it does not resume, it remembers none.
    pub(crate) fn connector(&self, protocol: &[u8], resumes: bool) -> Outcome<TlsConnector> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone())?;
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        if !resumes {
            config.resumption = Resumption::disabled();
        }
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

/// The name that a client asks for.
pub(crate) fn server_name() -> Outcome<ServerName<'static>> {
    Ok(ServerName::try_from(NAME)?)
}

/// The side of a server with the certificate and the key of these files, as grantd has it.
pub(crate) fn acceptor(chain: &Path, key: &Path) -> Outcome<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(chain)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
