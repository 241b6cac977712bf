//! The three curves that keys may be on, and what each looks like.
//!
//! Apart from RSA, which has parameters to check; a curve's key is one string of a fixed length behind a fixed
//! prefix, and whether it is a point of the curve is the library's to say.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, VerificationAlgorithm,
};
use grantd_model::AssertionAlgorithm;

use crate::KeyError;

/// The first byte of a point that is written with both coordinates (SEC 1 §2.3.3).
pub(super) const UNCOMPRESSED: u8 = 4;

/// A curve (RFC 7518 §6.2.1.1, RFC 8037 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    Ed25519,
}

impl Curve {
    pub(super) const ALL: [Self; 3] = [Self::P256, Self::P384, Self::Ed25519];

    /// `crv` of the JWK.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// Bytes of a coordinate; on Ed25519, of the key.
    pub(super) const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 | Self::Ed25519 => 32,
            Self::P384 => 48,
        }
    }

    /// The one algorithm that signs with keys on this curve.
    pub(super) const fn algorithm(self) -> AssertionAlgorithm {
        match self {
            Self::P256 => AssertionAlgorithm::ES256,
            Self::P384 => AssertionAlgorithm::ES384,
            Self::Ed25519 => AssertionAlgorithm::EdDSA,
        }
    }

    /// Everything before the point in a `SubjectPublicKeyInfo` (RFC 5480 §2, RFC 8410 §4).
    pub(super) const fn spki_prefix(self) -> &'static [u8] {
        match self {
            Self::P256 => {
                b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
            }
            Self::P384 => {
                b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00"
            }
            Self::Ed25519 => b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
            Self::Ed25519 => &ED25519,
        }
    }

    /// The point, if it has this curve's length and is on it. Compressed points are refused, so that a key has
    /// one spelling.
    pub(super) fn checked(self, point: Vec<u8>) -> Result<Vec<u8>, KeyError> {
        let sound = match self {
            Self::Ed25519 => point.len() == self.coordinate_len(),
            _ => point.len() == 1 + 2 * self.coordinate_len() && point.first() == Some(&UNCOMPRESSED),
        };
        if !sound {
            return Err(KeyError::Unsupported);
        }
        ParsedPublicKey::new(self.verification(), &point).map_err(KeyError::PublicKey)?;
        Ok(point)
    }
}
