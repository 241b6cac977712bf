//! A signing key in use: parsed once, so that a token costs its signature and nothing else.
//!
//! Made from the stored record when the configuration is loaded, and shared by all requests.

use std::fmt;

use grantd_model::{KeyId, SigningKey, SigningKeyKind};

use crate::header::PreparedHeaders;
use crate::jwks::AlgorithmNames;
use crate::key_pair::KeyPair;
use crate::public_half::OwnCertificate;
use crate::{Jwk, KeyError, VerifyingKey};

/// A signing key, ready to sign.
pub struct TokenSigner {
    pub(crate) key_pair: KeyPair,
    pub(crate) headers: PreparedHeaders,
    kind: SigningKeyKind,
    jwk: Jwk,
    verifying_key: VerifyingKey,
}

impl TokenSigner {
    /// From the record. The certificate has to carry the private key's own public half: otherwise the JWKS
    /// would publish a key under which no token verifies.
    pub fn parse(key: &SigningKey) -> Result<Self, KeyError> {
        let key_pair = KeyPair::parse(key.kind, &key.private_key)?;
        let certificate = OwnCertificate::of(key)?;
        if certificate.public_bits != key_pair.public_bits() {
            return Err(KeyError::CertificateMismatch);
        }
        Ok(Self {
            key_pair,
            headers: PreparedHeaders::new(key.kind, &key.kid).map_err(KeyError::Header)?,
            kind: key.kind,
            jwk: Jwk::new(&key.kid, &certificate),
            verifying_key: VerifyingKey::new(key, &certificate.public_half),
        })
    }

    /// The `kid` of its tokens.
    pub fn kid(&self) -> &KeyId {
        &self.jwk.kid
    }

    /// What kind of key pair it is.
    pub fn kind(&self) -> SigningKeyKind {
        self.kind
    }

    /// What the JWKS publishes.
    pub fn jwk(&self, algorithms: AlgorithmNames) -> Jwk {
        let shown = match algorithms {
            AlgorithmNames::Shown => true,
            AlgorithmNames::HiddenOfRsa => self.kind != SigningKeyKind::Rsa2048,
            AlgorithmNames::Hidden => false,
        };
        Jwk { alg: self.jwk.alg.filter(|_| shown), ..self.jwk.clone() }
    }

    /// What verifies its tokens.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.verifying_key.clone()
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner").field("kid", self.kid()).finish_non_exhaustive()
    }
}
