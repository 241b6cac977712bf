//! How tokens are signed: RS256, which is the default and most of a token's cost, or HS256, which costs next to
//! nothing and so shows the rest.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Outcome;

/// The secret of all APIs with HS256.
const SECRET: &str = "a secret that only protects a benchmark";

/// An algorithm that can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
pub(crate) enum Algorithm {
    /// RSA-2048.
    Rs256,
    /// HMAC.
    Hs256,
}

impl Algorithm {
    /// The name that the command line and the report know.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "rs256",
            Self::Hs256 => "hs256",
        }
    }

    /// What an API has to say for its tokens to be signed so. Tokens with HS256 come so fast that only a `jti`
    /// keeps them apart, so their dialect is one that has it.
    pub(crate) fn members(self) -> Value {
        match self {
            Self::Rs256 => json!({"signing_alg": "RS256"}),
            Self::Hs256 => {
                json!({"signing_alg": "HS256", "signing_secret": SECRET, "token_dialect": "rfc9068_profile"})
            }
        }
    }
}

/// The secret of HS256 as a key.
pub(crate) fn shared_key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes())
}

/// What the ceiling signs with, parsed once.
pub(crate) enum SigningKey {
    /// A key pair, and the randomness that the library wants to see.
    Rsa(RsaKeyPair, SystemRandom),
    /// The shared secret.
    Hmac(Box<hmac::Key>),
}

impl SigningKey {
    /// A key for the algorithm; for RS256 a new one, since grantd's is sealed in its database.
    pub(crate) fn new(algorithm: Algorithm) -> Outcome<Self> {
        Ok(match algorithm {
            Algorithm::Rs256 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048)?, SystemRandom::new()),
            Algorithm::Hs256 => Self::Hmac(Box::new(shared_key())),
        })
    }

    /// The signature; none if the library could not sign.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key, random) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, random, message, &mut signature).ok()?;
                Some(signature)
            }
            Self::Hmac(key) => Some(hmac::sign(key, message).as_ref().to_vec()),
        }
    }
}
