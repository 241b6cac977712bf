//! RSA public keys, as certificates, SPKI and JWKs carry them.
//!
//! Whatever comes out is an RSA key of 2048 to 8192 bits with an exponent of 3 to 65537, so nobody after it has to ask;
//! ours, those that APIs give us for encryption and those that clients sign with pass here.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{PublicEncryptingKey, PublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::pem::read_pem;
use crate::KeyError;

/// Bits of a modulus: less is broken, more is a way to keep the server busy (NIST SP 800-131A; aws-lc's limit).
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The largest exponent, 65537, big-endian: the time to verify grows with it, and nobody needs more.
const MAX_EXPONENT: &[u8] = &[1, 0, 1];

/// An RSA public key.
#[derive(Clone, Debug)]
pub(crate) struct RsaPublicKey {
    /// The modulus, big-endian, without leading zeros.
    pub(crate) modulus: Vec<u8>,
    /// The exponent, big-endian, without leading zeros.
    pub(crate) exponent: Vec<u8>,
    /// The key as the library takes it.
    pub(crate) encrypting: PublicEncryptingKey,
}

impl RsaPublicKey {
    /// From a certificate or a public key in PEM. The certificate's dates and signature are not looked at: it
    /// is a container here.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let pem = read_pem(pem)?;
        match pem.label.as_str() {
            "CERTIFICATE" => Self::from_certificate(&pem.contents),
            "PUBLIC KEY" => Self::from_spki(&pem.contents),
            _ => Err(KeyError::Pem),
        }
    }

    /// From a certificate in DER.
    pub(crate) fn from_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| KeyError::Der)?;
        if rest.is_empty() { Self::from_parsed(certificate.public_key()) } else { Err(KeyError::Der) }
    }

    /// From a `SubjectPublicKeyInfo` in DER (RFC 5280 §4.1).
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, spki) = SubjectPublicKeyInfo::from_der(der).map_err(|_| KeyError::Der)?;
        if rest.is_empty() { Self::from_parsed(&spki) } else { Err(KeyError::Der) }
    }

    /// From an `RSAPublicKey` in DER (RFC 8017 §A.1.1).
    pub(crate) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, key) = RSAPublicKey::from_der(der).map_err(|_| KeyError::Der)?;
        if !rest.is_empty() {
            return Err(KeyError::Der);
        }
        Self::from_components(unsigned(key.modulus)?.to_vec(), unsigned(key.exponent)?.to_vec())
    }

    fn from_parsed(spki: &SubjectPublicKeyInfo<'_>) -> Result<Self, KeyError> {
        let PublicKey::RSA(key) = spki.parsed().map_err(|_| KeyError::Der)? else {
            return Err(KeyError::NotRsa);
        };
        let (modulus, exponent) = (unsigned(key.modulus)?, unsigned(key.exponent)?);
        check(modulus, exponent)?;
        // The library reads the same bytes once more, and strictly: both have to agree that this is a key.
        let encrypting = PublicEncryptingKey::from_der(spki.raw).map_err(KeyError::PublicKey)?;
        Ok(Self { modulus: modulus.to_vec(), exponent: exponent.to_vec(), encrypting })
    }

    /// From modulus and exponent, big-endian without leading zeros (RFC 7518 §2, `Base64urlUInt`).
    pub(crate) fn from_components(modulus: Vec<u8>, exponent: Vec<u8>) -> Result<Self, KeyError> {
        check(&modulus, &exponent)?;
        let components = PublicKeyComponents { n: &modulus, e: &exponent };
        let encrypting = components.try_into().map_err(|_| KeyError::Unsound)?;
        Ok(Self { modulus, exponent, encrypting })
    }

    /// The key as `SubjectPublicKeyInfo` in DER (RFC 3279 §2.3.1), one spelling per key.
    pub(crate) fn spki(&self) -> Result<Vec<u8>, KeyError> {
        self.encrypting.as_der().map(|der| der.as_ref().to_vec()).map_err(|_| KeyError::Der)
    }

    /// `n` of the JWK (RFC 7518 §6.3.1.1).
    pub(crate) fn n(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.modulus)
    }

    /// `e` of the JWK (RFC 7518 §6.3.1.2).
    pub(crate) fn e(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.exponent)
    }

    /// The SHA-256 thumbprint, base64url (RFC 7638 §3: required members only, in alphabetical order).
    pub(crate) fn thumbprint(&self) -> String {
        let canonical = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, self.e(), self.n());
        URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
    }
}

/// The bytes of a DER integer without leading zeros. A negative one is not a part of a key.
fn unsigned(integer: &[u8]) -> Result<&[u8], KeyError> {
    if integer.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Err(KeyError::Der);
    }
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    integer.get(zeros..).ok_or(KeyError::Der)
}

fn check(modulus: &[u8], exponent: &[u8]) -> Result<(), KeyError> {
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = modulus.len() * 8 - leading;
    if !MODULUS_BITS.contains(&bits) {
        return Err(KeyError::ModulusSize { bits });
    }
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    let moderate = exponent.len() < MAX_EXPONENT.len() || exponent == MAX_EXPONENT;
    let sound = is_odd(modulus) && is_odd(exponent) && exponent != [1] && moderate;
    if sound { Ok(()) } else { Err(KeyError::Unsound) }
}
