//! Keys of others, one for each kind, made once, and what they sign.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::AssertionAlgorithm::{self, ES256, ES384, EdDSA, PS256, RS256, RS384};
use grantd_token::PublicKey;
use serde_json::{Value, json};

use crate::fixtures::{OTHER_KEY, message};

/// Somebody who signs.
pub struct Other {
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

pub static OTHER: LazyLock<Other> = LazyLock::new(Other::new);
/// Somebody else, with an RSA key that is the same.
pub static STRANGER: LazyLock<Other> = LazyLock::new(Other::new);

impl Other {
    fn new() -> Self {
        Self {
            rsa: RsaKeyPair::from_pkcs8(OTHER_KEY.private_key.expose()).unwrap(),
            p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            p384: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
            ed25519: Ed25519KeyPair::generate().unwrap(),
        }
    }

    /// The public half of the key that signs with this algorithm, as a JWK.
    pub fn jwk(&self, algorithm: AssertionAlgorithm) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match algorithm {
            RS256 | RS384 | PS256 => {
                let key = self.rsa.public_key();
                let n = key.modulus().big_endian_without_leading_zero();
                json!({"kty": "RSA", "n": encode(n), "e": encode(key.exponent().big_endian_without_leading_zero())})
            }
            ES256 => {
                let (x, y) = self.p256.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            ES384 => {
                let (x, y) = self.p384.public_key().as_ref()[1..].split_at(48);
                json!({"kty": "EC", "crv": "P-384", "x": encode(x), "y": encode(y)})
            }
            EdDSA => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(self.ed25519.public_key().as_ref())}),
        }
    }

    pub fn public_key(&self, algorithm: AssertionAlgorithm) -> PublicKey {
        PublicKey::from_jwk(&self.jwk(algorithm)).unwrap()
    }

    /// A JWS of this text, signed with this algorithm whatever the header says.
    pub fn sign(&self, algorithm: AssertionAlgorithm, header: &str, claims: &str) -> String {
        let message = message(header, claims);
        let signature = self.signature(algorithm, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signature(&self, algorithm: AssertionAlgorithm, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let encoding = match algorithm {
            ES256 => return self.p256.sign(&random, message).unwrap().as_ref().to_vec(),
            ES384 => return self.p384.sign(&random, message).unwrap().as_ref().to_vec(),
            EdDSA => return self.ed25519.sign(message).as_ref().to_vec(),
            RS256 => &RSA_PKCS1_SHA256,
            RS384 => &RSA_PKCS1_SHA384,
            PS256 => &RSA_PSS_SHA256,
        };
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(encoding, &random, message, &mut signature).unwrap();
        signature
    }
}

/// An object with changed members; null removes one.
pub fn changed(object: Value, changes: &Value) -> String {
    let Value::Object(mut members) = object else { panic!("{object}") };
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    Value::Object(members).to_string()
}
