//! Certificates of clients (RFC 8705): how they can arrive, and which one a request came with.
//!
//! They arrive in the TLS handshake or in the headers of a trusted proxy. A connection has one of the two ways and
//! never both: what a trusted proxy shows in its own handshake is the proxy's certificate, and what anybody else
//! writes into the headers proves nothing.

mod forwarded;
mod handshake;

use std::net::IpAddr;
use std::sync::Arc;

use grantd_token::Certificate;
use http::{Extensions, HeaderMap};
use rustls::ServerConnection;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::NoClientAuth;
use rustls::server::danger::ClientCertVerifier;
use thiserror::Error;

pub use self::forwarded::CertificateFault;
pub(crate) use self::forwarded::{CERTIFICATE, VERDICT};
use self::handshake::{AnyCertificate, Handshake};
use crate::arrival::{PeerAddress, ThroughProxy};
use crate::trusted_proxies::Network;

/// A certificate whose key the client has proved to hold, to this server or to a trusted proxy.
#[derive(Debug)]
pub struct ClientCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// Whether it is verified: issued by a configured authority, for clients, and in its dates when the connection
    /// was made. A trusted proxy says the same of its own authorities.
    pub verified: bool,
}

/// What cannot serve as an authority.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// One of the certificates cannot be read.
    #[error("certificate {0} of the bundle cannot be read as an authority: {1}")]
    Unreadable(usize, #[source] rustls::Error),
    /// There is nothing to verify with.
    #[error("no certificate in it")]
    Empty,
}

/// The ways in which certificates of clients arrive. By default there is none.
#[derive(Default)]
pub struct ClientCertificates {
    handshake: Option<Handshake>,
    proxies: Vec<Network>,
    url: Option<Box<str>>,
}

impl ClientCertificates {
    /// Every client is asked for a certificate in the handshake; none has to have one, and any will do.
    #[must_use]
    pub fn asked_for(self) -> Self {
        Self { handshake: Some(self.handshake.unwrap_or_default()), ..self }
    }

    /// The same, and those that one of these authorities has issued are verified.
    pub fn verified_by(self, authorities: &[CertificateDer<'static>]) -> Result<Self, AuthorityError> {
        Ok(Self { handshake: Some(Handshake::with_authorities(authorities)?), ..self })
    }

    /// Connections from these addresses are a trusted proxy's, whose headers are believed.
    #[must_use]
    pub fn behind(self, proxies: Vec<Network>) -> Self {
        Self { proxies, ..self }
    }

    /// The base of the endpoints that clients with certificates shall use, where it is not the issuer. A missing slash
    /// at the end is added.
    #[must_use]
    pub fn at(self, url: &str) -> Self {
        let slash = if url.ends_with('/') { "" } else { "/" };
        Self { url: Some(format!("{url}{slash}").into()), ..self }
    }

    /// What a TLS configuration asks clients for.
    pub fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        match &self.handshake {
            Some(_) => Arc::new(AnyCertificate::default()),
            None => Arc::new(NoClientAuth),
        }
    }

    /// The base of the endpoints for clients with certificates, if it is another than the issuer.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Whether certificates can arrive at all.
    pub fn can_arrive(&self) -> bool {
        self.handshake.is_some() || !self.proxies.is_empty()
    }

    /// Whether there is anybody who verifies them.
    pub(crate) fn can_be_verified(&self) -> bool {
        self.handshake.as_ref().is_some_and(Handshake::has_authorities) || !self.proxies.is_empty()
    }

    /// Whether connections from here are a trusted proxy's.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(address))
    }

    /// The certificate that the client has shown in its handshake, or in the one that this one resumes. An error is
    /// one to end the connection with.
    pub(crate) fn of(
        &self,
        connection: &ServerConnection,
        now: Option<UnixTime>,
    ) -> Result<Option<ClientCertificate>, String> {
        match (&self.handshake, connection.peer_certificates()) {
            (Some(handshake), Some(chain)) => handshake.certificate(chain, now),
            _ => Ok(None),
        }
    }
}

/// The certificate that a request came with. A fault is one of the trusted proxy's headers, is logged here, and is
/// answered with 400: going on without a certificate would be another request than the proxy meant.
pub fn presented(
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Result<Option<Arc<ClientCertificate>>, CertificateFault> {
    if extensions.get::<ThroughProxy>().is_none() {
        return Ok(extensions.get::<Arc<ClientCertificate>>().cloned());
    }
    let certificate = forwarded::certificate(headers).inspect_err(|fault| {
        let peer = extensions.get::<PeerAddress>().map(|PeerAddress(address)| address.to_string());
        tracing::warn!(peer, reason = %fault, "a trusted proxy sent a client certificate that cannot be used");
    })?;
    Ok(certificate.map(Arc::new))
}
