//! The record of a key that signs tokens, and what may become of it.
//!
//! A key is published before it signs and stays published after it, so that no verifier ever meets a `kid` that it
//! could not know: next, then current, then previous. Only a previous one can be revoked.

use std::str::FromStr;

use thiserror::Error;

use crate::{KeyId, Secret, SigningAlgorithm, Timestamp};

/// Seconds that the longest-lived token can live after its key has stopped signing: the longest `token_lifetime`,
/// and the time that a node may be behind ([`BEHIND`]).
const LONGEST_TOKEN: u64 = 2_592_000 + BEHIND;

/// Seconds that verifiers may keep a key set (`max-age` of the JWKS).
pub const JWKS_MAX_AGE: u64 = 15;

/// Seconds that a node may be behind the others and still answer.
const BEHIND: u64 = 10;

/// Seconds by which a clock may have been ahead when a key was written down. What says to be of a later time is of a
/// clock that was wrong, and tells nothing.
const AHEAD: u64 = 60;

/// What kind of key pair it is. The order is that of published lists: what every verifier can read comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SigningKeyKind {
    /// RSA with 2048 bits: RS256, RS512 and PS256.
    Rsa2048,
    /// The curve P-256: ES256.
    P256,
    /// Ed25519: `EdDSA`.
    Ed25519,
}

impl SigningKeyKind {
    /// Every kind, in order.
    pub const ALL: [Self; 3] = [Self::Rsa2048, Self::P256, Self::Ed25519];

    /// The kind's name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::P256 => "P-256",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// What keys of this kind sign with.
    pub fn algorithms(self) -> &'static [SigningAlgorithm] {
        match self {
            Self::Rsa2048 => &[SigningAlgorithm::RS256, SigningAlgorithm::RS512, SigningAlgorithm::PS256],
            Self::P256 => &[SigningAlgorithm::ES256],
            Self::Ed25519 => &[SigningAlgorithm::EdDSA],
        }
    }

    /// The kind of key that signs with this algorithm; none for HS256, which signs under a secret.
    pub fn of(algorithm: SigningAlgorithm) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.algorithms().contains(&algorithm))
    }
}

impl FromStr for SigningKeyKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        named.ok_or_else(|| format!("no kind of signing key is named {text}"))
    }
}

/// What a key is used for now (Auth0: Signing keys). The order is that of published lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SigningKeyState {
    /// Signing, and published.
    Current,
    /// Published, not yet signing.
    Next,
    /// No longer signing, still published unless revoked, so that tokens signed with it verify.
    Previous,
}

impl SigningKeyState {
    /// The state's name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
            Self::Previous => "previous",
        }
    }
}

impl FromStr for SigningKeyState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "current" => Ok(Self::Current),
            "next" => Ok(Self::Next),
            "previous" => Ok(Self::Previous),
            other => Err(format!("no signing key state is named {other}")),
        }
    }
}

/// A key pair with the certificate that publishes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// The `kid` of tokens signed with it and of its JWK.
    pub kid: KeyId,
    /// What kind of key pair it is.
    pub kind: SigningKeyKind,
    /// What it is used for.
    pub state: SigningKeyState,
    /// The private key, PKCS #8 DER. Sealed at rest.
    pub private_key: Secret,
    /// The self-signed certificate, PEM, for `x5c` and for clients' `signing_keys`.
    pub certificate: String,
    /// When it was made, and first published.
    pub created_at: Timestamp,
    /// When it began to sign; none for a next key.
    pub current_since: Option<Timestamp>,
    /// When it ceased to sign; none for a next and a current key.
    pub current_until: Option<Timestamp>,
    /// When it was revoked: from then on it is not published, and its tokens no longer count.
    pub revoked_at: Option<Timestamp>,
}

/// Why a key cannot be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SigningKeyFault {
    /// It signs: there would be nothing to sign with.
    #[error("the current signing key cannot be revoked")]
    CurrentRevoked,
    /// It will sign with the next rotation, and verifiers know it already.
    #[error("the next signing key cannot be revoked")]
    NextRevoked,
}

impl SigningKey {
    /// Whether verifiers are told of it, and tokens signed with it count.
    pub fn is_published(&self) -> bool {
        self.revoked_at.is_none()
    }

    /// The key, signing from now on.
    #[must_use]
    pub fn promoted(self, now: Timestamp) -> Self {
        Self { state: SigningKeyState::Current, current_since: Some(now), ..self }
    }

    /// The key, no longer signing from now on.
    #[must_use]
    pub fn retired(self, now: Timestamp) -> Self {
        Self { state: SigningKeyState::Previous, current_until: Some(now), ..self }
    }

    /// The key, revoked now; one that was revoked before keeps its time.
    pub fn revoked(self, now: Timestamp) -> Result<Self, SigningKeyFault> {
        match self.state {
            SigningKeyState::Current => Err(SigningKeyFault::CurrentRevoked),
            SigningKeyState::Next => Err(SigningKeyFault::NextRevoked),
            SigningKeyState::Previous => Ok(Self { revoked_at: self.revoked_at.or(Some(now)), ..self }),
        }
    }

    /// Seconds until every verifier can know the key: no key set from before it is in use any longer, not even one
    /// that a node which was behind gave out. 0 when they all can, and for a key from the future: nobody is to wait
    /// until then because a clock was ahead.
    pub fn seconds_until_known(&self, now: Timestamp) -> u64 {
        if is_of_the_future(self.created_at, now) {
            return 0;
        }
        let known = self.created_at.millis().saturating_add((JWKS_MAX_AGE + BEHIND) * 1000);
        known.saturating_sub(now.millis()).div_ceil(1000)
    }

    /// Whether it has signed for so many seconds, or since a time in the future: then nobody knows.
    pub fn has_signed_for(&self, seconds: u64, now: Timestamp) -> bool {
        let since = self.current_since.unwrap_or_default();
        is_of_the_future(since, now) || now.seconds() >= since.seconds().saturating_add(seconds)
    }

    /// Seconds until no token that was signed with the key can live any longer; none as long as it may sign.
    pub fn seconds_until_outlived(&self, now: Timestamp) -> Option<u64> {
        let outlived = self.current_until?.millis().saturating_add(LONGEST_TOKEN * 1000);
        Some(outlived.saturating_sub(now.millis()).div_ceil(1000))
    }
}

fn is_of_the_future(time: Timestamp, now: Timestamp) -> bool {
    time.seconds() > now.seconds().saturating_add(AHEAD)
}
