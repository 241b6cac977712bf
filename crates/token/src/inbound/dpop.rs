//! DPoP proofs: who sends this request holds the private key of this public key (RFC 9449 §4).
//!
//! The proof brings its own key, so a good signature says nothing about who it is; what counts is the thumbprint,
//! which the token is then bound to.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::Timestamp;
use thiserror::Error;

use super::claims::{ClaimError, Claims};
use super::endpoint::Endpoint;
use super::jws::{Jws, JwsError};
use crate::{KeyError, PublicKey};

/// Bytes of the longest proof: one with an RSA key of 4096 bits takes half.
const MAX_LENGTH: usize = 4096;
/// Characters of the longest `jti`.
const MAX_JTI_LENGTH: usize = 128;
/// Seconds that a proof counts (RFC 9449 §11.1).
const LIFETIME: u64 = 60;

/// Why a DPoP proof does not count. The text is fit for `invalid_dpop_proof` and for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DpopError {
    /// It is none.
    #[error("the DPoP proof cannot be used: {0}")]
    Jws(#[from] JwsError),
    /// `jwk` is missing or no public key that is accepted.
    #[error("the DPoP proof has no public key that is accepted")]
    Key,
    /// `jwk` has a private member: the key is lost.
    #[error("the DPoP proof shows a private key")]
    PrivateKey,
    /// The key's private half did not make the signature.
    #[error("the DPoP proof is not signed with its own key")]
    Signature,
    /// It is not for this request. Its signature was not looked at.
    #[error("the DPoP proof cannot be used: {0}")]
    Claim(#[from] ClaimError),
}

/// A DPoP proof that was good for one request. It counts once: the caller remembers it until `exp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DpopProof {
    /// The key's SHA-256 thumbprint, base64url: `jkt` of the tokens that are bound to it (RFC 9449 §6.1).
    pub thumbprint: String,
    /// Its name, unique per key: 1 to 128 characters.
    pub jti: String,
    /// When it was made: at most 60 seconds ago, at most 10 ahead.
    pub iat: Timestamp,
    /// From when on it no longer counts: the second after the sixtieth.
    pub exp: Timestamp,
}

impl DpopProof {
    /// Checks a proof of at most 4096 bytes against the request: its method, its URL (without query and
    /// fragment; one of these, if there are several names for it), and the access token that comes with it, if one
    /// does (RFC 9449 §4.3). A nonce is not asked for. The signature comes last, and once: it is what costs.
    pub fn verify(
        proof: &str,
        method: &str,
        urls: &[&str],
        access_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, DpopError> {
        let jws = Jws::parse(proof, MAX_LENGTH, |typ| typ == Some("dpop+jwt"))?;
        is_for(&jws.claims, method, urls, access_token)?;
        let jti = jws.claims.name("jti", MAX_JTI_LENGTH)?.to_owned();
        let iat = recent(&jws.claims, now)?;
        let key = jws.header.get("jwk").ok_or(DpopError::Key)?;
        let key = PublicKey::from_jwk(key).map_err(|error| unusable(&error))?;
        if !jws.is_signed_by(&key) {
            return Err(DpopError::Signature);
        }
        let exp = iat.saturating_add(LIFETIME + 1);
        let (iat, exp) = (Timestamp::from_seconds(iat), Timestamp::from_seconds(exp));
        Ok(Self { thumbprint: key.thumbprint(), jti, iat, exp })
    }
}

fn unusable(error: &KeyError) -> DpopError {
    if matches!(error, KeyError::Private) { DpopError::PrivateKey } else { DpopError::Key }
}

fn is_for(
    claims: &Claims,
    method: &str,
    urls: &[&str],
    access_token: Option<&str>,
) -> Result<(), ClaimError> {
    claims.is("htm", method)?;
    let named = Endpoint::parse(claims.required("htu")?).ok_or(ClaimError::Form("htu"))?;
    if !urls.iter().any(|url| Endpoint::parse(url).as_ref() == Some(&named)) {
        return Err(ClaimError::Other("htu"));
    }
    match access_token {
        Some(token) => claims.is("ath", &URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))),
        None => Ok(()),
    }
}

/// `iat`, which has to be there, in the window around now.
fn recent(claims: &Claims, now: Timestamp) -> Result<u64, ClaimError> {
    let iat = claims.past("iat", now)?.ok_or(ClaimError::Missing("iat"))?;
    if iat.saturating_add(LIFETIME) < now.seconds() { Err(ClaimError::Expired) } else { Ok(iat) }
}
