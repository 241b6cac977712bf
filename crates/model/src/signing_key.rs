//! The record of a key that signs tokens.

use crate::{KeyId, Secret, Timestamp};

/// What a key is used for now (Auth0: Signing keys).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningKeyState {
    /// Published, not yet signing.
    Next,
    /// Signing, and published.
    Current,
    /// No longer signing, still published, so that tokens signed with it verify.
    Previous,
}

impl SigningKeyState {
    /// The state's name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

impl std::str::FromStr for SigningKeyState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "next" => Ok(Self::Next),
            "current" => Ok(Self::Current),
            "previous" => Ok(Self::Previous),
            other => Err(format!("no signing key state is named {other}")),
        }
    }
}

/// An RSA key pair with the certificate that publishes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// The `kid` of tokens signed with it and of its JWK.
    pub kid: KeyId,
    /// What it is used for.
    pub state: SigningKeyState,
    /// The private key, PKCS #8 DER. Sealed at rest.
    pub private_key: Secret,
    /// The self-signed certificate, PEM, for `x5c` and for clients' `signing_keys`.
    pub certificate: String,
    /// When it was made.
    pub created_at: Timestamp,
}
