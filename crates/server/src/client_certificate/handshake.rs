//! Certificates in the TLS handshake: any is taken, its key must be the client's, and authorities give the verdict.
//!
//! Verifying in the handshake itself would turn away clients with certificates that they have signed themselves
//! (RFC 8705 §2.2), and would not be repeated when a session is resumed. So the handshake proves possession of the
//! key, and the chain is verified after each handshake, a resumed one too.

use std::sync::Arc;

use grantd_token::Certificate;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};

use super::{AuthorityError, ClientCertificate};

/// What happens to certificates that clients show.
#[derive(Default)]
pub(super) struct Handshake {
    authorities: Option<Arc<dyn ClientCertVerifier>>,
}

impl Handshake {
    pub(super) fn with_authorities(authorities: &[CertificateDer<'static>]) -> Result<Self, AuthorityError> {
        let mut roots = RootCertStore::empty();
        for (place, authority) in (1..).zip(authorities) {
            roots.add(authority.clone()).map_err(|error| AuthorityError::Unreadable(place, error))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        // Without revocation lists the builder has one error.
        Ok(Self { authorities: Some(verifier.map_err(|_| AuthorityError::Empty)?) })
    }

    pub(super) fn has_authorities(&self) -> bool {
        self.authorities.is_some()
    }

    /// The first certificate of the chain, with the verdict of the authorities at this time. Without the time there is
    /// none.
    pub(super) fn certificate(
        &self,
        chain: &[CertificateDer<'static>],
        now: Option<UnixTime>,
    ) -> Result<Option<ClientCertificate>, String> {
        let Some((leaf, intermediates)) = chain.split_first() else { return Ok(None) };
        let certificate = Certificate::from_der(leaf).map_err(|error| error.to_string())?;
        let verified = self.authorities.as_ref().zip(now).is_some_and(|(authorities, now)| {
            let verdict = authorities.verify_client_cert(leaf, intermediates, now);
            verdict
                .inspect_err(|error| tracing::debug!(%error, "a client certificate is not verified"))
                .is_ok()
        });
        Ok(Some(ClientCertificate { certificate, verified }))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Takes any certificate that can be read, if the client holds its key. One that cannot be read ends the handshake.
#[derive(Debug)]
pub(super) struct AnyCertificate(WebPkiSupportedAlgorithms);

impl Default for AnyCertificate {
    fn default() -> Self {
        Self(provider().signature_verification_algorithms)
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No hints: clients leave out certificates that the named authorities have not issued (RFC 8446 §4.4.2.2).
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match Certificate::from_der(end_entity) {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(_) => Err(CertificateError::BadEncoding.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
