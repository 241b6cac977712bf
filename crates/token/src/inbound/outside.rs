//! Tokens of outside issuers, with which workloads of theirs show who they are (RFC 7523 §2.2; RFC 8725).
//!
//! The same three steps as for a client's own assertion. What the claims have to say beyond issuer, audience and
//! time is for the rules of the federated identity.

use grantd_model::Timestamp;
use serde_json::{Map, Value};
use thiserror::Error;

use super::OutsideKeys;
use super::claims::{ClaimError, Claims};
use super::jws::{Jws, JwsError};

/// Bytes of the longest token.
const MAX_LENGTH: usize = 8192;
/// Characters of the longest issuer.
const MAX_ISSUER_LENGTH: usize = 1024;

/// Why an outside issuer's token does not count. The text is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutsideError {
    /// It is none.
    #[error("the token of the outside issuer cannot be used: {0}")]
    Jws(#[from] JwsError),
    /// None of the issuer's known keys can have signed it. They may have changed since they were fetched.
    #[error("the token of the outside issuer is signed with a key that is not known")]
    UnknownKey,
    /// The key that it names did not make the signature.
    #[error("the token of the outside issuer is not signed with the key that it names")]
    Signature,
    /// It is genuine, and not for this use.
    #[error("the token of the outside issuer cannot be used: {0}")]
    Claim(#[from] ClaimError),
}

/// An outside issuer's token that nobody has verified.
#[derive(Debug)]
pub struct OutsideAssertion<'a> {
    jws: Jws<'a>,
    issuer: String,
}

impl<'a> OutsideAssertion<'a> {
    /// Takes a token of at most 8192 bytes apart.
    pub fn parse(text: &'a str) -> Result<Self, OutsideError> {
        let jws = Jws::parse(text, MAX_LENGTH, is_identity)?;
        let issuer = jws.claims.name("iss", MAX_ISSUER_LENGTH)?.to_owned();
        Ok(Self { jws, issuer })
    }

    /// Who claims to have made it. Not verified: good for finding a federated identity, and for nothing else.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Which of the issuer's keys it claims to be signed with. Not verified.
    pub fn kid(&self) -> Option<&str> {
        self.jws.kid()
    }

    /// Checks the signature: with the key that `kid` names, or, without one, with every key that could have made
    /// it.
    pub fn verify(&self, keys: &OutsideKeys) -> Result<OutsideClaims<'_>, OutsideError> {
        let kid = self.kid();
        let mut candidates = keys.candidates(kid, self.jws.algorithm).peekable();
        let failure = match (kid, candidates.peek()) {
            (Some(_), Some(_)) => OutsideError::Signature,
            _ => OutsideError::UnknownKey,
        };
        if candidates.any(|key| self.jws.is_signed_by(key)) {
            Ok(OutsideClaims { claims: &self.jws.claims })
        } else {
            Err(failure)
        }
    }
}

/// Identity and access tokens, of whoever names them; nothing that was made for another purpose.
fn is_identity(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| ["JWT", "JOSE", "at+jwt"].iter().any(|known| known.eq_ignore_ascii_case(typ)))
}

/// The claims of an outside issuer's token with a good signature.
#[derive(Debug)]
pub struct OutsideClaims<'a> {
    claims: &'a Claims,
}

impl<'a> OutsideClaims<'a> {
    /// Whether it is from this issuer, for this audience (the only one, or one of several) and for now. Gives all
    /// claims, for rules about them.
    pub fn check(
        &self,
        issuer: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<&'a Map<String, Value>, OutsideError> {
        self.claims.is("iss", issuer)?;
        self.claims.audience(audience)?;
        self.claims.unexpired(now)?;
        self.claims.past("iat", now)?;
        self.claims.past("nbf", now)?;
        Ok(&self.claims.0)
    }
}
