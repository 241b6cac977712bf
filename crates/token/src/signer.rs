//! A signing key in use: parsed once, so that a token costs its signature and nothing else.
//!
//! Made from the stored record when the configuration is loaded, and shared by all requests.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use grantd_model::{KeyId, SigningKey};

use crate::header::PreparedHeaders;
use crate::public_key::{RsaPublicKey, certificate_der};
use crate::{Jwk, KeyError, VerifyingKey};

/// A signing key, ready to sign.
pub struct TokenSigner {
    pub(crate) key_pair: RsaKeyPair,
    pub(crate) headers: PreparedHeaders,
    public_key: RsaPublicKey,
    jwk: Jwk,
}

impl TokenSigner {
    /// From the record. The certificate has to carry the private key's own public half: otherwise the JWKS
    /// would publish a key under which no token verifies.
    pub fn parse(key: &SigningKey) -> Result<Self, KeyError> {
        let key_pair = RsaKeyPair::from_pkcs8(key.private_key.expose()).map_err(KeyError::PrivateKey)?;
        let spki = key_pair.public_key().as_der().map_err(|_| KeyError::Der)?;
        let public_key = RsaPublicKey::from_spki(spki.as_ref())?;
        let certificate = certificate_der(&key.certificate)?;
        let certified = RsaPublicKey::from_certificate(&certificate)?;
        if certified.modulus != public_key.modulus || certified.exponent != public_key.exponent {
            return Err(KeyError::CertificateMismatch);
        }
        let headers = PreparedHeaders::new(&key.kid).map_err(KeyError::Header)?;
        let jwk = Jwk::new(&key.kid, &public_key, &certificate);
        Ok(Self { key_pair, headers, public_key, jwk })
    }

    /// The `kid` of its tokens.
    pub fn kid(&self) -> &KeyId {
        &self.jwk.kid
    }

    /// What the JWKS publishes. `with_alg` is off for tenants with `remove_alg_from_jwks`.
    pub fn jwk(&self, with_alg: bool) -> Jwk {
        Jwk { alg: self.jwk.alg.filter(|_| with_alg), ..self.jwk.clone() }
    }

    /// What verifies its tokens.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::new(self.kid().clone(), &self.public_key)
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner").field("kid", self.kid()).finish_non_exhaustive()
    }
}
