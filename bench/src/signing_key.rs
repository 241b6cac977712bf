//! Key pairs that are made for one run: what the ceiling signs tokens with, and clients their assertions and proofs.
//! They are parsed once and sign through the library that grantd signs through.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::Outcome;
use crate::algorithm::{Algorithm, SECRET};

/// Bytes in a line of PEM before they are encoded (RFC 7468 §2).
const PEM_LINE: usize = 48;

/// A key, for one algorithm.
pub(crate) enum SigningKey {
    /// RSA with 2048 bits.
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
    /// On P-256 or P-384.
    Ecdsa(Box<EcdsaKeyPair>),
    /// On Ed25519.
    Ed25519(Ed25519KeyPair),
    /// The shared secret.
    Hmac(Box<hmac::Key>),
}

/// The secret of HS256 as a key.
pub(crate) fn shared_key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes())
}

impl SigningKey {
    /// A new key; for HS256 the one that all share.
    pub(crate) fn new(algorithm: Algorithm) -> Outcome<Self> {
        let rsa = |encoding| -> Outcome<Self> {
            Ok(Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048)?), encoding))
        };
        let ecdsa = |curve| -> Outcome<Self> { Ok(Self::Ecdsa(Box::new(EcdsaKeyPair::generate(curve)?))) };
        match algorithm {
            Algorithm::Rs256 => rsa(&RSA_PKCS1_SHA256),
            Algorithm::Rs512 => rsa(&RSA_PKCS1_SHA512),
            Algorithm::Ps256 => rsa(&RSA_PSS_SHA256),
            Algorithm::Es256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::Es384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDsa => Ok(Self::Ed25519(Ed25519KeyPair::generate()?)),
            Algorithm::Hs256 => Ok(Self::Hmac(Box::new(shared_key()))),
        }
    }

    /// The signature as JOSE has it.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(*encoding, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
            Self::Ecdsa(key) => Ok(key.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Self::Ed25519(key) => Ok(key.try_sign(message)?.as_ref().to_vec()),
            Self::Hmac(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
        }
    }

    /// The public half as a credential takes it: PEM of `SubjectPublicKeyInfo`.
    pub(crate) fn public_pem(&self) -> Outcome<String> {
        let spki: PublicKeyX509Der<'_> = match self {
            Self::Rsa(key, _) => key.public_key().as_der()?,
            Self::Ecdsa(key) => key.public_key().as_der()?,
            Self::Ed25519(key) => key.public_key().as_der()?,
            Self::Hmac(_) => return Err("a secret has no public half".into()),
        };
        let lines = spki.as_ref().chunks(PEM_LINE).map(|line| STANDARD.encode(line) + "\n");
        Ok(format!("-----BEGIN PUBLIC KEY-----\n{}-----END PUBLIC KEY-----\n", lines.collect::<String>()))
    }

    /// The public half as a `DPoP` proof shows it (RFC 9449 §4.2), for keys on P-256 and Ed25519.
    pub(crate) fn public_jwk(&self) -> Outcome<Value> {
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        match self {
            Self::Ecdsa(key) if key.algorithm() == &ECDSA_P256_SHA256_FIXED_SIGNING => {
                // 4 stands for an uncompressed point (SEC 1 §2.3.3).
                let point =
                    key.public_key().as_ref().strip_prefix(&[4]).and_then(|xy| xy.split_at_checked(32));
                let (x, y) = point.ok_or("no point on P-256")?;
                Ok(json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)}))
            }
            Self::Ed25519(key) => {
                Ok(json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key().as_ref())}))
            }
            _ => Err("no proof is measured with such a key".into()),
        }
    }
}
