//! Public keys of others: those of clients, of outside issuers and of DPoP proofs.
//!
//! The one place that takes keys apart. Whatever comes out is an RSA key of 2048 to 8192 bits, 4096 from a JWK,
//! with an exponent of at most 65537, a point on P-256 or P-384, or an Ed25519 key, in one spelling; nobody after it has to ask.

mod curve;
mod jwk;
pub(crate) mod pem;
mod rsa;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::AssertionAlgorithm;
use jsonwebtoken::crypto::verify;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use self::curve::Curve;
pub(crate) use self::pem::certificate_der;
use self::pem::{MAX_LENGTH, read_pem};
pub(crate) use self::rsa::RsaPublicKey;
use crate::{Certificate, KeyError};

/// A public key that signatures of others are verified with. Equal keys are equal, however they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    material: Material,
    spki: Vec<u8>,
}

/// What the key is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    /// A point, checked to be on the curve.
    Point { curve: Curve, point: Vec<u8> },
}

impl PublicKey {
    /// From a certificate or a public key (SPKI, or PKCS #1 for RSA) in PEM of at most 16 KiB. Private keys are refused with
    /// [`KeyError::Private`]. The certificate's dates and signature are not looked at: it is a container here.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let pem = read_pem(pem)?;
        match pem.label.as_str() {
            "CERTIFICATE" => Certificate::from_der(&pem.contents)?.public_key(),
            "PUBLIC KEY" => Self::from_spki(&pem.contents),
            "RSA PUBLIC KEY" => Self::rsa(&RsaPublicKey::from_pkcs1(&pem.contents)?),
            _ => Err(KeyError::Pem),
        }
    }

    /// From a `SubjectPublicKeyInfo` in DER of at most 16 KiB (RFC 5280 §4.1).
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        if der.len() > MAX_LENGTH {
            return Err(KeyError::TooLong);
        }
        let point = |curve: Curve| der.strip_prefix(curve.spki_prefix()).map(|point| (curve, point));
        match Curve::ALL.into_iter().find_map(point) {
            Some((curve, point)) => Self::on_curve(curve, point.to_vec()),
            None => Self::rsa(&RsaPublicKey::from_spki(der).map_err(beyond_rsa)?),
        }
    }

    /// From a JWK (RFC 7517 §4), an RSA one of at most 4096 bits. One with a private member is refused with
    /// [`KeyError::Private`]; `use`, `alg` and whatever else it says is for the caller to judge.
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        jwk::parse(jwk)
    }

    fn rsa(key: &RsaPublicKey) -> Result<Self, KeyError> {
        let material = Material::Rsa { modulus: key.modulus.clone(), exponent: key.exponent.clone() };
        Ok(Self { material, spki: key.spki()? })
    }

    fn on_curve(curve: Curve, point: Vec<u8>) -> Result<Self, KeyError> {
        let point = curve.checked(point)?;
        let spki = [curve.spki_prefix(), point.as_slice()].concat();
        Ok(Self { material: Material::Point { curve, point }, spki })
    }

    /// The key as `SubjectPublicKeyInfo` in DER, written in one way only.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The SHA-256 thumbprint of its JWK, base64url: 43 characters (RFC 7638 §3, RFC 8037 §2).
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.canonical_jwk().as_bytes()))
    }

    /// The required members only, in alphabetical order. None of the values needs escaping.
    fn canonical_jwk(&self) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.material {
            Material::Rsa { modulus, exponent } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(exponent), encode(modulus))
            }
            Material::Point { curve: Curve::Ed25519, point } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(point))
            }
            Material::Point { curve, point } => {
                let coordinates = point.get(1..).unwrap_or_default();
                let (x, y) = coordinates.split_at_checked(curve.coordinate_len()).unwrap_or_default();
                format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, curve.name(), encode(x), encode(y))
            }
        }
    }

    /// Whether signatures with this algorithm can be made with the key's private half.
    pub fn supports(&self, algorithm: AssertionAlgorithm) -> bool {
        use AssertionAlgorithm::{PS256, RS256, RS384};
        match &self.material {
            Material::Rsa { .. } => matches!(algorithm, RS256 | RS384 | PS256),
            Material::Point { curve, .. } => curve.algorithm() == algorithm,
        }
    }

    /// Whether this is the signature, base64url without padding, that the private half makes of the message
    /// with this algorithm. Never with another: the key decides what is possible, the caller what is wanted.
    pub fn verifies(&self, algorithm: AssertionAlgorithm, message: &str, signature: &str) -> bool {
        let key = self.decoding_key();
        self.supports(algorithm)
            && verify(signature, message.as_bytes(), &key, named(algorithm)).unwrap_or(false)
    }

    /// The key as the library takes it.
    fn decoding_key(&self) -> DecodingKey {
        match &self.material {
            Material::Rsa { modulus, exponent } => DecodingKey::from_rsa_raw_components(modulus, exponent),
            Material::Point { curve: Curve::Ed25519, point } => DecodingKey::from_ed_der(point),
            Material::Point { point, .. } => DecodingKey::from_ec_der(point),
        }
    }
}

/// The algorithm as the library calls it.
fn named(algorithm: AssertionAlgorithm) -> Algorithm {
    match algorithm {
        AssertionAlgorithm::RS256 => Algorithm::RS256,
        AssertionAlgorithm::RS384 => Algorithm::RS384,
        AssertionAlgorithm::PS256 => Algorithm::PS256,
        AssertionAlgorithm::ES256 => Algorithm::ES256,
        AssertionAlgorithm::ES384 => Algorithm::ES384,
        AssertionAlgorithm::EdDSA => Algorithm::EdDSA,
    }
}

/// RSA is only what was left to try.
fn beyond_rsa(error: KeyError) -> KeyError {
    if matches!(error, KeyError::NotRsa) { KeyError::Unsupported } else { error }
}
