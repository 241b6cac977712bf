//! The algorithms that clients and outside issuers sign with.
//!
//! Apart from [`crate::SigningAlgorithm`], which says how *our* tokens are signed: here every algorithm is
//! asymmetric, since the other side keeps the private key.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a client assertion, a DPoP proof or an outside issuer's token is signed (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AssertionAlgorithm {
    /// RSA PKCS #1 v1.5 with SHA-256.
    RS256,
    /// RSA PKCS #1 v1.5 with SHA-384.
    RS384,
    /// RSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

const ED25519: &str = "Ed25519";

impl AssertionAlgorithm {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 6] = [Self::RS256, Self::RS384, Self::PS256, Self::ES256, Self::ES384, Self::EdDSA];

    /// Every name that is understood in `alg`, in the order in which metadata lists them: `Ed25519` is the newer name
    /// of [`EdDSA`](Self::EdDSA) on the one curve that is taken here (RFC 9864 §2.2).
    pub const NAMES: [&str; 7] = ["RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA", ED25519];

    /// The name in `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }
}

impl fmt::Display for AssertionAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of the [`NAMES`](AssertionAlgorithm::NAMES) exactly: `rs256` is not an algorithm.
impl FromStr for AssertionAlgorithm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == ED25519 {
            return Ok(Self::EdDSA);
        }
        let found = Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name);
        found.ok_or_else(|| format!("no assertion algorithm is named {name}"))
    }
}
