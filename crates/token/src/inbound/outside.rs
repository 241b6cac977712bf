//! Tokens of outside issuers, with which workloads of theirs show who they are (RFC 7523 §2.2; RFC 8725).
//!
//! Three steps, in another order than for a client's own assertion: parse, check, verify. Which keys and how many of
//! them may have made a signature is for others to say, so claims that would be refused anyway are refused before any
//! key is tried. What they have to say beyond issuer, audience and time is for the rules of the federated identity.

use grantd_model::Timestamp;
use serde_json::{Map, Value};
use thiserror::Error;

use super::OutsideKeys;
use super::claims::ClaimError;
use super::jws::{Jws, JwsError};

/// Bytes of the longest token.
const MAX_LENGTH: usize = 8192;
/// Characters of the longest issuer.
const MAX_ISSUER_LENGTH: usize = 1024;
/// Keys of one set that are tried on one token.
const MAX_CANDIDATES: usize = 4;
/// Keys of all sets that are tried on one token: those of an issuer twice, before and after they are fetched anew.
const MAX_ATTEMPTS: usize = 8;

/// How many keys may still be tried for one request: eight at first. A set costs at least one, since it is read.
#[derive(Debug)]
pub struct Attempts(usize);

impl Default for Attempts {
    fn default() -> Self {
        Self(MAX_ATTEMPTS)
    }
}

impl Attempts {
    fn spend(&mut self, count: usize) -> Result<(), OutsideError> {
        let left = self.0.checked_sub(count.max(1));
        self.0 = left.unwrap_or(0);
        left.map(drop).ok_or(OutsideError::Spent)
    }

    /// Whether none are left, so that no further keys need to be had.
    pub fn are_spent(&self) -> bool {
        self.0 == 0
    }
}

/// Why an outside issuer's token does not count. The text is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutsideError {
    /// It is none.
    #[error("the token of the outside issuer cannot be used: {0}")]
    Jws(#[from] JwsError),
    /// More than four of the issuer's keys could have signed it: it names none, or a name of several.
    #[error(
        "the token of the outside issuer does not say which of more than {} keys it is signed with",
        MAX_CANDIDATES
    )]
    TooManyKeys,
    /// As many signatures were looked at as one request may cost.
    #[error(
        "the token of the outside issuer could be signed with more than {} keys of the client's identities",
        MAX_ATTEMPTS
    )]
    Spent,
    /// None of the issuer's known keys can have signed it. They may have changed since they were fetched.
    #[error("the token of the outside issuer is signed with a key that is not known")]
    UnknownKey,
    /// The key that it names did not make the signature.
    #[error("the token of the outside issuer is not signed with the key that it names")]
    Signature,
    /// It is not for this use. Its signature was not looked at.
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

    /// Whether it is from this issuer, for this audience (the only one, or one of several) and for now.
    pub fn check(
        &self,
        issuer: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<OutsideClaims<'_>, OutsideError> {
        let claims = &self.jws.claims;
        claims.is("iss", issuer)?;
        claims.audience(audience)?;
        claims.unexpired(now)?;
        claims.past("iat", now)?;
        claims.past("nbf", now)?;
        Ok(OutsideClaims { jws: &self.jws })
    }
}

/// Identity and access tokens, of whoever names them; nothing that was made for another purpose.
fn is_identity(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| ["JWT", "JOSE", "at+jwt"].iter().any(|known| known.eq_ignore_ascii_case(typ)))
}

/// The claims of an outside issuer's token, of the right issuer, audience and time. Nobody has verified them yet.
#[derive(Clone, Copy, Debug)]
pub struct OutsideClaims<'a> {
    jws: &'a Jws<'a>,
}

impl<'a> OutsideClaims<'a> {
    /// All claims, for rules about them. Not verified: good for a refusal, and for nothing else.
    pub fn unverified(&self) -> &'a Map<String, Value> {
        &self.jws.claims.0
    }

    /// Checks the signature: with the keys that `kid` names, or, without one, with those that could have made it,
    /// which may be four. Gives the same claims, now verified.
    pub fn verify(
        &self,
        keys: &OutsideKeys,
        attempts: &mut Attempts,
    ) -> Result<&'a Map<String, Value>, OutsideError> {
        let kid = self.jws.kid();
        let candidates: Vec<_> = keys.candidates(kid, self.jws.algorithm).take(MAX_CANDIDATES + 1).collect();
        if candidates.len() > MAX_CANDIDATES {
            attempts.spend(1)?;
            return Err(OutsideError::TooManyKeys);
        }
        attempts.spend(candidates.len())?;
        if candidates.iter().any(|key| self.jws.is_signed_by(key)) {
            Ok(self.unverified())
        } else if kid.is_some() && !candidates.is_empty() {
            Err(OutsideError::Signature)
        } else {
            Err(OutsideError::UnknownKey)
        }
    }
}
