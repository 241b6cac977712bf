//! The algorithms that are measured: what signs tokens, what signs assertions and proofs, and what each is called.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

/// The secret of all APIs with HS256.
pub(crate) const SECRET: &str = "a secret that only protects a benchmark";

/// An algorithm of RFC 7518 or RFC 8037. RS256 is the default and most of a token's cost; HS256 costs next to
/// nothing and so shows the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum, Serialize)]
pub(crate) enum Algorithm {
    /// RSA-2048, PKCS #1.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA-2048, PKCS #1 with SHA-512.
    #[serde(rename = "RS512")]
    Rs512,
    /// RSA-2048, PSS.
    #[serde(rename = "PS256")]
    Ps256,
    /// HMAC.
    #[serde(rename = "HS256")]
    Hs256,
    /// P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// P-384. Signs assertions, never tokens.
    #[value(skip)]
    #[serde(rename = "ES384")]
    Es384,
    /// Ed25519.
    #[value(name = "eddsa")]
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// `alg`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Hs256 => "HS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The name on the command line.
    pub(crate) fn argument(self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    /// What an API has to say for its tokens to be signed so.
    pub(crate) fn members(self) -> Value {
        match self {
            Self::Hs256 => json!({"signing_alg": "HS256", "signing_secret": SECRET}),
            other => json!({"signing_alg": other.as_str()}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_command_passes_on_the_other_understands() {
        for algorithm in Algorithm::value_variants() {
            assert_eq!(Algorithm::from_str(&algorithm.argument(), false), Ok(*algorithm));
        }
    }
}
