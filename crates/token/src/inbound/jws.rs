//! A compact JWS as it comes in (RFC 7515 §7.1), taken apart and not yet believed.
//!
//! The header chooses nothing: its `alg` has to be one of ours and one of the key's. `jku`, `x5u` and `x5c` are
//! never read, and `jwk` only by DPoP, where it is the point.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::AssertionAlgorithm;
use serde_json::{Map, Value};
use thiserror::Error;

use super::claims::Claims;
use super::json;
use crate::PublicKey;

/// Characters of the longest `kid` that is looked at.
const MAX_KID_LENGTH: usize = 256;

/// Why text is not a signed JWT that anybody could verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JwsError {
    /// Longer than this kind of JWT may be.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// The most bytes.
        limit: usize,
    },
    /// Not three parts of base64url, of which two are JSON objects without repeated members.
    #[error("it is not a signed JWT")]
    Malformed,
    /// `alg` is missing or none that we accept; `none` and the HMAC ones never are (RFC 8725 §3.1).
    #[error("its alg is none that is accepted")]
    Algorithm,
    /// `typ` says that it is for something else (RFC 8725 §3.11).
    #[error("its typ is for something else")]
    Type,
    /// `kid` is not a string of 1 to 256 characters.
    #[error("its kid is not a name of a key")]
    KeyId,
    /// `crit` or `b64`: extensions that we do not have (RFC 7515 §4.1.11, RFC 7797).
    #[error("its header asks for an extension")]
    Extension,
}

/// A JWS whose signature nobody has looked at.
#[derive(Debug)]
pub(super) struct Jws<'a> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Claims,
    pub(super) algorithm: AssertionAlgorithm,
    /// Header and payload as they were signed.
    message: &'a str,
    signature: &'a str,
}

impl<'a> Jws<'a> {
    /// Takes text of at most `limit` bytes apart. `accepts` says whether `typ` is right.
    pub(super) fn parse(
        text: &'a str,
        limit: usize,
        accepts: fn(Option<&str>) -> bool,
    ) -> Result<Self, JwsError> {
        if text.len() > limit {
            return Err(JwsError::TooLong { limit });
        }
        let (message, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(JwsError::Malformed)?;
        let header = object(header)?;
        let algorithm = algorithm(&header)?;
        check(&header, accepts)?;
        let claims = Claims(object(payload)?);
        Ok(Self { header, claims, algorithm, message, signature })
    }

    /// Which key it says that it was signed with.
    pub(super) fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// Whether the key's private half made the signature, with the algorithm that the header names.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(self.algorithm, self.message, self.signature)
    }
}

/// A dot is no character of base64url, so more than three parts are refused here.
fn object(encoded: &str) -> Result<Map<String, Value>, JwsError> {
    let decoded = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| JwsError::Malformed)?;
    json::object(&decoded).ok_or(JwsError::Malformed)
}

fn algorithm(header: &Map<String, Value>) -> Result<AssertionAlgorithm, JwsError> {
    let name = header.get("alg").and_then(Value::as_str).ok_or(JwsError::Algorithm)?;
    name.parse().map_err(|_| JwsError::Algorithm)
}

fn check(header: &Map<String, Value>, accepts: fn(Option<&str>) -> bool) -> Result<(), JwsError> {
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(JwsError::Extension);
    }
    if !header.get("kid").is_none_or(is_key_id) {
        return Err(JwsError::KeyId);
    }
    let accepted = match header.get("typ") {
        None => accepts(None),
        Some(Value::String(typ)) => accepts(Some(typ)),
        Some(_) => false,
    };
    if accepted { Ok(()) } else { Err(JwsError::Type) }
}

fn is_key_id(kid: &Value) -> bool {
    kid.as_str().is_some_and(|kid| (1..=MAX_KID_LENGTH).contains(&kid.chars().count()))
}
