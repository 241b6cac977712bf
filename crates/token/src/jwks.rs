//! The published keys: `/.well-known/jwks.json`.
//!
//! Types of our own instead of a library's, because the members and their order are Auth0's.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantd_model::KeyId;
use serde::Serialize;

use crate::TokenSigner;
use crate::public_half::{OwnCertificate, PublicHalf};

/// One published key (RFC 7517 §4), in Auth0's order of members; those of its kind of key stand where `n` and `e` do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// `RS256`, whatever else an RSA key signs with; `ES256` or `EdDSA`. Absent where [`AlgorithmNames`] says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<&'static str>,
    /// `RSA`, `EC` or `OKP`.
    pub kty: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    pub key_use: &'static str,
    /// The certificate, base64 of its DER.
    pub x5c: [String; 1],
    /// The modulus of an RSA key, base64url (RFC 7518 §6.3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The exponent of an RSA key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// The curve of another key: `P-256` or `Ed25519` (RFC 7518 §6.2.1, RFC 8037 §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<&'static str>,
    /// Its first coordinate, or the whole key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The second coordinate of an EC key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// What tokens name the key by.
    pub kid: KeyId,
    /// The certificate's SHA-1 thumbprint, base64url of the digest (RFC 7517 §4.8).
    pub x5t: String,
}

impl Jwk {
    /// The key of a certificate.
    pub(crate) fn new(kid: &KeyId, certificate: &OwnCertificate) -> Self {
        let encode = |bytes: &[u8]| Some(URL_SAFE_NO_PAD.encode(bytes));
        let empty = Self {
            alg: None,
            kty: "",
            key_use: "sig",
            x5c: [STANDARD.encode(&certificate.der)],
            n: None,
            e: None,
            crv: None,
            x: None,
            y: None,
            kid: kid.clone(),
            // SHA-1 is what RFC 7517 says; nothing trusts it.
            x5t: URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate.der)),
        };
        match &certificate.public_half {
            PublicHalf::Rsa(key) => {
                Self { alg: Some("RS256"), kty: "RSA", n: Some(key.n()), e: Some(key.e()), ..empty }
            }
            PublicHalf::P256 { x, y } => Self {
                alg: Some("ES256"),
                kty: "EC",
                crv: Some("P-256"),
                x: encode(x),
                y: encode(y),
                ..empty
            },
            PublicHalf::Ed25519(x) => {
                Self { alg: Some("EdDSA"), kty: "OKP", crv: Some("Ed25519"), x: encode(x), ..empty }
            }
        }
    }
}

/// Which keys say what they sign with. One that says it verifies nothing else (RFC 7517 §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlgorithmNames {
    /// All.
    Shown,
    /// Those that sign with one algorithm only: an API has RS512 or PS256.
    HiddenOfRsa,
    /// None: the tenant has `remove_alg_from_jwks`.
    Hidden,
}

/// All published keys (RFC 7517 §5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwks {
    /// The keys, in the order in which they were given.
    pub keys: Vec<Jwk>,
}

/// The key set of these signers.
pub fn jwks<'a>(signers: impl Iterator<Item = &'a TokenSigner>, algorithms: AlgorithmNames) -> Jwks {
    Jwks { keys: signers.map(|signer| signer.jwk(algorithms)).collect() }
}
