//! Client assertions: how a client shows that it holds its private key (RFC 7523 §2.2, §3).
//!
//! Three steps, each of which gives what the next needs: parse, to learn which client it claims to be; verify,
//! with a credential of that client; check, to learn the one use that it is good for.

use grantd_model::{AssertionAlgorithm, ClientId, Timestamp};
use thiserror::Error;

use super::claims::{ClaimError, Claims};
use super::jws::{Jws, JwsError};
use crate::PublicKey;

/// Bytes of the longest assertion (Auth0: Authenticate with Private Key JWT).
const MAX_LENGTH: usize = 2048;
/// Characters of `kid`, `jti` and the client's id.
const MAX_NAME_LENGTH: usize = 64;
/// Seconds between `iat`, or now where it is absent, and `exp`.
const MAX_LIFETIME: u64 = 300;

/// Why an assertion does not authenticate its client. The text is for the log; who sent it is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AssertionError {
    /// It is none.
    #[error("the client assertion cannot be used: {0}")]
    Jws(#[from] JwsError),
    /// The credential is registered with another algorithm.
    #[error("the client assertion is signed with {used}, its credential is for {registered}")]
    Algorithm {
        /// What the header says.
        used: AssertionAlgorithm,
        /// What the credential says.
        registered: AssertionAlgorithm,
    },
    /// The credential's private half did not make the signature.
    #[error("the client assertion is not signed with the client's key")]
    Signature,
    /// It is genuine, and not for this use.
    #[error("the client assertion cannot be used: {0}")]
    Claim(#[from] ClaimError),
}

/// A client assertion that nobody has verified.
#[derive(Debug)]
pub struct Assertion<'a> {
    jws: Jws<'a>,
    issuer: String,
}

impl<'a> Assertion<'a> {
    /// Takes an assertion of at most 2048 bytes apart.
    pub fn parse(text: &'a str) -> Result<Self, AssertionError> {
        let jws = Jws::parse(text, MAX_LENGTH, is_assertion)?;
        if jws.kid().is_some_and(|kid| kid.chars().count() > MAX_NAME_LENGTH) {
            return Err(JwsError::KeyId.into());
        }
        let issuer = jws.claims.name("iss", MAX_NAME_LENGTH)?.to_owned();
        Ok(Self { jws, issuer })
    }

    /// Which client it claims to be. Not verified: good for looking the client up, and for nothing else.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Which of the client's keys it claims to be signed with. Not verified.
    pub fn kid(&self) -> Option<&str> {
        self.jws.kid()
    }

    /// Checks the signature with a credential's key and the algorithm that the credential is registered with.
    pub fn verify(
        &self,
        key: &PublicKey,
        registered: AssertionAlgorithm,
    ) -> Result<VerifiedAssertion<'_>, AssertionError> {
        let used = self.jws.algorithm;
        if used != registered {
            return Err(AssertionError::Algorithm { used, registered });
        }
        if !self.jws.is_signed_by(key) {
            return Err(AssertionError::Signature);
        }
        Ok(VerifiedAssertion { claims: &self.jws.claims })
    }
}

fn is_assertion(typ: Option<&str>) -> bool {
    matches!(typ, None | Some("JWT" | "client-authentication+jwt"))
}

/// A client assertion with a good signature.
#[derive(Debug)]
pub struct VerifiedAssertion<'a> {
    claims: &'a Claims,
}

/// The one use that an assertion is good for. It counts once: the caller remembers it until `exp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionUse {
    /// Its name, unique per client: 1 to 64 characters.
    pub jti: String,
    /// When it was made, if it says so.
    pub iat: Option<Timestamp>,
    /// From when on it no longer counts.
    pub exp: Timestamp,
}

impl VerifiedAssertion<'_> {
    /// Whether it is about this client, for this issuer (one string, never a list and never an endpoint) and
    /// for now. It lasts at most 300 seconds, and says so itself.
    pub fn check(
        &self,
        client_id: &ClientId,
        issuer: &str,
        now: Timestamp,
    ) -> Result<AssertionUse, AssertionError> {
        self.claims.is("iss", client_id.as_str())?;
        self.claims.is("sub", client_id.as_str())?;
        self.claims.is("aud", issuer)?;
        let jti = self.claims.name("jti", MAX_NAME_LENGTH)?;
        let exp = self.claims.unexpired(now)?;
        let iat = self.claims.past("iat", now)?;
        self.claims.past("nbf", now)?;
        if exp.saturating_sub(iat.unwrap_or(now.seconds())) > MAX_LIFETIME {
            return Err(ClaimError::Lifetime(MAX_LIFETIME).into());
        }
        Ok(AssertionUse {
            jti: jti.to_owned(),
            iat: iat.map(Timestamp::from_seconds),
            exp: Timestamp::from_seconds(exp),
        })
    }
}
