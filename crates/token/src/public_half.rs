//! The public halves of our own keys, as their certificates carry them.
//!
//! What is published and what verifies our tokens both come from here. Keys of others are another matter: they are
//! checked, ours were made here.

use grantd_model::{SigningKey, SigningKeyKind};
use jsonwebtoken::DecodingKey;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::KeyError;
use crate::public_key::{RsaPublicKey, certificate_der};

/// Bytes of a coordinate on P-256 (RFC 7518 §6.2.1.2).
const COORDINATE: usize = 32;

/// The first byte of a point with both coordinates (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 4;

/// What a verifier needs to know.
pub(crate) enum PublicHalf {
    /// Modulus and exponent.
    Rsa(RsaPublicKey),
    /// The point on P-256.
    P256 { x: [u8; COORDINATE], y: [u8; COORDINATE] },
    /// The key on Ed25519.
    Ed25519([u8; COORDINATE]),
}

/// A certificate of ours, taken apart.
pub(crate) struct OwnCertificate {
    /// The certificate in DER.
    pub(crate) der: Vec<u8>,
    /// The public half, as the bit string holds it.
    pub(crate) public_bits: Vec<u8>,
    /// The public half.
    pub(crate) public_half: PublicHalf,
}

impl OwnCertificate {
    /// The certificate of the record; the private key is not touched.
    pub(crate) fn of(key: &SigningKey) -> Result<Self, KeyError> {
        let der = certificate_der(&key.certificate)?;
        let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| KeyError::Der)?;
        let public_bits = certificate.public_key().subject_public_key.data.to_vec();
        let public_half = match key.kind {
            SigningKeyKind::Rsa2048 => PublicHalf::Rsa(RsaPublicKey::from_certificate(&der)?),
            SigningKeyKind::P256 => p256(&public_bits).ok_or(KeyError::Der)?,
            SigningKeyKind::Ed25519 => {
                PublicHalf::Ed25519(public_bits.as_slice().try_into().map_err(|_| KeyError::Der)?)
            }
        };
        Ok(Self { der, public_bits, public_half })
    }
}

fn p256(point: &[u8]) -> Option<PublicHalf> {
    let (x, y) = point.strip_prefix(&[UNCOMPRESSED])?.split_at_checked(COORDINATE)?;
    Some(PublicHalf::P256 { x: x.try_into().ok()?, y: y.try_into().ok()? })
}

impl PublicHalf {
    /// As the library that verifies takes it.
    pub(crate) fn decoding_key(&self) -> DecodingKey {
        match self {
            Self::Rsa(key) => DecodingKey::from_rsa_raw_components(&key.modulus, &key.exponent),
            Self::P256 { x, y } => {
                DecodingKey::from_ec_der(&[&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat())
            }
            Self::Ed25519(x) => DecodingKey::from_ed_der(x),
        }
    }
}
