//! Key pairs of the kinds that sign tokens: made, stored as PKCS #8, read again.
//!
//! Apart from signing with them, which is the hot path, and from the certificate, which is made once.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use grantd_model::{Secret, SigningKeyKind};

use crate::KeyError;

/// A private key with its public half.
pub(crate) enum KeyPair {
    /// Signs RS256, RS512 and PS256.
    Rsa(RsaKeyPair),
    /// Signs ES256, in the fixed form of 64 bytes (RFC 7518 §3.4).
    P256(EcdsaKeyPair),
    /// Signs `EdDSA`.
    Ed25519(Ed25519KeyPair),
}

impl KeyPair {
    /// A new key pair.
    pub(crate) fn generate(kind: SigningKeyKind) -> Result<Self, KeyError> {
        let made = match kind {
            SigningKeyKind::Rsa2048 => RsaKeyPair::generate(KeySize::Rsa2048).map(Self::Rsa),
            SigningKeyKind::P256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Self::P256),
            SigningKeyKind::Ed25519 => Ed25519KeyPair::generate().map(Self::Ed25519),
        };
        made.map_err(|_| KeyError::Generation)
    }

    /// The key pair of this kind in PKCS #8 DER.
    pub(crate) fn parse(kind: SigningKeyKind, pkcs8: &Secret) -> Result<Self, KeyError> {
        let pkcs8 = pkcs8.expose();
        let parsed = match kind {
            SigningKeyKind::Rsa2048 => RsaKeyPair::from_pkcs8(pkcs8).map(Self::Rsa),
            SigningKeyKind::P256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map(Self::P256)
            }
            SigningKeyKind::Ed25519 => Ed25519KeyPair::from_pkcs8(pkcs8).map(Self::Ed25519),
        };
        parsed.map_err(KeyError::PrivateKey)
    }

    /// PKCS #8 DER, with the public half where the library wants it there.
    pub(crate) fn to_pkcs8(&self) -> Result<Secret, KeyError> {
        let der = match self {
            Self::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec()),
            Self::P256(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Self::Ed25519(pair) => pair.to_pkcs8().map(|der| der.as_ref().to_vec()),
        };
        der.map(Secret::from).map_err(|_| KeyError::Generation)
    }

    /// The public half, as the bit string of a `SubjectPublicKeyInfo` holds it.
    pub(crate) fn public_bits(&self) -> &[u8] {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::P256(pair) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }
}
