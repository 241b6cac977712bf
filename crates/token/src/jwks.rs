//! The published keys: `/.well-known/jwks.json`.
//!
//! Types of our own instead of a library's, because the members and their order are Auth0's.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantd_model::KeyId;
use serde::Serialize;

use crate::TokenSigner;
use crate::public_key::RsaPublicKey;

/// One published key (RFC 7517 §4, RFC 7518 §6.3.1), in Auth0's order of members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// `RS256`, whatever else the key signs with; absent for tenants with `remove_alg_from_jwks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<&'static str>,
    /// `RSA`.
    pub kty: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    pub key_use: &'static str,
    /// The certificate, base64 of its DER.
    pub x5c: [String; 1],
    /// The modulus, base64url.
    pub n: String,
    /// The exponent, base64url.
    pub e: String,
    /// What tokens name the key by.
    pub kid: KeyId,
    /// The certificate's SHA-1 thumbprint, base64url of the digest (RFC 7517 §4.8).
    pub x5t: String,
}

impl Jwk {
    /// The key with its certificate in DER.
    pub(crate) fn new(kid: &KeyId, key: &RsaPublicKey, certificate: &[u8]) -> Self {
        Self {
            alg: Some("RS256"),
            kty: "RSA",
            key_use: "sig",
            x5c: [STANDARD.encode(certificate)],
            n: key.n(),
            e: key.e(),
            kid: kid.clone(),
            // SHA-1 is what RFC 7517 says; nothing trusts it.
            x5t: URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate)),
        }
    }
}

/// All published keys (RFC 7517 §5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwks {
    /// The keys, in the order in which they were given.
    pub keys: Vec<Jwk>,
}

/// The key set of these signers. `with_alg` is off for tenants with `remove_alg_from_jwks`.
pub fn jwks<'a>(signers: impl Iterator<Item = &'a TokenSigner>, with_alg: bool) -> Jwks {
    Jwks { keys: signers.map(|signer| signer.jwk(with_alg)).collect() }
}
